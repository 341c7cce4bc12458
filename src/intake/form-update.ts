import { FormUpdate, MAX_TAB_TITLE } from '../contract/form.ts';
import { MAX_FIELD_NAME } from '../contract/submission.ts';
import { type ErrorDetail, invalid } from '../lib/errors.ts';
import { formByName } from './prepare.ts';
import { cleanLine, cutText } from './text.ts';
import { compileContract } from './validate.ts';

const contract = compileContract(FormUpdate);

/**
 * A change of a form, checked and cleaned: the name as a lead names its form, so that leads with this name are found
 * to be its own; the tab as a title that people can read.
 * @throws AppError validation_error naming each bad member
 */
export function readFormUpdate(input: unknown): FormUpdate {
  if (!contract.check(input)) throw refused(contract.details(input));
  const details: ErrorDetail[] = [];
  const change: FormUpdate = { ...input };
  if (input.name !== undefined) {
    const ref = formByName(input.name);
    if (ref?.by === 'key' && fits(input.name, MAX_FIELD_NAME)) change.name = ref.name;
    else details.push({ path: '/name', message: lengthRule(MAX_FIELD_NAME) });
  }
  if (input.sheet_tab !== undefined) {
    change.sheet_tab = cleanLine(input.sheet_tab.normalize('NFC'));
    if (change.sheet_tab === '' || !fits(input.sheet_tab, MAX_TAB_TITLE)) {
      details.push({ path: '/sheet_tab', message: lengthRule(MAX_TAB_TITLE) });
    }
  }
  if (details.length > 0) throw refused(details);
  return change;
}

const lengthRule = (max: number) => `must have 1 to ${max} visible characters.`;

function fits(text: string, max: number): boolean {
  const clean = cleanLine(text.normalize('NFC'));
  return clean === cutText(clean, max);
}

function refused(details: readonly ErrorDetail[]) {
  return invalid('The form was not changed: see details.', details);
}
