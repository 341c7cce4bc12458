import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { CsvReader } from '../../src/intake/imports/csv.ts';
import { JsonLinesReader, JsonReader } from '../../src/intake/imports/json.ts';
import { WrappedReader, WrapperScan } from '../../src/intake/imports/json-wrapped.ts';
import { MAX_COLUMNS, MAX_ROW } from '../../src/intake/imports/rows.ts';
import { cellsOf, rowsOf } from './files.ts';

const SEED = Number(process.env.LTS_TEST_SEED || Math.floor(Math.random() * 2 ** 31));

const separators = fc.constantFrom(',', ';', '\t', '|');
const lineEnds = fc.constantFrom('\r\n', '\n', '\r');
const pieces = fc.integer({ min: 1, max: 40 });
const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.constantFrom('"', ',', ';', '\t', '|', '\r', '\n', 'a', ' ', '')).map((parts) => parts.join('')),
);

function written(rows: readonly (readonly string[])[], separator: string, lineEnd: string, quoteAll: boolean): string {
  const cell = (text: string) =>
    quoteAll || /["\r\n]/.test(text) || text.includes(separator) ? `"${text.replaceAll('"', '""')}"` : text;
  return rows.map((row) => row.map(cell).join(separator) + lineEnd).join('');
}

const blank = (row: readonly string[]) => row.every((cell) => cell.trim() === '');

describe('CSV', () => {
  test(`what was written is read again, in whatever dialect and pieces (LTS_TEST_SEED=${SEED})`, () => {
    const table = fc.array(fc.array(anyText, { minLength: 1, maxLength: 6 }), { maxLength: 8 });
    fc.assert(
      fc.property(table, separators, lineEnds, fc.boolean(), pieces, (rows, separator, lineEnd, quoteAll, piece) => {
        const found = rowsOf(new CsvReader(separator), written(rows, separator, lineEnd, quoteAll), piece);
        expect(cellsOf(found)).toEqual(rows.map((row) => (blank(row) ? null : row)));
        expect(found.map(({ number }) => number)).toEqual(rows.map((_, i) => i + 1));
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test(`anything at all is read the same in whatever pieces (LTS_TEST_SEED=${SEED})`, () => {
    fc.assert(
      fc.property(anyText, anyText, pieces, (one, two, piece) => {
        const text = `${one}\n${two}`;
        expect(rowsOf(new CsvReader(','), text, piece)).toEqual(rowsOf(new CsvReader(','), text));
      }),
      { seed: SEED, numRuns: 1_000 },
    );
  });

  test.each([
    [
      'a,b\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,b\r\n1,',
      [
        ['a', 'b'],
        ['1', ''],
      ],
    ],
    ['a\r\rb\n\nc', [['a'], null, ['b'], null, ['c']]],
    ['"a""b","c\r\nd"\r\n', [['a"b', 'c\r\nd']]],
    ['5" pipe,x\n', [['5" pipe', 'x']]],
    ['"a"b,c', [['ab', 'c']]],
    [',,\n , \n', [null, null]],
    ['', []],
  ])('%j', (text, expected) => {
    for (const piece of [1, 2, 3, 100]) expect(cellsOf(rowsOf(new CsvReader(','), text, piece))).toEqual(expected);
  });

  test('a quote that is never closed costs its own line alone', () => {
    const text = 'a,b\n1,"open\n2,two\n3,"three"\n4,four\n';
    for (const piece of [1, 7, 100]) {
      const rows = rowsOf(new CsvReader(','), text, piece);
      expect(rows.map(({ kind }) => kind)).toEqual(['cells', 'broken', 'cells', 'cells', 'cells']);
      expect(cellsOf(rows).at(-1)).toEqual(['4', 'four']);
    }
    const atTheEnd = rowsOf(new CsvReader(','), 'a\n"b\nc\n', 2);
    expect(atTheEnd.map(({ kind }) => kind)).toEqual(['cells', 'broken', 'cells']);
  });

  test('a row beyond every limit is refused; the next one is read', () => {
    const long = `a\n${'x'.repeat(MAX_ROW + 10)}\nb\n`;
    expect(rowsOf(new CsvReader(','), long, 200_000).map(({ kind }) => kind)).toEqual(['cells', 'broken', 'cells']);
    const wide = `a\n${','.repeat(MAX_COLUMNS)}x\nb\n`;
    expect(rowsOf(new CsvReader(','), wide, 200_000).map(({ kind }) => kind)).toEqual(['cells', 'broken', 'cells']);
  });
});

const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 8 });
const valuesOf = (rows: ReturnType<typeof rowsOf>) => rows.map((row) => (row.kind === 'object' ? row.value : row));
/** As JSON has it: -0 is 0 there. */
const asJson = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

describe('JSON', () => {
  test(`arrays, packed or spread, and lines are read in whatever pieces (LTS_TEST_SEED=${SEED})`, () => {
    fc.assert(
      fc.property(objects, pieces, fc.constantFrom(undefined, 2), (given, piece, indent) => {
        const expected = asJson(given) as never;
        const array = JSON.stringify(given, null, indent);
        expect(valuesOf(rowsOf(new JsonReader(), array, piece))).toEqual(expected);
        const wrapped = JSON.stringify({ '"[{\\': given }, null, indent);
        expect(valuesOf(rowsOf(new WrappedReader(), ` \n${wrapped}\n`, piece))).toEqual(expected);
        const apart = given.map((each) => JSON.stringify(each, null, indent)).join('\n');
        expect(valuesOf(rowsOf(new JsonReader(), apart, piece))).toEqual(expected);
        const lines = given.map((each) => `${JSON.stringify(each)}\r\n`).join('');
        expect(valuesOf(rowsOf(new JsonLinesReader(), lines, piece))).toEqual(expected);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test(`one object with one member is told from all else, in whatever pieces (LTS_TEST_SEED=${SEED})`, () => {
    const isWrapper = (text: string, piece: number) => {
      const scan = new WrapperScan();
      for (let at = 0; at < text.length; at += piece) if (!scan.push(text.slice(at, at + piece))) return false;
      return true;
    };
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1, maxKeys: 3 }), pieces, (given, piece) => {
        const text = JSON.stringify(given);
        expect(isWrapper(`${text} \n`, piece)).toBe(Object.keys(given).length === 1);
        expect(isWrapper(`${text}\n${text}`, piece)).toBe(false);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('a wrapped list that breaks off, or is none, costs no more than its last row', () => {
    const kinds = (text: string) => rowsOf(new WrappedReader(), text, 3).map(({ kind }) => kind);
    expect(kinds('{"data":[{"a":1},{"a":2},{"a"')).toEqual(['object', 'object', 'broken']);
    expect(kinds('{"data":[{"a":1},7,{"a":2}]}')).toEqual(['object', 'broken', 'object']);
    expect(kinds(`{"${'x'.repeat(20_000)}":[{"a":1}]}`)).toEqual(['object']);
  });

  test('what is wrong is refused by its number; the others are read', () => {
    const lines = rowsOf(new JsonLinesReader(), '{"a":1}\n{"a":\n\n7\n{"a":2}', 3);
    expect(lines.map(({ kind }) => kind)).toEqual(['object', 'broken', 'blank', 'broken', 'object']);
    const array = rowsOf(new JsonReader(), '[{"a":1},{"a":x},7,"t]",{"a":"\\\\"}]\n', 1);
    expect(array.map(({ kind }) => kind)).toEqual(['object', 'broken', 'broken', 'broken', 'object']);
    expect(rowsOf(new JsonReader(), '[{"a":1},{"a":[2}', 4).map(({ kind }) => kind)).toEqual(['object', 'broken']);
    const long = `{"a":"${'x'.repeat(MAX_ROW)}"}\n{"a":1}`;
    expect(rowsOf(new JsonLinesReader(), long, 300_000).map(({ kind }) => kind)).toEqual(['broken', 'object']);
    expect(rowsOf(new JsonReader(), `[${long.replace('\n', ',')}]`, 300_000).map(({ kind }) => kind)).toEqual([
      'broken',
      'object',
    ]);
  });
});
