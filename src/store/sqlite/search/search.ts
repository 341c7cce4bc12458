import { type Database, SQLiteError } from 'bun:sqlite';
import type { Cancel, Clock } from '../../../lib/clock.ts';
import type { LogData } from '../../../lib/log.ts';
import { removeSearchFile, SearchFile, verdictOn } from './file.ts';
import { Indexer } from './indexer.ts';
import type { ListLimits } from './limits.ts';
import { mergeLists } from './writing.ts';

/** How long a slice of work may take, about: nobody waits longer for it. */
const SLICE_MS = 2;
const [MIN_SLICE, START_SLICE, MAX_SLICE] = [4, 16, 128] as const;
/** What is worked at a stretch, to what is rested: while leads come in, and while none do. */
const [BUSY_REST, QUIET_REST] = [19, 1] as const;
/** How long after trouble with the file it is tried again; and in how long a second rebuilding is one of these. */
const [RETRY_MS, REBUILD_AGAIN_MS] = [2_000, 60_000] as const;
/** Pages that are merged at a stretch when a block is full. */
const MERGE_SLICE_PAGES = 48;

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

/** Says what happened to the index: `search.rebuilding`, `search.built`, `search.unavailable`. */
export type SayOfIndex = (event: string, data: LogData) => void;

export interface Search {
  /**
   * The index, with all that is known of the site if that is little to take in; `complete` says whether it was. Null:
   * there is none to be had just now.
   */
  at<T>(siteId: string, look: (file: SearchFile, complete: boolean) => T): T | null;
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
  let seenChanges = -1;
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
    const opened = SearchFile.open(path, databaseId());
    if (opened && !indexer.isAheadOfLeads(opened)) {
      file = opened;
      return file;
    }
    note('search.rebuilding', { reason: opened ? 'the database is older than it' : 'made for another' });
    opened?.close();
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
      if (!(error instanceof SQLiteError)) throw error;
      const verdict = verdictOn(error);
      if (verdict === 'busy') return null;
      const now = clock.monotonic();
      // A new file is begun with at once; one that is damaged again and again is not to keep the machine busy.
      retryAt = verdict === 'disk' || now < rebuiltAt + REBUILD_AGAIN_MS ? now + RETRY_MS : now;
      note(verdict === 'disk' ? 'search.unavailable' : 'search.rebuilding', { reason: error.message });
      if (verdict === 'damaged') {
        rebuiltAt = now;
        if (file === null || !file.replaced) removeSearchFile(path);
      }
      shut();
      return null;
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
    taken += done;
    sliceLeads = Math.round(Math.min(MAX_SLICE, 2 * sliceLeads, Math.max(MIN_SLICE, (sliceLeads * SLICE_MS) / tookMs)));
    const now = changes.get()?.n ?? 0;
    const rest = tookMs * (now === seenChanges ? QUIET_REST : BUSY_REST);
    seenChanges = now;
    cancelStep = clock.after(Math.max(1, rest), () => step(say));
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
    at: (siteId, look) =>
      guarded((opened) => {
        const complete = bring(opened, siteId);
        return look(opened, complete);
      }),
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

  function bring(opened: SearchFile, siteId: string): boolean {
    try {
      return indexer.bring(opened, siteId, limits.bring);
    } catch (error) {
      if (error instanceof SQLiteError && verdictOn(error) === 'busy') return false;
      throw error;
    }
  }
}
