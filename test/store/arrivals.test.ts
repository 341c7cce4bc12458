import { expect, test } from 'bun:test';
import { wayOf } from '../../src/intake/ways.ts';
import { MIGRATIONS } from '../../src/store/sqlite/migrations.ts';
import { TestClock } from '../support/clock.ts';
import { testStore } from '../support/store.ts';
import { tempDir } from '../support/temp.ts';
import { migrated } from './schema-text.ts';

const form = (key: string) => ({ by: 'key', key, name: 'Contact' }) as const;

test('a lead counts for its endpoint, hosted form or hook, else for its source', () => {
  expect(wayOf({ source: 'rest_api' })).toBe('rest_api');
  expect(wayOf({ source: 'form_endpoint', form: form('endpoint:abc') })).toBe('endpoint:abc');
  expect(wayOf({ source: 'hosted_form', form: form('hosted:abc') })).toBe('hosted:abc');
  expect(wayOf({ source: 'typeform', form: form('hook:hook_1:their form: 7') })).toBe('hook:hook_1');
  expect(wayOf({ source: 'webhook', form: form('hook:hook_1') })).toBe('hook:hook_1');
  // Anybody may write what the script says its form is.
  expect(wayOf({ source: 'sdk', form: form('sdk:0123456789') })).toBe('sdk');
  expect(wayOf({ source: 'sdk', form: form('endpoint:abc') })).toBe('sdk');
  expect(wayOf({ source: 'import', form: form('name:contact') })).toBe('import');
});

test('the last lead of each way is known at once, by site, and after the store was closed', async () => {
  const clock = new TestClock();
  const dir = tempDir();
  const { store } = testStore({ dir, clock });
  const site = await store.sites.create({ name: 'Shop' });
  const other = await store.sites.create({ name: 'Other' });
  const began = clock.now();
  store.arrivals.note(site.id, 'rest_api', began);
  store.arrivals.note(site.id, 'hook:hook_1', began + 1);
  // Within the minute it is in memory alone.
  store.arrivals.note(site.id, 'rest_api', began + 2);
  const all = new Map([
    ['rest_api', began + 2],
    ['hook:hook_1', began + 1],
  ]);
  expect(store.arrivals.of(site.id)).toEqual(all);
  expect(store.arrivals.of(other.id)).toEqual(new Map());
  await store.close();
  const again = testStore({ dir, clock }).store;
  expect(again.arrivals.of(site.id)).toEqual(all);
  // A clock that was set back makes no lead older.
  again.arrivals.note(site.id, 'rest_api', began - 5);
  expect(again.arrivals.of(site.id).get('rest_api')).toBe(began + 2);
  await again.close();
});

test('what is known of the leads before is brought along', () => {
  const db = migrated(MIGRATIONS.filter(({ version }) => version < 17));
  db.run('PRAGMA foreign_keys = OFF');
  const count = (source: string, quarter: number, leads = 1) =>
    db.run('INSERT INTO lead_count (site_id, quarter, form_id, source, submissions) VALUES (?, ?, ?, ?, ?)', [
      ...['site_1', quarter, 'frm_1', source, leads],
    ]);
  count('rest_api', 10);
  count('rest_api', 30);
  count('mcp', 20, 0);
  const add = (id: string, key: string, at: number | null) =>
    db.run(
      `INSERT INTO form (id, site_id, discovery_key, name, sheet_tab, source, created_at, last_submission_at)
       VALUES (?, 'site_1', ?, ?, ?, 'webhook', 1, ?)`,
      [id, key, id, id, at],
    );
  add('frm_1', 'hook:hook_1', 5);
  add('frm_2', 'hook:hook_1:their: form', 7);
  add('frm_3', 'hosted:abc', 6);
  add('frm_4', 'endpoint:abc', null);
  add('frm_5', 'name:hook', 9);
  db.run(MIGRATIONS.find(({ version }) => version === 17)?.sql ?? '');
  expect(db.query('SELECT way, at FROM arrival ORDER BY way').values()).toEqual([
    ['hook:hook_1', 7],
    ['hosted:abc', 6],
    ['rest_api', 30 * 900_000],
  ]);
});
