import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readdirSync } from 'node:fs';
import { program, removeFolders } from './program.ts';

// Each command is a process of its own, on a machine that may have other work.
setDefaultTimeout(60_000);
afterAll(removeFolders);

test('files come in, their links lead to the server, doctor counts them, and they go with their lead', async () => {
  const { json, run, serve, dataDir } = program();
  const server = await serve();
  const { id: siteId, endpoint_id: endpoint } = (await json(['site', 'list'])).data[0];
  const body = new FormData();
  body.append('CV', new File(['hello'], 'cv.txt'));
  const headers = { accept: 'application/json' };
  const answer = await fetch(`${server.url}/f/${endpoint}`, { method: 'POST', headers, body });
  const { id } = (await answer.json()) as { id: string };

  const { key } = await json(['key', 'create', '--name', 'k', '--scopes', 'submissions:read']);
  const shown = await fetch(`${server.url}/api/v1/submissions/${id}`, { headers: { authorization: `Bearer ${key}` } });
  const { files } = ((await shown.json()) as any).data;
  expect(files).toMatchObject([{ field: 'CV', name: 'cv.txt', size: 5, content_type: 'text/plain' }]);
  const { port, pathname } = new URL(files[0].url);
  expect(port).toBe(new URL(server.url).port);
  const link = server.url + pathname + new URL(files[0].url).search;
  expect(await (await fetch(link)).text()).toBe('hello');
  expect((await run(['lead', 'show', id])).stdout).toContain('cv.txt (5 bytes)');

  const check = async () => (await json(['doctor'])).checks.find(({ name }: { name: string }) => name === 'files');
  expect(await check()).toMatchObject({ status: 'ok', message: '1 of leads, 1 MB of the 10000 MB they may take' });
  const folder = `${dataDir}/files/${siteId}`;
  expect(readdirSync(folder)).toHaveLength(1);
  await json(['lead', 'delete', id, '--yes']);
  expect(readdirSync(folder)).toEqual([]);
  // From another folder than its own the source finds no pages; test/http/files.test.ts has the 404.
  expect((await fetch(link)).ok).toBe(false);
  expect(await check()).toMatchObject({ message: '0 of leads, 0 MB of the 10000 MB they may take' });
  expect(existsSync(`${dataDir}/files/lost`)).toBe(false);
  server.kill('SIGTERM');
  expect(await server.exited).toBe(0);
  for (const secret of ['hello', 'cv.txt', 'sig=']) expect(server.log()).not.toContain(secret);
});
