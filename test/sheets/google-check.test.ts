import { afterAll, describe, expect, test } from 'bun:test';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { CheckReport } from '../../src/sheets/target.ts';
import type { GoogleApi } from '../../src/sheets/targets/google/api.ts';
import { oauthTokens } from '../../src/sheets/targets/google/auth.ts';
import { CHECK_STEPS, type CheckOptions, checkAccess } from '../../src/sheets/targets/google/check.ts';
import { createGoogleApi } from '../../src/sheets/targets/google/client.ts';
import { ensureSpreadsheet, spreadsheetIdOf } from '../../src/sheets/targets/google/connect.ts';
import { createQuotaBook } from '../../src/sheets/targets/google/quota.ts';
import { PROBE_KEY, SELF_TEST_STEPS, selfTest } from '../../src/sheets/targets/google/self-test.ts';
import { type FaultKind, startFakeGoogle } from '../support/google/client.ts';
import { type Connection, connectAccount, urlsOf } from './google-connection.ts';

const google = await startFakeGoogle();
afterAll(() => google.stop());

const options: CheckOptions = { clock: systemClock, random: Math.random, selfTest: true };

/** An account and a spreadsheet that is shared with it as Editor. */
async function setUp(): Promise<Connection & { id: string }> {
  const connection = await connectAccount(google);
  const sharedWith = [{ email: connection.email, role: 'writer' as const }];
  const { spreadsheetId } = await google.createSpreadsheet({ sharedWith, sheets: [{ sheetId: 7, title: 'Contact' }] });
  return { ...connection, id: spreadsheetId };
}

/** The steps that failed: name and code. */
const failed = (report: CheckReport) =>
  report.steps.flatMap((step) => (step.problem ? [[step.name, step.problem.code]] : []));
const messages = (report: CheckReport) => report.steps.flatMap((step) => step.problem?.message ?? []).join('\n');

describe('check access', () => {
  test('all is well: every step passes, and the self-test leaves nothing behind', async () => {
    const { api, id, email } = await setUp();
    const report = await checkAccess(api, id, { ...options, tabs: [{ sheetId: 7, title: 'Contact' }] });
    const names = [...Object.values(CHECK_STEPS), 'Tab "Contact"', ...Object.values(SELF_TEST_STEPS)];
    expect(report).toEqual({
      ok: true,
      shareWith: email,
      steps: names.map((name) => ({ name, ok: true, problem: null })),
    });
    expect((await google.inspect(id)).metadata).toEqual([]);
  });

  test('without the self-test nothing is written', async () => {
    const { api, id } = await setUp();
    const before = (await google.counts()).write;
    expect((await checkAccess(api, id, { ...options, selfTest: false })).ok).toBe(true);
    expect((await google.counts()).write).toBe(before);
  });

  /** What the person did, what fails, and words he must read. */
  const MATRIX: [string, (at: Connection & { id: string }) => Promise<unknown>, [string, string][], string][] = [
    ['not shared', ({ id, email }) => google.unshare(id, email), [[CHECK_STEPS.open, 'not_shared']], 'as Editor'],
    [
      'viewer only',
      ({ id, email }) => google.share(id, email, 'reader'),
      [[CHECK_STEPS.edit, 'viewer_only']],
      'may look at',
    ],
    ['deleted for good', ({ id }) => google.deleteForever(id), [[CHECK_STEPS.open, 'not_found']], 'deleted for good'],
    ['in the trash', ({ id }) => google.trash(id), [[CHECK_STEPS.trash, 'trashed']], 'in the trash'],
    [
      'Sheets API off',
      () => google.disableApi('sheets'),
      [[CHECK_STEPS.sheetsApi, 'api_disabled']],
      'The Google Sheets API is switched off',
    ],
    [
      'Drive API off',
      () => google.disableApi('drive'),
      [[CHECK_STEPS.driveApi, 'api_disabled']],
      'The Google Drive API is switched off',
    ],
    [
      'both APIs off',
      async () => [await google.disableApi('sheets'), await google.disableApi('drive')],
      [
        [CHECK_STEPS.sheetsApi, 'api_disabled'],
        [CHECK_STEPS.driveApi, 'api_disabled'],
      ],
      'sheets.googleapis.com',
    ],
    [
      'tab protected',
      ({ id }) => google.userAction(id, { type: 'protect' }),
      [['Tab "Contact"', 'protected']],
      'protected',
    ],
    [
      'tab deleted',
      async ({ id }) => {
        await google.userAction(id, { type: 'addTab', title: 'Other' });
        await google.userAction(id, { type: 'deleteTab', tab: 'Contact' });
      },
      [['Tab "Contact"', 'tab_gone']],
      'somebody deleted it',
    ],
    ['key revoked', ({ email }) => google.revokeKey(email), [[CHECK_STEPS.signIn, 'key_revoked']], 'Make a new key'],
    [
      'account deleted',
      ({ email }) => google.deleteAccount(email),
      [[CHECK_STEPS.signIn, 'account_gone']],
      'deleted or disabled',
    ],
    ['clock off', () => google.clockSkew(-15 * 60_000), [[CHECK_STEPS.signIn, 'clock_off']], '15 minutes ahead'],
    [
      'Google down',
      () =>
        google.faults([{ times: null, match: { kind: ['spreadsheet.get', 'drive.get'] }, fault: { kind: '503html' } }]),
      [[CHECK_STEPS.reach, 'google_down']],
      'trouble of its own',
    ],
  ];

  test.each(MATRIX)('%s is told as such', async (_name, breakIt, expected, words) => {
    const at = await setUp();
    await breakIt(at);
    const report = await checkAccess(at.api, at.id, { ...options, tabs: [{ sheetId: 7, title: 'Contact' }] });
    await google.clearFaults();
    await google.clockSkew(0);
    await google.enableApi('sheets');
    await google.enableApi('drive');
    expect(failed(report)).toEqual(expected);
    expect(report.ok).toBe(false);
    expect(messages(report)).toContain(words);
  });

  test('no two kinds of trouble read alike', () => {
    expect(new Set(MATRIX.map(([, , , words]) => words)).size).toBe(MATRIX.length);
  });

  test('a wrong id', async () => {
    const { api, email } = await setUp();
    const report = await checkAccess(api, '1'.repeat(44), options);
    expect(failed(report)).toEqual([[CHECK_STEPS.open, 'not_found']]);
    expect(messages(report)).toContain(email);
  });

  test('no network', async () => {
    const nowhere = { sheets: 'http://127.0.0.1:1', drive: 'http://127.0.0.1:1' };
    const { api } = await connectAccount(google, { urls: nowhere });
    const report = await checkAccess(api, '1'.repeat(44), options);
    expect(failed(report)).toEqual([[CHECK_STEPS.reach, 'network']]);
  });

  test('an OAuth account that was not handed the file reads why it cannot see it', async () => {
    const email = 'owner@example.test';
    const { clientId, clientSecret } = await google.registerOAuthClient();
    const scopes = ['https://www.googleapis.com/auth/drive.file'];
    const { refresh_token: refreshToken } = await google.grantOAuth({ email, clientId, clientSecret, scopes });
    const urls = urlsOf(google);
    const api = createGoogleApi({
      email,
      connectionKind: 'oauth',
      tokens: oauthTokens(
        { email, clientId, clientSecret, refreshToken },
        { tokenUrl: urls.token, clock: systemClock },
      ),
      urls,
      clock: systemClock,
      quota: createQuotaBook(systemClock).account(email, clientId),
      log: silentLog,
    });
    const { spreadsheetId } = await google.createSpreadsheet({ owner: email });
    const report = await checkAccess(api, spreadsheetId, options);
    expect(failed(report)).toEqual([[CHECK_STEPS.open, 'not_found']]);
    expect(messages(report)).toContain('did not make itself');
    expect(report.shareWith).toBeNull();
    await google.hand(spreadsheetId, clientId);
    expect((await checkAccess(api, spreadsheetId, options)).ok).toBe(true);
  });
});

describe('guard self-test', () => {
  const run = (api: GoogleApi, id: string) => selfTest(api, id, options);

  test('three writes and one read', async () => {
    const { api, id, calls } = await setUp();
    expect((await run(api, id)).ok).toBe(true);
    expect(calls.map((call) => call.call)).toEqual(['batchUpdate', 'batchUpdate', 'search', 'batchUpdate']);
  });

  test('a Google that takes the same id twice is found out', async () => {
    const { api, id } = await setUp();
    await google.behaviour({ duplicates: 'accept' });
    const report = await run(api, id);
    await google.behaviour({ duplicates: 'refuse' });
    expect(report.ok).toBe(false);
    expect(report.problem?.code).toBe('guard_not_refused');
    expect(report.steps.map((step) => step.ok)).toEqual([true, false]);
  });

  test('a Google that applies half a refused batch is found out', async () => {
    const { api, id } = await setUp();
    // No fake can be told to: the half is written in between, as such a Google would have left it.
    const half: GoogleApi = {
      ...api,
      async batchUpdate(spreadsheetId, requests) {
        const reply = await api.batchUpdate(spreadsheetId, requests);
        const [first] = requests;
        if (!reply.ok && first) await api.batchUpdate(spreadsheetId, [first]);
        return reply;
      },
    };
    const report = await run(half, id);
    expect(report.problem?.code).toBe('batch_not_atomic');
    expect((await google.inspect(id)).metadata).toEqual([]);
  });

  const LOST: [FaultKind, number][] = [
    ['503After', 1],
    ['resetAfter', 1],
    ['nonJsonAfter', 2],
    ['503', 1],
    ['503', 2],
    ['resetAfter', 3],
    ['503', 3],
  ];
  test.each(LOST)('%s at write %p changes nothing about the result', async (kind, nth) => {
    const { api, id } = await setUp();
    await google.faults([{ match: { kind: 'batchUpdate' }, nth, fault: { kind } }]);
    const report = await run(api, id);
    await google.clearFaults();
    expect(report.ok).toBe(true);
    expect((await google.inspect(id)).metadata).toEqual([]);
  });

  test('clears away what an aborted test left an hour ago, and nothing else', async () => {
    const { api, id } = await setUp();
    const stamp = (ago: number) => (Date.now() - ago).toString(36);
    await google.userAction(id, { type: 'addMetadata', id: 2_000_000_001, key: PROBE_KEY, value: stamp(7_200_000) });
    await google.userAction(id, { type: 'addMetadata', id: 2_000_000_003, key: PROBE_KEY, value: stamp(60_000) });
    await google.userAction(id, { type: 'addMetadata', id: 1_000_000_001, key: 'lc.g', value: stamp(7_200_000) });
    expect((await run(api, id)).ok).toBe(true);
    expect((await google.inspect(id)).metadata.map((each) => each.id).sort()).toEqual([1_000_000_001, 2_000_000_003]);
  });

  test('an id that happens to be taken is no proof, and is told', async () => {
    const { api, id } = await setUp();
    await google.userAction(id, { type: 'addMetadata', id: 2_000_000_000, key: 'x' });
    const report = await selfTest(api, id, { ...options, random: () => 0 });
    expect(report.problem?.code).toBe('guard_in_use');
  });

  test('without the right to write it says so at its first step', async () => {
    const { api, id, email } = await setUp();
    await google.share(id, email, 'reader');
    expect((await run(api, id)).problem?.code).toBe('not_shared');
  });
});

describe('the spreadsheet that was meant', () => {
  const id = '1AbC-dEf_0123456789abcdefghijklmnopqrstuvwxyz';

  test.each([
    id,
    ` ${id}\n`,
    `https://docs.google.com/spreadsheets/d/${id}/edit#gid=0`,
    `https://docs.google.com/spreadsheets/d/${id}/edit?gid=77#gid=77`,
    `https://docs.google.com/spreadsheets/d/${id}`,
    `docs.google.com/spreadsheets/d/${id}/edit?usp=sharing`,
    `https://docs.google.com/spreadsheets/u/0/d/${id}/edit`,
    `https://docs.google.com/a/example.test/spreadsheets/d/${id}/edit`,
    `https://drive.google.com/open?id=${id}`,
    `https://drive.google.com/open?usp=drive_link&id=${id}`,
    `https://drive.google.com/file/d/${id}/view`,
    `https://docs.google.com/spreadsheet/ccc?key=${id}`,
  ])('%s', (text) => {
    expect(spreadsheetIdOf(text)).toEqual({ ok: true, spreadsheetId: id });
  });

  test.each([
    ['', 'nothing here'],
    ['my leads', 'neither the address nor the id'],
    ['leads', 'not an address of Google Sheets'],
    ['https://example.test/spreadsheets/d/abc', 'not an address of Google Sheets'],
    [`https://docs.google.com.evil.test/spreadsheets/d/${id}`, 'not an address of Google Sheets'],
    [`https://docs.google.com/document/d/${id}/edit`, 'Google document'],
    [`https://docs.google.com/forms/d/${id}/edit`, 'Google form'],
    [`https://docs.google.com/presentation/d/${id}/edit`, 'Google presentation'],
    [`https://drive.google.com/drive/folders/${id}`, 'folder'],
    [`https://docs.google.com/spreadsheets/d/e/2PACX-${id}/pubhtml`, 'published copy'],
    ['https://docs.google.com/spreadsheets/u/0/', 'names no spreadsheet'],
    ['https://docs.google.com/spreadsheets/d/short/edit', 'names no spreadsheet'],
  ])('%p is refused in plain words', (text, words) => {
    const read = spreadsheetIdOf(text);
    expect(read.ok ? '' : read.message).toContain(words);
  });

  test('a service account is told at once that it cannot make one', async () => {
    const { api, email } = await setUp();
    const reply = await ensureSpreadsheet(api, 'Leads', 'n');
    expect(reply).toMatchObject({ ok: false, failure: { problem: { code: 'storage_quota' } } });
    expect(reply.ok ? '' : reply.failure.problem.message).toContain(`share it with ${email}`);
  });
});
