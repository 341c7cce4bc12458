import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { type FakeGoogle, startFakeGoogle } from './client.ts';
import { append, type Caller, columnTag, guard, signIn } from './harness.ts';

let google: FakeGoogle;
let caller: Caller;
let email: string;
let id: string;

beforeAll(async () => {
  google = await startFakeGoogle();
  await google.quota('off');
  const signed = await signIn(google);
  caller = signed.caller;
  email = signed.key.client_email;
});
afterAll(() => google.stop());
beforeEach(async () => {
  await google.clearFaults();
  await google.resetCalls();
  const sheets = [{ sheetId: 7, title: 'Leads', rowCount: 5, columnCount: 3, rows: [['Lead ID', 'Name']] }];
  id = (await google.createSpreadsheet({ sharedWith: [{ email, role: 'writer' }], sheets })).spreadsheetId;
});

test('a guard lets its rows in once, however often it is sent', async () => {
  const first = await caller.batch(id, [guard(1_000_000_001), append(7, ['a', 'Ann'])]);
  expect(first.status).toBe(200);
  expect(first.body.replies[1]).toEqual({});
  const second = await caller.batch(id, [guard(1_000_000_001), append(7, ['a', 'Ann'])]);
  expect(second.status).toBe(400);
  expect(second.body.error.message).toBe(
    'Invalid requests[0].createDeveloperMetadata: Cannot add developer metadata with ID [1000000001] because developer metadata with that ID already exists.',
  );
  expect(await google.rows(id)).toEqual([
    ['Lead ID', 'Name'],
    ['a', 'Ann'],
  ]);
});

test('a batch is applied whole or not at all, wherever it fails', async () => {
  const answer = await caller.batch(id, [append(7, ['a', 'Ann']), guard(1), append(99, ['b'])]);
  expect(answer.status).toBe(400);
  expect(answer.body.error.message).toBe('Invalid requests[2].appendCells: No grid with id: 99');
  const { tabs, metadata } = await google.inspect(id);
  expect(tabs[0]?.rows).toHaveLength(1);
  expect(metadata).toEqual([]);
});

test('a call that is applied after its retry is refused by the guard', async () => {
  await google.faults([{ match: { kind: 'batchUpdate' }, fault: { kind: 'lateApply', answer: '503' } }]);
  const batch = [guard(1_000_000_001), append(7, ['a', 'Ann'])];
  expect((await caller.batch(id, batch)).status).toBe(503);
  expect(await google.rows(id)).toHaveLength(1);
  expect((await caller.batch(id, batch)).status).toBe(200);
  const [late] = await google.releaseLate();
  expect(late).toMatchObject({ status: 400, applied: false });
  expect(await google.rows(id)).toHaveLength(2);
});

test('without a guard a late call doubles the row, which is what the guard is for', async () => {
  await google.faults([
    { match: { kind: 'batchUpdate' }, fault: { kind: 'lateApply', answer: 'reset', end: 'afterNext' } },
  ]);
  await expect(caller.batch(id, [append(7, ['a', 'Ann'])])).rejects.toThrow();
  expect((await caller.batch(id, [append(7, ['a', 'Ann'])])).status).toBe(200);
  expect(await google.rows(id)).toHaveLength(3);
});

test('a late call can come just before the retry, which is then refused', async () => {
  await google.faults([{ fault: { kind: 'lateApply', end: 'beforeNext' } }]);
  const batch = [guard(5), append(7, ['a', 'Ann'])];
  expect((await caller.batch(id, batch)).status).toBe(503);
  expect((await caller.batch(id, batch)).status).toBe(400);
  expect(await google.rows(id)).toHaveLength(2);
});

interface Tag {
  developerMetadata: { metadataValue: string; location: { dimensionRange: { startIndex?: number } } };
}

test('a tag follows its column when the user moves, inserts and deletes columns', async () => {
  await caller.batch(id, [columnTag(1, 7, 0, 'lead_id'), columnTag(2, 7, 1, 'name')]);
  const places = async () => {
    const { body } = await caller.search(id, { metadataKey: 'lc.f' });
    const matched: Tag[] = body.matchedDeveloperMetadata ?? [];
    return Object.fromEntries(
      matched.map(({ developerMetadata: { metadataValue, location } }) => [
        metadataValue,
        location.dimensionRange.startIndex ?? 0,
      ]),
    );
  };
  await google.userAction(id, { type: 'insertColumn', at: 0, header: 'Notes' });
  expect(await places()).toEqual({ lead_id: 1, name: 2 });
  await google.userAction(id, { type: 'moveColumn', column: 'Name', to: 0 });
  expect(await places()).toEqual({ name: 0, lead_id: 2 });
  expect((await google.rows(id))[0]).toEqual(['Name', 'Notes', 'Lead ID']);
  await google.userAction(id, { type: 'deleteColumn', column: 'Name' });
  expect(await places()).toEqual({ lead_id: 1 });
});
