import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { idTime } from '../../src/lib/ids.ts';
import { LIST_LIMITS } from '../../src/store/sqlite/search/limits.ts';
import type { Lead, LeadFilter, Store } from '../../src/store/store.ts';
import { TestClock } from '../support/clock.ts';
import { newLead } from '../support/leads.ts';
import { testStore } from '../support/store.ts';
import { accept, allLeads } from './suite/accept.ts';

const files = (dir: string) => ['search.db', 'search.db-wal', 'search.db-shm'].map((name) => join(dir, name));

function ids(store: Store, siteId: string, filter: Partial<LeadFilter>, limit = 1_000): string[] {
  const query = { filter: { spam: 'include' as const, ...filter }, newestFirst: false, limit, offset: 0 };
  return store.leads.list(siteId, query).map((lead) => lead.id);
}

async function add(store: Store, siteId: string, n: number, fields = { n: 'one' }): Promise<Lead[]> {
  return accept(store, siteId, ...Array.from({ length: n }, () => newLead(fields, { body: { utm_source: 'news' } })));
}

async function opened(options: Parameters<typeof testStore>[0] = {}) {
  const clock = new TestClock();
  const made = testStore({ clock, ...options });
  const said: string[] = [];
  const { id: siteId } = await made.store.sites.create({ name: 'Shop' });
  const say = (event: string) => said.push(event);
  /** Lets the upkeep go on until it rests for good. */
  const tend = async (store = made.store) => {
    for (let i = 0; i < 20; i++) {
      store.tendSearch(say);
      await clock.advanceAndSettle(500);
    }
  };
  return { ...made, clock, said, siteId, tend };
}

/** What waits in the database to be said anew. */
function stale(path: string): number {
  const db = new Database(path, { readonly: true });
  const row = db.query<{ n: number }, []>('SELECT count(*) AS n FROM search_stale').get();
  db.close();
  return row?.n ?? 0;
}

describe('what waits for the index', () => {
  test('more than a list takes in by itself is found once the server had its time; filters never wait', async () => {
    const { store, siteId, tend } = await opened({ limits: { bring: 20 } });
    const leads = await add(store, siteId, 300);
    expect(ids(store, siteId, { utmSource: 'news' })).toEqual(leads.map((lead) => lead.id));
    expect(ids(store, siteId, { q: 'one' })).toEqual([]);
    await tend();
    expect(ids(store, siteId, { q: 'one' })).toEqual(leads.map((lead) => lead.id));
    // Part in the index, part not: one list, in order, with both counted.
    const more = await add(store, siteId, 30);
    const all = [...leads, ...more].map((lead) => lead.id);
    expect(ids(store, siteId, { utmSource: 'news' })).toEqual(all);
    expect(ids(store, siteId, { utmSource: 'news' }, 315)).toEqual(all.slice(0, 316));
    expect(store.leads.count(siteId, { spam: 'include', utmSource: 'news' }, 1_000)).toBe(330);
    const last = {
      filter: { spam: 'include', utmSource: 'news' },
      newestFirst: true,
      limit: 1_000,
      offset: 0,
    } as const;
    expect(store.leads.list(siteId, last).map((lead) => lead.id)).toEqual([...all].reverse());
    await store.close();
  });

  test('a lead is found within two seconds of being stored, though nobody asks for it', async () => {
    const { store, siteId, clock, dir, tend } = await opened();
    await tend();
    const [lead] = await add(store, siteId, 1);
    for (let i = 0; i < 4; i++) {
      store.tendSearch(() => {});
      await clock.advanceAndSettle(500);
    }
    const index = new Database(join(dir, 'search.db'), { readonly: true });
    expect(index.query('SELECT lead_id FROM doc').values()).toEqual([[lead?.id ?? '']]);
    index.close();
    await store.close();
  });

  test('changes are remembered until the index has them on disk, and no longer', async () => {
    const { store, siteId, path, tend } = await opened();
    const leads = await add(store, siteId, 40);
    await tend();
    for (const lead of leads) await store.leads.setSpam(siteId, lead.id, true);
    expect(stale(path)).toBe(40);
    expect(ids(store, siteId, { q: 'one', spam: 'exclude' })).toEqual([]);
    expect(stale(path)).toBe(40);
    await tend();
    expect(stale(path)).toBe(0);
    expect(ids(store, siteId, { q: 'one', spam: 'only' })).toHaveLength(40);
    await store.close();
  });

  test('lists never show a lead as it was, however many changes wait', async () => {
    const { store, siteId, tend } = await opened({ limits: { bring: 5 } });
    const leads = await add(store, siteId, 12);
    await tend();
    for (const lead of leads.slice(0, 10)) await store.leads.setSpam(siteId, lead.id, true);
    expect(ids(store, siteId, { q: 'one', spam: 'exclude' })).toEqual(leads.slice(10).map((lead) => lead.id));
    await store.leads.remove(siteId, [leads[10]?.id ?? ''], { rows: false });
    expect(ids(store, siteId, { q: 'one', spam: 'exclude' }, 1)).toEqual([leads[11]?.id ?? '']);
    await tend();
    expect(store.leads.count(siteId, { spam: 'only', q: 'one' }, 100)).toBe(10);
    await store.close();
  });

  test('leads of several sites end up in blocks by time, however they are spread', async () => {
    const { store, siteId, clock, dir, tend } = await opened({ limits: { blockLeads: 10, bring: 0 } });
    const { id: sparse } = await store.sites.create({ name: 'Sparse' });
    for (let day = 0; day < 12; day++) {
      clock.advance(86_400_000);
      await add(store, siteId, 9);
      await add(store, sparse, 1);
    }
    await tend();
    const index = new Database(join(dir, 'search.db'), { readonly: true });
    const rows = index.query<{ lead_id: string }, []>('SELECT lead_id FROM doc ORDER BY doc').all();
    index.close();
    const times = rows.map((row) => idTime(row.lead_id));
    expect(times).toHaveLength(120);
    // No site runs ahead of another by more than a minute.
    let newest = 0;
    for (const time of times) {
      expect(time).toBeGreaterThan(newest - 60_000);
      newest = Math.max(newest, time);
    }
    await store.close();
  });
});

describe('the file of the index', () => {
  test('removed while nobody has it open, it is made anew, and says so to nobody but the log', async () => {
    const { store, siteId, dir, tend, clock } = await opened();
    await add(store, siteId, 5);
    await tend();
    await store.close();
    for (const file of files(dir)) rmSync(file, { force: true });
    const again = testStore({ dir, clock }).store;
    expect(ids(again, siteId, { q: 'one' })).toHaveLength(5);
    await again.close();
  });

  test('removed while it is in use, it is made anew at the next look', async () => {
    const { store, siteId, dir, tend, said } = await opened();
    await add(store, siteId, 5);
    await tend();
    for (const file of files(dir)) rmSync(file, { force: true });
    await add(store, siteId, 1);
    await tend();
    expect(ids(store, siteId, { q: 'one' })).toHaveLength(6);
    expect(existsSync(join(dir, 'search.db'))).toBe(true);
    expect(said).toContain('search.rebuilding');
    await store.close();
  });

  const damages: [name: string, damage: (path: string) => void][] = [
    ['no database at all', (path) => writeFileSync(path, 'this is no database, and never was one'.repeat(400))],
    ['empty', (path) => truncateSync(path, 0)],
    ['cut off', (path) => truncateSync(path, Math.floor(statSync(path).size / 2 / 4_096) * 4_096)],
    [
      'overwritten inside',
      (path) => {
        const bytes = readFileSync(path);
        bytes.fill(0xa5, 4_096);
        writeFileSync(path, bytes);
      },
    ],
    ['of another format', (path) => new Database(path).run('PRAGMA user_version = 999')],
    ['of another program', (path) => new Database(path).run('PRAGMA application_id = 7')],
    ['of another database', (path) => new Database(path).run("UPDATE meta SET value = 'x' WHERE name = 'database_id'")],
    ['without a table', (path) => new Database(path).run('DROP TABLE block_1')],
    ['without its documents', (path) => new Database(path).run('DROP TABLE doc')],
  ];
  test.each(damages)('%s at the start: made anew, and everything is found', async (_name, damage) => {
    const { store, siteId, dir, clock, said, tend } = await opened();
    await add(store, siteId, 50);
    await tend();
    await store.close();
    damage(join(dir, 'search.db'));
    const again = testStore({ dir, clock }).store;
    const [fresh] = await add(again, siteId, 1);
    // The first look may be the one that finds out.
    expect(ids(again, siteId, { utmSource: 'news' })).toHaveLength(51);
    await tend(again);
    expect(ids(again, siteId, { q: 'one' })).toHaveLength(51);
    expect(ids(again, siteId, { q: 'one' }).at(-1)).toBe(fresh?.id ?? '');
    expect(said.filter((event) => event === 'search.rebuilding').length).toBeLessThanOrEqual(2);
    await again.close();
  });

  test('damaged while it is in use: lists go on, leads are taken, and it is made anew', async () => {
    const { store, siteId, dir, said, tend } = await opened({ limits: { blockLeads: 40 } });
    await add(store, siteId, 200);
    await tend();
    const other = new Database(join(dir, 'search.db'));
    other.run('DROP TABLE block_2');
    other.close();
    expect(ids(store, siteId, { utmSource: 'news' })).toHaveLength(200);
    await add(store, siteId, 1);
    await tend();
    expect(ids(store, siteId, { q: 'one' })).toHaveLength(201);
    expect(said).toContain('search.rebuilding');
    await store.close();
  });

  test('a folder in its place: filters work, and the trouble is told once', async () => {
    const { store, siteId, dir, said, tend, clock } = await opened();
    await store.close();
    for (const file of files(dir)) rmSync(file, { force: true });
    await Bun.write(join(dir, 'search.db', 'x'), '');
    const again = testStore({ dir, clock }).store;
    await add(again, siteId, 3);
    expect(ids(again, siteId, { utmSource: 'news' })).toHaveLength(3);
    expect(ids(again, siteId, { q: 'one' })).toEqual([]);
    await tend(again);
    expect(said).toEqual(['search.unavailable']);
    await again.close();
  });

  test('a database that was put back to an earlier state gets an index of its own', async () => {
    const { store, siteId, dir, path, clock, tend } = await opened();
    const [kept] = await add(store, siteId, 1);
    await store.close();
    const backup = readFileSync(path);
    const later = testStore({ dir, clock }).store;
    await later.leads.setSpam(siteId, kept?.id ?? '', true);
    await add(later, siteId, 5);
    await tend(later);
    await later.close();
    for (const file of [path, `${path}-wal`, `${path}-shm`]) rmSync(file, { force: true });
    writeFileSync(path, backup);
    const back = testStore({ dir, clock }).store;
    expect(ids(back, siteId, { q: 'one', spam: 'exclude' })).toEqual([kept?.id ?? '']);
    expect(back.leads.count(siteId, { spam: 'include', q: 'one' }, 10)).toBe(1);
    const [next] = await add(back, siteId, 1);
    expect(ids(back, siteId, { q: 'one' })).toEqual([kept?.id ?? '', next?.id ?? '']);
    await back.close();
  });
});

test('an index of leads that were deleted since is kept', async () => {
  const { store, siteId, dir, clock, tend, said } = await opened();
  const leads = await add(store, siteId, 4);
  await tend();
  await store.leads.remove(
    siteId,
    leads.slice(2).map((lead) => lead.id),
    { rows: false },
  );
  await tend();
  await store.close();
  const again = testStore({ dir, clock }).store;
  await tend(again);
  expect(ids(again, siteId, { q: 'one' })).toEqual(leads.slice(0, 2).map((lead) => lead.id));
  expect(said).toEqual([]);
  await again.close();
});

describe('more than one process', () => {
  test('both read and write the index, and each finds what the other stored', async () => {
    const { store, siteId, dir, clock, path } = await opened();
    const second = testStore({ dir, clock }).store;
    for (let i = 0; i < 10; i++) {
      const [lead] = await add(i % 2 ? store : second, siteId, 1);
      for (const each of [store, second]) expect(ids(each, siteId, { q: 'one' })).toHaveLength(i + 1);
      await (i % 2 ? second : store).leads.setSpam(siteId, lead?.id ?? '', true);
      for (const each of [store, second]) expect(ids(each, siteId, { q: 'one', spam: 'exclude' })).toEqual([]);
    }
    expect(stale(path)).toBe(10);
    await second.close();
    await store.close();
  });

  test('while another one writes to it for long, lists answer and leads are taken', async () => {
    const { store, siteId, dir, tend } = await opened();
    await add(store, siteId, 3);
    await tend();
    const other = new Database(join(dir, 'search.db'));
    other.run('BEGIN IMMEDIATE');
    const [lead] = await add(store, siteId, 1);
    expect(ids(store, siteId, { utmSource: 'news' })).toHaveLength(4);
    expect(ids(store, siteId, { q: 'one' })).toHaveLength(3);
    store.tendSearch(() => {});
    other.run('ROLLBACK');
    other.close();
    expect(ids(store, siteId, { q: 'one' }).at(-1)).toBe(lead?.id ?? '');
    await store.close();
  });

  test('killed between the commit of leads and that of the index, and in the middle of it: nothing is missing', async () => {
    for (let round = 0; round < 8; round++) {
      const { store, siteId, dir, path } = await opened();
      await store.close();
      const script = join(import.meta.dir, 'search.child.ts');
      const child = Bun.spawn([process.execPath, script, path, siteId, String(3 + round * 5)], { stdout: 'pipe' });
      const promised = (await new Response(child.stdout).text()).trim().split('\n');
      expect(await child.exited).not.toBe(0);
      const after = testStore({ dir }).store;
      const all = allLeads(after, siteId);
      expect(promised.filter((id) => id !== '' && !all.some((lead) => lead.id === id))).toEqual([]);
      expect(ids(after, siteId, { q: 'one' })).toEqual(all.map((lead) => lead.id));
      const spam = all.filter((lead) => lead.spam).map((lead) => lead.id);
      expect(ids(after, siteId, { q: 'one', spam: 'only' })).toEqual(spam);
      expect(spam.length).toBeGreaterThan(0);
      await after.close();
    }
  });
});

test('the limits leave each block room for its numbers', () => {
  expect(LIST_LIMITS.blockLeads).toBeLessThan(65_536);
});
