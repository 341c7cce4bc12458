import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Sync } from '../sheets/sync.ts';
import type { TabReport, TargetDriver } from '../sheets/target.ts';
import type { TargetKind } from '../store/sheets.ts';
import type { Store } from '../store/store.ts';

export interface AuditDeps {
  store: Store;
  sync: Sync;
  drivers: Readonly<Record<TargetKind, TargetDriver>>;
  clock: Clock;
  log: Log;
  /** Ends a comparison under way when the server stops. */
  signal: AbortSignal;
}

const DAY_MS = 86_400_000;

/**
 * Compares every sheet with the database once a day, and says in the log what is missing or doubled. Nothing is sent
 * again by itself: the usual cause is a person who deleted rows. Spec 4, "Verify and repair".
 */
export async function auditSheets(deps: AuditDeps): Promise<void> {
  for (const target of deps.store.sheets.targets()) {
    if (deps.signal.aborted) return;
    if (target.status === 'ok' && isDue(deps, target.book)) await auditSite(deps, target.siteId);
  }
}

/** A tab counts from its first comparison on; one that was just made has nothing to compare yet. */
function isDue({ store, clock }: AuditDeps, book: string): boolean {
  return store.sheets.tabs(book).some((tab) => tab.state === 'ready' && (tab.auditedAt ?? 0) < clock.now() - DAY_MS);
}

async function auditSite({ store, sync, drivers, clock, log, signal }: AuditDeps, siteId: string): Promise<void> {
  const progress = { signal, report: () => {} };
  const reports = await sync.exclusively(siteId, (at) => drivers[at.target.kind].verify(at, null, progress));
  if (signal.aborted) return;
  for (const report of reports) {
    await store.sheets.updateTab(report.tab.id, { auditedAt: clock.now() });
    say(log, siteId, report);
  }
}

function say(log: Log, siteId: string, report: TabReport): void {
  const { tab, inDatabase, inSheet, missing, doubled, problem } = report;
  const data = { site: siteId, tab: tab.id, in_database: inDatabase, in_sheet: inSheet };
  if (problem !== null) log.warn('sheet.not_compared', { ...data, problem: problem.code });
  else if (missing.length + doubled.length === 0) log.info('sheet.compared', data);
  else log.warn('sheet.differs', { ...data, missing: missing.length, doubled: doubled.length });
}
