import { silentLog } from '../../src/lib/log.ts';
import { createSync, type Sync } from '../../src/sheets/sync.ts';
import type { FlushOutcome, SiteTarget, TargetDriver } from '../../src/sheets/target.ts';
import type { SheetProblem, SheetTab } from '../../src/store/sheets.ts';
import type { Store } from '../../src/store/store.ts';
import { settle, TestClock } from '../support/clock.ts';
import { newLead } from '../support/leads.ts';
import { testStore } from '../support/store.ts';

export const IDLE: FlushOutcome = { kind: 'idle' };
export const problem = (code: string): SheetProblem => ({ code, message: `${code}.`, technical: null });
export const retry = (code = 'google_down', afterMs: number | null = null): FlushOutcome => ({
  kind: 'retry',
  trouble: problem(code),
  afterMs,
});
export const paused = (code = 'not_shared', recheckMs: number | null = 3_600_000): FlushOutcome => ({
  kind: 'paused',
  problem: problem(code),
  recheckMs,
});
export const wrote = (rows: number, notBeforeMs = 0): FlushOutcome => ({ kind: 'wrote', rows, cells: 0, notBeforeMs });

type Answer = FlushOutcome | Error | Promise<FlushOutcome> | ((at: SiteTarget) => Promise<FlushOutcome>);

export interface Incident {
  siteId: string;
  code: string | null;
  tab: string | null;
}

/** The flush engine on a real store and a test clock, with a driver that does what it is told. */
export interface SyncHarness {
  store: Store;
  sync: Sync;
  clock: TestClock;
  siteId: string;
  /** The driver's next answers for a site, in order; after them it writes whatever waits, at most 1,000 rows. */
  script(siteId: string, ...answers: Answer[]): void;
  /** Each flush so far: site and clock.monotonic. */
  calls: { siteId: string; atMs: number }[];
  incidents: Incident[];
  /** The most flushes of one site that ever ran at once. */
  mostAtOnce(): number;
  /** Stores leads and wakes the engine, as intake does. */
  leads(siteId: string, count: number, form?: string): Promise<void>;
  /** Stores leads, and the wake-up gets lost. */
  leadsUnnoticed(siteId: string, count: number, form?: string): Promise<void>;
  pass(ms: number): Promise<void>;
  callTimes(siteId: string): number[];
}

export async function syncHarness(options: { wrap?(store: Store): Store } = {}): Promise<SyncHarness> {
  const clock = new TestClock();
  const { store: real } = testStore({ clock });
  const store = options.wrap?.(real) ?? real;
  const site = await real.sites.create({ name: 'Shop' });
  const calls: SyncHarness['calls'] = [];
  const incidents: Incident[] = [];
  const scripts = new Map<string, Answer[]>();
  const running = new Map<string, number>();
  let most = 0;

  async function answer(at: SiteTarget): Promise<FlushOutcome> {
    const next = scripts.get(at.site.id)?.shift();
    if (next instanceof Error) throw next;
    if (typeof next === 'function') return next(at);
    return next ?? writeWaiting(real, at);
  }
  const driver: TargetDriver = {
    kind: 'local',
    async flush(at) {
      const siteId = at.site.id;
      calls.push({ siteId, atMs: clock.monotonic() });
      const now = (running.get(siteId) ?? 0) + 1;
      running.set(siteId, now);
      most = Math.max(most, now);
      try {
        return await answer(at);
      } finally {
        running.set(siteId, now - 1);
      }
    },
    verify: async () => [],
    check: async () => ({ ok: true, shareWith: null, steps: [] }),
    rows: async () => [],
  };
  const sync = createSync({
    store,
    drivers: { local: driver, google: driver },
    clock,
    random: () => 0,
    log: silentLog,
    onIncident: (siteId: string, found: SheetProblem | null, tab: SheetTab | null) =>
      incidents.push({ siteId, code: found?.code ?? null, tab: tab?.title ?? null }),
  });
  const leadsUnnoticed: SyncHarness['leadsUnnoticed'] = async (siteId, count, form = 'API') => {
    const items = Array.from({ length: count }, (_, i) => ({ lead: newLead({ n: `${i}` }, { form }) }));
    await real.leads.accept({ siteId, items, idempotency: null });
  };
  return {
    store: real,
    sync,
    clock,
    siteId: site.id,
    calls,
    incidents,
    script: (siteId, ...answers) => void scripts.set(siteId, answers),
    mostAtOnce: () => most,
    leadsUnnoticed,
    async leads(siteId, count, form) {
      await leadsUnnoticed(siteId, count, form);
      sync.wake(siteId, count);
    },
    async pass(ms) {
      await clock.advanceAndSettle(ms);
      await settle();
    },
    callTimes: (siteId) => calls.filter((call) => call.siteId === siteId).map((call) => call.atMs),
  };
}

/** What a healthy driver does: the next rows, settled. */
async function writeWaiting(store: Store, { site, target }: SiteTarget): Promise<FlushOutcome> {
  const leads = store.sheets.nextLeads(site.id, target.book, 1_000, 1_500_000);
  if (leads.length === 0) return IDLE;
  await store.sheets.markSynced(
    site.id,
    leads.map((lead) => lead.id),
  );
  return wrote(leads.length);
}

/** A promise and what resolves it: a flush that lasts until the test says so. */
export function later<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  const { promise, resolve } = Promise.withResolvers<T>();
  return { promise, resolve };
}
