/**
 * What the driver remembers of a book between two steps. All of it may be lost at any moment: it spares calls and
 * steers retries, and `unchecked` is written down before it is needed (journal.ts).
 */
export interface BookMemory {
  /** On the monotonic clock; null: not yet in this life, so that the next look asks for every guard. */
  fullLookAt: number | null;
  /** Guards made since then. */
  guardsMade: number;
  /** When each guard was first seen or made, on the monotonic clock. */
  guardAge: Map<number, number>;
  /** Guards to delete with the next write. */
  expired: number[];
  /** Whether Google refused a batch for its deletions: the next one goes without. */
  keepGuards: boolean;
  /** Google has no room for another guard: the deletions go first. */
  roomNeeded: boolean;
  /** How many rows the next batch may have; less than the limit while a refused lead is narrowed down. */
  rowLimit: number;
  /** The open batch is to be given up because of this refusal, to be sent in smaller parts. */
  narrow: boolean;
  /** How many tabs the next set-up may have. */
  setUpLimit: number;
  /** A guard that Google calls in use and does not show. */
  held: { guardId: number; times: number } | null;
  /** The newest guard of somebody else that was met, and how often new ones came. */
  foreign: { newest: number; times: number } | null;
  /** The last delivered guard that was found missing, once reported. */
  reportedMissing: number | null;
  /** When paused tabs are tried again, on the monotonic clock, by tab id. */
  recheckTabs: Map<string, number>;
  /** Whether the last write was rows, so that cell updates get every other turn. */
  wroteRows: boolean;
  /** How often a cell was written without then reading as it should, by lead and column. */
  stubborn: Map<string, number>;
  /** Tabs too large to be read whole. */
  large: Set<string>;
  /** Writes of single cells whose consequences are not yet known to be right; the journal. null: not read yet. */
  unchecked: readonly Unchecked[] | null;
}

export type Value = string | number | boolean;
/** Cells of one row from the left; `''`: empty, null: not read. What lies beyond is empty. */
export type Row = readonly (Value | null)[];

/** What a tab looked like when it was read. */
export interface Snapshot {
  /** Where the marked columns are, by key. */
  places: ReadonlyMap<string, number>;
  /** From the header on. */
  rows: readonly Row[];
}

/** One tab's part of a write by place: everything that is needed to undo what it did where it was not meant. */
export interface Unchecked {
  tabId: string;
  sheetId: number;
  /** Of its batch: void means that it was never applied. */
  guardId: number;
  /** The tab as it was read just before. */
  before: Snapshot;
  cells: readonly UncheckedCell[];
}

/** Places are those of the snapshot. */
export interface UncheckedCell {
  row: number;
  column: number;
  value: Value;
  /** Whose value it is; null: put back, or taken out of somebody's column. */
  leadId: string | null;
  key: string | null;
}

export const EMPTY = '';

export function cellAt({ rows }: Snapshot, row: number, column: number): Value | null {
  const value = rows[row]?.[column];
  return value === undefined ? EMPTY : value;
}

/** Names a cell of a lead. */
export const cellName = (leadId: string, key: string) => `${leadId} ${key}`;

export function newMemory(rows: number, setUpTabs: number): BookMemory {
  return {
    fullLookAt: null,
    guardsMade: 0,
    guardAge: new Map(),
    expired: [],
    keepGuards: false,
    roomNeeded: false,
    rowLimit: rows,
    narrow: false,
    setUpLimit: setUpTabs,
    held: null,
    foreign: null,
    reportedMissing: null,
    recheckTabs: new Map(),
    wroteRows: false,
    stubborn: new Map(),
    large: new Set(),
    unchecked: null,
  };
}
