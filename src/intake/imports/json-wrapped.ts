import { JsonReader } from './json.ts';
import type { FileRow, RowReader } from './rows.ts';

/*
 * `{"data":[{…},{…}]}`, as many programs export: one object with one member, whose value is an array of objects, whatever
 * it is called. The array's elements are the leads.
 */

const HEAD = /^\s*\{\s*"(?:[^"\\]|\\.)*"\s*:\s*(?=\[)/;
const WITH_OBJECT = /^\[\s*\{/;
/** Far more than what stands before the array takes. In UTF-16 units. */
const MAX_HEAD = 10_000;

/** Whether a file that begins like this may be one; `WrapperScan` makes sure. */
export function looksWrapped(start: string): boolean {
  const head = HEAD.exec(start.slice(0, MAX_HEAD));
  return head !== null && WITH_OBJECT.test(start.slice(head[0].length));
}

/** The elements of the array, read as those of a file that is nothing but the array. */
export class WrappedReader implements RowReader {
  private readonly elements = new JsonReader();
  private head: string | null = '';

  push(text: string): FileRow[] {
    if (this.head === null) return this.elements.push(text);
    this.head += text;
    const found = HEAD.exec(this.head);
    if (found === null && this.head.length < MAX_HEAD) return [];
    const rest = this.head.slice(found?.[0].length ?? 0);
    this.head = null;
    return this.elements.push(rest);
  }

  end(): FileRow[] {
    return [...(this.head === null ? [] : this.elements.push(this.head)), ...this.elements.end()];
  }
}

const MARKS = /["[\]{},]/g;
const STRING_MARKS = /["\\]/g;

/** Whether a text is one object with one member, told piece by piece; nothing is held. */
export class WrapperScan {
  private depth = 0;
  private inText = false;
  /** The next character is part of an escape, and no mark. */
  private escaped = false;
  private closed = false;

  /** False: it is none; nothing more need be looked at. What breaks off may still be one. */
  push(text: string): boolean {
    let at = this.escaped && text !== '' ? 1 : 0;
    if (at > 0) this.escaped = false;
    while (at < text.length && !this.closed) {
      const marks = this.inText ? STRING_MARKS : MARKS;
      marks.lastIndex = at;
      const mark = marks.exec(text);
      if (mark === null) return true;
      at = mark.index + 1;
      if (mark[0] === '\\') {
        this.escaped = at === text.length;
        at++;
      } else if (!this.takes(mark[0])) return false;
    }
    return !this.closed || text.slice(at).trim() === '';
  }

  private takes(mark: string): boolean {
    if (mark === '"') this.inText = !this.inText;
    else if (mark === '[' || mark === '{') this.depth++;
    else if (mark === ',') return this.depth > 1;
    else this.closed = --this.depth <= 0;
    return true;
  }
}
