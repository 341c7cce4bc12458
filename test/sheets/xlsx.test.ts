import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { type Cell, CUT_MARK } from '../../src/sheets/cells.ts';
import { type XlsxTable, xlsxFile } from '../../src/sheets/xlsx.ts';
import { missingClients } from '../support/clients.ts';
import { readXlsx, type SheetRead } from '../support/xlsx.ts';

setDefaultTimeout(60_000);
const missing = await missingClients();

const NOW = Date.parse('2026-11-22T14:05:00Z');
const LIMITS = { rows: 1_048_576, text: 32_767, bytes: 3_000_000_000 };
const text = (said: string): Cell => ({ kind: 'text', text: said });

function* paged<T>(rows: readonly T[], size = 7): Generator<T[]> {
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size);
}
const tableOf = (headers: string[], rows: readonly (readonly Cell[])[]): XlsxTable => ({ headers, pages: paged(rows) });

describe.skipIf(missing !== null)('a workbook, read by another program', () => {
  test('has texts as texts, numbers as numbers, truths, and times as dates of the zone', async () => {
    const cells: Cell[] = [
      { kind: 'time', ms: Date.parse('2026-07-01T22:30:15Z'), timezone: 'Europe/Berlin' },
      { kind: 'number', number: -0.1 },
      { kind: 'number', number: 9_007_199_254_740_991 },
      { kind: 'bool', bool: false },
      null,
      text('0049 30 123'),
      { kind: 'time', ms: Date.parse('1899-01-01T00:00:00Z'), timezone: 'UTC' },
    ];
    const [sheet, ...more] = await readXlsx(
      await xlsxFile(tableOf(['When', 'a', 'b', 'c', 'd', 'e', 'f'], [cells]), NOW),
    );
    expect(more).toEqual([]);
    expect(sheet).toMatchObject({ name: 'Leads', view: { state: 'frozen', ySplit: 1, topLeftCell: 'A2' } });
    const value = (at: string) => [sheet?.cells[at]?.kind, sheet?.cells[at]?.value];
    expect(sheet?.cells.A1).toEqual({ kind: 'string', value: 'When', bold: true });
    expect(value('A2')).toEqual(['date', '2026-07-02T00:30:15.000Z']);
    expect([value('B2'), value('C2'), value('D2')]).toEqual([
      ['number', -0.1],
      ['number', 9_007_199_254_740_991],
      ['boolean', false],
    ]);
    expect(sheet?.cells.E2).toBeUndefined();
    expect(value('F2')).toEqual(['string', '0049 30 123']);
    // A day that Excel counts wrongly.
    expect(value('G2')).toEqual(['string', '1899-01-01T00:00:00.000Z']);
  });

  test('holds whatever strangers type, and nothing of it is a formula', async () => {
    const hostile = [
      '=HYPERLINK("http://example.com")',
      '+1+1',
      '@SUM(A1)',
      "-2+3+cmd|' /C calc'!A0",
      '</t></is></c></row></sheetData><x>',
      '<!DOCTYPE x [<!ENTITY a "b">]>&a; ]]>',
      '  two spaces  ',
      'a\tb\nc',
      '😀 ‮ right to left',
      '__proto__',
    ];
    const rows = hostile.map((said) => [text(said), text('x')]);
    const [sheet] = await readXlsx(await xlsxFile(tableOf(['=1+1', '<b>"&'], rows), NOW));
    expect(sheet?.cells.A1?.value).toBe('=1+1');
    expect(sheet?.cells.B1?.value).toBe('<b>"&');
    expect(hostile.map((_, n) => sheet?.cells[`A${n + 2}`]?.value)).toEqual(hostile);
    expect(Object.values(sheet?.cells ?? {}).map(({ kind }) => kind)).not.toContain('object');
  });

  test('leaves out what XML can not write, and cuts what no cell holds', async () => {
    const long = `${'x'.repeat(32_767 - CUT_MARK.length - 1)}😀${'y'.repeat(100)}`;
    const rows = [
      [text('a\u0000\u0008b\u000b\u001f\ufffe\uffffc')],
      [text('half \ud800 pair')],
      [text('one\r\ntwo\rthree')],
      [text('\u0001')],
      [text('x'.repeat(32_767))],
      [text(long)],
      [text('_x0041_ _X00e4_ x0041_')],
    ];
    const [sheet] = await readXlsx(await xlsxFile(tableOf(['a'], rows), NOW));
    const value = (row: number) => sheet?.cells[`A${row}`]?.value;
    expect([value(2), value(3), value(4)]).toEqual(['abc', 'half \ufffd pair', 'one\ntwo\nthree']);
    expect(value(5)).toBeUndefined();
    expect(value(6)).toBe('x'.repeat(32_767));
    expect(value(7)).toBe(long.slice(0, 32_767 - CUT_MARK.length - 1) + CUT_MARK);
    // As ECMA-376 writes a stroke before what would be read as a character's number (ST_Xstring); this reader shows it.
    expect(value(8)).toBe('_x005F_x0041_ _x005F_X00e4_ x0041_');
  });

  test('goes on in further sheets with the same first row, by rows and by bytes', async () => {
    const rows = Array.from({ length: 25 }, (_, n) => [{ kind: 'number', number: n } as const]);
    const numbers = (sheets: SheetRead[]) =>
      sheets.map(({ cells }) =>
        Object.values(cells).flatMap(({ value }) => (typeof value === 'number' ? [value] : [])),
      );
    const byRows = await readXlsx(await xlsxFile(tableOf(['n'], rows), NOW, { ...LIMITS, rows: 11 }));
    expect(byRows.map(({ name, cells }) => [name, cells.A1?.value])).toEqual([
      ['Leads', 'n'],
      ['Leads 2', 'n'],
      ['Leads 3', 'n'],
    ]);
    expect(numbers(byRows)).toEqual(
      [rows.slice(0, 10), rows.slice(10, 20), rows.slice(20)].map((part) => part.map(([cell]) => cell?.number ?? -1)),
    );
    const exactly = await readXlsx(await xlsxFile(tableOf(['n'], rows.slice(0, 20)), NOW, { ...LIMITS, rows: 11 }));
    expect(exactly).toHaveLength(2);
    const wide = Array.from({ length: 8 }, (_, n) => [text(`${n}`.repeat(32_000))]);
    const byBytes = await readXlsx(await xlsxFile(tableOf(['n'], wide), NOW, { ...LIMITS, bytes: 100_000 }));
    expect(byBytes.map(({ cells }) => Object.keys(cells).length - 1)).toEqual([6, 2]);
    const empty = await readXlsx(await xlsxFile(tableOf(['n'], []), NOW));
    expect(empty.map(({ cells }) => Object.keys(cells))).toEqual([['A1']]);
  });
});

/** Rows without an end; what was asked of them is counted. */
function endless() {
  const seen = { pages: 0, ended: false };
  function* pages(): Generator<Cell[][]> {
    try {
      for (;;) {
        seen.pages += 1;
        // What packs badly, so that little is enough to fill whatever is held back.
        yield Array.from({ length: 10 }, () => [text(crypto.getRandomValues(Buffer.alloc(8_000)).toString('hex'))]);
      }
    } finally {
      seen.ended = true;
    }
  }
  return { seen, pages: pages() };
}

test('a workbook is made no faster than it is read, and whoever stops reading ends the work', async () => {
  const { seen, pages } = endless();
  const reader = (await xlsxFile({ headers: ['a'], pages }, NOW)).getReader();
  let bytes = 0;
  for (let n = 0; n < 100; n++) {
    bytes += (await reader.read()).value?.length ?? 0;
    // Half of a page is left when it is packed; what is ahead of the reader is what the pipes on the way hold.
    expect(seen.pages).toBeLessThan(bytes / 70_000 + 20);
  }
  expect(seen.pages).toBeGreaterThan(bytes / 100_000);
  expect(seen.ended).toBe(false);
  await reader.cancel();
  expect(seen.ended).toBe(true);
  expect(pages.next().done).toBe(true);
});

test('where the rows can not be read the file breaks off: nobody takes it for whole', async () => {
  function* pages(): Generator<Cell[][]> {
    yield [[text('a')]];
    throw new Error('the disk is gone');
  }
  // In the middle of a sheet, and between two.
  for (const rows of [100, 2]) {
    const file = await xlsxFile({ headers: ['a'], pages: pages() }, NOW, { ...LIMITS, rows });
    expect(await new Response(file).bytes().catch(String)).toContain('the disk is gone');
  }
});
