import { Elysia } from 'elysia';
import type { Clock } from '../lib/clock.ts';
import type { SiteBacklog } from '../store/sheets.ts';
import type { Store } from '../store/store.ts';

/** Why the server should get no traffic now; empty: it should. Spec 7, "Health". */
export type Readiness = () => readonly string[];

/** Rows that wait for longer than this say that writing them does not work. */
const QUEUE_TOO_OLD_MS = 3_600_000;

export interface ReadinessDeps {
  store: Store;
  clock: Clock;
  /** true while shutting down. */
  draining(): boolean;
}

/**
 * Asked every few seconds, so it costs a few index look-ups, however many leads there are or wait. What waits for a
 * person (a paused sheet or tab) is no reason to keep leads away.
 */
export function createReadiness({ store, clock, draining }: ReadinessDeps): Readiness {
  function isStuck({ siteId, oldestCreatedAt }: SiteBacklog): boolean {
    const tooOld = (createdAt: number) => clock.now() - createdAt > QUEUE_TOO_OLD_MS;
    if (!tooOld(oldestCreatedAt) || store.sites.get(siteId)?.syncEnabled !== true) return false;
    const { status, book } = store.sheets.target(siteId);
    if (status === 'paused') return false;
    if (!store.sheets.tabs(book).some((tab) => tab.state === 'paused')) return true;
    // The oldest may belong to a paused tab: only those that may be written count.
    const [next] = store.sheets.nextLeads(siteId, book, 1, 1);
    return next !== undefined && tooOld(next.createdAt);
  }

  return () => {
    const reasons: string[] = [];
    if (draining()) reasons.push('shutting down');
    const { writable, migrated } = store.health();
    if (!migrated) reasons.push('migrations: the database was changed by a newer version of this program');
    if (!writable) reasons.push('disk: the database can not be written to');
    for (const site of store.sheets.backlog()) {
      if (!isStuck(site)) continue;
      const minutes = Math.round((clock.now() - site.oldestCreatedAt) / 60_000);
      reasons.push(`queue too old: rows of ${site.siteId} have waited for ${minutes} minutes`);
    }
    return reasons;
  };
}

export function healthRoutes(readiness: Readiness) {
  return new Elysia()
    .get('/healthz', () => ({ status: 'ok' }))
    .get('/readyz', ({ set }) => {
      const reasons = readiness();
      if (reasons.length === 0) return { status: 'ready', reasons };
      set.status = 503;
      return { status: 'not_ready', reasons };
    });
}
