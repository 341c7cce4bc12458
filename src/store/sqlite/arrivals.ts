import { eq } from 'drizzle-orm';
import type { ArrivalStore } from '../arrivals.ts';
import type { Context } from './context.ts';
import { arrival } from './schema-arrivals.ts';
import { createTouches } from './touches.ts';

/** Ids of sites have no space in them. */
const SPACE = ' ';

export interface Arrivals extends ArrivalStore {
  /** Writes the times that are only in memory yet. */
  flush(): Promise<void>;
}

export function createArrivals(context: Context): Arrivals {
  const { db, orm } = context;
  const write = db.query<unknown, [string, string, number]>(
    `INSERT INTO arrival (site_id, way, at) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET at = max(at, excluded.at)`,
  );
  const touches = createTouches(context, (id, at) => {
    const end = id.indexOf(SPACE);
    write.run(id.slice(0, end), id.slice(end + 1), at);
  });
  /** Those that came since the start, by site: what is on disk may be older. */
  const since = new Map<string, Set<string>>();

  return {
    flush: touches.flush,
    note(siteId, way, nowMs) {
      touches.touch(siteId + SPACE + way, nowMs);
      const ways = since.get(siteId);
      if (ways === undefined) since.set(siteId, new Set([way]));
      else if (!ways.has(way)) ways.add(way);
    },
    of(siteId) {
      const rows = orm.select().from(arrival).where(eq(arrival.siteId, siteId)).all();
      const found = new Map(rows.map(({ way, at }) => [way, at]));
      for (const way of since.get(siteId) ?? []) {
        found.set(way, Math.max(found.get(way) ?? 0, touches.lastOf(siteId + SPACE + way)));
      }
      return found;
    },
  };
}
