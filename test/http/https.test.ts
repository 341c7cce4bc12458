import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createAccounts } from '../../src/accounts/create.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { type TestApp, testApp } from '../support/app.ts';

/** A proxy speaks HTTPS with the world, and plain HTTP with us. */
let behindProxy: TestApp;
let plain: TestApp;
beforeAll(async () => {
  behindProxy = await testApp({ publicUrl: 'https://leads.example.com' });
  plain = await testApp();
});
afterAll(() => Promise.all([behindProxy.close(), plain.close()]));

/** The cookie of the first user, by a set-up link. */
async function cookieOf({ app, store, vault }: TestApp): Promise<string> {
  const { path = '' } = (await createAccounts({ store, vault, clock: systemClock }).issueSetUp('server')) ?? {};
  const form = { email: 'alice@example.com', name: 'Alice', password: 'correct horse battery staple' };
  const body = new URLSearchParams(form).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body.length) };
  const joined = await app.fetch(new Request(`http://localhost${path}`, { method: 'POST', headers, body }));
  expect([joined.status, joined.headers.get('location')]).toEqual([303, '/admin']);
  return joined.headers.get('set-cookie') ?? '';
}

test('behind HTTPS the cookie is for this host and for HTTPS alone', async () => {
  expect(await cookieOf(behindProxy)).toMatch(
    /^__Host-lts_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+; Secure$/,
  );
  expect(await cookieOf(plain)).toMatch(/^lts_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/);
});

test.each([
  ['GET', '/admin/sign-in'],
  ['GET', '/admin/none'],
  ['GET', '/'],
  ['GET', '/f/none'],
  ['GET', '/healthz'],
  ['GET', '/api/v1/site'],
  ['TRACE', '/api/v1/none'],
])('browsers that saw %s %s by HTTPS come by HTTPS from then on', async (method, path) => {
  const told = async ({ call }: TestApp) => (await call(method, path)).headers.get('strict-transport-security');
  expect(await told(behindProxy)).toBe('max-age=31536000');
  expect(await told(plain)).toBeNull();
});
