import { afterEach, beforeEach, expect, test } from 'bun:test';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLocalDriver, type LocalDriver } from '../../src/sheets/targets/local/driver.ts';
import type { Store } from '../../src/store/store.ts';
import { type LocalHarness, localHarness, recordingLog } from './local-harness.ts';
import { add, flushAll, idleProgress, idsOf, siteTarget, sortedIds } from './target.suite.ts';

/*
 * A server listens first and puts the files right meanwhile. Whatever is asked of a site waits for that site.
 */

let h: LocalHarness;
beforeEach(async () => {
  h = await localHarness();
});
afterEach(() => h.close());

/** A driver of a process that has just started. */
function fresh(store: Store = h.store): LocalDriver {
  return createLocalDriver({ store, dir: join(h.root, 'sheets'), clock: h.clock, log: recordingLog(h.events) });
}

/** A tab whose last generation was committed and did not take its place. Returns the ids that should stand there. */
async function unfinished(): Promise<string[]> {
  const leads = await add(h, 'Contact', { n: '1' });
  await flushAll(h);
  const first = readFileSync(h.path('Contact'));
  leads.push(...(await add(h, 'Contact', { n: '2', m: 'x' })));
  await flushAll(h);
  const tab = h.tab('Contact');
  renameSync(h.path('Contact'), join(h.folder, `.${tab.id}.${tab.generation}.tmp`));
  writeFileSync(h.path('Contact'), first);
  return sortedIds(leads);
}

test('a flush, a comparison and a look at the rows wait until the site’s files are right', async () => {
  for (const ask of [
    (driver: LocalDriver) => driver.flush(siteTarget(h)),
    async (driver: LocalDriver) => {
      const [report] = await driver.verify(siteTarget(h), null, idleProgress());
      expect(report).toMatchObject({ problem: null, missing: [] });
    },
    async (driver: LocalDriver) => {
      const { formId } = h.tab('Contact');
      expect((await driver.rows(siteTarget(h), { id: formId }, 1)).at(-1)).toContain('x');
    },
    async (driver: LocalDriver) => expect((await driver.check(siteTarget(h))).ok).toBe(true),
  ]) {
    const ids = await unfinished();
    const driver = fresh();
    const recovered = driver.recover();
    await ask(driver);
    const all = idsOf(await h.readTab('Contact'));
    expect(all.slice(-ids.length)).toEqual(ids);
    await recovered;
    expect(h.events).toEqual([]);
  }
});

test('who only looks, beside a server, puts nothing right: that is the server’s to do', async () => {
  await unfinished();
  const before = h.files();
  await fresh().verify(siteTarget(h), null, idleProgress());
  expect(h.files()).toEqual(before);
});

test('tabs of sites that moved to Google are left alone, until the site comes back', async () => {
  const ids = await unfinished();
  const before = h.files();
  const google = { kind: 'google', book: 'book', connectionId: null, title: 'T', url: 'https://example.com' } as const;
  const { target } = siteTarget(h);
  await h.store.sheets.setTarget(h.site.id, google);
  const driver = fresh();
  await driver.recover();
  expect(h.files()).toEqual(before);
  await h.store.sheets.setTarget(h.site.id, { ...google, kind: 'local', book: target.book, title: null, url: null });
  await driver.flush(siteTarget(h));
  expect(idsOf(await h.readTab('Contact'))).toEqual(ids);
});

test('the work grows with the number of forms and no faster: tabs are read once, forms from memory', async () => {
  const names = Array.from({ length: 60 }, (_, i) => `Form ${i}`);
  for (const name of names) await add(h, name, { n: '1' });
  await flushAll(h);
  const calls = new Map<string, number>();
  const counted = <T extends object>(object: T): T =>
    new Proxy(object, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver);
        if (typeof value !== 'function') return value;
        calls.set(String(name), (calls.get(String(name)) ?? 0) + 1);
        return value.bind(target);
      },
    });
  const store = { ...h.store, sheets: counted(h.store.sheets), forms: counted(h.store.forms) };
  const driver = fresh(store);
  await driver.recover();
  expect(Object.fromEntries(calls)).toEqual({ target: 1, tabs: 1, outline: names.length });
  calls.clear();
  await driver.recover();
  await driver.flush(siteTarget(h));
  expect(calls.get('tabs')).toBe(1);
});

test('told to stop it ends between two tabs, without a complaint; a flush is put off, and the next start goes on', async () => {
  const ids = await unfinished();
  const stop = new AbortController();
  const driver = fresh();
  const recovered = driver.recover(stop.signal);
  stop.abort();
  expect(await driver.flush(siteTarget(h))).toMatchObject({ kind: 'retry', trouble: { code: 'database' } });
  await recovered;
  expect(h.events).toEqual([]);
  await h.restart();
  expect(idsOf(await h.readTab('Contact'))).toEqual(ids);
});

test('a fault in one site’s files is logged, keeps no other site waiting, and is tried again by the flush', async () => {
  const ids = await unfinished();
  const other = await h.store.sites.create({ name: 'Broken' });
  const tabs = h.store.sheets.tabs;
  let broken = true;
  const sheets = {
    ...h.store.sheets,
    tabs(book: string) {
      if (broken && book.includes(other.id)) throw new Error('a fault');
      return tabs(book);
    },
  };
  const driver = fresh({ ...h.store, sheets });
  await driver.recover();
  expect(h.events.map(({ event, data }) => [event, data.site])).toEqual([['sheet.local.not_recovered', other.id]]);
  expect(idsOf(await h.readTab('Contact'))).toEqual(ids);
  const at = { site: other, target: h.store.sheets.target(other.id) };
  await expect(driver.flush(at)).rejects.toThrow('a fault');
  broken = false;
  expect(await driver.flush(at)).toEqual({ kind: 'idle' });
});

test('a file that is gone is made anew at the start, though no lead comes', async () => {
  const ids = sortedIds(await add(h, 'Contact', { n: '1' }));
  await flushAll(h);
  rmSync(h.path('Contact'));
  await fresh().recover();
  expect(idsOf(await h.readTab('Contact'))).toEqual(ids);
});
