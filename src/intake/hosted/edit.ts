import {
  AUTOCOMPLETE,
  HOSTED_KINDS,
  type HostedField,
  type HostedForm,
  type HostedKind,
  LANGUAGE,
  MAX_CHOICES,
  MAX_HELP,
  MAX_HOSTED_FIELDS,
  MAX_INTRO,
  MAX_LABEL,
} from '../../contract/hosted-form.ts';
import { readFormParts } from '../forms/control.ts';
import { judgeName } from '../names.ts';
import { isObject } from '../normalise.ts';
import { readName } from '../site-input.ts';
import { cleanText, cutText, trimEnds } from '../text.ts';

/** Something typed that came out right, or what is wrong with it, by the member it is about. */
export type Read<T, Member extends string> =
  | { ok: true; value: T }
  | { ok: false; errors: Readonly<Partial<Record<Member, string>>> };

/** The page's own words, as typed. */
export type PageTexts = Readonly<Record<Exclude<keyof HostedForm, 'fields'>, string>>;
/** A field, as typed. */
export type FieldTexts = Readonly<
  Record<'kind' | 'label' | 'name' | 'help' | 'error' | 'autocomplete' | 'choices' | 'min' | 'max', string> &
    Record<'required' | 'several', boolean>
>;

/** What a field must be unlike: the others of its form, and the names that this server uses itself. */
export interface FieldPlace {
  form: HostedForm;
  /** Of the endpoint. */
  honeypot: string;
}

const NO_LABEL = `Write 1 to ${MAX_LABEL} visible characters.`;
const LANGUAGES = new RegExp(LANGUAGE);

const field = (given: Partial<HostedField> & Pick<HostedField, 'id' | 'kind' | 'label'>): HostedField => ({
  name: given.label,
  help: null,
  required: false,
  error: null,
  autocomplete: null,
  choices: [],
  several: false,
  min: null,
  max: null,
  ...given,
});

/** What one starts with: a form that could be published as it is. */
export function newHostedForm(title: string): HostedForm {
  return {
    title: cutText(title, MAX_LABEL),
    intro: null,
    button: 'Send',
    lang: 'en',
    required_word: 'required',
    problem_title: 'Please check what you typed',
    fields: [
      field({ id: '1', kind: 'text', label: 'Name', autocomplete: 'name' }),
      field({ id: '2', kind: 'email', label: 'E-mail', required: true, autocomplete: 'email' }),
      field({ id: '3', kind: 'long_text', label: 'Message' }),
    ],
  };
}

export function readPage(texts: PageTexts): Read<Omit<HostedForm, 'fields'>, keyof PageTexts> {
  const errors: Partial<Record<keyof PageTexts, string>> = {};
  const line = (name: keyof PageTexts): string => {
    const text = readName(texts[name]);
    if (text === null) errors[name] = NO_LABEL;
    return text ?? '';
  };
  const lang = texts.lang.trim();
  if (!LANGUAGES.test(lang)) errors.lang = 'Write a language as browsers name it, such as en, de or pt-BR.';
  const intro = words(texts.intro);
  if ((intro?.length ?? 0) > MAX_INTRO) errors.intro = `Use at most ${MAX_INTRO.toLocaleString('en')} characters.`;
  const value = {
    ...{ title: line('title'), intro, button: line('button'), lang },
    ...{ required_word: line('required_word'), problem_title: line('problem_title') },
  };
  return Object.keys(errors).length > 0 ? { ok: false, errors } : { ok: true, value };
}

/** A field as it is to be stored under this id. Its name is its label where none is typed. */
export function readField(id: string, texts: FieldTexts, place: FieldPlace): Read<HostedField, keyof FieldTexts> {
  const errors: Partial<Record<keyof FieldTexts, string>> = {};
  const label = readName(texts.label);
  if (label === null) errors.label = NO_LABEL;
  const name = texts.name.trim() === '' ? label : readName(texts.name);
  const wrongName = name === null ? NO_LABEL : problemOfName(id, name, place);
  // Where no name was typed the label is to be changed.
  if (wrongName !== null) errors[texts.name.trim() === '' ? 'label' : 'name'] ??= wrongName;
  const kind = HOSTED_KINDS.find((each) => each === texts.kind);
  if (kind === undefined) errors.kind = 'Choose a kind.';
  const [help, error] = [sentence(texts.help), sentence(texts.error)];
  if ((help?.length ?? 0) > MAX_HELP) errors.help = `Use at most ${MAX_HELP} characters.`;
  if ((error?.length ?? 0) > MAX_HELP) errors.error = `Use at most ${MAX_HELP} characters.`;
  const own = kind === undefined ? {} : readKind(kind, texts, errors);
  if (label === null || name === null || kind === undefined || Object.keys(errors).length > 0) {
    return { ok: false, errors };
  }
  return { ok: true, value: field({ id, kind, label, name, help, error, required: texts.required, ...own }) };
}

/** What fields of this kind have besides. */
function readKind(
  kind: HostedKind,
  texts: FieldTexts,
  errors: Partial<Record<keyof FieldTexts, string>>,
): Partial<HostedField> {
  if (kind === 'choice') return { choices: readChoices(texts.choices, errors), several: texts.several };
  if (kind === 'number') {
    const [min, max] = [readBound('min', texts, errors), readBound('max', texts, errors)];
    if (min !== null && max !== null && min > max) errors.max = 'This is less than the least number.';
    return { min, max };
  }
  return { autocomplete: AUTOCOMPLETE.find((each) => each === texts.autocomplete) ?? null };
}

function readChoices(text: string, errors: Partial<Record<keyof FieldTexts, string>>): string[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const choices = lines.map(readName);
  const good = [...new Set(choices.filter((choice) => choice !== null))];
  if (good.length < choices.length && choices.includes(null)) errors.choices = `Each choice has ${NO_LABEL.slice(6)}`;
  else if (good.length === 0) errors.choices = 'Write at least one choice, one a line.';
  else if (good.length > MAX_CHOICES) errors.choices = `Write at most ${MAX_CHOICES} choices.`;
  return good;
}

function readBound(
  which: 'min' | 'max',
  texts: FieldTexts,
  errors: Partial<Record<keyof FieldTexts, string>>,
): number | null {
  const text = texts[which].trim();
  if (text === '') return null;
  const number = /^[+-]?\d{1,15}(?:\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(number)) errors[which] = 'Write a number, such as 1 or 99.5, or leave it empty.';
  return Number.isNaN(number) ? null : number;
}

/** Why values can't be kept under a name; null: they can. */
function problemOfName(id: string, name: string, { form, honeypot }: FieldPlace): string | null {
  const isTaken = form.fields.some((each) => each.id !== id && each.name.toLowerCase() === name.toLowerCase());
  if (isTaken) return 'Another field of this form has that name. Choose a different one.';
  if (judgeName(name).sensitive) return 'Values under such a name are never kept, as for passwords. Choose another.';
  const { fields } = readFormParts([[name, 'x']], honeypot);
  if (!Object.hasOwn(fields, name)) return 'This server uses that name itself. Choose another.';
  return null;
}

const words = (text: string): string | null => trimEnds(cleanText(text.replaceAll('\r\n', '\n'))) || null;
const sentence = (text: string): string | null => words(text.replace(/\s+/g, ' '));

/** The form with one more field, at the end; null when it has as many as a form may have. */
export function withField(form: HostedForm, made: HostedField): HostedForm | null {
  return form.fields.length >= MAX_HOSTED_FIELDS ? null : { ...form, fields: [...form.fields, made] };
}

/** An id that no field has, nor had while a later one is there: addresses of old pages lead to no other field. */
export function nextFieldId({ fields }: HostedForm): string {
  return String(1 + Math.max(0, ...fields.map(({ id }) => Number.parseInt(id, 10) || 0)));
}

/** The form with a field one place up or down; as it is where there is no further place. */
export function withMoved(form: HostedForm, id: string, by: -1 | 1): HostedForm {
  const at = form.fields.findIndex((each) => each.id === id);
  const other = form.fields[at + by];
  const moved = form.fields[at];
  if (!moved || !other) return form;
  return { ...form, fields: form.fields.with(at, other).with(at + by, moved) };
}

type Texts = Readonly<Record<string, string | boolean>>;

/**
 * What is to be kept where a page was shown a while ago: what was changed there, and for all else what is stored by now.
 * So whoever saves one thing does not bring back what somebody else, or they themselves in another tab, changed since.
 * @param shown what the page showed, as `shownText` wrote it; anything else, and all that was typed is kept
 */
export function changedOnly<T extends Texts>(typed: T, shown: string, stored: T): T {
  const before = shownTexts(shown);
  const same = (name: string) => plain(typed[name]) === plain(before[name]);
  return Object.fromEntries(
    Object.keys(typed).map((name) => [name, same(name) ? stored[name] : typed[name]]),
  ) as unknown as T;
}

/** What a page shows, for `changedOnly`. */
export const shownText = (texts: Texts): string => JSON.stringify(texts);

function shownTexts(text: string): Record<string, unknown> {
  try {
    const said: unknown = JSON.parse(text);
    return isObject(said) ? said : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** Browsers send the ends of lines in their own way. HTML, 4.10.21.4. */
const plain = (value: unknown) => (typeof value === 'string' ? value.replaceAll('\r\n', '\n') : value);
