import type { Form } from '../../contract/form.ts';
import { invalid } from '../../lib/errors.ts';
import { idPattern } from '../../lib/ids.ts';
import { countFitting, cutText, jsonBytes, PART_BYTES } from './lead-page.ts';

export interface FormPage {
  /** With how many of its fields were left out, where not all of them fit. */
  data: (Form & { fields_omitted?: number })[];
  /** Only where there are more: what to go on with. */
  next_cursor?: string;
}

const CURSOR = new RegExp(idPattern('frm'));

/**
 * As many forms as go into the budget of a page, oldest first, from after the one that the cursor names. There is always
 * one; one that is too large on its own is shown with its first fields: `get_form` has all of them.
 * @throws AppError validation_error for a cursor that is none
 */
export function formsWithin(forms: readonly Form[], cursor: string | undefined): FormPage {
  if (cursor !== undefined && !CURSOR.test(cursor)) {
    throw invalid('The arguments do not fit the tool.', [
      { path: '/cursor', message: 'is none of this list: leave it out to begin anew.' },
    ]);
  }
  const left = cursor === undefined ? forms : forms.filter(({ id }) => id > cursor);
  const fitting = countFitting(left);
  const [first] = left;
  if (fitting === left.length || first === undefined) return { data: [...left] };
  const data = fitting > 0 ? left.slice(0, fitting) : [inPart(first)];
  const last = data.length < left.length ? data.at(-1) : undefined;
  return last === undefined ? { data } : { data, next_cursor: last.id };
}

function inPart(form: Form): FormPage['data'][number] {
  let bytes = 0;
  const end = form.fields.findIndex((name) => {
    bytes += jsonBytes(name) + 1;
    return bytes > PART_BYTES;
  });
  const fields = end < 0 ? form.fields : form.fields.slice(0, end);
  return { ...form, name: cutText(form.name), fields, fields_omitted: form.fields.length - fields.length };
}
