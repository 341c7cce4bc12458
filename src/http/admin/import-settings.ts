import { isTarget } from '../../intake/imports/mapping.ts';
import { formByName } from '../../intake/prepare.ts';
import { cutText } from '../../intake/text.ts';
import { timeZoneOf } from '../../lib/time-zone.ts';
import { IMPORT_ENCODINGS, type ImportSettings } from '../../store/imports.ts';
import type { FormData } from './form-data.ts';
import { type DraftErrors, SEPARATOR_NAMES, SHOWN_COLUMNS } from './pages/import-draft-view.tsx';

/** What a form says of how a file is read, over what was known of it; and what is wrong with it. */
export function chosenSettings(
  form: FormData,
  before: ImportSettings,
): { settings: ImportSettings; errors: DraftErrors } {
  const errors: Partial<Record<keyof DraftErrors, string>> = {};
  const name = form.text('form').trim();
  if (name !== '' && (formByName(name) === null || cutText(name, 200) !== name)) {
    errors.form = 'Give the form a name of 1 to 200 visible characters, or leave it empty.';
  }
  const timezone = timeZoneOf(form.text('timezone').trim());
  if (timezone === null) errors.timezone = 'Name a time zone, such as Europe/Paris or UTC.';
  const separator = form.text('separator');
  const settings: ImportSettings = {
    ...before,
    form: name === '' ? null : name,
    timezone: timezone ?? before.timezone,
    dateOrder: form.text('dateOrder') === 'mdy' ? 'mdy' : 'dmy',
    encoding: IMPORT_ENCODINGS.find((each) => each === form.text('encoding')) ?? before.encoding,
    separator: isSeparatorName(separator) ? SEPARATOR_NAMES[separator] : before.separator,
    header: before.format === 'csv' && form.text('header') !== 'no',
    columns: before.columns.map(({ name: column, target }, i) => ({
      name: column,
      target: i < SHOWN_COLUMNS ? targetOf(form, i, column, target) : target,
    })),
  };
  return { settings, errors };
}

const isSeparatorName = (name: string): name is keyof typeof SEPARATOR_NAMES => Object.hasOwn(SEPARATOR_NAMES, name);

/** A column that the form says nothing of stays as it was: forms end where their limits do. */
function targetOf(form: FormData, index: number, column: string, before: string): string {
  const [chosen] = form.all(`target-${index}`);
  if (chosen === undefined) return before;
  const target = chosen === 'field' ? `field:${form.text(`name-${index}`).trim() || column}` : chosen;
  return isTarget(target) ? target : before;
}

/** Whether the file has other columns when it is read like this. */
export function isReadAnew(now: ImportSettings, before: ImportSettings): boolean {
  return now.encoding !== before.encoding || now.separator !== before.separator || now.header !== before.header;
}
