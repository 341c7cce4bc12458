import { fieldsOf, type HookSender, listOf, memberOf, type SenderReading, textOf, timeOf } from '../hooks/sender.ts';
import { isObject } from '../normalise.ts';
import type { SourceAdapter } from './source.ts';

/** Tally's webhooks. https://tally.so/help/webhooks (`Tally-Signature`, the base64 HMAC-SHA256 of the body). */
const sender: HookSender = {
  setUp:
    'At Tally open the form, Integrations, Webhooks, and add this address with a signing secret. Save the same one here.',
  secrets: [
    { name: 'secret', label: 'Signing secret', help: 'From Tally: Integrations, Webhooks, “Add a signing secret”.' },
  ],
  checks: [{ type: 'hmac', header: 'Tally-Signature', encoding: 'base64' }],
  checkedWith: 'secret',
  read,
  sample: ({ id, name, email, message, nowMs }) => ({
    eventId: id,
    eventType: 'FORM_RESPONSE',
    createdAt: new Date(nowMs).toISOString(),
    data: {
      responseId: id,
      formId: 'test',
      formName: 'Test',
      createdAt: new Date(nowMs).toISOString(),
      fields: [
        { key: 'name', label: 'Name', type: 'INPUT_TEXT', value: name },
        { key: 'email', label: 'Email', type: 'INPUT_EMAIL', value: email },
        { key: 'message', label: 'Message', type: 'TEXTAREA', value: message },
      ],
    },
  }),
};

function read(body: unknown): SenderReading {
  const data = memberOf(body, 'data');
  if (memberOf(body, 'eventType') !== 'FORM_RESPONSE' || !isObject(data)) return { ignored: 'It is no form response.' };
  const id = textOf(data.formId);
  const answers = listOf(data.fields)
    .filter((field) => !isPartOfCheckboxes(field))
    .map((field) => [textOf(memberOf(field, 'label')) ?? textOf(memberOf(field, 'key')), saidBy(field)] as const);
  return {
    leads: [
      {
        event: textOf(data.responseId) ?? textOf(data.submissionId) ?? textOf(memberOf(body, 'eventId')),
        form: id === null ? null : { id, name: textOf(data.formName) ?? 'Tally' },
        input: { fields: fieldsOf(answers), submitted_at: timeOf(data.createdAt) },
      },
    ],
  };
}

/** Each box of a question stands in a further field, true or false, beside the question with all that are ticked. */
function isPartOfCheckboxes(field: unknown): boolean {
  const isBox = memberOf(field, 'type') === 'CHECKBOXES' && typeof memberOf(field, 'value') === 'boolean';
  return isBox && !Array.isArray(memberOf(field, 'options'));
}

/** Choices come as the ids of their options; files with their addresses; a matrix as rows with columns. */
function saidBy(field: unknown): unknown {
  const value = memberOf(field, 'value');
  const names = textsOf(memberOf(field, 'options'));
  const named = (each: unknown): unknown => {
    const id = textOf(each);
    return id !== null ? (names.get(id) ?? each) : (textOf(memberOf(each, 'url')) ?? each);
  };
  if (Array.isArray(value)) {
    const all = value.map(named);
    return all.length === 1 && memberOf(field, 'type') !== 'CHECKBOXES' ? all[0] : all;
  }
  if (!isObject(value)) return named(value);
  const rows = textsOf(memberOf(field, 'rows'));
  const columns = textsOf(memberOf(field, 'columns'));
  const entries = Object.entries(value).map(([row, chosen]) => {
    const texts = Array.isArray(chosen)
      ? chosen.map((each) => (typeof each === 'string' ? (columns.get(each) ?? each) : each))
      : chosen;
    return [rows.get(row) ?? row, texts] as const;
  });
  return Object.fromEntries(entries);
}

/** The texts of options, rows or columns, by id. */
function textsOf(list: unknown): ReadonlyMap<string, string> {
  return new Map(
    listOf(list).flatMap((each) => {
      const [id, text] = [textOf(memberOf(each, 'id')), textOf(memberOf(each, 'text'))];
      return id === null || text === null ? [] : [[id, text] as const];
    }),
  );
}

export const tally: SourceAdapter = {
  id: 'tally',
  label: 'Tally',
  overflow: 'keep-first',
  defaultForm: 'Tally',
  hook: sender,
};
