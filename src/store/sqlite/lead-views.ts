import { and, asc, eq, isNull, ne, or, sql } from 'drizzle-orm';
import { type LeadView, type LeadViewStore, MAX_VIEWS, type ViewRefusal } from '../views.ts';
import type { Context } from './context.ts';
import { foldName } from './form-cache.ts';
import { leadColumns, leadView } from './schema-views.ts';

type Row = typeof leadView.$inferSelect;
type Audience = Pick<Row, 'siteId' | 'ownerId'>;

export function createLeadViews({ orm, writer, ids }: Context): LeadViewStore {
  /** The views that stand in one row with each other: a user's own, or the shared ones. */
  const among = ({ siteId, ownerId }: Audience) =>
    and(eq(leadView.siteId, siteId), ownerId === null ? isNull(leadView.ownerId) : eq(leadView.ownerId, ownerId));

  const seenBy = (siteId: string, userId: string) =>
    and(eq(leadView.siteId, siteId), or(isNull(leadView.ownerId), eq(leadView.ownerId, userId)));

  function find(siteId: string, userId: string, id: string): Row | undefined {
    return orm
      .select()
      .from(leadView)
      .where(and(eq(leadView.id, id), seenBy(siteId, userId)))
      .get();
  }

  function isTaken(audience: Audience, nameKey: string, id: string): boolean {
    const other = orm
      .select({ id: leadView.id })
      .from(leadView)
      .where(and(among(audience), eq(leadView.nameKey, nameKey), ne(leadView.id, id)))
      .get();
    return other !== undefined;
  }

  function isFull(audience: Audience): boolean {
    const found = orm.select({ n: sql<number>`count(*)` }).from(leadView).where(among(audience)).get();
    return (found?.n ?? 0) >= MAX_VIEWS;
  }

  return {
    list: (siteId, userId) =>
      orm
        .select()
        .from(leadView)
        .where(seenBy(siteId, userId))
        .orderBy(sql`${leadView.ownerId} IS NOT NULL`, asc(leadView.id))
        .all()
        .map(toView),
    get(siteId, userId, id) {
      const row = find(siteId, userId, id);
      return row ? toView(row) : null;
    },
    create: ({ shared, makerId, name, filter, columns, ...input }) =>
      writer.run((turn): LeadView | ViewRefusal => {
        const row: Row = {
          ...input,
          id: ids.next('view', turn.now),
          ownerId: shared ? null : makerId,
          makerId,
          name,
          nameKey: foldName(name),
          filter: { ...filter },
          columns: [...columns],
          createdAt: turn.now,
        };
        if (isTaken(row, row.nameKey, row.id)) return { refused: 'name_taken' };
        if (isFull(row)) return { refused: 'too_many' };
        orm.insert(leadView).values(row).run();
        return toView(row);
      }),
    update: (siteId, userId, id, { name, filter, columns, formName }) =>
      writer.run((): LeadView | ViewRefusal | null => {
        const row = find(siteId, userId, id);
        if (!row) return null;
        const next: Row = {
          ...row,
          ...(name === undefined ? {} : { name, nameKey: foldName(name) }),
          ...(filter === undefined ? {} : { filter: { ...filter } }),
          ...(columns === undefined ? {} : { columns: [...columns] }),
          ...(formName === undefined ? {} : { formName }),
        };
        if (isTaken(next, next.nameKey, id)) return { refused: 'name_taken' };
        orm.update(leadView).set(next).where(eq(leadView.id, id)).run();
        return toView(next);
      }),
    remove: (siteId, userId, id) =>
      writer.run(() => {
        const row = find(siteId, userId, id);
        if (row) orm.delete(leadView).where(eq(leadView.id, row.id)).run();
        return row !== undefined;
      }),
    columns(siteId, userId) {
      const own = and(eq(leadColumns.userId, userId), eq(leadColumns.siteId, siteId));
      return orm.select({ columns: leadColumns.columns }).from(leadColumns).where(own).get()?.columns ?? null;
    },
    setColumns: (siteId, userId, columns) =>
      writer.run(() => {
        const own = and(eq(leadColumns.userId, userId), eq(leadColumns.siteId, siteId));
        orm.delete(leadColumns).where(own).run();
        if (columns === null) return;
        orm
          .insert(leadColumns)
          .values({ userId, siteId, columns: [...columns] })
          .run();
      }),
  };
}

function toView({ ownerId, nameKey: _nameKey, ...row }: Row): LeadView {
  return { ...row, shared: ownerId === null };
}
