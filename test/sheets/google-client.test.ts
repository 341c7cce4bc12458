import { afterAll, describe, expect, test } from 'bun:test';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { createLog } from '../../src/lib/log.ts';
import type { BatchRequest } from '../../src/sheets/targets/google/api.ts';
import type { TokenSource } from '../../src/sheets/targets/google/auth.ts';
import { allowedGoogleUrl, GOOGLE_URLS } from '../../src/sheets/targets/google/client.ts';
import { createQuotaBook, type Quota } from '../../src/sheets/targets/google/quota.ts';
import { type FaultKind, startFakeGoogle } from '../support/google/client.ts';
import { connectAccount } from './google-connection.ts';

const google = await startFakeGoogle();
afterAll(() => google.stop());

/** A spreadsheet with one tab, shared with a new account. */
async function setUp(options: Parameters<typeof connectAccount>[1] = {}) {
  const connection = await connectAccount(google, options);
  const { spreadsheetId } = await google.createSpreadsheet({
    title: 'Leads',
    timeZone: 'Europe/Paris',
    sharedWith: [{ email: connection.email, role: 'writer' }],
    sheets: [
      {
        sheetId: 0,
        title: "Ann's form",
        rowCount: 50,
        columnCount: 4,
        rows: [
          ['Name', 'Count', 'Yes'],
          ['=1+1', 7, true],
          ['007', null, false],
        ],
      },
    ],
  });
  return { ...connection, id: spreadsheetId };
}

const metadata = (metadataId: number, location: Record<string, unknown>, metadataValue = 'v'): BatchRequest => ({
  createDeveloperMetadata: {
    developerMetadata: { metadataId, metadataKey: 'k', metadataValue, visibility: 'DOCUMENT', location },
  },
});
const guard = (metadataId: number) => metadata(metadataId, { spreadsheet: true });
const column = (index: number) => ({
  dimensionRange: { sheetId: 0, dimension: 'COLUMNS', startIndex: index, endIndex: index + 1 },
});

describe('what is read', () => {
  test('the spreadsheet, with a first tab whose id 0 Google leaves out', async () => {
    const { api, id } = await setUp();
    expect(await api.info(id)).toEqual({
      ok: true,
      value: {
        spreadsheetId: id,
        url: expect.stringContaining(id),
        title: 'Leads',
        timeZone: 'Europe/Paris',
        tabs: [{ sheetId: 0, title: "Ann's form", sheetType: 'GRID', rowCount: 50, columnCount: 4, locked: false }],
      },
    });
  });

  test('a tab is locked when all of it is protected against us, not when a part is, or it only warns', async () => {
    const { api, id, email } = await setUp();
    const locked = async () => {
      const info = await api.info(id);
      return info.ok && info.value.tabs[0]?.locked;
    };
    await google.userAction(id, { type: 'protect', range: { startRow: 0, endRow: 1 } });
    await google.userAction(id, { type: 'protect', warningOnly: true });
    await google.userAction(id, { type: 'protect', editors: [email] });
    expect(await locked()).toBe(false);
    await google.userAction(id, { type: 'protect' });
    expect(await locked()).toBe(true);
  });

  test('tags, each with the place it sits at', async () => {
    const { api, id } = await setUp();
    const requests = [
      guard(1_000_000_001),
      metadata(11, { sheetId: 0 }),
      metadata(12, column(0)),
      metadata(13, column(2)),
      metadata(14, { dimensionRange: { sheetId: 0, dimension: 'ROWS', startIndex: 0, endIndex: 1 } }, ''),
    ];
    expect(await api.batchUpdate(id, requests)).toEqual({ ok: true, value: { replies: expect.any(Array) } });
    const tag = { key: 'k', value: 'v' };
    const found = await api.search(id, [{ metadataKey: 'k' }, { metadataId: 12 }]);
    expect(found.ok && found.value.sort((a, b) => a.metadataId - b.metadataId)).toEqual([
      { ...tag, metadataId: 11, location: { type: 'SHEET', sheetId: 0 } },
      { ...tag, metadataId: 12, location: { type: 'COLUMN', sheetId: 0, index: 0 } },
      { ...tag, metadataId: 13, location: { type: 'COLUMN', sheetId: 0, index: 2 } },
      { ...tag, value: '', metadataId: 14, location: { type: 'ROW', sheetId: 0, index: 0 } },
      { ...tag, metadataId: 1_000_000_001, location: { type: 'SPREADSHEET' } },
    ]);
    expect(await api.search(id, [{ metadataKey: 'other' }])).toEqual({ ok: true, value: [] });
    expect(await api.metadata(id, 12)).toMatchObject({ ok: true, value: { metadataId: 12 } });
  });

  test('a missing tag is an answer; a missing spreadsheet is a failure', async () => {
    const { api, id } = await setUp();
    expect(await api.metadata(id, 99)).toEqual({ ok: true, value: null });
    expect(await api.metadata('1'.repeat(44), 99)).toMatchObject({
      ok: false,
      failure: { problem: { code: 'not_found' } },
    });
  });

  test('columns by their tags, wherever they have moved, with the types of their values', async () => {
    const { api, id } = await setUp();
    await api.batchUpdate(id, [
      metadata(21, column(0)),
      metadata(22, column(1)),
      metadata(23, column(2)),
      metadata(24, column(3)),
    ]);
    await google.userAction(id, { type: 'moveColumn', column: 0, to: 3 });
    const columns = await api.columns(id, [21, 22, 23, 24, 99]);
    expect(columns.ok && Object.fromEntries(columns.value)).toEqual({
      21: ['Name', '=1+1', '007'],
      22: ['Count', 7],
      23: ['Yes', true, false],
      24: [],
    });
  });

  test('rows by place, and nothing beyond the end of the grid', async () => {
    const { api, id } = await setUp();
    expect(await api.head(id, 0, 1)).toEqual({ ok: true, value: [['Name', 'Count', 'Yes']] });
    expect(await api.rows(id, 0, 1, 2)).toEqual({
      ok: true,
      value: [
        ['=1+1', 7, true],
        ['007', '', false],
      ],
    });
    expect(await api.rows(id, 0, 49, 500)).toEqual({ ok: true, value: [] });
    expect(await api.rows(id, 0, 2, 500)).toEqual({ ok: true, value: [['007', '', false]] });
    expect(await api.rows(id, 0, 50, 10)).toEqual({ ok: true, value: [] });
    expect(await api.rows(id, 0, 5000, 10)).toEqual({ ok: true, value: [] });
    expect(await api.rows(id, 4711, 0, 10)).toMatchObject({ ok: false, failure: { problem: { code: 'tab_gone' } } });
  });

  test('what Drive knows of the file', async () => {
    const { api, id, email } = await setUp();
    expect(await api.file(id)).toEqual({ ok: true, value: { id, name: 'Leads', trashed: false, canEdit: true } });
    await google.trash(id);
    expect(await api.file(id)).toMatchObject({ value: { trashed: true } });
    await google.untrash(id);
    await google.share(id, email, 'reader');
    expect(await api.file(id)).toMatchObject({ value: { trashed: false, canEdit: false } });
  });
});

describe('a write that fails', () => {
  /** What became of it in truth, beside what the client says. */
  const CASES: [FaultKind, 'no' | 'maybe', string, boolean][] = [
    ['429', 'no', 'quota', false],
    ['500', 'maybe', 'google_down', false],
    ['502html', 'maybe', 'google_down', false],
    ['503', 'maybe', 'google_down', false],
    ['403', 'no', 'not_shared', false],
    ['403disabled', 'no', 'api_disabled', false],
    ['403scope', 'no', 'scope_missing', false],
    ['404', 'no', 'not_found', false],
    ['reset', 'maybe', 'network', false],
    ['hang', 'maybe', 'network', false],
    ['503After', 'maybe', 'google_down', true],
    ['resetAfter', 'maybe', 'network', true],
    ['hangAfter', 'maybe', 'network', true],
    ['cutBodyAfter', 'maybe', 'network', true],
    ['nonJsonAfter', 'maybe', 'google_down', true],
    ['lateApply', 'maybe', 'google_down', false],
  ];

  test.each(CASES)('%s: applied is %s, never a wrong "no"', async (kind, applied, code, there) => {
    const { api, id } = await setUp({ timeouts: { write: kind.startsWith('hang') ? 100 : 10_000 } });
    await google.faults([{ match: { kind: 'batchUpdate' }, fault: { kind } }]);
    const reply = await api.batchUpdate(id, [guard(1_000_000_001)]);
    await google.clearFaults();
    expect(reply).toMatchObject({ ok: false, failure: { applied, problem: { code } } });
    const { metadata: tags } = await google.inspect(id);
    expect(tags.length > 0).toBe(there);
  });

  test('a guard in use is refused with the number of its request', async () => {
    const { api, id } = await setUp();
    expect((await api.batchUpdate(id, [guard(1_000_000_001)])).ok).toBe(true);
    expect(await api.batchUpdate(id, [metadata(5, { sheetId: 0 }), guard(1_000_000_001)])).toMatchObject({
      ok: false,
      failure: { applied: 'no', kind: 'request', requestIndex: 1, problem: { code: 'guard_in_use' } },
    });
  });

  test('nobody listens: nothing was applied', async () => {
    const nobody = { sheets: 'http://127.0.0.1:1', drive: 'http://127.0.0.1:1' };
    const tokens: TokenSource = { getAccessToken: async () => ({ ok: true, value: 't' }), drop() {} };
    const { api } = await connectAccount(google, { urls: nobody, tokens });
    expect(await api.batchUpdate('x', [])).toMatchObject({
      ok: false,
      failure: { applied: 'no', status: 0, problem: { code: 'network' } },
    });
  });

  test('an answer about another spreadsheet, or in other words, proves nothing', async () => {
    const { api, id } = await setUp();
    for (const body of ['{"spreadsheetId":"another","replies":[{}]}', '{}', '[]', 'null', '"ok"', '']) {
      await google.faults([{ match: { kind: 'batchUpdate' }, fault: { kind: 'answer', status: 200, body } }]);
      expect(await api.batchUpdate(id, [guard(7)])).toMatchObject({
        ok: false,
        failure: { applied: 'maybe', status: 200 },
      });
    }
  });

  test('a redirect is not followed: the token would go to a stranger', async () => {
    const { api, id } = await setUp();
    const before = (await google.calls()).length;
    const fault = { kind: 'answer', status: 307, body: '', headers: { location: `${google.url}/elsewhere` } } as const;
    await google.faults([{ match: { kind: 'spreadsheet.get' }, fault }]);
    expect(await api.info(id)).toMatchObject({ ok: false, failure: { problem: { code: 'network' } } });
    const paths = (await google.calls()).slice(before).map((call) => call.path);
    expect(paths).not.toContain('/elsewhere');
  });
});

describe('tokens and quota', () => {
  test('a 401 is tried once more with a fresh token, and only once', async () => {
    const { api, id, calls } = await setUp();
    await google.faults([{ match: { kind: 'spreadsheet.get' }, fault: { kind: '401' } }]);
    expect((await api.info(id)).ok).toBe(true);
    expect(calls.map((call) => call.status)).toEqual([401, 200]);
    await google.faults([{ match: { kind: 'spreadsheet.get' }, times: 2, fault: { kind: '401' } }]);
    expect(await api.info(id)).toMatchObject({
      ok: false,
      failure: { kind: 'pause', problem: { code: 'unauthenticated' } },
    });
    expect(calls.map((call) => call.status)).toEqual([401, 200, 401, 401]);
  });

  /** A quota that writes down what it is asked. */
  function spyQuota() {
    const seen: unknown[] = [];
    const quota: Quota = {
      take: async (kind) => void seen.push(kind),
      wait: () => 0,
      penalise: (kind, untilMs, scope) => void seen.push([kind, untilMs > Date.now() - 1, scope]),
    };
    return { quota, seen };
  }

  test('every Sheets call takes its place as a read or a write; Drive counts apart', async () => {
    const { quota, seen } = spyQuota();
    const { api, id } = await setUp({ quota });
    await api.search(id, [{ metadataKey: 'k' }]);
    await api.batchUpdate(id, [guard(1)]);
    await api.file(id);
    await api.columns(id, [1]);
    expect(seen).toEqual(['read', 'write', 'read']);
  });

  test('a 429 stops that kind of call, for the project when Google says so', async () => {
    const { quota, seen } = spyQuota();
    const { api, id } = await setUp({ quota });
    await google.quota({ writePerUser: 0 });
    await api.batchUpdate(id, [guard(1)]);
    await google.quota({ readPerProject: 0 });
    await api.info(id);
    await google.quota('default');
    expect(seen).toEqual(['write', ['write', true, 'account'], 'read', ['read', true, 'project']]);
  });

  test('stays below the quota of Google by itself: 200 calls, not one 429', async () => {
    let passed = 0;
    let allowed = 0;
    let answered = () => 0;
    // As soon as somebody has to wait, time runs ahead for the quota and for Google, once all calls under way are back.
    const jump = async (delayMs: number, task: () => void) => {
      await Bun.sleep(0);
      for (let i = 0; i < 5000 && answered() < allowed; i++) await Bun.sleep(1);
      await google.advance(delayMs);
      passed += delayMs;
      task();
    };
    const clock: Clock = {
      now: () => Date.now() + passed,
      monotonic: () => performance.now() + passed,
      after: (delayMs, task) => {
        void jump(delayMs, task);
        return () => {};
      },
    };
    const real = createQuotaBook(clock).account('a@example.test', null);
    const quota: Quota = { ...real, take: (kind) => real.take(kind).then(() => void allowed++) };
    const { api, id, calls } = await setUp({ quota });
    answered = () => calls.length;
    const replies = await Promise.all(Array.from({ length: 200 }, () => api.head(id, 0, 1)));
    await google.setClock('real');
    expect(replies.every((reply) => reply.ok)).toBe(true);
    expect(calls).toHaveLength(200);
  });

  test('a server that stops ends what waits and what runs, and says which may have arrived', async () => {
    const stop = new AbortController();
    const { api, id, calls } = await setUp({ signal: stop.signal });
    await google.faults([{ match: { kind: 'batchUpdate' }, fault: { kind: 'hang' } }]);
    const before = (await google.calls()).length;
    const running = api.batchUpdate(id, [guard(1)]);
    for (
      let i = 0;
      i < 1000 && !(await google.calls()).slice(before).some((call) => call.kind === 'batchUpdate');
      i++
    ) {
      await Bun.sleep(1);
    }
    stop.abort();
    expect(await running).toMatchObject({ ok: false, failure: { applied: 'maybe' } });
    expect(await api.batchUpdate(id, [guard(2)])).toMatchObject({ ok: false, failure: { applied: 'no' } });
    expect(calls.map((call) => call.code)).toEqual(['network']);
  });
});

test('each call leaves one line: what, how it went, how long; no token, no id of anything', async () => {
  const lines: string[] = [];
  const log = createLog({ level: 'debug', format: 'json', now: () => 0, write: (line) => lines.push(line) });
  const { api, id, tokens } = await setUp({ log });
  await api.batchUpdate(id, [guard(1)]);
  await api.batchUpdate(id, [guard(1)]);
  const token = await tokens.getAccessToken();
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({
      level: 'debug',
      event: 'google.call',
      call: 'batchUpdate',
      status: 200,
      ok: true,
      code: null,
    }),
    expect.objectContaining({ level: 'warn', event: 'google.call', status: 400, ok: false, code: 'guard_in_use' }),
  ]);
  expect(lines.join()).not.toContain(id);
  expect(lines.join()).not.toContain(token.ok ? token.value : 'no token');
});

describe('addresses', () => {
  test.each([
    ...Object.values(GOOGLE_URLS),
    'http://127.0.0.1:9000',
    'http://localhost:9000/token',
    'http://[::1]:9000',
    'https://private.googleapis.com',
  ])('%s may receive our tokens', (url) => {
    expect(allowedGoogleUrl(url)).toBe(true);
  });

  test.each([
    'http://sheets.googleapis.com',
    'https://sheets.googleapis.com:8443',
    'https://sheets.googleapis.com.evil.test',
    'https://evilgoogleapis.com',
    'https://user:pw@sheets.googleapis.com',
    'http://127.0.0.1.evil.test',
    'http://10.0.0.1',
    'ftp://127.0.0.1',
    'sheets.googleapis.com',
    '',
  ])('%s may not', (url) => {
    expect(allowedGoogleUrl(url)).toBe(false);
  });

  test('a client is not made for a stranger', async () => {
    expect(connectAccount(google, { urls: { sheets: 'https://evil.test', drive: GOOGLE_URLS.drive } })).rejects.toThrow(
      'evil.test',
    );
  });
});

test('a quota book shared by two connections of one account counts both', async () => {
  const book = createQuotaBook(systemClock);
  const quota = book.account('shared@leads.iam.gserviceaccount.com', null);
  const first = await setUp({ quota, email: 'shared@leads.iam.gserviceaccount.com' });
  for (let i = 0; i < 54; i++) await first.api.search(first.id, [{ metadataKey: 'k' }]);
  expect(book.account('shared@leads.iam.gserviceaccount.com', null).wait('read')).toBeGreaterThan(0);
});
