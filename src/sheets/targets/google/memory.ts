/**
 * What the driver remembers of a book between two steps. All of it may be lost at any moment: it spares calls and
 * steers retries, but nothing that keeps rows from being lost or doubled depends on it.
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
  /** Cells last written by place, until they were read back. */
  unchecked: Unchecked[];
  /** Values of somebody's that a write of ours fell upon, to be put back; by `restoreName`. */
  restore: Map<string, Restore>;
}

export type Value = string | number | boolean;

/** What a tab looked like just before cells were written by row and column. */
export interface Snapshot {
  /** Row 1. */
  header: readonly string[];
  places: ReadonlyMap<string, number>;
  /** Whose row each is: the Lead ID column, and rows whose Lead ID is astray in another one. */
  ids: readonly Value[];
  /** The columns written to, by key and row. */
  values: ReadonlyMap<string, readonly Value[]>;
  /** The rows written to, whole, by lead. */
  rows: ReadonlyMap<string, readonly Value[]>;
}

/** One tab's part of a write by place. */
export interface Unchecked {
  tabId: string;
  before: Snapshot;
  /** `row`: where each was aimed at. */
  cells: readonly { leadId: string; key: string; row: number; value: Value | null }[];
  /** Values of ours that were taken out of people's columns. */
  strays: readonly { leadId: string; stray: Value }[];
}

/** A value to be put back into a row found by its Lead ID. */
export interface Restore {
  tabId: string;
  leadId: string;
  key: string;
  value: Value | null;
  /** What fell upon it. */
  fallen: Value;
}

export const restoreName = (leadId: string, key: string) => `${leadId} ${key}`;

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
    unchecked: [],
    restore: new Map(),
  };
}
