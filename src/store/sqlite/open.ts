import { Database, SQLiteError } from 'bun:sqlite';
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { MIGRATIONS, type Migration } from './migrations.ts';

/** Why a database can't be used; the message is for the operator and says what to do. */
export class DatabaseProblem extends Error {
  override readonly name = 'DatabaseProblem';
}

/** The database is of an older schema, and this process may not change that. Nothing was changed. */
export class UpgradeNeeded extends DatabaseProblem {}

export interface OpenOptions {
  path: string;
  /**
   * true: the caller holds the server lock, so an older schema is brought up to date. Else that is refused: a server
   * of the older version may be running. A database without a table is set up by whoever comes first.
   */
  mayUpgrade?: boolean;
  /** `full`: fsync before each answer. `normal`: a power cut may lose the last moments. Spec 7. */
  durability: 'full' | 'normal';
  migrations?: readonly Migration[];
}

const BUSY_TIMEOUT_MS = 5_000;
const WAL_RETRY_MS = 20;

/**
 * Opens the database, checks it, and brings its schema up to date where that is this process's to do.
 * @throws UpgradeNeeded an older schema, without `mayUpgrade`
 * @throws DatabaseProblem newer schema, corrupt file, unusable folder, failed upgrade: the data is as it was
 */
export function openDatabase(options: OpenOptions): Database {
  const { path } = options;
  const migrations = options.migrations ?? MIGRATIONS;
  const db = explain(path, () => {
    const opened = new Database(path, { create: true, strict: true });
    setPragmas(opened, options.durability);
    return opened;
  });
  try {
    const newest = migrations.at(-1)?.version ?? 0;
    const { version, tables } = explain(path, () => stateOf(db));
    if (version > newest) throw new DatabaseProblem(newerText(path, version, newest));
    if (version > 0) checkSound(db, path);
    else if (tables > 0) throw new DatabaseProblem(foreignText(path));
    if (version === 0) setUp(db, path, migrations);
    else if (version < newest) upgrade(db, options, migrations);
    else if (options.mayUpgrade) removeSnapshot(path);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** busy_timeout first: it must be in force before the switch to WAL, which takes a lock. */
function setPragmas(db: Database, durability: OpenOptions['durability']): void {
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  switchToWal(db);
  db.run(`PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
  db.run('PRAGMA foreign_keys = ON');
  // Enough for the ends of all indexes, where new leads go; what else is read lies in the cache of the system.
  db.run('PRAGMA cache_size = -8000');
  db.run('PRAGMA temp_store = MEMORY');
  // 16 MiB: a checkpoint stops the writer for a moment, so it should be worth it.
  db.run('PRAGMA wal_autocheckpoint = 4000');
  // After a large burst the log shrinks back to this at the next checkpoint.
  db.run('PRAGMA journal_size_limit = 67108864');
}

/**
 * The first switch to WAL needs the file alone, and SQLite doesn't wait for it as it waits for other locks: two
 * processes that make a database at the same moment would have one of them fail.
 * @throws SQLiteError SQLITE_BUSY when another process holds the file for longer than any wait of ours
 */
function switchToWal(db: Database): void {
  for (let waitedMs = 0; ; waitedMs += WAL_RETRY_MS) {
    try {
      db.run('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      const busy = error instanceof SQLiteError && error.code === 'SQLITE_BUSY';
      if (!busy || waitedMs >= BUSY_TIMEOUT_MS) throw error;
      Bun.sleepSync(WAL_RETRY_MS);
    }
  }
}

/** Up to here, 16 MiB, the whole database is looked through at each opening; it takes some 60 ms. */
const CHECK_WHOLE_PAGES = 4_096;
/** What nothing works without; of a larger database only these are looked through. `doctor` takes its time for all. */
const VITAL_TABLES = ['meta', 'site', 'api_key', 'form'];

/** Spec 7: a corrupt database stops the start, before anything is written to it. @throws DatabaseProblem */
function checkSound(db: Database, path: string): void {
  const damage = explain(path, () => {
    const { page_count: pages } = db.query<{ page_count: number }, []>('PRAGMA page_count').get() ?? { page_count: 0 };
    const checks = pages <= CHECK_WHOLE_PAGES ? ['1'] : VITAL_TABLES;
    const lines = checks.flatMap((what) => db.query<{ quick_check: string }, []>(`PRAGMA quick_check(${what})`).all());
    // Before the first finding stands a line that names the database.
    return lines.find((line) => line.quick_check !== 'ok')?.quick_check.replace(/^\*.*\n/, '');
  });
  if (damage !== undefined) throw new DatabaseProblem(damagedText(path, damage));
}

function damagedText(path: string, what: string): string {
  return `The database ${path} is damaged (${what}). Restore it from a backup; keep the damaged file, it may still hold leads.`;
}

export function schemaVersion(db: Database): number {
  const row = db.query<{ user_version: number }, []>('PRAGMA user_version').get();
  return row?.user_version ?? 0;
}

/** Schema version and number of tables, at one moment: another process may be setting the database up. */
function stateOf(db: Database): { version: number; tables: number } {
  const count = db.query<{ tables: number }, []>('SELECT count(*) AS tables FROM sqlite_schema');
  return db.transaction(() => ({ tables: count.get()?.tables ?? 0, version: schemaVersion(db) })).deferred();
}

function newerText(path: string, version: number, newest: number): string {
  return (
    `The database ${path} was written by a newer version of LeadToSheet (schema ${version}, this one knows ${newest}). ` +
    'Start the newer version again, or restore a backup made before the upgrade.'
  );
}

function foreignText(path: string): string {
  return `The database ${path} holds tables of another program. Move it away, or set LTS_DATA_DIR.`;
}

function setUp(db: Database, path: string, migrations: readonly Migration[]): void {
  try {
    migrate(db, migrations);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown error';
    throw new DatabaseProblem(`The database ${path} could not be set up: ${reason}`, { cause: error });
  }
}

/**
 * One transaction for all that is missing: whatever fails, at whatever moment, SQLite itself undoes it as a whole,
 * while other processes go on reading, and those that write wait. No file is ever put in the database's place.
 */
function upgrade(db: Database, options: OpenOptions, migrations: readonly Migration[]): void {
  const { path } = options;
  if (!options.mayUpgrade) {
    throw new UpgradeNeeded(
      `The database ${path} is of an older version of LeadToSheet. Start the server to upgrade it.`,
    );
  }
  explain(path, () => makeSnapshot(db, path));
  try {
    migrate(db, migrations);
  } catch (error) {
    if (error instanceof SQLiteError && error.code !== undefined && PASSING.has(error.code)) {
      throw new DatabaseProblem(explainSqlite(path, error), { cause: error });
    }
    const reason = error instanceof Error ? error.message : 'unknown error';
    throw new DatabaseProblem(
      `The upgrade of the database failed and was undone (${reason}). Your data is as it was: start the version you had before, and report this.`,
      { cause: error },
    );
  }
  removeSnapshot(path);
}

/** No fault of the upgrade's: it works once there is room, or nobody holds the database. */
const PASSING: ReadonlySet<string> = new Set(['SQLITE_BUSY', 'SQLITE_FULL', 'SQLITE_IOERR_WRITE']);

const snapshotOf = (path: string) => `${path}.before-upgrade`;
const draftOf = (path: string) => `${snapshotOf(path)}.tmp`;

/**
 * Spec 7: a copy from before an upgrade. For people, should the upgrade end worse than failed: nothing here reads it.
 * Under its name there is only ever a whole one, and it stays until an upgrade has worked.
 */
function makeSnapshot(db: Database, path: string): void {
  const draft = draftOf(path);
  rmSync(draft, { force: true });
  try {
    db.query('VACUUM INTO ?').run(draft);
    sync(draft);
    renameSync(draft, snapshotOf(path));
    sync(dirname(path));
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function removeSnapshot(path: string): void {
  for (const file of [snapshotOf(path), draftOf(path)]) rmSync(file, { force: true });
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Applies what is missing together with the version number it leads to: all of it, or nothing. */
export function migrate(db: Database, migrations: readonly Migration[]): void {
  const apply = db.transaction(() => {
    // Read inside: another process may have applied some while this one waited for the lock.
    const missing = migrations.filter(({ version }) => version > schemaVersion(db));
    for (const { sql, version } of missing) {
      db.run(sql);
      db.run(`PRAGMA user_version = ${version}`);
    }
  });
  apply.immediate();
}

function explain<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SQLiteError)) throw error;
    throw new DatabaseProblem(explainSqlite(path, error), { cause: error });
  }
}

function explainSqlite(path: string, error: SQLiteError): string {
  switch (error.code) {
    case 'SQLITE_NOTADB':
    case 'SQLITE_CORRUPT':
      return damagedText(path, error.message);
    case 'SQLITE_READONLY':
    case 'SQLITE_READONLY_DIRECTORY':
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_PERM':
      return `The database ${path} can't be opened for writing. Check that the folder exists and belongs to the user that runs LeadToSheet.`;
    case 'SQLITE_FULL':
    case 'SQLITE_IOERR_WRITE':
    case 'SQLITE_IOERR_SHMSIZE':
      return `There is no room left on the disk of ${path}. Free some space and start again.`;
    case 'SQLITE_BUSY':
      return `The database ${path} is held by another program. Stop it and start again.`;
    default:
      return `The database ${path} can't be opened (${error.code ?? 'SQLite'}: ${error.message}).`;
  }
}
