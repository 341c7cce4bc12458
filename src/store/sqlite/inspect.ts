import { Database, SQLiteError } from 'bun:sqlite';

/**
 * Looks through a whole database file for damage, without changing it (SQLite's `quick_check`).
 * @returns what is wrong, a line each; empty: sound
 */
export function findDamage(path: string): string[] {
  try {
    const db = new Database(path, { readonly: true });
    try {
      const rows = db.query<{ quick_check: string }, []>('PRAGMA quick_check(10)').all();
      return rows.map((row) => row.quick_check).filter((line) => line !== 'ok');
    } finally {
      db.close();
    }
  } catch (error) {
    if (error instanceof SQLiteError) return [error.message];
    throw error;
  }
}
