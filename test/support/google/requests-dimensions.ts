import { checkEdit, checkShape, type RequestHandler } from './batch-context.ts';
import { invalid } from './errors.ts';
import { deleteShift, insertShift, moveShift, num, type Shift, shiftAttached } from './grid.ts';
import type { Json } from './json.ts';
import { masks, updateMask } from './mask.ts';
import { type Cell, type Draft, insertRows, MAX_COLUMNS, rowAt, type Tab } from './spreadsheet.ts';

/** Requests on whole rows and columns: append, insert, delete, move, hide. */

interface Span {
  sheetId: number;
  rows: boolean;
  start: number;
  end: number;
}

function dimension(json: unknown): boolean {
  if (json === 'ROWS') return true;
  if (json === 'COLUMNS') return false;
  throw invalid('No dimension specified.');
}

function readSpan(json: Json | undefined, draft: Draft): Span {
  if (!json) throw invalid('A dimension range is required.');
  const sheetId = num(json.sheetId) ?? 0;
  const rows = dimension(json.dimension);
  const tab = draft.grid(sheetId);
  const start = num(json.startIndex) ?? 0;
  const end = num(json.endIndex) ?? size(tab, rows);
  if (start < 0 || end <= start) throw invalid('The end index of a dimension range must be after its start index.');
  return { sheetId, rows, start, end };
}

const size = (tab: Tab, rows: boolean): number => (rows ? tab.rowCount : tab.columns.length);

/** Refuses a span that reaches beyond the grid. */
function inGrid(tab: Tab, span: Span): void {
  if (span.end <= size(tab, span.rows)) return;
  const what = span.rows ? 'rows' : 'columns';
  throw invalid(`Cannot address ${what} [${span.start}, ${span.end}): the sheet has ${size(tab, span.rows)} ${what}.`);
}

const spanRange = (span: Span) =>
  span.rows
    ? { sheetId: span.sheetId, startRow: span.start, endRow: span.end }
    : { sheetId: span.sheetId, startColumn: span.start, endColumn: span.end };

/** Adds empty rows or columns at the end. */
export function grow(draft: Draft, tab: Tab, rows: boolean, count: number): void {
  if (rows) tab.rowCount += count;
  else for (let n = 0; n < count; n++) tab.columns.push({});
  if (tab.columns.length > MAX_COLUMNS) throw invalid(`A sheet cannot have more than ${MAX_COLUMNS} columns.`);
  draft.checkCells();
}

export const appendDimension: RequestHandler = (context, body) => {
  const tab = context.draft.grid(num(body.sheetId) ?? 0);
  const length = num(body.length) ?? 0;
  if (length <= 0) throw invalid('The length must be positive.');
  checkShape(context, tab);
  grow(context.draft, tab, dimension(body.dimension), length);
  return undefined;
};

/** Gives every row that reaches to `from` a new list of cells. */
function mapCells(tab: Tab, from: number, change: (cells: Cell[]) => Cell[]): void {
  tab.rows = tab.rows.map((row) => (row.cells.length > from ? { ...row, cells: change(row.cells.slice()) } : row));
}

export const insertDimension: RequestHandler = (context, body) => {
  const { draft } = context;
  const span = readSpan(body.range as Json | undefined, draft);
  const tab = draft.grid(span.sheetId);
  const { rows, start, end } = span;
  const count = end - start;
  checkShape(context, tab);
  if (body.inheritFromBefore === true && start === 0) {
    throw invalid('Cannot inherit from before when inserting at the first index.');
  }
  if (start > size(tab, rows)) throw invalid(`Cannot insert at ${start}: the sheet ends at ${size(tab, rows)}.`);
  shiftAttached(draft, tab, rows, insertShift(start, count));
  if (rows) {
    insertRows(tab, start, count);
    tab.rowCount += count;
  } else {
    tab.columns.splice(start, 0, ...Array.from({ length: count }, () => ({})));
    const blank: Cell[] = Array.from({ length: count }, () => null);
    mapCells(tab, start, (cells) => {
      cells.splice(start, 0, ...blank);
      return cells;
    });
  }
  draft.checkCells();
  return undefined;
};

/** Removes rows or columns with everything that hangs on them. */
export function remove(draft: Draft, tab: Tab, rows: boolean, start: number, end: number): void {
  const what = rows ? 'rows' : 'columns';
  if (end - start >= size(tab, rows)) throw invalid(`You can't delete all the ${what} on the sheet.`);
  shiftAttached(draft, tab, rows, deleteShift(start, end));
  if (rows) {
    tab.rows.splice(start, end - start);
    tab.rowCount -= end - start;
    tab.frozenRowCount = Math.max(0, tab.frozenRowCount - Math.max(0, Math.min(end, tab.frozenRowCount) - start));
    if (tab.rowCount <= tab.frozenRowCount) throw invalid('Sorry, it is not possible to delete all non-frozen rows.');
    return;
  }
  tab.columns.splice(start, end - start);
  mapCells(tab, start, (cells) => {
    cells.splice(start, end - start);
    return cells;
  });
}

export const deleteDimension: RequestHandler = (context, body) => {
  const span = readSpan(body.range as Json | undefined, context.draft);
  const tab = context.draft.grid(span.sheetId);
  inGrid(tab, span);
  checkShape(context, tab);
  checkEdit(context, tab, spanRange(span));
  remove(context.draft, tab, span.rows, span.start, span.end);
  return undefined;
};

/** Reorders a list by a shift that deletes nothing. */
function permute<T>(items: readonly T[], shift: Shift): T[] {
  const out = items.slice();
  items.forEach((item, index) => {
    out[shift(index) ?? index] = item;
  });
  return out;
}

export const moveDimension: RequestHandler = (context, body) => {
  const { draft } = context;
  const span = readSpan(body.source as Json | undefined, draft);
  const tab = draft.grid(span.sheetId);
  const to = num(body.destinationIndex) ?? 0;
  inGrid(tab, span);
  checkShape(context, tab);
  if (to < 0 || to > size(tab, span.rows)) throw invalid(`Cannot move to ${to}: outside the grid.`);
  if (to >= span.start && to <= span.end) return undefined;
  const shift = moveShift(span.start, span.end, to);
  shiftAttached(draft, tab, span.rows, shift);
  if (span.rows) {
    rowAt(tab, Math.max(span.end, to) - 1);
    tab.rows = permute(tab.rows, shift);
    return undefined;
  }
  tab.columns = permute(tab.columns, shift);
  const reach = Math.max(span.end, to);
  mapCells(tab, Math.min(span.start, to), (cells) => {
    while (cells.length < reach) cells.push(null);
    const moved = permute(cells, shift);
    while (moved.length > 0 && moved[moved.length - 1] === null) moved.pop();
    return moved;
  });
  return undefined;
};

export const updateDimensionProperties: RequestHandler = (context, body) => {
  const mask = updateMask(body.fields, 'DimensionProperties');
  const span = readSpan(body.range as Json | undefined, context.draft);
  const tab = context.draft.grid(span.sheetId);
  inGrid(tab, span);
  checkShape(context, tab);
  const given = (body.properties as Json | undefined) ?? {};
  const change: { hiddenByUser?: boolean; pixelSize?: number } = {};
  if (masks(mask, 'hiddenByUser')) change.hiddenByUser = given.hiddenByUser === true;
  if (masks(mask, 'pixelSize')) change.pixelSize = num(given.pixelSize) ?? (span.rows ? 21 : 100);
  for (let index = span.start; index < span.end; index++) {
    if (span.rows) tab.rows[index] = { ...rowAt(tab, index), ...change };
    else tab.columns[index] = { ...tab.columns[index], ...change };
  }
  return undefined;
};

/** Widths are not drawn here. */
export const autoResizeDimensions: RequestHandler = (context, body) => {
  readSpan(body.dimensions as Json | undefined, context.draft);
  return undefined;
};
