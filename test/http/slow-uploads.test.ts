import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_UPLOADS } from '../../src/intake/files/slots.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { TestClock } from '../support/clock.ts';
import { Connection } from '../support/load.ts';
import { until } from '../support/server.ts';
import { tempDir } from '../support/temp.ts';
import { formRequest, type SlowClient, slowClient } from '../support/uploads.ts';

// Real connections, on a machine that may have other work.
setDefaultTimeout(60_000);

const SECOND = 1_000;
const path = join(tempDir(), 'files');
const clock = new TestClock();
let api: TestApp;
let port: number;
let endpoint: string;
beforeAll(async () => {
  api = await testApp({ clock, files: { path } });
  ({ port } = api.app.start());
  endpoint = api.site.endpointId;
});
afterAll(() => api.close());

const incoming = () => (existsSync(join(path, 'incoming')) ? readdirSync(join(path, 'incoming')).length : 0);
/** Bytes on disk of what is under way. */
const written = () =>
  readdirSync(join(path, 'incoming')).reduce((sum, name) => sum + statSync(join(path, 'incoming', name)).size, 0);
const leads = () => api.store.leads.count(api.site.id, { spam: 'include' }, 10_000);
const content = (bytes: number) => Buffer.alloc(bytes, 'x');
/** Where the bytes of the file begin. */
const START =
  formRequest('x', content(0)).body.indexOf('\r\n\r\n', formRequest('x', content(0)).body.indexOf('cv.bin')) + 4;

async function opened(count: number, size = 100_000): Promise<SlowClient[]> {
  const before = incoming();
  const clients: SlowClient[] = [];
  for (let i = 0; i < count; i++) {
    clients.push(await slowClient(port, endpoint, content(size), START + 100));
    await until('its file is begun', () => incoming() === before + i + 1);
  }
  return clients;
}

async function allGone(): Promise<void> {
  await until('nothing is left of them', () => incoming() === 0);
}

const end = (clients: readonly SlowClient[]) => {
  for (const { connection } of clients) connection.end();
};

const statusOf = async ({ connection }: Pick<SlowClient, 'connection'>) => (await connection.answer())?.status;

test('who breaks off leaves nothing', async () => {
  const before = leads();
  end(await opened(3));
  await allGone();
  expect(leads()).toBe(before);
});

test('nothing for a minute ends an upload; a byte before that goes on with it', async () => {
  const [still, alive] = await opened(2);
  if (!still || !alive) throw new Error('no clients');
  clock.advance(59 * SECOND);
  alive.next(10);
  // Only when it has come does its minute begin anew.
  await until('it came', () => written() === 210);
  clock.advance(2 * SECOND);
  const answer = await still.connection.answer();
  expect([answer?.status, JSON.parse(answer?.body ?? '').error.code]).toEqual([400, 'bad_request']);
  expect(answer?.body).toContain('stood still');
  alive.next(1_000_000);
  expect(await statusOf(alive)).toBe(200);
  end([still, alive]);
  await allGone();
});

test('five minutes end it, however steady it is', async () => {
  const [client] = await opened(1);
  if (!client) throw new Error('no client');
  for (let seconds = 0; seconds < 290; seconds += 29) {
    clock.advance(29 * SECOND);
    client.next(10);
    await until('it came', () => written() === 110 + (seconds / 29) * 10);
  }
  expect(client.connection.open).toBe(true);
  clock.advance(11 * SECOND);
  const answer = await client.connection.answer();
  expect(answer?.status).toBe(400);
  expect(answer?.body).toContain('five minutes');
  end([client]);
  await allGone();
});

test('beyond fifty at once: 503 and when to come again; forms without files, and other posts, come in as ever', async () => {
  const clients = await opened(MAX_UPLOADS);
  const one = await slowClient(port, endpoint, content(100), 10_000);
  const answer = await one.connection.answer();
  expect([answer?.status, answer?.headers.get('retry-after')]).toEqual([503, '10']);
  const fields = new FormData();
  fields.append('Name', 'Alice');
  const url = `http://127.0.0.1:${port}/f/${endpoint}`;
  for (const body of [fields, new URLSearchParams({ Name: 'Alice' })]) {
    expect((await fetch(url, { method: 'POST', body, headers: { accept: 'application/json' } })).status).toBe(200);
  }
  // All of them have been slow for long enough: the slowest gives way to each who comes.
  clock.advance(10 * SECOND);
  const next = await slowClient(port, endpoint, content(100), 10_000);
  expect(await statusOf(next)).toBe(200);
  const given = await Promise.race(clients.map(async (client, at) => [at, (await client.connection.answer())?.status]));
  expect(given[1]).toBe(503);
  end([...clients, one, next]);
  await allGone();
});

test('200 clients at a trickle delay nobody: other forms, and an honest slow one with a file, come in', async () => {
  const idlers: SlowClient[] = [];
  for (let i = 0; i < 200; i++) idlers.push(await slowClient(port, endpoint, content(100_000), START + 100));
  await until('fifty have a place', () => incoming() === MAX_UPLOADS);
  clock.advance(10 * SECOND);
  const before = leads();
  const honest = await slowClient(port, endpoint, content(160_000), START + 8_000);
  const url = `http://127.0.0.1:${port}/f/${endpoint}`;
  const headers = { accept: 'application/json' };
  let posts = 0;
  while (!honest.done()) {
    for (const idler of idlers) idler.next(100);
    honest.next(8_000);
    clock.advance(SECOND);
    const answer = await fetch(url, { method: 'POST', body: new URLSearchParams({ Name: `${posts}` }), headers });
    expect(answer.status).toBe(200);
    posts += 1;
    idlers.push(await slowClient(port, endpoint, content(100_000), START + 100));
    // The honest one may be through by now, and has left its own.
    await until('every place is taken', () => incoming() >= MAX_UPLOADS - (honest.done() ? 1 : 0));
    // The place of an idler goes to whoever needs it; never that of the honest one.
    const other = await slowClient(port, endpoint, content(500), 10_000);
    expect(await statusOf(other)).toBe(200);
    other.connection.end();
  }
  const answer = await honest.connection.answer();
  expect(answer?.status).toBe(200);
  expect(leads()).toBe(before + 2 * posts + 1);
  const { id } = JSON.parse(answer?.body ?? '') as { id: string };
  expect(api.store.leads.get(api.site.id, id)?.body.files).toMatchObject([{ size: 160_000 }]);
  end([...idlers, honest]);
  await allGone();
});

test('a connection takes one upload after the other', async () => {
  const connection = await Connection.open(port);
  if (!connection) throw new Error('nobody listens');
  const { head, body } = formRequest(endpoint, content(10));
  for (let i = 0; i < 2; i++) {
    connection.write(Buffer.concat([head, body]));
    expect((await connection.answer())?.status).toBe(200);
  }
  connection.end();
});
