const LONGEST_TITLE = 31;

/** What two titles have in common that Google takes for one. */
export const foldTitle = (title: string) => title.normalize('NFC').toLowerCase();

/**
 * A title that Google takes and that survives an export to XLSX: without `[]*?:/\` and control characters, 31
 * characters at most, unique without regard to case. google-sheets.md 2.3.
 * @param taken folded titles in use
 */
export function freeTitle(wanted: string, taken: ReadonlySet<string>): string {
  const base = baseTitle(wanted);
  let title = cutTitle(base, LONGEST_TITLE);
  for (let n = 2; taken.has(foldTitle(title)); n++) title = numbered(base, n);
  return title;
}

/** Whether a title is what `freeTitle` makes of `wanted`, whatever was taken then. */
export function titleFits(title: string, wanted: string): boolean {
  const base = baseTitle(wanted);
  const n = / \((\d{1,9})\)$/.exec(title)?.[1];
  return title === cutTitle(base, LONGEST_TITLE) || (n !== undefined && title === numbered(base, Number(n)));
}

function baseTitle(wanted: string): string {
  // A quote at either end is refused by spreadsheet programs too.
  const clean = wanted
    .toWellFormed()
    .replace(/[[\]*?:/\\\p{Cc}]/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(/^'+|'+$/g, '');
  return clean === '' ? 'Leads' : clean;
}

function numbered(base: string, n: number): string {
  const suffix = ` (${n})`;
  return cutTitle(base.replace(/ \(\d+\)$/, ''), LONGEST_TITLE - suffix.length) + suffix;
}

/** Cuts between characters, never through one. */
function cutTitle(text: string, length: number): string {
  if (text.length <= length) return text;
  let cut = '';
  for (const char of text) {
    if (cut.length + char.length > length) break;
    cut += char;
  }
  return cut.trimEnd();
}
