import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGoogleAccess } from '../../src/google-access.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createVault } from '../../src/lib/crypto.ts';
import { openDataDir } from '../../src/lib/data-dir.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { silentLog } from '../../src/lib/log.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { urlsOf } from '../sheets/google-connection.ts';
import { type Access, createAccess, killAll, type RunningServer, runJson, startServer } from '../support/binary.ts';
import { type CallKind, type Fault, startFakeGoogle } from '../support/google/client.ts';
import { Connection } from '../support/load.ts';
import { until } from '../support/server.ts';
import { tempDir } from '../support/temp.ts';
import { formRequest } from '../support/uploads.ts';

// Real processes, on a machine that may have other work, and a clock that looks every two seconds.
setDefaultTimeout(180_000);

const MEBIBYTE = 1_048_576;
const EMAIL = 'alice@example.com';
const SCOPE = 'https://www.googleapis.com/auth/drive.file';

const google = await startFakeGoogle();
afterAll(() => google.stop());
afterAll(killAll);
await google.quota('off');
const client = await google.registerOAuthClient();
const dir = join(tempDir(), 'data');
const env = {
  ...google.env(),
  LTS_GOOGLE_CLIENT_ID: client.clientId,
  LTS_GOOGLE_CLIENT_SECRET: client.clientSecret,
};
const access: Access = await createAccess({ dir, env });
await keepFilesThere();
const { endpoint_id: endpoint } = (await runJson(['site', 'list'], { dir })).data.find(
  ({ id }: { id: string }) => id === access.siteId,
);
let server: RunningServer;

/** What a person does on two pages: connects their account, and chooses it for files. */
async function keepFilesThere(): Promise<void> {
  const opened = openDataDir(dir, null);
  if (!opened.ok) throw new Error(opened.problem);
  const vault = createVault(opened.dir.secret);
  const [clock, ids] = [systemClock, randomIds()];
  const path = opened.dir.databasePath;
  const store = openStore({ path, durability: 'full', clock, ids, secretCheck: vault.checkValue() });
  const { refresh_token } = await google.grantOAuth({ ...client, email: EMAIL, scopes: [SCOPE] });
  const settings = {
    client: { id: client.clientId, secret: client.clientSecret },
    serviceAccountFile: null,
    urls: urlsOf(google),
  };
  const connections = createGoogleAccess({ google: settings, sheets: store.sheets, vault, clock, log: silentLog });
  const grant = { email: EMAIL, refreshToken: refresh_token, scopes: SCOPE, endsAfterDays: null, hint: null };
  await connections.keepGrant(grant);
  await store.drive.setSite(access.siteId, { account: EMAIL, folder: null, shared: false });
  await store.close();
}

const start = async () => {
  server = await startServer({ dir, env, access });
};

/** Sends a form with this file. @returns the id of its lead */
async function send(content: Buffer): Promise<string> {
  const connection = await Connection.open(server.port);
  if (!connection) throw new Error('nobody listens');
  const { head, body } = formRequest(endpoint, content);
  connection.write(head);
  connection.write(body);
  const answer = await connection.answer();
  connection.end();
  expect(answer?.status).toBe(200);
  return JSON.parse(answer?.body ?? '').id;
}

const onDisk = (): string[] => {
  const own = join(dir, 'files', access.siteId);
  return existsSync(own) ? readdirSync(own) : [];
};
const inDrive = async () => (await google.files()).filter(({ appProperties }) => appProperties.lts_file !== undefined);
const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex');
const asked = async (kind: CallKind) =>
  (await google.calls()).some((call) => call.kind === kind && call.fault !== null);

async function killed(): Promise<void> {
  server.kill('SIGKILL');
  await server.exited;
  await google.clearFaults();
  await google.resetCalls();
}

/** Where a kill hits: while Google is asked for this, and before or after it did what it was asked for. */
const KILLS: readonly [string, CallKind, Fault, number][] = [
  ['an id is set aside', 'drive.ids', { kind: 'hangAfter' }, 1],
  ['an upload is begun', 'drive.upload', { kind: 'hangAfter' }, 1],
  ['a part is sent', 'drive.part', { kind: 'hang' }, 2],
  ['the last part was taken', 'drive.part', { kind: 'hangAfter' }, 3],
];

test('kill -9 at each step of an upload: the file is there once, as it was, and never nowhere', async () => {
  await start();
  const sums: string[] = [];
  for (const [what, kind, fault, nth] of KILLS) {
    await google.faults([{ match: { kind }, nth, fault }]);
    const content = crypto.getRandomValues(Buffer.alloc(2 * MEBIBYTE + 100));
    sums.push(md5(content));
    await send(content);
    await until(`${what}, and nobody answers`, () => asked(kind));
    expect([what, onDisk().length]).toEqual([what, 1]);
    await killed();
    await start();
    await until(`after a kill when ${what}: it is there`, () => onDisk().length === 0);
    expect([what, (await inDrive()).map((file) => file.md5)]).toEqual([what, sums]);
  }
});

test('kill -9 once it is there, and while it is deleted there', async () => {
  await killed();
  await start();
  const lead = await send(Buffer.from('some text'));
  await server.logged('"drive.kept"');
  await killed();
  await start();
  await until('its bytes here are gone', () => onDisk().length === 0);
  const texts = async () => (await inDrive()).filter(({ content }) => content === 'some text').length;
  expect(await texts()).toBe(1);
  await google.faults([{ match: { kind: 'drive.delete' }, fault: { kind: 'hangAfter' } }]);
  await runJson(['lead', 'delete', lead, '--yes'], { dir, env });
  await until('it is being deleted', () => asked('drive.delete'));
  await killed();
  await start();
  await server.logged('"drive.deleted"');
  expect(await texts()).toBe(0);
});

test('large files go through little memory', async () => {
  const peak = () =>
    Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.pid}/status`, 'latin1'))?.[1]) * 1024;
  await send(Buffer.alloc(MEBIBYTE, 'a'));
  // All that has to be loaded for it is by now.
  await until('a small one is there', () => onDisk().length === 0);
  const before = peak();
  const large = Array.from({ length: 3 }, (_, n) => Buffer.alloc(25 * MEBIBYTE, `${n} `));
  for (const content of large) await send(content);
  await until('the large ones are there', () => onDisk().length === 0, 120_000);
  const sums = (await inDrive()).map((file) => file.md5);
  for (const content of large) expect(sums).toContain(md5(content));
  expect(peak() - before).toBeLessThan(60 * MEBIBYTE);
  server.kill('SIGTERM');
  expect(await server.exited).toBe(0);
});
