import { Database } from 'bun:sqlite';
import { expect, spyOn, test } from 'bun:test';
import type { LeadFilter } from '../../src/store/store.ts';
import { TestClock } from '../support/clock.ts';
import { newLead } from '../support/leads.ts';
import { testStore } from '../support/store.ts';
import { migrated } from './schema-text.ts';
import { accept } from './suite/accept.ts';

/** How SQLite would do it. */
const planner = migrated();
const planOf = (sql: string) =>
  planner
    .query<{ detail: string }, []>(`EXPLAIN QUERY PLAN ${sql.replace(/\?\d*/g, 'NULL')}`)
    .all()
    .map(({ detail }) => detail);

/** Every statement that the store prepares for its database while `work` runs, its start included. */
async function statements(work: (opened: Awaited<ReturnType<typeof world>>) => unknown): Promise<string[]> {
  const seen = new Set<string>();
  const original = Database.prototype.query;
  const prepare = Database.prototype.prepare;
  const spies = [
    spyOn(Database.prototype, 'query').mockImplementation(function (this: Database, sql: string) {
      if (!this.filename.endsWith('search.db')) seen.add(sql);
      return original.call(this, sql);
    } as never),
    spyOn(Database.prototype, 'prepare').mockImplementation(function (this: Database, sql: string, ...rest: never[]) {
      if (!this.filename.endsWith('search.db')) seen.add(sql);
      return prepare.call(this, sql, ...rest);
    } as never),
  ];
  try {
    const opened = await world();
    await work(opened);
    await opened.store.close();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return [...seen].filter((sql) => /^\s*(select|update|delete|insert)/i.test(sql));
}

async function world() {
  const { store } = testStore({ clock: new TestClock() });
  const site = await store.sites.create({ name: 'Shop' });
  const leads = await accept(store, site.id, newLead({ a: '1' }), newLead({ a: '2' }, { spamReason: 'x' }));
  return { store, siteId: site.id, leads };
}

test('nothing the store does reads through all leads, keys, batches’ leads or idempotency keys', async () => {
  const all = await statements(async ({ store, siteId, leads }) => {
    const [formId, id] = [leads[0]?.formId ?? '', leads[0]?.id ?? ''];
    const filters: Partial<LeadFilter>[] = [
      {},
      { formId },
      { spam: 'only' },
      { spam: 'include' },
      { syncStatus: 'pending' },
      { syncStatus: 'failed' },
      { syncStatus: 'synced', formId },
      { source: 'mcp', createdFrom: 1, createdBefore: 2 },
      { score: 'hot', utmSource: 'a', utmCampaign: 'b' },
    ];
    for (const part of filters) {
      const filter = { spam: 'exclude' as const, ...part };
      for (const newestFirst of [true, false]) {
        const query = { filter, newestFirst, limit: 1, offset: 0 };
        store.leads.list(siteId, query);
        store.leads.list(siteId, { ...query, afterId: id });
      }
      store.leads.count(siteId, filter, 10);
    }
    store.keys.findByHash('none');
    store.sheets.nextLeads(siteId, 'b', 1, 1);
    store.sheets.openBatch('b');
    store.sheets.backlog();
    store.sheets.targets();
    store.sheets.tabs('b');
    store.sheets.counts(siteId);
    store.sheets.nextUpdates(siteId, 1);
    store.sites.usage(siteId, 1);
    store.forms.list(siteId);
    await store.leads.setSpam(siteId, id, true);
    await store.leads.amend(siteId, id, { quality: 'Good' });
    await store.sheets.markSynced(siteId, [id]);
    store.sheets.lastDelivered('b');
    store.sheets.batchByGuard('b', 1);
    for (const which of [
      { which: 'failed' },
      { which: 'ids', ids: [id] },
      { which: 'synced', syncedBefore: 1 },
    ] as const)
      await store.sheets.requeue(siteId, which, 1);
    await store.sheets.requeue(siteId, { which: 'synced', syncedBefore: 1, formId }, 1);
    const { id: batch } = await store.sheets.planBatch({ siteId, book: 'b', guardBase: 0, leads: [] });
    await store.sheets.settleBatch(batch, { state: 'delivered' });
    await store.leads.idsByEmail(siteId, 'alice@example.com');
    await store.leads.remove(siteId, [id], { rows: true });
    store.sheets.hasChores('b');
    store.sheets.removalCounts(siteId);
    await store.prune(0);
  });
  expect(all.length).toBeGreaterThan(60);
  const scans = all.flatMap((sql) =>
    planOf(sql)
      .filter((step) => /^SCAN (lead|api_key|sheet_batch_lead|idempotency|lead_count)\b/.test(step))
      .map((step) => `${step}: ${sql}`),
  );
  expect(scans).toEqual([]);
});

const LIST = 'SELECT id FROM lead WHERE site_id = ? AND';
test.each([
  ['leads of a site', `${LIST} spam = 0 ORDER BY id DESC LIMIT ? OFFSET ?`, 'lead_site (site_id=?'],
  ['leads of a form', `${LIST} form_id = ? AND spam = 0 ORDER BY id DESC LIMIT ? OFFSET ?`, 'lead_form (form_id=?'],
  ['spam of a site', `${LIST} spam = 1 ORDER BY id DESC LIMIT ?`, 'lead_spam (site_id=?'],
  ['failed leads', `${LIST} sync_status = 'failed' ORDER BY id LIMIT ?`, 'lead_failed (site_id=?'],
  ['what waits for a form', `${LIST} form_id = ? AND sync_status = 'pending' ORDER BY id LIMIT ?`, 'lead_pending ('],
  ['one lead', `${LIST} id = ?`, 'lead_site (site_id=? AND id=?'],
  ['a key', 'SELECT id FROM api_key WHERE hash = ?', 'api_key'],
  ['a rotated key', 'SELECT id FROM api_key WHERE former_hash = ?', 'api_key'],
  ['an idempotency key', 'SELECT result FROM idempotency WHERE site_id = ? AND key = ?', 'PRIMARY KEY'],
])('%s: straight from an index that is in the order asked for', (_name, sql, index) => {
  const plan = planOf(sql);
  expect(plan.join()).toContain(index);
  expect(plan.join()).not.toContain('USE TEMP B-TREE');
});

test('a list of what waits on a whole site looks at what waits alone', async () => {
  const [sql] = (
    await statements(({ store, siteId }) => {
      const filter = { spam: 'exclude', syncStatus: 'pending' } as const;
      store.leads.list(siteId, { filter, newestFirst: true, limit: 1, offset: 0 });
    })
  ).filter((each) => each.includes('FROM lead INDEXED BY lead_pending WHERE site_id = ?'));
  const plan = planOf(sql ?? '').join();
  expect(plan).toContain('lead USING INDEX lead_site (site_id=? AND id=?)');
  expect(plan).toContain('lead_pending (site_id=?)');
});

const AMONG = 'id > ? AND id < ?';
test.each([
  [
    'leads by sheet status',
    `SELECT id FROM lead INDEXED BY lead_sync WHERE site_id = ? AND sync_status = 'synced' AND sync_status <> 'pending'
       AND spam = ? AND ${AMONG} UNION ALL SELECT id FROM lead INDEXED BY lead_sync WHERE site_id = ?
       AND sync_status = 'synced' AND sync_status <> 'pending' AND spam = ? AND ${AMONG} ORDER BY id DESC LIMIT ? OFFSET ?`,
    'lead_sync (site_id=? AND sync_status=? AND spam=? AND id>? AND id<?)',
  ],
  [
    'what waits, form by form',
    `SELECT id FROM lead INDEXED BY lead_pending WHERE site_id = ? AND form_id = ? AND sync_status = 'pending'
       AND ${AMONG} ORDER BY id DESC LIMIT ?`,
    'lead_pending (site_id=? AND form_id=? AND id>? AND id<?)',
  ],
])('%s: from an index that has all that is asked for', (_name, sql, index) => {
  const plan = planOf(sql).join();
  expect(plan).toContain(`COVERING INDEX ${index}`);
  expect(plan).not.toContain('USE TEMP B-TREE');
});
