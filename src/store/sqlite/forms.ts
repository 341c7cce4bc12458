import { and, asc, eq } from 'drizzle-orm';
import type { FormStore, StoredForm } from '../store.ts';
import type { Context } from './context.ts';
import type { FormCache } from './form-cache.ts';
import { form } from './schema.ts';
import { QUARTER_MS } from './tally.ts';

const WEEK_MS = 7 * 86_400_000;

export function createForms({ orm, db, writer, clock }: Context, cache: FormCache): FormStore {
  const week = db.query<{ form_id: string; leads: number; spam: number }, [string, number]>(
    `SELECT form_id, sum(submissions + ignored) AS leads, sum(spam) AS spam
     FROM lead_count WHERE site_id = ? AND quarter >= ? GROUP BY form_id`,
  );

  function spamRates(siteId: string): Map<string, number> {
    const since = Math.floor((clock.now() - WEEK_MS) / QUARTER_MS);
    return new Map(
      week
        .all(siteId, since)
        .map(({ form_id, leads, spam }) => [form_id, leads + spam > 0 ? spam / (leads + spam) : 0]),
    );
  }

  function toStoredForm(
    { spamCount: _spamCount, ...row }: typeof form.$inferSelect,
    rates: Map<string, number>,
  ): StoredForm {
    return { ...row, spamRate7d: rates.get(row.id) ?? 0 };
  }

  const find = (siteId: string, id: string) =>
    orm
      .select()
      .from(form)
      .where(and(eq(form.siteId, siteId), eq(form.id, id)))
      .get();

  /** Names and tabs tell forms apart for people and in matching, so no two of a site share one, whatever the case. */
  function taken(siteId: string, id: string, change: { name?: string; sheet_tab?: string }): boolean {
    const others = orm
      .select()
      .from(form)
      .where(eq(form.siteId, siteId))
      .all()
      .filter((other) => other.id !== id);
    const same = (a: string | undefined, b: string) => a !== undefined && a.toLowerCase() === b.toLowerCase();
    return others.some((other) => same(change.name, other.name) || same(change.sheet_tab, other.sheetTab));
  }

  return {
    list(siteId) {
      const rates = spamRates(siteId);
      const rows = orm.select().from(form).where(eq(form.siteId, siteId)).orderBy(asc(form.id)).all();
      return rows.map((row) => toStoredForm(row, rates));
    },
    get(siteId, id) {
      const row = find(siteId, id);
      return row ? toStoredForm(row, spamRates(siteId)) : null;
    },
    update: (siteId, id, change) =>
      writer.run(() => {
        if (!find(siteId, id)) return null;
        if (taken(siteId, id, change)) return 'conflict' as const;
        const values = {
          ...(change.name === undefined ? {} : { name: change.name }),
          ...(change.sheet_tab === undefined ? {} : { sheetTab: change.sheet_tab }),
          ...(change.ignored === undefined ? {} : { ignored: change.ignored }),
        };
        if (Object.keys(values).length > 0) orm.update(form).set(values).where(eq(form.id, id)).run();
        // At once: what the rest of this turn does goes by it. A rollback drops the cache.
        const known = cache.site(siteId).byId(id);
        if (known) Object.assign(known, values);
        const row = find(siteId, id);
        return row ? toStoredForm(row, spamRates(siteId)) : null;
      }),
  };
}
