import { Database } from 'bun:sqlite';
import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemClock } from '../../src/lib/clock.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { MIGRATIONS, type Migration } from '../../src/store/sqlite/migrations.ts';
import { openDatabase, schemaVersion, UpgradeNeeded } from '../../src/store/sqlite/open.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import { newLead } from '../support/leads.ts';
import { tempDir } from '../support/temp.ts';
import { accept, allLeads } from './suite/accept.ts';

// Real processes, on a machine that may have other work.
setDefaultTimeout(60_000);

const newest = MIGRATIONS.length;
const step = (n: number, sql: string): Migration => ({ version: newest + n, name: `step_${n}`, sql });
const GOOD = step(1, 'CREATE TABLE extra (a TEXT) STRICT; UPDATE site SET name = upper(name);');
const BAD = step(2, 'INSERT INTO nowhere VALUES (1);');

function open(path: string, options: { mayUpgrade?: boolean; migrations?: readonly Migration[] } = {}): Store {
  return openStore({ path, durability: 'full', clock: systemClock, ids: randomIds(), secretCheck: 'x', ...options });
}

async function used(): Promise<{ path: string; siteId: string }> {
  const path = join(tempDir(), 'leadtosheet.db');
  const store = open(path);
  const { id: siteId } = await store.sites.create({ name: 'Shop' });
  await accept(store, siteId, newLead({ a: '1' }));
  await store.close();
  return { path, siteId };
}

function child(...words: string[]) {
  return Bun.spawn([process.execPath, join(import.meta.dir, 'upgrade.child.ts'), ...words], {
    stdout: 'pipe',
    stderr: 'pipe',
  });
}

async function leadIds(path: string, siteId: string): Promise<Set<string>> {
  const store = open(path);
  const ids = new Set(allLeads(store, siteId).map((lead) => lead.id));
  await store.close();
  return ids;
}

test('an upgrade that fails while another process takes leads loses none of those it answered', async () => {
  const { path, siteId } = await used();
  const writer = child('write', path, siteId);
  let answered = '';
  let upgrades = 0;
  for await (const part of writer.stdout) {
    answered += new TextDecoder().decode(part);
    // Between two of its answers, again and again.
    if (upgrades++ < 5)
      expect(() => open(path, { mayUpgrade: true, migrations: [...MIGRATIONS, GOOD, BAD] })).toThrow(/was undone/);
  }
  expect(await new Response(writer.stderr).text()).toBe('');
  expect(await writer.exited).toBe(0);
  const ids = answered.trim().split('\n');
  expect(ids).toHaveLength(300);
  expect(upgrades).toBeGreaterThan(1);
  const kept = await leadIds(path, siteId);
  expect(ids.filter((id) => !kept.has(id))).toEqual([]);
  const store = open(path);
  expect(store.sites.list()[0]?.name).toBe('Shop');
  await store.close();
});

test('an upgrade that works while another process takes leads loses none either', async () => {
  const { path, siteId } = await used();
  const writer = child('write', path, siteId);
  let answered = '';
  let upgraded = false;
  for await (const part of writer.stdout) {
    answered += new TextDecoder().decode(part);
    if (!upgraded) await open(path, { mayUpgrade: true, migrations: [...MIGRATIONS, GOOD] }).close();
    upgraded = true;
  }
  expect(await writer.exited).toBe(0);
  const store = open(path, { migrations: [...MIGRATIONS, GOOD] });
  const kept = new Set(allLeads(store, siteId).map((lead) => lead.id));
  await store.close();
  expect(
    answered
      .trim()
      .split('\n')
      .filter((id) => !kept.has(id)),
  ).toEqual([]);
});

test('killed in the middle of an upgrade, the database is as it was, and the copy it left is taken for nothing', async () => {
  const { path, siteId } = await used();
  const before = await leadIds(path, siteId);
  const died = child('die', path);
  await died.exited;
  expect(died.signalCode).toBe('SIGKILL');
  expect(existsSync(`${path}.before-upgrade`)).toBe(true);
  // Half a copy from an earlier one, killed while it was being made.
  writeFileSync(`${path}.before-upgrade.tmp`, 'half');
  expect(await leadIds(path, siteId)).toEqual(before);
  const later = open(path);
  await accept(later, siteId, newLead({ a: 'after the kill' }));
  await later.close();

  // The next attempt fails: what came after the copy was made stays.
  expect(() => open(path, { mayUpgrade: true, migrations: [...MIGRATIONS, GOOD, BAD] })).toThrow(/was undone/);
  expect((await leadIds(path, siteId)).size).toBe(before.size + 1);
  await open(path, { mayUpgrade: true, migrations: [...MIGRATIONS, GOOD] }).close();
  expect(readdirSync(dirname(path)).filter((name) => name.includes('before-upgrade'))).toEqual([]);
});

test('a copy left by a kill after the upgrade goes at the next start of a server, and not by a command', async () => {
  const { path } = await used();
  writeFileSync(`${path}.before-upgrade`, 'left');
  await open(path).close();
  expect(existsSync(`${path}.before-upgrade`)).toBe(true);
  await open(path, { mayUpgrade: true }).close();
  expect(existsSync(`${path}.before-upgrade`)).toBe(false);
});

test('while the upgrade is under way there is a whole copy of the database as it was', async () => {
  const { path } = await used();
  const seen: unknown[] = [];
  const look: Migration = {
    version: newest + 1,
    name: 'look',
    get sql() {
      const copy = new Database(`${path}.before-upgrade`, { readonly: true });
      seen.push(schemaVersion(copy), copy.query('SELECT count(*) AS leads FROM lead').get());
      copy.close();
      return GOOD.sql;
    },
  };
  await open(path, { mayUpgrade: true, migrations: [...MIGRATIONS, look] }).close();
  expect(seen).toEqual([newest, { leads: 1 }]);
});

test('without the right to, an older schema is refused and not touched; no copy is made', async () => {
  const { path, siteId } = await used();
  const before = await leadIds(path, siteId);
  expect(() => open(path, { migrations: [...MIGRATIONS, GOOD] })).toThrow(UpgradeNeeded);
  expect(await leadIds(path, siteId)).toEqual(before);
  expect(existsSync(`${path}.before-upgrade`)).toBe(false);
});

test('processes that make a new database at the same moment all end up with it', async () => {
  for (let round = 0; round < 5; round++) {
    const path = join(tempDir(), 'leadtosheet.db');
    const children = Array.from({ length: 6 }, () => child('create', path));
    const said = await Promise.all(
      children.map(async ({ stdout, stderr }) => [
        await new Response(stdout).text(),
        await new Response(stderr).text(),
      ]),
    );
    expect(said).toEqual(children.map(() => [`${newest}\n`, '']));
  }
});

test('a database with the tables of another program is refused, and left as it is', () => {
  const path = join(tempDir(), 'leadtosheet.db');
  openDatabase({ path, durability: 'full', migrations: [] }).run('CREATE TABLE theirs (a)');
  expect(() => open(path, { mayUpgrade: true })).toThrow(/holds tables of another program/);
});
