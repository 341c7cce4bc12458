import { errorText } from '../../lib/errors.ts';
import type { AdminServices } from './services.ts';

/** How work ends whatever it is: somebody stopped it, or it could not be done. */
export type Ended = { kind: 'stopped' } | { kind: 'failed' };

/** One piece of long work for a site: under way, or the last that was. Kept while the server runs. */
export interface Task<Kind, Found> {
  kind: Kind;
  startedAt: number;
  /** So far, of so many; null: nobody knows. */
  done: number;
  total: number | null;
  stopping: AbortController;
  /** What came of it; null: it is under way. */
  finding: Found | Ended | null;
  finishedAt: number | null;
}

/** Long work of one sort, at most one piece at a time for each site. */
export interface Tasks<Kind, Found> {
  of(services: AdminServices, siteId: string): Task<Kind, Found> | null;
  /** Starts it, unless something is under way for this site already. Whoever asked need not wait. */
  start(
    services: AdminServices,
    siteId: string,
    kind: Kind,
    run: (task: Task<Kind, Found>) => Promise<Found | Ended>,
  ): boolean;
}

/** @param name of the sort of work, for the log */
export function createTasks<Kind extends string, Found extends { kind: string }>(name: string): Tasks<Kind, Found> {
  // By server: two of them in one process (tests) know nothing of each other.
  const servers = new WeakMap<AdminServices, Map<string, Task<Kind, Found>>>();
  const tasksOf = (services: AdminServices) => {
    const known = servers.get(services) ?? new Map<string, Task<Kind, Found>>();
    servers.set(services, known);
    return known;
  };
  return {
    of: (services, siteId) => tasksOf(services).get(siteId) ?? null,
    start(services, siteId, kind, run) {
      const all = tasksOf(services);
      const before = all.get(siteId);
      if (before && before.finding === null) return false;
      const task: Task<Kind, Found> = {
        kind,
        startedAt: services.clock.now(),
        done: 0,
        total: null,
        stopping: new AbortController(),
        finding: null,
        finishedAt: null,
      };
      all.set(siteId, task);
      run(task)
        .catch((error): Ended => {
          services.log.error(`admin.${name}_failed`, { site: siteId, work: kind, reason: errorText(error) });
          return { kind: 'failed' };
        })
        .then((found) => {
          task.finding = task.stopping.signal.aborted && found.kind !== 'failed' ? { kind: 'stopped' } : found;
          task.finishedAt = services.clock.now();
        });
      return true;
    },
  };
}
