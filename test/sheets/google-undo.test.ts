import { expect, test } from 'bun:test';
import { displacedKeys, runs } from '../../src/sheets/targets/google/landed.ts';
import type { Snapshot, UncheckedCell, Value } from '../../src/sheets/targets/google/memory.ts';
import { findDamage } from '../../src/sheets/targets/google/undo.ts';

/** The pure part of mending: what a write by place did when rows or columns moved under it. */

const id = (n: number) => `sub_${String(n).padStart(21, '0')}`;
const [A, B, C] = [id(1), id(2), id(3)];

/** A tab by its rows, header first; `*` before a header: a column of ours, and the rest is its key. */
function snapshot(header: string[], ...rows: Value[][]): Snapshot {
  const places = new Map(header.flatMap((text, n) => (text.startsWith('*') ? [[text.slice(1), n] as const] : [])));
  return { places, rows: [header, ...rows] };
}

/** Undoes a write of `cells` (row, column, value), and returns the tab as it is then. */
function undone(before: Snapshot, cells: [number, number, Value, string?][], now: Snapshot): Value[][] {
  const all = cells.map(([row, column, value, key]): UncheckedCell => {
    return { row, column, value, leadId: key === undefined ? null : A, key: key ?? null };
  });
  const rows = now.rows.slice(1).map((row) => row.map((value) => value ?? ''));
  for (const { row, column, value } of findDamage({ before, cells: all }, now)) {
    const cellsOfRow = rows[row - 1] ?? [];
    cellsOfRow[column] = value;
  }
  return rows;
}

const ID = '*s:lead_id';

test('all arrived: nothing is touched, whatever was sorted afterwards', () => {
  const before = snapshot(['*q', ID], ['', A], ['new', B], ['old', C]);
  const now = snapshot(['*q', ID], ['old', C], ['new', A], ['new', B]);
  expect(findDamage({ before, cells: [{ row: 1, column: 0, value: 'new', leadId: A, key: 'q' }] }, now)).toEqual([]);
});

test('a sort put another lead under it: that one gets its own value back', () => {
  const before = snapshot(['*q', ID], ['', A], ['old', B]);
  const now = snapshot(['*q', ID], ['new', B], ['', A]);
  expect(undone(before, [[1, 0, 'new', 'q']], now)).toEqual([
    ['old', B],
    ['', A],
  ]);
});

test('the same value where it stood before, or in a row that came later, is nobody’s damage', () => {
  const before = snapshot(['*q', ID], ['', A], ['hot', B], ['hot', '']);
  const now = snapshot(['*q', ID], ['hot', B], ['hot', ''], ['hot', C]);
  expect(undone(before, [[1, 0, 'hot', 'q']], now)).toEqual(now.rows.slice(1) as Value[][]);
});

test('a sort put a row of theirs under it: what they wrote is put back, in the row it came from', () => {
  const before = snapshot(['*q', 'Notes', ID], ['', '', A], ['theirs', 'call', ''], ['other', 'mail', '']);
  const now = snapshot(['*q', 'Notes', ID], ['new', 'call', ''], ['', '', A], ['other', 'mail', '']);
  expect(undone(before, [[1, 0, 'new', 'q']], now)).toEqual([
    ['theirs', 'call', ''],
    ['', '', A],
    ['other', 'mail', ''],
  ]);
});

test('a column of theirs came under it: their word is put back, by header or by what else is in it', () => {
  for (const header of ['Notes', '']) {
    const before = snapshot(['*q', header, ID], ['', 'call', A], ['', 'mail', B]);
    const now = snapshot([header, '*q', ID], ['new', '', A], ['mail', '', B]);
    expect(undone(before, [[1, 0, 'new', 'q']], now)).toEqual([
      ['call', '', A],
      ['mail', '', B],
    ]);
  }
});

test('rows and columns moved at once: the cell it fell upon gets back what it had', () => {
  const before = snapshot(['*q', 'Notes', '*f:Name', ID], ['', 'call', 'Ann', A], ['', 'mail', 'Bob', B]);
  const now = snapshot(['Notes', '*q', '*f:Name', ID], ['new', '', 'Bob', B], ['call', '', 'Ann', A]);
  expect(undone(before, [[1, 0, 'new', 'q']], now)).toEqual([
    ['mail', '', 'Bob', B],
    ['call', '', 'Ann', A],
  ]);
});

test('the row was deleted, and the value stands alone in what comes after it: it is taken out', () => {
  const before = snapshot(['*q', ID], ['', B], ['', A]);
  const now = snapshot(['*q', ID], ['', B], ['new', '']);
  expect(undone(before, [[2, 0, 'new', 'q']], now)).toEqual([
    ['', B],
    ['', ''],
  ]);
});

test('an inserted row or column under it is empty again', () => {
  const before = snapshot(['*q', ID], ['', A]);
  expect(undone(before, [[1, 0, 'new', 'q']], snapshot(['*q', ID], ['new', ''], ['', A]))[0]).toEqual(['', '']);
  expect(undone(before, [[1, 0, 'new', 'q']], snapshot(['', '*q', ID], ['new', '', A]))).toEqual([['', '', A]]);
});

test('a Lead ID that was to be put right fell upon another row: that one is itself again', () => {
  // A's row stands one column to the left; its Lead ID is written while a sort puts B there.
  const header = ['*q', '*f:Name', '*f:City', ID];
  const before = snapshot(header, ['Ann', 'Oslo', A, ''], ['Good', 'Bob', 'Rome', B]);
  const now = snapshot(header, ['Good', 'Bob', 'Rome', A], ['Ann', 'Oslo', A, '']);
  expect(undone(before, [[1, 3, A, 's:lead_id']], now)).toEqual([
    ['Good', 'Bob', 'Rome', B],
    ['Ann', 'Oslo', A, ''],
  ]);
  const right = snapshot(header, ['Good', 'Bob', 'Rome', B], ['Ann', 'Oslo', A, A]);
  expect(undone(before, [[1, 3, A, 's:lead_id']], right)).toEqual(right.rows.slice(1) as Value[][]);
});

test('a row was deleted, and the Lead ID fell below the last one: nothing deleted comes back', () => {
  const header = ['*q', '*f:Name', '*f:City', ID];
  const before = snapshot(header, ['Good', 'Bob', 'Rome', B], ['Ann', 'Oslo', A, '']);
  const now = snapshot(header, ['Ann', 'Oslo', A, ''], ['', '', '', A]);
  expect(undone(before, [[2, 3, A, 's:lead_id']], now)).toEqual([
    ['Ann', 'Oslo', A, ''],
    ['', '', '', ''],
  ]);
});

test('the very row was deleted: its Lead ID does not stay behind alone', () => {
  const header = ['*q', '*f:Name', '*f:City', '*f:Tel', ID];
  const before = snapshot(header, ['Ann', 'Oslo', '+47', A, '']);
  expect(undone(before, [[1, 4, A, 's:lead_id']], snapshot(header, ['', '', '', '', A]))).toEqual([
    ['', '', '', '', ''],
  ]);
});

test('what was put back or taken out, and did not arrive, is done again', () => {
  const before = snapshot(['*q', 'Notes', ID], ['', 'ours', A], ['', 'theirs', B]);
  const now = snapshot(['*q', 'Notes', ID], ['', '', B], ['', 'ours', A]);
  expect(undone(before, [[1, 1, '']], now)).toEqual([
    ['', 'theirs', B],
    ['', '', A],
  ]);
});

test('who typed over it keeps his word, and who emptied a cell himself finds it empty', () => {
  const before = snapshot(['*q', ID], ['', A], ['old', B], ['else', C]);
  const now = snapshot(['*q', ID], ['typed', B], ['', A], ['', C]);
  expect(undone(before, [[1, 0, 'new', 'q']], now)).toEqual(now.rows.slice(1) as Value[][]);
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

test('values that were changed since the row was sent are proof too, but not where they were meant', () => {
  const former = new Map([
    ['s:quality', ['Good']],
    ['f:City', ['Rome']],
  ]);
  const keys = (cells: string[], places = PLACES) => displacedKeys(cells, EXPECTED, places, former);
  expect(keys(['Good', 'a@example.com', 'Rome', 'sub_1'])).toEqual([]);
  expect(keys(['', 'Rome', 'Oslo', 'sub_1'])).toEqual(['s:lead_id', 'f:Email']);
  const places = new Map([...PLACES].map(([key, place]) => [key, place + 1]));
  expect(keys(['Good', '', 'a@example.com', 'Oslo', 'sub_1'], places)).toEqual(['s:lead_id']);
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
