import { invalid } from './errors.ts';
import type { Json } from './json.ts';
import type { Draft, SpreadsheetState, Tab } from './spreadsheet.ts';

/** Ranges of cells: bounds, A1 notation, and how ranges move when rows or columns are inserted, moved or deleted. */

/** Zero-based, end exclusive; a missing bound is open. */
export interface GridRange {
  readonly sheetId: number;
  readonly startRow?: number;
  readonly endRow?: number;
  readonly startColumn?: number;
  readonly endColumn?: number;
}

/** A range with all its bounds, cut to the grid. */
export interface Box {
  sheetId: number;
  startRow: number;
  endRow: number;
  startColumn: number;
  endColumn: number;
}

export function readRange(json: Json | undefined): GridRange {
  if (!json) throw invalid('A range is required.');
  const pairs = [
    ['startRow', json.startRowIndex],
    ['endRow', json.endRowIndex],
    ['startColumn', json.startColumnIndex],
    ['endColumn', json.endColumnIndex],
  ] as const;
  const range: Record<string, number> = { sheetId: num(json.sheetId) ?? 0 };
  for (const [name, value] of pairs) {
    const number = num(value);
    if (number === undefined) continue;
    if (number < 0) throw invalid(`${name}Index[${number}] must be >= 0`);
    range[name] = number;
  }
  const out = range as unknown as GridRange;
  if ((out.endRow ?? Infinity) <= (out.startRow ?? 0)) throw invalid('endRowIndex must be after startRowIndex.');
  if ((out.endColumn ?? Infinity) <= (out.startColumn ?? 0)) {
    throw invalid('endColumnIndex must be after startColumnIndex.');
  }
  return out;
}

export const num = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

export function rangeJson(range: GridRange): Json {
  return {
    sheetId: range.sheetId,
    startRowIndex: range.startRow,
    endRowIndex: range.endRow,
    startColumnIndex: range.startColumn,
    endColumnIndex: range.endColumn,
  };
}

/** The cells of a range on its tab; a start past the edge is refused, an end past it is cut. */
export function box(range: GridRange, tab: Tab): Box {
  const startRow = range.startRow ?? 0;
  const startColumn = range.startColumn ?? 0;
  if (startRow >= tab.rowCount || startColumn >= tab.columns.length) throw pastEdge(tab, startRow, startColumn);
  return {
    sheetId: tab.sheetId,
    startRow,
    startColumn,
    endRow: Math.min(range.endRow ?? tab.rowCount, tab.rowCount),
    endColumn: Math.min(range.endColumn ?? tab.columns.length, tab.columns.length),
  };
}

/** The refusal of a write outside the grid. */
export function pastEdge(tab: Tab, row: number, column: number): Error {
  const from = `${columnName(column)}${row + 1}`;
  return invalid(
    `Range (${tab.title}!${from}) exceeds grid limits. Max rows: ${tab.rowCount}, max columns: ${tab.columns.length}`,
  );
}

export function overlaps(a: GridRange, b: GridRange): boolean {
  return (
    a.sheetId === b.sheetId &&
    (a.startRow ?? 0) < (b.endRow ?? Infinity) &&
    (b.startRow ?? 0) < (a.endRow ?? Infinity) &&
    (a.startColumn ?? 0) < (b.endColumn ?? Infinity) &&
    (b.startColumn ?? 0) < (a.endColumn ?? Infinity)
  );
}

export function contains(outer: GridRange, inner: GridRange): boolean {
  return (
    outer.sheetId === inner.sheetId &&
    (outer.startRow ?? 0) <= (inner.startRow ?? 0) &&
    (outer.endRow ?? Infinity) >= (inner.endRow ?? Infinity) &&
    (outer.startColumn ?? 0) <= (inner.startColumn ?? 0) &&
    (outer.endColumn ?? Infinity) >= (inner.endColumn ?? Infinity)
  );
}

/** 0 → A, 26 → AA. */
export function columnName(index: number): string {
  let name = '';
  for (let left = index + 1; left > 0; left = Math.floor((left - 1) / 26)) {
    name = String.fromCharCode(65 + ((left - 1) % 26)) + name;
  }
  return name;
}

function columnIndex(name: string): number {
  let index = 0;
  for (const letter of name.toUpperCase()) index = index * 26 + letter.charCodeAt(0) - 64;
  return index - 1;
}

const CELL = /^\$?([A-Za-z]{1,3})?\$?([1-9]\d*)?$/;

/** Reads A1 notation. Unquoted titles with anything but letters, digits and `_` are refused, as Google does. */
export function parseA1(text: string, state: SpreadsheetState): GridRange & { singleCell: boolean } {
  const unparsable = () => invalid(`Unable to parse range: ${text}`);
  const match = /^(?:('(?:[^']|'')+')|([^'!]+))(?:!(.+))?$/s.exec(text);
  if (!match) throw unparsable();
  const [, quoted, bare, cells] = match;
  if (quoted !== undefined) {
    const tab = findTitle(state, quoted.slice(1, -1).replaceAll("''", "'"));
    if (!tab) throw unparsable();
    return cells === undefined ? { sheetId: tab.sheetId, singleCell: false } : readCells(tab, cells, unparsable);
  }
  const name = bare ?? '';
  if (cells === undefined) {
    const first = state.tabs[0];
    if (first && name.split(':').every((part) => part !== '' && CELL.test(part))) {
      return readCells(first, name, unparsable);
    }
  }
  const tab = /^[\p{L}\p{N}_]+$/u.test(name) ? findTitle(state, name) : undefined;
  if (!tab) throw unparsable();
  return cells === undefined ? { sheetId: tab.sheetId, singleCell: false } : readCells(tab, cells, unparsable);
}

const findTitle = (state: SpreadsheetState, title: string): Tab | undefined =>
  state.tabs.find((tab) => tab.sheetType === 'GRID' && tab.title.toLowerCase() === title.toLowerCase());

function readCells(tab: Tab, text: string, unparsable: () => Error): GridRange & { singleCell: boolean } {
  const [from = '', to] = text.split(':');
  const a = CELL.exec(from);
  const b = to === undefined ? a : CELL.exec(to);
  if (!a || !b || from === '' || to === '') throw unparsable();
  const range: Record<string, number> = { sheetId: tab.sheetId };
  if (a[2] !== undefined) range.startRow = Number(a[2]) - 1;
  if (a[1] !== undefined) range.startColumn = columnIndex(a[1]);
  if (b[2] !== undefined) range.endRow = Number(b[2]);
  if (b[1] !== undefined) range.endColumn = columnIndex(b[1]) + 1;
  const singleCell = to === undefined;
  if (singleCell && (a[1] === undefined || a[2] === undefined)) throw unparsable();
  return { ...(range as unknown as GridRange), singleCell };
}

export const quoteTitle = (title: string): string => `'${title.replaceAll("'", "''")}'`;

export function boxA1(tab: Tab, area: Box): string {
  const from = `${columnName(area.startColumn)}${area.startRow + 1}`;
  const to = `${columnName(area.endColumn - 1)}${area.endRow}`;
  return `${quoteTitle(tab.title)}!${from === to ? from : `${from}:${to}`}`;
}

/** Where an index goes when rows or columns change; undefined when what it pointed at is deleted. */
export type Shift = (index: number) => number | undefined;

export const insertShift =
  (at: number, count: number): Shift =>
  (index) =>
    index >= at ? index + count : index;

export const deleteShift =
  (start: number, end: number): Shift =>
  (index) => {
    if (index < start) return index;
    return index < end ? undefined : index - (end - start);
  };

export function moveShift(start: number, end: number, destination: number): Shift {
  const length = end - start;
  return (index) => {
    if (index >= start && index < end) {
      return destination > start ? destination - length + (index - start) : destination + (index - start);
    }
    if (destination > start) return index >= end && index < destination ? index - length : index;
    return index >= destination && index < start ? index + length : index;
  };
}

/** A span after a shift: from the first to the last of its surviving members; undefined when none survives. */
function shiftSpan(start: number, end: number, shift: Shift): [number, number] | undefined {
  let first: number | undefined;
  let last: number | undefined;
  for (let index = start; index < end; index++) {
    const to = shift(index);
    if (to === undefined) continue;
    first = first === undefined ? to : Math.min(first, to);
    last = last === undefined ? to : Math.max(last, to);
  }
  return first === undefined || last === undefined ? undefined : [first, last + 1];
}

/** A range after a shift of its tab's rows or columns; undefined when all of it is gone. Open bounds stay open. */
export function shiftRange(range: GridRange, rows: boolean, shift: Shift, size: number): GridRange | undefined {
  const start = rows ? range.startRow : range.startColumn;
  const end = rows ? range.endRow : range.endColumn;
  if (start === undefined && end === undefined) return range;
  const span = shiftSpan(start ?? 0, Math.min(end ?? size, size), shift);
  if (!span) return undefined;
  const { startRow, endRow, startColumn, endColumn, sheetId } = range;
  const bounds: Record<string, number | undefined> = { sheetId, startRow, endRow, startColumn, endColumn };
  if (start !== undefined) bounds[rows ? 'startRow' : 'startColumn'] = span[0];
  if (end !== undefined) bounds[rows ? 'endRow' : 'endColumn'] = span[1];
  for (const name of Object.keys(bounds)) if (bounds[name] === undefined) delete bounds[name];
  return bounds as unknown as GridRange;
}

/** Moves everything that is tied to rows or columns of a tab: tags, protections, validations, filters, tables. */
export function shiftAttached(draft: Draft, tab: Tab, rows: boolean, shift: Shift): void {
  const size = rows ? tab.rowCount : tab.columns.length;
  const keep = <T extends { readonly range: GridRange }>(items: readonly T[]): T[] =>
    items.flatMap((item) => {
      const range = shiftRange(item.range, rows, shift, size);
      return range ? [{ ...item, range }] : [];
    });
  tab.merges = tab.merges.flatMap((merge) => shiftRange(merge, rows, shift, size) ?? []);
  tab.protectedRanges = keep(tab.protectedRanges);
  tab.validations = keep(tab.validations);
  tab.filterViews = keep(tab.filterViews);
  tab.tables = keep(tab.tables);
  tab.basicFilter = tab.basicFilter ? (keep([tab.basicFilter])[0] ?? null) : null;
  const { state } = draft;
  const mine = state.namedRanges.filter((named) => named.range.sheetId === tab.sheetId);
  const moved = new Map(keep(mine).map((named) => [named.id, named]));
  state.namedRanges = state.namedRanges.flatMap((named) =>
    named.range.sheetId === tab.sheetId ? (moved.get(named.id) ?? []) : named,
  );
  state.metadata = state.metadata.flatMap((entry) => {
    const { place } = entry;
    if (place.kind !== 'dimension' || place.sheetId !== tab.sheetId || place.rows !== rows) return entry;
    const index = shift(place.index);
    return index === undefined ? [] : { ...entry, place: { ...place, index } };
  });
}
