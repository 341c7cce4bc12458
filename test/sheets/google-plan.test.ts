import { expect, test } from 'bun:test';
import { rowBytes, rowOf } from '../../src/sheets/targets/google/plan.ts';
import {
  appendRows,
  cellData,
  insertColumns,
  readPlaces,
  writeCells,
} from '../../src/sheets/targets/google/requests.ts';
import { emptyBody } from '../../src/store/lead-body.ts';
import type { Lead, Site } from '../../src/store/store.ts';

/** Never `formulaValue`, never an A1 range by title, never a row number for rows that are added. */

test('every kind of value goes out as what it is', () => {
  expect(cellData('=1+1')).toEqual({ userEnteredValue: { stringValue: '=1+1' } });
  expect(cellData('007')).toEqual({ userEnteredValue: { stringValue: '007' } });
  expect(cellData(12.5)).toEqual({ userEnteredValue: { numberValue: 12.5 } });
  expect(cellData(false)).toEqual({ userEnteredValue: { boolValue: false } });
  expect(cellData(null)).toEqual({});
});

test('a row is laid out by places, with nothing in columns of others', () => {
  const lead = {
    id: 'sub_1',
    quality: null,
    submittedAt: 0,
    judgement: null,
    body: { ...emptyBody(), fields: { Email: 'a@example.com', '=1+1': '=2+2' } },
  } as unknown as Lead;
  const places = new Map([
    ['f:=1+1', 5],
    ['s:lead_id', 0],
    ['f:Email', 3],
    ['f:Missing', 9],
  ]);
  const row = rowOf(lead, [], places, { timezone: 'UTC' } as Site);
  expect(row).toEqual(['sub_1', null, null, 'a@example.com', null, '=2+2']);
  expect(rowBytes(row)).toBe(JSON.stringify({ values: row.map(cellData) }).length);
});

test('rows are appended to a tab by its number, under a mask that leaves formats alone', () => {
  expect(appendRows(7, [['a', null, 1]])).toEqual({
    appendCells: {
      sheetId: 7,
      rows: [{ values: [{ userEnteredValue: { stringValue: 'a' } }, {}, { userEnteredValue: { numberValue: 1 } }] }],
      fields: 'userEnteredValue',
    },
  });
  expect(writeCells(7, 2, 3, ['x'])).toMatchObject({
    updateCells: { start: { sheetId: 7, rowIndex: 2, columnIndex: 3 }, fields: 'userEnteredValue' },
  });
});

test('new columns are inserted, so that they are empty whatever was moved there; the grid grows only at its end', () => {
  expect(insertColumns(7, 3, 2, 10).map((request) => Object.keys(request)[0])).toEqual(['insertDimension']);
  expect(insertColumns(7, 10, 2, 10).map((request) => Object.keys(request)[0])).toEqual([
    'appendDimension',
    'insertDimension',
  ]);
});

test("the places in Google's reply: a left-out zero is the first column, anything else is no answer", () => {
  const entry = (metadataId: number, dimensionRange: object) => ({ metadataId, location: { dimensionRange } });
  const reply = {
    updateDeveloperMetadata: {
      developerMetadata: [entry(1, { endIndex: 1 }), entry(2, { startIndex: 4, endIndex: 5 })],
    },
  };
  expect([...(readPlaces(reply) ?? [])]).toEqual([
    [1, 0],
    [2, 4],
  ]);
  for (const broken of [undefined, null, {}, 'x', { updateDeveloperMetadata: {} }])
    expect(readPlaces(broken)).toBe(null);
});
