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
  const weekOfOne = db.query<{ leads: number | null; spam: number | null }, [string, number, string]>(
    `SELECT sum(submissions + ignored) AS leads, sum(spam) AS spam
     FROM lead_count WHERE site_id = ? AND quarter >= ? AND form_id = ?`,
  );
  const since = () => Math.floor((clock.now() - WEEK_MS) / QUARTER_MS);

  function spamRates(siteId: string): Map<string, number> {
    return new Map(week.all(siteId, since()).map(({ form_id, leads, spam }) => [form_id, rate(leads, spam)]));
  }

  function spamRate(siteId: string, id: string): number {
    const sums = weekOfOne.get(siteId, since(), id);
    return rate(sums?.leads ?? 0, sums?.spam ?? 0);
  }

  function toStoredForm({ spamCount: _spamCount, ...row }: typeof form.$inferSelect, spamRate7d: number): StoredForm {
    return { ...row, spamRate7d };
  }

  const find = (siteId: string, id: string) =>
    orm
      .select()
      .from(form)
      .where(and(eq(form.siteId, siteId), eq(form.id, id)))
      .get();

  return {
    list(siteId) {
      const rates = spamRates(siteId);
      const rows = orm.select().from(form).where(eq(form.siteId, siteId)).orderBy(asc(form.id)).all();
      return rows.map((row) => toStoredForm(row, rates.get(row.id) ?? 0));
    },
    get(siteId, id) {
      const row = find(siteId, id);
      return row ? toStoredForm(row, spamRate(siteId, id)) : null;
    },
    outline: (siteId, id) => cache.site(siteId).byId(id) ?? null,
    outlines: (siteId) => [...cache.site(siteId).all()],
    update: (siteId, id, change) =>
      writer.run(() => {
        const forms = cache.site(siteId);
        const known = forms.byId(id);
        if (!known) return null;
        const values = {
          ...(change.name === undefined ? {} : { name: change.name }),
          ...(change.sheet_tab === undefined ? {} : { sheetTab: change.sheet_tab }),
          ...(change.ignored === undefined ? {} : { ignored: change.ignored }),
        };
        const taken = forms.takenOf(known, values);
        if (taken.length > 0) return { taken };
        if (Object.keys(values).length > 0) orm.update(form).set(values).where(eq(form.id, id)).run();
        // At once: what the rest of this turn does goes by it. A rollback drops the cache.
        forms.change(known, values);
        const row = find(siteId, id);
        return row ? toStoredForm(row, spamRate(siteId, id)) : null;
      }),
  };
}

function rate(leads: number, spam: number): number {
  return leads + spam > 0 ? spam / (leads + spam) : 0;
}
