import { fieldsOf, type HookSender, memberOf, type SenderReading, textOf, timeOf } from '../hooks/sender.ts';
import { isObject } from '../normalise.ts';
import type { SourceAdapter } from './source.ts';

/**
 * Formaloo's webhooks. https://help.formaloo.com/en/articles/8568748-how-formaloo-webhook-works: the secret as it is in
 * `X-Formaloo-Token`, and an answer of 200 with nothing in it, else it tries again.
 */
const sender: HookSender = {
  setUp:
    'At Formaloo open the form, Integrations, Webhooks, and add this address with a secret and the event of a new submission. Save the same secret here.',
  secrets: [{ name: 'secret', label: 'Secret', help: 'The one you set on the webhook at Formaloo.' }],
  checks: [{ type: 'secret_header', header: 'X-Formaloo-Token' }],
  checkedWith: 'secret',
  read,
  reply: 'empty',
  sample: ({ id, name, email, message, nowMs }) => ({
    event: 'form_submit',
    slug: id,
    created_at: new Date(nowMs).toISOString(),
    form: { slug: 'test', title: 'Test' },
    rendered_data: {
      name: { title: 'Name', value: name },
      email: { title: 'Email', value: email },
      message: { title: 'Message', value: message },
    },
  }),
};

/** What is in a row of a form beside the answers. */
const ROW = ['rendered_data', 'readable_data', 'data'] as const;

function read(body: unknown): SenderReading {
  const row = [body, memberOf(body, 'row'), memberOf(body, 'data', 'row'), memberOf(body, 'data')].find(
    (each) => isObject(each) && ROW.some((name) => isObject(each[name])),
  );
  if (!isObject(row)) return { ignored: 'It holds no answers.' };
  const form = memberOf(row, 'form') ?? memberOf(body, 'form');
  const id = textOf(form) ?? textOf(memberOf(form, 'slug'));
  const name = textOf(memberOf(form, 'title')) ?? textOf(memberOf(row, 'form_title')) ?? 'Formaloo';
  return {
    leads: [
      {
        event: textOf(row.slug) ?? textOf(row.submit_code),
        form: id === null ? null : { id, name },
        input: { fields: fieldsOf(answersOf(row)), submitted_at: timeOf(row.created_at) },
      },
    ],
  };
}

/** By the questions' titles where the row has them: in full, or already made readable; else by their slugs. */
function answersOf(row: Record<string, unknown>): readonly (readonly [string | null, unknown])[] {
  if (isObject(row.rendered_data)) {
    return Object.entries(row.rendered_data).map(([slug, field]) => [
      textOf(memberOf(field, 'title')) ?? slug,
      isObject(field) ? memberOf(field, 'value') : field,
    ]);
  }
  return Object.entries(isObject(row.readable_data) ? row.readable_data : isObject(row.data) ? row.data : {});
}

export const formaloo: SourceAdapter = {
  id: 'formaloo',
  label: 'Formaloo',
  overflow: 'keep-first',
  defaultForm: 'Formaloo',
  hook: sender,
};
