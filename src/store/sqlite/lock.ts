import { Database, SQLiteError } from 'bun:sqlite';
import { readFileSync, writeFileSync } from 'node:fs';
import { type Clock, sleep } from '../../lib/clock.ts';

/** Held by the one server that works on a data folder. */
export interface ServerLock {
  release(): void;
}

export type LockResult =
  | { ok: true; lock: ServerLock }
  /** Another server holds it; its process id where known. */
  | { ok: false; pid: number | null };

export interface LockOptions {
  /** The lock file. Its own: SQLite's locks on it never meet those on the database. */
  path: string;
  pid: number;
  /** How long to wait for the other server to let go, in milliseconds. Spec 7: 20 s. */
  waitMs: number;
  clock: Clock;
  /** Called once, when it turns out that there is somebody to wait for. */
  onWait?: (pid: number | null) => void;
}

const POLL_MS = 100;

/**
 * Takes the lock between servers: an exclusive SQLite transaction on a file of its own, never committed. The
 * system lets go of it with the process, `kill -9` included. The holder's process id stands in `PATH.pid`.
 */
export async function acquireServerLock(options: LockOptions): Promise<LockResult> {
  const { path, clock, waitMs } = options;
  const deadline = clock.monotonic() + waitMs;
  const pidPath = `${path}.pid`;
  let waited = false;
  for (;;) {
    const db = tryLock(path);
    if (db !== null) {
      notePid(pidPath, options.pid);
      return { ok: true, lock: { release: () => db.close() } };
    }
    if (clock.monotonic() >= deadline) return { ok: false, pid: readPid(pidPath) };
    if (!waited) options.onWait?.(readPid(pidPath));
    waited = true;
    await sleep(clock, POLL_MS);
  }
}

/** Whether a server works on the folder right now, and which one. Takes nothing. */
export function lookAtServerLock(path: string): { held: boolean; pid: number | null } {
  const db = tryLock(path);
  db?.close();
  return db === null ? { held: true, pid: readPid(`${path}.pid`) } : { held: false, pid: null };
}

/** The connection that holds the lock; null: somebody else does. */
function tryLock(path: string): Database | null {
  const db = new Database(path, { create: true });
  try {
    db.run('PRAGMA busy_timeout = 0');
    // Nothing is ever written here, so it holds on a full disk too: a journal file would need room.
    db.run('PRAGMA journal_mode = MEMORY');
    db.run('BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db.close();
    if (error instanceof SQLiteError && error.code?.startsWith('SQLITE_BUSY')) return null;
    throw error;
  }
}

function notePid(path: string, pid: number): void {
  try {
    writeFileSync(path, `${pid}\n`, { mode: 0o600 });
  } catch {
    // The disk is full, say. The lock is held all the same, and whoever needs the disk says more of it.
  }
}

function readPid(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch {
    // Written by the holder right after it took the lock; without it only the message is poorer.
    return null;
  }
}
