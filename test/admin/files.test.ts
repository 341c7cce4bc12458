import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { filesRoutes } from '../../src/http/admin/pages/files.tsx';
import { googleAccountRoutes } from '../../src/http/admin/pages/google-accounts.tsx';
import { settingsRoutes } from '../../src/http/admin/pages/settings.tsx';
import { sheetRoutes } from '../../src/http/admin/pages/sheet.tsx';
import { urlsOf } from '../sheets/google-connection.ts';
import { startFakeGoogle } from '../support/google/client.ts';
import { newLead } from '../support/leads.ts';
import { siteWorld } from './site-world.ts';

setDefaultTimeout(60_000);
const DRIVE_FILE = 'https://www.googleapis.com/auth/drive.file';
const PROBLEM = {
  code: 'storage_quota',
  message: 'The Google storage of <b>alice</b> is full.',
  technical: 'HTTP 403',
};

const google = await startFakeGoogle();
afterAll(() => google.stop());
await google.quota('off');
const client = await google.registerOAuthClient();
const world = await siteWorld([...filesRoutes, ...settingsRoutes, ...sheetRoutes, ...googleAccountRoutes], {
  urls: urlsOf(google),
  client: { id: client.clientId, secret: client.clientSecret },
});
const { store, google: desk } = world.services;
const owner = await world.person('owner');
let count = 0;

const pageOf = (siteId: string) => `/admin/s/${siteId}/settings/files`;
const lastEntry = () => store.audit.list({ limit: 1 })[0];

async function siteWritten(connectionId: string | null): Promise<string> {
  const { id } = await store.sites.create({ name: 'Shop & more' });
  const book = `1book${++count}`;
  await store.sheets.setTarget(id, { kind: 'google', book, connectionId, title: 'Leads', url: null });
  return id;
}

async function person(scopes = DRIVE_FILE) {
  const email = `alice-${++count}@example.com`;
  const { refresh_token } = await google.grantOAuth({ ...client, email, scopes: scopes.split(' ') });
  const grant = { email, refreshToken: refresh_token, scopes, endsAfterDays: null, hint: null };
  const [connection] = (await desk?.keepGrant(grant)) ?? [];
  return { email, id: connection?.id ?? '' };
}

async function robot() {
  const key = await google.createServiceAccount();
  const account = { clientEmail: key.client_email, privateKey: key.private_key, projectId: key.project_id };
  const connection = await desk?.keepAccount(account as never, JSON.stringify(key));
  return { email: key.client_email, id: connection?.id ?? '' };
}

test('a site without Google is told why its files stay here, and what to do', async () => {
  const page = await owner.get(pageOf(world.site.id));
  expect(page.status).toBe(200);
  expect(page.html).toContain('Connect a Google sheet first');
  expect(page.html).toContain('Files of this site are kept on this server.');
  // Nothing to choose, so nothing is asked.
  expect(page.html).not.toContain('<select');
  const refused = await owner.post(pageOf(world.site.id), { place: 'drive' });
  expect([refused.status, store.drive.sites()]).toEqual([422, []]);
  expect(refused.html).toContain('id="f-place-error">Choose one of these.');
  expect((await owner.get(`/admin/s/${world.site.id}/settings`)).html).toContain(pageOf(world.site.id));
});

test('with a person’s account: the folder is made, files go there, and back again', async () => {
  const { email, id } = await person();
  const site = await siteWritten(id);
  expect((await owner.get(pageOf(site))).html).toContain(`In Google Drive, as ${email}`);
  expect(await owner.post(pageOf(site), { place: 'drive' })).toMatchObject({
    status: 303,
    location: `${pageOf(site)}?notice=saved`,
  });
  const stored = store.drive.site(site);
  const folder = (await google.files()).find((file) => file.id === stored?.folder);
  expect(folder).toMatchObject({ name: 'Files of leads: Shop & more', owner: email });
  expect(stored).toMatchObject({ enabled: true, account: email, shared: false });
  expect(lastEntry()).toMatchObject({
    action: 'files.place_changed',
    before: { place: 'server' },
    after: { place: 'drive', account: email, folder: folder?.id },
  });
  const { html } = await owner.get(pageOf(site));
  expect(html).toContain(`https://drive.google.com/drive/folders/${folder?.id}`);
  expect(html).toMatch(/Google\s+decides\s+who may see it/);
  // The account can't be removed meanwhile, whatever the sheet is written as.
  await store.sheets.setTarget(site, {
    kind: 'local',
    book: `local:${site}`,
    connectionId: null,
    title: null,
    url: null,
  });
  expect((await owner.get('/admin/google')).html).not.toContain(`/admin/google/${id}/remove`);
  expect((await owner.get(`/admin/google/${id}/remove`)).status).toBe(404);
  expect((await owner.get(pageOf(site))).html).toContain(`In Google Drive, as ${email}, as now`);
  await owner.post(pageOf(site), { place: 'keep' });
  expect(store.drive.site(site)?.enabled).toBe(true);
  await owner.post(pageOf(site), { place: 'here' });
  expect([store.drive.site(site)?.enabled, lastEntry()?.after]).toEqual([false, { place: 'server' }]);
  const entry = lastEntry()?.id;
  await owner.post(pageOf(site), { place: 'here' });
  expect(lastEntry()?.id).toBe(entry);
  expect((await owner.get(`/admin/google/${id}/remove`)).status).toBe(200);
});

test('a sign-in without the right, and an API that is off, are told in words; nothing changes', async () => {
  const narrow = await person('https://www.googleapis.com/auth/spreadsheets');
  expect((await owner.get(pageOf(await siteWritten(narrow.id)))).html).toContain('tick every box');
  const ended = await person();
  const site = await siteWritten(ended.id);
  await google.disableApi('drive');
  const refused = await owner.post(pageOf(site), { place: 'drive' });
  await google.enableApi('drive');
  expect([refused.status, store.drive.site(site)]).toEqual([422, null]);
  expect(refused.html).toContain('The Google Drive API is switched off');
  expect(refused.html).toMatch(/<option[^>]*value="drive"[^>]*selected|<option[^>]*selected[^>]*value="drive"/);
});

test('a service account needs a folder of a shared drive, and says what is wrong with another', async () => {
  const { email, id } = await robot();
  const site = await siteWritten(id);
  const send = (folder: string) => owner.post(pageOf(site), { place: 'drive', folder });
  const says = async (folder: string, words: string) => {
    const { status, html } = await send(folder);
    expect([folder, status, store.drive.site(site)]).toEqual([folder, 422, null]);
    expect(html).toContain(words);
    if (folder !== '') expect(html).toContain(folder.replaceAll('<', '&lt;').replaceAll('&', '&amp;').slice(0, 20));
  };
  await says('', 'copy the address from its address bar');
  await says('https://example.com/drive/folders/abcdefghijkl', 'copy the address from its address bar');
  const unseen = await google.createFolder({ driveId: '0A' });
  await says(unseen.id, `Google finds no such folder for ${email}`);
  const ordinary = await google.createFolder({ sharedWith: [{ email, role: 'writer' }] });
  await says(ordinary.id, 'lies in no shared drive');
  const { spreadsheetId } = await google.createSpreadsheet({ sharedWith: [{ email, role: 'writer' }] });
  await says(spreadsheetId, 'This is a file, not a folder.');
  const folder = await google.createFolder({ driveId: '0A', sharedWith: [{ email, role: 'writer' }] });
  await says(folder.id, 'Make it a Content manager of the shared drive.');
  await google.share(folder.id, email, 'fileOrganizer');
  await google.trash(folder.id);
  await says(folder.id, 'This folder is in the trash.');
  await google.untrash(folder.id);
  const address = `https://drive.google.com/drive/u/0/folders/${folder.id}?usp=sharing`;
  expect((await send(address)).status).toBe(303);
  expect(store.drive.site(site)).toMatchObject({ enabled: true, account: email, folder: folder.id, shared: true });
  expect((await owner.get(pageOf(site))).html).toContain(`value="https://drive.google.com/drive/folders/${folder.id}"`);
});

test('what keeps files from going there stands here and on the sheet’s page, and can be tried again at once', async () => {
  const { email } = await person();
  const { id: site } = await store.sites.create({ name: 'Waits' });
  await store.drive.setSite(site, { account: email, folder: 'F1234567890', shared: false });
  await store.drive.noteSite(site, { problem: PROBLEM, failures: 3, retryAt: Date.now() + 1e9 });
  for (const path of [pageOf(site), `/admin/s/${site}/sheet`]) {
    const { html } = await owner.get(path);
    expect(html).toContain('The Google storage of &lt;b>alice&lt;/b> is full.');
  }
  const viewer = await world.person('viewer', [site]);
  const seen = await viewer.get(pageOf(site));
  expect([seen.status, seen.html.includes('is full'), seen.html.includes('<select')]).toEqual([200, true, false]);
  expect((await viewer.post(`${pageOf(site)}/again`)).status).toBe(403);
  expect((await owner.post(`${pageOf(site)}/again`)).status).toBe(303);
  expect(store.drive.site(site)).toMatchObject({ failures: 0, retryAt: null });
});

test('files of deleted leads that Google keeps are named, until a person says that they are gone', async () => {
  const { id: site } = await store.sites.create({ name: 'Left' });
  await store.drive.setSite(site, { account: 'alice@example.com', folder: 'F1234567890', shared: true });
  const file = { id: 'file_left', name: 'secret name.pdf', size: 1, type: 'application/pdf', path: 'x' };
  const outcome = await store.leads.accept({
    siteId: site,
    items: [{ lead: newLead({}, { files: [file] }) }],
    idempotency: null,
  });
  const lead =
    outcome.kind === 'accepted' && outcome.results[0]?.status === 'created' ? outcome.results[0].lead.id : '';
  await store.drive.begin({ id: file.id, siteId: site }, { account: 'alice@example.com', driveId: 'D' });
  await store.drive.keep(file.id, { driveId: 'D', link: 'https://drive.google.com/file/d/D/view' });
  await store.drive.cleared([file.id]);
  await store.leads.remove(site, [lead], { rows: false });
  expect((await owner.get(pageOf(site))).html).not.toContain('still in Google Drive');
  await store.drive.postpone(file.id, PROBLEM, Date.now() + 1e9);
  const { html } = await owner.get(pageOf(site));
  expect(html).toContain('Files of deleted leads are still in Google Drive.');
  expect(html).toContain('href="https://drive.google.com/file/d/D/view"');
  expect(html).not.toContain('secret name');
  expect((await owner.get(`/admin/s/${site}/sheet`)).html).toContain('or deleted there');
  // Nobody has looked at what is not named, nor is it another site's to forget.
  const { id: other } = await store.sites.create({ name: 'Another' });
  for (const [at, ids] of [
    [site, {}],
    [other, { file: file.id }],
  ] as const) {
    expect((await owner.post(`${pageOf(at)}/gone`, ids)).status).toBe(303);
  }
  expect(store.drive.undeleted(site, 5)).toHaveLength(1);
  expect(html).toContain(`name="file" value="${file.id}"`);
  expect((await owner.post(`${pageOf(site)}/gone`, { file: file.id })).status).toBe(303);
  expect([store.files.get(file.id), store.drive.undeleted(site, 5)]).toEqual([null, []]);
  expect(lastEntry()).toMatchObject({ action: 'files.deleted_by_hand', after: { files: 1 } });
});
