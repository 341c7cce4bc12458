import type { Lead } from './store.ts';

/**
 * What sheet sync keeps: targets, tabs, columns, the queue of rows, and the batches of the guard protocol
 * (google-sheets.md 5.3). A "book" is one workbook: `local:<site id>`, or a Google spreadsheet's id. A book
 * belongs to one site, for ever: two sites never write to one spreadsheet.
 */
export interface SheetStore {
  // -- targets
  target(siteId: string): SheetTarget;
  targets(): SheetTarget[];
  /** Makes `book` the site's target. `conflict` when the spreadsheet belongs to another site. */
  setTarget(siteId: string, input: NewSheetTarget): Promise<SheetTarget | 'conflict'>;
  /** Stops the site's sync until `resume`. Returns true if it was running: the moment for one alert. */
  pause(siteId: string, problem: SheetProblem, recheckAt: number | null): Promise<boolean>;
  resume(siteId: string): Promise<void>;
  /** Notes that the last flush failed for a reason that passes by itself; null: it worked. */
  noteTrouble(siteId: string, trouble: SheetProblem | null): Promise<void>;

  // -- Google connections; secrets come in and go out sealed
  addConnection(input: {
    kind: ConnectionKind;
    email: string;
    secret: string;
    scopes: string;
  }): Promise<GoogleConnection>;
  connection(id: string): GoogleConnection | null;
  connections(): GoogleConnection[];
  /** A new secret, and what it allows where that is another. */
  updateConnectionSecret(id: string, secret: string, scopes?: string): Promise<void>;
  /** Deletes a connection that no site's target uses, nor its files. False: one does, or there is none. */
  removeConnection(id: string): Promise<boolean>;

  // -- the queue
  /** Sites with rows to write, each with how many and since when. Cheap enough for every look at `/readyz`. */
  backlog(): SiteBacklog[];
  /** Sites with rows or cell updates to write; cells are counted up to 1,000 a site. */
  waiting(): WaitingSite[];
  /**
   * The next rows to write: pending leads of the site, oldest first, that are in no open batch of this book and whose
   * tab in it is not paused. At most `limit` leads and about `maxBytes` of JSON (always at least one lead).
   */
  nextLeads(siteId: string, book: string, limit: number, maxBytes: number): Lead[];
  counts(siteId: string): SyncCounts;
  /**
   * Sends leads once more, at most `limit` of them; call again with `afterId` = `next` until `next` is null.
   * Left alone: leads in an open batch of the site's present book, spam, leads of ignored forms, and all while sync is
   * switched off.
   */
  requeue(siteId: string, which: RequeueSelection, limit: number): Promise<{ queued: number; next: string | null }>;
  /** Gives up on one lead that the target refuses for itself. Nothing happens to one that waits no more. */
  fail(siteId: string, leadId: string, reason: string): Promise<void>;
  /** Marks leads as standing in the sheet (found there by a reconcile). */
  markSynced(siteId: string, leadIds: readonly string[]): Promise<void>;
  /** Ids of the leads that should stand on a form's tab: status `synced`, oldest first, after `afterId`. */
  syncedIds(siteId: string, formId: string, limit: number, afterId: string | null): string[];
  syncedLeads(siteId: string, formId: string, limit: number, afterId: string | null): Lead[];
  leadsByIds(siteId: string, ids: readonly string[]): Lead[];

  // -- tabs and columns
  tabs(book: string): SheetTab[];
  tabOfForm(book: string, formId: string): SheetTab | null;
  addTab(input: NewSheetTab): Promise<SheetTab>;
  updateTab(
    id: string,
    change: Partial<
      Pick<SheetTab, 'title' | 'namedFor' | 'state' | 'problem' | 'generation' | 'length' | 'auditedAt' | 'sheetId'>
    >,
  ): Promise<void>;
  /** Adds columns, or changes those with the same key. */
  putColumns(tabId: string, columns: readonly SheetColumn[]): Promise<void>;

  // -- local workbook: a settled append is one action
  /** The rows are in the file up to `length`: marks the leads synced and the tab's committed length at once. */
  settleLocal(input: {
    siteId: string;
    tabs: readonly { tabId: string; length: number; generation: number; columns?: readonly SheetColumn[] }[];
    leadIds: readonly string[];
    updates?: readonly CellUpdate[];
  }): Promise<void>;

  // -- batches (Google)
  book(book: string): SheetBook;
  updateBook(book: string, change: Partial<Omit<SheetBook, 'book' | 'siteId'>>): Promise<void>;
  /** The batch of this book whose fate is not settled: `planned`, `sending` or `ambiguous`. At most one. */
  openBatch(book: string): SheetBatch | null;
  /** The newest batch known to be delivered; its guard must still be in the spreadsheet. */
  lastDelivered(book: string): SheetBatch | null;
  batchByGuard(book: string, guardId: number): SheetBatch | null;
  /**
   * Commits, durably, a new batch as `sending` BEFORE its first byte is sent; takes the book's next seq.
   * Without leads it guards a write to existing cells. Leads that left the queue since are left out.
   */
  planBatch(input: {
    siteId: string;
    book: string;
    guardBase: number;
    leads: readonly { leadId: string; tabId: string }[];
  }): Promise<SheetBatch>;
  /** The same batch goes out again: state `sending`, one attempt more. */
  resendBatch(id: string): Promise<void>;
  /** Delivered: its leads leave the queue. Void: those still pending go back to it and the guard is never used again. `ever_ambiguous` never goes back to false. */
  settleBatch(id: string, outcome: BatchOutcome): Promise<void>;
  /** Raises the next seq: after a reconcile with a sheet that is ahead of this database. */
  raiseSeq(book: string, seq: number): Promise<void>;

  // -- values that come after the row
  nextUpdates(siteId: string, limit: number): CellUpdate[];
  /** What is queued of these leads, also of those whose row is not known to be written yet. */
  updatesOf(siteId: string, leadIds: readonly string[]): CellUpdate[];
  /**
   * Queues cells to be written (again): a column brought back, rows that landed beside their columns. A cell that is
   * queued already gets a higher version, and may show what either allows.
   */
  queueUpdates(cells: readonly QueuedCell[]): Promise<void>;
  settleUpdates(updates: readonly CellUpdate[]): Promise<void>;

  // -- rows of deleted leads
  /** Leads whose rows are to be taken out of this book, oldest first. Some may have none there. */
  nextRemovals(book: string, limit: number): RowRemoval[];
  /** Their rows are gone. */
  settleRemovals(book: string, leadIds: readonly string[]): Promise<void>;
  /** How many wait in the site's present book, and in those it has left. */
  removalCounts(siteId: string): { here: number; elsewhere: number };
  /** Whether the book has rows to be taken out, or tabs whose form has another `sheetTab` by now. */
  hasChores(book: string): boolean;

  /** What the driver wants to know of this book after a crash; null: nothing. */
  journal(book: string): Uint8Array | null;
  /** Durable when it returns. */
  setJournal(book: string, journal: Uint8Array | null): Promise<void>;
}

export type TargetKind = 'local' | 'google';
export type ConnectionKind = 'service_account' | 'oauth';

/** Something that keeps rows from being written, in words for people. */
export interface SheetProblem {
  /** For programs and tests: `not_shared`, `api_disabled`, `trashed` … */
  code: string;
  /** What happened, why if known, what to do. */
  message: string;
  /** What Google said, for those who want to know. Never a field value. */
  technical: string | null;
}

export interface SheetTarget {
  siteId: string;
  kind: TargetKind;
  book: string;
  /** null: the service account of the server's settings. Unused by the local workbook. */
  connectionId: string | null;
  title: string | null;
  url: string | null;
  status: 'ok' | 'paused';
  problem: SheetProblem | null;
  /** What the last flush stumbled over, while it is retried. */
  trouble: SheetProblem | null;
  pausedAt: number | null;
  recheckAt: number | null;
  lastSyncedAt: number | null;
}

export type NewSheetTarget = Pick<SheetTarget, 'kind' | 'book' | 'connectionId' | 'title' | 'url'>;

export interface GoogleConnection {
  id: string;
  kind: ConnectionKind;
  email: string;
  /** Sealed. Service account: the key file's JSON. OAuth: `{ refresh_token, client_id, client_secret }`. */
  secret: string;
  scopes: string;
  createdAt: number;
}

export interface SiteBacklog {
  siteId: string;
  pending: number;
  oldestCreatedAt: number;
}

/** `oldestCreatedAt`: Infinity when only cells wait. */
export interface WaitingSite extends SiteBacklog {
  updates: number;
}

export interface SyncCounts {
  pending: number;
  synced: number;
  failed: number;
  skipped: number;
}

/**
 * Which leads to send once more. `synced` (a backfill): those whose row was written before `syncedBefore`, so that a
 * walk never takes what it has sent itself. `ids`: of any status but `pending`; only leads that belong in a sheet.
 */
export type RequeueSelection =
  | { which: 'failed'; afterId?: string }
  | { which: 'synced'; syncedBefore: number; formId?: string; afterId?: string }
  | { which: 'ids'; ids: readonly string[] };

export type TabState =
  /** Its set-up may or may not have reached the book: look before sending again. */
  | 'planned'
  | 'ready'
  /** Waits for a person; the other tabs go on. */
  | 'paused';

export interface SheetTab {
  id: string;
  siteId: string;
  book: string;
  formId: string;
  /** Google's id of the tab; 0 for local. */
  sheetId: number;
  /** As we named it: users may have renamed it. Local: the file's name without `.csv`. */
  title: string;
  state: TabState;
  problem: SheetProblem | null;
  /** Local: which rewriting of the file this is, and how many of its bytes are committed. */
  generation: number;
  length: number;
  auditedAt: number | null;
  /** The form's `sheetTab` that the title was made for, or that was seen to need no other title; null: not looked at. */
  namedFor: string | null;
  columns: readonly SheetColumn[];
}

export type NewSheetTab = Pick<SheetTab, 'siteId' | 'book' | 'formId' | 'sheetId' | 'title' | 'state'> & {
  namedFor?: string | null;
  columns: readonly SheetColumn[];
};

export interface SheetColumn {
  /** `s:<system column>`, `f:<field name>` or `other`. Never changes; headers may. */
  key: string;
  header: string;
  /** Order of creation, from 0; in the local file also the place. */
  position: number;
  /** Google: the id of its `lc.f` tag; 0 for local. */
  metadataId: number;
  state: 'planned' | 'active' | 'removed';
}

export interface SheetBook {
  book: string;
  siteId: string;
  nextSeq: number;
  /** When the guard's refusal was last seen to work. */
  selfTestedAt: number | null;
  /** When trash and sharing were last looked at. */
  checkedAt: number | null;
}

export interface SheetBatch {
  id: string;
  siteId: string;
  book: string;
  seq: number;
  guardId: number;
  state: 'planned' | 'sending' | 'ambiguous' | 'delivered' | 'void';
  /** Whether any send of it may have reached Google without a definite answer. */
  everAmbiguous: boolean;
  attempts: number;
  firstSentAt: number;
  lastError: string | null;
  leads: readonly { leadId: string; tabId: string }[];
}

export type BatchOutcome =
  | { state: 'delivered' }
  /** Definitely not applied by any send: may be sent again under the same guard. */
  | { state: 'planned'; error: string }
  | { state: 'ambiguous'; error: string }
  | { state: 'void'; error: string };

/** Cells of a row that have to show what changed after it was written. */
export interface CellUpdate {
  siteId: string;
  leadId: string;
  formId: string;
  columnKey: string;
  /** A later change of the same cell has a higher one: settling an older one leaves it queued. */
  version: number;
  /**
   * Values of ours that the cell may still show: any other words in it are somebody's, and stay. An empty cell is
   * nobody's. null: a change made in the UI, which writes over what it finds.
   */
  former: readonly CellContent[] | null;
}

export type QueuedCell = Omit<CellUpdate, 'version'>;
/** What a cell can hold, as `FieldValue` but without lists: texts as they were given, not cut. */
export type CellContent = string | number | boolean;

/** A row that is to be taken out of a book: of its lead nothing else is known any more. */
export interface RowRemoval {
  book: string;
  siteId: string;
  leadId: string;
  formId: string;
}
