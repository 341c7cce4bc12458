import { MAX_FIELD_NAME } from '../contract/submission.ts';
import { maskAndCut } from './cards.ts';
import { cleanLine, cutText } from './text.ts';

/** What the name of a field says of it. */
export interface NameVerdict {
  /** The name to store: trimmed, without control characters, at most 200 characters; '' for an unusable one. */
  name: string;
  /** The name was over 200 characters; `name` is its beginning. */
  tooLong: boolean;
  /** `name` differs from what was sent by more than blanks at the ends. */
  changed: boolean;
  /** The field must not be kept. */
  sensitive: boolean;
  /** Its digits are a phone number's. */
  phone: boolean;
}

/** Compared whole, in any spelling of case and accents; a number at the end (`cvc2`, `password_1`) does not count. */
const SENSITIVE_WORDS = words(
  'password passwords passwd passwort passphrase passcode pwd kennwort wachtwoord contrasena motdepasse senha haslo',
  'losenord adgangskode passord salasana sifre parola пароль 密码 密碼 パスワード 비밀번호',
  'cvc cvv ccv csc cccvc cccvv cccsc cardcvc cardcvv cardcsc',
  'cardnumber cardnum cardno ccnumber ccnum ccno creditcardnumber creditcardno debitcardnumber kartennummer',
  'kreditkartennummer cardexpiry cardexp cardexpiration cardexpirationdate ccexp ccexpiry ccexpiration',
  'ssn socialsecurity socialsecuritynumber iban pin secret clientsecret token accesstoken authtoken',
  'csrf xsrf csrftoken xsrftoken csrfmiddlewaretoken requestverificationtoken authenticitytoken apikey privatekey',
);

/** Neighbouring words, whole. */
const SENSITIVE_PHRASES = phrases(
  'pass word|pass phrase|pass code|mot de passe|card number|card num|card no|card nr|cc number|cc num|cc no|cc nr',
  'card expiry|card expiration|card expires|card exp|cc expiry|cc expiration|cc expires|cc exp|card code',
  'card security code|card verification|security code|numero de carte|numero de tarjeta|social security',
  'api key|private key|access key',
);

const PHONE_WORDS = words(
  'tel tels tlf tfno fono ph mob cell cells cellular celular cellulare cel gsm msisdn sms fax telefax handy handynr',
  'handynummer rufnummer portable movil telemovel viber telegram phone тел телефон мобильный факс טלפון נייד هاتف جوال موبايل',
);
const PHONE_PHRASES = phrases('contact number|contact no');
/** Part of a word is enough: compounds (`homephone`, `Mobilnummer`), and scripts that put no spaces. */
const PHONE_PARTS = [
  'phone',
  'telef',
  'whatsapp',
  '电话',
  '電話',
  '手机',
  '手機',
  '携帯',
  '전화',
  'फ़ोन',
  'फोन',
  'телефон',
].map(fold);
const PHONE_BEGINNING = 'mobil';

/**
 * A plain ASCII name that holds none of these means nothing: each word looked for is a part of the name. Spares most
 * names the full look.
 */
const HINT = new RegExp(
  [...SENSITIVE_WORDS, ...PHONE_WORDS, ...PHONE_PARTS, PHONE_BEGINNING]
    .concat([...SENSITIVE_PHRASES, ...PHONE_PHRASES].map((phrase) => phrase.trim().split(' ', 1)[0] ?? ''))
    .filter((word) => /^[a-z]+$/.test(word))
    .join('|'),
  'i',
);
const ASCII = /^[ -~]*$/;

/** Longer names are refused or cut anyway; this bounds the work on them. */
const MAX_LOOKED_AT = 1_000;
const MAX_CACHED = 4_096;
const cache = new Map<string, NameVerdict>();

/**
 * Judges a field's name, whole: for a nested field the path with dots. Cached, as a form sends the same names
 * again and again; the cache is bounded, so that made-up names can't fill the memory.
 */
export function judgeName(raw: string): NameVerdict {
  const known = cache.get(raw);
  if (known !== undefined) return known;
  const verdict = judge(raw);
  if (raw.length <= MAX_FIELD_NAME) {
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(raw, verdict);
  }
  return verdict;
}

function judge(raw: string): NameVerdict {
  const looked = raw.length > MAX_LOOKED_AT ? raw.slice(0, MAX_LOOKED_AT) : raw;
  const clean = cleanLine(looked);
  const tooLong = looked !== raw || cutText(clean, MAX_FIELD_NAME) !== clean;
  const name = cleanLine(maskAndCut(clean, MAX_FIELD_NAME));
  return { name, tooLong, changed: name !== raw.trim(), ...meaning(clean) };
}

function meaning(name: string): { sensitive: boolean; phone: boolean } {
  if (ASCII.test(name) && !HINT.test(name)) return { sensitive: false, phone: false };
  const folded = fold(name);
  const readings = [splitWords(folded), splitWords(fold(splitCamel(name)))];
  const has = (set: ReadonlySet<string>, sequences: readonly string[]) =>
    readings.some((reading) => {
      const line = ` ${reading.join(' ')} `;
      return reading.some((word) => set.has(word)) || sequences.some((sequence) => line.includes(sequence));
    });
  const phone =
    has(PHONE_WORDS, PHONE_PHRASES) ||
    PHONE_PARTS.some((part) => folded.includes(part)) ||
    readings.some((reading) => reading.some((word) => word.startsWith(PHONE_BEGINNING)));
  return { sensitive: has(SENSITIVE_WORDS, SENSITIVE_PHRASES), phone };
}

/** `cardNumber` → `card Number`, `CSRFToken` → `CSRF Token`. */
function splitCamel(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/([\p{Ll}\p{N}])(?=\p{Lu})/gu, '$1 ')
    .replace(/(\p{Lu})(?=\p{Lu}\p{Ll})/gu, '$1 ');
}

/** Lower case, full-width letters as plain ones, no accents on Latin letters, no soft hyphens or zero-width marks. */
function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/\p{Cf}/gu, '')
    .toLowerCase();
}

function splitWords(folded: string): string[] {
  return folded
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .map((word) => word.replace(/[0-9]{1,4}$/, '') || word)
    .filter((word) => word !== '');
}

function words(...lines: string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => line.split(' ')).map(fold));
}

function phrases(...lines: string[]): readonly string[] {
  return lines.flatMap((line) => line.split('|')).map((phrase) => ` ${fold(phrase)} `);
}
