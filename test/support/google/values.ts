import { type BatchContext, checkEdit } from './batch-context.ts';
import { invalid } from './errors.ts';
import { type Box, box, boxA1, columnName, type GridRange, parseA1, quoteTitle } from './grid.ts';
import type { Json } from './json.ts';
import { filterRange, matchFilter, placeRange } from './metadata.ts';
import { cellText } from './requests-cells.ts';
import {
  type Cell,
  cellAt,
  hasValue,
  insertRows,
  plainValue,
  type SpreadsheetState,
  type Tab,
  writeCells,
} from './spreadsheet.ts';
import { formatted } from './view.ts';

/** The `values` methods: plain matrices in and out, addressed by A1 or by data filters. */

export interface ReadOptions {
  readonly columns: boolean;
  readonly render: string;
}

export const readOptions = (json: Json): ReadOptions => ({
  columns: json.majorDimension === 'COLUMNS',
  render: String(json.valueRenderOption ?? 'FORMATTED_VALUE'),
});

function tabOf(state: SpreadsheetState, sheetId: number): Tab {
  const tab = state.tabs.find((each) => each.sheetId === sheetId);
  if (!tab) throw invalid(`No grid with id: ${sheetId}`);
  return tab;
}

function rendered(cell: Cell, render: string): unknown {
  if (render === 'FORMULA' && typeof cell === 'object' && cell?.formula !== undefined) return cell.formula;
  const value = plainValue(cell);
  if (value === null) return '';
  if (render !== 'FORMATTED_VALUE') return value;
  return isTime(cell) && typeof value === 'number' ? timeText(value) : formatted(value);
}

function isTime(cell: Cell): boolean {
  const format = typeof cell === 'object' ? (cell?.format?.numberFormat as Json | undefined) : undefined;
  return format?.type === 'DATE_TIME';
}

/** A serial number is days since 1899-12-30. In the one pattern that is written here: `yyyy-mm-dd hh:mm:ss`. */
function timeText(serial: number): string {
  const at = Date.UTC(1899, 11, 30) + Math.round(serial * 86_400) * 1_000;
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}

function trimEnd<T>(items: T[], empty: (item: T) => boolean): T[] {
  let end = items.length;
  while (end > 0 && empty(items[end - 1] as T)) end--;
  items.length = end;
  return items;
}

/** One ValueRange: trailing empty rows and cells dropped, no `values` when there are none. */
export function valueRange(state: SpreadsheetState, range: GridRange, options: ReadOptions): Json {
  const tab = tabOf(state, range.sheetId);
  const area = box(range, tab);
  const width = area.endColumn - area.startColumn;
  const height = Math.max(0, Math.min(area.endRow, tab.rows.length) - area.startRow);
  const [outer, inner] = options.columns ? [width, height] : [height, width];
  const values = Array.from({ length: outer }, (_, a) =>
    trimEnd(
      Array.from({ length: inner }, (__, b) => {
        const [row, column] = options.columns ? [b, a] : [a, b];
        return rendered(cellAt(tab, area.startRow + row, area.startColumn + column), options.render);
      }),
      (value) => value === '',
    ),
  );
  trimEnd(values, (line) => line.length === 0);
  return {
    range: boxA1(tab, area),
    majorDimension: options.columns ? 'COLUMNS' : 'ROWS',
    ...(values.length > 0 ? { values } : {}),
  };
}

/** Every range that a list of filters selects, each with the filters that selected it. */
export function filteredRanges(
  state: SpreadsheetState,
  filters: readonly Json[],
  project: string,
): { range: GridRange; filters: Json[] }[] {
  if (filters.length === 0) throw invalid('At least one data filter must be specified.');
  const found = new Map<string, { range: GridRange; filters: Json[] }>();
  for (const filter of filters) {
    for (const range of rangesOf(state, filter, project)) {
      const key = JSON.stringify(range);
      const entry = found.get(key) ?? { range, filters: [] };
      entry.filters.push(filter);
      found.set(key, entry);
    }
  }
  return [...found.values()];
}

function rangesOf(state: SpreadsheetState, filter: Json, project: string): GridRange[] {
  const direct = filterRange(state, filter);
  if (direct) return [direct];
  return matchFilter(state, filter, project).flatMap((entry) => placeRange(entry.place) ?? []);
}

/** What a RAW or USER_ENTERED value becomes in a cell; `skip` leaves the cell alone. */
function entered(context: BatchContext, value: unknown, option: string): Cell | 'skip' {
  if (value === null || value === undefined) return 'skip';
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'string') throw invalid('Invalid values: a cell must be a string, a number, a boolean or null.');
  if (option === 'RAW') return cellText(value);
  if (value.startsWith('=')) {
    context.note('formula_written', value.slice(0, 200));
    return { value: null, formula: value };
  }
  if (value.startsWith("'")) return cellText(value.slice(1));
  if (/^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  const number = Number(value.replaceAll(',', ''));
  return value.trim() !== '' && Number.isFinite(number) ? number : cellText(value);
}

export function inputOption(context: BatchContext, given: unknown): string {
  if (given !== 'RAW' && given !== 'USER_ENTERED') {
    throw invalid("'valueInputOption' is required but not specified");
  }
  if (given === 'USER_ENTERED') context.note('user_entered', 'values were written with USER_ENTERED');
  return given;
}

export interface Written {
  readonly range: string;
  readonly sheetId: number;
  readonly rows: number;
  readonly columns: number;
  readonly cells: number;
}

const transpose = (lines: readonly (readonly unknown[])[]): unknown[][] =>
  Array.from({ length: Math.max(0, ...lines.map((line) => line.length)) }, (_, column) =>
    lines.map((line) => line[column] ?? null),
  );

export function readMatrix(json: Json): unknown[][] {
  const lines = (json.values as unknown[] | undefined) ?? [];
  if (!lines.every(Array.isArray)) throw invalid('Invalid values: expected a list of lists.');
  return json.majorDimension === 'COLUMNS' ? transpose(lines) : lines;
}

/** Writes a matrix into a range; a single cell is a start, anything larger bounds the write. */
export function writeValues(
  context: BatchContext,
  range: GridRange & { singleCell?: boolean },
  values: unknown[][],
  option: string,
): Written {
  const tab = context.draft.grid(range.sheetId);
  const area = box(range, tab);
  const width = Math.max(0, ...values.map((line) => line.length));
  const end = { row: area.startRow + values.length, column: area.startColumn + width };
  if (!range.singleCell && (end.row > area.endRow || end.column > area.endColumn)) {
    const over = end.column > area.endColumn ? `column [${columnName(area.endColumn)}]` : `row [${area.endRow + 1}]`;
    throw invalid(`Requested writing within range [${boxA1(tab, area)}], but tried writing to ${over}`);
  }
  if (end.column > tab.columns.length) {
    throw invalid(
      `Range (${quoteTitle(tab.title)}!${columnName(area.startColumn)}${area.startRow + 1}) exceeds grid limits. Max rows: ${tab.rowCount}, max columns: ${tab.columns.length}`,
    );
  }
  tab.rowCount = Math.max(tab.rowCount, end.row);
  context.draft.checkCells();
  const written: Box = {
    ...area,
    endRow: Math.max(end.row, area.startRow + 1),
    endColumn: Math.max(end.column, area.startColumn + 1),
  };
  checkEdit(context, tab, written);
  let cells = 0;
  values.forEach((line, offset) => {
    const row = area.startRow + offset;
    const next = line.map((value, n) => {
      const cell = entered(context, value, option);
      if (cell === 'skip') return cellAt(tab, row, area.startColumn + n);
      cells++;
      return keepFormat(cellAt(tab, row, area.startColumn + n), cell);
    });
    writeCells(tab, row, area.startColumn, next);
  });
  return { range: boxA1(tab, written), sheetId: tab.sheetId, rows: values.length, columns: width, cells };
}

function keepFormat(before: Cell, next: Cell): Cell {
  const format = typeof before === 'object' ? before?.format : undefined;
  if (!format) return next;
  return typeof next === 'object' && next !== null ? { ...next, format } : { value: next, format };
}

export const writtenJson = (spreadsheetId: string, written: Written): Json => ({
  spreadsheetId,
  updatedRange: written.range,
  updatedRows: written.rows,
  updatedColumns: written.columns,
  updatedCells: written.cells,
});

/** values.append: finds the table around the range, and writes below it from the table's first column. */
export function appendValues(
  context: BatchContext,
  a1: string,
  values: unknown[][],
  option: string,
  insert: boolean,
): { table: string | undefined; written: Written } {
  const range = parseA1(a1, context.draft.state);
  const tab = context.draft.grid(range.sheetId);
  const table = tableAround(tab, range.startRow ?? 0, range.startColumn ?? 0);
  const startRow = table ? table.endRow : (range.startRow ?? 0);
  const startColumn = table ? table.startColumn : (range.startColumn ?? 0);
  if (insert && startRow < tab.rows.length) {
    insertRows(tab, startRow, values.length);
    tab.rowCount += values.length;
  }
  tab.rowCount = Math.max(tab.rowCount, startRow + Math.max(1, values.length));
  const target = { sheetId: tab.sheetId, startRow, startColumn, singleCell: true };
  return { table: table ? boxA1(tab, table) : undefined, written: writeValues(context, target, values, option) };
}

/** The block of non-empty cells that touches a cell, grown until a blank row and column surround it. */
function tableAround(tab: Tab, row: number, column: number): Box | undefined {
  const filled = (top: number, bottom: number, left: number, right: number) => {
    for (let r = Math.max(0, top); r < bottom; r++) {
      for (let c = Math.max(0, left); c < right; c++) if (hasValue(cellAt(tab, r, c))) return true;
    }
    return false;
  };
  let [top, bottom, left, right] = [row, row + 1, column, column + 1];
  for (let grown = true; grown; ) {
    grown = false;
    if (top > 0 && filled(top - 1, top, left, right)) [top, grown] = [top - 1, true];
    if (filled(bottom, bottom + 1, left, right)) [bottom, grown] = [bottom + 1, true];
    if (left > 0 && filled(top, bottom, left - 1, left)) [left, grown] = [left - 1, true];
    if (filled(top, bottom, right, right + 1)) [right, grown] = [right + 1, true];
  }
  if (!filled(top, bottom, left, right)) return undefined;
  return { sheetId: tab.sheetId, startRow: top, endRow: bottom, startColumn: left, endColumn: right };
}

export function clearValues(context: BatchContext, a1: string): string {
  const range = parseA1(a1, context.draft.state);
  const tab = context.draft.grid(range.sheetId);
  const area = box(range, tab);
  checkEdit(context, tab, area);
  const blank: Cell[] = Array.from({ length: area.endColumn - area.startColumn }, () => null);
  for (let row = area.startRow; row < Math.min(area.endRow, tab.rows.length); row++) {
    writeCells(tab, row, area.startColumn, blank);
  }
  return boxA1(tab, area);
}
