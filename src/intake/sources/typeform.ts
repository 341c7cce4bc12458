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
 * Typeform's webhooks. https://www.typeform.com/developers/webhooks/secure-your-webhooks/ (`Typeform-Signature`,
 * `sha256=` and the base64 HMAC of the body) and …/example-payload/.
 */
const sender: HookSender = {
  setUp:
    'At Typeform open the form, Connect, Webhooks, and add this address. Then edit the webhook, type in a secret of your choice, and save the same one here.',
  secrets: [
    { name: 'secret', label: 'Secret', help: 'The one you type in at Typeform: Connect, Webhooks, Edit, Secret.' },
  ],
  checks: [{ type: 'hmac', header: 'Typeform-Signature', prefix: 'sha256=', encoding: 'base64' }],
  checkedWith: 'secret',
  read,
  sample: ({ id, name, email, message, nowMs }) => ({
    event_id: id,
    event_type: 'form_response',
    form_response: {
      form_id: 'test',
      token: id,
      submitted_at: new Date(nowMs).toISOString(),
      definition: {
        title: 'Test',
        fields: [
          { id: 'name', title: 'Name' },
          { id: 'email', title: 'Email' },
          { id: 'message', title: 'Message' },
        ],
      },
      answers: [
        { type: 'text', text: name, field: { id: 'name' } },
        { type: 'email', email, field: { id: 'email' } },
        { type: 'text', text: message, field: { id: 'message' } },
      ],
    },
  }),
};

function read(body: unknown): SenderReading {
  const response = memberOf(body, 'form_response');
  if (!isObject(response)) return { ignored: 'It holds no form_response.' };
  const id = textOf(response.form_id);
  const titles = new Map(
    listOf(memberOf(response, 'definition', 'fields')).map((field) => [
      textOf(memberOf(field, 'id')),
      textOf(memberOf(field, 'title')),
    ]),
  );
  const answers = listOf(response.answers).map((answer) => {
    const field = textOf(memberOf(answer, 'field', 'id'));
    const name = titles.get(field) ?? textOf(memberOf(answer, 'field', 'ref')) ?? field;
    return [name, saidBy(answer)] as const;
  });
  const hidden = memberOf(response, 'hidden');
  const score = memberOf(response, 'calculated', 'score');
  // Hidden fields carry what the page's address had.
  const utm = utmOf(hidden);
  const others = Object.entries(isObject(hidden) ? hidden : {}).filter(([name]) => !Object.hasOwn(utm, name));
  const fields = fieldsOf([...answers, ...others, ...(score ? [['Score', score] as const] : [])]);
  const name = textOf(memberOf(response, 'definition', 'title')) ?? 'Typeform';
  return {
    leads: [
      {
        event: textOf(response.token) ?? textOf(memberOf(body, 'event_id')),
        form: id === null ? null : { id, name },
        input: { fields, ...utm, submitted_at: timeOf(response.submitted_at) },
      },
    ],
  };
}

/** What an answer says: each type has a member of its own name. */
function saidBy(answer: unknown): unknown {
  const type = textOf(memberOf(answer, 'type')) ?? '';
  const value = memberOf(answer, type);
  switch (type) {
    case 'choice':
      return memberOf(value, 'label') ?? memberOf(value, 'other');
    case 'choices': {
      const other = textOf(memberOf(value, 'other'));
      return [...listOf(memberOf(value, 'labels')), ...(other === null ? [] : [other])];
    }
    case 'payment':
      return memberOf(value, 'amount');
    default:
      return value;
  }
}

export const typeform: SourceAdapter = {
  id: 'typeform',
  label: 'Typeform',
  overflow: 'keep-first',
  defaultForm: 'Typeform',
  hook: sender,
};
