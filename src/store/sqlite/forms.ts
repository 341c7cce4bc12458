import { and, asc, eq, or } from 'drizzle-orm';
import type { FormStore, StoredForm } from '../store.ts';
import { MAX_KNOWN_FIELDS } from './accept.ts';
import type { Context } from './context.ts';
import type { FormCache } from './form-cache.ts';
import { form } from './schema.ts';
import { QUARTER_MS } from './tally.ts';

const WEEK_MS = 7 * 86_400_000;

type Row = typeof form.$inferSelect;

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

  function spamRates(siteId: string): Map<string, { leads: number; spam: number }> {
    return new Map(week.all(siteId, since()).map(({ form_id, leads, spam }) => [form_id, { leads, spam }]));
  }

  /** A form as it stands, with the counts of those that were merged into it. */
  function toStoredForm(
    rows: readonly Row[],
    weekOf: (id: string) => { leads: number; spam: number },
  ): StoredForm | null {
    const present = rows.find((row) => row.mergedInto === null);
    if (!present) return null;
    const { spamCount: _spamCount, mergedInto: _mergedInto, ...form } = present;
    const sums = rows.map(({ id }) => weekOf(id));
    const lastAt = rows.flatMap(({ lastSubmissionAt }) => lastSubmissionAt ?? []);
    return {
      ...form,
      submissionCount: sum(rows.map((row) => row.submissionCount)),
      lastSubmissionAt: lastAt.length > 0 ? Math.max(...lastAt) : null,
      spamRate7d: rate(sum(sums.map(({ leads }) => leads)), sum(sums.map(({ spam }) => spam))),
    };
  }

  function find(siteId: string, id: string): StoredForm | null {
    const present = cache.site(siteId).byId(id)?.id ?? id;
    const members = or(eq(form.id, present), eq(form.mergedInto, present));
    const rows = orm
      .select()
      .from(form)
      .where(and(eq(form.siteId, siteId), members))
      .all();
    return toStoredForm(rows, (each) => {
      const sums = weekOfOne.get(siteId, since(), each);
      return { leads: sums?.leads ?? 0, spam: sums?.spam ?? 0 };
    });
  }

  function mergeInTurn(siteId: string, fromId: string, intoId: string): StoredForm | null {
    const forms = cache.site(siteId);
    const [from, into] = [forms.itself(fromId), forms.itself(intoId)];
    if (!from || !into || from === into || from.mergedInto !== null || into.mergedInto !== null) return null;
    const fields = [...new Set([...into.fields, ...from.fields])].slice(0, MAX_KNOWN_FIELDS);
    orm.update(form).set({ fields }).where(eq(form.id, into.id)).run();
    orm
      .update(form)
      .set({ mergedInto: into.id })
      .where(or(eq(form.id, from.id), eq(form.mergedInto, from.id)))
      .run();
    // At once: what the rest of this turn does goes by it. A rollback drops the cache.
    forms.merge(from, into, new Set(fields));
    return find(siteId, into.id);
  }

  function partInTurn(siteId: string, id: string): StoredForm | null {
    const forms = cache.site(siteId);
    const merged = forms.itself(id);
    if (!merged || merged.mergedInto === null) return null;
    const name = forms.freeName(merged.name);
    orm.update(form).set({ mergedInto: null, name }).where(eq(form.id, merged.id)).run();
    // At once, as `merge`.
    forms.part(merged, name);
    return find(siteId, merged.id);
  }

  return {
    list(siteId) {
      const rates = spamRates(siteId);
      const rows = orm.select().from(form).where(eq(form.siteId, siteId)).orderBy(asc(form.id)).all();
      const members = Map.groupBy(rows, (row) => row.mergedInto ?? row.id);
      const weekOf = (id: string) => rates.get(id) ?? { leads: 0, spam: 0 };
      return rows.flatMap((row) =>
        row.mergedInto === null ? (toStoredForm(members.get(row.id) ?? [], weekOf) ?? []) : [],
      );
    },
    get: find,
    outline: (siteId, id) => cache.site(siteId).itself(id) ?? null,
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
        if (Object.keys(values).length > 0) orm.update(form).set(values).where(eq(form.id, known.id)).run();
        // At once: what the rest of this turn does goes by it. A rollback drops the cache.
        forms.change(known, values);
        return find(siteId, known.id);
      }),
    merge: (siteId, from, into) => writer.run(() => mergeInTurn(siteId, from, into)),
    part: (siteId, id) => writer.run(() => partInTurn(siteId, id)),
    merged: (siteId, id) =>
      cache
        .site(siteId)
        .membersOf(id)
        .slice(1)
        .map(({ id: formId, name, sheetTab }) => ({ id: formId, name, sheetTab })),
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

function rate(leads: number, spam: number): number {
  return leads + spam > 0 ? spam / (leads + spam) : 0;
}
