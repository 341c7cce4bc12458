import { customAlphabet } from 'nanoid';

/** Crockford's base 32, lower case: sorts like the numbers it writes. Spec 2, "Types". */
export const ID_ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_LENGTH = 9;
const RANDOM_LENGTH = 12;

export const ID_PREFIXES = [
  'sub',
  'frm',
  'site',
  'key',
  'con',
  'tab',
  'bat',
  'req',
  'usr',
  'ses',
  'inv',
  'psk',
  'aud',
  'view',
  'file',
  'hook',
  'call',
  'imp',
] as const;
export type IdPrefix = (typeof ID_PREFIXES)[number];

/** Makes new ids. Passed in, so that tests can have ids they know. */
export interface Ids {
  /** `prefix_` + 9 characters of `atMs` + 12 random ones; ids of different milliseconds sort by time. */
  next(prefix: IdPrefix, atMs: number): string;
  /** The public id of a form endpoint: 10 lower-case letters and digits, not to be guessed. */
  endpoint(): string;
}

/** The pattern of ids with this prefix, as a regular expression source. */
export function idPattern(prefix: IdPrefix): string {
  return `^${prefix}_[${ID_ALPHABET}]{${TIME_LENGTH + RANDOM_LENGTH}}$`;
}

/** The last moment that nine characters can write. */
const LAST_MS = 32 ** TIME_LENGTH - 1;

/** The nine characters that write `atMs`. They reach the year 3084; a clock beyond it gets the last of them. */
export function timePart(atMs: number): string {
  let rest = Math.min(LAST_MS, Math.max(0, Math.floor(atMs)));
  let text = '';
  for (let i = 0; i < TIME_LENGTH; i++) {
    text = (ID_ALPHABET[rest % 32] ?? '0') + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** The millisecond an id was made at. NaN for something that is no id. */
export function idTime(id: string): number {
  const start = id.indexOf('_') + 1;
  const text = id.slice(start, start + TIME_LENGTH);
  if (start === 0 || text.length < TIME_LENGTH) return Number.NaN;
  let ms = 0;
  for (const char of text) {
    const digit = ID_ALPHABET.indexOf(char);
    if (digit < 0) return Number.NaN;
    ms = ms * 32 + digit;
  }
  return ms;
}

const randomPart = customAlphabet(ID_ALPHABET, RANDOM_LENGTH);
const endpointPart = customAlphabet('0123456789abcdefghijklmnopqrstuvwxyz', 10);

/** Ids from the system's random generator. */
export function randomIds(): Ids {
  let lastMs = -1;
  let lastText = '';
  return {
    next(prefix, atMs) {
      if (atMs !== lastMs) {
        lastMs = atMs;
        lastText = timePart(atMs);
      }
      return `${prefix}_${lastText}${randomPart()}`;
    },
    endpoint: endpointPart,
  };
}
