import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FakeGoogle, type ServiceAccountKey, startFakeGoogle } from '../support/google/client.ts';
import { tempDir } from '../support/temp.ts';
import { type Program, program, removeFolders, type Server } from './program.ts';

// Real processes, on a machine that may have other work.
setDefaultTimeout(60_000);
afterAll(removeFolders);

let google: FakeGoogle;
let account: ServiceAccountKey;
const dir = tempDir();
const keyFile = join(dir, 'key.json');
beforeAll(async () => {
  google = await startFakeGoogle();
  // All tests share one account: a minute's quota is not their subject.
  await google.quota('off');
  account = await google.createServiceAccount();
  writeFileSync(keyFile, JSON.stringify(account));
});
afterAll(() => google.stop());

async function withSite(): Promise<Program> {
  const it = program(google.env());
  await it.json(['site', 'create', '--name', 'Shop']);
  return it;
}

/** A spreadsheet that our account may write to. */
function shared() {
  return google.createSpreadsheet({ title: 'Leads', sharedWith: [{ email: account.client_email, role: 'writer' }] });
}

async function send(it: Program, server: Server, names: readonly string[]): Promise<void> {
  const { key } = await it.json(['key', 'create', '--name', 'k', '--scopes', 'submissions:write']);
  for (const Name of names) {
    const response = await fetch(`${server.url}/api/v1/submissions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ fields: { Name } }),
    });
    expect(response.status).toBe(201);
  }
}

async function stop(server: Server): Promise<void> {
  server.kill('SIGTERM');
  expect(await server.exited).toBe(0);
}

describe.concurrent('sheet connect', () => {
  test('a spreadsheet that is not shared: exit code 5, whom to share it with, and nothing is changed', async () => {
    const it = await withSite();
    const { spreadsheetUrl } = await google.createSpreadsheet({ title: 'Closed' });
    const words = ['sheet', 'connect', '--spreadsheet', spreadsheetUrl, '--service-account', keyFile];
    const refused = await it.json(words, 5);
    expect(refused).toMatchObject({ connected: false, check: { ok: false, share_with: account.client_email } });
    expect(refused.check.steps.at(-1).problem.code).toBe('not_shared');
    expect((await it.run(words)).stdout).toContain(`Share the spreadsheet with ${account.client_email}`);
    expect((await it.json(['sheet', 'show'])).target).toBe('local');
  });

  test('a shared one: checked, self-tested and connected; the key is in no output and on disk only encrypted', async () => {
    const it = await withSite();
    const { spreadsheetId, spreadsheetUrl } = await shared();
    const ran = await it.run([
      'sheet',
      'connect',
      '--spreadsheet',
      spreadsheetUrl,
      '--service-account',
      keyFile,
      '--json',
    ]);
    expect(ran.exit).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      ...{ connected: true, target: 'google', spreadsheet_id: spreadsheetId, title: 'Leads', queued: 0 },
      ...{ check: { ok: true } },
    });
    expect(await it.json(['sheet', 'show'])).toMatchObject({
      ...{ target: 'google', status: 'ok', spreadsheet_id: spreadsheetId, account: account.client_email },
      last_error: null,
    });
    expect((await it.json(['site', 'show'])).sheet).toMatchObject({ target: 'google', status: 'ok' });
    expect(await it.json(['sheet', 'check'])).toMatchObject({ ok: true, resumed: false });
    expect(await it.json(['sheet', 'selftest'])).toMatchObject({ ok: true });
    expect((await it.run(['doctor'])).stdout).toContain('sheet of Shop: google, 0 rows waiting');

    const secretPart = account.private_key.slice(100, 140);
    expect(ran.stdout + ran.stderr).not.toContain(secretPart);
    for (const name of readdirSync(it.dataDir)) {
      const path = join(it.dataDir, name);
      if (statSync(path).isFile()) expect(readFileSync(path).includes(secretPart)).toBe(false);
    }
  });

  test('the key file can come from stdin, or from the settings', async () => {
    const it = await withSite();
    const { spreadsheetId } = await shared();
    const words = ['sheet', 'connect', '--spreadsheet', spreadsheetId];
    const fromStdin = await it.run([...words, '--service-account', '-'], { stdin: JSON.stringify(account) });
    expect(fromStdin).toMatchObject({ exit: 0, stderr: '' });
    await it.json(['sheet', 'connect', '--local']);
    expect((await it.json(['sheet', 'show'])).target).toBe('local');
    const env = { LTS_GOOGLE_SERVICE_ACCOUNT_FILE: keyFile };
    expect(await it.run(words, { env })).toMatchObject({ exit: 0, stderr: '' });
    expect(await it.json(['sheet', 'show'])).toMatchObject({ target: 'google', account: null });
    expect((await it.run(['sheet', 'check'], { env })).exit).toBe(0);
    const without = await it.run(['sheet', 'check']);
    expect(without.exit).toBe(5);
    expect(without.stdout).toContain('No Google account is connected to this sheet.');
  });

  test('what is wrong with the words is told without repeating a secret: exit code 2', async () => {
    const it = await withSite();
    const { spreadsheetId } = await shared();
    const broken = join(dir, 'broken.json');
    writeFileSync(broken, JSON.stringify({ ...account, private_key: 'hunter2' }));
    const cases: [words: string[], sentence: string][] = [
      [['--spreadsheet', 'https://example.com/x', '--service-account', keyFile], 'not an address of Google Sheets'],
      [['--spreadsheet', spreadsheetId, '--service-account', broken], 'The private key in this file is damaged'],
      [['--spreadsheet', spreadsheetId, '--service-account', `${broken}.gone`], 'there is no such file'],
      [['--spreadsheet', spreadsheetId], 'Or give --service-account FILE.'],
      [['--spreadsheet', spreadsheetId, '--local'], 'Give either --spreadsheet ID|URL or --local.'],
    ];
    for (const [words, sentence] of cases) {
      const ran = await it.run(['sheet', 'connect', ...words]);
      expect(ran.stderr).toContain(sentence);
      expect(ran.stderr).not.toContain('hunter2');
      expect(ran).toMatchObject({ exit: 2, stdout: '' });
    }
  });

  test('a spreadsheet of another site is refused: exit code 4', async () => {
    const it = await withSite();
    const { id: second } = await it.json(['site', 'create', '--name', 'Second']);
    const [first] = (await it.json(['site', 'list'])).data;
    const { spreadsheetId } = await shared();
    const words = ['sheet', 'connect', '--spreadsheet', spreadsheetId, '--service-account', keyFile];
    await it.json([...words, '--site', first.id]);
    expect((await it.json([...words, '--site', second], 4)).error.code).toBe('conflict');
  });
});

describe.concurrent('rows', () => {
  test('verify finds what a user deleted or doubled (exit code 5), repair sends what is missing, once', async () => {
    const it = await withSite();
    const { spreadsheetId } = await shared();
    await it.json(['sheet', 'connect', '--spreadsheet', spreadsheetId, '--service-account', keyFile]);
    let server = await it.serve();
    await send(it, server, ['Ada', 'Bob', 'Cy']);
    await server.wrote(3);
    await stop(server);
    expect(await it.json(['sheet', 'verify'])).toMatchObject({
      ok: true,
      tabs: [{ tab: 'API', form_name: 'API', in_database: 3, in_sheet: 3, missing: [], doubled: [], problem: null }],
    });

    const ids: string[] = (await it.json(['lead', 'list', '--oldest'])).data.map((lead: any) => lead.id);
    await google.userAction(spreadsheetId, {
      type: 'deleteRows',
      tab: 'API',
      column: 'Lead ID',
      values: [ids[1] ?? ''],
    });
    const found = await it.json(['sheet', 'verify'], 5);
    expect(found).toMatchObject({
      ok: false,
      tabs: [{ in_database: 3, in_sheet: 2, missing: [ids[1]], doubled: [] }],
    });
    expect((await it.run(['sheet', 'verify'])).stdout).toContain(`API, missing: ${ids[1]}`);
    expect(await it.json(['sheet', 'repair'])).toMatchObject({ queued: 1 });
    expect((await it.json(['sheet', 'show'])).counts).toEqual({ pending: 1, synced: 2, failed: 0, skipped: 0 });

    server = await it.serve();
    await server.wrote(1);
    await stop(server);
    expect((await it.json(['sheet', 'verify'])).ok).toBe(true);
    const names = (await google.rows(spreadsheetId, 'API')).map((row) => row[2]);
    expect(names.sort()).toEqual(['Ada', 'Bob', 'Cy', 'Name']);
  });

  test('backfill brings earlier leads to a new spreadsheet, and sends none a second time', async () => {
    const it = await withSite();
    let server = await it.serve();
    await send(it, server, ['Ada', 'Bob']);
    await server.wrote(2);
    await stop(server);
    const { spreadsheetId } = await shared();
    const words = ['sheet', 'connect', '--spreadsheet', spreadsheetId, '--service-account', keyFile];
    expect((await it.run(words)).stdout).toContain('sheet backfill --site ');
    expect(await it.json([...words, '--send-earlier'])).toMatchObject({ connected: true, queued: 2 });

    server = await it.serve();
    await send(it, server, ['Cy']);
    await server.wrote(3);
    await stop(server);
    expect(await it.json(['sheet', 'backfill'])).toEqual({ queued: 0 });
    expect(await it.json(['sheet', 'verify'])).toMatchObject({ ok: true, tabs: [{ in_database: 3, in_sheet: 3 }] });
  });

  test('a paused sheet goes on once the check finds it mended', async () => {
    const it = await withSite();
    const { spreadsheetId } = await shared();
    await it.json(['sheet', 'connect', '--spreadsheet', spreadsheetId, '--service-account', keyFile]);
    await google.unshare(spreadsheetId, account.client_email);
    const server = await it.serve();
    await send(it, server, ['Ada']);
    await server.logged('"sheet.paused"');
    await stop(server);
    const shown = await it.json(['sheet', 'show']);
    expect(shown).toMatchObject({ status: 'paused', counts: { pending: 1 }, last_error: { code: 'not_shared' } });
    expect((await it.json(['site', 'show'])).sheet.problem).toBe(shown.last_error.message);
    expect((await it.json(['sheet', 'check'], 5)).ok).toBe(false);
    expect((await it.json(['doctor'], 5)).ok).toBe(false);
    await google.share(spreadsheetId, account.client_email);
    expect(await it.json(['sheet', 'check'])).toMatchObject({ ok: true, resumed: true });
    expect((await it.json(['sheet', 'show'])).status).toBe('ok');
  });

  test('what only a person may decide waits for the word, which check names', async () => {
    const { spreadsheetId } = await shared();
    const words = ['sheet', 'connect', '--spreadsheet', spreadsheetId, '--service-account', keyFile];
    const former = await withSite();
    await former.json(words);
    const first = await former.serve();
    await send(former, first, ['Ada']);
    await first.wrote(1);
    await stop(first);

    const it = await withSite();
    expect((await it.json(['sheet', 'resume'], 4)).error.message).toBe('This sheet is not paused.');
    await it.json(words);
    const second = await it.serve();
    await send(it, second, ['Bob']);
    await second.logged('"sheet.paused"');
    const checked = await it.run(['sheet', 'check']);
    expect(checked.exit).toBe(5);
    expect(checked.stdout).toContain('The word for it: sheet resume --take-over');
    expect(await it.json(['sheet', 'resume', '--take-over'])).toMatchObject({ resumed: true });
    // The running server notices by itself.
    await second.wrote(1);
    await stop(second);
    expect(await it.json(['sheet', 'verify'])).toMatchObject({ ok: true, tabs: [{ in_database: 1, in_sheet: 1 }] });
  });

  test('a site that turns to another spreadsheet while a write is in doubt: its leads end up in exactly one', async () => {
    const it = await withSite();
    const old = await shared();
    const next = await shared();
    const connect = (id: string) => ['sheet', 'connect', '--spreadsheet', id, '--service-account', keyFile];
    await it.json(connect(old.spreadsheetId));
    let server = await it.serve();
    await send(it, server, ['Ada']);
    await server.wrote(1);
    // The next write is applied, and its answer lost; then the server dies.
    const match = { kind: 'batchUpdate', spreadsheetId: old.spreadsheetId } as const;
    await google.faults([{ match, fault: { kind: '503After' } }]);
    await send(it, server, ['Bob']);
    await server.logged('"sheet.retry"');
    server.kill('SIGKILL');
    await server.exited;
    await google.clearFaults();

    expect((await it.run(connect(next.spreadsheetId))).exit).toBe(0);
    server = await it.serve();
    await send(it, server, ['Cy']);
    await server.wrote(1);
    await stop(server);
    const namesIn = async (id: string) => (await google.rows(id, 'API')).slice(1).map((row) => row[2]);
    expect(await namesIn(old.spreadsheetId)).toEqual(['Ada', 'Bob']);
    expect(await namesIn(next.spreadsheetId)).toEqual(['Cy']);
  });
});
