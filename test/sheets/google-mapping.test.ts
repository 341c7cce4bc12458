import { describe, expect, test } from 'bun:test';
import type { DeveloperMetadata } from '../../src/sheets/targets/google/api.ts';
import {
  drawId,
  guardId,
  guardsOf,
  guardValue,
  isGuardOf,
  isOurs,
  mapTab,
  originalTabs,
  tagValue,
} from '../../src/sheets/targets/google/mapping.ts';
import { freeTitle } from '../../src/sheets/targets/google/titles.ts';
import type { SheetColumn } from '../../src/store/sheets.ts';

const column = (key: string, metadataId: number, state: SheetColumn['state'] = 'active'): SheetColumn => ({
  key,
  header: key,
  position: 0,
  metadataId,
  state,
});
const tag = (metadataId: number, value: string, sheetId: number, index: number): DeveloperMetadata => ({
  metadataId,
  key: 'lc.f',
  value,
  location: { type: 'COLUMN', sheetId, index },
});

describe('guards', () => {
  test('are known by their batch, whatever instance sent them, and short enough for a thousand', () => {
    const value = guardValue('instance', 'bat_0123456789abcdefghijk', 1_790_000_000_000);
    expect(isGuardOf(value, 'bat_0123456789abcdefghijk')).toBe(true);
    expect(isGuardOf(value, 'bat_0123456789abcdefghijz')).toBe(false);
    expect(isOurs(value, 'instance')).toBe(true);
    expect(isOurs(value, 'another1')).toBe(false);
    expect('lc.g'.length + value.length).toBeLessThanOrEqual(30);
  });

  test('never share a number with a tab or a column', () => {
    for (const random of [0, 0.5, 0.999_999_999]) {
      expect(drawId(() => random)).toBeGreaterThan(guardId(100_000_000));
      expect(drawId(() => random)).toBeLessThan(2 ** 31 - 1);
    }
    const others = [
      tag(
        drawId(() => 0),
        'f:x',
        1,
        0,
      ),
      { ...tag(guardId(7), 'x', 1, 0), key: 'lc.g' },
    ];
    expect(guardsOf(others).map((guard) => guard.metadataId)).toEqual([guardId(7)]);
  });
});

describe('columns', () => {
  test('are found by id wherever they moved, on their own tab alone', () => {
    const tab = { sheetId: 7, columns: [column('f:a', 1), column('f:b', 2)] };
    const map = mapTab(tab, [tag(2, 'f:b', 7, 0), tag(1, 'f:a', 7, 5), tag(9, 'f:a', 8, 3)]);
    expect([...map.places]).toEqual([
      ['f:a', 5],
      ['f:b', 0],
    ]);
    expect(map.changed).toEqual([]);
  });

  test('one whose mark is gone was deleted; one that comes back with it is there again', () => {
    const tab = { sheetId: 7, columns: [column('f:a', 1), column('f:b', 2), column('f:c', 3, 'removed')] };
    const map = mapTab(tab, [tag(1, 'f:a', 7, 0), tag(3, 'f:c', 7, 1)]);
    expect(map.changed).toEqual([column('f:b', 2, 'removed'), column('f:c', 3, 'active')]);
  });

  test('without any mark nothing is said to be deleted: the marks may be, not the columns', () => {
    const map = mapTab({ sheetId: 7, columns: [column('f:a', 1)] }, [tag(1, 'f:a', 8, 0)]);
    expect(map).toMatchObject({ tagged: false, changed: [] });
  });

  test('a planned column is not taken for a deleted one', () => {
    const map = mapTab({ sheetId: 7, columns: [column('f:a', 1), column('f:b', 2, 'planned')] }, [tag(1, 'f:a', 7, 0)]);
    expect(map.changed).toEqual([]);
  });

  test('one known under another id is taken over by its value, and unknown ones are named', () => {
    const map = mapTab({ sheetId: 7, columns: [column('f:a', 1)] }, [tag(5, 'f:a', 7, 2), tag(6, 'f:new', 7, 3)]);
    expect(map.changed).toEqual([column('f:a', 5)]);
    expect([...map.unknown]).toEqual([['f:new', { metadataId: 6, index: 3 }]]);
  });

  test('marks of 200 long names fit the 30,000 characters of a tab, each its own', () => {
    const keys = Array.from({ length: 230 }, (_, n) => `f:${'a very long question '.repeat(9)}${n}`);
    const values = keys.map(tagValue);
    expect(new Set(values).size).toBe(keys.length);
    expect(values.reduce((sum, value) => sum + value.length + 'lc.f'.length, 0)).toBeLessThan(30_000);
    expect(tagValue('f:Email')).toBe('f:Email');
  });
});

test('the mark of a tab counts on the tab that was made with it, not on a copy', () => {
  const mark = (metadataId: number, sheetId: number): DeveloperMetadata => ({
    metadataId,
    key: 'lc.t',
    value: 'frm_1',
    location: { type: 'SHEET', sheetId },
  });
  expect([...originalTabs([mark(99, 8), mark(7, 7)])]).toEqual([['frm_1', 7]]);
});

describe('titles', () => {
  test.each([
    ['Contact', 'Contact'],
    ['a/b\\c?d*e[f]g:h', 'a b c d e f g h'],
    ["  'quoted'\n ", 'quoted'],
    ['', 'Leads'],
    ['*', 'Leads'],
    ['x'.repeat(40), 'x'.repeat(31)],
    ['🙂'.repeat(20), '🙂'.repeat(15)],
  ])('%p becomes %p', (wanted, title) => {
    expect(freeTitle(wanted, new Set())).toBe(title);
  });

  test('are unique without regard to case, and still short', () => {
    expect(freeTitle('Contact', new Set(['contact']))).toBe('Contact (2)');
    expect(freeTitle('Contact (2)', new Set(['contact', 'contact (2)']))).toBe('Contact (3)');
    const long = 'y'.repeat(31);
    expect(freeTitle(long, new Set([long]))).toBe(`${'y'.repeat(27)} (2)`);
  });
});
