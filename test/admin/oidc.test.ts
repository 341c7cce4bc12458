import { Database } from 'bun:sqlite';
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { missingClients } from '../support/clients.ts';
import { CLIENT_ID, CLIENT_SECRET, cancelThere, type Fault, type Somebody, signInThere } from '../support/oidc.ts';
import { type Landed, textOf, type Visitor } from '../support/visitor.ts';
import { type OidcWorld, oidcWorld, PASSWORD } from './oidc-world.ts';

/* Pages, sessions and a real provider, over real HTTP. */

setDefaultTimeout(60_000);
const missing = await missingClients();

let made = 0;
/** Somebody at the provider whom nobody else is. */
function someone(): Required<Somebody> {
  const n = ++made;
  return { sub: `sub-${n}`, email: `person${n}@example.com`, email_verified: true, name: `Person ${n}` };
}

const isIn = ({ url }: Landed) => url.pathname.startsWith('/admin/s/') || url.pathname === '/admin/sites';
const ofApp = (visitor: Visitor) => visitor.cookies.get('localhost') ?? new Map<string, string>();

/** Makes the sessions of everybody older, as if they had signed in so long ago. */
function age({ app }: OidcWorld, minutes: number): void {
  const db = new Database(app.path);
  db.run('UPDATE session SET authenticated_at = authenticated_at - ?', [minutes * 60_000]);
  db.close();
}

describe.skipIf(missing !== null)('signing in', async () => {
  if (missing !== null) return;
  const world = await oidcWorld();
  const { app, provider, url } = world;
  const { accounts, audit } = app.store;
  await world.user('owner', 'owner@example.com');

  test('by an address the provider has checked; then the account decides, whatever its address', async () => {
    const who = someone();
    const user = await world.user('viewer', who.email);
    const visitor = await world.visitor();
    expect(isIn(await world.signIn(visitor, who))).toBe(true);
    expect(accounts.identities(user.id)).toMatchObject([{ issuer: provider.issuer, subject: who.sub }]);
    expect(ofApp(visitor).has('lts_session')).toBe(true);
    expect(ofApp(visitor).has('lts_oidc')).toBe(false);
    const started = audit.list({ limit: 9, actorId: user.id }).find(({ action }) => action === 'session.started');
    expect(started).toMatchObject({ after: { method: 'oidc', second_factor: null } });

    const moved = await world.visitor();
    await world.signIn(moved, { ...who, email: 'elsewhere@example.com', email_verified: false });
    expect(isIn(moved.at())).toBe(true);
    expect(accounts.identities(user.id)).toMatchObject([{ email: 'elsewhere@example.com' }]);
  });

  test('what goes to the provider and what the browser keeps are as they must be', async () => {
    const response = await fetch(`${url}/admin/oidc/start?next=%2Fadmin%2Faccount`, { redirect: 'manual' });
    const to = new URL(response.headers.get('location') ?? '');
    expect(to.origin).toBe(provider.issuer);
    expect(Object.fromEntries(to.searchParams)).toMatchObject({
      client_id: CLIENT_ID,
      redirect_uri: world.redirectUri,
      response_type: 'code',
      scope: 'openid email profile',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
    const [cookie = '', ...others] = response.headers.getSetCookie();
    expect(others).toEqual([]);
    expect(cookie).toEndWith('; Path=/; HttpOnly; SameSite=Lax; Max-Age=600');
    for (const name of ['state', 'nonce']) expect(cookie).not.toContain(to.searchParams.get(name) ?? 'x');
  });

  test('goes on to the page that was asked for, and to no other server', async () => {
    const who = someone();
    await world.user('viewer', who.email);
    const visitor = await world.visitor();
    await visitor.open(`${url}/admin/account`);
    expect(visitor.at().url.pathname).toBe('/admin/sign-in');
    await world.signIn(visitor, who);
    expect(visitor.at().url.pathname).toBe('/admin/account');
    const other = await world.visitor();
    await other.open(`${url}/admin/oidc/start?next=https%3A%2F%2Fexample.com`);
    expect(isIn(await signInThere(other, who))).toBe(true);
  });

  test.each([
    ['an address of nobody', { email: 'nobody@example.com' }, 'nobody@example.com has no account here. Ask an owner'],
    ['one that was not checked', { email_verified: false }, 'has not checked the address'],
    ['no address', { email: '' }, 'says no e-mail address'],
  ] as const)('%s: a page that says so and whom to ask; nobody is made', async (_what, change, sentence) => {
    const who = someone();
    const user = await world.user('viewer', who.email);
    const before = accounts.users().length;
    const { email = who.email, ...rest }: Partial<Somebody> = { ...who, ...change };
    const visitor = await world.visitor();
    const page = await world.signIn(visitor, { ...rest, sub: who.sub, ...(email === '' ? {} : { email }) });
    expect(page.status).toBe(403);
    expect(textOf(page)).toContain(sentence);
    expect(textOf(page)).toContain('Ask an owner or admin of this server to invite you.');
    expect(accounts.users()).toHaveLength(before);
    expect(accounts.identities(user.id)).toEqual([]);
    expect(ofApp(visitor).has('lts_session')).toBe(false);
    // Though that account is still signed in there.
    await visitor.click('Use another account');
    const known = someone();
    await world.user('viewer', known.email);
    expect(isIn(await signInThere(visitor, known))).toBe(true);
  });

  test('an address that the provider gave to somebody else does not bring them in', async () => {
    const who = someone();
    await world.user('viewer', who.email);
    expect(isIn(await world.signIn(await world.visitor(), who))).toBe(true);
    const page = await world.signIn(await world.visitor(), { ...who, sub: 'their-successor' });
    expect(page.status).toBe(403);
  });

  test('a disabled user is refused, with a sentence on the sign-in page', async () => {
    const who = someone();
    const user = await world.user('viewer', who.email);
    await accounts.updateUser(user.id, { disabled: true }, ['viewer'], { actor: { kind: 'cli' }, addressHash: null });
    const page = await world.signIn(await world.visitor(), who);
    expect(page.status).toBe(422);
    expect(textOf(page)).toContain('This account is disabled.');
    expect(page.html).toContain('action="/admin/sign-in"');
  });

  test('a second factor is asked for all the same', async () => {
    const who = someone();
    const user = await world.user('viewer', who.email);
    const doer = { actor: { kind: 'cli' }, addressHash: null } as const;
    await accounts.proposeTotp(user.id, 'sealed');
    await accounts.confirmTotp(user.id, { sealed: 'sealed', step: 1, recoveryHashes: [] }, doer);
    const visitor = await world.visitor();
    await visitor.open(`${url}/admin/account`);
    const page = await world.signIn(visitor, who);
    expect(page.url.pathname + page.url.search).toBe('/admin/second-factor?next=%2Fadmin%2Faccount');
    expect((await visitor.open(`${url}/admin/account`)).url.pathname).toBe('/admin/sign-in');
  });

  test('an invitation is accepted by it: the role is the invitation’s, there is no password; it works once', async () => {
    const who = someone();
    const owner = await world.visitor();
    await owner.submit('/admin/sign-in', { email: 'owner@example.com', password: PASSWORD });
    const invite = async () => {
      const hash = crypto.randomUUID().replaceAll('-', '').padEnd(43, 'x');
      const link = { kind: 'invitation', userId: null, email: null, role: 'admin', siteIds: [] } as const;
      const more = { dropsSecondFactor: false, lifeMs: 60_000, tokenHash: app.vault.hashToken('link', hash) };
      await accounts.createLink({ ...link, ...more }, ['admin'], { actor: { kind: 'cli' }, addressHash: null });
      return `${url}/admin/invite/${hash}`;
    };
    const [first, second] = [await invite(), await invite()];
    const visitor = await world.visitor();
    await visitor.open(first);
    await visitor.click('Continue with Example');
    expect(isIn(await signInThere(visitor, who))).toBe(true);
    const user = accounts.userByEmail(who.email);
    expect(user).toMatchObject({ role: 'admin', name: who.name });
    expect(accounts.credentials(user?.id ?? '')?.passwordHash).toBeNull();
    expect(accounts.identities(user?.id ?? '')).toMatchObject([{ subject: who.sub }]);
    expect((await visitor.open(first)).status).toBe(404);

    const again = await world.visitor();
    await again.open(second);
    await again.click('Continue with Example');
    const known = await signInThere(again, who);
    expect(textOf(known)).toContain('belongs to a user already. Sign in with it instead.');
    await again.click('Continue with Example');
    const taken = await signInThere(again, { ...someone(), email: 'owner@example.com' });
    expect(taken.status).toBe(422);
    expect(textOf(taken)).toContain('There is a user with this e-mail address already. Sign in instead.');
    expect(taken.html).toContain('action="/admin/invite/');
  });

  test('pages of other sites begin nothing here', async () => {
    const headers = { 'sec-fetch-site': 'cross-site' };
    const response = await fetch(`${url}/admin/oidc/start`, { headers, redirect: 'manual' });
    expect(response.headers.get('location')).toBe('/admin/sign-in');
    expect(response.headers.getSetCookie()).toEqual([]);
  });
});

describe.skipIf(missing !== null)('your account', async () => {
  if (missing !== null) return;
  const world = await oidcWorld();
  const { app, provider, url } = world;
  const { accounts } = app.store;
  await world.user('owner', 'owner@example.com');
  const byPassword = async (email: string): Promise<Visitor> => {
    const visitor = await world.visitor();
    await visitor.submit('/admin/sign-in', { email, password: PASSWORD });
    await visitor.open(`${url}/admin/account`);
    return visitor;
  };
  /** A user who has no password, signed in. */
  const withoutPassword = async () => {
    const who = someone();
    const user = await world.user('owner', who.email, null);
    const visitor = await world.visitor();
    await world.signIn(visitor, who);
    return { who, user, visitor };
  };

  test('links an account of another address once the password was given again, and unlinks it', async () => {
    const [who, there] = [someone(), someone()];
    const user = await world.user('viewer', who.email);
    const visitor = await byPassword(who.email);
    age(world, 16);
    const asked = await visitor.submit('/admin/oidc/link');
    expect(textOf(asked)).toContain('This needs your password again');
    await visitor.submit('/admin/oidc/link', { confirm_password: PASSWORD });
    const linked = await signInThere(visitor, there);
    expect(linked.url.pathname).toBe('/admin/account');
    expect(textOf(linked)).toContain('Linked.');
    expect(textOf(linked)).toContain(there.email);
    expect(accounts.identities(user.id)).toMatchObject([{ subject: there.sub }]);
    expect(isIn(await world.signIn(await world.visitor(), there))).toBe(true);

    expect(textOf(await visitor.submit('/admin/oidc/unlink'))).toContain('Unlinked.');
    expect(accounts.identities(user.id)).toEqual([]);
    expect((await world.signIn(await world.visitor(), there)).status).toBe(403);
    const told = app.store.audit.list({ limit: 20, objectId: user.id }).map(({ action }) => action);
    expect(told).toEqual(expect.arrayContaining(['user.identity_linked', 'user.identity_unlinked']));
  });

  test('an account that is another user’s is not linked, nor one for another session', async () => {
    const { who } = await withoutPassword();
    const [a, b] = [someone(), someone()];
    for (const { email } of [a, b]) await world.user('viewer', email);
    const visitor = await byPassword(a.email);
    await visitor.submit('/admin/oidc/link');
    const refused = await signInThere(visitor, who);
    expect(textOf(refused)).toContain('is linked to another user of this server.');
    expect(refused.status).toBe(422);

    await visitor.open(`${url}/admin/account`);
    await visitor.submit('/admin/oidc/link');
    const other = await byPassword(b.email);
    visitor.cookies.get('localhost')?.set('lts_session', ofApp(other).get('lts_session') ?? '');
    expect(textOf(await signInThere(visitor, someone()))).toContain('You are not signed in any more as you were');
    for (const { email } of [a, b]) {
      expect(accounts.identities(accounts.userByEmail(email)?.id ?? '')).toEqual([]);
    }
  });

  test('a form from elsewhere links nothing', async () => {
    const who = someone();
    await world.user('viewer', who.email);
    const visitor = await byPassword(who.email);
    const sent = await visitor.submit('/admin/oidc/link', { csrf: 'made up' });
    expect(sent.status).toBe(403);
    expect(ofApp(visitor).has('lts_oidc')).toBe(false);
  });

  test('without a password it is the only way in: one sets a password first', async () => {
    const { visitor, user } = await withoutPassword();
    const page = await visitor.open(`${url}/admin/account`);
    expect(page.html).not.toContain('/admin/oidc/unlink');
    expect(textOf(page)).toContain('To unlink it, set a password first.');
    const short = await visitor.submit('/admin/account/first-password', { password: 'short' });
    expect(short.status).toBe(422);
    const set = await visitor.submit('/admin/account/first-password', { password: PASSWORD });
    expect(textOf(set)).toContain('Your password is set.');
    expect(textOf(await visitor.submit('/admin/oidc/unlink'))).toContain('Unlinked.');
    expect(isIn(await visitor.open(`${url}/admin`))).toBe(true);
    expect(accounts.credentials(user.id)?.passwordHash).toBeString();
    const again = await world.visitor();
    expect(isIn(await again.submit('/admin/sign-in', { email: user.email, password: PASSWORD }))).toBe(true);
  });

  test('who has no password proves it there once more, and comes back to the page', async () => {
    const { visitor, who } = await withoutPassword();
    age(world, 16);
    await visitor.open(`${url}/admin/oidc/confirm?next=${encodeURIComponent('/admin/team/invite?role=viewer')}`);
    const sent = visitor.went.findLast(({ pathname }) => pathname === '/auth');
    const asked = { prompt: 'login', max_age: '0', login_hint: who.email };
    expect(Object.fromEntries(sent?.searchParams ?? [])).toMatchObject(asked);
    const back = await signInThere(visitor, who);
    expect(back.url.pathname + back.url.search).toBe('/admin/team/invite?role=viewer');
    await visitor.open(`${url}/admin/account`);
    expect(textOf(await visitor.submit('/admin/account/first-password', { password: PASSWORD }))).toContain('is set');
  });

  test('what was sent is not kept, and the page says so before and after', async () => {
    const { visitor, who } = await withoutPassword();
    await visitor.open(`${url}/admin/account`);
    age(world, 16);
    const asked = await visitor.submit('/admin/account/first-password', { password: PASSWORD });
    expect(textOf(asked)).toContain('What you just sent is not kept.');
    await visitor.click('Continue with Example');
    const back = await signInThere(visitor, who);
    expect(back.url.pathname).toBe('/admin/account');
    expect(textOf(back)).toContain('Confirmed. Please repeat.');
    expect(textOf(await visitor.submit('/admin/account/first-password', { password: PASSWORD }))).toContain('is set');
  });

  test('another account there proves nothing, and neither does a sign-in there from before', async () => {
    const { visitor, who } = await withoutPassword();
    age(world, 16);
    const still = async (sentence: string) => {
      expect(textOf(visitor.at())).toContain(sentence);
      await visitor.click('Go back');
      expect(visitor.at().url.pathname).toBe('/admin/account');
      const sent = await visitor.submit('/admin/account/first-password', { password: PASSWORD });
      expect(textOf(sent)).toContain('Confirm it is you');
    };
    await visitor.open(`${url}/admin/oidc/confirm?next=%2Fadmin%2Faccount`);
    await signInThere(visitor, someone());
    await still('This is another account at Example than the one that is linked to yours.');
    // A provider that heeds neither `prompt` nor `max_age`, two minutes ahead of the sign-in that it tells of.
    visitor.cookies.delete('127.0.0.1');
    await provider.launch({ redirectUri: world.redirectUri, shiftSeconds: -120 });
    await visitor.open(`${url}/admin/oidc/confirm?next=%2Fadmin%2Faccount`);
    await signInThere(visitor, who);
    await still('Example did not ask you to sign in again. Sign out there, and then repeat this.');
  });
});

/** Changes the token that the provider gives out. */
const tokens =
  (change: (parts: string[]) => string[]): Fault =>
  async (request, pass) => {
    const response = await pass();
    if (!request.url.endsWith('/token')) return response;
    const body = (await response.json()) as { id_token: string };
    return Response.json({ ...body, id_token: change(body.id_token.split('.')).join('.') });
  };

/** Changes what the browser asks for. */
const asking =
  (change: (query: URLSearchParams) => void): Fault =>
  (request, pass) => {
    const url = new URL(request.url);
    if (url.pathname !== '/auth') return pass();
    change(url.searchParams);
    return pass(new Request(url, request));
  };

const answering =
  (path: string, answer: () => Response): Fault =>
  (request, pass) =>
    new URL(request.url).pathname === path ? answer() : pass();

const flipped = (text: string) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
const changed = (body: string, claims: object) =>
  part({ ...JSON.parse(Buffer.from(body, 'base64url').toString()), ...claims });
const part = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url');

describe.skipIf(missing !== null)('trouble ends on the sign-in page, with a sentence and a log line', async () => {
  if (missing !== null) return;
  const world = await oidcWorld();
  const { provider, lines, url } = world;
  const who = someone();
  await world.user('owner', who.email);

  function expectRefused(visitor: Visitor, sentence: string, technical: string): void {
    const page = visitor.at();
    expect(textOf(page)).toContain(sentence);
    expect(page.status).toBe(422);
    expect(page.html).toContain('action="/admin/sign-in"');
    expect(page.html).toContain('Sign in with Example');
    expect(ofApp(visitor).has('lts_session')).toBe(false);
    const line = JSON.parse(lines.findLast((each) => each.includes('oidc.refused')) ?? '{}');
    expect(line.technical).toBe(technical);
    const said = lines.join('\n');
    for (const secret of [CLIENT_SECRET, who.email, 'eyJ']) expect(said).not.toContain(secret);
    expect(said).not.toContain('admin.failed');
  }

  test('a description that can’t be had; the next try finds it mended', async () => {
    provider.fault = answering('/.well-known/openid-configuration', () => new Response('no', { status: 503 }));
    const visitor = await world.visitor();
    await visitor.click('Sign in with Example');
    expectRefused(visitor, 'Example is out of order at the moment.', 'discovery: status 503');
    provider.fault = null;
    await visitor.click('Sign in with Example');
    expect(isIn(await signInThere(visitor, who))).toBe(true);
  });

  const cases: [what: string, fault: Fault, sentence: string, technical: string][] = [
    [
      'a wrong signature',
      tokens(([head = '', body = '', signature = '']) => [head, body, flipped(signature)]),
      'can’t be trusted, so nobody was signed in',
      'token: OAUTH_INVALID_RESPONSE',
    ],
    [
      'no signature at all',
      tokens(([, body = '']) => [part({ alg: 'none' }), body, '']),
      'can’t be trusted, so nobody was signed in',
      'token: OAUTH_INVALID_RESPONSE',
    ],
    [
      'a key nobody has',
      tokens(([head = '', ...rest]) => [part({ ...JSON.parse(atob(head)), kid: 'other' }), ...rest]),
      'can’t be trusted',
      'token: OAUTH_KEY_SELECTION_FAILED',
    ],
    [
      'another nonce',
      asking((query) => query.set('nonce', 'somebody-else-s')),
      'can’t be trusted',
      'token: OAUTH_JWT_CLAIM_COMPARISON_FAILED nonce',
    ],
    [
      'a token for another client',
      tokens(([head = '', body = '', ...rest]) => [head, changed(body, { aud: 'somebody-else' }), ...rest]),
      'can’t be trusted',
      'token: OAUTH_JWT_CLAIM_COMPARISON_FAILED aud',
    ],
    [
      'a token of another provider',
      tokens(([head = '', body = '', ...rest]) => [head, changed(body, { iss: 'https://example.com' }), ...rest]),
      'can’t be trusted',
      'token: OAUTH_JWT_CLAIM_COMPARISON_FAILED iss',
    ],
    [
      'another verifier',
      asking((query) => query.set('code_challenge', 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')),
      'This sign-in took too long or was used before.',
      'token: invalid_grant',
    ],
    [
      'another state',
      asking((query) => query.set('state', 'somebody-else-s')),
      'is not the one that was begun last in this browser.',
      'callback: lost',
    ],
    [
      'a token endpoint out of order',
      answering('/token', () => new Response('oops', { status: 500 })),
      'Example is out of order at the moment.',
      'token: status 500',
    ],
    [
      'a token endpoint that talks nonsense',
      answering('/token', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })),
      'gave an answer that makes no sense.',
      'token: OAUTH_RESPONSE_IS_NOT_JSON',
    ],
    [
      'a page on the user that is another’s',
      answering('/me', () => Response.json({ sub: 'other', email: who.email, email_verified: true })),
      'can’t be trusted',
      'userinfo: OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
    ],
    [
      'a page on the user that is closed',
      answering('/me', () => Response.json({ error: 'invalid_token' }, { status: 401 })),
      'gave an answer that makes no sense.',
      'userinfo: OAUTH_RESPONSE_IS_NOT_CONFORM',
    ],
  ];
  test.each(cases)('%s', async (_what, fault, sentence, technical) => {
    provider.fault = fault;
    const visitor = await world.visitor();
    await world.signIn(visitor, who);
    provider.fault = null;
    expectRefused(visitor, sentence, technical);
  });

  test('somebody who says no', async () => {
    const visitor = await world.visitor();
    await visitor.click('Sign in with Example');
    await cancelThere(visitor);
    expectRefused(visitor, 'Example says that you did not allow it. Try again and allow it.', 'token: access_denied');
  });

  test('whatever else is said in the address is not repeated, on the page nor in the log', async () => {
    const visitor = await world.visitor();
    await visitor.click('Sign in with Example');
    const state = visitor.went.find(({ pathname }) => pathname === '/auth')?.searchParams.get('state') ?? '';
    const iss = encodeURIComponent(provider.issuer);
    const made = `error=%3Cb%3Eyour+account+is+locked&error_description=call+0800&state=${state}&iss=${iss}`;
    await visitor.open(`${world.redirectUri}?${made}`);
    expectRefused(visitor, 'Example refused to sign you in.', 'token: unknown');
    expect(textOf(visitor.at())).not.toContain('0800');
    expect(lines.join('\n')).not.toContain('locked');
  });

  test('a callback used twice, in the same browser with its cookie and without', async () => {
    const visitor = await world.visitor();
    await visitor.click('Sign in with Example');
    const kept = ofApp(visitor).get('lts_oidc') ?? '';
    await signInThere(visitor, who);
    const callback = visitor.went.findLast(({ pathname }) => pathname === '/admin/oidc/callback');
    visitor.cookies.get('localhost')?.clear();
    await visitor.open(callback ?? '');
    expectRefused(visitor, 'is not the one that was begun last in this browser.', 'callback: lost');
    expect(textOf(visitor.at())).toContain(`Do it at ${url}/admin, with cookies allowed.`);
    visitor.cookies.get('localhost')?.set('lts_oidc', kept);
    await visitor.open(callback ?? '');
    expectRefused(visitor, 'This sign-in took too long or was used before.', 'callback: over');
  });

  test('a callback in another browser: somebody’s code signs in nobody else', async () => {
    const [thief, victim] = [await world.visitor(), await world.visitor()];
    await thief.click('Sign in with Example');
    await victim.click('Sign in with Example');
    const stolen = ofApp(victim).get('lts_oidc') ?? '';
    await signInThere(thief, who);
    const callback = thief.went.findLast(({ pathname }) => pathname === '/admin/oidc/callback');
    const other = await world.visitor();
    other.cookies.get('localhost')?.set('lts_oidc', stolen);
    await other.open(callback ?? '');
    expectRefused(other, 'is not the one that was begun last in this browser.', 'callback: lost');
  });

  test('a provider whose clock is two hours behind', async () => {
    await provider.launch({ redirectUri: world.redirectUri, shiftSeconds: -7200 });
    const visitor = await world.visitor();
    await world.signIn(visitor, who);
    expectRefused(visitor, 'has run out by the clock of this server.', 'token: OAUTH_JWT_TIMESTAMP_CHECK_FAILED exp');
  });

  test('keys of the provider that are new, as after a restart, are read before anybody is refused for it', async () => {
    await provider.launch({ redirectUri: world.redirectUri });
    const visitor = await world.visitor();
    expect(isIn(await world.signIn(visitor, who))).toBe(true);
  });

  test('a wrong client secret; and one that is taken in the body alone', async () => {
    await provider.launch({ redirectUri: world.redirectUri, clientSecret: 'another one' });
    const visitor = await world.visitor();
    await world.signIn(visitor, who);
    const sentence = 'LTS_OIDC_CLIENT_ID or LTS_OIDC_CLIENT_SECRET is wrong.';
    expectRefused(visitor, sentence, 'token: invalid_client');
    await provider.launch({ redirectUri: world.redirectUri, authMethod: 'client_secret_post', claimsInToken: true });
    provider.calls.length = 0;
    const mended = await world.visitor();
    expect(isIn(await world.signIn(mended, who))).toBe(true);
    expect(provider.calls).not.toContain('GET /me');
  });
});

describe.skipIf(missing !== null)('where it does not belong', async () => {
  if (missing !== null) return;
  const world = await oidcWorld();

  test('the first set-up stays with e-mail and password', async () => {
    const visitor = await world.visitor();
    expect(visitor.at().url.pathname).toBe('/admin/welcome');
    await visitor.open(`${world.url}/admin/oidc/start`);
    expect(visitor.at().url.pathname).toBe('/admin/welcome');
    const { accounts } = world.app.store;
    const token = 'a'.repeat(43);
    const link = {
      kind: 'setup',
      userId: null,
      email: null,
      role: null,
      siteIds: [],
      dropsSecondFactor: false,
    } as const;
    const stored = { ...link, lifeMs: 60_000, tokenHash: world.app.vault.hashToken('link', token) };
    await accounts.createLink(stored, ['owner'], { actor: { kind: 'cli' }, addressHash: null });
    expect((await visitor.open(`${world.url}/admin/setup/${token}`)).html).not.toContain('Continue with');
  });
});
