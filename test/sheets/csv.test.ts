import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { csvRow, EXCEL_MARK, neutralise, parseCsv, parseRecord, RecordSplitter } from '../../src/sheets/csv.ts';

/** Text as a file holds it: one character a byte. */
const bytes = (text: string) => Buffer.from(text).toString('latin1');

const WIDE = ['＝1+1', '＋1+1', '－1+1', '＠SUM(A1)', '＝', '＋44 20 7946 0000'];

describe('neutralising', () => {
  test('puts an apostrophe before everything a spreadsheet would run', () => {
    for (const text of [
      '=1+1',
      '+1+1',
      '-1+1',
      '@SUM(A1)',
      '\t=1',
      '\r=1',
      '=',
      '-',
      '+x',
      '-1;=2',
      '+44\n=1',
      '\n=1',
      ...WIDE,
    ]) {
      expect(neutralise(text)).toBe(text === '-' ? '-' : `'${text}`);
    }
  });

  test('leaves plain numbers, phone numbers and all other text alone', () => {
    const plain = [
      '-5',
      '-1.5',
      '+3',
      '-1e-7',
      '-.5',
      '+44 20 7946 0000',
      '+1 (555) 010-9999',
      '+49/30/1',
      "'x",
      '007',
    ];
    for (const text of [...plain, '', 'a=1', ' =1', '1/2', '"=1"']) expect(neutralise(text)).toBe(text);
  });

  test('is done once', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (t) => neutralise(neutralise(t)) === neutralise(t)));
  });
});

describe('writing', () => {
  test('follows RFC 4180', () => {
    expect(csvRow(['a', 'b c', 'd,e', 'f"g', 'h\ni', '', ' j'])).toBe('a,b c,"d,e","f""g","h\ni",," j"\r\n');
  });

  test('quotes what other locales split at', () => {
    expect(csvRow(['a;=1', 'a\t=1'])).toBe('"a;=1","a\t=1"\r\n');
  });

  test('header cells are neutralised like all others', () => {
    expect(csvRow(['=HYPERLINK("x")'])).toBe(`"'=HYPERLINK(""x"")"\r\n`);
  });
});

const cell = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', 'x', '😀', "'", '=') }),
);
const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 5 }), { maxLength: 8 });

describe('reading', () => {
  test('gives back what was written, in whatever pieces it comes', () => {
    fc.assert(
      fc.property(table, fc.array(fc.nat(20)), (rows, cuts) => {
        const text = bytes(rows.map(csvRow).join(''));
        const splitter = new RecordSplitter();
        const records: string[] = [];
        let at = 0;
        for (const cut of cuts) {
          records.push(...splitter.push(text.slice(at, at + cut)));
          at += cut;
        }
        records.push(...splitter.push(text.slice(at)), ...splitter.end());
        expect(records.join('')).toBe(text);
        const read = records.map((r) => parseRecord(r).map((c) => Buffer.from(c, 'latin1').toString()));
        expect(read).toEqual(rows.map((row) => row.map(neutralise)));
      }),
    );
  });

  test('takes any line end, a last record without one, and a byte order mark', () => {
    expect(parseCsv(`${EXCEL_MARK}a,b\nc,d\re,f\r\ng,`)).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['e', 'f'],
      ['g', ''],
    ]);
    expect(parseCsv('')).toEqual([]);
    expect(parseCsv('\n')).toEqual([['']]);
  });

  test('takes stray quotes as they stand', () => {
    expect(parseCsv('a"b,"c"d,"e\nf\n')).toEqual([['a"b', 'cd', 'e\nf']]);
  });

  test('tells an unfinished record from a finished one', () => {
    const splitter = new RecordSplitter();
    expect(splitter.push('a,b\r\nc,"d\r\n')).toEqual(['a,b\r\n']);
    expect(splitter.rest()).toBe('c,"d\r\n');
  });
});
