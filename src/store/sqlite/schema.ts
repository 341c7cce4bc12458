import { blob, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { Scope } from '../../contract/key.ts';
import type { Source } from '../../contract/source.ts';
import type { SyncStatus } from '../../contract/submission.ts';
import type { EndpointAnswer } from '../endpoints.ts';
import type { CellUpdate, SheetBatch, SheetColumn, SheetProblem, SheetTab, SheetTarget } from '../sheets.ts';
import { DEFAULT_SPAM, type SpamSettings } from '../spam.ts';
import { ACCOUNT_TABLES } from './schema-accounts.ts';
import { ARRIVAL_TABLES } from './schema-arrivals.ts';
import { DRIVE_TABLES } from './schema-drive.ts';
import { FILE_TABLES } from './schema-files.ts';
import { HOOK_TABLES } from './schema-hooks.ts';
import { HOSTED_TABLES } from './schema-hosted.ts';
import { IMPORT_TABLES } from './schema-imports.ts';
import { VIEW_TABLES } from './schema-views.ts';

/*
 * The tables as drizzle sees them. The truth is in migrations/: a test compares the two. Tables that only the hot
 * path of intake writes (lead_count, sync_count, idempotency, spam_mark), `search_stale`, `sheet_removal` and `meta` are not
 * here: prepared statements read them.
 */

const flag = (name: string) => integer(name, { mode: 'boolean' });
const json = <T>(name: string) => text(name, { mode: 'json' }).$type<T>();

export const site = sqliteTable('site', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  client: text('client'),
  timezone: text('timezone').notNull(),
  endpointId: text('endpoint_id').notNull(),
  syncEnabled: flag('sync_enabled').notNull(),
  columns: json<string[]>('columns'),
  qualityChoices: json<string[]>('quality_choices').notNull(),
  allowedDomains: json<string[]>('allowed_domains').notNull().default([]),
  spam: json<SpamSettings>('spam').notNull().default(DEFAULT_SPAM),
  createdAt: integer('created_at').notNull(),
});

export const endpoint = sqliteTable('endpoint', {
  id: text('id').primaryKey(),
  siteId: text('site_id').notNull(),
  name: text('name').notNull(),
  answer: text('answer').$type<EndpointAnswer>().notNull(),
  redirectUrl: text('redirect_url'),
  thanksTitle: text('thanks_title'),
  thanksText: text('thanks_text'),
  honeypot: text('honeypot').notNull(),
  createdAt: integer('created_at').notNull(),
});

export const apiKey = sqliteTable('api_key', {
  id: text('id').primaryKey(),
  siteId: text('site_id').notNull(),
  name: text('name').notNull(),
  prefix: text('prefix').notNull(),
  hash: text('hash').notNull(),
  formerHash: text('former_hash'),
  formerUntil: integer('former_until'),
  scopes: json<Scope[]>('scopes').notNull(),
  expiresAt: integer('expires_at'),
  revokedAt: integer('revoked_at'),
  lastUsedAt: integer('last_used_at'),
  createdAt: integer('created_at').notNull(),
});

export const form = sqliteTable('form', {
  id: text('id').primaryKey(),
  siteId: text('site_id').notNull(),
  discoveryKey: text('discovery_key').notNull(),
  name: text('name').notNull(),
  sheetTab: text('sheet_tab').notNull(),
  ignored: flag('ignored').notNull(),
  source: text('source').$type<Source>().notNull(),
  fields: json<string[]>('fields').notNull(),
  submissionCount: integer('submission_count').notNull(),
  spamCount: integer('spam_count').notNull(),
  lastSubmissionAt: integer('last_submission_at'),
  createdAt: integer('created_at').notNull(),
  mergedInto: text('merged_into'),
});

export const lead = sqliteTable('lead', {
  siteId: text('site_id').notNull(),
  id: text('id').notNull(),
  formId: text('form_id').notNull(),
  source: text('source').$type<Source>().notNull(),
  createdAt: integer('created_at').notNull(),
  submittedAt: integer('submitted_at').notNull(),
  spam: flag('spam').notNull(),
  spamReason: text('spam_reason'),
  syncStatus: text('sync_status').$type<SyncStatus>().notNull(),
  syncProblem: text('sync_problem'),
  syncedAt: integer('synced_at'),
  quality: text('quality'),
  judgement: text('judgement'),
  body: text('body').notNull(),
  ignored: flag('ignored').notNull(),
});

export const googleConnection = sqliteTable('google_connection', {
  id: text('id').primaryKey(),
  kind: text('kind').$type<'service_account' | 'oauth'>().notNull(),
  email: text('email').notNull(),
  secret: text('secret').notNull(),
  scopes: text('scopes').notNull(),
  createdAt: integer('created_at').notNull(),
});

export const sheetTarget = sqliteTable('sheet_target', {
  siteId: text('site_id').primaryKey(),
  kind: text('kind').$type<SheetTarget['kind']>().notNull(),
  book: text('book').notNull(),
  connectionId: text('connection_id'),
  title: text('title'),
  url: text('url'),
  status: text('status').$type<SheetTarget['status']>().notNull(),
  problem: json<SheetProblem>('problem'),
  trouble: json<SheetProblem>('trouble'),
  pausedAt: integer('paused_at'),
  recheckAt: integer('recheck_at'),
  lastSyncedAt: integer('last_synced_at'),
});

export const sheetBook = sqliteTable('sheet_book', {
  book: text('book').primaryKey(),
  siteId: text('site_id').notNull(),
  nextSeq: integer('next_seq').notNull(),
  selfTestedAt: integer('self_tested_at'),
  checkedAt: integer('checked_at'),
});

export const sheetTab = sqliteTable('sheet_tab', {
  id: text('id').primaryKey(),
  siteId: text('site_id').notNull(),
  book: text('book').notNull(),
  formId: text('form_id').notNull(),
  sheetId: integer('sheet_id').notNull(),
  title: text('title').notNull(),
  state: text('state').$type<SheetTab['state']>().notNull(),
  problem: json<SheetProblem>('problem'),
  generation: integer('generation').notNull(),
  length: integer('length').notNull(),
  auditedAt: integer('audited_at'),
  namedFor: text('named_for'),
});

export const sheetColumn = sqliteTable(
  'sheet_column',
  {
    tabId: text('tab_id').notNull(),
    key: text('key').notNull(),
    header: text('header').notNull(),
    position: integer('position').notNull(),
    metadataId: integer('metadata_id').notNull(),
    state: text('state').$type<SheetColumn['state']>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tabId, table.key] })],
);

export const sheetBatch = sqliteTable('sheet_batch', {
  id: text('id').primaryKey(),
  siteId: text('site_id').notNull(),
  book: text('book').notNull(),
  seq: integer('seq').notNull(),
  guardId: integer('guard_id').notNull(),
  state: text('state').$type<SheetBatch['state']>().notNull(),
  everAmbiguous: flag('ever_ambiguous').notNull(),
  attempts: integer('attempts').notNull(),
  firstSentAt: integer('first_sent_at').notNull(),
  lastError: text('last_error'),
  settledAt: integer('settled_at'),
});

export const sheetBatchLead = sqliteTable(
  'sheet_batch_lead',
  {
    batchId: text('batch_id').notNull(),
    leadId: text('lead_id').notNull(),
    tabId: text('tab_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.batchId, table.leadId] })],
);

export const sheetUpdate = sqliteTable(
  'sheet_update',
  {
    siteId: text('site_id').notNull(),
    leadId: text('lead_id').notNull(),
    formId: text('form_id').notNull(),
    columnKey: text('column_key').notNull(),
    version: integer('version').notNull(),
    former: json<NonNullable<CellUpdate['former']>>('former'),
  },
  (table) => [primaryKey({ columns: [table.siteId, table.leadId, table.columnKey] })],
);

export const sheetJournal = sqliteTable('sheet_journal', {
  book: text('book').primaryKey(),
  journal: blob('journal', { mode: 'buffer' }).notNull(),
});

export const TABLES = {
  site,
  apiKey,
  form,
  lead,
  googleConnection,
  sheetTarget,
  sheetBook,
  sheetTab,
  sheetColumn,
  sheetBatch,
  sheetBatchLead,
  sheetUpdate,
  sheetJournal,
  ...ACCOUNT_TABLES,
  ...VIEW_TABLES,
  ...HOOK_TABLES,
  ...HOSTED_TABLES,
  ...FILE_TABLES,
  ...DRIVE_TABLES,
  ...IMPORT_TABLES,
  ...ARRIVAL_TABLES,
};
