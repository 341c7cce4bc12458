import { Database } from 'bun:sqlite';
import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LEAD_ACTS } from '../../src/http/admin/lead-acts.ts';
import { ADMIN_ROUTES } from '../../src/http/admin/pages.ts';
import type { createHookDesk } from '../../src/intake/hooks/desk.ts';
import { marksOf } from '../../src/intake/spam/values.ts';
import type { Hook } from '../../src/store/hooks.ts';
import { until } from '../support/server.ts';
import { siteWorld } from './site-world.ts';

setDefaultTimeout(60_000);
const world = await siteWorld(ADMIN_ROUTES);
const { services, site } = world;
const { hooks, imports, spam } = services.store;
const desk = services.hookDesk as ReturnType<typeof createHookDesk>;
const privacy = `/admin/s/${site.id}/privacy`;
const owner = await world.person('owner');
const PERSON = ' Zoe@Example.ORG ';
const ADDRESS = 'zoe@example.org';
const data = dirname(world.path);
const uploads = join(data, 'imports', site.id);

/**
 * Everything that is kept, as text: each row of each table and each file beside them. Of the search index what it knows of
 * leads, not its lists of single words, which go when they are merged: they say of no lead that is gone.
 */
function everything(): string {
  const rows = [world.path, join(data, 'search.db')].flatMap((path) => {
    const db = new Database(path, { readonly: true });
    const tables = db.query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    const own = tables.map(({ name }) => name).filter((name) => !name.startsWith('block_'));
    const values = own.flatMap((name) => db.query(`SELECT * FROM "${name}"`).values().flat());
    db.close();
    return values.map((each) => (each instanceof Uint8Array ? Buffer.from(each).toString('latin1') : String(each)));
  });
  const files = readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile() && !/\.db(?:-wal|-shm)?$/.test(each.name))
    .map((each) => readFileSync(join(each.parentPath, each.name), 'latin1'));
  return [...rows, ...files].join('\n').toLowerCase();
}

/** Whether a search for the word finds a lead, once the index is as the leads are. */
async function isFound(word: string): Promise<boolean> {
  await until('the index is current', () => {
    services.store.tendSearch(() => {});
    const db = new Database(join(data, 'search.db'), { readonly: true });
    const upto = db.query("SELECT value FROM meta WHERE name = 'stale_upto'").values().flat()[0];
    db.close();
    const main = new Database(world.path, { readonly: true });
    const last = main.query("SELECT seq FROM sqlite_sequence WHERE name = 'search_stale'").values().flat()[0];
    main.close();
    return upto === last;
  });
  const filter = { spam: 'include', q: word } as const;
  return services.store.leads.list(site.id, { filter, newestFirst: true, limit: 10, offset: 0 }).length > 0;
}

async function makeHook(): Promise<Hook> {
  const { location } = await owner.post(`/admin/s/${site.id}/sources/hooks`, { kind: 'webhook', name: 'Shop' });
  const id = /hook_\w+/.exec(location ?? '')?.[0] ?? '';
  // No call of it makes a lead: it is kept as it came.
  const mapping = { rows: [{ field: 'x', path: 'no.where' }], rest: false };
  const hook = await hooks.update(site.id, id, { mapping });
  if (!hook) throw new Error('no hook');
  return hook;
}

async function call(hook: Hook, body: unknown): Promise<string> {
  const headers = new Headers({ 'content-type': 'application/json' });
  const raw = Buffer.from(JSON.stringify(body));
  await desk.take(hook, { method: 'POST', headers, raw }).catch(() => {});
  return hooks.calls(hook.id)[0]?.id ?? '';
}

/** A file that was sent here and is still to be imported. */
async function waiting(fileName: string, text: string, start = false): Promise<string> {
  const settings = { format: 'csv', encoding: 'utf-8', columns: [] } as never;
  const file = { fileName, fileHash: fileName, fileSize: text.length, kept: true, settings };
  const job = await imports.create({ siteId: site.id, ...file });
  mkdirSync(uploads, { recursive: true });
  writeFileSync(join(uploads, job.id), text);
  if (start) await imports.start(site.id, job.id, 'somebody');
  return job.id;
}

const markOf = (address: string) =>
  marksOf(services.vault, site.id, [{ kind: 'other', text: address }]).map(({ hash }) => spam.known(site.id, hash));
const lastEntry = () => services.store.audit.list({ limit: 1 })[0];

async function marked(address: string): Promise<string> {
  const id = await world.lead({ Email: address });
  const lead = services.store.leads.get(site.id, id);
  if (lead) await LEAD_ACTS.spam.apply(services, site, [lead], { quality: null, rows: false });
  return id;
}

test('nothing besides leads is of nobody: an address that is none reaches nothing', async () => {
  const hook = await makeHook();
  await call(hook, { mail: 'bob@example.org' });
  for (const email of ['', ' ', 'bob', 'example.org']) {
    expect((await owner.post(`${privacy}/delete`, { email })).status).toBe(422);
    expect((await owner.post(`${privacy}/export`, { email })).status).toBe(422);
  }
  expect(hooks.calls(hook.id)).toHaveLength(1);
});

test('calls, marks and waiting files are found, handed over and deleted with the leads: no trace is left', async () => {
  const hook = await makeHook();
  const list = await call(hook, [{ name: 'Bob' }, { note: 'From Zoe <ZOE@example.org>.' }]);
  const other = await call(hook, { mail: 'chloe.zoe@example.org', other: 'zoe@example.org.uk' });
  await marked(ADDRESS);
  await marked('bob@example.org');
  // Where one piece of the file ends and the next begins; and a name that only begins or ends like it.
  const hers = await waiting('hers.csv', `Email\n${'x'.repeat(1_048_576 - 16)}\nZoe@example.org\n`);
  const theirs = await waiting(
    'theirs.csv',
    `Email\n${'x'.repeat(1_048_576 - 21)}\nzoe@example.org.uk\nxzoe@example.org\n`,
  );
  const longer = await waiting('longer.csv', `Email\n${'\n'.repeat(1_048_576 - 25)}xzoe@example.org\n\n\n\n\n`);
  expect(await isFound('zoe')).toBe(true);
  expect(/[^.x]zoe@example\.org[^.]/.test(everything())).toBe(true);

  const shown = await owner.post(privacy, { email: PERSON });
  expect(shown.html).toContain('Delete 1 lead and the rest');
  expect(shown.html).toContain('One call of a webhook is kept');
  expect(shown.html).toContain('taken for spam');
  expect(['hers.csv', 'theirs.csv', 'longer.csv'].map((name) => shown.html.includes(name))).toEqual([
    true,
    false,
    false,
  ]);

  const lines = (await owner.post(`${privacy}/export`, { email: PERSON })).html.trim().split('\n');
  const [, kept, mark, ...more] = lines.map((line) => JSON.parse(line));
  expect(kept.webhook_call).toMatchObject({ id: list, body: [{ note: 'From Zoe <ZOE@example.org>.' }] });
  expect([mark, more]).toEqual([{ spam_mark: { email: PERSON.trim(), said: 'spam' } }, []]);

  const gone = await owner.post(`${privacy}/delete`, { email: PERSON });
  expect(gone.location).toBe(`${privacy}?notice=deleted`);
  expect(await isFound('zoe')).toBe(false);
  const others = /chloe\.zoe@example\.org|xzoe@example\.org|zoe@example\.org\.uk/g;
  expect(everything().replaceAll(others, '').includes('zoe')).toBe(false);
  expect(hooks.call(hook.id, other)).not.toBeNull();
  expect([markOf(ADDRESS), markOf('bob@example.org')]).toEqual([[null], ['spam']]);
  expect([imports.get(site.id, hers), existsSync(join(uploads, hers))]).toEqual([null, false]);
  for (const each of [theirs, longer]) expect(existsSync(join(uploads, each))).toBe(true);
  expect(lastEntry()).toMatchObject({ after: { calls: 1, spam_mark: true, imports: 1 } });
  expect((await owner.post(privacy, { email: PERSON })).html).toContain('Nothing is kept');
});

test('while a file with the address is being imported nothing is deleted; one that was stopped keeps its place', async () => {
  const id = await world.lead({ Email: ADDRESS });
  const job = await waiting('under-way.csv', `Email\n${ADDRESS}\n`, true);
  const refused = await owner.post(`${privacy}/delete`, { email: PERSON });
  expect([refused.status, refused.html.includes('is being imported')]).toEqual([409, true]);
  expect(services.store.leads.get(site.id, id)).not.toBeNull();
  await imports.stop(site.id, job);
  expect((await owner.post(`${privacy}/delete`, { email: PERSON })).status).toBe(303);
  expect([imports.get(site.id, job)?.status, existsSync(join(uploads, job))]).toEqual(['stopped', false]);
  expect(services.store.leads.get(site.id, id)).toBeNull();
});

test('what is kept of a person without a lead is deleted too', async () => {
  const hook = await makeHook();
  await call(hook, { mail: ADDRESS });
  const shown = await owner.post(privacy, { email: PERSON });
  expect(shown.html).toContain('Delete all of this');
  await owner.post(`${privacy}/delete`, { email: PERSON });
  expect(hooks.calls(hook.id)).toEqual([]);
});
