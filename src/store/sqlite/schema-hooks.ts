import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { HookKind } from '../../contract/hook.ts';
import type { CallOutcome, Hook, HookCall, HookEvent } from '../hooks.ts';

/* The tables of hooks as drizzle sees them; `schema.ts` lists them with the others. */

const flag = (name: string) => integer(name, { mode: 'boolean' });
const json = <T>(name: string) => text(name, { mode: 'json' }).$type<T>();

export const hook = sqliteTable('hook', {
  id: text('id').primaryKey(),
  siteId: text('site_id').notNull(),
  kind: text('kind').$type<HookKind>().notNull(),
  name: text('name').notNull(),
  tokenHash: text('token_hash').notNull(),
  tokenSealed: text('token_sealed').notNull(),
  mapping: json<Hook['mapping']>('mapping').notNull(),
  settings: json<Hook['settings']>('settings').notNull(),
  secrets: json<Hook['secrets']>('secrets').notNull(),
  active: flag('active').notNull(),
  createdAt: integer('created_at').notNull(),
  lastCallAt: integer('last_call_at'),
});

export const hookCall = sqliteTable('hook_call', {
  id: text('id').primaryKey(),
  hookId: text('hook_id').notNull(),
  at: integer('at').notNull(),
  method: text('method').notNull(),
  headers: json<HookCall['headers']>('headers').notNull(),
  body: text('body'),
  bytes: integer('bytes').notNull(),
  verified: flag('verified').notNull(),
  outcome: text('outcome').$type<CallOutcome>().notNull(),
  message: text('message').notNull(),
  leadIds: json<readonly string[]>('lead_ids').notNull(),
});

export const hookSeen = sqliteTable(
  'hook_seen',
  {
    hookId: text('hook_id').notNull(),
    mark: text('mark').notNull(),
    at: integer('at').notNull(),
    leadIds: json<readonly string[]>('lead_ids').notNull(),
  },
  (table) => [primaryKey({ columns: [table.hookId, table.mark] })],
);

export const hookEvent = sqliteTable(
  'hook_event',
  {
    hookId: text('hook_id').notNull(),
    id: text('id').notNull(),
    detail: json<HookEvent['detail']>('detail').notNull(),
    attempts: integer('attempts').notNull(),
    nextAt: integer('next_at').notNull(),
    problem: text('problem'),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.hookId, table.id] })],
);

export const HOOK_TABLES = { hook, hookCall, hookSeen, hookEvent };
