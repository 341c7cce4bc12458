import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { type FakeGoogle, type RandomActionType, startFakeGoogle } from './client.ts';
import { append, type Caller, columnTag, guard, signIn } from './harness.ts';

let google: FakeGoogle;
let caller: Caller;
let email: string;
let id: string;

const LEADS = [
  ['Lead ID', 'Name', 'City'],
  ['a', 'Cid', 'Rome'],
  ['b', 'Ann', 'Oslo'],
  ['c', 'Bob', 'Rome'],
];

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
  const sheets = [{ sheetId: 7, title: 'Leads', rowCount: 10, columnCount: 4, rows: LEADS }];
  id = (await google.createSpreadsheet({ sharedWith: [{ email, role: 'writer' }], sheets })).spreadsheetId;
  await caller.batch(id, [guard(1), columnTag(2, 7, 0, 'lead_id'), columnTag(3, 7, 1, 'name')]);
});

const ids = () => google.columnByField(id, 'lead_id', 7);

test('headers and tabs are renamed, columns and rows hidden', async () => {
  await google.userAction(id, { type: 'renameHeader', column: 'name', to: 'Who' });
  await google.userAction(id, { type: 'renameTab', to: 'People' });
  await google.userAction(id, { type: 'hideColumn', column: 'Who' });
  await google.userAction(id, { type: 'hideRows', from: 2, to: 3 });
  const [tab] = (await google.inspect(id)).tabs;
  expect(tab).toMatchObject({ title: 'People', hiddenColumns: [1], hiddenRows: [2] });
  expect((await google.rows(id, 'People'))[0]).toEqual(['Lead ID', 'Who', 'City']);
});

test('sorting moves whole rows and leaves hidden ones in place', async () => {
  await google.userAction(id, { type: 'sort', column: 'Name' });
  expect(await ids()).toEqual(['b', 'c', 'a']);
  await google.userAction(id, { type: 'hideRows', from: 1, to: 2 });
  await google.userAction(id, { type: 'sort', column: 'Lead ID' });
  expect(await ids()).toEqual(['b', 'a', 'c']);
});

test('a filter hides rows, and appended rows still come after the last', async () => {
  await google.userAction(id, { type: 'filter', column: 'City', hide: ['Rome'] });
  await caller.batch(id, [append(7, ['d', 'Dan', 'Rome'])]);
  const [tab] = (await google.inspect(id)).tabs;
  expect(tab?.hiddenRows).toEqual([1, 3]);
  expect(await ids()).toEqual(['a', 'b', 'c', 'd']);
});

test('deleted rows are told, so that a test can subtract them', async () => {
  const byValue = await google.userAction(id, { type: 'deleteRows', column: 'lead_id', values: ['a', 'c'] });
  expect(byValue).toMatchObject({ deletedRows: [LEADS[1], LEADS[3]], header: LEADS[0] });
  const byIndex = await google.userAction(id, { type: 'deleteRow', row: 1 });
  expect(byIndex.deletedRows).toEqual([['b', 'Ann', 'Oslo']]);
  expect(await google.rows(id)).toEqual([LEADS[0] ?? []]);
});

test('what is typed or pre-filled at the bottom pushes appended rows below it', async () => {
  await google.userAction(id, { type: 'typeUnderLastRow', values: [null, 'a note'], gap: 1 });
  await google.userAction(id, { type: 'prefillCheckboxColumn', column: 3, rows: 7 });
  await caller.batch(id, [append(7, ['d'])]);
  expect((await google.rows(id))[8]).toEqual(['d']);
  expect((await google.inspect(id)).tabs[0]?.validations).toHaveLength(1);
});

test('merging, protecting, tables and edits', async () => {
  await google.userAction(id, { type: 'mergeCells', range: { startRow: 1, endRow: 2, startColumn: 1, endColumn: 3 } });
  expect((await google.rows(id))[1]).toEqual(['a', 'Cid']);
  await google.userAction(id, { type: 'editCell', row: 2, column: 'City', value: 'Bergen' });
  await google.userAction(id, { type: 'convertToTable', name: 'People' });
  const [tab] = (await google.inspect(id)).tabs;
  expect(tab?.tables[0]).toMatchObject({ name: 'People', range: { startRow: 0, endRow: 4 } });
  await google.userAction(id, { type: 'protect', editors: [email] });
  expect((await caller.batch(id, [append(7, ['d'])])).status).toBe(200);
  await google.userAction(id, { type: 'protect' });
  expect((await caller.batch(id, [append(7, ['e'])])).status).toBe(400);
});

test('a duplicated tab carries copies of the tags, a deleted one takes its own away', async () => {
  await google.userAction(id, { type: 'duplicateTab', title: 'Copy' });
  const tags = (await google.inspect(id)).metadata.filter(({ value }) => value === 'lead_id');
  expect(tags).toHaveLength(2);
  const gone = await google.userAction(id, { type: 'deleteTab', tab: 7 });
  expect(gone.deletedRows).toEqual(LEADS.slice(1));
  expect((await google.inspect(id)).metadata.map(({ sheetId }) => sheetId)).not.toContain(7);
  const refused = await caller.batch(id, [append(7, ['d'])]);
  expect(refused.body.error.message).toBe('Invalid requests[0].appendCells: No grid with id: 7');
});

test('an old version brings back rows and guards together', async () => {
  const version = await google.snapshotVersion(id);
  await caller.batch(id, [guard(4), append(7, ['d'])]);
  await google.userAction(id, { type: 'restore', versionId: version });
  expect(await ids()).toEqual(['a', 'b', 'c']);
  expect((await google.inspect(id)).metadata.map(({ id: each }) => each)).toEqual([1, 2, 3]);
  await google.userAction(id, { type: 'wipeMetadata' });
  expect((await google.inspect(id)).metadata).toEqual([]);
});

test('the bin: Sheets still writes, Drive tells', async () => {
  const drive = (await signIn(google, 'https://www.googleapis.com/auth/drive.metadata.readonly')).caller;
  await google.share(id, 'anyone', 'reader');
  const path = `/drive/v3/files/${id}?fields=trashed,capabilities(canEdit)&supportsAllDrives=true`;
  expect((await drive.call('GET', path)).body).toEqual({ trashed: false, capabilities: { canEdit: false } });
  await google.userAction(id, { type: 'trash' });
  expect((await drive.call('GET', path)).body.trashed).toBe(true);
  expect((await caller.batch(id, [append(7, ['d'])])).status).toBe(200);
  await google.userAction(id, { type: 'unshare', email });
  expect((await caller.batch(id, [append(7, ['e'])])).status).toBe(403);
});

const actions: RandomActionType[] = [
  'renameHeader',
  'insertColumn',
  'moveColumn',
  'deleteColumn',
  'sort',
  'hideRows',
  'insertRows',
  'deleteRow',
  'editCell',
  'typeUnderLastRow',
];

test('random hands do the same again from the same seed', async () => {
  const run = async () => {
    const sheets = [{ sheetId: 7, rows: LEADS }];
    const { spreadsheetId } = await google.createSpreadsheet({ sharedWith: [{ email, role: 'writer' }], sheets });
    await google.hands({ seed: 11, rate: 0.9, actions, spreadsheetId });
    for (let n = 0; n < 15; n++) await caller.get(spreadsheetId, 'spreadsheetId');
    await google.hands(null);
    return (await google.actions())
      .filter((each) => each.spreadsheetId === spreadsheetId)
      .map(({ action }) => action.type);
  };
  const first = await run();
  expect(first.length).toBeGreaterThan(5);
  expect(await run()).toEqual(first);
});

test('random hands leave kept columns alone and tell what they deleted', async () => {
  const before = (await google.actions()).length;
  const sent = ['a', 'b', 'c'];
  for (let n = 0; n < 60; n++) {
    await google.hands({ seed: n, rate: 0.95, actions, keepColumns: ['lead_id'] });
    await caller.get(id, 'spreadsheetId');
    await google.hands(null);
    const { body } = await caller.search(id, { metadataId: 2 });
    const index = body.matchedDeveloperMetadata[0].developerMetadata.location.dimensionRange.startIndex ?? 0;
    const row = Array.from({ length: index }, () => '');
    expect((await caller.batch(id, [append(7, [...row, `lead${n}`])])).status).toBe(200);
    sent.push(`lead${n}`);
  }
  const log = (await google.actions()).slice(before);
  const known = new Set(sent);
  const deleted = log.flatMap(({ result }) => result.deletedRows.flat()).filter((cell) => known.has(cell));
  const all = ((await ids()) ?? []).filter((cell) => known.has(cell));
  expect(log.length).toBeGreaterThan(30);
  expect([...all, ...deleted].sort()).toEqual([...sent].sort());
});

test.each(['stay', 'follow'] as const)(
  'sorting: the tags of rows %s, those of hidden rows stay with them',
  async (rowTags) => {
    await google.behaviour({ rowTags });
    const tag = (metadataId: number, startIndex: number) => ({
      createDeveloperMetadata: {
        developerMetadata: {
          ...{ metadataId, metadataKey: 'row', visibility: 'DOCUMENT' },
          location: { dimensionRange: { sheetId: 7, dimension: 'ROWS', startIndex, endIndex: startIndex + 1 } },
        },
      },
    });
    await caller.batch(id, [tag(11, 1), tag(12, 3)]);
    await google.userAction(id, { type: 'hideRows', from: 3, to: 4 });
    await google.userAction(id, { type: 'sort', column: 'Name' });
    const { metadata } = await google.inspect(id);
    const placeOf = (tagId: number) => metadata.find((each) => each.id === tagId)?.index;
    expect(await ids()).toEqual(['b', 'a', 'c']);
    expect([placeOf(11), placeOf(12)]).toEqual([rowTags === 'stay' ? 1 : 2, 3]);
    await google.behaviour({ rowTags: 'stay' });
  },
);

test('a tag follows its row when it is moved, and dies with it; the last row that is not frozen stays', async () => {
  const rows = { sheetId: 7, dimension: 'ROWS', startIndex: 1, endIndex: 2 };
  const developerMetadata = {
    metadataId: 11,
    metadataKey: 'row',
    visibility: 'DOCUMENT',
    location: { dimensionRange: rows },
  };
  await caller.batch(id, [{ createDeveloperMetadata: { developerMetadata } }]);
  await google.userAction(id, { type: 'moveRow', row: 1, to: 3 });
  const tagged = async () => (await google.inspect(id)).metadata.find((each) => each.id === 11)?.index;
  expect(await tagged()).toBe(2);
  await google.userAction(id, { type: 'deleteRow', row: 2 });
  expect(await tagged()).toBeUndefined();
  const frozen = {
    properties: { sheetId: 7, gridProperties: { frozenRowCount: 1 } },
    fields: 'gridProperties.frozenRowCount',
  };
  await caller.batch(id, [{ updateSheetProperties: frozen }]);
  const all = { deleteDimension: { range: { ...rows, endIndex: 9 } } };
  const { body } = await caller.batch(id, [all]);
  expect(body.error.message).toContain('not possible to delete all non-frozen rows');
});
