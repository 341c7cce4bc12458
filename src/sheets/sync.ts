import { backoffMs, type Random } from '../lib/backoff.ts';
import type { Clock } from '../lib/clock.ts';
import { AppError, errorText, notFound } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { SheetProblem, SheetTab, SheetTarget, TargetKind } from '../store/sheets.ts';
import type { Store } from '../store/store.ts';
import { type Lane, newLane } from './lane.ts';
import type { FlushOutcome, SiteTarget, TargetDriver } from './target.ts';

/** A flush starts when so many rows wait, or the oldest has waited so long. Spec 4, "Running". */
const FLUSH_ROWS = 500;
const FLUSH_WAIT_MS = 2_000;

/** The least wait after something that passes by itself, whatever a driver or Google asked for. */
const MIN_RETRY_MS = 1_000;

export interface SyncDeps {
  store: Store;
  drivers: Readonly<Record<TargetKind, TargetDriver>>;
  clock: Clock;
  random: Random;
  log: Log;
  /**
   * One incident began (a problem) or is over (null). For alerts. `tab`: only that tab waits for a person, the rest
   * of the book goes on.
   */
  onIncident?(siteId: string, problem: SheetProblem | null, tab: SheetTab | null): void;
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
  /**
   * Runs `work` while no flush of the site is under way, and none starts.
   * @throws AppError unavailable when the server is shutting down; whatever `work` throws
   */
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
      lane = newLane();
      lanes.set(siteId, lane);
    }
    return lane;
  }

  /** Sees to it that the site is flushed in `delayMs`, or sooner if it was going to be. */
  function schedule(siteId: string, delayMs: number): void {
    const lane = laneOf(siteId);
    if (stopped) return;
    if (lane.taken) {
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
      runLane(siteId).catch((error) => log.error('sheet.fault', { site: siteId, reason: errorText(error) }));
    });
  }

  /** Nobody waits for it, and one site's trouble must not end the program: it is dealt with here. */
  async function runLane(siteId: string): Promise<void> {
    const lane = laneOf(siteId);
    if (stopped || lane.taken) return;
    try {
      const at = siteTarget(siteId);
      if (!at || !mayFlush(at)) return;
      lane.taken = true;
      await step(at, lane);
    } catch (error) {
      trouble(siteId, lane, error);
    }
    if (lane.taken) release(siteId, lane);
  }

  /** A paused site is flushed when its recheck is due, and by nothing else. */
  function mayFlush({ site, target }: SiteTarget): boolean {
    if (!site.syncEnabled) return false;
    if (target.status !== 'paused') return true;
    if (target.recheckAt === null) return false;
    const waitMs = target.recheckAt - clock.now();
    if (waitMs > 0) schedule(site.id, waitMs);
    return waitMs <= 0;
  }

  /** One flush, and what follows from it. */
  async function step(at: SiteTarget, lane: Lane): Promise<FlushOutcome> {
    lane.again = false;
    lane.wakeInMs = null;
    lane.fresh = 0;
    const outcome = await flush(at);
    try {
      await act(at, lane, outcome);
    } catch (error) {
      // The disk is full, say. What the driver did is settled; what could not be noted follows with the next step.
      trouble(at.site.id, lane, error);
    }
    return outcome;
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
      holdBack(lane, retryWaitMs(lane, outcome.afterMs));
      lane.again = true;
      if (target.trouble?.code !== outcome.trouble.code) await store.sheets.noteTrouble(site.id, outcome.trouble);
      return;
    }
    lane.failures = 0;
    if (outcome.kind === 'paused') {
      const recheckAt = outcome.recheckMs === null ? null : clock.now() + outcome.recheckMs;
      lane.wakeInMs = outcome.recheckMs;
      const isNew = await store.sheets.pause(site.id, outcome.problem, recheckAt);
      if (isNew) deps.onIncident?.(site.id, outcome.problem, null);
      return;
    }
    if (outcome.kind === 'wrote') {
      holdBack(lane, Math.max(outcome.notBeforeMs, lane.fresh > 0 ? (outcome.restMs ?? 0) : 0));
      lane.again = true;
      reportTabs(site.id, target.book, outcome.pausedTabs ?? []);
    } else {
      lane.wakeInMs = outcome.wakeMs ?? null;
    }
    if (target.status === 'paused') {
      await store.sheets.resume(site.id);
      deps.onIncident?.(site.id, null, null);
    } else if (target.trouble !== null) {
      await store.sheets.noteTrouble(site.id, null);
    }
  }

  /** How long to wait after something that passes by itself. What names its own time (quota) makes no later wait longer. */
  function retryWaitMs(lane: Lane, afterMs: number | null): number {
    if (afterMs !== null) return Math.max(afterMs, MIN_RETRY_MS);
    lane.failures++;
    return backoffMs(lane.failures, deps.random);
  }

  /** One incident for each tab that was paused in this step. */
  function reportTabs(siteId: string, book: string, tabIds: readonly string[]): void {
    if (tabIds.length === 0) return;
    for (const tab of store.sheets.tabs(book)) {
      if (!tabIds.includes(tab.id) || tab.problem === null) continue;
      log.warn('sheet.tab_paused', { site: siteId, tab: tab.id, ...problemData(tab.problem) });
      deps.onIncident?.(siteId, tab.problem, tab);
    }
  }

  /** The store can't be written to, or a fault of ours outside a driver: waited out like any other trouble. */
  function trouble(siteId: string, lane: Lane, error: unknown): void {
    log.error('sheet.fault', { site: siteId, reason: errorText(error) });
    lane.failures++;
    holdBack(lane, backoffMs(lane.failures, deps.random));
    lane.again = true;
  }

  function holdBack(lane: Lane, ms: number): void {
    lane.notBefore = clock.monotonic() + ms;
  }

  /** The step is over: whoever waits for the lane has it now, else what came in meanwhile is planned. */
  function release(siteId: string, lane: Lane): void {
    const next = lane.queue.shift();
    if (next) {
      next();
      return;
    }
    lane.taken = false;
    for (const tell of lane.whenFree.splice(0)) tell();
    if (stopped) return;
    if (lane.again) schedule(siteId, gathers(siteId, lane) ? gatherMs(lane) : 0);
    else if (lane.wakeInMs !== null) schedule(siteId, lane.wakeInMs);
  }

  /** A handful that just came in may gather company; rows that a full batch left behind need not wait any more. */
  function gathers(siteId: string, lane: Lane): boolean {
    if (lane.failures > 0 || lane.fresh === 0) return false;
    return lane.fresh < FLUSH_ROWS && store.sheets.counts(siteId).pending <= lane.fresh;
  }

  function gatherMs(lane: Lane): number {
    return lane.fresh >= FLUSH_ROWS ? 0 : Math.max(0, lane.freshSince + FLUSH_WAIT_MS - clock.monotonic());
  }

  function siteTarget(siteId: string): SiteTarget | null {
    const site = store.sites.get(siteId);
    return site ? { site, target: store.sheets.target(siteId) } : null;
  }

  async function exclusively<T>(siteId: string, work: (at: SiteTarget, lane: Lane) => Promise<T>): Promise<T> {
    if (stopped) throw new AppError('unavailable', 'The server is shutting down. Try again.');
    const lane = laneOf(siteId);
    // Handed over by `release`: between two owners nobody else gets in.
    if (lane.taken) await new Promise<void>((resolve) => lane.queue.push(resolve));
    lane.taken = true;
    lane.cancel?.();
    lane.cancel = null;
    lane.again = true;
    try {
      const at = siteTarget(siteId);
      if (!at) throw notFound('site');
      return await work(at, lane);
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
      if (lane.fresh === 0) lane.freshSince = clock.monotonic();
      lane.fresh += rows;
      schedule(siteId, gatherMs(lane));
    },
    sweep() {
      for (const { siteId } of store.sheets.waiting()) schedule(siteId, 0);
      for (const target of store.sheets.targets()) {
        if (isDue(target, clock.now()) || store.sheets.hasChores(target.book)) schedule(target.siteId, 0);
      }
    },
    retryNow: (siteId) => exclusively(siteId, step),
    exclusively,
    async stop() {
      stopped = true;
      for (const lane of lanes.values()) lane.cancel?.();
      const busy = [...lanes.values()].filter((lane) => lane.taken);
      await Promise.all(busy.map((lane) => new Promise<void>((resolve) => lane.whenFree.push(resolve))));
    },
  };
}

function isDue(target: SheetTarget, now: number): boolean {
  return target.status === 'paused' && target.recheckAt !== null && target.recheckAt <= now;
}

function problemData(problem: SheetProblem) {
  return { problem: problem.code, technical: problem.technical };
}
