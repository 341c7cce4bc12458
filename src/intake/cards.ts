import { cutText } from './text.ts';

const MIN_DIGITS = 12;
const MAX_DIGITS = 19;
/** E.164: no phone number has more digits. */
const MAX_PHONE_DIGITS = 15;
/** How many spaces or dashes may stand between two digits of one number. */
const MAX_GAP = 3;

/** Twelve digits, at most three spaces or dashes between each: cheap, and linear as the two classes are disjoint. */
const MAYBE_CARD = /[0-9](?:[ \u00a0\u2009\u202f\-\u2010-\u2015\u2212]{0,3}[0-9]){11}/;

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isGap(code: number): boolean {
  if (code === 0x20 || code === 0x2d) return true;
  if (code < 0xa0) return false;
  return code === 0xa0 || code === 0x2009 || code === 0x202f || (code >= 0x2010 && code <= 0x2015) || code === 0x2212;
}

/** The lengths as bits. */
function lengths(...values: number[]): number {
  return values.reduce((bits, value) => bits | (1 << value), 0);
}
const SIXTEEN = lengths(16);
const FIFTEEN = lengths(15);
const LONG = lengths(16, 17, 18, 19);
const VISA = lengths(13, 16, 19);
const DINERS = lengths(14, 16, 17, 18, 19);
const MAESTRO = lengths(12, 13, 14, 15, 16, 17, 18, 19);
const MAESTRO_PREFIXES = new Set([5018, 5020, 5038, 5893, 6304, 6759, 6761, 6762, 6763]);

/** The lengths, as bits, that cards with these first six digits have; 0 for no issuer we know. ISO/IEC 7812. */
function issuerLengths(six: number): number {
  const two = Math.floor(six / 10_000);
  const three = Math.floor(six / 1_000);
  const four = Math.floor(six / 100);
  if (two >= 40 && two <= 49) return VISA;
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return SIXTEEN; // Mastercard
  if (two === 34 || two === 37) return FIFTEEN; // American Express
  if (two === 36 || two === 38 || two === 39 || (three >= 300 && three <= 305) || four === 3095) return DINERS;
  if (four >= 3528 && four <= 3589) return LONG; // JCB
  if (MAESTRO_PREFIXES.has(four)) return MAESTRO;
  if (two === 62 || two === 81) return LONG; // UnionPay
  if (four === 6011 || two === 65 || (three >= 644 && three <= 649)) return LONG; // Discover
  if (four >= 2200 && four <= 2204) return LONG; // Mir
  return 0;
}

/** Digits that only spaces and dashes part. */
interface Run {
  digits: number[];
  /** Where each digit stands in the text. */
  at: number[];
  /** Whether the digit begins a group: a card may begin or end only between groups. */
  begins: boolean[];
  /** After a `+`: the number of a phone. */
  afterPlus: boolean;
  /** After `0.`: the rest of a decimal number. */
  afterPoint: boolean;
  /** Before `.5`: the whole part of one. */
  beforePoint: boolean;
}

function passesLuhn(digits: number[], from: number, length: number): boolean {
  let sum = 0;
  for (let k = 0; k < length; k++) {
    const digit = digits[from + length - 1 - k] ?? 0;
    const part = k % 2 === 1 ? digit * 2 : digit;
    sum += part > 9 ? part - 9 : part;
  }
  return sum % 10 === 0;
}

/** How many digits the card number that begins at `from` has; 0 when none does. The longest counts. */
function cardAt(run: Run, from: number): number {
  const { digits, begins } = run;
  let six = 0;
  for (let k = 0; k < 6; k++) six = six * 10 + (digits[from + k] ?? 0);
  const allowed = issuerLengths(six);
  if (allowed === 0) return 0;
  for (let length = Math.min(MAX_DIGITS, digits.length - from); length >= MIN_DIGITS; length--) {
    if ((allowed & (1 << length)) === 0) continue;
    const end = from + length;
    if ((end === digits.length ? !run.beforePoint : begins[end]) && passesLuhn(digits, from, length)) return length;
  }
  return 0;
}

/** Adds to `hidden` where digits have to be hidden: all but the last four of each card number. */
function findCards(run: Run, hidden: number[]): void {
  const total = run.digits.length;
  if (run.afterPlus && total <= MAX_PHONE_DIGITS) return;
  let from = run.afterPlus || run.afterPoint ? 1 : 0;
  while (from <= total - MIN_DIGITS) {
    const length = run.begins[from] ? cardAt(run, from) : 0;
    if (length === 0) {
      from++;
      continue;
    }
    for (let k = 0; k < length - 4; k++) hidden.push(run.at[from + k] ?? 0);
    // What stays visible may begin another number, as it would when the result is looked at again.
    from += length - 4;
    run.begins[from] = true;
  }
}

function readRun(text: string, start: number): { run: Run; end: number } {
  const before = text.charCodeAt(start - 1);
  const beforeThat = text.charCodeAt(start - 2);
  const run: Run = {
    digits: [],
    at: [],
    begins: [],
    afterPlus: before === 0x2b || (before === 0x20 && beforeThat === 0x2b),
    afterPoint: before === 0x2e && isDigit(beforeThat),
    beforePoint: false,
  };
  let end = start;
  let gap = MAX_GAP;
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (isDigit(code)) {
      run.begins.push(gap > 0);
      run.digits.push(code - 48);
      run.at.push(i);
      gap = 0;
      end = i + 1;
    } else if (isGap(code) && gap < MAX_GAP) gap++;
    else break;
  }
  run.beforePoint = text.charCodeAt(end) === 0x2e && isDigit(text.charCodeAt(end + 1));
  return { run, end };
}

/**
 * The text with each payment card number in it masked but for its last four digits. A card number has a known
 * issuer's prefix and length, passes the Luhn check, is no part of a longer run of digits, and does not follow
 * a `+`. Linear in the length; masking the result again changes nothing. The same string when there is none.
 * Spec 1, "Sanitising".
 */
export function maskCards(text: string): string {
  if (text.length < MIN_DIGITS || !MAYBE_CARD.test(text)) return text;
  const hidden: number[] = [];
  for (let i = 0; i < text.length; i++) {
    if (!isDigit(text.charCodeAt(i))) continue;
    const { run, end } = readRun(text, i);
    findCards(run, hidden);
    i = end;
  }
  if (hidden.length === 0) return text;
  let masked = '';
  let done = 0;
  for (const at of hidden) {
    masked += `${text.slice(done, at)}*`;
    done = at + 1;
  }
  return masked + text.slice(done);
}

/** More characters than any card number takes with its spaces. */
const CARD_SPAN = 80;

/**
 * Masks, then cuts to `max` characters: no card number stays, neither across the cut nor one that only the cut
 * makes of a longer run. Looks at little more than `max` characters, however long the text.
 */
export function maskAndCut(text: string, max: number): string {
  if (text.length <= max) return maskCards(text);
  const masked = maskCards(cutText(text, max + CARD_SPAN));
  const cut = cutText(masked, max);
  return cut === masked ? cut : maskCards(cut);
}
