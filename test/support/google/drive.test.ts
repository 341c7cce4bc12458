import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FakeGoogle, startFakeGoogle } from './client.ts';
import { Caller, postForm, requestToken, signIn } from './harness.ts';

let google: FakeGoogle;
const DRIVE = 'https://www.googleapis.com/auth/drive';
const FILE = 'https://www.googleapis.com/auth/drive.file';
const SHEET = 'application/vnd.google-apps.spreadsheet';

beforeAll(async () => {
  google = await startFakeGoogle();
  await google.quota('off');
});
afterAll(() => google.stop());

async function user(email: string, scopes = [FILE]): Promise<Caller> {
  const client = await google.registerOAuthClient();
  const { refresh_token } = await google.grantOAuth({ ...client, email, scopes });
  const { body } = await postForm(`${google.url}/token`, {
    grant_type: 'refresh_token',
    refresh_token,
    client_id: client.clientId,
    client_secret: client.clientSecret,
  });
  return new Caller(google, body.access_token);
}

test('a service account cannot own files, neither by Drive nor by Sheets', async () => {
  const { caller } = await signIn(google, `${DRIVE} https://www.googleapis.com/auth/spreadsheets`);
  const drive = await caller.call('POST', '/drive/v3/files?fields=id', { name: 'x', mimeType: SHEET });
  expect(drive.status).toBe(403);
  expect(drive.body.error.errors[0]).toMatchObject({ domain: 'usageLimits', reason: 'storageQuotaExceeded' });
  const sheets = await caller.call('POST', '/v4/spreadsheets', { properties: { title: 'x' } });
  expect([sheets.status, sheets.body.error.message]).toEqual([403, 'The caller does not have permission']);
});

test('in a shared drive it can, and the file is only seen by who says supportsAllDrives', async () => {
  const key = await google.createServiceAccount();
  const { body } = await requestToken(google, key, { scope: DRIVE });
  const caller = new Caller(google, body.access_token);
  const sharedWith = [{ email: key.client_email, role: 'writer' as const }];
  const folder = await google.createFolder({ driveId: '0Adrive', sharedWith });
  const made = await caller.call('POST', '/drive/v3/files?fields=id,driveId&supportsAllDrives=true', {
    name: 'x',
    mimeType: SHEET,
    parents: [folder.id],
  });
  expect(made.body.driveId).toBe('0Adrive');
  expect((await caller.call('GET', `/drive/v3/files/${made.body.id}`)).status).toBe(404);
  expect((await caller.call('GET', `/drive/v3/files/${made.body.id}?supportsAllDrives=true`)).status).toBe(200);
});

test('a user makes a file, finds it by its private property, and shares it', async () => {
  const ann = await user('ann@example.test');
  const made = await ann.call('POST', '/drive/v3/files?fields=id,webViewLink', {
    name: 'Leads',
    mimeType: SHEET,
    appProperties: { lc: 'nonce-1' },
  });
  expect(Object.keys(made.body)).toEqual(['id', 'webViewLink']);
  const q = encodeURIComponent("appProperties has { key='lc' and value='nonce-1' } and trashed=false");
  const list = await ann.call('GET', `/drive/v3/files?q=${q}&fields=files(id,name)`);
  expect(list.body).toEqual({ files: [{ id: made.body.id, name: 'Leads' }] });
  expect((await (await user('ann@example.test')).call('GET', `/drive/v3/files?q=${q}`)).body.files).toEqual([]);
  const path = `/drive/v3/files/${made.body.id}/permissions?sendNotificationEmail=false&supportsAllDrives=true`;
  const permission = { role: 'writer', type: 'user', emailAddress: 'bob@example.test' };
  expect((await ann.call('POST', path, permission)).status).toBe(200);
  expect((await google.inspect(made.body.id)).sharedWith).toEqual([{ email: 'bob@example.test', role: 'writer' }]);
  await google.trash(made.body.id);
  expect((await ann.call('GET', `/drive/v3/files?q=${q}`)).body.files).toEqual([]);
});

test('Drive refuses unknown fields, missing files and missing scopes in its own words', async () => {
  const ann = await user('ann@example.test');
  const none = await ann.call('GET', '/drive/v3/files/none?fields=id');
  expect(none.body.error).toMatchObject({
    code: 404,
    message: 'File not found: none.',
    errors: [{ reason: 'notFound' }],
  });
  const { spreadsheetId } = await google.createSpreadsheet({ owner: 'ann@example.test' });
  const wide = await user('ann@example.test', [DRIVE]);
  const field = await wide.call('GET', `/drive/v3/files/${spreadsheetId}?fields=nope`);
  expect([field.status, field.body.error.message]).toEqual([400, 'Invalid field selection nope']);
  const sheets = await user('ann@example.test', ['https://www.googleapis.com/auth/spreadsheets']);
  expect((await sheets.call('GET', `/drive/v3/files/${spreadsheetId}?fields=id`)).status).toBe(403);
});
