import { and, eq } from 'drizzle-orm';
import type { HostedFormStore } from '../hosted-forms.ts';
import type { Context } from './context.ts';
import { keptTable } from './kept-table.ts';
import { endpoint } from './schema.ts';
import { hostedForm } from './schema-hosted.ts';

/** All pages, in memory: there is at most one to an endpoint. */
export function createHostedForms({ orm, writer }: Context): HostedFormStore & { drop(): void } {
  const { all, drop } = keptTable(() =>
    orm
      .select()
      .from(hostedForm)
      .all()
      .map((row) => [row.endpointId, row]),
  );
  return {
    drop,
    get: (endpointId) => all().get(endpointId) ?? null,
    change: (siteId, endpointId, edit) =>
      writer.run((turn) => {
        const own = and(eq(endpoint.id, endpointId), eq(endpoint.siteId, siteId));
        if (!orm.select({ id: endpoint.id }).from(endpoint).where(own).get()) return null;
        const before = orm.select().from(hostedForm).where(eq(hostedForm.endpointId, endpointId)).get() ?? null;
        const { published, form } = edit(before);
        const after = { endpointId, siteId, published, form, updatedAt: turn.now };
        orm.insert(hostedForm).values(after).onConflictDoUpdate({ target: hostedForm.endpointId, set: after }).run();
        turn.onCommit(drop);
        return { before, after };
      }),
  };
}
