import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { connectFakeGoogle, type FakeGoogle, type FaultKind, startFakeGoogle } from './client.ts';
import { append, type Caller, guard, signIn } from './harness.ts';

let google: FakeGoogle;
let caller: Caller;
let email: string;
let id: string;

beforeAll(async () => {
  google = await startFakeGoogle();
  const signed = await signIn(google);
  caller = signed.caller;
  email = signed.key.client_email;
});
afterAll(() => google.stop());
beforeEach(async () => {
  await google.clearFaults();
  await google.resetCalls();
  await google.quota('off');
  id = (await google.createSpreadsheet({ sharedWith: [{ email, role: 'writer' }] })).spreadsheetId;
});

/** What a client notices of a call: the status, or that it failed. */
async function attempt(ms?: number): Promise<number | 'failed' | 'no json'> {
  try {
    const signal = ms === undefined ? undefined : AbortSignal.timeout(ms);
    const { status, body } = await caller.batch(id, [append(0, ['row'])], signal);
    return status === 200 && typeof body === 'string' ? 'no json' : status;
  } catch {
    return 'failed';
  }
}

const before: [FaultKind, number | 'failed'][] = [
  ['429', 429],
  ['500', 500],
  ['502html', 502],
  ['503', 503],
  ['503html', 503],
  ['504', 504],
  ['401', 401],
  ['403', 403],
  ['403disabled', 403],
  ['403scope', 403],
  ['403rateLimit', 403],
  ['404', 404],
  ['refuse', 'failed'],
  ['reset', 'failed'],
];

test.each(before)('%s answers %p and applies nothing', async (kind, seen) => {
  await google.faults([{ match: { kind: 'batchUpdate' }, fault: { kind } }]);
  expect(await attempt()).toBe(seen);
  expect(await google.rows(id)).toEqual([]);
  expect((await google.calls())[0]).toMatchObject({ fault: kind, applied: false });
  expect(await attempt()).toBe(200);
});

const after: [FaultKind, number | 'failed' | 'no json'][] = [
  ['resetAfter', 'failed'],
  ['500After', 500],
  ['503After', 503],
  ['cutBodyAfter', 'failed'],
  ['nonJsonAfter', 'no json'],
  ['slow', 200],
];

test.each(after)('%s lets the client see %p and has applied everything', async (kind, seen) => {
  await google.faults([{ match: { access: 'write' }, fault: { kind } }]);
  expect(await attempt()).toBe(seen);
  expect(await google.rows(id)).toEqual([['row']]);
  expect((await google.calls())[0]).toMatchObject({ fault: kind, applied: true, outcome: 200 });
});

test('hanging ends when the client gives up, before or after the call was applied', async () => {
  await google.faults([{ fault: { kind: 'hang' } }, { fault: { kind: 'hangAfter' } }]);
  expect(await attempt(50)).toBe('failed');
  expect(await google.rows(id)).toEqual([]);
  expect(await attempt(50)).toBe('failed');
  expect(await google.rows(id)).toEqual([['row']]);
  expect(await attempt()).toBe(200);
  expect(await google.violations()).toEqual([]);
});

test('rules count their matches: the second write, twice', async () => {
  const rule = { match: { kind: 'batchUpdate' as const, request: 'appendCells' }, nth: 2, times: 2 };
  await google.faults([{ ...rule, fault: { kind: '503' } }]);
  const seen = [await attempt(), await attempt(), await attempt(), await attempt()];
  expect(seen).toEqual([200, 503, 503, 200]);
});

test('random faults repeat from their seed', async () => {
  const run = async () => {
    await google.randomFaults({ seed: 7, rate: 0.5, kinds: ['503', '429', '503After'], only: { access: 'write' } });
    const seen = [];
    for (let n = 0; n < 20; n++) seen.push(await attempt());
    return seen;
  };
  const first = await run();
  expect(new Set(first)).toEqual(new Set([200, 429, 503]));
  expect(await run()).toEqual(first);
});

test('an exact answer can be dictated, the token endpoint included', async () => {
  const body = JSON.stringify({ error: 'invalid_grant', error_description: 'Token has been expired or revoked.' });
  await google.faults([{ match: { kind: 'token' }, fault: { kind: 'answer', status: 400, body } }]);
  const response = await fetch(`${google.url}/token`, { method: 'POST', body: '' });
  expect([response.status, await response.text()]).toEqual([400, body]);
});

test('quota: 60 writes a minute per user, one batch is one write, and the next minute is free', async () => {
  await google.setClock({ now: Date.UTC(2026, 5, 1) });
  await google.quota('default');
  const fresh = await signIn(google);
  await google.share(id, fresh.key.client_email);
  for (let n = 0; n < 60; n++) {
    expect((await fresh.caller.batch(id, [append(0, ['a']), append(0, ['b'])])).status).toBe(200);
  }
  const { status, body } = await fresh.caller.batch(id, [append(0, ['a'])]);
  expect(status).toBe(429);
  expect(body.error.details[0]).toMatchObject({
    reason: 'RATE_LIMIT_EXCEEDED',
    metadata: { quota_limit: 'WriteRequestsPerMinutePerUser', quota_limit_value: '60' },
  });
  expect((await fresh.caller.get(id, 'spreadsheetId')).status).toBe(200);
  expect((await google.violations()).map(({ kind }) => kind)).toEqual(['over_quota']);
  await google.advance(60_000);
  expect((await fresh.caller.batch(id, [append(0, ['a'])])).status).toBe(200);
  await google.quota({ writePerProject: 1 });
  const other = await signIn(google);
  await google.share(id, other.key.client_email);
  expect((await fresh.caller.batch(id, [append(0, ['a'])])).status).toBe(200);
  const project = await other.caller.batch(id, [append(0, ['a'])]);
  expect(project.body.error.details[0].metadata.quota_limit).toBe('WriteRequestsPerMinutePerProject');
  await google.setClock('real');
});

test('two writes in flight, too many writes, and a missing mask are violations', async () => {
  await google.faults([{ fault: { kind: 'hang' } }]);
  const first = attempt(5000);
  while ((await google.calls()).length === 0);
  await attempt();
  expect((await google.violations()).map(({ kind }) => kind)).toEqual(['concurrent_writes']);
  await google.setClock({ now: Date.now() });
  await google.behaviour({ maxWrites: 2, writeWindowMs: 2000 });
  await google.resetCalls();
  await google.advance(3000);
  for (let n = 0; n < 3; n++)
    await caller.call('POST', `/v4/spreadsheets/${id}:batchUpdate`, { requests: [guard(n + 1)] });
  await google.behaviour({ maxWrites: null });
  await google.setClock('real');
  const kinds = (await google.violations()).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === 'write_rate')).toHaveLength(1);
  expect(kinds.filter((kind) => kind === 'no_response_mask')).toHaveLength(3);
  void first;
});

test('the log counts reads and writes, and another process can look on', async () => {
  await caller.get(id, 'spreadsheetId');
  await caller.batch(id, [guard(1), append(0, ['a'], ['b'])]);
  const other = connectFakeGoogle(`${google.url}/`);
  expect(await other.counts()).toEqual({
    total: 2,
    read: 1,
    write: 1,
    byKind: { 'spreadsheet.get': 1, batchUpdate: 1 },
  });
  expect((await other.calls())[1]).toMatchObject({
    n: 2,
    requests: ['createDeveloperMetadata', 'appendCells'],
    rows: 2,
    status: 200,
    applied: true,
    email,
  });
});

test('a late call comes by itself after some time', async () => {
  await google.faults([{ fault: { kind: 'lateApply', lateMs: 1 } }]);
  expect(await attempt()).toBe(503);
  while ((await google.late()).length > 0);
  expect(await google.rows(id)).toEqual([['row']]);
  expect((await google.calls())[0]).toMatchObject({ status: 503, outcome: 200, applied: true });
});
