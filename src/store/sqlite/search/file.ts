import { Database, type SQLiteError } from 'bun:sqlite';
import { closeSync, fsyncSync, openSync, rmSync, statSync } from 'node:fs';

/*
 * The index's own database file. All of it can be made again from the leads: what is wrong with it is answered by a
 * new one. Document numbers have 64 bits, so integers are bigints here.
 */

/** Another format is made anew. */
const FORMAT = 1;
/** `LTSi`, so that no other program's file is taken for ours. */
const APPLICATION_ID = 0x4c545369;
/** Writers hold the file for some milliseconds. */
const BUSY_TIMEOUT_MS = 100;

/**
 * The index is cut into blocks of so many leads by time, each a table of its own. A search goes from block to block
 * until it has what it needs; within one, the longest list to be merged is bounded.
 */
export const BLOCK_LEADS = 32_768;
/** Beginnings of a word that have lists of their own: one to six characters, and the site's before them. */
const PREFIXES = '2 3 4 5 6 7';

const SCHEMA = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
-- How far each site's leads are in the index: all up to this id, in the order of ids.
CREATE TABLE site (number INTEGER PRIMARY KEY, site_id TEXT NOT NULL UNIQUE, upto TEXT NOT NULL) STRICT;
-- A block holds the documents from its first one to the next block's.
CREATE TABLE block (number INTEGER PRIMARY KEY, first_doc INTEGER NOT NULL UNIQUE, leads INTEGER NOT NULL, merged INTEGER NOT NULL) STRICT;
CREATE TABLE doc (doc INTEGER PRIMARY KEY, site INTEGER NOT NULL, lead_id TEXT NOT NULL) STRICT;
`;

/** Document numbers sort as ids do: the time of the id, and 18 bits that count within a millisecond. */
const SEQUENCE_BITS = 18n;
const LAST_MS = 2 ** 45 - 1;
export function firstDocOf(ms: number): bigint {
  return BigInt(Math.min(LAST_MS, Math.max(0, Math.floor(ms)))) << SEQUENCE_BITS;
}
export const LAST_DOC = 2n ** 63n - 1n;

export interface Block {
  number: number;
  firstDoc: bigint;
  /** Of the last block LAST_DOC. */
  lastDoc: bigint;
  leads: number;
  /** Full, and its lists are in one piece each. */
  merged: boolean;
}

export class SearchFile {
  readonly db: Database;
  readonly #path: string;
  readonly #inode: number;

  private constructor(path: string, db: Database) {
    this.#path = path;
    this.db = db;
    this.#inode = statSync(path).ino;
  }

  /**
   * Opens the index of the database with this id; makes it where there is none.
   * @returns null: the file is of another format, or of another database
   * @throws SQLiteError it can't be read or made
   */
  static open(path: string, databaseId: string): SearchFile | null {
    const db = new Database(path, { create: true, strict: true, safeIntegers: true });
    try {
      db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
      db.run('PRAGMA journal_mode = WAL');
      db.run('PRAGMA synchronous = NORMAL');
      db.run('PRAGMA cache_size = -8000');
      db.run('PRAGMA journal_size_limit = 16777216');
      if (isOurs(db, databaseId)) return new SearchFile(path, db);
    } catch (error) {
      db.close();
      throw error;
    }
    db.close();
    return null;
  }

  /** Whether the file under its name is another one by now, or none. */
  get replaced(): boolean {
    return statSync(this.#path, { throwIfNoEntry: false })?.ino !== this.#inode;
  }

  close(): void {
    this.db.close();
  }

  /** Closes and deletes it. A file that somebody else put in its place stays. */
  discard(): void {
    const { replaced } = this;
    this.close();
    if (!replaced) removeSearchFile(this.#path);
  }

  /** Runs `work` in one transaction. @throws SQLiteError SQLITE_BUSY while another process writes for long */
  write<T>(work: () => T): T {
    this.db.run('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.db.run('COMMIT');
      return result;
    } catch (error) {
      if (this.db.inTransaction) this.db.run('ROLLBACK');
      throw error;
    }
  }

  /** What was committed survives a power cut when this returns. */
  sync(): void {
    for (const path of [`${this.#path}-wal`, this.#path]) {
      const file = openSync(path, 'r');
      try {
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    }
  }

  site(siteId: string): { number: number; upto: string } | null {
    const row = this.db
      .query<{ number: bigint; upto: string }, [string]>('SELECT number, upto FROM site WHERE site_id = ?')
      .get(siteId);
    return row ? { number: Number(row.number), upto: row.upto } : null;
  }

  /** Oldest first. */
  blocks(): Block[] {
    const rows = this.db
      .query<{ number: bigint; first_doc: bigint; leads: bigint; merged: bigint }, []>(
        'SELECT number, first_doc, leads, merged FROM block ORDER BY first_doc',
      )
      .all();
    return rows.map((row, i) => ({
      number: Number(row.number),
      firstDoc: row.first_doc,
      lastDoc: (rows[i + 1]?.first_doc ?? LAST_DOC + 1n) - 1n,
      leads: Number(row.leads),
      merged: row.merged === 1n,
    }));
  }

  addBlock(firstDoc: bigint): Block {
    const { number } = this.db
      .query<{ number: bigint }, [bigint]>(
        'INSERT INTO block (first_doc, leads, merged) VALUES (?, 0, 0) RETURNING number',
      )
      .get(firstDoc) ?? { number: 0n };
    // Merging is done in small steps of our own (`merge`), never by a writer that happens to fill a level.
    this.db.run(
      `CREATE VIRTUAL TABLE block_${number} USING fts5
       (tokens, content='', contentless_delete=1, detail=none, tokenize='ascii', prefix='${PREFIXES}')`,
    );
    for (const setting of [`'automerge', 0`, `'crisismerge', 500`, `'usermerge', 8`]) {
      this.db.run(`INSERT INTO block_${number} (block_${number}, rank) VALUES (${setting})`);
    }
    return { number: Number(number), firstDoc, lastDoc: LAST_DOC, leads: 0, merged: false };
  }

  number(name: string): number {
    const row = this.db.query<{ value: bigint }, [string]>('SELECT value FROM meta WHERE name = ?').get(name);
    return Number(row?.value ?? 0n);
  }

  setNumber(name: string, value: number): void {
    this.db
      .query<unknown, [string, number]>('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)')
      .run(name, value);
  }
}

/** Whether the file is this database's index; an empty one is made so. */
function isOurs(db: Database, databaseId: string): boolean {
  const number = (pragma: string) => Number(Object.values(db.query(`PRAGMA ${pragma}`).get() as object)[0]);
  const made = db.transaction(() => {
    const { tables } = db.query<{ tables: bigint }, []>('SELECT count(*) AS tables FROM sqlite_schema').get() ?? {};
    if (tables !== 0n) return false;
    db.run(SCHEMA);
    db.query<unknown, [string]>("INSERT INTO meta (name, value) VALUES ('database_id', ?)").run(databaseId);
    db.run(`PRAGMA application_id = ${APPLICATION_ID}`);
    db.run(`PRAGMA user_version = ${FORMAT}`);
    return true;
  });
  if (number('application_id') === 0 && number('user_version') === 0 && made.immediate()) return true;
  if (number('application_id') !== APPLICATION_ID || number('user_version') !== FORMAT) return false;
  const row = db.query<{ value: string }, []>("SELECT value FROM meta WHERE name = 'database_id'").get();
  return row?.value === databaseId;
}

/** Deletes an index and what belongs to it. */
export function removeSearchFile(path: string): void {
  for (const file of [`${path}-wal`, `${path}-shm`, path]) rmSync(file, { force: true });
}

/** What an SQLite error says of the index. */
export type Verdict =
  /** Somebody else writes to it just now. */
  | 'busy'
  /** The disk is full, or may not be written to: the file may be good. */
  | 'disk'
  /** The file was put away, by somebody who has made a new one perhaps. */
  | 'moved'
  | 'damaged';

export function verdictOn(error: SQLiteError): Verdict {
  const code = error.code ?? '';
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return 'busy';
  if (code === 'SQLITE_READONLY_DBMOVED') return 'moved';
  const ofDisk = ['SQLITE_FULL', 'SQLITE_READONLY', 'SQLITE_CANTOPEN', 'SQLITE_PERM', 'SQLITE_NOMEM', 'SQLITE_IOERR'];
  // A file that ends too soon is damaged; other trouble with input and output is the disk's.
  const damaged = code === 'SQLITE_IOERR_SHORT_READ' || code === 'SQLITE_IOERR_CORRUPTFS';
  return !damaged && ofDisk.some((each) => code.startsWith(each)) ? 'disk' : 'damaged';
}
