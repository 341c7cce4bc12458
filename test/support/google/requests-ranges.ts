import { checkEdit, type RequestHandler } from './batch-context.ts';
import { invalid } from './errors.ts';
import { type Box, box, num, overlaps, readRange } from './grid.ts';
import type { Json } from './json.ts';
import {
  type Cell,
  cellAt,
  type Draft,
  type Primitive,
  plainValue,
  type Row,
  rowAt,
  type Tab,
  writeCells,
} from './spreadsheet.ts';

/** Requests that rearrange cells: sortRange, insertRange, deleteRange, mergeCells, unmergeCells. */

/** Numbers before texts before booleans; empty cells last, whatever the order. */
function compare(a: Cell, b: Cell, sign: number): number {
  const left = plainValue(a);
  const right = plainValue(b);
  const rank = (value: Primitive | null) =>
    value === null ? 3 : typeof value === 'number' ? 0 : typeof value === 'string' ? 1 : 2;
  if (left === null || right === null) return rank(left) === rank(right) ? 0 : left === null ? 1 : -1;
  if (rank(left) !== rank(right)) return sign * (rank(left) - rank(right));
  if (typeof left === 'number' && typeof right === 'number') return sign * (left - right);
  const [x, y] = [String(left).toLowerCase(), String(right).toLowerCase()];
  return x === y ? 0 : x < y ? -sign : sign;
}

/**
 * Sorts cells within a range: rows that a user has hidden stay where they are. Nobody has measured whether the tags of
 * rows go with their cells: `behaviour().rowTags`.
 */
export const sortRange: RequestHandler = (context, body) => {
  const range = readRange(body.range as Json | undefined);
  const tab = context.draft.grid(range.sheetId);
  const area = box(range, tab);
  checkEdit(context, tab, area);
  const tall = tab.merges.some((merge) => overlaps(merge, area) && (merge.endRow ?? 0) - (merge.startRow ?? 0) > 1);
  if (tall) throw invalid('To sort the range, unmerge cells that span multiple rows.');
  const specs = (body.sortSpecs as Json[] | undefined) ?? [];
  const places: number[] = [];
  for (let row = area.startRow; row < area.endRow && row < tab.rows.length; row++) {
    if (!tab.rows[row]?.hiddenByUser) places.push(row);
  }
  const part = (row: Row) =>
    Array.from({ length: area.endColumn - area.startColumn }, (_, i) => row.cells[area.startColumn + i] ?? null);
  const parts = places.map((index) => ({ index, cells: part(rowAt(tab, index)) }));
  parts.sort((a, b) => {
    for (const spec of specs) {
      const column = (num(spec.dimensionIndex) ?? 0) - area.startColumn;
      const order = compare(a.cells[column] ?? null, b.cells[column] ?? null, spec.sortOrder === 'DESCENDING' ? -1 : 1);
      if (order !== 0) return order;
    }
    return 0;
  });
  places.forEach((index, n) => {
    writeCells(tab, index, area.startColumn, parts[n]?.cells ?? []);
  });
  if (context.rowTags === 'follow')
    moveRowTags(context.draft, tab, new Map(parts.map((each, n) => [each.index, places[n] ?? each.index])));
  return undefined;
};

/** @param moved where each row went, by where it was */
function moveRowTags({ state }: Draft, { sheetId }: Tab, moved: ReadonlyMap<number, number>): void {
  state.metadata = state.metadata.map((entry) => {
    const { place } = entry;
    if (place.kind !== 'dimension' || !place.rows || place.sheetId !== sheetId) return entry;
    return { ...entry, place: { ...place, index: moved.get(place.index) ?? place.index } };
  });
}

/** Takes the cells of some columns as a list of parts per row, changes the list, and writes it back. */
function rewrite(tab: Tab, area: Box, change: (parts: Cell[][]) => void): void {
  const width = area.endColumn - area.startColumn;
  const end = Math.max(tab.rows.length, area.endRow);
  const parts: Cell[][] = [];
  for (let row = area.startRow; row < end; row++) {
    parts.push(Array.from({ length: width }, (_, i) => cellAt(tab, row, area.startColumn + i)));
  }
  const height = parts.length;
  change(parts);
  const blank: Cell[] = Array.from({ length: width }, () => null);
  for (let n = 0; n < Math.max(height, parts.length); n++) {
    writeCells(tab, area.startRow + n, area.startColumn, parts[n] ?? blank);
  }
  tab.rowCount = Math.max(tab.rowCount, tab.rows.length);
}

/** Both shift whole blocks up or down; shifting sideways is not needed by anybody here and refused. */
const shiftCells =
  (insert: boolean): RequestHandler =>
  (context, body) => {
    const range = readRange(body.range as Json | undefined);
    const tab = context.draft.grid(range.sheetId);
    const area = box(range, tab);
    if (body.shiftDimension !== 'ROWS') throw invalid('Only shiftDimension ROWS is supported by this stand-in.');
    checkEdit(context, tab, { ...area, endRow: tab.rowCount });
    const height = area.endRow - area.startRow;
    rewrite(tab, area, (parts) => {
      if (insert) parts.unshift(...Array.from({ length: height }, () => []));
      else parts.splice(0, height);
    });
    return undefined;
  };

export const insertRange = shiftCells(true);
export const deleteRange = shiftCells(false);

/** Merging keeps the top left value of each merged block and clears the rest. */
export const mergeCells: RequestHandler = (context, body) => {
  const range = readRange(body.range as Json | undefined);
  const tab = context.draft.grid(range.sheetId);
  const area = box(range, tab);
  checkEdit(context, tab, area);
  if (tab.merges.some((merge) => overlaps(merge, area))) {
    throw invalid('You must select all cells in a merged range to merge or unmerge them.');
  }
  const blocks: Box[] = [];
  if (body.mergeType === 'MERGE_ROWS') {
    for (let row = area.startRow; row < area.endRow; row++) blocks.push({ ...area, startRow: row, endRow: row + 1 });
  } else if (body.mergeType === 'MERGE_COLUMNS') {
    for (let at = area.startColumn; at < area.endColumn; at++) {
      blocks.push({ ...area, startColumn: at, endColumn: at + 1 });
    }
  } else blocks.push(area);
  for (const block of blocks) {
    const kept = cellAt(tab, block.startRow, block.startColumn);
    for (let row = block.startRow; row < block.endRow; row++) {
      const blank: Cell[] = Array.from({ length: block.endColumn - block.startColumn }, () => null);
      if (row === block.startRow) blank[0] = kept;
      writeCells(tab, row, block.startColumn, blank);
    }
    tab.merges.push(block);
  }
  return undefined;
};

export const unmergeCells: RequestHandler = (context, body) => {
  const range = readRange(body.range as Json | undefined);
  const tab = context.draft.grid(range.sheetId);
  tab.merges = tab.merges.filter((merge) => !overlaps(merge, range));
  return undefined;
};
