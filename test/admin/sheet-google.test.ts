import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { createDrivers } from '../../src/drivers.ts';
import { sheetRoutes } from '../../src/http/admin/pages/sheet.tsx';
import { randomIds } from '../../src/lib/ids.ts';
import { urlsOf } from '../sheets/google-connection.ts';
import { startFakeGoogle } from '../support/google/client.ts';
import { until } from '../support/server.ts';
import { siteWorld } from './site-world.ts';

/** The sheet's page against a spreadsheet that people have had their hands in. */

setDefaultTimeout(60_000);
const google = await startFakeGoogle();
afterAll(() => google.stop());
await google.quota('off');
const world = await siteWorld(sheetRoutes, { urls: urlsOf(google) });
const { services } = world;
const { store, sync } = services;
const owner = await world.person('owner');
const sheetOf = (siteId: string) => `/admin/s/${siteId}/sheet`;
const stateOf = (siteId: string) => store.sheets.target(siteId);

/** A spreadsheet shared with a service account of its own, so that no test waits for what another has used up. */
async function shared() {
  const account = await google.createServiceAccount();
  const sharedWith = [{ email: account.client_email, role: 'writer' as const }];
  const { spreadsheetId, spreadsheetUrl } = await google.createSpreadsheet({ title: 'Leads', sharedWith });
  return { key: JSON.stringify(account), email: account.client_email, book: spreadsheetId, link: spreadsheetUrl };
}

async function synced(siteId: string, n: number): Promise<void> {
  await until(`${n} rows`, () => {
    sync.sweep();
    const { synced: rows, pending } = store.sheets.counts(siteId);
    return rows === n && pending === 0;
  });
}

async function paused(siteId: string, code: string): Promise<string> {
  await until(code, () => {
    sync.sweep();
    return stateOf(siteId).problem?.code === code;
  });
  return (await owner.get(sheetOf(siteId))).html;
}

/** A site that writes to a spreadsheet of its own, with these leads in the tab "Contact". */
async function connected(...names: string[]) {
  const { id: siteId } = await store.sites.create({ name: 'Site' });
  const sheet = await shared();
  expect((await owner.post(`${sheetOf(siteId)}/connect`, { link: sheet.link, key: sheet.key })).status).toBe(303);
  for (const Name of names) await world.lead({ Name, City: 'Oslo' }, 'Contact', siteId);
  await synced(siteId, names.length);
  const formId = store.sheets.tabs(sheet.book)[0]?.formId ?? '';
  return { siteId, formId, ...sheet };
}

const audited = (siteId: string) => store.audit.list({ limit: 50, siteId }).map(({ action }) => action);

/** A form with a file, as a browser sends it. */
async function upload(siteId: string, fields: Readonly<Record<string, string>>, file: File) {
  const { html } = await owner.get(`${sheetOf(siteId)}/connect`);
  const form = new FormData();
  form.set('csrf', /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? '');
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('key_file', file);
  const packed = new Response(form);
  const type = packed.headers.get('content-type') ?? '';
  const body = await packed.arrayBuffer();
  const headers = {
    cookie: owner.cookie,
    'content-type': type,
    'content-length': String(body.byteLength),
  };
  return world.fetch(new Request(`http://localhost${sheetOf(siteId)}/connect`, { method: 'POST', headers, body }));
}

test('the key comes as a file; one that is none is refused beside its field, and nothing of it is repeated', async () => {
  const { id: siteId } = await store.sites.create({ name: 'Upload' });
  const { key, email, book, link } = await shared();
  const wrong = await upload(siteId, { link }, new File(['{"installed":{"client_secret":"hush"}}'], 'client.json'));
  expect(wrong.status).toBe(422);
  const html = await wrong.text();
  expect(html).toMatch(/id="f-key-error">This is the file of an OAuth client/);
  expect(html).toContain(`value="${link}"`);
  expect(html).not.toContain('hush');
  const huge = await upload(siteId, { link }, new File(['x'.repeat(300_000)], 'huge.json'));
  expect(huge.status).toBe(413);
  expect(stateOf(siteId).kind).toBe('local');

  const done = await upload(
    siteId,
    { link, key: 'what is pasted beside a file counts for nothing' },
    new File([key], 'key.json'),
  );
  expect([done.status, done.headers.get('location')]).toEqual([303, `${sheetOf(siteId)}?notice=connected`]);
  expect(stateOf(siteId)).toMatchObject({ kind: 'google', book });
  expect((await owner.get(sheetOf(siteId))).html).toContain(email);
});

test('a spreadsheet that another installation wrote to is taken over on that very word', async () => {
  const { id: siteId } = await store.sites.create({ name: 'Heir' });
  const { key, book, link } = await shared();
  await writeAsAnother(book, key);
  expect((await owner.post(`${sheetOf(siteId)}/connect`, { link, key })).status).toBe(303);
  await world.lead({ Name: 'Heir' }, 'Contact', siteId);
  expect(await paused(siteId, 'used_before')).toContain('Take the spreadsheet over');
  expect((await owner.post(`${sheetOf(siteId)}/resume`, { word: 'retag' })).status).toBe(409);
  expect((await owner.post(`${sheetOf(siteId)}/resume`, { word: 'take-over' })).status).toBe(303);
  await synced(siteId, 1);
  const names = await Promise.all(
    (await google.inspect(book)).tabs.map(({ title }) => google.columnByField(book, 'f:Name', title)),
  );
  expect(
    names
      .flat()
      .filter((name) => name !== null)
      .toSorted(),
  ).toEqual(['Former', 'Heir']);
  expect(audited(siteId)).toContain('sheet.resumed');
});

/** A lead of an installation of its own, with a store and an id that this one knows nothing of. */
async function writeAsAnother(book: string, key: string): Promise<void> {
  const other = await siteWorld(sheetRoutes, { urls: urlsOf(google) });
  const { services: theirs, site } = other;
  const { googleDriver } = createDrivers({
    ...{ store: theirs.store, vault: theirs.vault, clock: theirs.clock, log: theirs.log, random: Math.random },
    config: {
      google: { client: null, serviceAccountFile: null, urls: urlsOf(google) },
    },
    dir: { sheetsPath: theirs.sheetsPath ?? '', instanceId: 'former' },
    ids: randomIds(),
  });
  const account = JSON.parse(key);
  const parsed = {
    clientEmail: account.client_email,
    privateKey: account.private_key,
    privateKeyId: '',
    projectId: '',
  };
  const connection = await theirs.google?.keepAccount(parsed, key);
  await theirs.sync.exclusively(site.id, async () => {
    const target = { kind: 'google', book, connectionId: connection?.id ?? null, title: null, url: null } as const;
    await theirs.store.sheets.setTarget(site.id, target);
    await other.lead({ Name: 'Former' });
    await until('their row', async () => {
      await googleDriver.flush({ site, target: theirs.store.sheets.target(site.id) });
      return theirs.store.sheets.counts(site.id).synced === 1;
    });
  });
}

test('all marks wiped: columns are recognised by their headers on that very word, and later rows fit', async () => {
  const { siteId, book } = await connected('One');
  await google.userAction(book, { type: 'moveColumn', column: 'Lead ID', to: 0, tab: 'Contact' });
  await google.userAction(book, { type: 'wipeMetadata' });
  await world.lead({ Name: 'Two', City: 'Bergen' }, 'Contact', siteId);
  expect(await paused(siteId, 'tags_wiped')).toContain('Recognise the columns again');
  expect((await owner.post(`${sheetOf(siteId)}/resume`, { word: 'take-over' })).status).toBe(409);
  expect((await owner.post(`${sheetOf(siteId)}/resume`, { word: 'retag' })).status).toBe(303);
  await synced(siteId, 2);
  expect(await google.columnByField(book, 'f:Name', 'Contact')).toEqual(['One', 'Two']);
  expect(await google.columnByField(book, 'f:City', 'Contact')).toEqual(['Oslo', 'Bergen']);
});

test('a tab that somebody deleted: tried again it waits, made anew it takes the rows', async () => {
  const { siteId, formId, book } = await connected('One');
  await google.userAction(book, { type: 'deleteTab', tab: 'Contact' });
  await world.lead({ Name: 'Two' }, 'Contact', siteId);
  const stateOfTab = () => store.sheets.tabOfForm(book, formId)?.state;
  const waits = () =>
    until('the tab is paused', () => {
      sync.sweep();
      return stateOfTab() === 'paused';
    });
  await waits();
  const { html } = await owner.get(sheetOf(siteId));
  expect(html).toContain('somebody deleted it');
  expect(html).toContain('Make a new tab');
  const resume = `${sheetOf(siteId)}/resume-tab`;
  expect((await owner.post(resume, { form: formId })).status).toBe(303);
  await waits();
  expect((await owner.post(resume, { form: 'frm_none', new_tab: 'yes' })).status).toBe(404);
  expect((await owner.post(resume, { form: formId, new_tab: 'yes' })).status).toBe(303);
  await synced(siteId, 2);
  expect(await google.columnByField(book, 'f:Name', 'Contact')).toEqual(['Two']);
  expect((await owner.post(resume, { form: formId })).status).toBe(409);
  expect(audited(siteId).filter((action) => action === 'sheet.tab_resumed')).toHaveLength(2);
});

test('a column that somebody deleted is named, and comes back at the right end with every value', async () => {
  const { siteId, formId, book } = await connected('One', 'Two');
  expect((await owner.get(sheetOf(siteId))).html).not.toContain('Columns deleted in the spreadsheet');
  await google.userAction(book, { type: 'deleteColumn', column: 'City', tab: 'Contact' });
  await world.lead({ Name: 'Three', City: 'Bergen' }, 'Contact', siteId);
  await synced(siteId, 3);
  const { html } = await owner.get(sheetOf(siteId));
  expect(html).toContain('Columns deleted in the spreadsheet');
  expect(html).toContain('value="f:City"');
  const restore = `${sheetOf(siteId)}/restore-column`;
  expect((await owner.post(restore, { form: formId, key: 'f:Name' })).status).toBe(409);
  const viewer = await world.person('viewer', [siteId]);
  expect((await viewer.post(restore, { form: formId, key: 'f:City' })).status).toBe(403);
  expect((await owner.post(restore, { form: formId, key: 'f:City' })).location).toContain('notice=column_restored');
  await until('the values are back', async () => {
    sync.sweep();
    return JSON.stringify(await google.columnByField(book, 'f:City', 'Contact')) === '["Oslo","Oslo","Bergen"]';
  });
  expect((await google.rows(book, 'Contact'))[0]?.at(-1)).toBe('City');
  expect((await owner.get(sheetOf(siteId))).html).not.toContain('Columns deleted in the spreadsheet');
  expect((await owner.post(restore, { form: formId, key: 'f:City' })).status).toBe(409);
  expect(audited(siteId)).toContain('sheet.column_restored');
});

test('the page asks Google nothing; the rows come by a call of their own, once for all who look, and by a link', async () => {
  const { siteId, formId, book } = await connected('One', '<img src=x>');
  await google.userAction(book, { type: 'editCell', row: 1, column: 'Name', value: 'Edited by hand', tab: 'Contact' });
  await google.resetCalls();
  const page = await owner.get(sheetOf(siteId));
  expect(await google.calls()).toEqual([]);
  const rows = `${sheetOf(siteId)}/rows?form=${formId}`;
  expect(page.html).toContain('Reading the tab…');
  expect(page.html).toContain(`hx-get="${rows}"`);
  expect(page.html).toContain(`<a href="${rows}">`);
  const looks = await Promise.all([owner.get(rows), owner.get(rows)]);
  for (const { html } of looks) {
    expect(html).toContain('Edited by hand');
    expect(html).toContain('&lt;img src=x');
    expect(html).not.toContain('<img src=x');
    // A time as people see it, not the number that it is stored as.
    expect(html).toMatch(/>\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}</);
  }
  const { length } = await google.calls();
  expect(length).toBeGreaterThan(0);
  await owner.get(rows);
  expect(await google.calls()).toHaveLength(length);
  const { id } = await store.sites.create({ name: 'No tabs' });
  expect((await owner.get(`${sheetOf(id)}/rows`)).status).toBe(404);
});

test('a spreadsheet that can’t be read shows what was written to it, and says so', async () => {
  const { siteId, formId, book, email } = await connected('One');
  await google.unshare(book, email);
  const { html } = await owner.get(`${sheetOf(siteId)}/rows?form=${formId}`);
  expect(html).toContain('The spreadsheet can’t be read at the moment.');
  expect(html).toContain('>One<');
});
