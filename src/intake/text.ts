/**
 * What no stored text may hold: control characters but line break and tab, halves of surrogate pairs, and the
 * two code points that XML refuses. SQLite, JSON, CSV, XLSX and Google take all the rest.
 */
const NOISE = /[^\P{Cc}\n\t]|[\p{Cs}\ufffe\uffff]/u;
const NOISE_TO_REMOVE = /[^\P{Cc}\n\t]|[\ufffe\uffff]/gu;
const LINE_ENDS = /\r\n?/g;

/** In a single line also: tab, all line ends, and the marks that turn the reading direction of what follows. */
const LINE_NOISE = /[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069\ufffe\uffff]/u;
const LINE_NOISE_TO_REMOVE = /[\p{Cc}\u2028-\u202e\u2066-\u2069\ufffe\uffff]/gu;
const BREAKS = /[\t\n\r\u2028\u2029]/g;

/** Most texts are plain ASCII with nothing to clean: known by a test that costs a tenth of the ones above. */
const PLAIN_TEXT = /^[ -~\n\t]*$/;
const PLAIN_LINE = /^[ -~]*$/;

/** A text with line ends as `\n`; the same string when there is nothing to change. */
export function withPlainLineEnds(text: string): string {
  return text.includes('\r') ? text.replace(LINE_ENDS, '\n') : text;
}

/**
 * A field value that every store and sheet takes: line ends become `\n`, other control characters but tab go,
 * half a surrogate pair becomes U+FFFD. The same string when there is nothing to change.
 */
export function cleanText(text: string): string {
  if (PLAIN_TEXT.test(text) || !NOISE.test(text)) return text;
  return withPlainLineEnds(text).replace(NOISE_TO_REMOVE, '').toWellFormed();
}

/** A name: control characters removed, ends trimmed of white space and zero-width characters. Spec 1. */
export function cleanLine(text: string): string {
  if (PLAIN_LINE.test(text)) return trimEnds(text);
  return trimEnds(LINE_NOISE.test(text) ? text.replace(LINE_NOISE_TO_REMOVE, '').toWellFormed() : text);
}

const INVISIBLE = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u2060-\u2064\ufeff]/g;
/** Joiners, where they join nothing: some scripts and emoji can't be written without them. */
const IDLE_JOINERS = /(?<!\P{ASCII})[\u200c\u200d]|[\u200c\u200d](?!\P{ASCII})/gu;

/** A name that one of us gives to something of ours: as `cleanLine`, composed, with nothing in it that can't be seen. */
export function cleanName(text: string): string {
  return cleanLine(text.normalize('NFC').replace(INVISIBLE, '').replace(IDLE_JOINERS, ''));
}

/** As `cleanLine`, for running text: a line break or tab becomes a space. */
export function cleanSentence(text: string): string {
  if (PLAIN_LINE.test(text)) return trimEnds(text);
  return cleanLine(LINE_NOISE.test(text) ? text.replace(BREAKS, ' ') : text);
}

function isBlank(code: number): boolean {
  if (code <= 0x20) return true;
  if (code < 0xa0) return false;
  return (
    code === 0xa0 ||
    code === 0xad ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200f) ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x2060 ||
    code === 0x3000 ||
    code === 0xfeff
  );
}

/** By hand: a regular expression for the end of a text is quadratic on a long run of blanks. */
export function trimEnds(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/** The first `max` characters (code points): a surrogate pair is never split. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  let units = 0;
  for (let count = 0; count < max && units < text.length; count++) {
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  }
  return units >= text.length ? text : text.slice(0, units);
}
