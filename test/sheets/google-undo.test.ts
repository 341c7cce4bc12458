import { expect, test } from 'bun:test';
import { displacedKeys, runs } from '../../src/sheets/targets/google/landed.ts';
import type { Snapshot, Unchecked } from '../../src/sheets/targets/google/memory.ts';
import { findDamage, isSameRow } from '../../src/sheets/targets/google/undo.ts';

/** The pure part of mending: what a write by place did when rows or columns moved under it. */

const snapshot = (header: string[], keys: string[], rows: (string | number)[][], idAt: number): Snapshot => ({
  header,
  places: new Map(keys.map((key, index) => [key, index] as const).filter(([key]) => key !== '')),
  ids: ['Lead ID', ...rows.map((row) => row[idAt] ?? '')],
  values: new Map(keys.map((key, index) => [key, [header[index] ?? '', ...rows.map((row) => row[index] ?? '')]])),
  rows: new Map(rows.map((row) => [String(row[idAt] ?? ''), row])),
});
const indexOf = (now: Snapshot) => new Map(now.ids.map((id, row) => [String(id), row]));
const write = (before: Snapshot, cells: [string, string, string][]): Unchecked => ({
  tabId: 'tab',
  before,
  cells: cells.map(([leadId, key, value]) => ({ leadId, key, value, row: 1 })),
  strays: [],
});

test('nothing moved: no damage', () => {
  const before = snapshot(
    ['Q', 'ID'],
    ['q', 'id'],
    [
      ['', 'a'],
      ['old', 'b'],
    ],
    1,
  );
  const now = snapshot(
    ['Q', 'ID'],
    ['q', 'id'],
    [
      ['new', 'a'],
      ['old', 'b'],
    ],
    1,
  );
  expect(findDamage(write(before, [['a', 'q', 'new']]), now, indexOf(now))).toEqual({ restores: [], mends: [] });
});

test('a sort put another lead under it: that one gets its own value back', () => {
  const before = snapshot(
    ['Q', 'ID'],
    ['q', 'id'],
    [
      ['', 'a'],
      ['old', 'b'],
    ],
    1,
  );
  const now = snapshot(
    ['Q', 'ID'],
    ['q', 'id'],
    [
      ['new', 'b'],
      ['', 'a'],
    ],
    1,
  );
  const { restores, mends } = findDamage(write(before, [['a', 'q', 'new']]), now, indexOf(now));
  expect(restores).toEqual([{ tabId: 'tab', leadId: 'b', key: 'q', value: 'old', fallen: 'new' }]);
  expect(mends).toEqual([]);
});

test('a sort put a row of theirs under it: what they wrote is put back', () => {
  const before = snapshot(
    ['Q', 'ID'],
    ['q', 'id'],
    [
      ['', 'a'],
      ['theirs', ''],
    ],
    1,
  );
  const now = snapshot(
    ['Q', 'ID'],
    ['q', 'id'],
    [
      ['new', ''],
      ['', 'a'],
    ],
    1,
  );
  const { mends } = findDamage(write(before, [['a', 'q', 'new']]), now, indexOf(now));
  expect(mends).toEqual([{ row: 1, column: 0, value: 'theirs' }]);
});

test('a column of theirs came under it: their word is put back by its header', () => {
  const before = snapshot(['Q', 'Notes', 'ID'], ['q', '', 'id'], [['', 'call', 'a']], 2);
  const now = snapshot(['Notes', 'Q', 'ID'], ['', 'q', 'id'], [['new', '', 'a']], 2);
  const { mends } = findDamage(write(before, [['a', 'q', 'new']]), now, indexOf(now));
  expect(mends).toEqual([{ row: 1, column: 0, value: 'call' }]);
});

test('the same value where it stood before is nobody’s damage', () => {
  const before = snapshot(
    ['Q', 'ID'],
    ['q', 'id'],
    [
      ['', 'a'],
      ['hot', 'b'],
      ['hot', ''],
    ],
    1,
  );
  const now = snapshot(
    ['Q', 'ID'],
    ['q', 'id'],
    [
      ['hot', 'a'],
      ['hot', 'b'],
      ['hot', ''],
    ],
    1,
  );
  expect(findDamage(write(before, [['a', 'q', 'hot']]), now, indexOf(now))).toEqual({ restores: [], mends: [] });
});

const EXPECTED = new Map<string, string | null>([
  ['s:quality', null],
  ['f:Email', 'a@example.com'],
  ['f:City', 'Oslo'],
  ['s:lead_id', 'sub_1'],
]);
const PLACES = new Map([...EXPECTED.keys()].map((key, index) => [key, index]));

test('a row as it was written is not displaced, nor is one that somebody edited', () => {
  expect(displacedKeys(['', 'a@example.com', 'Oslo', 'sub_1'], EXPECTED, PLACES)).toEqual([]);
  expect(displacedKeys(['Good', 'a@example.com', 'Bergen', 'sub_1'], EXPECTED, PLACES)).toEqual([]);
  expect(displacedKeys(['', 'a@example.com', '', 'sub_1'], EXPECTED, PLACES)).toEqual([]);
});

test('a row that landed one column to the left is displaced as a whole', () => {
  const keys = displacedKeys(['a@example.com', 'Oslo', 'sub_1', ''], EXPECTED, PLACES);
  expect(keys).toEqual(['s:lead_id', 's:quality', 'f:Email', 'f:City']);
});

test('a value that landed in a column of theirs is missed where it belongs', () => {
  const places = new Map([
    ['s:quality', 0],
    ['f:Email', 2],
    ['f:City', 3],
    ['s:lead_id', 4],
  ]);
  expect(displacedKeys(['', 'a@example.com', '', 'Oslo', 'sub_1'], EXPECTED, places)).toEqual(['s:lead_id', 'f:Email']);
});

test('a row is known by its other values when its Lead ID was written over', () => {
  const before = ['', 'a@example.com', 'Oslo', '+47', 'sub_1'];
  expect(isSameRow(before, ['', '', 'a@example.com', 'Oslo', '+47'], 'sub_1')).toBe(true);
  expect(isSameRow(before, ['', 'b@example.com', 'Oslo', '', 'sub_2'], 'sub_1')).toBe(false);
});

test('rows near each other are read together, within the limit', () => {
  expect(runs([5, 1, 300, 2], 1_000)).toEqual([
    [1, 5],
    [300, 1],
  ]);
  expect(runs([0, 1, 2, 3], 2)).toEqual([
    [0, 2],
    [2, 2],
  ]);
  expect(runs([], 10)).toEqual([]);
});
