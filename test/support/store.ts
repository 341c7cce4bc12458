import { join } from 'node:path';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { randomIds } from '../../src/lib/ids.ts';
import type { ListLimits } from '../../src/store/sqlite/search/limits.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import { tempDir } from './temp.ts';

/** A real SQLite store on disk, in a folder of its own or in `dir`. */
export function testStore(options: { dir?: string; clock?: Clock; limits?: Partial<ListLimits> } = {}): {
  store: Store;
  dir: string;
  path: string;
} {
  const dir = options.dir ?? tempDir();
  const path = join(dir, 'leadtosheet.db');
  const store = openStore({
    path,
    durability: 'full',
    clock: options.clock ?? systemClock,
    ids: randomIds(),
    secretCheck: 'test',
    ...(options.limits ? { limits: options.limits } : {}),
  });
  return { store, dir, path };
}
