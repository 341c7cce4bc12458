import type { SheetProblem } from '../../../store/sheets.ts';

/** What a refusal or a silence of Google means for the rows that were sent. google-sheets.md section 3. */
export interface GoogleFailure {
  /** `no`: refused before anything happened. `maybe`: only the guard knows. */
  applied: 'no' | 'maybe';
  /**
   * backoff: passes by itself · minute: quota, wait for the next minute · pause: a person has to act on the
   * spreadsheet or the connection · tab: only the tab `sheetId` is concerned · request: this very request is
   * refused (a guard in use, a poisoned row, a full grid): the caller decides by `problem.code`.
   */
  kind: 'backoff' | 'minute' | 'pause' | 'tab' | 'request';
  problem: SheetProblem;
  /** HTTP status; 0 when there was no answer. */
  status: number;
  /** Which request of the batch was refused, when Google said so: `Invalid requests[i]…`. */
  requestIndex: number | null;
  /** Google's own words. */
  message: string;
  /** When to look again; null: only when asked. Milliseconds. */
  recheckMs: number | null;
  /** From a Retry-After header; null where there was none. Milliseconds. */
  retryAfterMs: number | null;
}

export type Reply<T> = { ok: true; value: T } | { ok: false; failure: GoogleFailure };

/** Where a tag sits, as far as we use it. Indexes are zero-based. */
export type MetadataLocation =
  | { type: 'SPREADSHEET' }
  | { type: 'SHEET'; sheetId: number }
  | { type: 'COLUMN'; sheetId: number; index: number }
  | { type: 'ROW'; sheetId: number; index: number };

export interface DeveloperMetadata {
  metadataId: number;
  key: string;
  value: string;
  location: MetadataLocation;
}

export type MetadataLookup = { metadataKey: string } | { metadataId: number };

/** One request of a batchUpdate, as Google's JSON. google-sheets.md 1.4. */
export type BatchRequest = Readonly<Record<string, unknown>>;

export interface TabProperties {
  sheetId: number;
  title: string;
  sheetType: string;
  rowCount: number;
  columnCount: number;
  /** The whole tab is protected, and this account is not among those who may edit it. */
  locked: boolean;
}

export interface SpreadsheetInfo {
  spreadsheetId: string;
  url: string;
  title: string;
  timeZone: string;
  tabs: TabProperties[];
}

/** A whole row or column. Rows are zero-based, `end` exclusive: of a column, the number of rows of its tab. */
export interface MarkedRange {
  start: number;
  end: number;
  values: (string | number | boolean)[][];
}

/** What Drive knows of a file. */
export interface DriveFile {
  id: string;
  name: string;
  trashed: boolean;
  canEdit: boolean;
}

/**
 * The Google calls that sheet sync makes, for one connection. Each takes its token and its place under the
 * quota by itself, has its own time-out, and never throws for anything Google or the network does.
 */
export interface GoogleApi {
  /** The address a spreadsheet must be shared with, or whose account it belongs to. */
  readonly email: string;
  readonly connectionKind: 'service_account' | 'oauth';
  search(spreadsheetId: string, lookups: readonly MetadataLookup[]): Promise<Reply<DeveloperMetadata[]>>;
  /** null: 404, no such tag. */
  metadata(spreadsheetId: string, metadataId: number): Promise<Reply<DeveloperMetadata | null>>;
  batchUpdate(spreadsheetId: string, requests: readonly BatchRequest[]): Promise<Reply<{ replies: unknown[] }>>;
  info(spreadsheetId: string): Promise<Reply<SpreadsheetInfo>>;
  /** The values under column tags (by metadata id), unformatted, header included; trailing empty cells are missing. */
  columns(
    spreadsheetId: string,
    metadataIds: readonly number[],
  ): Promise<Reply<Map<number, (string | number | boolean)[]>>>;
  /**
   * What lies under column or row tags, all at one moment, row by row; a tag that is gone is missing. Unformatted;
   * trailing empty cells and rows are missing.
   */
  ranges(spreadsheetId: string, metadataIds: readonly number[]): Promise<Reply<Map<number, MarkedRange>>>;
  /** The values of row 1 of a tab, or of the first `rows` rows. */
  head(spreadsheetId: string, sheetId: number, rows: number): Promise<Reply<string[][]>>;
  /**
   * A block of a tab by place: `count` rows from row `start` (zero-based), all columns; unformatted, unless it is
   * asked for as people see it. Trailing empty cells and rows are missing; a block beyond the grid's end is empty. One `batchGetByDataFilter` with a
   * `gridRange`; `majorDimension` ROWS.
   */
  rows(
    spreadsheetId: string,
    sheetId: number,
    start: number,
    count: number,
    render?: 'FORMATTED_VALUE' | 'UNFORMATTED_VALUE',
  ): Promise<Reply<(string | number | boolean)[][]>>;
  file(spreadsheetId: string): Promise<Reply<DriveFile>>;
  /** OAuth only: makes a spreadsheet, findable by `nonce` after a lost answer (google-sheets.md 1.7). */
  createSpreadsheet(name: string, nonce: string): Promise<Reply<{ spreadsheetId: string; url: string }>>;
}
