import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { type FakeGoogle, startFakeGoogle } from './client.ts';
import { Caller, postForm, requestToken } from './harness.ts';

let google: FakeGoogle;
let ann: Caller;
const UNIT = 256 * 1024;
const FILE = 'https://www.googleapis.com/auth/drive.file';
const FOLDER = 'application/vnd.google-apps.folder';

beforeAll(async () => {
  google = await startFakeGoogle();
  await google.quota('off');
});
beforeEach(async () => {
  ann = await user('ann@example.test');
});
afterAll(() => google.stop());

async function user(email: string): Promise<Caller> {
  const client = await google.registerOAuthClient();
  const { refresh_token } = await google.grantOAuth({ ...client, email, scopes: [FILE] });
  const { body } = await postForm(`${google.url}/token`, {
    grant_type: 'refresh_token',
    refresh_token,
    client_id: client.clientId,
    client_secret: client.clientSecret,
  });
  return new Caller(google, body.access_token);
}

const START = '/upload/drive/v3/files?uploadType=resumable&fields=id,size,md5Checksum';

function start(caller: Caller, size: number | null, body: object, query = ''): Promise<Response> {
  return fetch(`${google.url}${START}${query}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${caller.token}`,
      'content-type': 'application/json',
      'x-upload-content-type': 'text/plain',
      ...(size === null ? {} : { 'x-upload-content-length': String(size) }),
    },
    body: JSON.stringify(body),
  });
}

async function sessionOf(answer: Response): Promise<string> {
  expect([answer.status, await answer.text()]).toEqual([200, '']);
  return answer.headers.get('location') ?? '';
}

/** A part of an upload, without a token: the address is enough. */
function put(session: string, range: string, bytes = Buffer.alloc(0)): Promise<Response> {
  return fetch(session, {
    method: 'PUT',
    headers: { 'content-range': `bytes ${range}` },
    body: bytes,
    redirect: 'manual',
  });
}

const whyOf = async (answer: Response) => [answer.status, ((await answer.json()) as any).error.errors[0].reason];

test('a file in parts: each is answered with how far it is, the last with the file, byte by byte the same', async () => {
  const bytes = crypto.getRandomValues(Buffer.alloc(2 * UNIT + 5));
  const size = bytes.length;
  const session = await sessionOf(await start(ann, size, { name: 'cv.pdf', appProperties: { lts_file: 'file_1' } }));
  const before = await put(session, `*/${size}`);
  expect([before.status, before.headers.get('range')]).toEqual([308, null]);
  const one = await put(session, `0-${UNIT - 1}/${size}`, bytes.subarray(0, UNIT));
  expect([one.status, one.headers.get('range')]).toEqual([308, `bytes=0-${UNIT - 1}`]);
  expect((await google.files()).some(({ name }) => name === 'cv.pdf')).toBe(false);
  expect((await put(session, `*/${size}`)).headers.get('range')).toBe(`bytes=0-${UNIT - 1}`);
  const last = await put(session, `${UNIT}-${size - 1}/${size}`, bytes.subarray(UNIT));
  const md5Checksum = createHash('md5').update(bytes).digest('hex');
  expect([last.status, await last.json()]).toEqual([200, { id: expect.any(String), size: String(size), md5Checksum }]);
  expect((await put(session, `*/${size}`)).status).toBe(200);
  expect((await google.files()).filter(({ name }) => name === 'cv.pdf')).toHaveLength(1);
});

test('parts that are no multiple of 256 KiB, leave a gap or come twice are refused, and nothing of them is kept', async () => {
  const size = 2 * UNIT;
  const session = await sessionOf(await start(ann, size, { name: 'x' }));
  const status = async (range: string, length: number) => (await put(session, range, Buffer.alloc(length))).status;
  expect(await status(`0-${UNIT - 2}/${size}`, UNIT - 1)).toBe(400);
  expect(await status(`${UNIT}-${size - 1}/${size}`, UNIT)).toBe(400);
  expect(await status(`0-${UNIT - 1}/${size + 1}`, UNIT)).toBe(400);
  expect(await status(`0-${UNIT - 1}/${size}`, UNIT - 1)).toBe(400);
  expect((await put(session, `*/${size}`)).headers.get('range')).toBeNull();
  expect(await status(`0-${UNIT - 1}/${size}`, UNIT)).toBe(308);
  expect(await status(`0-${UNIT - 1}/${size}`, UNIT)).toBe(400);
});

test('Google may keep less than it was sent', async () => {
  await google.behaviour({ partKept: UNIT });
  const size = 3 * UNIT;
  const session = await sessionOf(await start(ann, size, { name: 'x' }));
  const answer = await put(session, `0-${2 * UNIT - 1}/${size}`, Buffer.alloc(2 * UNIT));
  expect([answer.status, answer.headers.get('range')]).toEqual([308, `bytes=0-${UNIT - 1}`]);
  await google.behaviour({ partKept: null });
});

test('a session ends after a week, or when it is cancelled: 404 or 410', async () => {
  const session = await sessionOf(await start(ann, 5, { name: 'x' }));
  expect((await fetch(session, { method: 'DELETE' })).status).toBe(499);
  expect((await put(session, '*/5')).status).toBe(404);
  await google.behaviour({ sessionOver: 410 });
  expect((await put(session, '0-4/5', Buffer.alloc(5))).status).toBe(410);
  await google.behaviour({ sessionOver: 404 });
  await google.setClock({ now: Date.now() });
  const caller = await user('bob@example.test');
  const late = await sessionOf(await start(caller, 5, { name: 'x' }));
  await google.advance(7 * 86_400_000);
  expect((await put(late, '*/5')).status).toBe(404);
  await google.setClock('real');
});

test('with an id that was set aside for this user a file is made once, however often it is asked for', async () => {
  const ids = (await ann.call('GET', '/drive/v3/files/generateIds?count=2&fields=ids')).body.ids as string[];
  expect(new Set(ids).size).toBe(2);
  const [id = '', other = ''] = ids;
  const first = await sessionOf(await start(ann, 2, { name: 'a', id }));
  const second = await sessionOf(await start(ann, 2, { name: 'a', id }));
  expect(((await (await put(first, '0-1/2', Buffer.from('ab'))).json()) as any).id).toBe(id);
  expect(await whyOf(await put(second, '0-1/2', Buffer.from('ab')))).toEqual([409, 'fileIdInUse']);
  expect(await whyOf(await start(ann, 2, { name: 'a', id }))).toEqual([409, 'fileIdInUse']);
  expect((await google.files()).filter((file) => file.id === id)).toHaveLength(1);
  expect((await start(await user('bob@example.test'), 2, { name: 'a', id: other })).status).toBe(400);
  expect((await start(ann, 2, { name: 'a', id: 'made-up' })).status).toBe(400);
  expect((await ann.call('GET', '/drive/v3/files/generateIds?count=0')).status).toBe(400);
});

test('a part may be lost on its way, applied without an answer, or applied late', async () => {
  const size = UNIT + 1;
  const session = await sessionOf(await start(ann, size, { name: 'late' }));
  await google.faults([{ match: { kind: 'drive.part' }, fault: { kind: '503' } }]);
  expect((await put(session, `0-${UNIT - 1}/${size}`, Buffer.alloc(UNIT))).status).toBe(503);
  expect((await put(session, `*/${size}`)).headers.get('range')).toBeNull();
  await google.faults([{ match: { kind: 'drive.part' }, fault: { kind: '503After' } }]);
  expect((await put(session, `0-${UNIT - 1}/${size}`, Buffer.alloc(UNIT))).status).toBe(503);
  expect((await put(session, `*/${size}`)).headers.get('range')).toBe(`bytes=0-${UNIT - 1}`);
  await google.faults([{ match: { kind: 'drive.part' }, fault: { kind: 'lateApply', answer: '503' } }]);
  expect((await put(session, `${UNIT}-${UNIT}/${size}`, Buffer.alloc(1))).status).toBe(503);
  expect((await google.files()).some(({ name }) => name === 'late')).toBe(false);
  expect(await google.releaseLate()).toMatchObject([{ status: 200, applied: true }]);
  expect((await google.files()).some(({ name }) => name === 'late')).toBe(true);
});

test('full storage is refused before a byte is sent, and again at the end', async () => {
  const session = await sessionOf(await start(ann, 2, { name: 'x' }));
  await google.fillStorage('ann@example.test', true);
  expect(await whyOf(await start(ann, 2, { name: 'x' }))).toEqual([403, 'storageQuotaExceeded']);
  expect(await whyOf(await put(session, '0-1/2', Buffer.alloc(2)))).toEqual([403, 'storageQuotaExceeded']);
  const folder = await ann.call('POST', '/drive/v3/files?fields=id', { name: 'f', mimeType: FOLDER });
  expect(folder.status).toBe(200);
  await google.fillStorage('ann@example.test', false);
});

test('a folder of somebody else is not seen with drive.file; what lies in a trashed folder is in the trash', async () => {
  const foreign = await google.createFolder({ sharedWith: [{ email: 'ann@example.test', role: 'writer' }] });
  expect((await start(ann, 2, { name: 'x', parents: [foreign.id] })).status).toBe(404);
  const folder = await ann.call('POST', '/drive/v3/files?fields=id', { name: 'f', mimeType: FOLDER });
  const session = await sessionOf(await start(ann, 2, { name: 'inside', parents: [folder.body.id] }));
  await put(session, '0-1/2', Buffer.alloc(2));
  await google.trash(folder.body.id);
  expect((await google.files()).find(({ name }) => name === 'inside')?.trashed).toBe(true);
  await google.deleteForever(folder.body.id);
  expect((await google.files()).some(({ name }) => name === 'inside')).toBe(false);
});

test('in a shared drive a Contributor adds, a Content manager also trashes, a Manager also deletes', async () => {
  const key = await google.createServiceAccount();
  const { body } = await requestToken(google, key, { scope: 'https://www.googleapis.com/auth/drive' });
  const robot = new Caller(google, body.access_token);
  const { id } = await google.createFolder({ driveId: '0A' });
  const made = async () =>
    (await sessionOf(await start(robot, 1, { name: 'x', parents: [id] }, '&supportsAllDrives=true'))) ?? '';
  const add = async () => ((await (await put(await made(), '0-0/1', Buffer.alloc(1))).json()) as any).id as string;
  const can = async () =>
    (
      await robot.call(
        'GET',
        `/drive/v3/files/${id}?supportsAllDrives=true&fields=capabilities(canAddChildren,canTrashChildren,canDeleteChildren)`,
      )
    ).body.capabilities;
  const trash = async (file: string) =>
    (await robot.call('PATCH', `/drive/v3/files/${file}?supportsAllDrives=true`, { trashed: true })).status;
  const remove = async (file: string) =>
    (await robot.call('DELETE', `/drive/v3/files/${file}?supportsAllDrives=true`)).status;
  await google.share(id, key.client_email, 'reader');
  expect((await start(robot, 1, { name: 'x', parents: [id] }, '&supportsAllDrives=true')).status).toBe(403);
  await google.share(id, key.client_email, 'writer');
  const file = await add();
  expect([await can(), await trash(file), await remove(file)]).toEqual([
    { canAddChildren: true, canTrashChildren: false, canDeleteChildren: false },
    403,
    403,
  ]);
  await google.share(id, key.client_email, 'fileOrganizer');
  expect([(await can()).canTrashChildren, await remove(file), await trash(file)]).toEqual([true, 403, 200]);
  await google.share(id, key.client_email, 'organizer');
  expect([(await can()).canDeleteChildren, await remove(file)]).toEqual([true, 204]);
});

test('an upload in one request keeps its bytes as they are', async () => {
  const bytes = Buffer.from([0, 255, 13, 10, 200, 45, 45]);
  const head = '--b\r\nContent-Type: application/json\r\n\r\n{"name":"one"}\r\n--b\r\nContent-Type: image/png\r\n\r\n';
  const answer = await fetch(`${google.url}/upload/drive/v3/files?uploadType=multipart&fields=md5Checksum,mimeType`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ann.token}`, 'content-type': 'multipart/related; boundary=b' },
    body: Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n--b--\r\n')]),
  });
  const md5Checksum = createHash('md5').update(bytes).digest('hex');
  expect(await answer.json()).toEqual({ md5Checksum, mimeType: 'image/png' });
});

test('what no client should send is refused', async () => {
  expect((await start(ann, null, { name: 'x' })).status).toBe(400);
  expect((await start(ann, 1, { name: 'x', appProperties: { a: 'b'.repeat(124) } })).status).toBe(400);
  expect((await ann.call('POST', '/upload/drive/v3/files?uploadType=media', {})).status).toBe(400);
});
