import type { FormUpdate } from '../contract/form.ts';
import type { Scope } from '../contract/key.ts';
import type { Source } from '../contract/source.ts';
import type { Enrichment, Submission, SyncStatus, Warning } from '../contract/submission.ts';
import type { ErrorDetail } from '../lib/errors.ts';
import type { LogData } from '../lib/log.ts';
import type { Metric } from '../lib/metrics.ts';
import type { AccountStore, AuditStore } from './accounts.ts';
import type { ArrivalStore } from './arrivals.ts';
import type { CaptchaStore } from './captchas.ts';
import type { DriveStore } from './drive.ts';
import type { EndpointStore } from './endpoints.ts';
import type { FileStore, NewFile } from './files.ts';
import type { HookStore } from './hooks.ts';
import type { HostedFormStore } from './hosted-forms.ts';
import type { ImportStep, ImportStore } from './imports.ts';
import type { SheetStore } from './sheets.ts';
import type { SpamSettings, SpamStore } from './spam.ts';
import type { LeadViewStore } from './views.ts';

/**
 * Everything the program keeps. Each method is one whole business action: atomic, durable when its promise
 * resolves, with one time-stamp for all it writes. No transaction and no row type leaves the store.
 *
 * A write that cannot be made (disk full, read-only folder) rejects with AppError `unavailable`, and
 * nothing of it is kept. Another site's object is reported as not there.
 */
export interface Store {
  readonly sites: SiteStore;
  readonly keys: KeyStore;
  /** The people who use the admin UI. */
  readonly accounts: AccountStore;
  /** Who changed what. */
  readonly audit: AuditStore;
  readonly forms: FormStore;
  /** The addresses that web forms are sent to. */
  readonly endpoints: EndpointStore;
  /** The pages with forms that this server shows. */
  readonly hostedForms: HostedFormStore;
  /** How sites tell people from bots. */
  readonly captchas: CaptchaStore;
  /** The addresses that other services send leads to. */
  readonly hooks: HookStore;
  /** When the last lead came in by each way. */
  readonly arrivals: ArrivalStore;
  /** Files of leads that are imported. */
  readonly imports: ImportStore;
  readonly leads: LeadStore;
  /** What people said is spam, and what isn't. */
  readonly spam: SpamStore;
  /** What is known of the files that came with leads. */
  readonly files: FileStore;
  /** Which of them are kept in Google Drive. */
  readonly drive: DriveStore;
  readonly sheets: SheetStore;
  /** How people want to see a site's leads. */
  readonly views: LeadViewStore;
  /**
   * Drops what another process may have changed. True if it had since the last call, whoever noticed it first. Cheap
   * enough to call each second.
   */
  refresh(): boolean;
  /**
   * Brings the search index up to date, in small slices beside all other work, and says what became of it; returns at
   * once. For the server, each half second or so. Lists ask for little that is missing themselves.
   */
  tendSearch(say: (event: string, data: LogData) => void): void;
  /** What the server noticed while it ran, for `doctor`; null: nothing. */
  notice(name: Notice): string | null;
  /** Keeps it, or forgets it (null). */
  setNotice(name: Notice, text: string | null): Promise<void>;
  /** How long commits take, for `/metrics`. */
  readonly metrics: readonly Metric[];
  /** What `doctor` and `/readyz` look at. */
  health(): StoreHealth;
  /** Removes what is kept for a limited time only: idempotency keys over 24 h, settled batches, calls of hooks, sessions and links that are over. */
  prune(nowMs: number): Promise<void>;
  /** Finishes the writes under way, then closes the file. */
  close(): Promise<void>;
}

/** `untrusted_proxy`: the address of a proxy that forwards callers and that the settings don't name. */
export type Notice = 'untrusted_proxy';

export interface StoreHealth {
  schemaVersion: number;
  /** false: a newer version of the program has changed the schema under this one. */
  migrated: boolean;
  writable: boolean;
  /** Bytes of the database file and its write-ahead log. */
  bytes: number;
  /** Writes waiting for the next commit. */
  queued: number;
}

// ---- sites -----------------------------------------------------------------------------------------------------

export interface Site {
  id: string;
  name: string;
  client: string | null;
  timezone: string;
  endpointId: string;
  /** false: leads are kept and go to no sheet. */
  syncEnabled: boolean;
  /** Keys of the system columns the site wants; null for all. `lead_id` is always there. */
  columns: readonly string[] | null;
  /** The choices of the `Lead Quality` drop-down. */
  qualityChoices: readonly string[];
  /** Whose pages may send forms: host names, `*.` for all below one; empty: anybody's. */
  allowedDomains: readonly string[];
  /** What counts as spam here. */
  spam: SpamSettings;
  createdAt: number;
}

export interface SiteCounts {
  month: string;
  submissions: number;
  spam: number;
  ignored: number;
}

/** What came in by one form and one source on one day of the site's calendar. */
export interface DayCount {
  /** `2026-11-22` */
  day: string;
  formId: string;
  source: Source;
  submissions: number;
  spam: number;
  ignored: number;
}

export interface SiteStore {
  create(input: { name: string; client?: string | null; timezone?: string }): Promise<Site>;
  list(): Site[];
  get(id: string): Site | null;
  update(
    id: string,
    change: Partial<
      Pick<
        Site,
        'name' | 'client' | 'timezone' | 'syncEnabled' | 'columns' | 'qualityChoices' | 'allowedDomains' | 'spam'
      >
    >,
  ): Promise<Site | null>;
  /** Leads taken in the month of `nowMs`, in the site's time zone. */
  usage(id: string, nowMs: number): SiteCounts;
  /** Leads taken on the last `days` days in the site's time zone, the day of `nowMs` included; oldest day first. */
  daily(id: string, nowMs: number, days: number): DayCount[];
}

// ---- keys ------------------------------------------------------------------------------------------------------

export interface StoredKey {
  id: string;
  siteId: string;
  name: string;
  prefix: string;
  scopes: readonly Scope[];
  expiresAt: number | null;
  revokedAt: number | null;
  lastUsedAt: number | null;
  createdAt: number;
}

/** Why a key was not rotated: it ended at this time, or its former secret is valid until then. Milliseconds. */
export interface RotationRefusal {
  refused: 'revoked' | 'expired' | 'overlapping';
  at: number;
}

export interface KeyStore {
  /** Stores the hash of a new key; the key itself is made, shown and forgotten by the caller. */
  create(input: {
    siteId: string;
    name: string;
    prefix: string;
    hash: string;
    scopes: readonly Scope[];
    expiresAt: number | null;
  }): Promise<StoredKey>;
  list(siteId: string): StoredKey[];
  get(id: string): StoredKey | null;
  /** The key with this hash, by its present or its overlapping former secret; whether it is still valid is the caller's to judge by `validUntil`. */
  findByHash(hash: string): { key: StoredKey; validUntil: number | null } | null;
  /**
   * New secret; the old one stays valid until `overlapUntil`. A key has one former secret, whose time was promised: it
   * is not cut short, unless by an overlap that is over already, which ends all former ones at once. Null when there is
   * no such key.
   */
  rotate(
    id: string,
    input: { prefix: string; hash: string; overlapUntil: number },
  ): Promise<StoredKey | RotationRefusal | null>;
  revoke(id: string): Promise<StoredKey | null>;
  /** Notes use in memory; written at most once a minute and at close, never one write per request. */
  touch(id: string, nowMs: number): void;
}

// ---- forms -----------------------------------------------------------------------------------------------------

export interface StoredForm {
  id: string;
  siteId: string;
  /** What new leads are matched by: `name:<lower-cased name>`, `sdk:<fingerprint>`, `endpoint:<id>` … Never shown. */
  discoveryKey: string;
  name: string;
  sheetTab: string;
  ignored: boolean;
  source: Source;
  fields: readonly string[];
  submissionCount: number;
  spamRate7d: number;
  lastSubmissionAt: number | null;
  createdAt: number;
}

/** A form that was merged into another: its rows stay on the tab they stand on. */
export type MergedForm = Pick<StoredForm, 'id' | 'name' | 'sheetTab'>;

/** What a form is called and where its rows go: without counts, so it is known in memory. */
export type FormOutline = Readonly<Pick<StoredForm, 'id' | 'siteId' | 'name' | 'sheetTab' | 'ignored' | 'source'>> & {
  readonly fields: ReadonlySet<string>;
  /** The form that its new leads go to; null: itself. */
  readonly mergedInto: string | null;
};

/** Names tell forms apart for people and in matching, tabs in the sheet: no two forms of a site share one. */
export interface TakenByOther {
  taken: ('name' | 'sheet_tab')[];
}

export interface FormStore {
  /** With counts: they cost a look at the leads of a week. A form has those of all that were merged into it, which are not listed. */
  list(siteId: string): StoredForm[];
  /** By the id of a merged form: the one that it was merged into. */
  get(siteId: string, id: string): StoredForm | null;
  /** From memory; what another process changed shows after `refresh`. Here, merged forms are themselves: they have tabs. */
  outline(siteId: string, id: string): FormOutline | null;
  outlines(siteId: string): FormOutline[];
  /**
   * Makes a form a part of another, in one commit and until they are parted: its leads are that one's, its names and whatever else it
   * was known by lead new ones there, its id stands for the other's. No lead is touched, however many there are: each
   * keeps its row, and what came before and has none yet gets it on the tab of the form it came by; so nothing is
   * written twice. Null when there is no such form, one is merged already, or both are the same.
   */
  merge(siteId: string, from: string, into: string): Promise<StoredForm | null>;
  /**
   * Makes a merged form one by itself again: whatever it is known by, its tab, and the leads that came by it before it was
   * merged are its own; those that came since stay with the other. Its name gets a number where another form has it by now.
   * Null when there is no such form, or it is not merged.
   */
  part(siteId: string, id: string): Promise<StoredForm | null>;
  /** What was merged into a form. */
  merged(siteId: string, id: string): MergedForm[];
  /** Null when there is no such form; `taken`: what of the change another form of the site has. */
  update(siteId: string, id: string, change: FormUpdate): Promise<StoredForm | TakenByOther | null>;
}

// ---- leads -----------------------------------------------------------------------------------------------------

/** The part of a lead that its sender gave; in the API's own names, and never changed after intake. */
export type LeadBody = Pick<
  Submission,
  | 'fields'
  | 'page_url'
  | 'page_title'
  | 'referrer'
  | 'utm_source'
  | 'utm_medium'
  | 'utm_campaign'
  | 'utm_term'
  | 'utm_content'
  | 'paid_source'
  | 'click_id'
  | 'browser'
  | 'os'
  | 'device_type'
  | 'screen_size'
  | 'language'
  | 'timezone'
  | 'files'
  | 'metadata'
> & { warnings: readonly Warning[] };

/** What an AI or a person says of a lead later. */
export interface Judgement {
  score: Submission['score'];
  score_reason: string | null;
  summary: string | null;
  enrichment: Enrichment | null;
}

export interface Lead {
  id: string;
  siteId: string;
  /** The form it belongs to. */
  formId: string;
  /** The form it came by, on whose tab its row is or will be: another than `formId` where that one was merged since. */
  rowFormId: string;
  formName: string;
  /** The tab its row is or will be on; null while it goes to none. */
  sheetTab: string | null;
  source: Source;
  body: LeadBody;
  judgement: Judgement | null;
  quality: string | null;
  spam: boolean;
  /** Why it is taken for spam, in plain words; null: it isn't. Stays inside: no answer of the API has it. */
  spamReason: string | null;
  syncStatus: SyncStatus;
  /** Why `failed`, in plain words. */
  syncProblem: string | null;
  syncedAt: number | null;
  submittedAt: number;
  createdAt: number;
}

/** How a source says which form a lead belongs to. Spec 3, "Form discovery". */
export type FormRef = { by: 'id'; id: string } | { by: 'key'; key: string; name: string };

/** A lead that passed validation and sanitising. */
export interface NewLead {
  source: Source;
  form: FormRef;
  /** Where it goes in place of a new form once its site has `MAX_OPEN_FORMS`: anybody may have named it. Left out: no such limit. */
  otherwise?: FormRef;
  body: LeadBody;
  /** null: the moment it is stored. */
  submittedAt: number | null;
  /** The reason it is taken for spam; null: it isn't. */
  spamReason: string | null;
  /** Those its body names; left out: none. */
  files?: readonly NewFile[];
}

/** One item of a request: a good lead, or why it was refused before it came here (kept for a replay). */
export type AcceptItem = { lead: NewLead } | { refused: RefusedItem };
export interface RefusedItem {
  code: string;
  message: string;
  details: readonly ErrorDetail[];
}

export type AcceptResult =
  | { status: 'created'; lead: Lead }
  | { status: 'unknown_form' }
  | { status: 'refused'; refused: RefusedItem };

export type AcceptOutcome =
  | { kind: 'accepted'; results: AcceptResult[] }
  /** The same request was taken before: its results, with the leads as they are now. */
  | { kind: 'replayed'; results: AcceptResult[] }
  /** The idempotency key was used with another body. */
  | { kind: 'key_reused' }
  /** The import whose rows they are was stopped, or goes on elsewhere: nothing was stored. */
  | { kind: 'import_over' };

export interface LeadFilter {
  /** With the leads of what was merged into it. */
  formId?: string;
  /** The form on whose tab the rows are, and no other; in place of `formId`. */
  rowFormId?: string;
  source?: Source;
  syncStatus?: SyncStatus;
  score?: string;
  spam: 'exclude' | 'only' | 'include';
  createdFrom?: number;
  createdBefore?: number;
  utmSource?: string;
  utmCampaign?: string;
  /**
   * Words that must all be in the lead's field values, each by its start; whatever their case and diacritics. Without a
   * word (punctuation alone) nothing is found. While the index is made anew, what is in it so far is.
   */
  q?: string;
}

export interface LeadQuery {
  filter: LeadFilter;
  newestFirst: boolean;
  limit: number;
  /** Leads to pass over; for page numbers. */
  offset: number;
  /** Start after this lead, in the order asked for; for cursors. */
  afterId?: string;
}

export interface LeadStore {
  /**
   * Stores the leads of one request in one transaction, together with the forms they reveal, their place in
   * the sheet's queue and the idempotency key. Ids and `createdAt` are given at the commit, in its order, so
   * that a walk by id neither skips nor repeats. Resolves after the fsync.
   */
  accept(request: {
    siteId: string;
    items: readonly AcceptItem[];
    idempotency: { key: string; bodyHash: string } | null;
    /** The step of an import that these are the rows of: it moves on with them, or nothing of either happens. */
    step?: ImportStep;
  }): Promise<AcceptOutcome>;
  get(siteId: string, id: string): Lead | null;
  /** At most `limit` + 1 leads: one more than asked for says that there are more. */
  list(siteId: string, query: LeadQuery): Lead[];
  /** How many match: exact up to `cap`, else `cap` + 1. */
  count(siteId: string, filter: LeadFilter, cap: number): number;
  /** Changes what comes after intake. Queues the sheet cells that show it. Null when there is no such lead. */
  amend(siteId: string, id: string, change: { quality?: string | null; judgement?: Judgement }): Promise<Lead | null>;
  /**
   * Moves a lead in or out of spam; out of it brings it to the sheet, once however often it is asked for. Null when
   * there is no such lead.
   * @param values hashes of what is remembered of it: leads with the same are taken for the same. Remembered also where
   *   the lead is that already.
   */
  setSpam(siteId: string, id: string, spam: boolean, values?: readonly string[]): Promise<Lead | null>;
  /**
   * Deletes leads for good, with all that is kept of them but what a backup holds. `rows`: their rows are taken out of
   * every workbook that may have them, as soon as its turn comes; sheet sync is to be woken by the caller. Ids that are
   * not the site's are passed over. A request that is replayed by its idempotency key is told that its lead is gone.
   * Meant for some hundreds at once: leads that come in meanwhile wait for it.
   */
  remove(siteId: string, ids: readonly string[], options: { rows: boolean }): Promise<{ removed: string[] }>;
  /** Leads in which a field is this e-mail address, whatever its case and the blanks around it; oldest first. */
  idsByEmail(siteId: string, email: string): Promise<string[]>;
}
