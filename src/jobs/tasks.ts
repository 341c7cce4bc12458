import type { Clock } from '../lib/clock.ts';
import type { Sync } from '../sheets/sync.ts';
import type { Store } from '../store/store.ts';
import type { Task } from './scheduler.ts';

/** Everything the server does by the clock. */
export function serverTasks({ store, sync, clock }: { store: Store; sync: Sync; clock: Clock }): Task[] {
  return [
    // What the command line changed holds within a second: a revoked key, another sheet, leads sent again.
    {
      name: 'refresh',
      everyMs: 1_000,
      run() {
        if (store.refresh()) sync.sweep();
      },
    },
    { name: 'sweep', everyMs: 300_000, run: () => sync.sweep() },
    { name: 'prune', everyMs: 3_600_000, run: () => store.prune(clock.now()) },
  ];
}
