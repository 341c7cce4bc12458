import { and, asc, eq } from 'drizzle-orm';
import { DEFAULT_HONEYPOT, type Endpoint, type EndpointStore } from '../endpoints.ts';
import type { Context } from './context.ts';
import { keptTable } from './kept-table.ts';
import { endpoint } from './schema.ts';
import type { Turn } from './writer.ts';

/** Endpoints as they are made: what a site starts with, and each that follows. */
export function newEndpoint(id: string, siteId: string, name: string, turn: Turn): Endpoint {
  return {
    id,
    siteId,
    name,
    answer: 'redirect',
    redirectUrl: null,
    thanksTitle: null,
    thanksText: null,
    honeypot: DEFAULT_HONEYPOT,
    createdAt: turn.now,
  };
}

/** All endpoints, in memory: there are few, and every form that comes in needs one. */
export function createEndpoints({ orm, writer, ids }: Context): EndpointStore & { drop(): void } {
  const { all, drop } = keptTable(() =>
    orm
      .select()
      .from(endpoint)
      .orderBy(asc(endpoint.createdAt), asc(endpoint.id))
      .all()
      .map((row) => [row.id, row]),
  );
  return {
    drop,
    get: (id) => all().get(id) ?? null,
    list: (siteId) => [...all().values()].filter((each) => each.siteId === siteId),
    create: (siteId, name) =>
      writer.run((turn) => {
        const created = newEndpoint(ids.endpoint(), siteId, name, turn);
        orm.insert(endpoint).values(created).run();
        turn.onCommit(drop);
        return created;
      }),
    update: (siteId, id, change) =>
      writer.run((turn) => {
        const own = and(eq(endpoint.id, id), eq(endpoint.siteId, siteId));
        if (Object.keys(change).length > 0) orm.update(endpoint).set(change).where(own).run();
        turn.onCommit(drop);
        return orm.select().from(endpoint).where(own).get() ?? null;
      }),
  };
}
