import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { newLead } from '../support/leads.ts';
import { type LocalHarness, localHarness } from './local-harness.ts';
import { add, addLeads, column, flushAll, idsOf, siteTarget, sortedIds } from './target.suite.ts';

let h: LocalHarness;
beforeEach(async () => {
  h = await localHarness();
});
afterEach(() => h.close());

const remove = (...ids: (string | undefined)[]) =>
  h.store.leads.remove(
    h.site.id,
    ids.map((id) => id ?? ''),
    { rows: true },
  );
const waiting = () => h.store.sheets.removalCounts(h.site.id).here;
const lines = () => readFileSync(h.path('Contact'), 'utf8').split('\r\n');

describe('rows of deleted leads', () => {
  test('go by a new generation; every other record keeps its bytes and its order', async () => {
    const leads = await add(h, 'Contact', { n: '1' }, { n: 'two\r\nlines, "quoted"' }, { n: '3' }, { n: '4' });
    await flushAll(h);
    const before = lines();
    await remove(leads[0]?.id, leads[2]?.id);
    await flushAll(h);
    expect(lines()).toEqual([before[0] ?? '', before[2] ?? '', before[3] ?? '', before[5] ?? '', '']);
    expect(h.tab('Contact').length).toBe(statSync(h.path('Contact')).size);
    expect(h.files()).toEqual(['Contact.csv']);
    expect(waiting()).toBe(0);
    expect(await h.driver.flush(siteTarget(h))).toEqual({ kind: 'idle' });
  });

  test('at most once a minute a tab; new leads need not wait for it', async () => {
    const leads = await add(h, 'Contact', { n: '1' }, { n: '2' }, { n: '3' });
    await flushAll(h);
    await remove(leads[0]?.id);
    expect(await h.driver.flush(siteTarget(h))).toMatchObject({ kind: 'wrote' });
    await remove(leads[1]?.id);
    const [later] = await add(h, 'Contact', { n: '4' });
    expect(await h.driver.flush(siteTarget(h))).toMatchObject({ kind: 'wrote', rows: 1 });
    expect(await h.driver.flush(siteTarget(h))).toEqual({ kind: 'idle', wakeMs: 60_000 });
    expect(idsOf(await h.readTab('Contact'))).toEqual([leads[1]?.id, leads[2]?.id, later?.id].map(String).sort());
    await h.advance(60_000);
    await flushAll(h);
    expect(idsOf(await h.readTab('Contact'))).toEqual([leads[2]?.id, later?.id].map(String).sort());
  });

  test('together with rows, cells and a column that wait', async () => {
    const leads = await add(h, 'Contact', { n: '1' }, { n: '2' });
    await flushAll(h);
    await remove(leads[0]?.id);
    await h.store.leads.amend(h.site.id, leads[1]?.id ?? '', { quality: 'Good' });
    await add(h, 'Contact', { n: '3', more: 'x' });
    await flushAll(h);
    const rows = await h.readTab('Contact');
    expect([column(rows, 'n'), column(rows, 'Lead Quality'), column(rows, 'more')]).toEqual([
      ['2', '3'],
      ['Good', ''],
      ['', 'x'],
    ]);
  });

  test('only where the Lead ID says so: another record that names the id stays', async () => {
    const [gone] = await add(h, 'Contact', { n: '1' });
    const [stays] = await add(h, 'Contact', { n: `a copy of ${gone?.id}` });
    await flushAll(h);
    await remove(gone?.id);
    await flushAll(h);
    expect(idsOf(await h.readTab('Contact'))).toEqual(sortedIds(stays ? [stays] : []));
  });

  test('one that was never written costs nothing but the look, and makes no file', async () => {
    const [lead] = await add(h, 'Contact', { n: '1' });
    await remove(lead?.id);
    await flushAll(h);
    expect(h.files()).toEqual([]);
    expect(waiting()).toBe(0);
  });

  test.each(['settleLocal', 'settleRemovals'] as const)('killed before %s: gone after the start', async (method) => {
    const leads = await add(h, 'Contact', { n: '1' }, { n: '2' });
    await flushAll(h);
    await remove(leads[0]?.id);
    h.faults.failNext(method);
    await expect(h.driver.flush(siteTarget(h))).rejects.toThrow(method);
    await h.restart();
    await flushAll(h);
    expect(idsOf(await h.readTab('Contact'))).toEqual(sortedIds(leads.slice(1)));
    expect(h.files()).toEqual(['Contact.csv']);
    expect(waiting()).toBe(0);
  });

  test('killed after the commit and before the rename: gone after the start', async () => {
    const leads = await add(h, 'Contact', { n: '1' }, { n: '2' });
    await flushAll(h);
    const old = readFileSync(h.path('Contact'));
    await remove(leads[0]?.id);
    await flushAll(h);
    // As if the rename had not come to it: the generation beside the file as it was.
    const { id, generation } = h.tab('Contact');
    await Bun.write(`${h.folder}/.${id}.${generation}.tmp`, readFileSync(h.path('Contact')));
    await Bun.write(h.path('Contact'), old);
    await h.restart();
    expect(idsOf(await h.readTab('Contact'))).toEqual(sortedIds(leads.slice(1)));
    expect(h.files()).toEqual(['Contact.csv']);
  });

  test('deleted while its row was on its way: the row goes, also when the server died before settling it', async () => {
    for (const dies of [false, true]) {
      const [stays, gone] = await addLeads(h, [
        newLead({ n: '1' }, { form: 'Contact' }),
        newLead({ n: '2' }, { form: 'Contact' }),
      ]);
      const before = h.files().length > 0 ? idsOf(await h.readTab('Contact')) : [];
      if (dies) {
        h.faults.failNext('settleLocal');
        await expect(h.driver.flush(siteTarget(h))).rejects.toThrow('settleLocal');
        await remove(gone?.id);
        await h.restart();
      } else {
        const flush = h.driver.flush(siteTarget(h));
        await remove(gone?.id);
        await flush;
      }
      await h.advance(60_000);
      await flushAll(h);
      expect(idsOf(await h.readTab('Contact'))).toEqual([...before, stays?.id ?? ''].sort());
      expect(h.files()).toEqual(['Contact.csv']);
      expect(h.events.map(({ event }) => event)).toEqual([]);
    }
  });

  test('a tab that is made anew from the database has no row of theirs', async () => {
    const leads = await add(h, 'Contact', { n: '1' }, { n: '2' });
    await flushAll(h);
    rmSync(h.path('Contact'));
    await remove(leads[0]?.id);
    await flushAll(h);
    expect(idsOf(await h.readTab('Contact'))).toEqual(sortedIds(leads.slice(1)));
    expect(waiting()).toBe(0);
  });

  test('the last row of a tab: its header stays, and the next lead comes under it', async () => {
    const [lead] = await add(h, 'Contact', { n: '1' });
    await flushAll(h);
    await remove(lead?.id);
    await flushAll(h);
    expect(await h.readTab('Contact')).toHaveLength(1);
    const [next] = await add(h, 'Contact', { n: '2' });
    await flushAll(h);
    expect(idsOf(await h.readTab('Contact'))).toEqual([next?.id ?? '']);
  });
});

test('a tab is renamed though no lead comes', async () => {
  const [lead] = await add(h, 'Contact', { n: '1' });
  await flushAll(h);
  expect(h.store.sheets.hasChores(h.tab('Contact').book)).toBe(false);
  await h.store.forms.update(h.site.id, lead?.formId ?? '', { sheet_tab: 'Requests' });
  expect(h.store.sheets.hasChores(h.tab('Contact').book)).toBe(true);
  expect(await h.driver.flush(siteTarget(h))).toEqual({ kind: 'idle' });
  expect(h.files()).toEqual(['Requests.csv']);
  expect(h.store.sheets.hasChores(h.tab('Contact').book)).toBe(false);
  expect(existsSync(h.path('Contact'))).toBe(true);
});
