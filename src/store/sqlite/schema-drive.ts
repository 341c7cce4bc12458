import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { DriveProblem } from '../drive.ts';

/* The tables of files in Google Drive as drizzle sees them; `schema.ts` lists them with the others. */

const problem = () => text('problem', { mode: 'json' }).$type<DriveProblem>();

export const driveSite = sqliteTable('drive_site', {
  siteId: text('site_id').primaryKey(),
  enabled: integer('enabled', { mode: 'boolean' }).notNull(),
  account: text('account').notNull(),
  folder: text('folder'),
  shared: integer('shared', { mode: 'boolean' }).notNull(),
  problem: problem(),
  failures: integer('failures').notNull(),
  retryAt: integer('retry_at'),
});

export const driveCopy = sqliteTable('drive_copy', {
  fileId: text('file_id').primaryKey(),
  siteId: text('site_id').notNull(),
  account: text('account').notNull(),
  driveId: text('drive_id'),
  link: text('link'),
  triedAt: integer('tried_at').notNull(),
  problem: problem(),
  retryAt: integer('retry_at'),
});

export const DRIVE_TABLES = { driveSite, driveCopy };
