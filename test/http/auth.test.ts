import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type TestApp, testApp } from '../support/app.ts';

let api: TestApp;
beforeAll(async () => {
  api = await testApp();
});
afterAll(() => api.close());

const ROUTES = [
  ['POST', '/api/v1/submissions', 'submissions:write'],
  ['POST', '/api/v1/submissions/batch', 'submissions:write'],
  ['GET', '/api/v1/submissions', 'submissions:read'],
  ['GET', '/api/v1/submissions/sub_x', 'submissions:read'],
] as const;

const code = async (response: Response) => ((await response.json()) as { error: { code: string } }).error.code;
const body = (method: string) =>
  method === 'GET' ? {} : { body: '{broken', headers: { 'content-type': 'application/json' } };

describe.each(ROUTES)('%s %s', (method, path, scope) => {
  const cases: [string, () => Promise<string | null>][] = [
    ['no key', async () => null],
    ['a malformed key', async () => 'lts_short'],
    ['a typo in a key', async () => `${(await api.key()).key.slice(0, -1)}!`],
    ['an unknown key', async () => (await (await testApp()).key()).key],
    ['an expired key', async () => (await api.key({ expiresAt: 1 })).key],
    [
      'a revoked key',
      async () => {
        const made = await api.key();
        await api.call('GET', '/api/v1/submissions', { key: made.key });
        await api.store.keys.revoke(made.id);
        return made.key;
      },
    ],
  ];
  for (const [name, key] of cases) {
    test(`401 for ${name}, before the body is looked at`, async () => {
      const response = await api.call(method, path, { key: await key(), ...body(method) });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toStartWith('Bearer');
      expect(await code(response)).toBe('invalid_token');
    });
  }

  test('403 that names the scope, before the body is looked at', async () => {
    const { key } = await api.key({ scopes: ['forms:read'] });
    const response = await api.call(method, path, { key, ...body(method) });
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toContain(`scope="${scope}"`);
    expect(await code(response)).toBe('insufficient_scope');
  });
});

test('a key in the address is not accepted', async () => {
  const { key } = await api.key();
  const response = await api.call('GET', `/api/v1/submissions?key=${key}&access_token=${key}`, { key: null });
  expect(response.status).toBe(401);
});

test('a rotated key works until its overlap ends, the new one at once', async () => {
  const { newApiKey } = await import('../../src/lib/api-key.ts');
  const made = await api.key();
  const next = newApiKey();
  const rotate = (overlapUntil: number) =>
    api.store.keys.rotate(made.id, { prefix: next.slice(0, 8), hash: api.vault.hashKey(next), overlapUntil });
  const status = async (key: string) => (await api.call('GET', '/api/v1/submissions', { key })).status;
  await rotate(Date.now() + 3_600_000);
  expect([await status(made.key), await status(next)]).toEqual([200, 200]);
});

test('a rotation without overlap ends the old key at once', async () => {
  const { newApiKey } = await import('../../src/lib/api-key.ts');
  const made = await api.key();
  const next = newApiKey();
  await api.call('GET', '/api/v1/submissions', { key: made.key });
  await api.store.keys.rotate(made.id, { prefix: next.slice(0, 8), hash: api.vault.hashKey(next), overlapUntil: 0 });
  expect((await api.call('GET', '/api/v1/submissions', { key: made.key })).status).toBe(401);
});

test('429 with Retry-After when the minute is used up; the limits are on every answer', async () => {
  const limited = await testApp({ rateLimitApi: 3 });
  const get = () => limited.call('GET', '/api/v1/submissions');
  const remaining: (string | null)[] = [];
  for (let i = 0; i < 3; i++) remaining.push((await get()).headers.get('ratelimit-remaining'));
  expect(remaining).toEqual(['2', '1', '0']);
  const over = await get();
  expect(over.status).toBe(429);
  expect(Number(over.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(over.headers.get('ratelimit-limit')).toBe('3');
  expect(await code(over)).toBe('rate_limited');
  await limited.close();
});

test('API answers carry no CORS headers', async () => {
  const response = await api.call('GET', '/api/v1/submissions', { headers: { origin: 'https://evil.example' } });
  expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
});
