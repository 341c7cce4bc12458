import { afterAll, expect, test } from 'bun:test';
import { killAll, startServer } from '../support/binary.ts';
import { api } from '../support/server.ts';
import { tempDir } from '../support/temp.ts';
import { type Document, goldenDocument } from './document.ts';

afterAll(killAll);

test('the compiled program gives out the same document, with the address it was told', async () => {
  const env = { LTS_PUBLIC_URL: 'https://leads.lan' };
  const server = await startServer({ dir: tempDir(), env });
  const response = await api(server, '/openapi.json');
  expect(response.status).toBe(200);
  const golden = goldenDocument();
  expect((await response.json()) as Document).toEqual({ ...golden, servers: [{ url: 'https://leads.lan' }] });
  server.kill('SIGKILL');
  await server.exited;
});
