import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { program, removeFolders } from './program.ts';

setDefaultTimeout(60_000);
afterAll(removeFolders);

test('a server listens first and puts the sheets right after: a tab whose file is gone comes back meanwhile', async () => {
  const it = program();
  const first = await it.serve();
  const { key } = await it.json(['key', 'create', '--name', 'k', '--scopes', 'submissions:write']);
  const answer = await fetch(`${first.url}/api/v1/submissions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: '{"fields":{"Name":"Ada"}}',
  });
  expect(answer.status).toBe(201);
  await first.wrote(1);
  first.kill('SIGTERM');
  await first.exited;
  const [site] = (await it.json(['site', 'list'])).data;
  const file = join(it.dataDir, 'sheets', site.id, 'API.csv');
  rmSync(file);

  const second = await it.serve();
  await second.logged('sheet.local.rebuilt');
  expect(second.log().indexOf('sheet.local.rebuilt')).toBeGreaterThan(second.log().indexOf('server.started'));
  // It was logged before it was done.
  let verified = await it.run(['sheet', 'verify', '--json']);
  for (let tries = 0; tries < 50 && verified.exit !== 0; tries++)
    verified = await it.run(['sheet', 'verify', '--json']);
  expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, tabs: [{ in_database: 1, in_sheet: 1 }] });
  expect(existsSync(file)).toBe(true);
  second.kill('SIGTERM');
  expect(await second.exited).toBe(0);
  expect(second.log()).not.toContain('"level":"error"');
});
