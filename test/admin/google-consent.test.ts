import { afterAll, afterEach, beforeEach, expect, setDefaultTimeout, test } from 'bun:test';
import { googleAccountRoutes } from '../../src/http/admin/pages/google-accounts.tsx';
import { googleConsentRoutes } from '../../src/http/admin/pages/google-consent.tsx';
import { createConsents } from '../../src/http/admin/pages/google-consents.ts';
import { sheetRoutes } from '../../src/http/admin/pages/sheet.tsx';
import { urlsOf } from '../sheets/google-connection.ts';
import { TestClock } from '../support/clock.ts';
import { startFakeGoogle } from '../support/google/client.ts';
import { until } from '../support/server.ts';
import { type Page, type Person, siteWorld } from './site-world.ts';

setDefaultTimeout(60_000);

const CALLBACK = 'http://localhost/admin/google/callback';
const ROUTES = [...sheetRoutes, ...googleConsentRoutes, ...googleAccountRoutes];
const google = await startFakeGoogle();
afterAll(() => google.stop());
await google.quota('off');
const client = await google.registerOAuthClient({ redirectUris: [CALLBACK] });
const world = await siteWorld(ROUTES, {
  urls: urlsOf(google),
  client: { id: client.clientId, secret: client.clientSecret },
});
const { services } = world;
const { store, sync } = services;
const owner = await world.person('owner');

const BOB = { email: 'bob@example.com' };
let ALICE = { email: '' };
let tests = 0;
beforeEach(async () => {
  tests += 1;
  // Google counts calls by the account: no test waits for what another has used up.
  ALICE = { email: `alice-${tests}@example.com` };
  await google.consent(ALICE);
});
afterEach(async () => {
  await google.clearFaults();
  await google.enableApi('sheets');
  await google.setTesting(client.clientId, false);
  // What one test has connected is nothing to the next.
  for (const { siteId } of store.sheets.targets()) {
    await store.sheets.setTarget(siteId, {
      ...{ kind: 'local', book: `local:${siteId}` },
      ...{ connectionId: null, title: null, url: null },
    });
  }
  for (const { id } of store.sheets.connections()) await services.google?.forget(id);
});

const sheetOf = (siteId: string) => `/admin/s/${siteId}/sheet`;
const newSite = async (name = 'Shop & more') => (await store.sites.create({ name })).id;

/** Starts, and follows the page of ours that leads to Google. */
async function leave(person: Person, siteId: string, form: Readonly<Record<string, string>>): Promise<URL> {
  const started = await person.post(`${sheetOf(siteId)}/google`, form);
  expect(started.status).toBe(303);
  const going = await person.get(started.location ?? '');
  expect(going.status).toBe(200);
  const url = /^0; url=(.+)$/.exec(going.headers.get('refresh') ?? '')?.[1] ?? '';
  expect(going.html).toContain(`href="${url.replaceAll('&', '&amp;')}"`);
  return new URL(url);
}

/** Google's answer, as the address that it sends the browser to. */
async function atGoogle(url: URL): Promise<string> {
  const answer = await fetch(url, { redirect: 'manual' });
  expect(answer.status).toBe(302);
  const back = new URL(answer.headers.get('location') ?? '');
  expect(`${back.origin}${back.pathname}`).toBe(CALLBACK);
  return `${back.pathname}${back.search}`;
}

/** The whole way, redirect by redirect, up to where we send the browser at last. */
async function connect(siteId: string, form: Readonly<Record<string, string>>, person = owner): Promise<Page> {
  const back = await person.get(await atGoogle(await leave(person, siteId, form)));
  expect(back.status).toBe(303);
  return back;
}

/** Where it ended without being connected: the page that says so. */
async function refusedPage(siteId: string, form: Readonly<Record<string, string>>): Promise<Page> {
  const before = store.sheets.target(siteId);
  const { location } = await connect(siteId, form);
  const page = await owner.get(location ?? '');
  expect(page.html).toContain('Nothing was changed.');
  expect(store.sheets.target(siteId)).toEqual(before);
  return page;
}

const actions = (siteId: string) => store.audit.list({ limit: 50, siteId }).map(({ action }) => action);

async function rowsWritten(siteId: string, n: number): Promise<void> {
  await until(`${n} rows`, () => {
    sync.sweep();
    return store.sheets.counts(siteId).synced === n;
  });
}

test('without an OAuth client the page says in a sentence how to have one, with the address to paste', async () => {
  const bare = await siteWorld(ROUTES, { urls: urlsOf(google) });
  const person = await bare.person('owner');
  const { html } = await person.get(`${sheetOf(bare.site.id)}/connect`);
  expect(html).toContain('LTS_GOOGLE_CLIENT_ID');
  expect(html).toContain(`id="redirect-uri">${CALLBACK}<`);
  expect(html).toContain('data-copy="#redirect-uri"');
  expect(html).not.toContain('Connect with Google');
  expect((await person.post(`${sheetOf(bare.site.id)}/google`, { what: 'new' })).status).toBe(409);
});

test('a new spreadsheet is made in the account, named after the site, and rows go there', async () => {
  const siteId = await newSite();
  const url = await leave(owner, siteId, { what: 'new', send_earlier: 'yes' });
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    client_id: client.clientId,
    redirect_uri: CALLBACK,
    scope: 'openid email https://www.googleapis.com/auth/drive.file',
    access_type: 'offline',
    prompt: 'consent',
    code_challenge_method: 'S256',
  });
  await world.lead({ Name: 'Before' }, 'Contact', siteId);
  await rowsWritten(siteId, 1);
  const back = await atGoogle(url);
  const done = await owner.get(back);
  expect(done).toMatchObject({ status: 303, location: `${sheetOf(siteId)}?notice=connected` });
  const target = store.sheets.target(siteId);
  expect(target).toMatchObject({ kind: 'google', title: 'Shop & more' });
  expect(await google.files()).toContainEqual(
    expect.objectContaining({ id: target.book, name: 'Shop & more', owner: ALICE.email }),
  );
  await until('the earlier lead is there', async () => {
    sync.sweep();
    return JSON.stringify(await google.inspect(target.book)).includes('"Contact"');
  });
  await rowsWritten(siteId, 1);
  const { html } = await owner.get(sheetOf(siteId));
  expect(html).toContain('Connected as');
  expect(html).toContain(ALICE.email);
  expect(actions(siteId)).toEqual(
    expect.arrayContaining(['google.consent_started', 'google.account_connected', 'sheet.connected']),
  );
});

test('nothing secret is in the audit log or the database as it is', async () => {
  const siteId = await newSite();
  const url = await leave(owner, siteId, { what: 'new' });
  const back = await atGoogle(url);
  await owner.get(back);
  const query = new URLSearchParams(back.slice(back.indexOf('?')));
  const [connection] = store.sheets.connections();
  const told = JSON.stringify([store.audit.list({ limit: 100 }), connection]);
  for (const secret of [query.get('code'), query.get('state'), client.clientSecret, '1//', 'ya29.']) {
    expect(secret).toBeTruthy();
    expect(told).not.toContain(secret ?? '');
  }
  expect(connection).toMatchObject({ kind: 'oauth', email: ALICE.email });
});

test('the page of Google is a real one: boxes are ticked and “Allow” is pressed there', async () => {
  await google.consent({ ...ALICE, ask: true });
  const { spreadsheetId, spreadsheetUrl } = await google.createSpreadsheet({ title: 'Mine', owner: ALICE.email });
  const siteId = await newSite();
  const url = await leave(owner, siteId, { what: 'link', own_link: spreadsheetUrl });
  const page = await (await fetch(url)).text();
  expect(page).toContain('See, edit, create and delete all your Google Sheets spreadsheets');
  const scopes = [...page.matchAll(/name="scope" value="([^"]+)"/g)].map(([, scope]) => ['scope', scope ?? '']);
  expect(scopes).toHaveLength(2);
  const body = new URLSearchParams([
    ['request', url.search.slice(1)],
    ['email', ALICE.email],
    ['answer', 'allow'],
    ...(scopes as [string, string][]),
  ]);
  const sent = await fetch(`${google.url}/auth`, { method: 'POST', body, redirect: 'manual' });
  const back = new URL(sent.headers.get('location') ?? '');
  const done = await owner.get(`${back.pathname}${back.search}`);
  expect(done.location).toBe(`${sheetOf(siteId)}?notice=connected`);
  expect(store.sheets.target(siteId)).toMatchObject({ kind: 'google', book: spreadsheetId, title: 'Mine' });
  await world.lead({ Name: 'One' }, 'Contact', siteId);
  await rowsWritten(siteId, 1);
  expect(await google.columnByField(spreadsheetId, 'f:Name', 'Contact')).toEqual(['One']);
});

test('a link is looked at before anybody is sent away, and kept', async () => {
  const siteId = await newSite();
  const wrong = await owner.post(`${sheetOf(siteId)}/google`, { what: 'link', own_link: 'https://example.com/x' });
  expect(wrong.status).toBe(422);
  expect(wrong.html).toMatch(/id="f-own_link-error">This is not an address of Google Sheets/);
  expect(wrong.html).toContain('value="https://example.com/x"');
  expect(wrong.html).toMatch(/value="link" checked/);
  await connect(siteId, { what: 'new' });
  const { url } = store.sheets.target(siteId);
  const taken = await owner.post(`${sheetOf(await newSite())}/google`, { what: 'link', own_link: url ?? '' });
  expect(taken.html).toContain('belongs to another site');
  expect((await owner.post(`${sheetOf(siteId)}/google`, { what: 'constructor' })).status).toBe(400);
});

test('a state is good once, for the session that began, and for nobody else', async () => {
  const siteId = await newSite();
  const back = await atGoogle(await leave(owner, siteId, { what: 'new' }));
  const other = await world.person('owner', [siteId]);
  const stolen = await other.get(back);
  expect(stolen.status).toBe(409);
  expect(stolen.html).toContain('Nothing was changed.');
  expect((await world.fetch(new Request(`http://localhost${back}`))).headers.get('location')).toStartWith(
    '/admin/sign-in?next=',
  );
  expect((await owner.get(`/admin/google/callback?code=x&state=${'a'.repeat(43)}`)).status).toBe(409);
  expect((await owner.get('/admin/google/callback?code=x&state=')).status).toBe(409);
  expect(store.sheets.connections()).toEqual([]);
  expect((await owner.get(back)).location).toBe(`${sheetOf(siteId)}?notice=connected`);
  expect((await owner.get(back)).status).toBe(409);
});

test('a way to Google ends after ten minutes; each question after it has ten more', async () => {
  const clock = new TestClock();
  const consents = createConsents(clock);
  const visit = { session: { id: 'ses_1' } } as Parameters<typeof consents.begin>[0];
  const input = { siteId: 'site_1', wish: { what: 'new', sendEarlier: false }, reach: 'own', email: null } as const;
  const late = consents.begin(visit, input);
  clock.advance(600_000);
  expect(consents.take(visit, late.state)).toBeNull();
  const inTime = consents.begin(visit, input);
  clock.advance(599_999);
  const taken = consents.take(visit, inTime.state);
  expect(taken?.id).toBe(inTime.id);
  consents.put(inTime, {
    is: 'failed',
    problem: { code: 'x', message: 'x', technical: null },
    check: null,
    grant: null,
  });
  clock.advance(599_999);
  expect(consents.find(visit, 'site_1', inTime.id)?.phase.is).toBe('failed');
  expect(consents.find(visit, 'site_2', inTime.id)).toBeNull();
  clock.advance(1);
  expect(consents.find(visit, 'site_1', inTime.id)).toBeNull();
  const oldest = consents.begin(visit, input);
  for (let i = 0; i < 1_000; i++) consents.begin(visit, input);
  expect(consents.find(visit, 'site_1', oldest.id)).toBeNull();
});

test('who may not change the site any more connects nothing', async () => {
  const siteId = await newSite();
  const admin = await world.person('admin', [siteId]);
  const back = await atGoogle(await leave(admin, siteId, { what: 'new' }));
  const me = store.accounts.users().findLast(({ role }) => role === 'admin');
  const change = { role: 'viewer', siteIds: [siteId] } as const;
  expect(await services.accounts.updateUser('cli', me?.id ?? '', change)).toMatchObject({ ok: true });
  const refused = await admin.get(back);
  expect(refused.status).toBe(403);
  expect(store.sheets.connections()).toEqual([]);
  expect(store.sheets.target(siteId).kind).toBe('local');
  expect((await admin.post(`${sheetOf(siteId)}/google`, { what: 'new' })).status).toBe(403);
});

test('“Cancel” at Google, a rule of the organisation, and boxes left unticked are told in words', async () => {
  const siteId = await newSite();
  const told = async (consent: object, form: Readonly<Record<string, string>> = { what: 'new' }) => {
    await google.consent({ ...ALICE, ...consent });
    return (await refusedPage(siteId, form)).html;
  };
  expect(await told({ deny: true })).toContain('You did not give your consent');
  expect(await told({ policy: 'redirect' })).toContain('A rule of your Google Workspace organisation');
  expect(await told({ untick: ['drive.file'] })).toContain('tick every box');
  const own = { what: 'link', own_link: 'A'.repeat(44) };
  expect(await told({ untick: ['spreadsheets'] }, own)).toContain('tick every box');
  expect(await told({ withhold: true })).toContain('https://myaccount.google.com/permissions');
  expect(store.sheets.connections()).toEqual([]);
  expect(actions(siteId).filter((action) => action === 'google.consent_failed')).toHaveLength(5);
});

test('an exchange that fails is told, and does not repeat what Google said of the code', async () => {
  const siteId = await newSite();
  await google.faults([{ match: { kind: 'token' }, fault: { kind: '502html' } }]);
  expect((await refusedPage(siteId, { what: 'new' })).html).toContain('Google has trouble of its own');
  const back = await atGoogle(await leave(owner, siteId, { what: 'new' }));
  const { location } = await owner.get(back.replace(/code=[^&]+/, 'code=4%2Fmade-up'));
  const { html } = await owner.get(location ?? '');
  expect(html).toContain('came too late or was used before');
  expect(html).not.toContain('made-up');
  // The state is used up, though Google's own code was never shown to us.
  expect((await owner.get(back)).status).toBe(409);
  expect(store.sheets.connections()).toEqual([]);
});

test('an API that is off: nothing is stored, and after it is on one press connects without Google asking again', async () => {
  const siteId = await newSite();
  await google.disableApi('sheets');
  const { location } = await connect(siteId, { what: 'new' });
  const off = await owner.get(location ?? '');
  expect(off.html).toContain('The Google Sheets API is switched off');
  expect(off.html).toContain('Try again');
  expect(store.sheets.connections()).toEqual([]);
  const before = (await google.files()).length;
  await google.enableApi('sheets');
  const done = await owner.post(location ?? '', { answer: 'go-on' });
  expect(done.location).toBe(`${sheetOf(siteId)}?notice=connected`);
  // The spreadsheet that was made at the first try is the one.
  expect((await google.files()).length).toBe(before);
  expect((await owner.get(location ?? '')).status).toBe(409);
});

test('an own spreadsheet that this account may only look at is not connected', async () => {
  const { spreadsheetUrl } = await google.createSpreadsheet({ sharedWith: [{ email: ALICE.email, role: 'reader' }] });
  const { html } = await refusedPage(await newSite(), { what: 'link', own_link: spreadsheetUrl });
  expect(html).toContain(ALICE.email);
  expect(html).toContain('as Editor');
});

test('cancelled after a failure: what Google gave is given back there', async () => {
  const siteId = await newSite();
  await google.disableApi('sheets');
  const { location } = await connect(siteId, { what: 'new' });
  await google.resetCalls();
  const dropped = await owner.post(location ?? '', { answer: 'cancel' });
  expect(dropped.location).toBe(`${sheetOf(siteId)}?notice=consent_given_back`);
  expect((await google.calls()).map(({ kind }) => kind)).toContain('revoke');
  expect((await owner.post(location ?? '', { answer: 'go-on' })).status).toBe(303);
  expect(store.sheets.target(siteId).kind).toBe('local');
});

test('another account than the one in use: asked first; kept on “no”, replaced and removed on “yes”', async () => {
  const siteId = await newSite();
  await connect(siteId, { what: 'new' });
  const [alice] = store.sheets.connections();
  const before = store.sheets.target(siteId);
  await google.consent(BOB);
  const asked = await connect(siteId, { what: 'new' });
  const page = await owner.get(asked.location ?? '');
  expect(page.html).toContain(BOB.email);
  expect(page.html).toContain(ALICE.email);
  expect(store.sheets.target(siteId)).toEqual(before);
  expect((await owner.post(asked.location ?? '', { answer: 'cancel' })).status).toBe(303);
  expect(store.sheets.target(siteId)).toEqual(before);
  expect(store.sheets.connections()).toEqual([alice as NonNullable<typeof alice>]);

  const again = await connect(siteId, { what: 'new' });
  const done = await owner.post(again.location ?? '', { answer: 'go-on', remove_account: 'yes' });
  expect(done.location).toBe(`${sheetOf(siteId)}?notice=connected`);
  expect(store.sheets.target(siteId).book).not.toBe(before.book);
  expect(store.sheets.connections().map(({ email }) => email)).toEqual([BOB.email]);
  expect(actions(siteId)).toContain('google.account_removed');
});

/** Two sites that alice writes for, whose sign-in she takes back at Google; the first has found out. */
async function revoked(): Promise<[string, string]> {
  const siteId = await newSite('First');
  await connect(siteId, { what: 'new' });
  const otherId = await newSite('Second');
  await connect(otherId, { what: 'new' });
  expect(store.sheets.connections()).toHaveLength(1);
  const [connection] = store.sheets.connections();
  const sealed = services.vault.open(connection?.secret ?? '', `google-connection:oauth:${ALICE.email}`);
  await google.revokeRefreshToken(JSON.parse(sealed).refresh_token);
  for (const id of [siteId, otherId]) await world.lead({ Name: 'Waits' }, 'Contact', id);
  await until('both are paused', () => {
    sync.sweep();
    return [siteId, otherId].every((id) => store.sheets.target(id).status === 'paused');
  });
  return [siteId, otherId];
}

test('access that was taken back pauses; signing in again by the banner ends the pause of every sheet of the account', async () => {
  const [siteId, otherId] = await revoked();
  const paused = await owner.get(sheetOf(siteId));
  expect(paused.html).toContain('The sheet is paused.');
  expect(paused.html).toContain(`Connect ${ALICE.email} again`);
  const { book } = store.sheets.target(siteId);
  await store.drive.setSite(otherId, { account: ALICE.email, folder: null, shared: false });
  await store.drive.noteSite(otherId, { failures: 9, retryAt: Date.now() + 1e9 });
  const url = await leave(owner, siteId, { what: 'again' });
  expect(url.searchParams.get('login_hint')).toBe(ALICE.email);
  expect(url.searchParams.get('scope')).not.toContain('auth/spreadsheets');
  const done = await owner.get(await atGoogle(url));
  expect(done.location).toBe(`${sheetOf(siteId)}?notice=signed_in_again`);
  await rowsWritten(siteId, 1);
  await rowsWritten(otherId, 1);
  expect(store.sheets.target(siteId)).toMatchObject({ status: 'ok', book });
  expect(store.sheets.connections()).toHaveLength(1);
  expect(actions(otherId)).toContain('sheet.resumed');
  expect(store.drive.site(otherId)).toMatchObject({ failures: 0, retryAt: null });
  await store.drive.setSite(otherId, null);
  expect((await google.rows(book, 'Contact')).length).toBe(2);
});

test('signing in again as somebody who can’t reach the spreadsheet changes nothing; one who can writes from then on', async () => {
  const [siteId, otherId] = await revoked();
  await google.consent(BOB);
  const asked = await connect(siteId, { what: 'again' });
  const answered = await owner.post(asked.location ?? '', { answer: 'go-on' });
  const { html } = await owner.get(answered.location ?? '');
  expect(html).toContain('Google does not let bob@example.com write to this spreadsheet');
  expect(store.sheets.target(siteId).status).toBe('paused');
  expect(store.sheets.connections().map(({ email }) => email)).toEqual([ALICE.email]);
  await google.share(store.sheets.target(siteId).book, BOB.email);
  expect((await owner.post(answered.location ?? '', { answer: 'go-on' })).location).toContain('notice=connected');
  await rowsWritten(siteId, 1);
  expect((await owner.get(sheetOf(siteId))).html).toContain(BOB.email);
  expect(store.sheets.target(otherId).status).toBe('paused');
});

test('a project in “Testing”: connected, and told that it won’t last', async () => {
  await google.setTesting(client.clientId, true);
  const siteId = await newSite();
  expect((await connect(siteId, { what: 'new' })).location).toBe(`${sheetOf(siteId)}?notice=connected_for_days`);
});

test('leaving for the local workbook keeps the account, unless its removal is asked for: then Google ends it too', async () => {
  const siteId = await newSite();
  await connect(siteId, { what: 'new' });
  const page = await owner.get(`${sheetOf(siteId)}/connect`);
  expect(page.html).toContain('Connected as');
  expect(page.html).toContain('name="remove_account"');
  await google.resetCalls();
  expect((await owner.post(`${sheetOf(siteId)}/local`)).location).toContain('notice=connected');
  expect(store.sheets.connections()).toHaveLength(1);
  expect((await google.calls()).map(({ kind }) => kind)).not.toContain('revoke');

  await connect(siteId, { what: 'new' });
  const otherId = await newSite('Other');
  await connect(otherId, { what: 'new' });
  expect((await owner.get(`${sheetOf(siteId)}/connect`)).html).not.toContain('name="remove_account"');
  await owner.post(`${sheetOf(siteId)}/local`, { remove_account: 'yes' });
  expect(store.sheets.connections()).toHaveLength(1);
  await google.resetCalls();
  const last = await owner.post(`${sheetOf(otherId)}/local`, { remove_account: 'yes' });
  expect(last.location).toContain('notice=account_removed');
  expect(store.sheets.connections()).toEqual([]);
  expect((await google.calls()).map(({ kind }) => kind)).toContain('revoke');
});

test('an account left over is removed on a page that asks first, by who runs the server, and Google is told if it can be', async () => {
  const siteId = await newSite('Uses it');
  await connect(siteId, { what: 'new' });
  const [connection] = store.sheets.connections();
  const remove = `/admin/google/${connection?.id}/remove`;
  expect((await owner.get('/admin/google')).html).toContain('Uses it');
  expect((await owner.get(remove)).status).toBe(404);
  expect((await owner.post(remove)).status).toBe(404);
  await owner.post(`${sheetOf(siteId)}/local`);
  const admin = await world.person('admin');
  for (const path of ['/admin/google', remove]) expect((await admin.get(path)).status).toBe(403);
  expect((await owner.get('/admin/google')).html).toContain('No sheet');
  expect((await owner.get(remove)).html).toContain('Google is asked to end the access');
  await google.faults([{ match: { kind: 'revoke' }, fault: { kind: 'reset' } }]);
  expect((await owner.post(remove)).location).toBe('/admin/google?notice=account_not_revoked');
  expect(store.sheets.connections()).toEqual([]);
  const told = store.audit.list({ limit: 5 }).find(({ action }) => action === 'google.account_removed');
  expect(told).toMatchObject({ before: { email: ALICE.email, kind: 'oauth' }, after: { access_ended: false } });
});

test('a wider sign-in takes the place of a narrow one of the account; a narrow one never that of a wider', async () => {
  const { spreadsheetUrl, spreadsheetId } = await google.createSpreadsheet({ owner: ALICE.email });
  const narrow = await newSite('Narrow');
  await connect(narrow, { what: 'new' });
  const wide = await newSite('Wide');
  await connect(wide, { what: 'link', own_link: spreadsheetUrl });
  expect(store.sheets.connections()).toHaveLength(1);
  await connect(await newSite('Third'), { what: 'new' });
  expect(store.sheets.connections()).toHaveLength(2);
  await world.lead({ Name: 'One' }, 'Contact', wide);
  await rowsWritten(wide, 1);
  expect(await google.columnByField(spreadsheetId, 'f:Name', 'Contact')).toEqual(['One']);
});
