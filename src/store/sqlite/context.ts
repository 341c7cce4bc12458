import type { Database } from 'bun:sqlite';
import type { BunSQLiteDatabase } from 'drizzle-orm/bun-sqlite';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Writer } from './writer.ts';

/** What every file of the SQLite store works with. */
export interface Context {
  db: Database;
  orm: BunSQLiteDatabase;
  writer: Writer;
  clock: Clock;
  ids: Ids;
  /** Drops what is remembered of the database; called when another process wrote to it. */
  caches: { drop(): void }[];
}
