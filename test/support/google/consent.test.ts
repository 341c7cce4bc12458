import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { type FakeGoogle, startFakeGoogle } from './client.ts';
import { postForm, SPREADSHEETS } from './harness.ts';

/** The consent page as a browser meets it: over HTTP, redirect by redirect. */

const REDIRECT = 'http://localhost:3000/admin/google/callback';
const DRIVE_FILE = 'https://www.googleapis.com/auth/drive.file';
const VERIFIER = 'v'.repeat(43);

let google: FakeGoogle;
let client: { clientId: string; clientSecret: string };

beforeAll(async () => {
  google = await startFakeGoogle();
});
afterAll(() => google.stop());
beforeEach(async () => {
  client = await google.registerOAuthClient({ redirectUris: [REDIRECT] });
  await google.consent({ email: 'ann@example.test', ask: true });
});

/** What the browser is sent to; `change` replaces parameters, or takes them away with ''. */
function authUrl(change: Readonly<Record<string, string>> = {}): string {
  const query = {
    client_id: client.clientId,
    redirect_uri: REDIRECT,
    response_type: 'code',
    scope: `openid email ${DRIVE_FILE}`,
    access_type: 'offline',
    prompt: 'consent',
    state: 'a "state" & more',
    code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
    code_challenge_method: 'S256',
    ...change,
  };
  return `${google.url}/auth?${new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''))}`;
}

const open = (url: string) => fetch(url, { redirect: 'manual' });

/** Fills in the page's form and presses a button; gives where the browser is sent to. */
async function press(url: string, answer: 'allow' | 'deny', scopes?: readonly string[]): Promise<URL> {
  const page = await open(url);
  expect(page.status).toBe(200);
  const fields: [string, string][] = [];
  await new HTMLRewriter()
    .on('input[type=hidden]', {
      element(input) {
        const value = (input.getAttribute('value') ?? '').replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code));
        fields.push([input.getAttribute('name') ?? '', value]);
      },
    })
    .on('input[name=scope]', {
      element(input) {
        const value = input.getAttribute('value') ?? '';
        if (scopes?.includes(value) ?? input.hasAttribute('checked')) fields.push(['scope', value]);
      },
    })
    .transform(page)
    .text();
  const body = new URLSearchParams([...fields, ['email', 'ann@example.test'], ['answer', answer]]);
  const sent = await fetch(`${google.url}/auth`, { method: 'POST', body, redirect: 'manual' });
  expect(sent.status).toBe(302);
  return new URL(sent.headers.get('location') ?? '');
}

const exchange = (code: string, change: Readonly<Record<string, string>> = {}) =>
  postForm(`${google.url}/token`, {
    grant_type: 'authorization_code',
    code,
    code_verifier: VERIFIER,
    client_id: client.clientId,
    client_secret: client.clientSecret,
    redirect_uri: REDIRECT,
    ...change,
  });

test('allowed: back to the very address with the state and a code that is good once', async () => {
  const back = await press(authUrl(), 'allow');
  expect(`${back.origin}${back.pathname}`).toBe(REDIRECT);
  expect(back.searchParams.get('state')).toBe('a "state" & more');
  const code = back.searchParams.get('code') ?? '';
  const { status, body } = await exchange(code);
  expect(status).toBe(200);
  expect(body.refresh_token).toBeString();
  expect((await exchange(code)).body.error).toBe('invalid_grant');
});

test('a code dies in ten minutes, and is worth nothing without its verifier or at another address', async () => {
  const fresh = async () => (await press(authUrl(), 'allow')).searchParams.get('code') ?? '';
  const code = await fresh();
  expect((await exchange(code, { code_verifier: 'w'.repeat(43) })).body.error).toBe('invalid_grant');
  expect((await exchange(code, { redirect_uri: `${REDIRECT}/` })).body.error).toBe('redirect_uri_mismatch');
  expect((await exchange(code)).status).toBe(200);
  const late = await fresh();
  await google.setClock({ now: Date.now() + 600_001 });
  expect((await exchange(late)).body.error).toBe('invalid_grant');
  await google.setClock('real');
});

test('refused: back with the state, and no code', async () => {
  const back = await press(authUrl(), 'deny');
  expect(Object.fromEntries(back.searchParams)).toEqual({ state: 'a "state" & more', error: 'access_denied' });
});

test('of several rights each has a box, none is ticked, and what was left out is not granted', async () => {
  const url = authUrl({ scope: `openid email ${DRIVE_FILE} ${SPREADSHEETS}` });
  expect(await (await open(url)).text()).not.toContain('checked');
  const scopesOf = async (ticked?: readonly string[]) =>
    (await exchange((await press(url, 'allow', ticked)).searchParams.get('code') ?? '')).body.scope;
  expect(await scopesOf()).not.toContain('auth/drive.file');
  const some = await scopesOf([SPREADSHEETS]);
  expect(some).toContain(SPREADSHEETS);
  expect(some).not.toContain(DRIVE_FILE);
});

test('who said yes before is not asked again without prompt=consent, and brings no new refresh token', async () => {
  await exchange((await press(authUrl(), 'allow')).searchParams.get('code') ?? '');
  const again = await open(authUrl({ prompt: '' }));
  expect(again.status).toBe(302);
  const { body } = await exchange(new URL(again.headers.get('location') ?? '').searchParams.get('code') ?? '');
  expect(body.access_token).toBeString();
  expect(body.refresh_token).toBeUndefined();
});

test('what is wrong with the question is told on a page of its own: nobody is sent anywhere', async () => {
  const refused = async (change: Readonly<Record<string, string>>) => {
    const page = await open(authUrl(change));
    expect(page.headers.get('location')).toBeNull();
    expect(page.status).toBeGreaterThanOrEqual(400);
    return page.text();
  };
  expect(await refused({ redirect_uri: `${REDIRECT}?x=1` })).toContain('redirect_uri_mismatch');
  expect(await refused({ redirect_uri: REDIRECT.replace('localhost', '127.0.0.1') })).toContain(
    'redirect_uri_mismatch',
  );
  expect(await refused({ client_id: 'nobody' })).toContain('invalid_client');
  expect(await refused({ scope: 'https://www.googleapis.com/auth/<b>' })).toContain(
    'invalid_scope: [https://www.googleapis.com/auth/&#60;b&#62;]',
  );
  expect(await refused({ response_type: 'token' })).toContain('unsupported_response_type');
  await google.consent({ email: 'ann@example.test', policy: 'page' });
  expect(await refused({})).toContain('admin_policy_enforced');
});

test('taking back one sign-in takes back all that the person allowed the client', async () => {
  const first = await exchange((await press(authUrl(), 'allow')).searchParams.get('code') ?? '');
  const second = await exchange((await press(authUrl(), 'allow')).searchParams.get('code') ?? '');
  expect((await postForm(`${google.url}/revoke`, { token: first.body.refresh_token })).status).toBe(200);
  const refreshed = await postForm(`${google.url}/token`, {
    grant_type: 'refresh_token',
    refresh_token: second.body.refresh_token,
    client_id: client.clientId,
    client_secret: client.clientSecret,
  });
  expect(refreshed.body.error).toBe('invalid_grant');
});
