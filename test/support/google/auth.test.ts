import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { JWT } from 'google-auth-library';
import { type FakeGoogle, type ServiceAccountKey, startFakeGoogle } from './client.ts';
import { append, Caller, METADATA_READONLY, postForm, requestToken, SPREADSHEETS, signIn } from './harness.ts';

let google: FakeGoogle;
let key: ServiceAccountKey;
const NOON = Date.UTC(2026, 5, 1, 12);
const DRIVE_FILE = 'https://www.googleapis.com/auth/drive.file';
const REDIRECT = 'http://127.0.0.1:3000/oauth/google';

beforeAll(async () => {
  google = await startFakeGoogle();
  await google.quota('off');
});
afterAll(() => google.stop());
beforeEach(async () => {
  await google.setClock({ now: NOON });
  await google.clockSkew(0);
  await google.consent({ email: 'ann@example.test' });
  key = await google.createServiceAccount();
});

const shared = async (email: string, role: 'writer' | 'reader' = 'writer') =>
  (await google.createSpreadsheet({ sharedWith: [{ email, role }] })).spreadsheetId;

test('the auth library signs in when its requests are sent here', async () => {
  await google.setClock('real');
  const client = new JWT({
    email: key.client_email,
    key: key.private_key,
    scopes: [SPREADSHEETS],
    transporterOptions: {
      fetchImplementation: ((_: string, init: RequestInit) => fetch(`${google.url}/token`, init)) as typeof fetch,
    },
  });
  const { token } = await client.getAccessToken();
  const caller = new Caller(google, token ?? '');
  expect((await caller.get(await shared(key.client_email), 'spreadsheetId')).status).toBe(200);
});

test('a JWT is refused with the words that tell what is wrong', async () => {
  const seconds = NOON / 1000;
  const why = async (override: object, by = key) => {
    const { status, body } = await requestToken(google, by, override as Record<string, unknown>);
    expect(status).toBe(400);
    return body.error_description;
  };
  const clock = /^Invalid JWT: Token must be a short-lived token \(60 minutes\) and in a reasonable timeframe\./;
  expect(await why({ aud: `${google.url}/token` })).toContain('audience');
  expect(await why({ exp: seconds + 3601 })).toMatch(clock);
  expect(await why({ iat: seconds + 400, exp: seconds + 3000 })).toMatch(clock);
  expect(await why({ iat: seconds - 400, exp: seconds + 3000 })).toMatch(clock);
  expect(await why({ iss: 'nobody@example.test' })).toBe('Invalid grant: account not found');
  expect(await why({ scope: '' })).toContain('scope');
  await google.revokeKey(key.client_email);
  expect(await why({})).toBe('Invalid JWT Signature.');
  const other = await google.createServiceAccount();
  await google.deleteAccount(other.client_email);
  expect(await why({}, other)).toBe('Invalid grant: account not found');
});

test("Google's clock being off shows in the Date header and refuses honest tokens", async () => {
  await google.clockSkew(20 * 60_000);
  const { status, headers } = await requestToken(google, key);
  expect(status).toBe(400);
  expect(Date.parse(headers.get('date') ?? '')).toBe(NOON + 20 * 60_000);
});

test('a token dies after an hour, a stranger gets 401', async () => {
  const { caller, key: own } = await signIn(google);
  const id = await shared(own.client_email);
  expect((await caller.get(id, 'spreadsheetId')).status).toBe(200);
  await google.advance(3_600_000);
  const late = await caller.get(id, 'spreadsheetId');
  expect(late.status).toBe(401);
  expect(late.body.error.status).toBe('UNAUTHENTICATED');
  expect((await new Caller(google, 'nonsense').get(id, 'spreadsheetId')).status).toBe(401);
});

test('403 when not shared, viewers read and do not write, 404 when there is nothing', async () => {
  const { caller, key: own } = await signIn(google);
  const id = await shared('somebody@example.test');
  const stranger = await caller.get(id, 'spreadsheetId');
  expect(stranger.status).toBe(403);
  expect(stranger.body.error.message).toBe('The caller does not have permission');
  await google.share(id, own.client_email, 'reader');
  expect((await caller.get(id, 'spreadsheetId')).status).toBe(200);
  expect((await caller.batch(id, [append(0, ['a'])])).status).toBe(403);
  await google.share(id, own.client_email, 'writer');
  expect((await caller.batch(id, [append(0, ['a'])])).status).toBe(200);
  await google.deleteForever(id);
  const gone = await caller.get(id, 'spreadsheetId');
  expect([gone.status, gone.body.error.message]).toEqual([404, 'Requested entity was not found.']);
});

test('an API that is off and a scope that is missing are told apart', async () => {
  const { caller, key: own } = await signIn(google, METADATA_READONLY);
  const id = await shared(own.client_email);
  const scope = await caller.get(id, 'spreadsheetId');
  expect(scope.status).toBe(403);
  expect(scope.body.error.details[0].reason).toBe('ACCESS_TOKEN_SCOPE_INSUFFICIENT');
  await google.disableApi('sheets');
  const off = await caller.get(id, 'spreadsheetId');
  await google.enableApi('sheets');
  expect(off.body.error.details[0].reason).toBe('SERVICE_DISABLED');
  expect(off.body.error.message).toStartWith('Google Sheets API has not been used in project ');
  expect((await caller.call('GET', `/drive/v3/files/${id}?fields=trashed`)).status).toBe(200);
});

interface Flow {
  scope?: string;
  prompt?: string;
  verifier?: string;
  sendVerifier?: string;
}

/** Goes through consent and code exchange; gives the token answer and the scopes the browser brought back. */
async function connect(client: { clientId: string; clientSecret: string }, flow: Flow = {}) {
  const { verifier = 'v'.repeat(43), scope = DRIVE_FILE } = flow;
  const query = new URLSearchParams({
    client_id: client.clientId,
    redirect_uri: REDIRECT,
    response_type: 'code',
    scope,
    state: 's1',
    access_type: 'offline',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...(flow.prompt === undefined ? {} : { prompt: flow.prompt }),
  });
  const page = await fetch(`${google.url}/auth?${query}`, { redirect: 'manual' });
  const back = new URL(page.headers.get('location') ?? 'http://none.invalid');
  const answer = await postForm(`${google.url}/token`, {
    grant_type: 'authorization_code',
    code: back.searchParams.get('code') ?? '',
    client_id: client.clientId,
    client_secret: client.clientSecret,
    redirect_uri: REDIRECT,
    code_verifier: flow.sendVerifier ?? verifier,
  });
  return { page, back, answer };
}

const refresh = (client: { clientId: string; clientSecret: string }, token: string) =>
  postForm(`${google.url}/token`, {
    grant_type: 'refresh_token',
    refresh_token: token,
    client_id: client.clientId,
    client_secret: client.clientSecret,
  });

test('OAuth: consent, code with PKCE, refresh, revocation', async () => {
  const client = await google.registerOAuthClient({ redirectUris: [REDIRECT] });
  const { page, back, answer } = await connect(client, { prompt: 'consent' });
  expect([page.status, back.searchParams.get('state')]).toEqual([302, 's1']);
  expect(answer.body).toMatchObject({ token_type: 'Bearer', scope: DRIVE_FILE });
  const token = answer.body.refresh_token;
  expect((await refresh(client, token)).status).toBe(200);
  expect((await connect(client, { sendVerifier: 'other' })).answer.body.error).toBe('invalid_grant');
  const revoked = await postForm(`${google.url}/revoke`, { token });
  expect(revoked.status).toBe(200);
  expect((await refresh(client, token)).body).toEqual({
    error: 'invalid_grant',
    error_description: 'Token has been expired or revoked.',
  });
});

test('a second authorisation shows a refresh token only after prompt=consent', async () => {
  const client = await google.registerOAuthClient({ redirectUris: [REDIRECT] });
  expect((await connect(client)).answer.body.refresh_token).toBeString();
  expect((await connect(client)).answer.body.refresh_token).toBeUndefined();
  expect((await connect(client, { prompt: 'consent' })).answer.body.refresh_token).toBeString();
});

test('a person may untick scopes or refuse, and a wrong redirect is an error page', async () => {
  const client = await google.registerOAuthClient({ redirectUris: [REDIRECT] });
  await google.consent({ email: 'ann@example.test', untick: [SPREADSHEETS] });
  const { answer } = await connect(client, { scope: `${DRIVE_FILE} ${SPREADSHEETS}` });
  expect(answer.body.scope).toBe(DRIVE_FILE);
  await google.consent({ email: 'ann@example.test', deny: true });
  expect((await connect(client)).back.searchParams.get('error')).toBe('access_denied');
  const other = await google.registerOAuthClient({ redirectUris: ['http://elsewhere.test/'] });
  expect((await connect(other)).page.status).toBe(400);
});

test('in testing mode a refresh token dies after seven days', async () => {
  const client = await google.registerOAuthClient({ testing: true });
  const { clientId, clientSecret } = client;
  const grant = await google.grantOAuth({ email: 'ann@example.test', clientId, clientSecret, scopes: [DRIVE_FILE] });
  await google.advance(7 * 86_400_000 - 1000);
  expect((await refresh(client, grant.refresh_token)).status).toBe(200);
  await google.advance(2000);
  expect((await refresh(client, grant.refresh_token)).body.error).toBe('invalid_grant');
  expect((await refresh({ clientId, clientSecret: 'wrong' }, grant.refresh_token)).body.error).toBe('invalid_client');
});

test('in testing mode the answer says when the refresh token ends', async () => {
  const client = await google.registerOAuthClient({ testing: true, redirectUris: [REDIRECT] });
  const { answer } = await connect(client, { scope: `openid email ${DRIVE_FILE}` });
  expect(answer.body.refresh_token_expires_in).toBe(604_799);
  const claims = JSON.parse(Buffer.from(answer.body.id_token.split('.')[1], 'base64url').toString());
  expect(claims).toMatchObject({ email: 'ann@example.test', aud: client.clientId });
});

test('drive.file sees what it made or was handed, nothing else', async () => {
  const client = await google.registerOAuthClient();
  const email = 'ann@example.test';
  const grant = await google.grantOAuth({ ...client, email, scopes: [DRIVE_FILE] });
  const caller = new Caller(google, (await refresh(client, grant.refresh_token)).body.access_token);
  const made = await caller.call('POST', '/v4/spreadsheets?fields=spreadsheetId', { properties: { title: 'Mine' } });
  expect((await caller.get(made.body.spreadsheetId, 'properties.title')).body).toEqual({
    properties: { title: 'Mine' },
  });
  const { spreadsheetId } = await google.createSpreadsheet({ owner: email });
  expect((await caller.get(spreadsheetId, 'spreadsheetId')).status).toBe(404);
  await google.hand(spreadsheetId, client.clientId);
  expect((await caller.get(spreadsheetId, 'spreadsheetId')).status).toBe(200);
});

test('a token can be revoked in mid-flight', async () => {
  const { caller, key: own } = await signIn(google);
  const id = await shared(own.client_email);
  await google.faults([{ match: { kind: 'batchUpdate' }, fault: { kind: 'revokeTokenMidFlight' } }]);
  expect((await caller.batch(id, [append(0, ['a'])])).status).toBe(401);
  expect((await caller.get(id, 'spreadsheetId')).status).toBe(401);
  expect(await google.rows(id)).toEqual([]);
});
