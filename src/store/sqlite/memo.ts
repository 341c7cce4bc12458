import type { Database } from 'bun:sqlite';

/** Forgotten all at once when there are so many. */
const MAX_KEPT = 500;

/** What was found out of a database, for as long as nobody changes it: a walk by cursor counts once. */
export function createMemo<T>(db: Database): { get(key: string): T | undefined; set(key: string, value: T): void } {
  const ownChanges = db.query<{ n: number }, []>('SELECT total_changes() AS n');
  const othersChanges = db.query<{ data_version: number }, []>('PRAGMA data_version');
  const kept = new Map<string, T>();
  let keptAt = '';

  function forgetOld(): void {
    const now = `${ownChanges.get()?.n} ${othersChanges.get()?.data_version}`;
    if (now !== keptAt || kept.size >= MAX_KEPT) kept.clear();
    keptAt = now;
  }

  return {
    get(key) {
      forgetOld();
      return kept.get(key);
    },
    set(key, value) {
      forgetOld();
      kept.set(key, value);
    },
  };
}
