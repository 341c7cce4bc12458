import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sheetRoutes } from '../../src/http/admin/pages/sheet.tsx';
import { urlsOf } from '../sheets/google-connection.ts';
import { startFakeGoogle } from '../support/google/client.ts';
import { strictCsv, until } from '../support/server.ts';
import { type Person, siteWorld } from './site-world.ts';

setDefaultTimeout(60_000);
const google = await startFakeGoogle();
afterAll(() => google.stop());
await google.quota('off');
const account = await google.createServiceAccount();
const world = await siteWorld(sheetRoutes, { urls: urlsOf(google) });
const { services, site } = world;
const { store } = services;
const owner = await world.person('owner');
const sheetOf = (siteId: string) => `/admin/s/${siteId}/sheet`;

/** A site whose leads have their rows. */
async function withRows(names: readonly string[]): Promise<{ siteId: string; tabId: string; formId: string }> {
  const { id: siteId } = await store.sites.create({ name: 'Rows' });
  for (const Name of names) await world.lead({ Name }, 'Contact', siteId);
  await synced(siteId, names.length);
  const tab = store.sheets.tabs(store.sheets.target(siteId).book)[0];
  return { siteId, tabId: tab?.id ?? '', formId: tab?.formId ?? '' };
}

function synced(siteId: string, n: number): Promise<void> {
  return until(`${n} rows`, () => {
    services.sync.sweep();
    const { synced: rows, pending } = store.sheets.counts(siteId);
    return rows === n && pending === 0;
  });
}

/** Starts work and waits for what comes of it. */
async function worked(person: Person, siteId: string, kind: string): Promise<string> {
  expect(await person.post(`${sheetOf(siteId)}/task`, { kind })).toMatchObject({ status: 303 });
  let html = '';
  await until(`${kind} is done`, async () => {
    html = (await person.get(`${sheetOf(siteId)}/task`)).html;
    return !html.includes('Look again');
  });
  return html;
}

test('without tabs the page says how one comes to be', async () => {
  const { status, html } = await owner.get(sheetOf(site.id));
  expect(status).toBe(200);
  expect(html).toContain('Local workbook');
  expect(html).toContain('No tabs yet');
});

test('rows stand on the page as in the file, escaped; the file can be had by who may export', async () => {
  const hostile = '<img src=x onerror=alert(1)>';
  const { siteId, tabId } = await withRows([hostile, '=1+1']);
  const { html } = await owner.get(sheetOf(siteId));
  expect(html).not.toContain('<img src=x');
  expect(html).toContain('&lt;img src=x');
  expect(html).toContain('&#39;=1+1'.replace('&#39;', "'"));
  const path = join(services.sheetsPath ?? '', siteId, 'Contact.csv');
  const file = readFileSync(path, 'utf8');
  appendFileSync(path, 'half a row');
  const csv = await owner.get(`${sheetOf(siteId)}/csv/${tabId}`);
  expect(csv.status).toBe(200);
  expect(csv.headers.get('content-disposition')).toBe('attachment; filename="Contact.csv"');
  expect(csv.html).toBe(file);
  expect(strictCsv(csv.html)).toHaveLength(3);
  expect((await (await world.person('viewer', [siteId])).get(`${sheetOf(siteId)}/csv/${tabId}`)).status).toBe(403);
  expect((await owner.get(`${sheetOf(site.id)}/csv/${tabId}`)).status).toBe(404);
});

test('the check tells its steps; comparing tells the numbers, and that a file was changed', async () => {
  const { siteId } = await withRows(['One', 'Two']);
  expect(await worked(owner, siteId, 'check')).toContain('Everything is well.');
  const well = await worked(owner, siteId, 'verify');
  expect(well).toContain('The sheet has every lead exactly once.');
  expect(well).toMatch(/Database 2, sheet 2, missing 0, doubled 0/);
  const path = join(services.sheetsPath ?? '', siteId, 'Contact.csv');
  writeFileSync(path, readFileSync(path, 'utf8').slice(0, -20));
  expect(await worked(owner, siteId, 'check')).toContain('Something has to be mended.');
  expect(await worked(owner, siteId, 'verify')).toContain('Sheet and database differ.');
});

test('no such work is refused; two at once are not done', async () => {
  const { siteId } = await withRows(['One']);
  expect((await owner.post(`${sheetOf(siteId)}/task`, { kind: 'constructor' })).status).toBe(400);
  let open: () => void = () => {};
  const held = services.sync.exclusively(siteId, () => new Promise<void>((resolve) => (open = resolve)));
  await owner.post(`${sheetOf(siteId)}/task`, { kind: 'verify' });
  const running = await owner.get(sheetOf(siteId));
  expect(running.html).toContain('Comparing the sheet with the database…');
  expect((await owner.post(`${sheetOf(siteId)}/task`, { kind: 'verify' })).status).toBe(409);
  await owner.post(`${sheetOf(siteId)}/task/stop`);
  open();
  await held;
  await until('stopped', async () => (await owner.get(sheetOf(siteId))).html.includes('Stopped before the end.'));
});

test('a Google sheet is connected after a check that says what is missing; earlier leads go along; and back', async () => {
  const { siteId } = await withRows(['One', 'Two']);
  const connect = `${sheetOf(siteId)}/connect`;
  const key = JSON.stringify(account);
  const closed = await google.createSpreadsheet({ title: 'Closed' });
  const refused = await owner.post(connect, { link: closed.spreadsheetUrl, key });
  expect(refused.status).toBe(422);
  expect(refused.html).toContain('Nothing was changed.');
  expect(refused.html).toContain(account.client_email);
  expect(refused.html).toContain(`value="${closed.spreadsheetUrl}"`);
  expect(refused.html).not.toContain('PRIVATE KEY');
  expect(store.sheets.target(siteId).kind).toBe('local');

  const open = await google.createSpreadsheet({
    title: 'Leads & more',
    sharedWith: [{ email: account.client_email, role: 'writer' }],
  });
  const done = await owner.post(connect, { link: open.spreadsheetUrl, key, send_earlier: 'yes' });
  expect(done).toMatchObject({ status: 303, location: `${sheetOf(siteId)}?notice=connected` });
  expect(store.sheets.target(siteId)).toMatchObject({ kind: 'google', book: open.spreadsheetId });
  await until('sent', () => store.sheets.tabs(open.spreadsheetId)[0]?.state === 'ready');
  await synced(siteId, 2);
  const { html } = await owner.get(sheetOf(siteId));
  expect(html).toContain('Leads &amp; more');
  expect(html).toContain(account.client_email);
  expect(html).toContain('Reading the tab…');
  const rows = await owner.get(/href="([^"]+\/rows\?form=[^"]+)"/.exec(html)?.[1] ?? '');
  expect(rows.html).toContain('As they stand in the spreadsheet, the lowest last.');
  expect(rows.html).toContain('>Two<');
  expect(await worked(owner, siteId, 'verify')).toMatch(/Database 2, sheet 2, missing 0, doubled 0/);
  await google.userAction(open.spreadsheetId, { type: 'deleteRow', row: 1, tab: 'Contact' });
  expect(await worked(owner, siteId, 'verify')).toMatch(/Database 2, sheet 1, missing 1, doubled 0/);
  expect(await worked(owner, siteId, 'repair')).toContain('1 lead is being sent.');
  await synced(siteId, 2);
  expect(await worked(owner, siteId, 'verify')).toMatch(/Database 2, sheet 2, missing 0, doubled 0/);
  const told = store.audit.list({ limit: 20, siteId }).find(({ action }) => action === 'sheet.connected');
  expect(told?.after).toEqual({ target: 'google', book: open.spreadsheetId });
  expect(JSON.stringify(store.audit.list({ limit: 100 }))).not.toContain('PRIVATE KEY');

  const other = await store.sites.create({ name: 'Second' });
  const taken = await owner.post(`${sheetOf(other.id)}/connect`, { link: open.spreadsheetUrl, key });
  expect(taken.status).toBe(422);
  expect(taken.html).toContain('belongs to another site');

  expect((await owner.post(`${sheetOf(siteId)}/local`)).status).toBe(303);
  expect(store.sheets.target(siteId).kind).toBe('local');
});

test('what was sent to connect is checked field by field, and no secret is repeated', async () => {
  const wrong = await owner.post(`${sheetOf(site.id)}/connect`, {
    link: 'https://example.com/x',
    key: '{"type":"secret-x"}',
  });
  expect(wrong.status).toBe(422);
  expect(wrong.html).toMatch(/id="f-link-error">This is not an address of Google Sheets/);
  expect(wrong.html).toMatch(/id="f-key-error">/);
  expect(wrong.html).not.toContain('secret-x');
  const none = await owner.post(`${sheetOf(site.id)}/connect`, { link: 'A'.repeat(44) });
  expect(none.html).toContain('Choose the key file of a service account');
});

test('a paused sheet goes on with the word that its problem asks for, and no other', async () => {
  const { siteId } = await withRows(['One']);
  const problem = { code: 'other_server', message: 'Another server writes here.', technical: 'seq 9' };
  await store.sheets.pause(siteId, problem, null);
  const page = await owner.get(sheetOf(siteId));
  expect(page.html).toContain('Another server writes here.');
  expect(page.html).toContain('seq 9');
  expect(page.html).toContain('Go on from this server');
  expect((await owner.post(`${sheetOf(siteId)}/resume`, { word: '' })).status).toBe(409);
  expect(store.sheets.target(siteId).status).toBe('paused');
  expect((await owner.post(`${sheetOf(siteId)}/resume`, { word: 'go-on' })).status).toBe(303);
  expect(store.sheets.target(siteId).status).toBe('ok');
  expect((await owner.post(`${sheetOf(siteId)}/resume`, { word: 'go-on' })).status).toBe(409);
});

test('columns and choices are saved; what can not be is said and kept', async () => {
  const choices = `${sheetOf(site.id)}/choices`;
  expect((await owner.get(choices)).html.match(/ checked/g)).toHaveLength(27);
  const wrong = await owner.post(choices, { columns: ['page_url'], quality: ' \n' });
  expect(wrong.status).toBe(422);
  expect(wrong.html).toContain('Write at least one choice');
  expect(wrong.html.match(/ checked/g)).toHaveLength(1);
  await owner.post(choices, { columns: ['page_url', 'nonsense'], quality: 'New\r\nGood\r\n\r\nGood\r\n' });
  expect(store.sites.get(site.id)).toMatchObject({ columns: ['page_url', 'lead_id'], qualityChoices: ['New', 'Good'] });
});

test('a viewer looks and changes nothing; another’s site is not there', async () => {
  const viewer = await world.person('viewer');
  const page = await viewer.get(sheetOf(site.id));
  expect(page.status).toBe(200);
  expect(page.html).not.toContain('Upkeep');
  const before = store.sites.get(site.id);
  for (const path of ['/task', '/task/stop', '/resume', '/resume-tab', '/connect', '/local', '/choices']) {
    expect((await viewer.post(`${sheetOf(site.id)}${path}`, { quality: 'x', kind: 'verify' })).status).toBe(403);
  }
  expect(store.sites.get(site.id)).toEqual(before);
  const { id } = await store.sites.create({ name: 'Hidden' });
  const member = await world.person('member');
  for (const path of ['', '/connect', '/choices']) expect((await member.get(`${sheetOf(id)}${path}`)).status).toBe(404);
});
