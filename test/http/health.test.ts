import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { createReadiness } from '../../src/http/health.ts';
import type { StoreHealth } from '../../src/store/store.ts';
import { testApp } from '../support/app.ts';
import { TestClock } from '../support/clock.ts';
import { newLead } from '../support/leads.ts';
import { testStore } from '../support/store.ts';

const HOUR = 3_600_000;
const problem = { code: 'x', message: 'x.', technical: null };

async function waiting(form = 'API') {
  const clock = new TestClock();
  const { store, path } = testStore({ clock });
  const site = await store.sites.create({ name: 'Shop' });
  const items = [{ lead: newLead({ a: '1' }, { form }) }];
  await store.leads.accept({ siteId: site.id, items, idempotency: null });
  return { clock, store, path, siteId: site.id, reasons: createReadiness({ store, clock, draining: () => false }) };
}

describe('/healthz and /readyz', () => {
  test('a server that works is alive and ready; neither asks for a key', async () => {
    const { call, close } = await testApp();
    const alive = await call('GET', '/healthz', { key: null });
    expect([alive.status, await alive.json()]).toEqual([200, { status: 'ok' }]);
    const ready = await call('GET', '/readyz', { key: null });
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready', reasons: [] }]);
    await close();
  });

  test('one that shuts down is alive, not ready, and says why', async () => {
    const { app, call, close } = await testApp();
    const closed = close();
    const ready = await call('GET', '/readyz', { key: null });
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'not_ready', reasons: ['shutting down'] }]);
    expect((await call('GET', '/healthz', { key: null })).status).toBe(200);
    await closed;
    expect(app).toBeDefined();
  });
});

describe('readiness', () => {
  test('rows that wait for over an hour are a reason, until they are written', async () => {
    const { clock, store, siteId, reasons } = await waiting();
    clock.advance(HOUR - 1_000);
    expect(reasons()).toEqual([]);
    clock.advance(2_000);
    expect(reasons()).toEqual([`queue too old: rows of ${siteId} have waited for 60 minutes`]);
    const [lead] = store.sheets.nextLeads(siteId, `local:${siteId}`, 1, 1);
    await store.sheets.markSynced(siteId, [lead?.id ?? '']);
    expect(reasons()).toEqual([]);
  });

  test('what waits for a person keeps no lead away: a paused sheet, a paused tab, sync switched off', async () => {
    const { clock, store, siteId, reasons } = await waiting('Stuck');
    clock.advance(2 * HOUR);
    await store.sheets.pause(siteId, problem, null);
    expect(reasons()).toEqual([]);
    await store.sheets.resume(siteId);
    expect(reasons()).toHaveLength(1);
    await store.sites.update(siteId, { syncEnabled: false });
    expect(reasons()).toEqual([]);
    await store.sites.update(siteId, { syncEnabled: true });
    const formId = store.forms.list(siteId)[0]?.id ?? '';
    const book = `local:${siteId}`;
    await store.sheets.addTab({ siteId, book, formId, sheetId: 0, title: 'S', state: 'paused', columns: [] });
    expect(reasons()).toEqual([]);
    const items = [{ lead: newLead({ a: '1' }, { form: 'Other' }) }];
    await store.leads.accept({ siteId, items, idempotency: null });
    expect(reasons()).toEqual([]);
    clock.advance(2 * HOUR);
    // The rows of the other form are stuck for no such reason.
    expect(reasons()).toHaveLength(1);
  });

  test('a database that can not be written to, and one that a newer version changed, are reasons', async () => {
    const { clock, store } = await waiting();
    const because = (health: Partial<StoreHealth>) =>
      createReadiness({
        store: { ...store, health: () => ({ ...store.health(), ...health }) },
        clock,
        draining: () => false,
      })();
    expect(because({ writable: false })).toEqual(['disk: the database can not be written to']);
    expect(because({ migrated: false })).toEqual([
      'migrations: the database was changed by a newer version of this program',
    ]);
  });

  test('it costs the same however many leads there are: it looks at no more than the oldest of each form', async () => {
    const { clock, store, path, siteId } = await waiting();
    const db = new Database(path);
    db.run(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
      INSERT INTO lead SELECT site_id, id || i, form_id, source, created_at, submitted_at, spam, spam_reason, sync_status,
        sync_problem, synced_at, quality, judgement, body, ignored FROM lead, n`);
    db.run('UPDATE sync_count SET leads = leads + 20000');
    db.run("INSERT INTO sheet_update SELECT site_id, id, form_id, 's:quality', 1, NULL FROM lead");
    db.close();
    store.refresh();
    clock.advance(2 * HOUR);
    const read: string[] = [];
    const watched = {
      ...store,
      sheets: new Proxy(store.sheets, {
        get(target, name, receiver) {
          read.push(String(name));
          return Reflect.get(target, name, receiver);
        },
      }),
    };
    expect(createReadiness({ store: watched, clock, draining: () => false })()).toHaveLength(1);
    // `waiting` would look at each queued cell; test/store/plans.test.ts shows that these use an index.
    expect(read).toEqual(['backlog', 'target', 'tabs']);
    expect(store.sheets.backlog()).toMatchObject([{ siteId, pending: 20_001 }]);
  });
});
