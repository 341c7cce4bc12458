import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export const file = sqliteTable('file', {
  id: text('id').primaryKey(),
  siteId: text('site_id').notNull(),
  leadId: text('lead_id'),
  name: text('name').notNull(),
  size: integer('size').notNull(),
  type: text('type').notNull(),
  path: text('path').notNull(),
  createdAt: integer('created_at').notNull(),
  isHere: integer('is_here', { mode: 'boolean' }).notNull(),
});

export const FILE_TABLES = { file };
