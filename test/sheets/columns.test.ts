import { describe, expect, test } from 'bun:test';
import {
  fieldKey,
  LEAD_ID_KEY,
  MAX_FIELD_COLUMNS,
  missingColumns,
  newTabColumns,
  OTHER_KEY,
  SYSTEM_COLUMNS,
} from '../../src/sheets/columns.ts';
import type { SheetColumn } from '../../src/store/sheets.ts';
import { lead, site } from './samples.ts';

const headers = (columns: readonly { header: string }[]) => columns.map((column) => column.header);
const keys = (columns: readonly { key: string }[]) => columns.map((column) => column.key);

function stored(columns: readonly { key: string; header: string }[], removed: readonly string[] = []): SheetColumn[] {
  return columns.map((column, position) => ({
    ...column,
    position,
    metadataId: 0,
    state: removed.includes(column.key) ? 'removed' : 'active',
  }));
}

describe('a new tab', () => {
  test('has the columns of spec 4 in its order, fields in order of first sight', () => {
    const leads = [lead({ Email: 'a@example.com', Name: 'A' }), lead({ Phone: '1', Email: 'b@example.com' })];
    expect(headers(newTabColumns(site(), leads, []))).toEqual(
      (
        'Lead Quality,Submitted at,Email,Name,Phone,Page URL,Referrer,Lead Score,Lead Score Reason,Lead Summary,' +
        'Match Confidence,Company,Job Title,LinkedIn,Industry,Company Size,Country,UTM Source,UTM Medium,' +
        'UTM Campaign,UTM Term,UTM Content,Paid Source,Click ID,Browser,OS,Device Type,Screen Size,Language,' +
        'Timezone,Lead ID'
      ).split(','),
    );
  });

  test('takes the fields the form is known by first, in their order', () => {
    const columns = newTabColumns(site({ columns: [] }), [lead({ C: '', A: '' })], ['A', 'B']);
    expect(keys(columns)).toEqual(['f:A', 'f:B', 'f:C', LEAD_ID_KEY]);
  });

  test('has only the system columns the site chose, and always the Lead ID', () => {
    const columns = newTabColumns(site({ columns: ['page_url', 'quality'] }), [], ['Email']);
    expect(keys(columns)).toEqual(['s:quality', 'f:Email', 's:page_url', 's:lead_id']);
  });

  test('puts the fields beyond 200 into one column after them', () => {
    const names = Array.from({ length: 250 }, (_, i) => `Field ${i}`);
    const columns = newTabColumns(site({ columns: [] }), [], names);
    expect(columns).toHaveLength(MAX_FIELD_COLUMNS + 2);
    expect(keys(columns).slice(-3)).toEqual(['f:Field 199', OTHER_KEY, LEAD_ID_KEY]);
    const atTheLimit = newTabColumns(site({ columns: [] }), [], names.slice(0, 200));
    expect(keys(atTheLimit)).not.toContain(OTHER_KEY);
  });

  test('has no two headers that read the same, with or without regard to case', () => {
    const columns = newTabColumns(site(), [], ['Company', 'email', 'Email', 'lead id', 'Other fields', 'email (2)']);
    expect(headers(columns).filter((_, i) => columns[i]?.key.startsWith('f:'))).toEqual([
      'Company (form)',
      'email',
      'Email (2)',
      'lead id (form)',
      'Other fields (form)',
      'email (2) (2)',
    ]);
    const folded = headers(columns).map((header) => header.toLowerCase());
    expect(new Set(folded).size).toBe(folded.length);
  });

  test('keeps a field clear of a system column that is switched off: it may be switched on later', () => {
    const columns = newTabColumns(site({ columns: [] }), [], ['OS']);
    expect(headers(columns)).toEqual(['OS (form)', 'Lead ID']);
  });
});

describe('missing columns', () => {
  const small = site({ columns: [] });

  test('are the fields not seen before, in order, and nothing when all are there', () => {
    const existing = stored(newTabColumns(small, [lead({ A: 1 })], []));
    expect(keys(missingColumns(existing, [lead({ C: 1, A: 1 }), lead({ B: 1 })], small))).toEqual(['f:C', 'f:B']);
    expect(missingColumns(existing, [lead({ A: 2 })], small)).toEqual([]);
  });

  test('never include a column that the user deleted', () => {
    const existing = stored(newTabColumns(site(), [lead({ A: 1 })], []), ['f:A', 's:browser']);
    expect(missingColumns(existing, [lead({ A: 2 })], site())).toEqual([]);
  });

  test('include system columns that the site switched on since, after new fields', () => {
    const existing = stored(newTabColumns(small, [], ['A']));
    const more = missingColumns(existing, [lead({ B: 1 })], site({ columns: ['os'] }));
    expect(more).toEqual([
      { key: 'f:B', header: 'B' },
      { key: 's:os', header: 'OS' },
    ]);
  });

  test('stop at 200 field columns, then are one for all others, once', () => {
    const names = Array.from({ length: 199 }, (_, i) => `Field ${i}`);
    const existing = stored(newTabColumns(small, [], names));
    const many = lead({ X: 1, Y: 1, Z: 1 });
    const more = missingColumns(existing, [many], small);
    expect(keys(more)).toEqual(['f:X', OTHER_KEY]);
    expect(missingColumns(stored([...existing, ...more]), [many], small)).toEqual([]);
  });

  test('a deleted field column makes room for another', () => {
    const names = Array.from({ length: 200 }, (_, i) => `Field ${i}`);
    const existing = stored(newTabColumns(small, [], names), [fieldKey('Field 7')]);
    expect(keys(missingColumns(existing, [lead({ X: 1 })], small))).toEqual(['f:X']);
  });

  test('get headers apart from those that are there', () => {
    const existing = stored(newTabColumns(small, [], ['Email']));
    expect(headers(missingColumns(existing, [lead({ email: 1, EMAIL: 1 })], small))).toEqual([
      'email (2)',
      'EMAIL (3)',
    ]);
  });
});

test('every system column has a key and a header of its own', () => {
  expect(new Set(keys(SYSTEM_COLUMNS)).size).toBe(28);
  expect(new Set(headers(SYSTEM_COLUMNS)).size).toBe(28);
});
