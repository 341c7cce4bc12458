import { type Database, SQLiteError } from 'bun:sqlite';
import type { Cancel, Clock } from '../../../lib/clock.ts';
import { errorText } from '../../../lib/errors.ts';
import type { LogData } from '../../../lib/log.ts';
import { removeSearchFile, SearchFile, verdictOn } from './file.ts';
import { Indexer, type Known } from './indexer.ts';
import type { ListLimits } from './limits.ts';
import { mergeLists } from './writing.ts';

/** How long a slice of work may take, about: nobody waits longer for it. */
const SLICE_MS = 2;
const [MIN_SLICE, START_SLICE, MAX_SLICE] = [4, 16, 128] as const;
/** What is rested for each millisecond of work: while leads come in, and while none do. */
const [BUSY_REST, QUIET_REST] = [19, 1] as const;
/** While the database changes by so many rows a second, hardly anything is done: taking leads comes first. */
const [FLOOD_ROWS, FLOOD_REST_MS] = [1_000, 500] as const;
/** How long after trouble with the file it is tried again; and in how long a second rebuilding is one of these. */
const [RETRY_MS, REBUILD_AGAIN_MS] = [2_000, 60_000] as const;
/** Pages that are merged at a stretch when a block is full. */
const MERGE_SLICE_PAGES = 48;

const SAID_OF = {
  damaged: 'search.rebuilding',
  moved: 'search.rebuilding',
  disk: 'search.unavailable',
  /** An error of ours: lists go by the tables. */
  fault: 'search.fault',
} as const;

export interface SearchDeps {
  /** The database with the leads. */
  main: Database;
  path: string;
  clock: Clock;
  siteIds(): readonly string[];
  limits: ListLimits;
  /** Forgets changes up to this one: the index has them on disk. */
  settle(seq: number): Promise<void>;
}

/** Says what happened to the index: `search.rebuilding`, `search.built`, `search.unavailable`, `search.fault`. */
export type SayOfIndex = (event: string, data: LogData) => void;

export interface Search {
  /**
   * The index, with what was still to be taken in if that is little. Null: there is none to be had just now.
   */
  at<T>(siteId: string, look: (file: SearchFile, known: Known) => T): T | null;
  /** Starts to take in what waits, in small slices with rests between; returns at once. */
  tend(say: SayOfIndex): void;
  close(): void;
}

/**
 * The search index and its upkeep. Nothing here throws because of the index's file: what is wrong with it is told by
 * `tend`, and the file is made anew.
 */
export function createSearch(deps: SearchDeps): Search {
  const { main, clock, path, limits } = deps;
  const indexer = new Indexer(main, deps.siteIds, limits.blockLeads);
  const changes = main.query<{ n: number }, []>('SELECT total_changes() AS n');
  let file: SearchFile | null = null;
  let closed = false;
  let retryAt = Number.NEGATIVE_INFINITY;
  let rebuiltAt = Number.NEGATIVE_INFINITY;
  const untold: Parameters<SayOfIndex>[] = [];
  let cancelStep: Cancel | null = null;
  let sliceLeads: number = START_SLICE;
  let seen = { changes: -1, at: 0 };
  let settling = false;
  let taken = 0;
  let said = '';

  const databaseId = (): string =>
    main.query<{ value: string }, []>("SELECT value FROM meta WHERE name = 'database_id'").get()?.value ?? '';

  function note(event: Parameters<SayOfIndex>[0], data: LogData): void {
    // A disk that stays full is told once.
    const text = `${event} ${JSON.stringify(data)}`;
    if (text !== said) untold.push([event, data]);
    said = text;
  }

  function open(): SearchFile | null {
    if (file || closed || clock.monotonic() < retryAt) return file;
    file = SearchFile.open(path, databaseId());
    if (file && !indexer.isAheadOfLeads(file)) return file;
    note('search.rebuilding', { reason: file ? 'the database is older than it' : 'made for another' });
    shut();
    removeSearchFile(path);
    file = SearchFile.open(path, databaseId());
    return file;
  }

  function shut(): void {
    const shutting = file;
    file = null;
    indexer.forget();
    try {
      shutting?.close();
    } catch (error) {
      if (!(error instanceof SQLiteError)) throw error;
    }
  }

  /** Runs `work` on the index; null when that can't be done just now. */
  function guarded<T>(work: (file: SearchFile) => T): T | null {
    try {
      const opened = open();
      return opened === null ? null : work(opened);
    } catch (error) {
      giveUp(error);
      return null;
    }
  }

  /** Leaves a file that is of no use, and deletes it if that helps. Whatever is wrong, nobody is to notice but the log. */
  function giveUp(error: unknown): void {
    const verdict = error instanceof SQLiteError ? verdictOn(error) : 'fault';
    if (verdict === 'busy') return;
    const now = clock.monotonic();
    const again = now < rebuiltAt + REBUILD_AGAIN_MS;
    // A new file is begun with at once; one that is damaged again and again is not to keep the machine busy.
    retryAt = verdict === 'damaged' || verdict === 'moved' ? now + (again ? RETRY_MS : 0) : now + RETRY_MS;
    note(SAID_OF[verdict], { reason: errorText(error) });
    try {
      if (verdict === 'damaged') {
        rebuiltAt = now;
        if (file === null || !file.replaced) removeSearchFile(path);
      }
      shut();
    } catch (trouble) {
      file = null;
      retryAt = now + RETRY_MS;
      note('search.unavailable', { reason: errorText(trouble) });
    }
  }

  function step(say: SayOfIndex): void {
    cancelStep = null;
    if (closed) return;
    const startedAt = clock.monotonic();
    const done = guarded((opened) => indexer.slice(opened, sliceLeads) || mergeFull(opened));
    const tookMs = Math.max(clock.monotonic() - startedAt, 0.1);
    for (const told of untold.splice(0)) say(...told);
    if (done === null || done === 0) {
      if (done === 0 && taken > MAX_SLICE) say('search.built', { leads: taken });
      taken = 0;
      settle();
      return;
    }
    if (file?.grown) shut();
    taken += done;
    said = '';
    sliceLeads = Math.round(Math.min(MAX_SLICE, 2 * sliceLeads, Math.max(MIN_SLICE, (sliceLeads * SLICE_MS) / tookMs)));
    cancelStep = clock.after(restAfter(tookMs), () => step(say));
  }

  /** How long to leave the machine to others after a slice, in milliseconds. */
  function restAfter(tookMs: number): number {
    const before = seen;
    seen = { changes: changes.get()?.n ?? 0, at: clock.monotonic() };
    const rows = seen.changes - before.changes;
    if (rows === 0) return Math.max(1, tookMs * QUIET_REST);
    const perSecond = (rows * 1_000) / Math.max(1, seen.at - before.at);
    return perSecond > FLOOD_ROWS ? FLOOD_REST_MS : Math.max(1, tookMs * BUSY_REST);
  }

  /** One slice of merging of a block that is full. @returns 1 if there was something to do */
  function mergeFull(opened: SearchFile): number {
    const block = opened.blocks().find(({ merged, slots }) => !merged && slots >= limits.blockLeads);
    if (!block) return 0;
    opened.write(() => {
      const changesOf = opened.db.query<{ n: number }, []>('SELECT total_changes() AS n');
      const before = changesOf.get()?.n ?? 0;
      mergeLists(opened, block.number, -MERGE_SLICE_PAGES);
      // As FTS5 says that nothing was left to merge.
      if ((changesOf.get()?.n ?? 0) - before < 2) {
        opened.db.query<unknown, [number]>('UPDATE block SET merged = 1 WHERE number = ?').run(block.number);
      }
    });
    return 1;
  }

  /** What was noted for the index and is in it for good is forgotten, a part at a time. */
  function settle(): void {
    if (settling || closed) return;
    const seq = guarded((opened) => {
      const settled = indexer.settledSeq(opened);
      if (settled !== null) opened.sync();
      return settled;
    });
    if (seq === null) return;
    settling = true;
    // A database that can't be written to says so elsewhere; the next round tries again.
    deps
      .settle(seq)
      .catch(() => {})
      .finally(() => {
        settling = false;
      });
  }

  return {
    at: (siteId, look) => guarded((opened) => look(opened, bring(opened, siteId))),
    tend(say) {
      if (closed || cancelStep) return;
      if (file?.replaced) {
        note('search.rebuilding', { reason: 'the file was put away' });
        shut();
      }
      step(say);
    },
    close() {
      closed = true;
      cancelStep?.();
      shut();
    },
  };

  function bring(opened: SearchFile, siteId: string): Known {
    try {
      return indexer.bring(opened, siteId, limits.bring);
    } catch (error) {
      if (error instanceof SQLiteError && verdictOn(error) === 'busy') return { complete: false, current: false };
      throw error;
    }
  }
}
