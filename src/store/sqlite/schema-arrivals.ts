import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/* The table of last leads as drizzle sees it; `schema.ts` lists it with the others. */

export const arrival = sqliteTable(
  'arrival',
  {
    siteId: text('site_id').notNull(),
    way: text('way').notNull(),
    at: integer('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.siteId, table.way] })],
);

export const ARRIVAL_TABLES = { arrival };
