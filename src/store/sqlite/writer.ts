import { type Database, SQLiteError } from 'bun:sqlite';
import type { Cancel, Clock } from '../../lib/clock.ts';
import { AppError } from '../../lib/errors.ts';
import { Histogram } from '../../lib/metrics.ts';

const PROBE =
  "INSERT INTO meta (name, value) VALUES ('last_probe', ?) ON CONFLICT DO UPDATE SET value = excluded.value";

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** A result that is no promise: an async callback would leave the transaction before its work is done. */
export type Sync<T> = T extends PromiseLike<unknown> ? never : T;

interface Job {
  work: (at: Turn) => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** What one transaction knows: its time-stamp, the same for all that is written in it. */
export interface Turn {
  /** Milliseconds. Each turn's is later than the one before, so ids made in it sort after all earlier ones. */
  now: number;
  /** Whether the clock was set right so far back that ids made now sort before others that exist. */
  late: boolean;
  /** Runs `task` after the commit, or never. For changes to what is kept in memory. */
  onCommit(task: () => void): void;
  /** Runs `task` as the transaction's last work. For sums that all jobs of the turn add to. */
  beforeCommit(task: () => void): void;
  /** What all jobs of this turn share under `key`; made at first use. */
  shared<T>(key: symbol, make: () => T): T;
}

export interface WriterHooks {
  /** The database is locked for writing now: the moment to see what another process wrote. */
  afterBegin(): void;
  /** What the failed turn left in memory is void. */
  afterRollback(): void;
}

/**
 * Times never go back, so that ids keep the order of commits, whatever the machine's clock does: new leads are then
 * a little ahead of it. Only a clock that was ahead by more than this is believed when it is set right: else one start
 * with a wrong year would misdate every lead that follows.
 */
const CLOCK_CORRECTION_MS = 7 * 86_400_000;
/** How often a database that could not be written to is tried again when nobody asks: /readyz must not wait for a lead. */
const PROBE_MS = 5_000;
/**
 * A turn begins once a look at the sockets brought nothing more to write: those who were answered by the turn before
 * are then in it too, and each page and each wait for the disk is shared by as many as there are. It is put off no
 * longer than this, and not beyond so many jobs.
 */
const GATHER_MS = 3;
const GATHER_JOBS = 256;

/**
 * Group commit: whatever asks to write while a commit is under way shares the next one. One immediate
 * transaction, one fsync, then everyone is answered. Design, decision 2.
 */
export class Writer {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #hooks: WriterHooks;
  readonly #begin;
  readonly #commit;
  readonly #rollback;
  /** From the wish for the lock to the answer of the disk, and the disk's part in it. */
  readonly commitTimes = new Histogram('leadtosheet_commit_seconds', 'Time of a whole commit.', SECONDS);
  readonly syncTimes = new Histogram('leadtosheet_fsync_seconds', 'Time to bring a commit to disk.', SECONDS);
  #queue: Job[] = [];
  #scheduled = false;
  #closed = false;
  #lastTurnAt = 0;
  /** The latest moment that ids were made at, as far as is known. */
  #newestAt = 0;
  /** Set while nothing can be written (disk full): the reason, for /readyz. */
  #trouble: string | null = null;
  #cancelProbe: Cancel | null = null;

  constructor(db: Database, clock: Clock, hooks: WriterHooks) {
    this.#db = db;
    this.#clock = clock;
    this.#hooks = hooks;
    this.#begin = db.query('BEGIN IMMEDIATE');
    this.#commit = db.query('COMMIT');
    this.#rollback = db.query('ROLLBACK');
  }

  get queued(): number {
    return this.#queue.length;
  }

  get trouble(): string | null {
    return this.#trouble;
  }

  /** Ids made at or before this moment may exist already: what another process wrote. */
  notBefore(ms: number): void {
    if (ms > this.#lastTurnAt) this.#lastTurnAt = ms;
    if (ms > this.#newestAt) this.#newestAt = ms;
  }

  /**
   * Runs `work` in the next transaction; resolves with its result once that is on disk.
   * `work` may run twice if another job of its turn fails: it must change nothing but the database and caches that
   * a rollback drops, and leave the rest to `onCommit`.
   */
  run<T>(work: (turn: Turn) => Sync<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new AppError('unavailable', 'The server is shutting down. Try again.'));
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve: resolve as (value: unknown) => void, reject });
      if (!this.#scheduled) {
        this.#scheduled = true;
        this.#gather(this.#clock.monotonic(), 1);
      }
    });
  }

  /** @param known how many jobs were queued at the last look */
  #gather(since: number, known: number): void {
    // After the events that are ready now: every request already read joins this commit.
    setImmediate(() => {
      const { length } = this.#queue;
      const waits = length > known && length < GATHER_JOBS && this.#clock.monotonic() - since < GATHER_MS;
      if (waits) this.#gather(since, length);
      else this.#turn();
    });
  }

  /** Commits what is queued and takes no more. */
  close(): void {
    if (this.#queue.length > 0) this.#turn();
    this.#closed = true;
    this.#cancelProbe?.();
  }

  #turn(): void {
    this.#scheduled = false;
    const jobs = this.#queue;
    this.#queue = [];
    if (jobs.length > 0) this.#commitTogether(jobs);
  }

  #commitTogether(jobs: readonly Job[]): void {
    const results: unknown[] = [];
    const afterCommit: (() => void)[] = [];
    const lastWork: (() => void)[] = [];
    const shared = new Map<symbol, unknown>();
    const startedAt = this.#clock.monotonic();
    try {
      this.#begin.run();
      this.#hooks.afterBegin();
      const now = this.#nextTime();
      const turn: Turn = {
        now,
        late: now <= this.#newestAt,
        onCommit: (task) => afterCommit.push(task),
        beforeCommit: (task) => lastWork.push(task),
        shared<T>(key: symbol, make: () => T): T {
          if (!shared.has(key)) shared.set(key, make());
          return shared.get(key) as T;
        },
      };
      for (const job of jobs) results.push(job.work(turn));
      for (const task of lastWork) task();
      const syncedFrom = this.#clock.monotonic();
      this.#commit.run();
      const endedAt = this.#clock.monotonic();
      this.commitTimes.observeMs(endedAt - startedAt);
      this.syncTimes.observeMs(endedAt - syncedFrom);
    } catch (error) {
      this.#undo();
      this.#hooks.afterRollback();
      this.#failed(jobs, error);
      return;
    }
    this.#trouble = null;
    this.#newestAt = Math.max(this.#newestAt, this.#lastTurnAt);
    // It is on disk: from here on nothing can turn into an error what was asked for. Those who wait go on after this turn.
    for (const [i, job] of jobs.entries()) job.resolve(results[i]);
    for (const task of afterCommit) task();
  }

  #undo(): void {
    try {
      if (this.#db.inTransaction) this.#rollback.run();
    } catch (error) {
      // The disk is gone, say. SQLite undoes it when the file is next opened; nothing was promised to anyone.
      if (!(error instanceof SQLiteError)) throw error;
    }
  }

  /** One bad job must not take the others down: each then gets a transaction of its own. */
  #failed(jobs: readonly Job[], error: unknown): void {
    const problem = writeProblem(error);
    if (problem) {
      this.#trouble = problem.message;
      this.#probeLater();
    }
    const [only, ...others] = jobs;
    if (!problem && others.length > 0) {
      for (const job of jobs) this.#commitTogether([job]);
    } else if (problem) {
      for (const job of jobs) job.reject(problem);
    } else {
      only?.reject(error);
    }
  }

  /** Writes a word until that works again. A commit by anyone else ends it too. */
  #probeLater(): void {
    if (this.#closed || this.#cancelProbe) return;
    this.#cancelProbe = this.#clock.after(PROBE_MS, () => {
      this.#cancelProbe = null;
      if (this.#trouble === null) return;
      // A failure has planned the next probe already.
      this.run((turn) => void this.#db.query(PROBE).run(String(turn.now))).catch(() => {});
    });
  }

  #nextTime(): number {
    const now = this.#clock.now();
    const corrected = now < this.#lastTurnAt - CLOCK_CORRECTION_MS;
    this.#lastTurnAt = corrected ? now : Math.max(now, this.#lastTurnAt + 1);
    return this.#lastTurnAt;
  }
}

/** The AppError for a failure of the disk rather than of the work; null for anything else. */
function writeProblem(error: unknown): AppError | null {
  if (!(error instanceof SQLiteError)) return null;
  const code = error.code ?? '';
  const options = { internal: `${code}: ${error.message}`, retryAfterSeconds: 30, cause: error };
  if (code === 'SQLITE_FULL') {
    return new AppError(
      'unavailable',
      'The disk is full, so nothing can be stored. Nothing of this request was taken.',
      options,
    );
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new AppError('unavailable', 'The database is busy. Nothing of this request was taken; try again.', {
      ...options,
      retryAfterSeconds: 1,
    });
  }
  if (
    code.startsWith('SQLITE_IOERR') ||
    code.startsWith('SQLITE_READONLY') ||
    code === 'SQLITE_CANTOPEN' ||
    code.startsWith('SQLITE_CORRUPT')
  ) {
    return new AppError(
      'unavailable',
      'The database can not be written to. Nothing of this request was taken.',
      options,
    );
  }
  return null;
}
