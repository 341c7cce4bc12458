import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newApiKey } from '../../src/lib/api-key.ts';
import { TestClock } from '../support/clock.ts';
import { newLead } from '../support/leads.ts';
import { testStore } from '../support/store.ts';
import { describeStore } from './store.suite.ts';
import { accept } from './suite/accept.ts';
import { describeSearch } from './suite/search.ts';

describeStore('SQLite on disk', async (clock) => {
  const { store, dir, path } = testStore({ clock });
  return {
    store,
    clock,
    again: async () => testStore({ dir, clock }).store,
    commits: () => commitsInLog(`${path}-wal`),
  };
});

// With so few leads as a test has, all go the ways of large sites too.
describe.each([3, 1_000])('with small limits, and %d ids held in memory', (many) => {
  const limits = { few: 0, many, blockLeads: 7, doubts: 1 };
  describeSearch(async (startMs) => {
    const clock = new TestClock(startMs);
    const { store, dir, path } = testStore({ clock, limits });
    const again = async () => testStore({ dir, clock, limits }).store;
    const { id: siteId } = await store.sites.create({ name: 'Shop' });
    return { store, clock, siteId, again, commits: () => commitsInLog(`${path}-wal`) };
  });
});

/**
 * Commits in a write-ahead log: frames that carry the size of the database after them, and the salt of the log's
 * head. SQLite file format, "WAL".
 */
function commitsInLog(path: string): number {
  const log = readFileSync(path);
  if (log.length < 32) return 0;
  const frameSize = 24 + log.readUInt32BE(8);
  let commits = 0;
  for (let at = 32; at + frameSize <= log.length; at += frameSize) {
    if (!log.subarray(at + 8, at + 16).equals(log.subarray(16, 24))) break;
    if (log.readUInt32BE(at + 4) !== 0) commits++;
  }
  return commits;
}

test('what a real other process writes is seen: a revoked key, a renamed site, leads', async () => {
  const clock = new TestClock();
  const { store, path } = testStore({ clock });
  const site = await store.sites.create({ name: 'Shop' });
  const key = newApiKey();
  const made = await store.keys.create({
    ...{ siteId: site.id, name: 'k', prefix: key.slice(0, 8), hash: 'h', scopes: [], expiresAt: null },
  });
  const [first] = await accept(store, site.id, newLead({ n: '0' }));
  expect(store.keys.findByHash('h')?.key.revokedAt).toBeNull();
  expect(store.refresh()).toBe(false);
  const child = Bun.spawn({
    cmd: [process.execPath, join(import.meta.dir, 'other-process.child.ts'), path, site.id, made.id],
    stdout: 'pipe',
    stderr: 'inherit',
  });
  const theirs = JSON.parse(await new Response(child.stdout).text()) as string[];
  expect(await child.exited).toBe(0);
  // The next write turn sees it without being told.
  const [mine] = await accept(store, site.id, newLead({ n: '2' }, { form: 'theirs' }));
  expect(store.forms.list(site.id).map((form) => [form.name, form.submissionCount])).toEqual([
    ['API', 1],
    ['Theirs', 4],
  ]);
  expect(store.keys.findByHash('h')?.key.revokedAt).not.toBeNull();
  expect(store.sites.get(site.id)?.name).toBe('Renamed');
  const ids = [first?.id ?? '', ...theirs, mine?.id ?? ''];
  expect(theirs).toHaveLength(3);
  expect(ids).toEqual([...ids].sort());
  await store.close();
});

test('the kept counters equal a count in SQL, over all sites', async () => {
  const { store, path } = testStore();
  for (const name of ['A', 'B']) {
    const site = await store.sites.create({ name });
    const leads = await accept(store, site.id, ...['x', 'y', 'z'].map((form) => newLead({ a: '1' }, { form })));
    await store.leads.setSpam(site.id, leads[0]?.id ?? '', true);
    await store.sheets.markSynced(site.id, [leads[1]?.id ?? '']);
  }
  await store.close();
  const db = new Database(path, { readonly: true });
  const rows = (sql: string) => db.query(sql).values();
  expect(rows('SELECT site_id, status, leads FROM sync_count WHERE leads <> 0 ORDER BY 1, 2')).toEqual(
    rows('SELECT site_id, sync_status, count(*) FROM lead GROUP BY 1, 2 ORDER BY 1, 2'),
  );
  expect(
    rows('SELECT site_id, sum(submissions), sum(spam), sum(ignored) FROM lead_count GROUP BY 1 ORDER BY 1'),
  ).toEqual(
    rows(
      'SELECT site_id, sum(spam = 0 AND ignored = 0), sum(spam), sum(spam = 0 AND ignored) FROM lead GROUP BY 1 ORDER BY 1',
    ),
  );
  expect(rows('PRAGMA foreign_key_check')).toEqual([]);
  db.close();
});
