import {
  fieldsOf,
  type HookSender,
  listOf,
  memberOf,
  type SenderReading,
  textOf,
  timeOf,
  utmOf,
} from '../hooks/sender.ts';
import { isObject } from '../normalise.ts';
import type { SourceAdapter } from './source.ts';

/**
 * Calendly's webhooks. https://developer.calendly.com/api-docs/ZG9jOjM2MzE2MDM4-webhook-signatures
 * (`Calendly-Webhook-Signature: t=…,v1=…`, hex HMAC-SHA256 of `t.body`; three minutes) and "Webhook payload".
 */
const sender: HookSender = {
  setUp:
    'Create a webhook subscription through Calendly’s API with this address, the event invitee.created and a signing_key of your choice. Save the same key here.',
  secrets: [
    { name: 'secret', label: 'Signing key', help: 'The `signing_key` of the webhook subscription at Calendly.' },
  ],
  checks: [
    {
      type: 'hmac',
      header: 'Calendly-Webhook-Signature',
      timestamp_part: 't',
      signature_part: 'v1',
      signed: '{timestamp}.{body}',
      tolerance_seconds: 180,
    },
  ],
  checkedWith: 'secret',
  read,
  sample: ({ id, name, email, message, nowMs }) => ({
    event: 'invitee.created',
    created_at: new Date(nowMs).toISOString(),
    payload: {
      uri: id,
      created_at: new Date(nowMs).toISOString(),
      name,
      email,
      questions_and_answers: [{ question: 'Message', answer: message }],
      scheduled_event: { name: 'Test', event_type: 'test' },
    },
  }),
};

function read(body: unknown): SenderReading {
  const invitee = memberOf(body, 'payload');
  if (memberOf(body, 'event') !== 'invitee.created' || !isObject(invitee)) {
    return { ignored: 'Only new bookings (invitee.created) become leads.' };
  }
  const meeting = memberOf(invitee, 'scheduled_event');
  const name = textOf(memberOf(meeting, 'name'));
  const location = memberOf(meeting, 'location');
  const answers = listOf(invitee.questions_and_answers).map(
    (each) => [textOf(memberOf(each, 'question')), memberOf(each, 'answer')] as const,
  );
  const fields = fieldsOf([
    ['Name', textOf(invitee.name)],
    ['First name', textOf(invitee.first_name)],
    ['Last name', textOf(invitee.last_name)],
    ['Email', textOf(invitee.email)],
    ['Phone', textOf(invitee.text_reminder_number)],
    ...answers,
    ['Event', name],
    ['Starts at', textOf(memberOf(meeting, 'start_time'))],
    ['Ends at', textOf(memberOf(meeting, 'end_time'))],
    ['Location', textOf(memberOf(location, 'join_url')) ?? textOf(memberOf(location, 'location'))],
  ]);
  const type = textOf(memberOf(meeting, 'event_type'));
  return {
    leads: [
      {
        event: textOf(invitee.uri),
        form: type === null ? null : { id: type, name: name ?? 'Calendly' },
        input: {
          fields,
          ...utmOf(invitee.tracking),
          timezone: textOf(invitee.timezone),
          submitted_at: timeOf(invitee.created_at),
        },
      },
    ],
  };
}

export const calendly: SourceAdapter = {
  id: 'calendly',
  label: 'Calendly',
  overflow: 'keep-first',
  defaultForm: 'Calendly',
  hook: sender,
};
