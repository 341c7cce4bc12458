import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { type FakeGoogle, startFakeGoogle } from './client.ts';
import { append, type Caller, columnTag, guard, signIn, text } from './harness.ts';

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
  await google.resetCalls();
  const sheets = [{ sheetId: 0, title: 'Leads', rowCount: 5, columnCount: 3, rows: [['Lead ID', 'Name']] }];
  id = (await google.createSpreadsheet({ sharedWith: [{ email, role: 'writer' }], sheets })).spreadsheetId;
});

const refusal = async (...requests: unknown[]): Promise<string> => {
  const { status, body } = await caller.batch(id, requests);
  expect(status).toBe(400);
  return body.error.message;
};

test('unknown names, wrong types and two kinds in one request are refused', async () => {
  expect(await refusal({ appendCells: { sheet: 0, rows: [], fields: '*' } })).toBe(
    'Invalid JSON payload received. Unknown name "sheet" at \'requests[0].append_cells\': Cannot find field.',
  );
  expect(await refusal({ appendCells: { sheetId: 'x' } })).toBe(
    'Invalid value at \'requests[0].append_cells.sheet_id\' (TYPE_INT32), "x"',
  );
  expect(await refusal({ ...append(0, ['a']), ...guard(1) })).toContain('oneof');
  expect(await refusal({})).toBe('Invalid requests[0]: No request set.');
  const unknown = await caller.call('POST', `/v4/spreadsheets/${id}:batchUpdate?nope=1`, { requests: [guard(1)] });
  expect(unknown.body.error.message).toContain('Unknown name "nope": Cannot bind query parameter.');
});

test('fields is required in requests, and paths that do not exist are refused in any mask', async () => {
  expect(await refusal({ appendCells: { sheetId: 0, rows: [] } })).toBe(
    "Invalid requests[0].appendCells: At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)",
  );
  expect(await refusal({ appendCells: { sheetId: 0, rows: [], fields: 'userEnteredVal' } })).toContain(
    'userEnteredVal',
  );
  const wrong = await caller.get(id, 'sheets.properties.nope');
  expect([wrong.status, wrong.body.error.message]).toEqual([400, 'Request contains an invalid argument.']);
  const path = `/v4/spreadsheets/${id}:batchUpdate?fields=reply`;
  expect((await caller.call('POST', path, { requests: [append(0, ['a'])] })).status).toBe(400);
  expect(await google.rows(id)).toHaveLength(1);
});

test('masks keep what they name, and defaults are left out of answers', async () => {
  const { body } = await caller.get(id, 'sheets(properties(sheetId,title,index,gridProperties/rowCount))');
  expect(body).toEqual({ sheets: [{ properties: { title: 'Leads', gridProperties: { rowCount: 5 } } }] });
  await google.behaviour({ omitDefaults: false });
  const full = await caller.get(id, 'sheets.properties(sheetId,hidden)');
  await google.behaviour({ omitDefaults: true });
  expect(full.body).toEqual({ sheets: [{ properties: { sheetId: 0, hidden: false } }] });
});

test('metadata: id, key, visibility and place are checked, and so is the room of each level', async () => {
  const entry = { metadataKey: 'k', visibility: 'DOCUMENT', location: { spreadsheet: true } };
  const create = (change: object) => ({ createDeveloperMetadata: { developerMetadata: { ...entry, ...change } } });
  expect(await refusal(create({ metadataId: 0 }))).toContain('must be positive');
  expect(await refusal(create({ metadataId: 2 ** 31 }))).toContain('TYPE_INT32');
  expect(await refusal(create({ metadataKey: '' }))).toContain('key');
  expect(await refusal(create({ visibility: undefined }))).toContain('visibility');
  expect(await refusal(create({ location: undefined }))).toContain('location');
  expect(await refusal(create({ location: { sheetId: 9 } }))).toContain('No grid with id: 9');
  expect((await caller.batch(id, [create({ metadataValue: 'x'.repeat(29_999) })])).status).toBe(200);
  expect(await refusal(create({}))).toContain('30000 characters');
  expect((await caller.batch(id, [create({ location: { sheetId: 0 } })])).status).toBe(200);
});

test('metadata is found by every lookup, read by id, updated and deleted by filter', async () => {
  await caller.batch(id, [guard(10), columnTag(11, 0, 0, 'a'), columnTag(12, 0, 2, 'b')]);
  const ids = async (lookup: object) => {
    const matched: { developerMetadata: { metadataId: number } }[] =
      (await caller.search(id, lookup)).body.matchedDeveloperMetadata ?? [];
    return matched.map(({ developerMetadata }) => developerMetadata.metadataId);
  };
  expect(await ids({ metadataId: 10 })).toEqual([10]);
  expect(await ids({ metadataKey: 'lc.f' })).toEqual([11, 12]);
  expect(await ids({ metadataValue: 'b' })).toEqual([12]);
  expect(await ids({ locationType: 'COLUMN' })).toEqual([11, 12]);
  expect(await ids({ metadataLocation: { sheetId: 0 } })).toEqual([11, 12]);
  expect(await ids({ metadataLocation: { sheetId: 0 }, locationMatchingStrategy: 'EXACT_LOCATION' })).toEqual([]);
  expect(await ids({ metadataLocation: { spreadsheet: true } })).toEqual([10]);
  expect((await caller.search(id, { metadataKey: 'none' })).body).toEqual({});
  const missing = await caller.call('GET', `/v4/spreadsheets/${id}/developerMetadata/77`);
  expect([missing.status, missing.body.error.message]).toEqual([404, 'No developer metadata with ID 77']);
  const lookup = { developerMetadataLookup: { metadataKey: 'lc.f', metadataLocation: { sheetId: 0 } } };
  const developerMetadata = { visibility: 'DOCUMENT' };
  const update = { updateDeveloperMetadata: { dataFilters: [lookup], developerMetadata, fields: 'visibility' } };
  const { body } = await caller.batch(id, [update]);
  expect(body.replies[0].updateDeveloperMetadata.developerMetadata).toHaveLength(2);
  const remove = { deleteDeveloperMetadata: { dataFilter: { developerMetadataLookup: { metadataId: 99 } } } };
  expect((await caller.batch(id, [remove])).body).toEqual({ replies: [{ deleteDeveloperMetadata: {} }] });
  await google.behaviour({ deleteNothing: 'error' });
  expect(await refusal(remove)).toContain('No developer metadata matched');
  await google.behaviour({ deleteNothing: 'empty' });
});

test('PROJECT metadata of another project is not seen, but its id is taken', async () => {
  await google.userAction(id, { type: 'addMetadata', id: 5, key: 'lc.g', visibility: 'PROJECT' });
  expect((await caller.search(id, { metadataKey: 'lc.g' })).body).toEqual({});
  expect(await refusal(guard(5))).toContain('already exists');
});

test('appendCells goes below the last value of any column, grows rows and never columns', async () => {
  await google.userAction(id, { type: 'editCell', row: 3, column: 2, value: false });
  await caller.batch(id, [append(0, ['a'], ['b'])]);
  expect((await google.rows(id))[4]).toEqual(['a']);
  expect((await google.inspect(id)).tabs[0]).toMatchObject({ rowCount: 6, columnCount: 3 });
  expect(await refusal(append(0, ['1', '2', '3', '4']))).toBe(
    'Invalid requests[0].appendCells: Range (Leads!D7) exceeds grid limits. Max rows: 6, max columns: 3',
  );
});

test('texts stay texts, and formulas are a violation', async () => {
  const texts = ['=1+1', '0123', '+33 1 23', "'x", '1/2', '\u{1F600}\nline'];
  await caller.batch(
    id,
    texts.map((each) => append(0, [each])),
  );
  const rows = (await google.inspect(id)).tabs[0]?.rows.slice(1);
  expect(rows).toEqual(texts.map((stringValue) => [{ stringValue }]));
  expect(await google.violations()).toEqual([]);
  const cell = { userEnteredValue: { formulaValue: '=1+1' } };
  await caller.batch(id, [{ appendCells: { sheetId: 0, fields: '*', rows: [{ values: [cell] }] } }]);
  expect((await google.violations()).map(({ kind }) => kind)).toEqual(['formula_written']);
});

test('sizes: 50,000 characters, 10 million cells, 200 tabs, unique titles and ids', async () => {
  expect(await refusal(append(0, ['x'.repeat(50_001)]))).toContain('maximum of 50000 characters');
  const grow = { appendDimension: { sheetId: 0, dimension: 'ROWS', length: 4_000_000 } };
  expect(await refusal(grow)).toContain('above the limit of 10000000 cells.');
  const add = (properties: object) => ({ addSheet: { properties } });
  expect(await refusal(add({ title: 'LEADS' }))).toBe(
    'Invalid requests[0].addSheet: A sheet with the name "LEADS" already exists. Please enter another name.',
  );
  expect(await refusal(add({ title: 'x', sheetId: 0 }))).toContain('ID 0 already exists');
  const small = { rowCount: 1, columnCount: 1 };
  const many = Array.from({ length: 199 }, (_, n) => add({ title: `t${n}`, sheetId: n + 1, gridProperties: small }));
  expect((await caller.batch(id, many)).status).toBe(200);
  expect(await refusal(add({ title: 'one more' }))).toContain('limit of 200 sheets');
});

test('writes start inside the grid, and protections hold even for editors', async () => {
  const write = (rowIndex: number, columnIndex: number) => ({
    updateCells: { start: { rowIndex, columnIndex }, rows: [{ values: [text('x')] }], fields: 'userEnteredValue' },
  });
  expect(await refusal(write(5, 0))).toContain('exceeds grid limits. Max rows: 5, max columns: 3');
  await google.userAction(id, { type: 'protect', range: { startRow: 0, endRow: 1 } });
  expect(await refusal(write(0, 0))).toBe(
    'Invalid requests[0].updateCells: You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection if you need to edit.',
  );
  expect((await caller.batch(id, [write(1, 0)])).status).toBe(200);
  const seen = await caller.get(id, 'sheets.protectedRanges(protectedRangeId,requestingUserCanEdit)');
  expect(seen.body.sheets[0].protectedRanges).toEqual([{ protectedRangeId: 1 }]);
  await google.userAction(id, { type: 'unprotect' });
  await google.userAction(id, { type: 'protect', warningOnly: true });
  expect((await caller.batch(id, [write(0, 0)])).status).toBe(200);
});

test('values by filter follow the column; values.append and USER_ENTERED work and are told on', async () => {
  await caller.batch(id, [columnTag(1, 0, 0, 'lead_id'), append(0, ['a', 'Ann'], ['b', 'Bob'])]);
  await google.userAction(id, { type: 'moveColumn', column: 0, to: 3 });
  const filter = { developerMetadataLookup: { metadataId: 1 } };
  const read = await caller.call('POST', `/v4/spreadsheets/${id}/values:batchGetByDataFilter?fields=valueRanges`, {
    dataFilters: [filter],
    majorDimension: 'COLUMNS',
    valueRenderOption: 'UNFORMATTED_VALUE',
  });
  expect(read.body.valueRanges[0].valueRange).toEqual({
    range: "'Leads'!C1:C5",
    majorDimension: 'COLUMNS',
    values: [['Lead ID', 'a', 'b']],
  });
  const path = `/v4/spreadsheets/${id}/values/${encodeURIComponent("'Leads'!A1")}:append`;
  const appended = await caller.call('POST', `${path}?valueInputOption=USER_ENTERED&fields=updates`, {
    values: [['007']],
  });
  expect(appended.body.updates).toMatchObject({ updatedRows: 1, updatedCells: 1 });
  expect((await google.violations()).map(({ kind }) => kind)).toContain('user_entered');
  const parse = await caller.call('GET', `/v4/spreadsheets/${id}/values/${encodeURIComponent('Nope!A1')}`);
  expect(parse.body.error.message).toBe('Unable to parse range: Nope!A1');
});

test('a tab of 100,000 rows takes batches of 1,000', async () => {
  const row = Array.from({ length: 30 }, (_, n) => `value ${n}`);
  const sheets = [
    { title: 'Big', rowCount: 100_001, columnCount: 30, rows: Array.from({ length: 100_000 }, () => row) },
  ];
  const big = await google.createSpreadsheet({ sharedWith: [{ email, role: 'writer' }], sheets });
  const rows = Array.from({ length: 1000 }, () => row);
  expect((await caller.batch(big.spreadsheetId, [guard(1), append(0, ...rows)])).status).toBe(200);
  const { body } = await caller.get(big.spreadsheetId, 'sheets.properties.gridProperties.rowCount');
  expect(body.sheets[0].properties.gridProperties.rowCount).toBe(101_000);
});
