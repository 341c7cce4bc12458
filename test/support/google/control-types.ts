/** What goes over the control API, shared by the fake's process and the client in the tests. */

export type CallKind =
  | 'token'
  | 'auth'
  | 'revoke'
  | 'spreadsheet.create'
  | 'spreadsheet.get'
  | 'getByDataFilter'
  | 'batchUpdate'
  | 'metadata.get'
  | 'search'
  | 'values.get'
  | 'values.batchGet'
  | 'values.batchGetByDataFilter'
  | 'values.update'
  | 'values.append'
  | 'values.clear'
  | 'values.batchUpdate'
  | 'values.batchUpdateByDataFilter'
  | 'sheet.copyTo'
  | 'drive.create'
  | 'drive.upload'
  | 'drive.part'
  | 'drive.cancel'
  | 'drive.ids'
  | 'drive.get'
  | 'drive.update'
  | 'drive.delete'
  | 'drive.list'
  | 'drive.about'
  | 'drive.share'
  | 'drive.permissions'
  | 'unknown';

export type Access = 'read' | 'write';

/** One call as it was answered. */
export interface Call {
  /** Counts from 1 since the start or the last reset. */
  n: number;
  kind: CallKind;
  access: Access | null;
  method: string;
  path: string;
  spreadsheetId: string | null;
  email: string | null;
  /** Kinds of the requests in a batch, in order. */
  requests: string[];
  /** Rows carried by appendCells, updateCells and insertions of values. */
  rows: number;
  bytes: number;
  /** On the fake's clock, ms. */
  startedAt: number;
  endedAt: number | null;
  /** On the wall clock, ms. */
  startedReal: number;
  endedReal: number | null;
  /** What the client was told; null when it was told nothing. */
  status: number | null;
  /** What the API decided, whether or not the client heard of it. */
  outcome: number | null;
  message: string | null;
  fault: FaultKind | null;
  /** Whether the call changed anything, so far. */
  applied: boolean;
}

export interface Violation {
  kind: string;
  detail: string;
  n: number;
  spreadsheetId: string | null;
  at: number;
}

/** How a late call is brought to its end without the test saying so. */
export type LateEnd = 'release' | 'beforeNext' | 'afterNext';

export type FaultKind =
  // nothing is applied
  | '429'
  | '500'
  | '502html'
  | '503'
  | '503html'
  | '504'
  | '401'
  | '403'
  | '403disabled'
  | '403scope'
  | '403rateLimit'
  | '404'
  | 'refuse'
  | 'reset'
  | 'hang'
  | 'revokeTokenMidFlight'
  | 'answer'
  // everything is applied
  | 'hangAfter'
  | 'resetAfter'
  | '500After'
  | '503After'
  | 'cutBodyAfter'
  | 'nonJsonAfter'
  | 'slow'
  // applied later, or never
  | 'lateApply';

export interface Fault {
  kind: FaultKind;
  /** Latency of `slow`, in real ms. */
  ms?: number;
  /** What `lateApply` answers now; default `503`. */
  answer?: 'hang' | '503' | 'reset';
  /** When a late call is applied; default `release`, that is when the test says so. */
  end?: LateEnd;
  /** Applies a late call after this much real time. */
  lateMs?: number;
  /** For `answer`: exactly what is sent. */
  status?: number;
  body?: string;
  contentType?: string;
  headers?: Record<string, string>;
  /** For `revokeTokenMidFlight`: the refresh token dies too. */
  refresh?: boolean;
}

export interface FaultRule {
  /** All that is given must fit; arrays are alternatives. */
  match?: {
    kind?: CallKind | CallKind[];
    access?: Access;
    spreadsheetId?: string;
    /** The number of the call in the log. */
    n?: number;
    /** A kind of request that the batch must carry. */
    request?: string;
  };
  /** Leaves the first matches alone: 1 (default) is the first one. */
  nth?: number;
  /** How many matches are hit from then on; default 1, null for all. */
  times?: number | null;
  fault: Fault;
}

export interface RandomFaults {
  seed: number;
  /** Probability per call, 0 to 1. */
  rate: number;
  kinds: FaultKind[];
  only?: FaultRule['match'];
  /** Real ms for `slow`; default 20. */
  ms?: number;
  /** How late calls end; default: any of the three, by chance. */
  lateEnds?: LateEnd[];
}

export interface LateCall {
  id: number;
  n: number;
  spreadsheetId: string | null;
}

export interface LateOutcome extends LateCall {
  status: number;
  applied: boolean;
  message: string | null;
}

/** The odd corners of the API that nobody has measured, and how strict the fake is. */
export interface Behaviour {
  updateNothing: 'empty' | 'error';
  deleteNothing: 'empty' | 'error';
  duplicates: 'refuse' | 'accept';
  /** Whether sorting takes the tags of rows along with their cells, or leaves them in their places. */
  rowTags: 'stay' | 'follow';
  /** Whether answers lose false, 0, "" and empty lists. */
  omitDefaults: boolean;
  /** Writes allowed on one spreadsheet within `writeWindowMs` of the fake's clock; null switches it off. */
  maxWrites: number | null;
  writeWindowMs: number;
  /** What is answered about an upload whose session is over. */
  sessionOver: 404 | 410;
  /** Bytes kept of each part of an upload, a multiple of 256 KiB; null: all. */
  partKept: number | null;
  /** Whether lists have files that were uploaded; false: they are behind. */
  listed: boolean;
  /** Whether ids that were set aside may be used in shared drives. */
  idsInSharedDrives: boolean;
}

export type TypedCell =
  | { stringValue: string }
  | { numberValue: number }
  | { boolValue: boolean }
  | { formulaValue: string }
  | null;

export interface RangeView {
  sheetId: number;
  startRow?: number;
  endRow?: number;
  startColumn?: number;
  endColumn?: number;
}

export interface MetadataView {
  id: number;
  key: string;
  value: string | null;
  visibility: 'DOCUMENT' | 'PROJECT';
  level: 'SPREADSHEET' | 'SHEET' | 'COLUMN' | 'ROW';
  sheetId: number | null;
  index: number | null;
}

export interface TabView {
  sheetId: number;
  title: string;
  hidden: boolean;
  sheetType: string;
  rowCount: number;
  columnCount: number;
  frozenRowCount: number;
  /** Up to the last row with a value; each row up to its last value. */
  rows: TypedCell[][];
  hiddenRows: number[];
  hiddenColumns: number[];
  merges: RangeView[];
  protectedRanges: {
    id: number;
    range: RangeView;
    warningOnly: boolean;
    editors: string[];
    description: string | null;
  }[];
  validations: { range: RangeView; rule: Record<string, unknown> }[];
  tables: { tableId: string; name: string; range: RangeView }[];
  basicFilter: RangeView | null;
}

export interface SpreadsheetView {
  spreadsheetId: string;
  title: string;
  owner: string;
  trashed: boolean;
  sharedWith: { email: string; role: string }[];
  tabs: TabView[];
  metadata: MetadataView[];
  namedRanges: { id: string; name: string; range: RangeView }[];
}

/** A tab by title or sheet id (default: the first), a column by index, by header text, or by the value of its tag. */
interface OnTab {
  tab?: string | number;
}
type ColumnRef = string | number;

export type UserAction =
  | ({ type: 'renameHeader'; column: ColumnRef; to: string } & OnTab)
  | ({ type: 'renameTab'; to: string } & OnTab)
  | ({ type: 'insertColumn'; at: number; header?: string } & OnTab)
  | ({ type: 'moveColumn'; column: ColumnRef; to: number } & OnTab)
  | ({ type: 'hideColumn'; column: ColumnRef } & OnTab)
  | ({ type: 'deleteColumn'; column: ColumnRef } & OnTab)
  | ({ type: 'sort'; column: ColumnRef; descending?: boolean } & OnTab)
  | ({ type: 'filter'; column: ColumnRef; hide: string[] } & OnTab)
  | ({ type: 'clearFilter' } & OnTab)
  | ({ type: 'hideRows'; from: number; to: number } & OnTab)
  | ({ type: 'insertRows'; at: number; count: number } & OnTab)
  | ({ type: 'moveRow'; row: number; to: number } & OnTab)
  | ({ type: 'showRows'; from: number; to: number } & OnTab)
  | ({ type: 'deleteRow'; row: number } & OnTab)
  | ({ type: 'deleteRows'; rows?: number[]; column?: ColumnRef; values?: string[] } & OnTab)
  | ({ type: 'editCell'; row: number; column: ColumnRef; value: string | number | boolean | null } & OnTab)
  | ({ type: 'typeUnderLastRow'; values: (string | number | boolean | null)[]; gap?: number } & OnTab)
  | ({ type: 'prefillCheckboxColumn'; column: ColumnRef; rows?: number } & OnTab)
  | ({ type: 'mergeCells'; range: Omit<RangeView, 'sheetId'> } & OnTab)
  | ({ type: 'protect'; range?: Omit<RangeView, 'sheetId'>; editors?: string[]; warningOnly?: boolean } & OnTab)
  | ({ type: 'unprotect' } & OnTab)
  | ({ type: 'duplicateTab'; title?: string } & OnTab)
  | ({ type: 'deleteTab' } & OnTab)
  | { type: 'addTab'; title: string }
  | { type: 'wipeMetadata'; key?: string }
  | {
      type: 'addMetadata';
      id: number;
      key: string;
      value?: string;
      visibility?: 'DOCUMENT' | 'PROJECT';
      project?: string;
    }
  | ({ type: 'convertToTable'; name?: string } & OnTab)
  | { type: 'trash' }
  | { type: 'untrash' }
  | { type: 'deleteForever' }
  | { type: 'share'; email: string; role: 'writer' | 'reader' }
  | { type: 'unshare'; email: string }
  | { type: 'snapshot' }
  | { type: 'restore'; versionId: string };

export type UserActionType = UserAction['type'];

export interface ActionResult {
  /** Whole rows that went away, as texts. */
  deletedRows: string[][];
  /** The header row that belonged to them. */
  header: string[];
  versionId?: string;
}

export interface ActionLog {
  /** The number of the call before which it happened; null for one the test asked for. */
  beforeCall: number | null;
  spreadsheetId: string;
  action: UserAction;
  result: ActionResult;
}

export interface Hands {
  seed: number;
  /** Probability of an action before a call that names a spreadsheet. */
  rate: number;
  /** Types to choose from; those that need more than chance (share, restore …) cannot be asked for here. */
  actions: RandomActionType[];
  /** Only this spreadsheet; default: the one that is called. */
  spreadsheetId?: string;
  /** Headers or tag values of columns that are neither edited nor deleted (a Lead ID column, say). */
  keepColumns?: string[];
}

export type RandomActionType =
  | 'renameHeader'
  | 'renameTab'
  | 'insertColumn'
  | 'moveColumn'
  | 'hideColumn'
  | 'deleteColumn'
  | 'sort'
  | 'filter'
  | 'hideRows'
  | 'insertRows'
  | 'deleteRow'
  | 'editCell'
  | 'typeUnderLastRow'
  | 'duplicateTab';

export interface SheetOptions {
  sheetId?: number;
  title?: string;
  rowCount?: number;
  columnCount?: number;
  frozenRowCount?: number;
  rows?: (string | number | boolean | null)[][];
}

export interface SpreadsheetOptions {
  title?: string;
  owner?: string;
  sharedWith?: { email: string; role: 'writer' | 'reader' }[];
  sheets?: SheetOptions[];
  driveId?: string;
  timeZone?: string;
  locale?: string;
  /** OAuth clients it was handed to by the file picker. */
  handedTo?: string[];
}

/** A file of Drive, whoever may see it. */
export interface FileView {
  id: string;
  name: string;
  mimeType: string;
  owner: string;
  parents: string[];
  /** Itself, or with its folder. */
  trashed: boolean;
  /** The beginning of what was uploaded, as text. */
  content: string | null;
  md5: string | null;
  /** Of the client that set some. */
  appProperties: Record<string, string>;
}

export interface ServiceAccountKey {
  type: 'service_account';
  project_id: string;
  private_key_id: string;
  private_key: string;
  client_email: string;
  client_id: string;
  auth_uri: string;
  token_uri: string;
  universe_domain: string;
  [more: string]: string;
}

export interface OAuthClientOptions {
  clientId?: string;
  clientSecret?: string;
  project?: string;
  redirectUris?: string[];
  testing?: boolean;
}

export interface OAuthGrant {
  email: string;
  clientId: string;
  clientSecret: string;
  scopes: string[];
  redirectUri?: string;
}

export interface QuotaOptions {
  readPerUser?: number;
  writePerUser?: number;
  readPerProject?: number;
  writePerProject?: number;
}

export interface Counts {
  total: number;
  read: number;
  write: number;
  byKind: Partial<Record<CallKind, number>>;
}
