import { Database } from 'bun:sqlite';
import { MIGRATIONS, type Migration } from '../../src/store/sqlite/migrations.ts';
import { migrate } from '../../src/store/sqlite/open.ts';

/** An empty database brought up to these migrations. */
export function migrated(migrations: readonly Migration[] = MIGRATIONS): Database {
  const db = new Database(':memory:', { strict: true });
  migrate(db, migrations);
  return db;
}

/** Every table and index as SQLite keeps it, by name. */
export function schemaText(db: Database): string {
  const rows = db
    .query<{ sql: string }, []>("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type = 'index', name")
    .all();
  return `${rows.map(({ sql }) => `${sql};`).join('\n\n')}\n`;
}
