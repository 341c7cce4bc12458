/** One row of a file, by its number as a spreadsheet counts: from 1, the header and blank rows included. */
export type FileRow =
  | { number: number; kind: 'cells'; cells: readonly string[] }
  | { number: number; kind: 'object'; value: Readonly<Record<string, unknown>> }
  | { number: number; kind: 'blank' }
  | { number: number; kind: 'broken'; problem: string };

/** Takes a text apart that comes in pieces. What it holds is bounded, whatever comes. */
export interface RowReader {
  /** The rows that are whole with this piece. */
  push(text: string): FileRow[];
  /** The last ones, when no more comes. */
  end(): FileRow[];
}

/** The longest row there can be, in UTF-16 units: far beyond any lead, and little enough to hold. */
export const MAX_ROW = 12_000_000;
/** As many as a spreadsheet has. */
export const MAX_COLUMNS = 16_384;

/**
 * What came and is in no row yet. A row that is not whole is looked at again only when much more has come: so a long
 * one costs no more than its length a few times over.
 */
export class Pending {
  text = '';
  private pieces: string[] = [];
  private length = 0;
  private wanted = 0;

  /** Whether there is enough to look at it. */
  add(piece: string): boolean {
    this.pieces.push(piece);
    this.length += piece.length;
    if (this.length < this.wanted) return false;
    this.gather();
    return true;
  }

  gather(): void {
    this.text = this.pieces.length === 1 ? (this.pieces[0] ?? '') : this.pieces.join('');
  }

  /** Keeps what is left from here on. */
  keep(from: number): void {
    const rest = this.text.slice(from);
    this.text = '';
    this.pieces = rest === '' ? [] : [rest];
    this.length = rest.length;
    this.wanted = rest.length * 1.5;
  }
}

/** A reader of rows that end at line ends: it looks again at what is not whole. */
export abstract class LineReader implements RowReader {
  protected readonly pending = new Pending();
  protected number = 0;
  /** The rest of a line that was given up is passed over. */
  protected skipping = false;

  push(text: string): FileRow[] {
    return this.pending.add(text) ? this.read(false) : [];
  }

  end(): FileRow[] {
    this.pending.gather();
    return this.read(true);
  }

  /** The rows in what is pending. @param final whether no more comes */
  protected abstract read(final: boolean): FileRow[];
}

/** Where the next line begins; -1: no line ends here. A CR at the end may be half a line end unless nothing follows. */
export function nextLine(text: string, from: number, final: boolean): number {
  const lf = text.indexOf('\n', from);
  const cr = text.slice(from, lf < 0 ? undefined : lf).indexOf('\r');
  if (cr < 0) return lf < 0 ? -1 : lf + 1;
  const at = from + cr + 1;
  if (at === text.length && !final) return -1;
  return text[at] === '\n' ? at + 1 : at;
}
