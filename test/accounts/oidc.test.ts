import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Arrival, Purpose, SingleSignOn } from '../../src/accounts/oidc.ts';
import { createOidcProvider, promptOf } from '../../src/accounts/oidc-provider.ts';
import { missingClients } from '../support/clients.ts';
import { settle, TestClock } from '../support/clock.ts';
import { CLIENT_ID, CLIENT_SECRET, signInThere, type TestProvider, testProvider } from '../support/oidc.ts';
import { createVisitor } from '../support/visitor.ts';
import { house, MINUTE, PASSWORD, someone } from './house.ts';

/* Against a real provider; its pages are walked through, and what it would give the browser is handed over here. */

setDefaultTimeout(60_000);
const missing = await missingClients();

const SIGN_IN: Purpose = { kind: 'sign_in', next: '/admin', another: false };
const ALICE = { sub: 'alice', email: 'alice@example.com', email_verified: true, name: 'Alice' };

const said = (arrival: { ok: boolean }): string =>
  arrival.ok ? 'ok' : (arrival as Exclude<Arrival, { ok: true }>).refused;

/** A house with a provider; where the provider sends people back, somebody waits who keeps what they bring. */
async function withProvider() {
  const provider = testProvider();
  const back = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('back') });
  const redirectUri = `http://localhost:${back.port}/admin/oidc/callback`;
  afterAll(async () => {
    await provider.stop();
    await back.stop(true);
  });
  // Tokens are checked by the machine's clock: this one starts at the same time.
  const clock = new TestClock(Date.now());
  const options = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, name: 'single sign-on', clock };
  const oidc = createOidcProvider({ ...options, issuer: provider.issuer });
  const rooms = await house(clock, oidc);
  const sso = rooms.accounts.singleSignOn as SingleSignOn;
  return {
    ...rooms,
    clock,
    provider,
    redirectUri,
    sso,
    begin: (purpose: Purpose = SIGN_IN) => sso.begin(purpose, redirectUri),
    /** There and back. */
    async fetched(purpose: Purpose = SIGN_IN, who = ALICE) {
      const begun = await sso.begin(purpose, redirectUri);
      if (!begun.ok) throw new Error(begun.message);
      const visitor = createVisitor();
      await visitor.open(begun.url);
      const { url } = await signInThere(visitor, who);
      return { query: url.searchParams, kept: begun.kept };
    },
  };
}

/** Waits for a call to be under way at the provider, and lets the time for its answer pass. */
async function outlast(clock: TestClock, provider: TestProvider, path: string): Promise<void> {
  while (!provider.calls.some((call) => call.endsWith(path))) await settle();
  clock.advance(10_000);
}

describe.skipIf(missing !== null)('what is kept between going and coming back', async () => {
  if (missing !== null) return;
  const world = await withProvider();
  const { accounts, clock, provider, sso, redirectUri, fetched } = world;
  await provider.launch({ redirectUri });
  await accounts.createUser('cli', { ...ALICE, password: PASSWORD, role: 'owner', siteIds: [] });
  const finish = ({ query, kept }: Awaited<ReturnType<typeof fetched>>, where = someone()) =>
    sso.finish(query, kept, null, where);

  test('is sealed, and good for ten minutes, once', async () => {
    const late = await fetched();
    for (const name of ['state', 'code']) expect(late.kept).not.toContain(late.query.get(name) ?? 'x');
    clock.advance(10 * MINUTE);
    expect(said(await finish(late))).toBe('over');
    const inTime = await fetched();
    clock.advance(10 * MINUTE - 1);
    const calls = provider.calls.length;
    const both = await Promise.all([finish(inTime), finish(inTime)]);
    expect(both.map(said)).toEqual(['ok', 'over']);
    expect(said(await finish(inTime))).toBe('over');
    expect(provider.calls.slice(calls).filter((call) => call === 'POST /token')).toHaveLength(1);
  });

  test('opens for nobody else: changed, of another sign-in, or none at all', async () => {
    const [mine, other] = [await fetched(), await fetched()];
    for (const kept of [null, '', 'v1.a.b.c', `${mine.kept.slice(0, -2)}AA`, other.kept]) {
      expect(said(await finish({ ...mine, kept: kept as string }))).toBe('lost');
    }
    expect(said(await finish({ ...mine, query: new URLSearchParams({ code: 'x' }) }))).toBe('lost');
    expect(said(await finish(mine))).toBe('ok');
  });

  test('thirty failures from an address, with signing in by password; then a sentence with the time', async () => {
    const where = someone();
    for (let i = 0; i < 29; i++) {
      await accounts.signIn({ email: `nobody${i}@example.com`, password: 'wrong wrong wrong' }, where);
    }
    const nobody = { ...ALICE, sub: 'nobody', email: 'nobody@example.com' };
    expect(said(await finish(await fetched(), where))).toBe('ok');
    expect(said(await finish(await fetched(SIGN_IN, nobody), where))).toBe('no_account');
    const refused = await finish(await fetched(), where);
    expect(refused).toMatchObject({ refused: 'rate_limited', retryAfterSeconds: 900, purpose: SIGN_IN });
  });

  test('a link for the first set-up or a new password lets nobody join', async () => {
    const reset = await accounts.issueReset('cli', accounts.users()[0]?.id ?? '');
    const token = reset.ok ? (reset.path.split('/').at(-1) ?? '') : '';
    expect(accounts.openLink(token)?.kind).toBe('reset');
    for (const each of [token, 'a'.repeat(43), '']) {
      const who = { ...ALICE, sub: 'other', email: 'other@example.com' };
      expect(said(await finish(await fetched({ kind: 'invitation', token: each }, who)))).toBe('void');
    }
    expect(accounts.users()).toHaveLength(1);
  });

  test('the description and the keys are read once, and again after an hour', async () => {
    const count = (path: string) => provider.calls.filter((call) => call === `GET ${path}`).length;
    const description = '/.well-known/openid-configuration';
    const before = [count(description), count('/jwks')] as const;
    expect(before[0]).toBeGreaterThan(0);
    expect(said(await finish(await fetched()))).toBe('ok');
    expect([count(description), count('/jwks')]).toEqual([...before]);
    clock.advance(60 * MINUTE);
    await Promise.all([world.begin(), world.begin()]);
    expect(count(description)).toBe(before[0] + 1);
    clock.setTime(Date.now());
    expect(said(await finish(await fetched()))).toBe('ok');
    expect(count('/jwks')).toBe(before[1] + 1);
  });

  test('a token endpoint that does not answer is given ten seconds', async () => {
    const gone = await fetched();
    provider.calls.length = 0;
    provider.fault = (request, pass) => (request.url.endsWith('/token') ? new Promise(() => {}) : pass());
    const [refused] = await Promise.all([finish(gone), outlast(clock, provider, '/token')]);
    provider.fault = null;
    expect(refused).toMatchObject({ refused: 'slow', technical: 'token: slow' });
    expect(refused).toMatchObject({
      message: expect.stringMatching(/^Single sign-on did not answer within 10 seconds/),
    });
  });
});

describe('a provider that does not say how it works', () => {
  const described = (json: unknown) => () => Response.json(json);
  const cases: [what: string, answer: (issuer: string) => Response, technical: string][] = [
    ['is not found', () => new Response('no', { status: 404 }), 'discovery: OAUTH_RESPONSE_IS_NOT_CONFORM'],
    ['answers no JSON', () => new Response('<html>'), 'discovery: OAUTH_RESPONSE_IS_NOT_JSON'],
    ['is another', described({ issuer: 'https://example.com' }), 'discovery: OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED'],
    ['leads elsewhere', () => Response.redirect('https://example.com'), 'discovery: OAUTH_RESPONSE_IS_NOT_CONFORM'],
  ];
  test.each(cases)('it %s', async (_what, answer, technical) => {
    const { provider, begin } = await withProvider();
    provider.fault = () => answer(provider.issuer);
    const refused = await begin();
    expect(refused).toMatchObject({ ok: false, refused: 'description', technical });
    expect(refused).toMatchObject({ message: expect.stringContaining('LTS_OIDC_ISSUER is wrong') });
  });

  test('is out of order, or says more than anybody reads', async () => {
    const { provider, begin } = await withProvider();
    provider.fault = () => new Response('no', { status: 503 });
    expect(await begin()).toMatchObject({ refused: 'down', technical: 'discovery: status 503' });
    provider.fault = () => Response.json({ issuer: provider.issuer, more: 'x'.repeat(1_000_000) });
    expect(await begin()).toMatchObject({ refused: 'odd', technical: 'discovery: odd' });
  });

  test('is not there at all', async () => {
    const { provider, begin } = await withProvider();
    await provider.stop();
    expect(await begin()).toMatchObject({ refused: 'unreachable', technical: 'discovery: unreachable' });
  });

  test('is silent, or never comes to an end: ten seconds', async () => {
    const { provider, begin, clock } = await withProvider();
    const endless = () => new Response(new ReadableStream({ start: (stream) => stream.enqueue(Buffer.from('{')) }));
    for (const answer of [() => new Promise<Response>(() => {}), endless]) {
      provider.calls.length = 0;
      provider.fault = answer;
      const [refused] = await Promise.all([begin(), outlast(clock, provider, '/openid-configuration')]);
      expect(refused).toMatchObject({ refused: 'slow', technical: 'discovery: slow' });
    }
  });
});

describe('what the provider is asked', () => {
  const confirm: Purpose = { kind: 'confirm', sessionId: 'ses_1', next: '/admin', repeat: false };
  const other: Purpose = { ...SIGN_IN, another: true };
  /** What it is asked to prompt for, when it describes itself like this. */
  async function prompts(described: (issuer: string) => object): Promise<(string | null)[][]> {
    const { provider, begin } = await withProvider();
    provider.fault = () => Response.json(described(provider.issuer));
    const asked = await Promise.all([SIGN_IN, other, confirm].map((purpose) => begin(purpose)));
    return asked.map((each) => {
      if (!each.ok) throw new Error(each.technical);
      const { searchParams } = new URL(each.url);
      return [searchParams.get('prompt'), searchParams.get('max_age')];
    });
  }
  const basics = (issuer: string) => ({ issuer, authorization_endpoint: `${issuer}/auth` });

  test('to sign in again is what every provider knows; one that lists others is asked for what it has', async () => {
    expect(await prompts(basics)).toEqual([
      [null, null],
      ['login', null],
      ['login', '0'],
    ]);
    const listing = (issuer: string) => ({ ...basics(issuer), prompt_values_supported: ['none', 'select_account'] });
    expect(await prompts(listing)).toEqual([
      ['select_account', null],
      ['select_account', null],
      ['select_account', '0'],
    ]);
  });

  test('Google knows no `login` and lists nothing: there an account is chosen', () => {
    const google = { issuer: 'https://accounts.google.com' };
    expect(promptOf(google, 'usual')).toEqual({ prompt: 'select_account' });
    expect(promptOf(google, 'another')).toEqual({ prompt: 'select_account' });
    expect(promptOf(google, 'again')).toEqual({ prompt: 'select_account', max_age: '0' });
  });
});
