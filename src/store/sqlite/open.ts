import { Database, SQLiteError } from 'bun:sqlite';
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { MIGRATIONS, type Migration } from './migrations.ts';

/** Why a database can't be used; the message is for the operator and says what to do. */
export class DatabaseProblem extends Error {
  override readonly name = 'DatabaseProblem';
}

export interface OpenOptions {
  path: string;
  /** `full`: fsync before each answer. `normal`: a power cut may lose the last moments. Spec 7. */
  durability: 'full' | 'normal';
  migrations?: readonly Migration[];
}

const BUSY_TIMEOUT_MS = 5_000;

/**
 * Opens the database, brings its schema up to date and checks it.
 * An upgrade keeps a copy beside the file until it has worked, and puts it back if it fails.
 * @throws DatabaseProblem newer schema, corrupt file, unusable folder: nothing was changed
 */
export function openDatabase(options: OpenOptions): Database {
  const migrations = options.migrations ?? MIGRATIONS;
  const existed = existsSync(options.path);
  const db = explain(options.path, () => {
    const opened = new Database(options.path, { create: true, strict: true });
    setPragmas(opened, options.durability);
    return opened;
  });
  try {
    const version = explain(options.path, () => schemaVersion(db));
    const newest = migrations.at(-1)?.version ?? 0;
    if (version > newest) {
      throw new DatabaseProblem(
        `The database ${options.path} was written by a newer version of LeadToSheet (schema ${version}, this one knows ${newest}). ` +
          'Start the newer version again, or restore a backup made before the upgrade.',
      );
    }
    if (version > 0) checkSound(db, options.path);
    if (version < newest) return upgrade(db, options, migrations, existed && version > 0);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** busy_timeout first: it must be in force before the switch to WAL, which takes a lock. */
function setPragmas(db: Database, durability: OpenOptions['durability']): void {
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  db.run('PRAGMA journal_mode = WAL');
  db.run(`PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
  db.run('PRAGMA foreign_keys = ON');
  db.run('PRAGMA cache_size = -16000');
  db.run('PRAGMA temp_store = MEMORY');
  // 16 MiB: a checkpoint stops the writer for a moment, so it should be worth it.
  db.run('PRAGMA wal_autocheckpoint = 4000');
  // After a large burst the log shrinks back to this at the next checkpoint.
  db.run('PRAGMA journal_size_limit = 67108864');
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

function upgrade(db: Database, options: OpenOptions, migrations: readonly Migration[], snapshot: boolean): Database {
  const copy = `${options.path}.before-upgrade`;
  if (snapshot) {
    rmSync(copy, { force: true });
    db.query('VACUUM INTO ?').run(copy);
  }
  try {
    migrate(db, migrations);
    if (snapshot) rmSync(copy, { force: true });
    return db;
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown error';
    if (!snapshot)
      throw new DatabaseProblem(`The database ${options.path} could not be set up: ${reason}`, { cause: error });
    db.close();
    for (const suffix of ['-wal', '-shm']) rmSync(options.path + suffix, { force: true });
    copyFileSync(copy, `${options.path}.restoring`);
    renameSync(`${options.path}.restoring`, options.path);
    throw new DatabaseProblem(
      `The upgrade of the database failed and was undone (${reason}). Your data is as it was: start the version you had before, and report this.`,
      { cause: error },
    );
  }
}

/** Applies what is missing, each migration in a transaction of its own together with its version number. */
export function migrate(db: Database, migrations: readonly Migration[]): void {
  for (const migration of migrations) {
    if (migration.version <= schemaVersion(db)) continue;
    const apply = db.transaction(() => {
      // Another process may have applied it while this one waited for the lock.
      if (migration.version <= schemaVersion(db)) return;
      db.run(migration.sql);
      db.run(`PRAGMA user_version = ${migration.version}`);
    });
    apply.immediate();
  }
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
