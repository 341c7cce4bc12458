import type { Source } from '../../contract/source.ts';
import type { Fields, FieldValue } from '../../contract/submission.ts';

/** What each source is called on a page. */
export const SOURCE_WORDS: Readonly<Record<Source, string>> = {
  rest_api: 'REST API',
  mcp: 'MCP',
  form_endpoint: 'Form endpoint',
  hosted_form: 'Hosted form',
  sdk: 'Website script',
  webhook: 'Webhook',
  meta: 'Meta Lead Ads',
  linkedin: 'LinkedIn',
  formaloo: 'Formaloo',
  typeform: 'Typeform',
  tally: 'Tally',
  calendly: 'Calendly',
  import: 'Import',
};

/** Whom a lead is from, as far as its fields tell. */
export interface Who {
  /** A name; else the e-mail address, else the first field that says anything; '' for a lead that says nothing. */
  name: string;
  /** The e-mail address or phone number beneath it; null where there is none, or where it is the name. */
  contact: string | null;
  /** The fields this was read from. */
  fields: readonly string[];
}

const EMAIL = /^[^\s@]{1,64}@[^\s@]+\.[^\s@]+$/;
const FULL_NAME =
  /^(?:your |contact |customer |lead )?(?:full ?|complete )?name$|^(?:nom complet|vollst[äa]ndiger name|nombre completo)$/;
const FIRST_NAME = /^(?:first ?name|given ?name|forename|fname|vorname|pr[ée]nom|nombre|nome)$/;
const LAST_NAME = /^(?:last ?name|sur ?name|family ?name|lname|nachname|nom(?: de famille)?|apellidos?|cognome)$/;
const PHONE = /phone|^tel\b|mobile|telefon|t[ée]l[ée]phone|tel[ée]fono|whatsapp/;

/** Reads from names and values of fields whom a lead is from; a guess for the eye, nothing hangs on it. */
export function whoOf(fields: Fields): Who {
  const said = Object.entries(fields)
    .map(([field, value]) => ({ field, plain: plainName(field), text: valueText(value).trim() }))
    .filter(({ text }) => text !== '');
  const named = (pattern: RegExp) => said.find(({ plain }) => pattern.test(plain));
  const parts = [named(FIRST_NAME), named(LAST_NAME)].filter((part) => part !== undefined);
  const full = named(FULL_NAME);
  const names = full ? [full] : parts;
  const contact = said.find(({ text }) => EMAIL.test(text)) ?? named(PHONE);
  const shown = names.length > 0 ? names : [contact ?? said[0]].filter((part) => part !== undefined);
  const under = names.length > 0 && contact !== undefined && !names.includes(contact) ? contact : null;
  return {
    name: shown.map(({ text }) => text).join(' '),
    contact: under?.text ?? null,
    fields: [...shown, ...(under ? [under] : [])].map(({ field }) => field),
  };
}

/** `Full_Name`, `full-name` and `fullName` are all `full name`. */
function plainName(field: string): string {
  return field
    .slice(0, 100)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[\s_.:*-]+/g, ' ')
    .trim()
    .toLowerCase();
}

/** The values of all other fields in one line of at most `most` characters. */
export function restOf(fields: Fields, shown: readonly string[], most: number): string {
  let line = '';
  for (const [field, value] of Object.entries(fields)) {
    if (shown.includes(field)) continue;
    const text = cut(valueText(value), most).replace(/\s+/g, ' ').trim();
    if (text !== '') line += `${line === '' ? '' : ' · '}${text}`;
    if (line.length > most) break;
  }
  return cut(line, most);
}

/** At most so many characters, with … where something is left out. Never cuts through a character. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text
    .slice(0, most)
    .toWellFormed()
    .replace(/\ufffd$/, '')}…`;
}

/** A field's value in words; '' for nothing. */
export function valueText(value: FieldValue | undefined): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(valueText).filter(Boolean).join(', ');
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  return String(value);
}

const UNITS = ['bytes', 'KB', 'MB', 'GB'] as const;

/** A size as people read it. */
export function sizeText(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const size = bytes / 1024 ** step;
  return `${step === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${UNITS[step]}`;
}
