import type { HostedField, HostedForm, HostedKind } from '../../contract/hosted-form.ts';
import { MAX_TEXT } from '../../contract/submission.ts';

/** What a visitor sent by a hosted form. */
export interface HostedPost {
  /** By name, in the order sent; of repeated names an array. */
  fields: Readonly<Record<string, unknown>>;
  /** Names of the fields that came with a file. */
  files: ReadonlySet<string>;
}

/** What is wrong, by the field's id; in words for whoever filled it in. */
export type HostedProblems = ReadonlyMap<string, string>;

/** What is said of a field that has to be filled in, and is not. */
const MISSING: Readonly<Record<HostedKind, string>> = {
  text: 'Fill this in.',
  email: 'Enter your e-mail address.',
  phone: 'Enter your phone number.',
  number: 'Enter a number.',
  long_text: 'Fill this in.',
  choice: 'Choose one.',
  checkbox: 'Tick this box to go on.',
  date: 'Enter a date.',
  file: 'Choose a file.',
};
const NO_EMAIL = 'Enter a whole e-mail address, such as alice@example.com.';
const NO_DATE = 'Enter a date as year-month-day, such as 2026-11-22.';
const TOO_LONG = `Use at most ${MAX_TEXT.toLocaleString('en')} characters.`;
const NOT_OFFERED = 'Choose from the list.';
const ONLY_ONE = 'Enter one value.';
const NOTHING = 'Fill in at least one field.';

/** What a ticked box sends, and what stands for one that was left empty: browsers send nothing then. */
export const TICKED = 'Yes';
const NOT_TICKED = 'No';

/** As browsers have it: HTML, 4.10.5.1.5. */
const EMAIL =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/i;
/** The longest address. RFC 5321, 4.5.3.1.3. */
const MAX_EMAIL = 254;
const NUMBER = /^[+-]?(?:\d{1,18}(?:\.\d{1,18})?|\.\d{1,18})$/;

/** Texts that came under a name. */
export function textsOf(fields: HostedPost['fields'], name: string): readonly string[] {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map(textOf);
}

/** Forms send texts; what JSON nests is none that any field takes, and is not read, for it may have no end. */
const textOf = (value: unknown): string =>
  typeof value === 'object' ? Object.prototype.toString.call(value) : String(value);

/**
 * Holds what came against the form's own rules. A field that the form has not is none of this: it is kept, for the form
 * may have been changed while it was filled in.
 */
export function checkHosted(form: HostedForm, post: HostedPost): HostedProblems {
  const problems = new Map<string, string>();
  for (const field of form.fields) {
    const problem = problemOf(field, post);
    if (problem !== null) problems.set(field.id, field.error ?? problem);
  }
  const [first] = form.fields;
  if (problems.size === 0 && first && isEmpty(post)) problems.set(first.id, NOTHING);
  return problems;
}

function isEmpty({ fields, files }: HostedPost): boolean {
  return files.size === 0 && !Object.keys(fields).some((name) => typed(textsOf(fields, name)).length > 0);
}

const typed = (texts: readonly string[]) => texts.map((text) => text.trim()).filter((text) => text !== '');

function problemOf(field: HostedField, { fields, files }: HostedPost): string | null {
  const { kind, name, required, several } = field;
  const texts = typed(textsOf(fields, name));
  if (texts.length === 0 && !files.has(name)) {
    if (!required) return null;
    return kind === 'choice' && several ? 'Choose at least one.' : MISSING[kind];
  }
  if (kind === 'file') return required && !files.has(name) ? MISSING.file : null;
  if (texts.length > 1 && !several) return ONLY_ONE;
  for (const text of texts) {
    const problem = text.length > MAX_TEXT ? TOO_LONG : wrongText(field, text);
    if (problem !== null) return problem;
  }
  return null;
}

function wrongText({ kind, choices, min, max }: HostedField, text: string): string | null {
  switch (kind) {
    case 'email':
      return text.length <= MAX_EMAIL && EMAIL.test(text) ? null : NO_EMAIL;
    case 'number':
      return isNumber(text, min, max) ? null : wantedNumber(min, max);
    case 'date':
      return isDate(text) ? null : NO_DATE;
    case 'choice':
      return choices.includes(text) ? null : NOT_OFFERED;
    default:
      return null;
  }
}

function isNumber(text: string, min: number | null, max: number | null): boolean {
  const number = NUMBER.test(text) ? Number(text) : Number.NaN;
  return number >= (min ?? Number.NEGATIVE_INFINITY) && number <= (max ?? Number.POSITIVE_INFINITY);
}

function wantedNumber(min: number | null, max: number | null): string {
  if (min !== null && max !== null) return `Enter a number from ${min} to ${max}.`;
  if (min !== null) return `Enter a number of at least ${min}.`;
  return max === null ? 'Enter a number, such as 12 or 3.5.' : `Enter a number of at most ${max}.`;
}

/** A day of the calendar, as date fields send it: HTML, 2.3.5.2. */
function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)?.map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) return false;
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return month >= 1 && month <= 12 && day >= 1 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/**
 * The fields as they are stored: a number as one where no digit is lost by it, choices of several always as a list, and
 * "No" for a box that was not ticked.
 */
export function hostedValues(form: HostedForm, fields: HostedPost['fields']): Record<string, unknown> {
  const values = new Map(Object.entries(fields));
  for (const { kind, name, several } of form.fields) {
    const texts = typed(textsOf(fields, name));
    const [first] = texts;
    if (kind === 'checkbox' && first === undefined) values.set(name, NOT_TICKED);
    if (kind === 'choice' && several && first !== undefined) values.set(name, texts);
    if (kind === 'number' && first !== undefined && String(Number(first)) === first) values.set(name, Number(first));
  }
  return Object.fromEntries(values);
}
