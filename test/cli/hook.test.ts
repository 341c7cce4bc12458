import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { until } from '../support/server.ts';
import { program, removeFolders } from './program.ts';

// Each command is a process of its own, on a machine that may have other work.
setDefaultTimeout(60_000);
afterAll(removeFolders);

test('webhooks are made, shown, changed and deleted by JSON; what is wrong is said, a secret never', async () => {
  const { json, run } = program();
  await json(['site', 'create', '--name', 'Shop']);
  expect(await json(['hook', 'list'])).toEqual({ data: [] });
  const create = (value: unknown) => run(['hook', 'create', '--data', '-', '--json'], { stdin: JSON.stringify(value) });
  const wanted = {
    kind: 'webhook',
    name: 'Orders',
    mapping: { rows: [{ field: 'Email', path: 'data.email' }], rest: true },
    check: { type: 'hmac', header: 'X-Sig', prefix: 'sha256=' },
    event_path: 'id',
  };
  const secret = 'top secret';
  const created = await create({ ...wanted, secrets: { secret } });
  expect([created.exit, created.stderr]).toEqual([0, '']);
  expect(created.stdout).not.toContain(secret);
  const made = JSON.parse(created.stdout);
  expect(made).toMatchObject({ ...wanted, secrets: ['secret'], active: true, event_header: null, last_call_at: null });
  expect(made.path).toMatch(/^\/hooks\/[0-9a-z]{32}$/);
  expect(await json(['hook', 'show', made.id])).toEqual(made);
  expect(await json(['hook', 'list'])).toEqual({ data: [made] });

  const update = (value: unknown, id = made.id) =>
    run(['hook', 'update', id, '--data', '-', '--json'], { stdin: JSON.stringify(value) });
  const renamed = await update({ name: 'Shop orders', active: false });
  expect(JSON.parse(renamed.stdout)).toEqual({ ...made, name: 'Shop orders', active: false });
  for (const [value, words] of [
    [{ ...wanted }, '/secrets/secret'],
    [{ kind: 'webhook' }, '/name'],
    [{ kind: 'shop', name: 'x' }, '/kind'],
    [
      { kind: 'webhook', name: 'x', mapping: { rows: [{ field: 'a', path: 'a..b' }], rest: false } },
      'A name is missing',
    ],
    [{ kind: 'tally', name: 'x', check: { type: 'none' } }, 'comes with its own checks'],
    [{ kind: 'tally', name: 'x', secrets: { token: 'y' } }, 'is not asked for: there is secret'],
  ] as const) {
    const refused = await create(value);
    expect([refused.exit, refused.stderr]).toEqual([2, expect.stringContaining(words)]);
  }
  expect((await update({ name: 'x' }, 'hook_none')).exit).toBe(3);
  expect((await update({})).exit).toBe(2);

  expect((await run(['hook', 'delete', made.id])).exit).toBe(4);
  expect((await run(['hook', 'show', made.id])).stdout).toContain('Shop orders');
  expect(await json(['hook', 'delete', made.id, '--yes'])).toEqual({ id: made.id, deleted: true });
  expect((await run(['hook', 'show', made.id])).exit).toBe(3);
});

test('a running server takes calls of a webhook that a command makes, and refuses them once it is deleted', async () => {
  const { json, run, serve } = program();
  const server = await serve();
  const stdin = '{"kind":"webhook","name":"Orders"}';
  const made = JSON.parse((await run(['hook', 'create', '--data', '-', '--json'], { stdin })).stdout);
  const send = () => fetch(`${server.url}${made.path}`, { method: 'POST', body: '{"Email":"alice@example.com"}' });
  await until('the server knows it', async () => (await send()).status === 202);
  await json(['hook', 'delete', made.id, '--yes']);
  await until('the server knows it no more', async () => (await send()).status === 404);
  server.kill('SIGTERM');
  expect(await server.exited).toBe(0);
});
