import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { rotateKey } from '../../src/accounts/keys.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { runBinary, startServer } from '../support/binary.ts';
import { settle, TestClock } from '../support/clock.ts';
import { Connection } from '../support/load.ts';
import { api as callServer, until } from '../support/server.ts';
import { tempDir } from '../support/temp.ts';
import { commitsOf, errorOf, errorProblems, gotRaw, storedIn } from './answers.ts';

const HOUR = 3_600_000;
let clock: TestClock;
let api: TestApp;
beforeEach(async () => {
  clock = new TestClock();
  api = await testApp({ clock });
});
afterEach(() => api.close());

const ask = (key: string) => api.call('GET', '/api/v1/site', { key });
const status = async (...keys: string[]) => Promise.all(keys.map(async (key) => (await ask(key)).status));

describe('the end of a key', () => {
  test('by its expiry: exactly at its moment, and again good when the clock was set back', async () => {
    const { key } = await api.key({ expiresAt: clock.now() + 1_000 });
    clock.advance(999);
    expect(await status(key)).toEqual([200]);
    clock.advance(1);
    const { message } = await errorOf(await ask(key), 401, 'invalid_token');
    expect(message).toContain('expired');
    clock.setTime(clock.now() - 1);
    expect(await status(key)).toEqual([200]);
  });

  test('by revocation: at once, for both of its secrets; a second one changes nothing', async () => {
    const made = await api.key();
    const next = await rotated(made.id, clock.now() + HOUR);
    expect(await status(made.key, next)).toEqual([200, 200]);
    const first = await api.store.keys.revoke(made.id);
    expect(await status(made.key, next)).toEqual([401, 401]);
    expect((await errorOf(await ask(next), 401, 'invalid_token')).message).toContain('revoked');
    clock.advance(HOUR);
    expect((await api.store.keys.revoke(made.id))?.revokedAt).toBe(first?.revokedAt as number);
  });

  test('of one key is not that of another', async () => {
    const [a, b] = [await api.key(), await api.key()];
    await api.store.keys.revoke(a.id);
    expect(await status(a.key, b.key)).toEqual([401, 200]);
  });
});

async function rotated(id: string, overlapUntil: number): Promise<string> {
  const issued = await rotateKey({ keys: api.store.keys, vault: api.vault }, id, overlapUntil);
  if (issued === null || 'refused' in issued) throw new Error(`not rotated: ${JSON.stringify(issued)}`);
  return issued.key;
}

describe('rotation', () => {
  test('the new secret works at once, the former one until exactly the end of the overlap', async () => {
    const made = await api.key();
    expect(await status(made.key)).toEqual([200]);
    const next = await rotated(made.id, clock.now() + HOUR);
    expect(await status(made.key, next)).toEqual([200, 200]);
    clock.advance(HOUR - 1);
    expect(await status(made.key, next)).toEqual([200, 200]);
    clock.advance(1);
    expect(await status(made.key, next)).toEqual([401, 200]);
  });

  test('without an overlap the former one ends at once', async () => {
    const made = await api.key();
    expect(await status(made.key)).toEqual([200]);
    const next = await rotated(made.id, clock.now());
    expect(await status(made.key, next)).toEqual([401, 200]);
  });

  test('a second one while the first overlaps is refused, but for one that ends all former ones', async () => {
    const made = await api.key();
    const second = await rotated(made.id, clock.now() + HOUR);
    const deps = { keys: api.store.keys, vault: api.vault };
    const again = await rotateKey(deps, made.id, clock.now() + HOUR);
    expect(again).toEqual({ refused: 'overlapping', at: clock.now() + HOUR });
    expect(await status(made.key, second)).toEqual([200, 200]);
    const third = await rotated(made.id, 0);
    expect(await status(made.key, second, third)).toEqual([401, 401, 200]);
  });

  test('the key still ends when it was to end: both secrets, at its expiry', async () => {
    const made = await api.key({ expiresAt: clock.now() + 1_000 });
    const next = await rotated(made.id, clock.now() + HOUR);
    clock.advance(999);
    expect(await status(made.key, next)).toEqual([200, 200]);
    clock.advance(1);
    expect(await status(made.key, next)).toEqual([401, 401]);
  });

  test('limits are those of the key, not of its secret', async () => {
    const limited = await testApp({ clock, rateLimitApi: 3 });
    const made = await limited.key();
    const issued = await rotateKey({ keys: limited.store.keys, vault: limited.vault }, made.id, clock.now() + HOUR);
    const secrets = [made.key, (issued as { key: string }).key, made.key, (issued as { key: string }).key];
    const answers: number[] = [];
    for (const key of secrets) answers.push((await limited.call('GET', '/api/v1/site', { key })).status);
    expect(answers).toEqual([200, 200, 200, 429]);
    await limited.close();
  });
});

describe('a request whose body is still on its way when its key ends', () => {
  const lead = '{"fields":{"a":"1"}}';
  const requests: [method: string, path: string, body: string][] = [
    ['POST', '/api/v1/submissions', lead],
    ['POST', '/api/v1/submissions/batch', `{"submissions":[${lead}]}`],
    ['PATCH', '/api/v1/forms/ID', '{"name":"Taken over"}'],
  ];
  const ends: [name: string, (made: { id: string }) => unknown][] = [
    ['is revoked', ({ id }) => api.store.keys.revoke(id)],
    ['is rotated without an overlap', ({ id }) => rotated(id, 0)],
    ['expires', () => clock.advance(HOUR)],
  ];
  for (const [method, path, body] of requests) {
    for (const [name, end] of ends) {
      for (const coding of ['length', 'chunks']) {
        test(`${method} ${path} by ${coding}: 401 when it ${name}, and nothing is stored`, async () => {
          const created = await api.call('POST', '/api/v1/submissions', { json: { fields: { a: '0' } } });
          const { data } = (await created.json()) as { data: { form_id: string } };
          const made = await api.key({ expiresAt: clock.now() + HOUR });
          const { port } = api.app.start();
          const connection = await Connection.open(port);
          const chunk = (text: string) => (coding === 'length' ? text : `${text.length.toString(16)}\r\n${text}\r\n`);
          const header = coding === 'length' ? `Content-Length: ${body.length}` : 'Transfer-Encoding: chunked';
          connection?.write(
            `${method} ${path.replace('ID', data.form_id)} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${made.key}\r\nContent-Type: application/json\r\n${header}\r\n\r\n${chunk(body.slice(0, 9))}`,
          );
          // It was let in: its key has been used.
          await until('the request is being read', () => api.store.keys.get(made.id)?.lastUsedAt !== null);
          const before = storedIn(api);
          await end(made);
          connection?.write(`${chunk(body.slice(9))}${coding === 'chunks' ? '0\r\n\r\n' : ''}`);
          const answer = await connection?.answer();
          expect(answer?.status).toBe(401);
          if (answer) expect(errorProblems(gotRaw(answer))).toEqual([]);
          await settle(20);
          expect(storedIn(api)).toBe(before);
          expect(api.store.forms.get(api.site.id, data.form_id)?.name).toBe('API');
          connection?.end();
        });
      }
    }
  }
});

describe('what another process changed', () => {
  test('holds within a second by the clock of the server', async () => {
    const made = await api.key();
    expect(await status(made.key)).toEqual([200]);
    api.app.start();
    const secretCheck = api.vault.checkValue();
    const other = openStore({ path: api.path, durability: 'full', clock: systemClock, ids: randomIds(), secretCheck });
    await other.keys.revoke(made.id);
    await clock.advanceAndSettle(1_000);
    expect(await status(made.key)).toEqual([401]);
    await other.close();
  });

  test('holds at once for whatever is stored meanwhile', async () => {
    const made = await api.key();
    expect(await status(made.key)).toEqual([200]);
    const secretCheck = api.vault.checkValue();
    const other = openStore({ path: api.path, durability: 'full', clock: systemClock, ids: randomIds(), secretCheck });
    await other.keys.revoke(made.id);
    await other.close();
    // Any commit of this process sees it, long before the second is over.
    await api.call('POST', '/api/v1/submissions', { json: { fields: { a: '1' } } });
    expect(await status(made.key)).toEqual([401]);
  });

  test('`key revoke` ends the key of a running server', async () => {
    const dir = tempDir();
    const server = await startServer({ dir });
    expect((await callServer(server, '/site')).status).toBe(200);
    const listed = await runBinary(['key', 'list', '--site', server.siteId, '--json'], { dir });
    const [{ id }] = (JSON.parse(listed.stdout) as { data: [{ id: string }] }).data;
    const revoked = await runBinary(['key', 'revoke', id], { dir });
    expect(revoked.exit).toBe(0);
    await until('the key is refused', async () => (await callServer(server, '/site')).status === 401);
    server.kill('SIGTERM');
    expect(await server.exited).toBe(0);
  });
});

describe('when a key was last used', () => {
  test('is written once a minute, not with each request, and at the end', async () => {
    const made = await api.key();
    await settle();
    const before = commitsOf(api);
    for (let i = 0; i < 50; i++) {
      expect((await ask(made.key)).status).toBe(200);
      clock.advance(1_000);
    }
    await settle();
    expect(commitsOf(api) - before).toBe(1);
    const firstUse = api.store.keys.get(made.id)?.lastUsedAt ?? 0;
    expect(clock.now() - firstUse).toBe(50_000);
    clock.advance(10_000);
    await ask(made.key);
    await settle();
    expect(commitsOf(api) - before).toBe(2);
    expect(api.store.keys.get(made.id)?.lastUsedAt).toBe(clock.now());
  });

  test('is not told of requests that were refused', async () => {
    const made = await api.key();
    await api.store.keys.revoke(made.id);
    await ask(made.key);
    await settle();
    expect(api.store.keys.get(made.id)?.lastUsedAt).toBeNull();
  });

  test('costs one commit of a minute full of leads', async () => {
    const made = await api.key();
    await settle();
    const before = commitsOf(api);
    for (let i = 0; i < 20; i++) {
      const answer = await api.call('POST', '/api/v1/submissions', { key: made.key, json: { fields: { i } } });
      expect(answer.status).toBe(201);
    }
    await settle();
    // One more: by what way the last lead came is noted in the same manner.
    expect(commitsOf(api) - before).toBe(20 + 1 + 1);
  });
});
