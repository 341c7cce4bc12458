import { afterAll, describe, expect, test } from 'bun:test';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { Reply } from '../../src/sheets/targets/google/api.ts';
import { oauthTokens, serviceAccountTokens } from '../../src/sheets/targets/google/auth.ts';
import { createGoogleApi } from '../../src/sheets/targets/google/client.ts';
import { ensureSpreadsheet } from '../../src/sheets/targets/google/connect.ts';
import { codeChallengeOf, consentProblem, createOAuth, reachOf } from '../../src/sheets/targets/google/oauth.ts';
import { createQuotaBook } from '../../src/sheets/targets/google/quota.ts';
import { parseServiceAccount } from '../../src/sheets/targets/google/service-account.ts';
import { type FakeGoogle, startFakeGoogle } from '../support/google/client.ts';
import { accountOf, connectAccount, urlsOf } from './google-connection.ts';

const google = await startFakeGoogle();
afterAll(() => google.stop());

const tokenUrl = urlsOf(google).token;
const problemOf = (reply: Reply<unknown>) => (reply.ok ? null : reply.failure.problem);
/** Calls of one kind since the start; a test counts the difference. */
const count = async (kind: 'token') => (await google.counts()).byKind[kind] ?? 0;

describe('a key file', () => {
  const key = {
    type: 'service_account',
    project_id: 'leads',
    private_key_id: 'abc',
    client_email: 'writer@leads.iam.gserviceaccount.com',
  };

  test('is taken as Google gives it, and with line breaks that became two characters, or CR LF', async () => {
    const real = await google.createServiceAccount();
    const account = accountOf(real);
    expect(account).toEqual({
      clientEmail: real.client_email,
      privateKey: real.private_key,
      privateKeyId: real.private_key_id,
      projectId: real.project_id,
    });
    const pem = real.private_key;
    for (const broken of [
      pem.replaceAll('\n', '\\n'),
      pem.replaceAll('\n', '\r\n'),
      pem.replaceAll('\n', '\\r\\n'),
      pem.trim(),
    ]) {
      expect(accountOf({ ...real, private_key: broken }).privateKey).toBe(pem);
    }
    expect(parseServiceAccount(`\uFEFF\n${JSON.stringify(real, null, 2)}\n`).ok).toBe(true);
  });

  const secret = 'MIIEvQIBADANBg';
  test.each([
    ['nothing', '  ', 'nothing here'],
    ['an OAuth client', '{"web":{"client_id":"1.apps.googleusercontent.com"}}', 'OAuth client'],
    ['an OAuth client for a desktop', '{"installed":{}}', 'OAuth client'],
    ['the id of an OAuth client', '123-abc.apps.googleusercontent.com', 'id of an OAuth client'],
    ['the secret of an OAuth client', 'GOCSPX-abc', 'secret of an OAuth client'],
    ['an API key', 'AIzaSyA-1234567890abcdefghijklmnopqrs', 'API key'],
    ['a token', 'ya29.abc', 'token'],
    ['the address alone', 'writer@leads.iam.gserviceaccount.com', 'address of the service account alone'],
    ['the private key alone', `-----BEGIN PRIVATE KEY-----\n${secret}`, 'private key alone'],
    ['the beginning of the file', `{"type":"service_account","private_key":"${secret}`, 'only a part'],
    ['the end of the file', `${secret}","client_email":"x"}`, 'only a part'],
    ['curly quotes', '{ “type”: “service_account” }', 'quotation marks'],
    ['a link', 'https://console.cloud.google.com/', 'link'],
    ['some text', 'hello', 'not a JSON file'],
    ['an array', '[1]', 'not a JSON file'],
    ['a person', '{"type":"authorized_user","refresh_token":"1//x"}', 'person'],
    ['a borrowed identity', '{"type":"external_account","credential_source":{"url":"https://evil.test"}}', 'borrows'],
    ['Firebase', '{"project_info":{}}', 'Firebase'],
    ['other JSON', '{"a":1}', '"type"'],
    [
      'another cloud',
      JSON.stringify({ ...key, private_key: 'x', universe_domain: 'evil.test' }),
      'separate Google cloud',
    ],
    [
      'no address',
      JSON.stringify({ ...key, private_key: 'x', client_email: 'someone@example.test' }),
      '"client_email"',
    ],
    ['no key', JSON.stringify(key), '"private_key"'],
    ['a damaged key', JSON.stringify({ ...key, private_key: `-----BEGIN PRIVATE KEY-----\n${secret}\n` }), 'damaged'],
    ['far too much', 'x'.repeat(50_000), 'too long'],
  ])('%s is refused in plain words that say where the right file is', (_name, text, words) => {
    const parsed = parseServiceAccount(text);
    if (parsed.ok) throw new Error('taken');
    expect(parsed.message).toContain(words);
    expect(parsed.message).toContain('"Create new key", JSON');
    expect(parsed.message).not.toContain(secret);
  });
});

describe('a service account', () => {
  const sourceOf = (key: unknown, clock: Clock = systemClock, url = tokenUrl) =>
    serviceAccountTokens(accountOf(key), { tokenUrl: url, clock, timeoutMs: 5000 });

  test('gets a token, keeps it, and callers at one moment share one request', async () => {
    const tokens = sourceOf(await google.createServiceAccount());
    const before = await count('token');
    const replies = await Promise.all(Array.from({ length: 5 }, () => tokens.getAccessToken()));
    const later = await tokens.getAccessToken();
    expect(new Set([...replies, later].map((reply) => reply.ok && reply.value)).size).toBe(1);
    expect(later).toEqual({ ok: true, value: expect.stringMatching(/^ya29\./) });
    expect((await count('token')) - before).toBe(1);
  });

  test('after a refused token asks for a new one, once, however many callers were refused', async () => {
    const tokens = sourceOf(await google.createServiceAccount());
    const first = await tokens.getAccessToken();
    const old = first.ok ? first.value : '';
    tokens.drop(old);
    const second = await tokens.getAccessToken();
    expect(second.ok && second.value !== old).toBe(true);
    tokens.drop(old);
    expect(await tokens.getAccessToken()).toEqual(second);
  });

  test('never follows the token_uri of a key file', async () => {
    const key = await google.createServiceAccount();
    const tokens = sourceOf({ ...key, token_uri: 'http://127.0.0.1:1/steal' });
    expect((await tokens.getAccessToken()).ok).toBe(true);
  });

  test('a revoked key says: make a new key', async () => {
    const key = await google.createServiceAccount();
    await google.revokeKey(key.client_email);
    const reply = await sourceOf(key).getAccessToken();
    expect(problemOf(reply)).toMatchObject({ code: 'key_revoked', message: expect.stringContaining('Make a new key') });
    expect(JSON.stringify(reply)).not.toContain('PRIVATE KEY');
  });

  test('a deleted account says so', async () => {
    const key = await google.createServiceAccount();
    await google.deleteAccount(key.client_email);
    expect(problemOf(await sourceOf(key).getAccessToken())?.code).toBe('account_gone');
  });

  test('a wrong clock is told by how much, from the Date of the answer, and mends itself', async () => {
    const tokens = sourceOf(await google.createServiceAccount());
    await google.clockSkew(20 * 60_000);
    const wrong = problemOf(await tokens.getAccessToken());
    await google.clockSkew(0);
    expect(wrong).toMatchObject({ code: 'clock_off', message: expect.stringContaining('20 minutes behind') });
    expect((await tokens.getAccessToken()).ok).toBe(true);
  });

  test('trouble at the token endpoint passes by itself; the library does not try again on its own', async () => {
    const tokens = sourceOf(await google.createServiceAccount());
    await google.faults([{ match: { kind: 'token' }, fault: { kind: '503' } }]);
    const before = await count('token');
    expect(problemOf(await tokens.getAccessToken())?.code).toBe('google_down');
    expect((await count('token')) - before).toBe(1);
    expect((await tokens.getAccessToken()).ok).toBe(true);
  });

  test('a token endpoint that hangs is given up after the time-out, and nothing was sent', async () => {
    const key = await google.createServiceAccount();
    await google.faults([{ match: { kind: 'token' }, fault: { kind: 'hang' } }]);
    const tokens = serviceAccountTokens(accountOf(key), { tokenUrl, clock: systemClock, timeoutMs: 50 });
    expect(await tokens.getAccessToken()).toMatchObject({
      ok: false,
      failure: { applied: 'no', problem: { code: 'network' } },
    });
    expect((await tokens.getAccessToken()).ok).toBe(true);
  });

  test('an unreachable token endpoint, and one that answers with a page, are trouble of the network', async () => {
    const key = await google.createServiceAccount();
    expect(problemOf(await sourceOf(key, systemClock, 'http://127.0.0.1:1/token').getAccessToken())?.code).toBe(
      'network',
    );
    const page = { kind: 'answer', status: 200, body: '<html>Please log in', contentType: 'text/html' } as const;
    await google.faults([{ match: { kind: 'token' }, fault: page }]);
    expect(problemOf(await sourceOf(key).getAccessToken())?.code).toBe('network');
  });

  test('refuses to be pointed at a stranger', () => {
    const options = { tokenUrl: 'https://evil.test/token', clock: systemClock };
    const account = { clientEmail: 'a@b.iam.gserviceaccount.com', privateKey: '', privateKeyId: '', projectId: '' };
    expect(() => serviceAccountTokens(account, options)).toThrow('token URL');
  });
});

describe('a Google account by OAuth', () => {
  const redirectUri = 'http://localhost:3000/google/callback';
  const verifier = 'v'.repeat(64);

  async function setUp(testing = false) {
    const client = await google.registerOAuthClient({ redirectUris: [redirectUri], testing });
    const { clientId, clientSecret } = client;
    const urls = urlsOf(google);
    const flow = createOAuth({ clientId, clientSecret, redirectUri, urls, clock: systemClock });
    /** What the browser brings back after the consent screen. */
    const consent = async () => {
      const url = flow.consentUrl({ state: 's1', codeChallenge: codeChallengeOf(verifier), reach: 'own' });
      const response = await fetch(url, { redirect: 'manual' });
      return new URL(response.headers.get('location') ?? 'about:blank').searchParams;
    };
    const connect = async () =>
      flow.exchangeCode({ code: (await consent()).get('code') ?? '', codeVerifier: verifier, reach: 'own' });
    const tokensOf = (email: string, refreshToken: string) =>
      oauthTokens({ email, clientId, clientSecret, refreshToken }, { tokenUrl: urls.token, clock: systemClock });
    return { clientId, flow, consent, connect, tokensOf };
  }

  async function connected(google_: FakeGoogle, testing = false) {
    await google_.consent({ email: 'owner@example.test' });
    const all = await setUp(testing);
    const grant = await all.connect();
    if (!grant.ok) throw new Error(grant.problem.message);
    return { ...all, grant: grant.value, tokens: all.tokensOf(grant.value.email, grant.value.refreshToken) };
  }

  test('consent, code, token, spreadsheet, revocation: the whole way', async () => {
    const { flow, consent, grant, tokens, clientId } = await connected(google);
    expect((await consent()).get('state')).toBe('s1');
    expect(grant).toMatchObject({ email: 'owner@example.test', endsAfterDays: null, hint: null });
    expect(grant.scopes).toContain('drive.file');
    const api = createGoogleApi({
      email: grant.email,
      connectionKind: 'oauth',
      tokens,
      urls: urlsOf(google),
      clock: systemClock,
      quota: createQuotaBook(systemClock).account(grant.email, clientId),
      log: silentLog,
    });
    const made = await ensureSpreadsheet(api, 'Leads', 'nonce-1');
    if (!made.ok) throw new Error(made.failure.problem.message);
    expect(await api.info(made.value.spreadsheetId)).toMatchObject({ ok: true, value: { title: 'Leads' } });

    expect(await flow.revoke(grant.refreshToken)).toEqual({ ok: true, value: null });
    // The running token died with it: the call finds out by a 401, asks for a new one and learns why.
    const after = await api.info(made.value.spreadsheetId);
    expect(problemOf(after)).toMatchObject({ code: 'token_revoked', message: expect.stringContaining('after 7 days') });
    expect(await flow.revoke(grant.refreshToken)).toEqual({ ok: true, value: null });
  });

  test('a spreadsheet whose making got no answer is found again, not made twice', async () => {
    const { grant, tokens, clientId } = await connected(google);
    const options = { email: grant.email, connectionKind: 'oauth', tokens, urls: urlsOf(google) } as const;
    const quota = createQuotaBook(systemClock).account(grant.email, clientId);
    const api = createGoogleApi({ ...options, clock: systemClock, quota, log: silentLog });
    await google.faults([{ match: { kind: 'drive.create' }, fault: { kind: 'resetAfter' } }]);
    const made = await ensureSpreadsheet(api, 'Lost answer', "it's a nonce");
    const again = await ensureSpreadsheet(api, 'Lost answer', "it's a nonce");
    expect(made.ok).toBe(true);
    expect(again).toEqual(made);
    expect((await google.files()).filter((file) => file.name === 'Lost answer')).toHaveLength(1);
  });

  test('asks for offline access, for consent each time, with PKCE, and for no more than its own files', async () => {
    const { flow, clientId } = await setUp();
    const url = new URL(flow.consentUrl({ state: 's', codeChallenge: 'c', reach: 'own', loginHint: 'a@example.test' }));
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'openid email https://www.googleapis.com/auth/drive.file',
      access_type: 'offline',
      prompt: 'consent',
      state: 's',
      code_challenge: 'c',
      code_challenge_method: 'S256',
      login_hint: 'a@example.test',
    });
  });

  test('for a spreadsheet that people have, both rights are asked for, and neither may be missing', async () => {
    const { flow } = await setUp();
    const url = flow.consentUrl({ state: 's', codeChallenge: codeChallengeOf(verifier), reach: 'any' });
    expect(new URL(url).searchParams.get('scope')).toBe(
      'openid email https://www.googleapis.com/auth/drive.file https://www.googleapis.com/auth/spreadsheets',
    );
    const granted = async (untick: string[]) => {
      await google.consent({ email: 'owner@example.test', untick });
      const { headers } = await fetch(url, { redirect: 'manual' });
      const code = new URL(headers.get('location') ?? '').searchParams.get('code') ?? '';
      return flow.exchangeCode({ code, codeVerifier: verifier, reach: 'any' });
    };
    expect(await granted(['spreadsheets'])).toMatchObject({ ok: false, problem: { code: 'scope_missing' } });
    expect(await granted(['drive.file'])).toMatchObject({ ok: false, problem: { code: 'scope_missing' } });
    const all = await granted([]);
    expect(all.ok && reachOf(all.value.scopes)).toBe('any');
  });

  test('an unticked box is noticed before anybody reads "connected"', async () => {
    const { connect } = await setUp();
    await google.consent({ email: 'owner@example.test', untick: ['drive.file'] });
    const result = await connect();
    await google.consent({ email: 'owner@example.test' });
    expect(result).toMatchObject({
      ok: false,
      problem: { code: 'scope_missing', message: expect.stringContaining('tick every box') },
    });
  });

  test('a refusal at the consent screen is told as such', async () => {
    const { consent } = await setUp();
    await google.consent({ email: 'owner@example.test', deny: true });
    const back = await consent();
    await google.consent({ email: 'owner@example.test' });
    expect(consentProblem(back.get('error') ?? '').code).toBe('consent_denied');
    expect(consentProblem('admin_policy_enforced').code).toBe('policy_blocked');
    expect(consentProblem('<script>').technical).toBeNull();
  });

  test('a code is good once, and only with its verifier', async () => {
    const { flow, consent } = await setUp();
    await google.consent({ email: 'owner@example.test' });
    const code = (await consent()).get('code') ?? '';
    expect(await flow.exchangeCode({ code, codeVerifier: 'w'.repeat(64), reach: 'own' })).toMatchObject({
      ok: false,
      problem: { code: 'consent_expired' },
    });
    expect((await flow.exchangeCode({ code, codeVerifier: verifier, reach: 'own' })).ok).toBe(true);
    expect(await flow.exchangeCode({ code, codeVerifier: verifier, reach: 'own' })).toMatchObject({
      ok: false,
      problem: { code: 'consent_expired' },
    });
  });

  /** An answer of the token endpoint as Google gives it in cases that the fake has no switch for. */
  const tokenAnswer = (body: Record<string, unknown>) =>
    google.faults([{ match: { kind: 'token' }, fault: { kind: 'answer', status: 200, body: JSON.stringify(body) } }]);
  const whole = {
    access_token: 'ya29.x',
    scope: 'openid https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/drive.file',
    id_token: `x.${Buffer.from('{"email":"owner@example.test"}').toString('base64url')}.x`,
  };

  test('a missing refresh token says what to do', async () => {
    const { flow } = await setUp();
    await tokenAnswer(whole);
    const result = await flow.exchangeCode({ code: 'c', codeVerifier: verifier, reach: 'own' });
    expect(result).toMatchObject({
      ok: false,
      problem: { code: 'no_refresh_token', message: expect.stringContaining('remove the access') },
    });
  });

  test('a sign-in that will end by itself comes with a hint', async () => {
    const { flow } = await setUp();
    await tokenAnswer({ ...whole, refresh_token: '1//x', refresh_token_expires_in: 604_799 });
    const result = await flow.exchangeCode({ code: 'c', codeVerifier: verifier, reach: 'own' });
    expect(result).toMatchObject({
      ok: true,
      value: { endsAfterDays: 7, hint: expect.stringContaining('Publish app') },
    });
  });

  test('an answer that is no JSON is survived; one that does not say whose account it is connects nothing', async () => {
    const { flow } = await setUp();
    await google.faults([{ match: { kind: 'token' }, fault: { kind: '502html' } }]);
    expect(await flow.exchangeCode({ code: 'c', codeVerifier: verifier, reach: 'own' })).toMatchObject({
      ok: false,
      problem: { code: 'google_down' },
    });
    await tokenAnswer({ ...whole, id_token: 'no.json.here', refresh_token: '1//x' });
    expect(await flow.exchangeCode({ code: 'c', codeVerifier: verifier, reach: 'own' })).toMatchObject({
      ok: false,
      problem: { code: 'scope_missing' },
    });
  });

  test('a deleted OAuth client says to check its settings', async () => {
    const { tokens, clientId } = await connected(google);
    await google.deleteOAuthClient(clientId);
    expect(problemOf(await tokens.getAccessToken())?.code).toBe('client_changed');
  });

  test('a project in "Testing": seven days later the sign-in is gone, and the message knows why', async () => {
    const { tokens } = await connected(google, true);
    expect((await tokens.getAccessToken()).ok).toBe(true);
    await google.advance(8 * 86_400_000);
    const first = await tokens.getAccessToken();
    if (first.ok) tokens.drop(first.value);
    const problem = problemOf(await tokens.getAccessToken());
    await google.setClock('real');
    expect(problem).toMatchObject({ code: 'token_revoked', message: expect.stringContaining('"Publish app"') });
  });
});

test('a token that Google drops in the middle of things is replaced without anybody noticing', async () => {
  const { api, tokens, email } = await connectAccount(google);
  const { spreadsheetId } = await google.createSpreadsheet({ sharedWith: [{ email, role: 'writer' }] });
  expect((await api.info(spreadsheetId)).ok).toBe(true);
  const token = await tokens.getAccessToken();
  await google.revokeAccessToken(token.ok ? token.value : '');
  expect((await api.info(spreadsheetId)).ok).toBe(true);
});
