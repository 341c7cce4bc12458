import { wallClock } from '../../cells.ts';

/** The longest title of a tab's file, in bytes of UTF-8, without `.csv`. Spec 4. */
export const MAX_TITLE_BYTES = 80;

// Control characters, half surrogate pairs and those that turn the direction of writing ("gpj.exe") go too.
const FORBIDDEN = /[/\\:*?"<>|\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu;
/** Names that Windows keeps for devices, whatever follows the first dot. */
const RESERVED = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)/i;

/**
 * A tab's title as the name of a file, without `.csv`, that every system takes: spec 4, "Local workbook".
 * Never empty, never hidden, at most 80 bytes.
 */
export function fileTitle(title: string): string {
  const clean = trim(title.normalize('NFC').replace(FORBIDDEN, ' ').replace(/ {2,}/g, ' '));
  const named = clean === '' ? 'Leads' : clean;
  return cutBytes(RESERVED.test(named) ? `_${named}` : named, MAX_TITLE_BYTES);
}

/** `title`, or `title (2)`, `title (3)` … whichever is not taken, without regard to case. */
export function freeTitle(title: string, taken: (folded: string) => boolean): string {
  for (let n = 1; ; n++) {
    const candidate = numbered(title, n);
    if (!taken(foldTitle(candidate))) return candidate;
  }
}

/** Whether `title` is `base` or a numbered `base (n)`, as `freeTitle` makes them. */
export function isTitleOf(title: string, base: string): boolean {
  const n = / \((\d{1,9})\)$/.exec(title)?.[1];
  return title === base || (n !== undefined && title === numbered(base, Number(n)));
}

/** What two titles have in common that can't be told apart on some file system. */
export function foldTitle(title: string): string {
  return title.normalize('NFC').toUpperCase().toLowerCase();
}

/** The name under which a file that a person changed is set aside: `Contact (edited 2026-11-22 14.05)`. */
export function asideTitle(title: string, ms: number, timezone: string): string {
  const { year, month, day, hour, minute } = wallClock(ms, timezone);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${title} (edited ${year}-${two(month)}-${two(day)} ${two(hour)}.${two(minute)})`;
}

function numbered(title: string, n: number): string {
  if (n === 1) return title;
  const suffix = ` (${n})`;
  return cutBytes(title, Math.max(MAX_TITLE_BYTES, Buffer.byteLength(title)) - suffix.length) + suffix;
}

/** At most `bytes` bytes of UTF-8, cut between two characters. */
function cutBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  let length = 0;
  let kept = '';
  for (const char of text) {
    length += Buffer.byteLength(char);
    if (length > bytes) break;
    kept += char;
  }
  return trim(kept);
}

/** Without dots and spaces at either end: hidden on Unix in front, lost on Windows behind. */
function trim(text: string): string {
  return text.replace(/^[.\s]+|[.\s]+$/g, '');
}
