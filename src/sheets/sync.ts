import { backoffMs, type Random } from '../lib/backoff.ts';
import type { Cancel, Clock } from '../lib/clock.ts';
import { errorText } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { SheetProblem, SheetTarget, TargetKind } from '../store/sheets.ts';
import type { Store } from '../store/store.ts';
import type { FlushOutcome, SiteTarget, TargetDriver } from './target.ts';

/** A flush starts when so many rows wait, or the oldest has waited so long. Spec 4, "Running". */
const FLUSH_ROWS = 500;
const FLUSH_WAIT_MS = 2_000;

export interface SyncDeps {
  store: Store;
  drivers: Readonly<Record<TargetKind, TargetDriver>>;
  clock: Clock;
  random: Random;
  log: Log;
  /** One incident began (a problem) or is over (null). For alerts. */
  onIncident?(siteId: string, problem: SheetProblem | null): void;
}

/** What one site's flushing stands at. In memory alone: all that must survive is in the store. */
interface Lane {
  running: boolean;
  /** Rows that came in since the last flush began. */
  fresh: number;
  /** Something came in while a flush ran. */
  again: boolean;
  failures: number;
  /** Not before this moment (clock.monotonic), whatever waits: a backoff or the book's own pace. */
  notBefore: number;
  dueAt: number;
  /** When the driver wants to be asked again though nothing new comes in; null: never. */
  wakeMs: number | null;
  cancel: Cancel | null;
  /** Who holds the lane for long work (verify, a change of target). */
  queue: (() => void)[];
}

/**
 * Keeps every site's sheet up to date: decides when a book is flushed, and acts on what came of it. One flush at a
 * time per site; sites never wait for each other. Nothing waits in memory alone: a lost wake-up is found by the sweep.
 */
export interface Sync {
  /** Leads of the site were stored, or cells changed. */
  wake(siteId: string, rows: number): void;
  /** Looks for waiting rows of every site, paused sites that are due, and changed targets. */
  sweep(): void;
  /** Looks at a paused site again now. Resolves with the outcome of the attempt. */
  retryNow(siteId: string): Promise<FlushOutcome>;
  /** Runs `work` while no flush of the site is under way, and none starts. */
  exclusively<T>(siteId: string, work: (at: SiteTarget) => Promise<T>): Promise<T>;
  /** Starts no more flushes and waits for those under way. */
  stop(): Promise<void>;
}

export function createSync(deps: SyncDeps): Sync {
  const { store, clock, log } = deps;
  const lanes = new Map<string, Lane>();
  let stopped = false;

  function laneOf(siteId: string): Lane {
    let lane = lanes.get(siteId);
    if (!lane) {
      lane = {
        running: false,
        fresh: 0,
        again: false,
        failures: 0,
        notBefore: 0,
        dueAt: Infinity,
        wakeMs: null,
        cancel: null,
        queue: [],
      };
      lanes.set(siteId, lane);
    }
    return lane;
  }

  /** Sees to it that the site is flushed in `delayMs`, or sooner if it was going to be. */
  function schedule(siteId: string, delayMs: number): void {
    const lane = laneOf(siteId);
    if (stopped) return;
    if (lane.running) {
      lane.again = true;
      return;
    }
    const now = clock.monotonic();
    const dueAt = Math.max(now + delayMs, lane.notBefore);
    if (lane.cancel && lane.dueAt <= dueAt) return;
    lane.cancel?.();
    lane.dueAt = dueAt;
    lane.cancel = clock.after(dueAt - now, () => {
      lane.cancel = null;
      void runLane(siteId);
    });
  }

  async function runLane(siteId: string): Promise<FlushOutcome | null> {
    const lane = laneOf(siteId);
    if (stopped || lane.running) return null;
    const at = siteTarget(siteId);
    if (!at) return null;
    if (at.target.status === 'paused' && (at.target.recheckAt === null || at.target.recheckAt > clock.now()))
      return null;
    lane.running = true;
    lane.again = false;
    lane.wakeMs = null;
    lane.fresh = 0;
    try {
      const outcome = await flush(at);
      await act(at, lane, outcome);
      return outcome;
    } finally {
      release(siteId, lane);
    }
  }

  async function flush(at: SiteTarget): Promise<FlushOutcome> {
    const startedAt = clock.monotonic();
    try {
      const outcome = await deps.drivers[at.target.kind].flush(at);
      logFlush(at, outcome, clock.monotonic() - startedAt);
      return outcome;
    } catch (error) {
      // A fault of ours. The rows wait in the store: trying again is safe, and the log says what to mend.
      log.error('sheet.fault', { site: at.site.id, reason: errorText(error) });
      const message =
        'The rows could not be written because of a fault in this program. They are kept, and it is tried again.';
      return { kind: 'retry', trouble: { code: 'fault', message, technical: errorText(error) }, afterMs: null };
    }
  }

  async function act({ site, target }: SiteTarget, lane: Lane, outcome: FlushOutcome): Promise<void> {
    if (outcome.kind === 'retry') {
      lane.failures++;
      const wait = Math.max(backoffMs(lane.failures, deps.random), outcome.afterMs ?? 0);
      // Quota has its own time to wait: it is no failure that should make the next wait longer.
      holdBack(lane, outcome.afterMs === null ? wait : outcome.afterMs);
      lane.again = true;
      if (target.trouble?.code !== outcome.trouble.code) await store.sheets.noteTrouble(site.id, outcome.trouble);
      return;
    }
    lane.failures = 0;
    if (outcome.kind === 'paused') {
      const recheckAt = outcome.recheckMs === null ? null : clock.now() + outcome.recheckMs;
      if (await store.sheets.pause(site.id, outcome.problem, recheckAt)) deps.onIncident?.(site.id, outcome.problem);
      return;
    }
    if (target.status === 'paused') {
      await store.sheets.resume(site.id);
      deps.onIncident?.(site.id, null);
    } else if (target.trouble !== null) {
      await store.sheets.noteTrouble(site.id, null);
    }
    if (outcome.kind === 'idle') lane.wakeMs = outcome.wakeMs ?? null;
    if (outcome.kind === 'wrote') {
      holdBack(lane, outcome.notBeforeMs);
      lane.again = true;
    }
  }

  function holdBack(lane: Lane, ms: number): void {
    lane.notBefore = clock.monotonic() + ms;
  }

  /** The lane is free again: whoever waits for it goes first, then what came in meanwhile. */
  function release(siteId: string, lane: Lane): void {
    lane.running = false;
    const next = lane.queue.shift();
    if (next) {
      next();
      return;
    }
    if (stopped) return;
    if (!lane.again) {
      if (lane.wakeMs !== null) schedule(siteId, lane.wakeMs);
      return;
    }
    const waiting = store.sheets.counts(siteId).pending;
    // Rows that a full batch left behind need not wait any more; a handful that just came in may gather company.
    const fresh = lane.fresh < FLUSH_ROWS && waiting <= lane.fresh;
    schedule(siteId, lane.failures === 0 && fresh ? FLUSH_WAIT_MS : 0);
  }

  function siteTarget(siteId: string): SiteTarget | null {
    const site = store.sites.get(siteId);
    return site ? { site, target: store.sheets.target(siteId) } : null;
  }

  async function exclusively<T>(siteId: string, work: (at: SiteTarget) => Promise<T>): Promise<T> {
    const lane = laneOf(siteId);
    if (lane.running) await new Promise<void>((resolve) => lane.queue.push(resolve));
    lane.cancel?.();
    lane.cancel = null;
    lane.running = true;
    lane.again = true;
    try {
      const at = siteTarget(siteId);
      if (!at) throw new Error('no such site');
      return await work(at);
    } finally {
      release(siteId, lane);
    }
  }

  function logFlush(at: SiteTarget, outcome: FlushOutcome, ms: number): void {
    const line = { site: at.site.id, target: at.target.kind, ms: Math.round(ms) };
    if (outcome.kind === 'wrote') log.info('sheet.flushed', { ...line, rows: outcome.rows, cells: outcome.cells });
    if (outcome.kind === 'retry') log.warn('sheet.retry', { ...line, ...problemData(outcome.trouble) });
    if (outcome.kind === 'paused') log.warn('sheet.paused', { ...line, ...problemData(outcome.problem) });
  }

  return {
    wake(siteId, rows) {
      const lane = laneOf(siteId);
      lane.fresh += rows;
      schedule(siteId, lane.fresh >= FLUSH_ROWS ? 0 : FLUSH_WAIT_MS);
    },
    sweep() {
      for (const { siteId } of store.sheets.waiting()) schedule(siteId, 0);
      for (const target of store.sheets.targets()) {
        if (isDue(target, clock.now())) schedule(target.siteId, 0);
      }
    },
    retryNow: (siteId) =>
      exclusively(siteId, async (at) => {
        const lane = laneOf(siteId);
        const outcome = await flush(at);
        await act(at, lane, outcome);
        return outcome;
      }),
    exclusively,
    async stop() {
      stopped = true;
      for (const lane of lanes.values()) lane.cancel?.();
      const busy = [...lanes.values()].filter((lane) => lane.running);
      await Promise.all(busy.map((lane) => new Promise<void>((resolve) => lane.queue.push(resolve))));
    },
  };
}

function isDue(target: SheetTarget, now: number): boolean {
  return target.status === 'paused' && target.recheckAt !== null && target.recheckAt <= now;
}

function problemData(problem: SheetProblem) {
  return { problem: problem.code, technical: problem.technical };
}
