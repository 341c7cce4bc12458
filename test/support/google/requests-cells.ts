import { type BatchContext, checkEdit, type RequestHandler } from './batch-context.ts';
import { invalid } from './errors.ts';
import { box, type GridRange, num, overlaps, pastEdge, readRange } from './grid.ts';
import type { Json } from './json.ts';
import { type Mask, updateMask } from './mask.ts';
import {
  type Cell,
  cellAt,
  dataEnd,
  hasValue,
  insertRows,
  MAX_CELL_CHARACTERS,
  type Primitive,
  type RichCell,
  type Tab,
  writeCells,
} from './spreadsheet.ts';

/** Requests that write cells: appendCells, updateCells, repeatCell. */

const formats = new Map<string, Json>();

/** One object for equal formats: a formatted column of 100,000 rows holds it once. */
function shared(format: Json): Json {
  const text = JSON.stringify(format);
  const known = formats.get(text);
  if (known) return known;
  formats.set(text, format);
  return format;
}

/** A text as a cell takes it: empty is no value, and too long is refused. */
export function cellText(text: string): string | null {
  if (text.length > MAX_CELL_CHARACTERS) {
    throw invalid('Your input contains more than the maximum of 50000 characters in a single cell.');
  }
  return text === '' ? null : text;
}

function readValue(context: BatchContext, json: Json | undefined): { value: Primitive | null; formula?: string } {
  if (!json) return { value: null };
  if (json.errorValue !== undefined) throw invalid('errorValue is read-only.');
  if (typeof json.formulaValue === 'string') {
    if (!context.byHand) context.note('formula_written', json.formulaValue.slice(0, 200));
    if (!json.formulaValue.startsWith('=')) throw invalid('A formula must start with "=".');
    cellText(json.formulaValue);
    return { value: null, formula: json.formulaValue };
  }
  if (typeof json.stringValue === 'string') return { value: cellText(json.stringValue) };
  const plain = json.numberValue ?? json.boolValue;
  return { value: plain === undefined ? null : (plain as number | boolean) };
}

/** Sets the masked parts of a JSON object from another; a masked part that is missing there is removed. */
function mergeMasked(target: Json | undefined, source: Json | undefined, mask: Mask | true): Json | undefined {
  if (mask === true || mask['*'] === true) return source;
  const out: Record<string, unknown> = { ...target };
  for (const [name, below] of Object.entries(mask)) {
    const value = mergeMasked(out[name] as Json | undefined, source?.[name] as Json | undefined, below);
    if (value === undefined) delete out[name];
    else out[name] = value;
  }
  return Object.keys(out).length > 0 ? out : undefined;
}

/** The cell that results from writing `json` over `before` under a mask. */
function writeCell(context: BatchContext, before: Cell, json: Json, mask: Mask): Cell {
  const all = mask['*'] === true;
  const rich: RichCell = typeof before === 'object' && before !== null ? before : { value: before };
  const content =
    all || mask.userEnteredValue !== undefined
      ? readValue(context, json.userEnteredValue as Json | undefined)
      : { value: rich.value, ...(rich.formula === undefined ? {} : { formula: rich.formula }) };
  const formatMask = all ? true : mask.userEnteredFormat;
  const given = json.userEnteredFormat as Json | undefined;
  const format = formatMask === undefined ? rich.format : mergeMasked(rich.format, given, formatMask);
  const note = all || mask.note !== undefined ? (json.note as string | undefined) : rich.note;
  if (content.formula === undefined && format === undefined && !note) return content.value;
  return { ...content, ...(format ? { format: shared(format) } : {}), ...(note ? { note } : {}) };
}

const rowValues = (row: Json): readonly Json[] => (row.values as Json[] | undefined) ?? [];

/** The most cells that one of the rows carries. */
const widest = (rows: readonly Json[]): number => rows.reduce((most, row) => Math.max(most, rowValues(row).length), 0);

function writeRow(
  context: BatchContext,
  tab: Tab,
  row: number,
  column: number,
  values: readonly Json[],
  mask: Mask,
): void {
  const cells = values.map((json, offset) => writeCell(context, cellAt(tab, row, column + offset), json, mask));
  if (cells.length > 0) writeCells(tab, row, column, cells);
  if (mask.dataValidation === undefined && mask['*'] !== true) return;
  values.forEach((json, offset) => {
    const rule = json.dataValidation as Json | undefined;
    if (rule) setRule(tab, cellRange(tab, row, column + offset), rule);
  });
}

const cellRange = (tab: Tab, row: number, column: number): GridRange => ({
  sheetId: tab.sheetId,
  startRow: row,
  endRow: row + 1,
  startColumn: column,
  endColumn: column + 1,
});

export const appendCells: RequestHandler = (context, body) => {
  const mask = updateMask(body.fields, 'CellData');
  const tab = context.draft.grid(num(body.sheetId) ?? 0);
  const rows = (body.rows as Json[] | undefined) ?? [];
  const table = body.tableId === undefined ? undefined : tab.tables.find((entry) => entry.tableId === body.tableId);
  if (body.tableId !== undefined && !table) throw invalid(`No table with id: ${String(body.tableId)}`);
  const column = table?.range.startColumn ?? 0;
  const width = widest(rows);
  const start = table ? tableEnd(tab, table.range) : dataEnd(tab);
  if (column + width > tab.columns.length) throw pastEdge(tab, start, column + width - 1);
  if (table) makeRoom(tab, table.range, start + rows.length);
  tab.rowCount = Math.max(tab.rowCount, start + rows.length);
  context.draft.checkCells();
  if (rows.length === 0) return undefined;
  checkEdit(context, tab, {
    sheetId: tab.sheetId,
    startRow: start,
    endRow: start + rows.length,
    startColumn: column,
    endColumn: column + Math.max(1, width),
  });
  rows.forEach((row, offset) => {
    writeRow(context, tab, start + offset, column, rowValues(row), mask);
  });
  return undefined;
};

/** The row after the last one with data inside a table. */
function tableEnd(tab: Tab, range: GridRange): number {
  const first = range.startRow ?? 0;
  for (let row = Math.min(range.endRow ?? tab.rowCount, tab.rows.length); row > first + 1; row--) {
    const cells = tab.rows[row - 1]?.cells.slice(range.startColumn ?? 0, range.endColumn ?? undefined) ?? [];
    if (cells.some(hasValue)) return row;
  }
  return first + 1;
}

/** Lengthens a table to reach down to `end`, pushing what is below it further down. */
function makeRoom(tab: Tab, range: GridRange, end: number): void {
  const before = range.endRow ?? tab.rowCount;
  const more = end - before;
  if (more <= 0) return;
  insertRows(tab, before, more);
  tab.rowCount += more;
  tab.tables = tab.tables.map((table) =>
    table.range === range ? { ...table, range: { ...range, endRow: end } } : table,
  );
}

export const updateCells: RequestHandler = (context, body) => {
  const mask = updateMask(body.fields, 'CellData');
  const rows = (body.rows as Json[] | undefined) ?? [];
  const start = body.start as Json | undefined;
  if (!start && !body.range) throw invalid('Either start or range must be specified.');
  const width = Math.max(1, widest(rows));
  const range: GridRange = start ? startRange(start, rows.length, width) : readRange(body.range as Json | undefined);
  const tab = context.draft.grid(range.sheetId);
  const area = box(range, tab);
  if (start && rows.length === 0) return undefined;
  if (start && (range.endRow ?? 0) > tab.rowCount) throw pastEdge(tab, (range.endRow ?? 1) - 1, area.startColumn);
  if (start && (range.endColumn ?? 0) > tab.columns.length) {
    throw pastEdge(tab, area.startRow, (range.endColumn ?? 1) - 1);
  }
  checkEdit(context, tab, area);
  const end = start ? area.startRow + rows.length : area.endRow;
  for (let row = area.startRow; row < end; row++) {
    const given = rowValues(rows[row - area.startRow] ?? {});
    const all = start ? given : Array.from({ length: area.endColumn - area.startColumn }, (_, i) => given[i] ?? {});
    writeRow(context, tab, row, area.startColumn, all, mask);
  }
  return undefined;
};

function startRange(start: Json, height: number, width: number): GridRange {
  const startRow = num(start.rowIndex) ?? 0;
  const startColumn = num(start.columnIndex) ?? 0;
  return {
    sheetId: num(start.sheetId) ?? 0,
    startRow,
    endRow: startRow + Math.max(1, height),
    startColumn,
    endColumn: startColumn + width,
  };
}

export const repeatCell: RequestHandler = (context, body) => {
  const mask = updateMask(body.fields, 'CellData');
  const range = readRange(body.range as Json | undefined);
  const tab = context.draft.grid(range.sheetId);
  const area = box(range, tab);
  checkEdit(context, tab, area);
  const cell = (body.cell as Json | undefined) ?? {};
  const values = Array.from({ length: area.endColumn - area.startColumn }, () => cell);
  const { dataValidation, ...rest } = mask;
  for (let row = area.startRow; row < area.endRow; row++) {
    writeRow(context, tab, row, area.startColumn, values, rest);
  }
  if (dataValidation !== undefined && cell.dataValidation) setRule(tab, range, cell.dataValidation as Json);
  return undefined;
};

/** Lays a validation rule over a range, replacing the rules that lie wholly under it; an empty rule clears. */
export function setRule(tab: Tab, range: GridRange, rule: Json): void {
  const under = (other: GridRange) =>
    (other.startRow ?? 0) >= (range.startRow ?? 0) &&
    (other.endRow ?? Infinity) <= (range.endRow ?? Infinity) &&
    (other.startColumn ?? 0) >= (range.startColumn ?? 0) &&
    (other.endColumn ?? Infinity) <= (range.endColumn ?? Infinity);
  tab.validations = tab.validations.filter((entry) => !under(entry.range));
  if (Object.keys(rule).length > 0 || tab.validations.some((entry) => overlaps(entry.range, range))) {
    tab.validations.push({ range, body: rule });
  }
}
