import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { program, removeFolders } from './program.ts';

// Each command is a process of its own, on a machine that may have other work.
setDefaultTimeout(60_000);
afterAll(removeFolders);

/** A server with leads of these addresses, each in its sheet. */
async function serving(...emails: string[]) {
  const { run, json, serve, dataDir } = program();
  const server = await serve();
  const { id: siteId } = (await json(['site', 'list'])).data[0];
  const { key } = await json(['key', 'create', '--name', 'k', '--scopes', 'submissions:write']);
  const ids: string[] = [];
  for (const email of emails) {
    const answer = await fetch(`${server.url}/api/v1/submissions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': email },
      body: JSON.stringify({ fields: { Email: email } }),
    });
    ids.push(((await answer.json()) as any).data.id);
  }
  await server.wrote(emails.length);
  const sheet = () => readFileSync(`${dataDir}/sheets/${siteId}/API.csv`, 'utf8');
  return { run, json, server, ids, sheet, dataDir };
}

test('by ID while the server runs: the lead is gone, and soon its row', async () => {
  const { run, json, server, ids, sheet } = await serving('alice@example.com', 'bob@example.com', 'carol@example.com');
  const refused = await json(['lead', 'delete', ids[0] ?? ''], 4);
  expect(refused.error).toMatchObject({ code: 'conflict', message: expect.stringContaining('It would be 1 lead') });
  expect((await json(['lead', 'list'])).data).toHaveLength(3);

  const ran = await json(['lead', 'delete', ids[0] ?? '', ids[1] ?? '', ids[0] ?? '', '--yes']);
  expect(ran).toMatchObject({ deleted: 2, ids: [ids[0], ids[1]], rows_kept: false });
  await server.wrote(5);
  expect(sheet()).not.toContain(ids[0] ?? '');
  expect(sheet()).not.toContain('bob@example.com');
  expect(sheet()).toContain('carol@example.com');
  expect((await json(['sheet', 'show'])).rows_to_remove).toEqual({ here: 0, elsewhere: 0 });
  expect((await json(['sheet', 'verify'])).ok).toBe(true);
  expect((await json(['lead', 'show', ids[0] ?? ''], 3)).error.code).toBe('not_found');
  const missing = await json(['lead', 'delete', ids[0] ?? '', ids[2] ?? '', '--yes'], 3);
  expect(missing.error.message).toContain('Nothing was deleted: 1 of these leads');
  expect((await json(['lead', 'list'])).data).toHaveLength(1);
  expect((await run(['lead', 'delete', '--help'])).stdout).toContain('[ID…]');
  server.kill('SIGTERM');
  expect(await server.exited).toBe(0);
  expect(server.log()).not.toContain('example.com');
});

test('by e-mail, and with the rows kept', async () => {
  const { run, json, server, ids, sheet } = await serving('alice@example.com', 'bob@example.com', 'ALICE@example.com');
  const words = ['lead', 'delete', '--email', ' Alice@example.com'];
  const refused = await run(words);
  expect(refused).toMatchObject({ exit: 4, stdout: '' });
  expect(refused.stderr).toContain('It would be 2 leads and what the sheet has of them. Add --yes');
  expect(refused.stderr).toContain(ids[2] ?? '');
  const ran = await run([...words, '--keep-rows', '--yes']);
  expect(ran).toMatchObject({ exit: 0, stdout: 'Deleted: 2 leads. Their rows stay in the sheet.\n' });
  expect((await json([...words, '--yes'], 3)).error.code).toBe('not_found');
  expect((await json(['lead', 'list'])).data.map((lead: any) => lead.id)).toEqual([ids[1]]);
  server.kill('SIGTERM');
  expect(await server.exited).toBe(0);
  expect(sheet()).toContain(ids[0] ?? '');
});

test('by e-mail: kept calls of webhooks go too, also where there is no lead', async () => {
  const { run, json, server, dataDir } = await serving('alice@example.com');
  const file = `${dataDir}/hook.json`;
  writeFileSync(
    file,
    '{"kind":"webhook","name":"Shop","mapping":{"rows":[{"field":"x","path":"no.where"}],"rest":false}}',
  );
  const { path } = await json(['hook', 'create', '--data', file]);
  for (const mail of ['alice@example.com', 'bob@example.com']) {
    const body = JSON.stringify({ mail });
    expect((await fetch(`${server.url}${path}`, { method: 'POST', body })).status).toBe(422);
  }
  const words = (email: string) => ['lead', 'delete', '--email', email];
  const refused = await run(words('alice@example.com'));
  expect(refused.stderr).toContain('1 lead and what the sheet has of them, with 1 kept calls of webhooks. Add --yes');
  const beside = { calls: 1, spam_mark: false, imports: 0 };
  expect(await json([...words('alice@example.com'), '--yes'])).toMatchObject({ deleted: 1, beside });
  expect((await json(words('alice@example.com'), 3)).error.code).toBe('not_found');
  expect(await json([...words('bob@example.com'), '--yes'])).toMatchObject({ deleted: 0, beside });
  server.kill('SIGTERM');
  expect(await server.exited).toBe(0);
});

test('without a server: the rows wait, and sheet show says so', async () => {
  const { run, json, server, ids, sheet } = await serving('alice@example.com', 'bob@example.com');
  server.kill('SIGTERM');
  await server.exited;
  const ran = await run(['lead', 'delete', ids[0] ?? '', '--yes']);
  expect(ran.stdout).toContain('Rows to take out of the sheet: 1;');
  expect((await json(['sheet', 'show'])).rows_to_remove).toEqual({ here: 1, elsewhere: 0 });
  expect((await run(['sheet', 'show'])).stdout).toMatch(/to be removed +1 rows of deleted leads/);
  expect(sheet()).toContain(ids[0] ?? '');
});

test('wrong use: which leads has to be said, in one way', async () => {
  const { json } = program();
  expect((await json(['lead', 'delete', '--yes'], 2)).error.message).toContain('either their IDs, or --email');
  expect((await json(['lead', 'delete', 'sub_x', '--email', 'alice@example.com'], 2)).error.code).toBe('bad_request');
});
