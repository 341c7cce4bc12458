import { Database, type SQLiteError } from 'bun:sqlite';
import { closeSync, fsyncSync, openSync, rmSync, statSync } from 'node:fs';

/*
 * The index's own database file. All of it can be made again from the leads: what is wrong with it is answered by a
 * new one.
 */

/** Another format is made anew. */
const FORMAT = 1;
/** `LTSi`, so that no other program's file is taken for ours. */
const APPLICATION_ID = 0x4c545369;
/** Writers hold the file for some milliseconds. */
const BUSY_TIMEOUT_MS = 100;

/*
 * The index is cut into blocks by time, each a table of its own. A search goes from block to block until it has what it
 * needs; within one, the longest list to be merged is bounded.
 */

/** In their block, leads are numbered from 1 without a gap: that keeps lists short. Numbers of one block, at most. */
const SLOTS = 65_536;
/** Beginnings of a word of up to so many characters have lists of their own. */
export const LONGEST_BEGINNING = 6;
/** With the site's character before them. */
const PREFIXES = Array.from({ length: LONGEST_BEGINNING }, (_, i) => i + 2).join(' ');

/*
 * A run is a sequence of blocks in which each site's leads stand in the order of their ids. There is one, unless a
 * clock was set back so far that later leads sort before earlier ones: those are in another.
 */
const SCHEMA = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE site (number INTEGER PRIMARY KEY, site_id TEXT NOT NULL UNIQUE) STRICT;
-- The last lead of a site in a run. In run 0: all leads up to it are in the index.
CREATE TABLE reach (site INTEGER, run INTEGER, upto TEXT NOT NULL, PRIMARY KEY (site, run)) STRICT, WITHOUT ROWID;
CREATE TABLE block (number INTEGER PRIMARY KEY, run INTEGER NOT NULL, slots INTEGER NOT NULL, merged INTEGER NOT NULL) STRICT;
CREATE TABLE doc (doc INTEGER PRIMARY KEY, lead_id TEXT NOT NULL) STRICT;
CREATE TABLE entry (site INTEGER, run INTEGER, lead_id TEXT, doc INTEGER NOT NULL, PRIMARY KEY (site, run, lead_id)) STRICT, WITHOUT ROWID;
`;

export interface Block {
  number: number;
  run: number;
  /** How many numbers are given. */
  slots: number;
  /** It takes no more, and its lists are in one piece each. */
  merged: boolean;
}

/** A lead's place in the index: documents of a run sort by it. */
export const docOf = (block: number, slot: number) => block * SLOTS + slot;
export const placeOf = (doc: number) => ({ block: Math.floor(doc / SLOTS), slot: doc % SLOTS });

export class SearchFile {
  readonly db: Database;
  readonly #path: string;
  readonly #inode: number;
  #grown = false;

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
    const db = new Database(path, { create: true, strict: true });
    try {
      db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
      db.run('PRAGMA journal_mode = WAL');
      db.run('PRAGMA synchronous = NORMAL');
      db.run('PRAGMA cache_size = -4000');
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

  /** Whether a block was begun: what the one before needed for its writing is kept in memory until this is closed. */
  get grown(): boolean {
    return this.#grown;
  }

  close(): void {
    this.db.close();
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

  /** The site's number in the index; null: nothing of it is there. */
  site(siteId: string): number | null {
    const row = this.db.query<{ number: number }, [string]>('SELECT number FROM site WHERE site_id = ?').get(siteId);
    return row?.number ?? null;
  }

  /** The last lead of the site in each run, from run 0 on. */
  reach(site: number): { run: number; upto: string }[] {
    return this.db
      .query<{ run: number; upto: string }, [number]>('SELECT run, upto FROM reach WHERE site = ? ORDER BY run')
      .all(site);
  }

  /** All leads of the site up to this one are in the index; empty: none is. */
  upto(siteId: string): string {
    const row = this.db
      .query<{ upto: string }, [string]>(
        'SELECT upto FROM reach WHERE site = (SELECT number FROM site WHERE site_id = ?) AND run = 0',
      )
      .get(siteId);
    return row?.upto ?? '';
  }

  /** Oldest first. */
  blocks(): Block[] {
    return this.db
      .query<Omit<Block, 'merged'> & { merged: number }, []>(
        'SELECT number, run, slots, merged FROM block ORDER BY number',
      )
      .all()
      .map((row) => ({ ...row, merged: row.merged === 1 }));
  }

  addBlock(run: number): Block {
    this.#grown = true;
    const row = this.db
      .query<{ number: number }, [number]>('INSERT INTO block (run, slots, merged) VALUES (?, 0, 0) RETURNING number')
      .get(run);
    if (!row) throw new Error('a block was not added');
    const table = `block_${row.number}`;
    this.db.run(
      `CREATE VIRTUAL TABLE ${table} USING fts5
       (tokens, content='', contentless_delete=1, detail=none, tokenize='ascii', prefix='${PREFIXES}')`,
    );
    // Merging is done in small steps of our own, never by a writer that happens to fill a level.
    for (const setting of [`'automerge', 0`, `'crisismerge', 500`, `'usermerge', 8`]) {
      this.db.run(`INSERT INTO ${table} (${table}, rank) VALUES (${setting})`);
    }
    return { number: row.number, run, slots: 0, merged: false };
  }

  number(name: string): number {
    const row = this.db.query<{ value: number }, [string]>('SELECT value FROM meta WHERE name = ?').get(name);
    return row?.value ?? 0;
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
    const tables = db.query<{ n: number }, []>('SELECT count(*) AS n FROM sqlite_schema').get()?.n;
    if (tables !== 0) return false;
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
