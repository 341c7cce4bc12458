import { describe, expect, test } from 'bun:test';
import { copyFileSync, mkdirSync } from 'node:fs';
import { newLead } from '../support/leads.ts';
import { testStore } from '../support/store.ts';

async function siteWithStore() {
  const opened = testStore();
  const site = await opened.store.sites.create({ name: 'Shop' });
  return { ...opened, site };
}

const one = (fields: Record<string, string>, form?: string) => ({ lead: newLead(fields, form ? { form } : {}) });

describe('accept', () => {
  test('a stored lead survives a reopening, with everything that came with it', async () => {
    const { store, site, dir } = await siteWithStore();
    const outcome = await store.leads.accept({
      siteId: site.id,
      items: [one({ Email: 'a@example.com' })],
      idempotency: null,
    });
    if (outcome.kind !== 'accepted' || outcome.results[0]?.status !== 'created') throw new Error('not created');
    const { lead } = outcome.results[0];
    await store.close();
    const again = testStore({ dir }).store;
    expect(again.leads.get(site.id, lead.id)).toEqual(lead);
    expect(again.forms.list(site.id).map((form) => [form.name, form.submissionCount, form.fields])).toEqual([
      ['API', 1, ['Email']],
    ]);
    expect(again.sheets.counts(site.id)).toEqual({ pending: 1, synced: 0, failed: 0, skipped: 0 });
    expect(again.sites.usage(site.id, lead.createdAt).submissions).toBe(1);
    await again.close();
  });

  test('leads of one request keep their order, and later requests sort after earlier ones', async () => {
    const { store, site } = await siteWithStore();
    const ids: string[] = [];
    for (let round = 0; round < 20; round++) {
      const items = Array.from({ length: 50 }, (_, i) => one({ n: `${round}-${i}` }));
      const outcome = await store.leads.accept({ siteId: site.id, items, idempotency: null });
      if (outcome.kind !== 'accepted') throw new Error('not accepted');
      for (const result of outcome.results) if (result.status === 'created') ids.push(result.lead.id);
    }
    expect(ids).toHaveLength(1000);
    expect(ids).toEqual([...ids].sort());
    await store.close();
  });

  test('the same key and body create one lead, also at once; another body is refused', async () => {
    const { store, site } = await siteWithStore();
    const send = (bodyHash: string) =>
      store.leads.accept({ siteId: site.id, items: [one({ a: '1' })], idempotency: { key: 'k', bodyHash } });
    const outcomes = await Promise.all([send('x'), send('x'), send('x')]);
    expect(outcomes.map((outcome) => outcome.kind).sort()).toEqual(['accepted', 'replayed', 'replayed']);
    expect((await send('y')).kind).toBe('key_reused');
    expect(store.leads.count(site.id, { spam: 'include' }, 100)).toBe(1);
    await store.close();
  });

  test('a replay in the same turn as new leads loses none of them', async () => {
    const { store, site } = await siteWithStore();
    const send = (key: string | null, n: string) =>
      store.leads.accept({
        siteId: site.id,
        items: [one({ n })],
        idempotency: key === null ? null : { key, bodyHash: 'h' },
      });
    await send('early', '0');
    const together = [
      send('early', '0'),
      ...Array.from({ length: 21 }, (_, i) => send(i === 10 ? 'late' : null, `${i}`)),
    ];
    const again = [send('late', '10'), ...Array.from({ length: 5 }, (_, i) => send(null, `x${i}`))];
    const outcomes = await Promise.all([...together, ...again]);
    expect(outcomes.filter((outcome) => outcome.kind === 'replayed')).toHaveLength(2);
    expect(
      store.leads.list(site.id, { filter: { spam: 'include' }, newestFirst: true, limit: 100, offset: 0 }),
    ).toHaveLength(27);
    await store.close();
  });

  test('a job that throws takes no other down, and leaves nothing behind', async () => {
    const { store, site } = await siteWithStore();
    const good = store.leads.accept({ siteId: site.id, items: [one({ a: '1' }, 'Good')], idempotency: null });
    const bad = store.leads.accept({ siteId: 'site_none', items: [one({ a: '1' }, 'Bad')], idempotency: null });
    const good2 = store.leads.accept({ siteId: site.id, items: [one({ a: '2' }, 'Good')], idempotency: null });
    expect((await good).kind).toBe('accepted');
    expect(bad).rejects.toThrow('no such site');
    expect((await good2).kind).toBe('accepted');
    expect(store.forms.list(site.id).map((form) => [form.name, form.submissionCount])).toEqual([['Good', 2]]);
    await store.close();
  });

  test('an unknown form is reported and stores nothing', async () => {
    const { store, site } = await siteWithStore();
    const lead = newLead({ a: '1' }, { form: 'x' });
    const outcome = await store.leads.accept({
      siteId: site.id,
      items: [{ lead: { ...lead, form: { by: 'id', id: 'frm_none' } } }],
      idempotency: { key: 'k', bodyHash: 'h' },
    });
    expect(outcome).toEqual({ kind: 'accepted', results: [{ status: 'unknown_form' }] });
    expect(store.leads.list(site.id, { filter: { spam: 'include' }, newestFirst: true, limit: 10, offset: 0 })).toEqual(
      [],
    );
    await store.close();
  });
});

test('after closing, a copy of the database file alone is whole', async () => {
  const { store, site, path, dir } = await siteWithStore();
  await store.leads.accept({ siteId: site.id, items: [one({ a: '1' })], idempotency: null });
  await store.close();
  const copied = `${dir}/copy`;
  mkdirSync(copied);
  copyFileSync(path, `${copied}/leadtosheet.db`);
  const copy = testStore({ dir: copied }).store;
  expect(copy.leads.count(site.id, { spam: 'include' }, 10)).toBe(1);
  await copy.close();
});

describe('lists', () => {
  test('a walk by cursor neither skips nor repeats while leads come in', async () => {
    const { store, site } = await siteWithStore();
    const add = (n: number) =>
      store.leads.accept({
        siteId: site.id,
        items: Array.from({ length: n }, () => one({ a: '1' })),
        idempotency: null,
      });
    await add(100);
    const seen: string[] = [];
    let afterId: string | undefined;
    for (let page = 0; page < 100; page++) {
      const leads = store.leads.list(site.id, {
        filter: { spam: 'exclude' },
        newestFirst: false,
        limit: 7,
        offset: 0,
        ...(afterId ? { afterId } : {}),
      });
      seen.push(...leads.slice(0, 7).map((lead) => lead.id));
      if (leads.length <= 7) break;
      afterId = leads[6]?.id;
      if (page < 10) await add(3);
    }
    expect(seen).toHaveLength(130);
    expect(new Set(seen).size).toBe(130);
    await store.close();
  });

  test('another site sees nothing', async () => {
    const { store, site } = await siteWithStore();
    const other = await store.sites.create({ name: 'Other' });
    const outcome = await store.leads.accept({ siteId: site.id, items: [one({ a: '1' })], idempotency: null });
    if (outcome.kind !== 'accepted' || outcome.results[0]?.status !== 'created') throw new Error('not created');
    expect(store.leads.get(other.id, outcome.results[0].lead.id)).toBeNull();
    await store.close();
  });

  test('filters select by form, status, spam and time, and count alike', async () => {
    const { store, site } = await siteWithStore();
    await store.leads.accept({
      siteId: site.id,
      items: [
        one({ a: '1' }, 'A'),
        one({ a: '2' }, 'B'),
        { lead: newLead({ a: '3' }, { form: 'B', spamReason: 'links' }) },
      ],
      idempotency: null,
    });
    const formB = store.forms.list(site.id).find((form) => form.name === 'B');
    const cases = [
      [{ spam: 'exclude' }, 2],
      [{ spam: 'include' }, 3],
      [{ spam: 'only' }, 1],
      [{ spam: 'exclude', formId: formB?.id }, 1],
      [{ spam: 'include', formId: formB?.id }, 2],
      [{ spam: 'include', syncStatus: 'skipped' }, 1],
      [{ spam: 'include', source: 'mcp' }, 0],
      [{ spam: 'include', createdBefore: 1_000 }, 0],
      [{ spam: 'include', createdFrom: 1_000 }, 3],
    ] as const;
    for (const [filter, expected] of cases) {
      const query = { filter: filter as never, newestFirst: true, limit: 10, offset: 0 };
      expect(store.leads.list(site.id, query)).toHaveLength(expected);
      expect(store.leads.count(site.id, filter as never, 100)).toBe(expected);
    }
    await store.close();
  });
});
