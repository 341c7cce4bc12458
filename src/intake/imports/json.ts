import { isObject } from '../normalise.ts';
import { type FileRow, LineReader, MAX_ROW, nextLine, Pending, type RowReader } from './rows.ts';

const NOT_JSON = 'It is not valid JSON. Correct it.';
const NO_OBJECT = 'It is no JSON object. Send one object for each lead.';
const TOO_LONG = `It is longer than ${MAX_ROW.toLocaleString('en')} characters. Shorten it.`;

function rowOf(number: number, text: string): FileRow {
  if (text.trim() === '') return { number, kind: 'blank' };
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? { number, kind: 'object', value } : { number, kind: 'broken', problem: NO_OBJECT };
  } catch (error) {
    // A RangeError: nested deeper than the parser goes.
    if (error instanceof SyntaxError || error instanceof RangeError)
      return { number, kind: 'broken', problem: NOT_JSON };
    throw error;
  }
}

/** JSON lines: a line that is wrong costs itself alone. */
export class JsonLinesReader extends LineReader {
  protected read(final: boolean): FileRow[] {
    const { text } = this.pending;
    const rows: FileRow[] = [];
    let at = 0;
    while (at < text.length) {
      const next = nextLine(text, at, final);
      const end = next < 0 ? text.length : next;
      const whole = next >= 0 || final;
      if (this.skipping) {
        if (!whole) return this.hold(rows, text.length - 1);
        this.skipping = false;
      } else if (end - at > MAX_ROW) {
        rows.push({ number: ++this.number, kind: 'broken', problem: TOO_LONG });
        this.skipping = !whole;
        if (!whole) return this.hold(rows, text.length - 1);
      } else if (!whole) break;
      else rows.push(rowOf(++this.number, text.slice(at, end)));
      at = end;
    }
    return this.hold(rows, at);
  }

  private hold(rows: FileRow[], from: number): FileRow[] {
    this.pending.keep(from);
    return rows;
  }
}

/** What a value can begin or end with, and where a text is. */
const MARKS = /["[\]{},]/g;
const STRING_MARKS = /["\\]/g;

/**
 * One JSON array of objects, or objects one after the other: each element is parsed for itself, so that the file need
 * not be held. One whose brackets don't match takes along what follows it.
 */
export class JsonReader implements RowReader {
  private readonly pending = new Pending();
  private number = 0;
  /** How far was looked, from the start of what is held. */
  private at = 0;
  private depth = 0;
  private base: 0 | 1 = 0;
  private inText = false;
  private skipping = false;
  private begun = false;

  push(text: string): FileRow[] {
    // Nothing is looked at twice, so nothing need be waited for.
    this.pending.add(text);
    this.pending.gather();
    return this.read();
  }

  end(): FileRow[] {
    this.pending.gather();
    const rows = this.read();
    this.pending.gather();
    if (!this.skipping && this.pending.text.trim() !== '')
      rows.push({ number: ++this.number, kind: 'broken', problem: NOT_JSON });
    return rows;
  }

  private read(): FileRow[] {
    const { text } = this.pending;
    const rows: FileRow[] = [];
    let start = 0;
    let at = this.at;
    while (at < text.length) {
      const mark = this.nextMark(text, at);
      const isHalf = mark + 1 === text.length && text[mark] === '\\';
      at = mark < 0 ? text.length : isHalf ? mark : mark + 1;
      if (mark < 0 || isHalf) break;
      if (this.inText) {
        if (text[mark] === '"') this.inText = false;
        else at += 1;
        continue;
      }
      const end = this.elementEnd(text[mark] ?? '', mark);
      if (end === null) continue;
      if (end.whole) this.take(text.slice(start, end.at), rows);
      start = at;
    }
    if (!this.skipping && text.length - start > MAX_ROW) {
      rows.push({ number: ++this.number, kind: 'broken', problem: TOO_LONG });
      this.skipping = true;
    }
    if (this.skipping) start = at;
    this.pending.keep(start);
    this.at = at - start;
    return rows;
  }

  private take(part: string, rows: FileRow[]): void {
    if (this.skipping) this.skipping = false;
    else if (part.length > MAX_ROW) rows.push({ number: ++this.number, kind: 'broken', problem: TOO_LONG });
    else if (part.trim() !== '') rows.push(rowOf(++this.number, part));
  }

  /** Where the element ends that this mark closes; null: it closes none. Not `whole`: the array begins here. */
  private elementEnd(char: string, mark: number): { at: number; whole: boolean } | null {
    if (char === '"') {
      this.inText = true;
      return null;
    }
    if (char === '[' || char === '{') {
      this.depth++;
      const isArray = !this.begun && char === '[';
      this.begun = true;
      if (!isArray) return null;
      this.base = 1;
      return { at: mark, whole: false };
    }
    if (char === ',') return this.base === 1 && this.depth === 1 ? { at: mark, whole: true } : null;
    this.depth = Math.max(0, this.depth - 1);
    if (this.depth > 0) return null;
    return { at: this.base === 1 ? mark : mark + 1, whole: true };
  }

  private nextMark(text: string, from: number): number {
    const marks = this.inText ? STRING_MARKS : MARKS;
    marks.lastIndex = from;
    return marks.exec(text)?.index ?? -1;
  }
}
