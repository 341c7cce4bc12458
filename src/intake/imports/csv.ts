import { type FileRow, LineReader, MAX_COLUMNS, MAX_ROW, nextLine } from './rows.ts';

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;

const UNCLOSED = 'A quote opens in this row and is never closed. Close it, or double it where it belongs to the text.';
const TOO_LONG = `The row is longer than ${MAX_ROW.toLocaleString('en')} characters. Shorten it.`;
const TOO_WIDE = `The row has more than ${MAX_COLUMNS.toLocaleString('en')} cells. Split the file.`;

type Found = { row: Row; next: number } | 'incomplete';
type Row = { kind: 'cells'; cells: string[] } | { kind: 'broken'; problem: string };

/**
 * Reads CSV as people have it: RFC 4180 with any separator of one character and any line ends. Lenient: a quote opens
 * only at the start of a cell, text after a closing one belongs to the cell. A quote that is never closed costs its own
 * line alone: the reader goes on with the next.
 */
export class CsvReader extends LineReader {
  private readonly separator: string;

  constructor(separator: string) {
    super();
    this.separator = separator;
  }

  protected read(final: boolean): FileRow[] {
    const { text } = this.pending;
    const rows: FileRow[] = [];
    let at = 0;
    while (at < text.length) {
      if (this.skipping) {
        const next = nextLine(text, at, final);
        if (next < 0) {
          at = final ? text.length : Math.max(at, text.length - 1);
          break;
        }
        this.skipping = false;
        at = next;
        continue;
      }
      const found = this.record(text, at, final);
      if (found === 'incomplete') break;
      at = found.next;
      rows.push(this.numbered(found.row));
    }
    this.pending.keep(at);
    return rows;
  }

  private numbered(row: Row): FileRow {
    this.number++;
    const { number } = this;
    if (row.kind === 'cells' && row.cells.every((cell) => cell.trim() === '')) return { number, kind: 'blank' };
    return { number, ...row };
  }

  private record(text: string, start: number, final: boolean): Found {
    const { separator } = this;
    const cells: string[] = [];
    let at = start;
    for (;;) {
      let cell = '';
      if (text.charCodeAt(at) === QUOTE) {
        const quoted = quotedCell(text, at, final);
        if (quoted === null) return this.open(text, start, final);
        cell = quoted.cell;
        at = quoted.next;
        const code = text.charCodeAt(at);
        const goesOn = at < text.length && code !== LF && code !== CR && text[at] !== separator;
        // Two quotes that belong to different rows look like one cell with text behind it.
        if (goesOn && /[\r\n]/.test(cell)) return this.lost(text, start, final, UNCLOSED);
      }
      const stop = endOfCell(text, at, separator);
      if (stop === text.length && !final) return this.open(text, start, final);
      if (stop - start > MAX_ROW) return this.lost(text, start, final, TOO_LONG);
      const more = text.slice(at, stop);
      if (cells.length < MAX_COLUMNS + 1) cells.push(cell === '' ? more : cell + more);
      if (text[stop] === separator) {
        at = stop + 1;
        // A separator is the last of the file: an empty cell follows.
        if (at === text.length && !final) return 'incomplete';
        continue;
      }
      if (text.charCodeAt(stop) === CR && stop + 1 === text.length && !final) return 'incomplete';
      const next = Math.min(text.length, stop + (text.startsWith('\r\n', stop) ? 2 : 1));
      if (cells.length > MAX_COLUMNS) return { row: { kind: 'broken', problem: TOO_WIDE }, next };
      return { row: { kind: 'cells', cells }, next };
    }
  }

  /** The text ends inside a row. */
  private open(text: string, start: number, final: boolean): Found {
    if (!final && text.length - start <= MAX_ROW) return 'incomplete';
    return this.lost(text, start, final, final ? UNCLOSED : TOO_LONG);
  }

  /** The row is given up; the next line is a row again. */
  private lost(text: string, start: number, final: boolean, problem: string): Found {
    const next = nextLine(text, start, final);
    this.skipping = next < 0 && !final;
    return { row: { kind: 'broken', problem }, next: next < 0 ? text.length : next };
  }
}

/** What stands between quotes; null: they are not closed in this text, as far as can be said. */
function quotedCell(text: string, open: number, final: boolean): { cell: string; next: number } | null {
  let cell = '';
  let at = open + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return null;
    // The last character of a piece may be the first half of a doubled quote.
    if (quote + 1 === text.length && !final) return null;
    const part = text.slice(at, quote);
    if (text.charCodeAt(quote + 1) !== QUOTE) return { cell: cell === '' ? part : cell + part, next: quote + 1 };
    cell += `${part}"`;
    at = quote + 2;
  }
}

function endOfCell(text: string, from: number, separator: string): number {
  const code = separator.charCodeAt(0);
  let at = from;
  for (; at < text.length; at++) {
    const each = text.charCodeAt(at);
    if (each === code || each === LF || each === CR) return at;
  }
  return at;
}
