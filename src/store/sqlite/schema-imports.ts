import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { IMPORT_STATUSES, type ImportSettings } from '../imports.ts';

/* The tables of imports as drizzle sees them; `schema.ts` lists them with the others. */

export const leadImport = sqliteTable('lead_import', {
  id: text('id').primaryKey(),
  siteId: text('site_id').notNull(),
  fileName: text('file_name').notNull(),
  fileHash: text('file_hash').notNull(),
  fileSize: integer('file_size').notNull(),
  kept: integer('kept', { mode: 'boolean' }).notNull(),
  settings: text('settings', { mode: 'json' }).$type<ImportSettings>().notNull(),
  status: text('status', { enum: IMPORT_STATUSES }).notNull(),
  problem: text('problem'),
  runner: text('runner'),
  position: integer('position').notNull(),
  bytes: integer('bytes').notNull(),
  taken: integer('taken').notNull(),
  bad: integer('bad').notNull(),
  createdAt: integer('created_at').notNull(),
  startedAt: integer('started_at'),
  beatAt: integer('beat_at'),
  finishedAt: integer('finished_at'),
});

export const leadImportProblem = sqliteTable(
  'lead_import_problem',
  {
    importId: text('import_id').notNull(),
    row: integer('row').notNull(),
    message: text('message').notNull(),
  },
  (table) => [primaryKey({ columns: [table.importId, table.row] })],
);

export const IMPORT_TABLES = { leadImport, leadImportProblem };
