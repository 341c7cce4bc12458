import { Database } from 'bun:sqlite';
import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { program, removeFolders } from './program.ts';

// Each command is a process of its own, on a machine that may have other work.
setDefaultTimeout(60_000);
afterAll(removeFolders);

interface Entry {
  actor_kind: string;
  action: string;
  site_id: string | null;
  object_id: string | null;
  before: string | null;
  after: string | null;
}

test('every change by a command is in the audit log, what only looks is not, and no key ever', async () => {
  const { json, run, serve, dataDir } = program();
  const log = (): Entry[] => {
    const db = new Database(`${dataDir}/leadtosheet.db`, { readonly: true });
    try {
      return db.query<Entry, []>('SELECT actor_kind, action, site_id, object_id, before, after FROM audit').all();
    } finally {
      db.close();
    }
  };
  const site = await json(['site', 'create', '--name', 'Shop', '--timezone', 'Europe/Paris']);
  const scopes = ['--scopes', 'submissions:write'];
  const key = await json(['key', 'create', '--name', 'Web', ...scopes, '--expires', '2099-01-31']);
  const server = await serve();
  const sent = await fetch(`${server.url}/api/v1/submissions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ fields: { Name: 'Alice' }, form_name: 'Contact' }),
  });
  const { data: lead } = (await sent.json()) as { data: { id: string; form_id: string } };
  await server.wrote(1);
  const rotated = await json(['key', 'rotate', key.id, '--overlap', '0']);
  await json(['form', 'update', lead.form_id, '--name', 'Talk', '--ignored', 'true']);
  await json(['lead', 'delete', lead.id, '--yes']);
  await json(['sheet', 'connect', '--local']);
  await json(['key', 'revoke', key.id]);
  const told = log();

  // None of these changes anything.
  await json(['key', 'revoke', key.id]);
  await json(['sheet', 'backfill']);
  await json(['site', 'show']);
  expect((await run(['sheet', 'resume'])).exit).toBe(4);
  expect((await run(['lead', 'delete', lead.id])).exit).toBe(3);
  expect(log()).toEqual(told);

  const of = (action: string) => told.filter((entry) => entry.action === action);
  const changes = told.filter(({ actor_kind }) => actor_kind === 'cli');
  expect(changes.map(({ action, object_id }) => [action, object_id])).toEqual([
    ['site.created', site.id],
    ['key.created', key.id],
    ['key.rotated', key.id],
    ['form.changed', lead.form_id],
    ['lead.deleted', lead.id],
    ['sheet.connected', null],
    ['key.revoked', key.id],
  ]);
  expect(new Set(changes.map(({ site_id }) => site_id))).toEqual(new Set([site.id]));
  expect(JSON.parse(of('key.created')[0]?.after ?? '')).toEqual({
    name: 'Web',
    prefix: key.prefix,
    scopes: ['submissions:write'],
    expires_at: '2099-01-31T00:00:00.000Z',
  });
  const [form] = of('form.changed');
  expect(JSON.parse(form?.before ?? '')).toMatchObject({ name: 'Contact', ignored: false });
  expect(JSON.parse(form?.after ?? '')).toMatchObject({ name: 'Talk', ignored: true });
  for (const secret of [key.key, rotated.key]) expect(JSON.stringify(told)).not.toContain(secret);
  server.kill('SIGTERM');
  await server.exited;
});

test('the site that a first start makes is in the audit log, as made by the server', async () => {
  const { serve, dataDir } = program();
  const server = await serve();
  await server.logged('server.started');
  server.kill('SIGTERM');
  await server.exited;
  const db = new Database(`${dataDir}/leadtosheet.db`, { readonly: true });
  const made = db.query("SELECT actor_kind FROM audit WHERE action = 'site.created'").all();
  db.close();
  expect(made).toEqual([{ actor_kind: 'server' }]);
});
