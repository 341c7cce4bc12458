import { type AuditDeps, auditSheets } from './audit.ts';
import type { Task } from './scheduler.ts';

/** Everything the server does by the clock. */
export function serverTasks(deps: AuditDeps): Task[] {
  const { store, sync, clock, log } = deps;
  return [
    // What the command line changed holds within a second: a revoked key, another sheet, leads sent again.
    {
      name: 'refresh',
      everyMs: 1_000,
      run() {
        if (store.refresh()) sync.sweep();
      },
    },
    { name: 'search', everyMs: 500, run: () => store.tendSearch(log.info) },
    { name: 'sweep', everyMs: 300_000, run: () => sync.sweep() },
    // Looks each hour, compares each day: a server that is restarted often gets its turn too.
    { name: 'audit', everyMs: 3_600_000, run: () => auditSheets(deps) },
    { name: 'prune', everyMs: 3_600_000, run: () => store.prune(clock.now()) },
  ];
}
