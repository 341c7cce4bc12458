import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/* The tables of views as drizzle sees them; `schema.ts` lists them with the others. */

const json = <T>(name: string) => text(name, { mode: 'json' }).$type<T>();

export const leadView = sqliteTable('lead_view', {
  id: text('id').primaryKey(),
  siteId: text('site_id').notNull(),
  ownerId: text('owner_id'),
  makerId: text('maker_id'),
  name: text('name').notNull(),
  nameKey: text('name_key').notNull(),
  filter: json<Record<string, string>>('filter').notNull(),
  formName: text('form_name'),
  columns: json<string[]>('columns').notNull(),
  createdAt: integer('created_at').notNull(),
});

export const leadColumns = sqliteTable(
  'lead_columns',
  {
    userId: text('user_id').notNull(),
    siteId: text('site_id').notNull(),
    columns: json<string[]>('columns').notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.siteId] })],
);

export const VIEW_TABLES = { leadView, leadColumns };
