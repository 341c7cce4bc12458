/**
 * CSV as RFC 4180 has it: commas, CRLF, quotes doubled inside quotes; UTF-8. Files carry no byte order mark, so
 * that any program reads their first header as it is and appending stays plain; what a person downloads to open
 * in Excel begins with `EXCEL_MARK`, without which Excel on Windows takes the text for its old code page.
 *
 * Reading works on text in which each character may also stand for one byte (`latin1`): only ASCII is looked at. So
 * a file can be taken apart and put together again without its bytes changing.
 */

/** The byte order mark to put before a CSV that is meant for Excel. */
export const EXCEL_MARK = '\ufeff';

/** The wide forms too: with a Japanese keyboard, spreadsheets take them for the narrow ones. OWASP, "CSV Injection". */
const FORMULA_START = /^[=+\-@\t\r\n＝＋－＠]/;
/** Spec 4: "plain numbers and phone numbers". */
const PHONE = /^\+?[0-9 ()./-]+$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** Semicolons and tabs too: in half of Europe the spreadsheet splits at those. */
const NEEDS_QUOTES = /[",;\t\r\n]|^ | $/;

/**
 * A text that no spreadsheet program runs as a formula: with an apostrophe before it where it begins like one,
 * but for plain numbers and phone numbers. Spec 4. Doing it twice changes nothing.
 */
export function neutralise(text: string): string {
  if (!FORMULA_START.test(text) || PHONE.test(text) || NUMBER.test(text)) return text;
  return `'${text}`;
}

/** One cell of a record, neutralised, in quotes where needed. */
export function csvCell(text: string): string {
  const safe = neutralise(text);
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A record with its line end. */
export function csvRow(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const CR = 0x0d;
const LF = 0x0a;

/**
 * Splits text that comes in pieces into records, each as it stands with its line end (CRLF, LF or CR). Lenient:
 * a quote opens only at the start of a cell, text after a closing quote belongs to the cell. Holds one record
 * and one piece at a time.
 */
export class RecordSplitter {
  private text = '';
  private at = 0;
  private state: 'start' | 'plain' | 'quoted' = 'start';

  /** The records that are complete with this piece. */
  push(piece: string): string[] {
    this.text += piece;
    return this.split(false);
  }

  /** What is left when the text is over: a last record without its line end, or ''. */
  rest(): string {
    return this.text;
  }

  /** The last records, when no more text comes: the rest is one too. */
  end(): string[] {
    const records = this.split(true);
    if (this.text !== '') records.push(this.text);
    this.text = '';
    return records;
  }

  private split(final: boolean): string[] {
    const { text } = this;
    const records: string[] = [];
    let start = 0;
    let at = this.at;
    let state = this.state;
    while (at < text.length) {
      if (state === 'quoted') {
        const quote = text.indexOf('"', at);
        at = quote < 0 ? text.length : quote;
        // The last character of a piece may be the first half of a doubled quote.
        if (quote < 0 || (quote + 1 === text.length && !final)) break;
        if (text.charCodeAt(quote + 1) === QUOTE) at = quote + 2;
        else {
          at = quote + 1;
          state = 'plain';
        }
        continue;
      }
      const code = text.charCodeAt(at);
      if (code === CR && at + 1 === text.length && !final) break;
      at += 1;
      if (code === LF || code === CR) {
        if (code === CR && text.charCodeAt(at) === LF) at += 1;
        records.push(text.slice(start, at));
        start = at;
        state = 'start';
      } else if (code === COMMA) state = 'start';
      else state = code === QUOTE && state === 'start' ? 'quoted' : 'plain';
    }
    this.text = start === 0 ? text : text.slice(start);
    this.at = at - start;
    this.state = state;
    return records;
  }
}

/** The cells of one record, as they were written: an apostrophe of `neutralise` is still there. */
export function parseRecord(record: string): string[] {
  const end = record.endsWith('\r\n') ? record.length - 2 : record.length - (/[\r\n]$/.test(record) ? 1 : 0);
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    let cell = '';
    if (record.charCodeAt(at) === QUOTE && at < end) {
      at += 1;
      for (;;) {
        const quote = record.indexOf('"', at);
        if (quote < 0 || quote >= end) {
          cell += record.slice(at, end);
          at = end;
          break;
        }
        cell += record.slice(at, quote);
        at = quote + 1;
        if (at >= end || record.charCodeAt(at) !== QUOTE) break;
        cell += '"';
        at += 1;
      }
    }
    const comma = record.indexOf(',', at);
    const stop = comma < 0 || comma > end ? end : comma;
    cells.push(cell + record.slice(at, stop));
    if (stop === end) return cells;
    at = stop + 1;
  }
}

/** All records of a text, as cells. A byte order mark at its start is left out. */
export function parseCsv(text: string): string[][] {
  const splitter = new RecordSplitter();
  const records = splitter.push(text.startsWith(EXCEL_MARK) ? text.slice(1) : text);
  return [...records, ...splitter.end()].map(parseRecord);
}
