import { Readable } from 'node:stream';
import type { ZipFile } from 'yazl';
import { errorText } from '../lib/errors.ts';
import { type Cell, cutText, serialDate } from './cells.ts';

/*
 * Workbooks as ECMA-376 has them, of plain tables: a first row that stays in view, and cells that hold a text, a number,
 * a truth or a date. A text is a text whatever it begins with (`inlineStr`), so nothing here is ever run as a formula.
 */

/** What Excel opens. https://support.microsoft.com/office/excel-specifications-and-limits */
const LIMITS = {
  /** Rows of a sheet, the first one included. */
  rows: 1_048_576,
  /** Characters of a cell, in UTF-16 units. */
  text: 32_767,
  /** Bytes of a sheet before they are packed: beyond 4 GiB programs disagree about zip files. */
  bytes: 3_000_000_000,
};
export type XlsxLimits = typeof LIMITS;

export const XLSX_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

export interface XlsxTable {
  headers: readonly string[];
  /** Some rows at a time; the next ones are read when the last ones have gone. */
  pages: Iterator<readonly (readonly Cell[])[]>;
}

/**
 * A workbook that is made while it is fetched: packed beside the thread that asks, and never whole in memory. What does
 * not fit on a sheet goes on on a further one, with the same first row. Whoever stops reading ends `pages`.
 * @param atMs the time the files in it are given
 */
export async function xlsxFile(
  table: XlsxTable,
  atMs: number,
  limits: XlsxLimits = LIMITS,
): Promise<ReadableStream<Uint8Array>> {
  const { ZipFile } = await import('yazl');
  const zip = new ZipFile();
  // Typed as an interface without what every stream has.
  const output = zip.outputStream as Readable;
  const sheets = new Sheets(table, limits);
  const fail = (error: unknown) => {
    sheets.end();
    output.destroy(error instanceof Error ? error : new Error(errorText(error)));
  };
  zip.on('error', fail);
  // Whoever reads is told when they go on.
  output.on('error', () => {});
  addSheets(zip, sheets, atMs, fail);
  const chunks = output[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel() {
      sheets.end();
      output.destroy();
    },
  });
}

/** One sheet after the other; then what names them, for only then it is known how many there are. */
function addSheets(zip: ZipFile, sheets: Sheets, atMs: number, fail: (error: unknown) => void): void {
  const options = { mtime: new Date(atMs), forceDosTimestamp: true };
  const add = (count: number) => {
    const source = Readable.from(sheets.next(), { objectMode: false, highWaterMark: CHUNK });
    zip.addReadStream(source, `xl/worksheets/sheet${count}.xml`, { ...options, compressionLevel: LEVEL });
    // The library passes these on for files of the disk alone, and what nobody listens to ends the process.
    source.once('error', fail);
    source.once('end', () => {
      try {
        if (sheets.hasMore()) add(count + 1);
        else finish(count);
      } catch (error) {
        fail(error);
      }
    });
  };
  const finish = (count: number) => {
    for (const [path, xml] of frameParts(count)) zip.addBuffer(Buffer.from(xml), path, options);
    zip.end();
  };
  add(1);
}

/** Text is handed on in pieces of about so many characters. */
const CHUNK = 65_536;
/** Half the time of the usual 6, for files a tenth larger. */
const LEVEL = 3;

/** Rows as the XML of sheets, so many on each. */
class Sheets {
  readonly #table: XlsxTable;
  readonly #limits: XlsxLimits;
  #page: readonly (readonly Cell[])[] = [];
  #at = 0;
  #over = false;

  constructor(table: XlsxTable, limits: XlsxLimits) {
    this.#table = table;
    this.#limits = limits;
  }

  /** Whether there are rows that stand on no sheet yet. */
  hasMore(): boolean {
    while (!this.#over && this.#at >= this.#page.length) {
      const { value, done } = this.#table.pages.next();
      this.#over = done === true;
      this.#page = done ? [] : value;
      this.#at = 0;
    }
    return !this.#over;
  }

  end(): void {
    this.#over = true;
    this.#page = [];
    this.#table.pages.return?.();
  }

  /** The next sheet, with as many rows as fit. */
  *next(): Generator<Buffer> {
    const { headers } = this.#table;
    let text = SHEET_HEAD + rowXml(headers.map(headerCell), 1, HEADER_STYLE, this.#limits.text);
    let bytes = 0;
    for (let row = 2; row <= this.#limits.rows && bytes < this.#limits.bytes && this.hasMore(); row++) {
      text += rowXml(this.#page[this.#at] ?? [], row, '', this.#limits.text);
      this.#at += 1;
      if (text.length < CHUNK) continue;
      const chunk = Buffer.from(text);
      bytes += chunk.length;
      text = '';
      yield chunk;
    }
    yield Buffer.from(text + SHEET_END);
  }
}

const headerCell = (text: string): Cell => ({ kind: 'text', text });

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const PARTS = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

const SHEET_HEAD = `${HEAD}<worksheet ${MAIN}><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultColWidth="20" defaultRowHeight="15"/><sheetData>`;
const SHEET_END = '</sheetData></worksheet>';

/** Which of the formats in `STYLES` a cell has. */
const DATE_STYLE = ' s="1"';
const HEADER_STYLE = ' s="2"';
const STYLES = `${HEAD}<styleSheet ${MAIN}><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`;

/** Everything but the sheets, by its path. */
function frameParts(sheets: number): [path: string, xml: string][] {
  const numbers = Array.from({ length: sheets }, (_, n) => n + 1);
  const each = (xml: (n: number) => string) => numbers.map(xml).join('');
  const overrides = each(
    (n) => `<Override PartName="/xl/worksheets/sheet${n}.xml" ContentType="${PARTS}.worksheet+xml"/>`,
  );
  const names = each((n) => `<sheet name="${n === 1 ? 'Leads' : `Leads ${n}`}" sheetId="${n}" r:id="rId${n}"/>`);
  const targets = each(
    (n) => `<Relationship Id="rId${n}" Type="${OFFICE}/worksheet" Target="worksheets/sheet${n}.xml"/>`,
  );
  const styles = `<Relationship Id="rId${sheets + 1}" Type="${OFFICE}/styles" Target="styles.xml"/>`;
  return [
    [
      '[Content_Types].xml',
      `${HEAD}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${PARTS}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${PARTS}.styles+xml"/>${overrides}</Types>`,
    ],
    [
      '_rels/.rels',
      `${HEAD}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    ],
    ['xl/workbook.xml', `${HEAD}<workbook ${MAIN} xmlns:r="${OFFICE}"><sheets>${names}</sheets></workbook>`],
    [
      'xl/_rels/workbook.xml.rels',
      `${HEAD}<Relationships xmlns="${PACKAGE}/relationships">${targets}${styles}</Relationships>`,
    ],
    ['xl/styles.xml', STYLES],
  ];
}

function rowXml(cells: readonly Cell[], row: number, style: string, mostText: number): string {
  let xml = `<row r="${row}">`;
  for (let n = 0; n < cells.length; n++) xml += cellXml(cells[n] ?? null, columnName(n) + row, style, mostText);
  return `${xml}</row>`;
}

/** Excel counts a day in 1900 that never was: days before it are one off, and told as text. */
const FIRST_SOUND_DAY = 61;

function cellXml(cell: Cell, at: string, style: string, mostText: number): string {
  switch (cell?.kind) {
    case 'text':
      return textXml(cell.text, at, style, mostText);
    case 'number':
      return `<c r="${at}"${style}><v>${cell.number}</v></c>`;
    case 'bool':
      return `<c r="${at}"${style} t="b"><v>${cell.bool ? 1 : 0}</v></c>`;
    case 'time': {
      const serial = serialDate(cell.ms, cell.timezone);
      if (serial < FIRST_SOUND_DAY) return textXml(new Date(cell.ms).toISOString(), at, style, mostText);
      return `<c r="${at}"${DATE_STYLE}><v>${serial}</v></c>`;
    }
    default:
      return '';
  }
}

function textXml(text: string, at: string, style: string, most: number): string {
  const said = xmlText(cutText(text, most));
  return said === '' ? '' : `<c r="${at}"${style} t="inlineStr"><is><t xml:space="preserve">${said}</t></is></c>`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 has no way to write
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
const SPECIAL = /[&<>\r]|_x[0-9a-f]{4}_/i;

/**
 * A text as XML 1.0 can hold it. `_x0041_` is how ECMA-376 writes a character by its number (ST_Xstring): where a text
 * has it in letters, its first stroke is written so itself. Line ends become what a cell breaks lines by.
 */
function xmlText(text: string): string {
  const plain = text.toWellFormed().replace(FORBIDDEN, '');
  if (!SPECIAL.test(plain)) return plain;
  return plain
    .replace(/\r\n?/g, '\n')
    .replace(/_(?=x[0-9a-f]{4}_)/gi, '_x005F_')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

const names: string[] = [];

/** A, B … Z, AA: the name of a column, from 0. */
function columnName(n: number): string {
  const known = names[n];
  if (known !== undefined) return known;
  const letter = String.fromCharCode(65 + (n % 26));
  const name = n < 26 ? letter : columnName(Math.floor(n / 26) - 1) + letter;
  names[n] = name;
  return name;
}
