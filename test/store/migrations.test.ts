import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getTableConfig } from 'drizzle-orm/sqlite-core';
import { systemClock } from '../../src/lib/clock.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { MIGRATIONS, type Migration } from '../../src/store/sqlite/migrations.ts';
import { openDatabase, schemaVersion } from '../../src/store/sqlite/open.ts';
import { TABLES } from '../../src/store/sqlite/schema.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { newLead } from '../support/leads.ts';
import { tempDir } from '../support/temp.ts';
import { migrated, schemaText } from './schema-text.ts';
import { accept, allLeads } from './suite/accept.ts';

const how = { durability: 'full', clock: systemClock, ids: randomIds(), secretCheck: 'x' } as const;
/** As the holder of the server lock does it. */
const open = (path: string, migrations: readonly Migration[] = MIGRATIONS) =>
  openStore({ ...how, path, migrations, mayUpgrade: true });

const newest = MIGRATIONS.at(-1)?.version ?? 0;
const next = (sql: string, steps = 1): Migration => ({ version: newest + steps, name: `next_${steps}`, sql });

/** Everything in a database, for comparing it with itself. */
function contents(path: string): unknown {
  const db = new Database(path, { readonly: true });
  const tables = db
    .query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .all();
  const rows = tables.map(({ name }) => [name, db.query(`SELECT * FROM "${name}"`).values()]);
  const text = schemaText(db);
  const version = schemaVersion(db);
  db.close();
  return { rows, text, version };
}

/** A database of the present schema with a lead in it. */
async function used(): Promise<string> {
  const path = join(tempDir(), 'leadtosheet.db');
  const store = open(path);
  const site = await store.sites.create({ name: 'Shop' });
  await accept(store, site.id, newLead({ a: '1' }));
  await store.close();
  return path;
}

describe('the list of migrations', () => {
  test('numbers are 1, 2, 3 …, names are unique, and each is the file of its name', () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, i) => i + 1));
    expect(new Set(MIGRATIONS.map(({ name }) => name)).size).toBe(MIGRATIONS.length);
    const dir = join(import.meta.dir, '../../migrations');
    const files = readdirSync(dir).filter((file) => file.endsWith('.sql'));
    expect(files.sort()).toEqual(
      MIGRATIONS.map(({ version, name }) => `${String(version).padStart(4, '0')}_${name}.sql`),
    );
    for (const [i, file] of files.entries())
      expect(readFileSync(join(dir, file), 'utf8')).toBe(MIGRATIONS[i]?.sql ?? '');
  });

  test('every prefix applies to an empty database, and the rest to what it made', () => {
    for (let length = 0; length <= MIGRATIONS.length; length++) {
      const path = join(tempDir(), 'a.db');
      openDatabase({ path, durability: 'full', migrations: MIGRATIONS.slice(0, length) }).close();
      const db = openDatabase({ path, durability: 'full', mayUpgrade: true });
      expect(schemaVersion(db)).toBe(newest);
      expect(schemaText(db)).toBe(schemaText(migrated()));
      db.close();
    }
  });

  test('the schema is as test/golden/schema.sql shows it: `bun test/store/write-schema.ts` renews that', () => {
    expect(schemaText(migrated())).toBe(readFileSync(join(import.meta.dir, '../golden/schema.sql'), 'utf8'));
  });

  test('every table is STRICT: a text never ends up where a number belongs', () => {
    const tables = migrated().query<{ name: string; strict: number }, []>('PRAGMA table_list').all();
    const own = tables.filter(({ name }) => !name.startsWith('sqlite_'));
    expect(own.length).toBeGreaterThan(10);
    expect(own.filter(({ strict }) => strict !== 1)).toEqual([]);
  });

  test('the tables as the code sees them are the tables: names, types, what may be empty, keys', () => {
    const db = migrated();
    for (const table of Object.values(TABLES)) {
      const { name, columns, primaryKeys } = getTableConfig(table);
      const actual = db
        .query<{ name: string; type: string; notnull: number; pk: number }, []>(`PRAGMA table_info("${name}")`)
        .all();
      expect(actual.length).toBeGreaterThan(0);
      const keys = new Set(primaryKeys.flatMap((key) => key.columns.map((column) => column.name)));
      const seen = columns.map((column) => ({
        name: column.name,
        type: column.getSQLType().toUpperCase(),
        // SQLite calls a column of a key NOT NULL only where it is written; STRICT WITHOUT ROWID means it anyway.
        notnull: column.notNull || column.primary || keys.has(column.name),
        pk: column.primary || keys.has(column.name),
      }));
      const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
      expect([name, seen.sort(byName)]).toEqual([
        name,
        actual
          .map((column) => ({
            name: column.name,
            type: column.type,
            notnull: column.notnull === 1 || column.pk > 0,
            pk: column.pk > 0 && name !== 'lead',
          }))
          .sort(byName),
      ]);
    }
  });
});

describe('an upgrade', () => {
  test('keeps every lead, and leaves no copy behind once it has worked', async () => {
    const path = await used();
    const store = open(path, [...MIGRATIONS, next('ALTER TABLE site ADD COLUMN colour TEXT;')]);
    const [site] = store.sites.list();
    expect(allLeads(store, site?.id ?? '')).toHaveLength(1);
    expect(store.health().schemaVersion).toBe(newest + 1);
    await store.close();
    expect(existsSync(`${path}.before-upgrade`)).toBe(false);
  });

  test('that fails in its first or in a later step is undone as a whole, and says so', async () => {
    const good = 'CREATE TABLE extra (a TEXT) STRICT; UPDATE site SET name = upper(name);';
    const bad = 'CREATE TABLE more (a TEXT) STRICT; INSERT INTO nowhere VALUES (1);';
    for (const steps of [[next(bad)], [next(good), next(bad, 2)]]) {
      const path = await used();
      const before = contents(path);
      expect(() => open(path, [...MIGRATIONS, ...steps])).toThrow(/was undone .*nowhere.*as it was/);
      expect(contents(path)).toEqual(before);
      // The version from before starts again, and so does a mended one.
      await open(path).close();
      const mended = open(path, [...MIGRATIONS, next(good), next('DELETE FROM extra;', 2)]);
      expect(mended.sites.list()[0]?.name).toBe('SHOP');
      await mended.close();
    }
  });

  test('a first set-up that fails says so', () => {
    const path = join(tempDir(), 'a.db');
    expect(() => open(path, [{ version: 1, name: 'x', sql: 'INSERT INTO nowhere VALUES (1);' }])).toThrow(
      /could not be set up: .*nowhere/,
    );
  });

  test('a database of a newer version is refused with what to do, and not touched', async () => {
    const path = await used();
    const db = openDatabase({
      path,
      durability: 'full',
      mayUpgrade: true,
      migrations: [...MIGRATIONS, next('CREATE TABLE n (a) ;')],
    });
    db.close();
    const before = contents(path);
    expect(() => open(path)).toThrow(
      /newer version of LeadToSheet \(schema \d+, this one knows \d+\).*Start the newer/,
    );
    expect(contents(path)).toEqual(before);
  });

  test('a server whose database is changed under it says that it is not ready for it', async () => {
    const path = await used();
    const store = open(path);
    expect(store.health().migrated).toBe(true);
    openDatabase({
      path,
      durability: 'full',
      mayUpgrade: true,
      migrations: [...MIGRATIONS, next('CREATE TABLE n (a);')],
    }).close();
    expect(store.health()).toMatchObject({ migrated: false, schemaVersion: newest + 1 });
    await store.close();
  });

  test('a file that is no database, and another secret, stop the start with a sentence', async () => {
    const path = join(tempDir(), 'a.db');
    await Bun.write(path, 'this is no database, but a text of more than a hundred characters. '.repeat(40));
    expect(() => open(path)).toThrow(/is damaged .*Restore it from a backup/);
    const fine = await used();
    const other = { path: fine, durability: 'full', clock: systemClock, ids: randomIds(), secretCheck: 'y' } as const;
    expect(() => openStore(other)).toThrow(/LTS_SECRET is not the one/);
    await open(fine).close();
  });
});
