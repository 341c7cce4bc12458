import { invalid } from './errors.ts';
import type { GridRange } from './grid.ts';
import type { Json } from './json.ts';

/**
 * The model of one spreadsheet. States are never changed once committed: a `Draft` copies what it touches (the list of
 * rows of a touched tab, not the rows), so a failed batch is simply thrown away, a version of the past is a kept
 * reference, and a batch on a tab of 100,000 rows costs a copy of 100,000 pointers.
 */

export type Primitive = string | number | boolean;
/** A cell that holds more than a plain value. */
export interface RichCell {
  readonly value: Primitive | null;
  readonly formula?: string;
  readonly format?: Json;
  readonly note?: string;
}
/** What a cell holds; plain values are kept plain because there are millions of them. */
export type Cell = Primitive | RichCell | null;

/** One row. Never changed in place: a write puts a new one into its position. */
export interface Row {
  readonly cells: readonly Cell[];
  readonly hiddenByUser?: boolean;
  readonly hiddenByFilter?: boolean;
  readonly pixelSize?: number;
}

export interface Column {
  readonly hiddenByUser?: boolean;
  readonly pixelSize?: number;
}

export interface ProtectedRange {
  readonly id: number;
  readonly range: GridRange;
  readonly description?: string;
  readonly warningOnly: boolean;
  readonly editors: readonly string[];
  readonly unprotected: readonly GridRange[];
}

/** Something laid over a range: a validation rule, a filter, a table. */
export interface Ranged {
  readonly range: GridRange;
  readonly body: Json;
}

export interface Table {
  readonly tableId: string;
  readonly name: string;
  readonly range: GridRange;
  readonly columns: readonly Json[];
}

export interface Tab {
  readonly sheetId: number;
  title: string;
  hidden: boolean;
  readonly sheetType: 'GRID' | 'OBJECT' | 'DATA_SOURCE';
  rowCount: number;
  frozenRowCount: number;
  frozenColumnCount: number;
  tabColorStyle?: Json;
  /** Rows that were ever written; shorter than `rowCount` when the bottom is untouched. */
  rows: Row[];
  /** One entry per column: its length is the column count. */
  columns: Column[];
  merges: GridRange[];
  protectedRanges: ProtectedRange[];
  validations: Ranged[];
  basicFilter: Ranged | null;
  filterViews: (Ranged & { readonly id: number })[];
  tables: Table[];
}

export type MetadataPlace =
  | { readonly kind: 'spreadsheet' }
  | { readonly kind: 'sheet'; readonly sheetId: number }
  | { readonly kind: 'dimension'; readonly sheetId: number; readonly rows: boolean; readonly index: number };

export interface Metadata {
  readonly id: number;
  readonly key: string;
  readonly value: string | undefined;
  readonly visibility: 'DOCUMENT' | 'PROJECT';
  readonly place: MetadataPlace;
  /** The Cloud project that wrote it; PROJECT metadata is seen by no other. */
  readonly project: string;
}

export interface NamedRange {
  readonly id: string;
  readonly name: string;
  readonly range: GridRange;
}

export interface SpreadsheetState {
  title: string;
  locale: string;
  timeZone: string;
  tabs: Tab[];
  metadata: Metadata[];
  namedRanges: NamedRange[];
}

export const MAX_CELLS = 10_000_000;
export const MAX_CELL_CHARACTERS = 50_000;
export const MAX_TABS = 200;
export const MAX_COLUMNS = 18_278;

const NO_CELLS: readonly Cell[] = [];
export const EMPTY_ROW: Row = { cells: NO_CELLS };

/** The value of a cell as a reader gets it; formulas are not computed here and read as an empty text. */
export function plainValue(cell: Cell | undefined): Primitive | null {
  if (cell === undefined || cell === null) return null;
  if (typeof cell !== 'object') return cell;
  return cell.formula === undefined ? cell.value : (cell.value ?? '');
}

/** Whether a cell counts as data for an append: any value, FALSE and formulas included, formats alone not. */
export function hasValue(cell: Cell | undefined): boolean {
  if (cell === undefined || cell === null || cell === '') return false;
  if (typeof cell !== 'object') return true;
  return cell.formula !== undefined || (cell.value !== null && cell.value !== '');
}

/** The index after the last row with a value in any column. */
export function dataEnd(tab: Tab): number {
  for (let index = tab.rows.length; index > 0; index--) {
    if (tab.rows[index - 1]?.cells.some(hasValue)) return index;
  }
  return 0;
}

export const cellAt = (tab: Tab, row: number, column: number): Cell => tab.rows[row]?.cells[column] ?? null;

/** Replaces cells of one row, starting at a column. */
export function writeCells(tab: Tab, rowIndex: number, startColumn: number, cells: readonly Cell[]): void {
  const row = rowAt(tab, rowIndex);
  let next: Cell[];
  if (startColumn === 0 && cells.length >= row.cells.length) next = [...cells];
  else {
    next = row.cells.slice();
    while (next.length < startColumn) next.push(null);
    for (let offset = 0; offset < cells.length; offset++) next[startColumn + offset] = cells[offset] ?? null;
  }
  while (next.length > 0 && next[next.length - 1] === null) next.pop();
  tab.rows[rowIndex] = { ...row, cells: next };
}

/** The row at an index, the untouched ones filled in up to it. */
export function rowAt(tab: Tab, index: number): Row {
  while (tab.rows.length <= index) tab.rows.push(EMPTY_ROW);
  return tab.rows[index] ?? EMPTY_ROW;
}

/** Puts empty rows into the list of rows; the row count is the caller's. */
export function insertRows(tab: Tab, at: number, count: number): void {
  if (at >= tab.rows.length) return;
  const blank = Array.from({ length: count }, () => EMPTY_ROW);
  tab.rows = tab.rows.slice(0, at).concat(blank, tab.rows.slice(at));
}

export interface NewTab {
  sheetId: number;
  title: string;
  rowCount?: number;
  columnCount?: number;
  frozenRowCount?: number;
  frozenColumnCount?: number;
  hidden?: boolean;
  sheetType?: Tab['sheetType'];
}

/** A tab of Google's default size: 1000 rows by 26 columns. */
export function newTab(options: NewTab): Tab {
  return {
    sheetId: options.sheetId,
    title: options.title,
    hidden: options.hidden ?? false,
    sheetType: options.sheetType ?? 'GRID',
    rowCount: options.rowCount ?? 1000,
    frozenRowCount: options.frozenRowCount ?? 0,
    frozenColumnCount: options.frozenColumnCount ?? 0,
    rows: [],
    columns: Array.from({ length: options.columnCount ?? 26 }, () => ({})),
    merges: [],
    protectedRanges: [],
    validations: [],
    basicFilter: null,
    filterViews: [],
    tables: [],
  };
}

/** A copy of a tab that may be changed without touching the original. */
export function copyTab(tab: Tab, as: { sheetId: number; title: string }): Tab {
  return {
    ...tab,
    ...as,
    rows: tab.rows.slice(),
    columns: tab.columns.slice(),
    merges: tab.merges.slice(),
    protectedRanges: tab.protectedRanges.slice(),
    validations: tab.validations.slice(),
    filterViews: tab.filterViews.slice(),
    tables: tab.tables.slice(),
  };
}

/** Work in progress on a spreadsheet: reads see it, nobody else does until `state` is committed. */
export class Draft {
  readonly state: SpreadsheetState;
  private readonly owned = new Set<Tab>();

  constructor(base: SpreadsheetState) {
    this.state = {
      ...base,
      tabs: base.tabs.slice(),
      metadata: base.metadata.slice(),
      namedRanges: base.namedRanges.slice(),
    };
  }

  /** The tab of an id, ready to be changed. */
  tab(sheetId: number): Tab {
    const index = this.state.tabs.findIndex((tab) => tab.sheetId === sheetId);
    const found = this.state.tabs[index];
    if (!found) throw invalid(`No grid with id: ${sheetId}`);
    if (this.owned.has(found)) return found;
    const copy = copyTab(found, found);
    this.owned.add(copy);
    this.state.tabs[index] = copy;
    return copy;
  }

  /** The tab of an id, refused unless it has cells. */
  grid(sheetId: number): Tab {
    const tab = this.tab(sheetId);
    if (tab.sheetType !== 'GRID') throw invalid(`Sheet with ID ${sheetId} is not a grid sheet.`);
    return tab;
  }

  add(tab: Tab, index: number): void {
    this.owned.add(tab);
    this.state.tabs.splice(index, 0, tab);
  }

  cells(): number {
    return this.state.tabs.reduce((sum, tab) => sum + tab.rowCount * tab.columns.length, 0);
  }

  /** Refuses a batch that has made the workbook too big. */
  checkCells(): void {
    if (this.cells() > MAX_CELLS) {
      throw invalid(
        `This action would increase the number of cells in the workbook above the limit of ${MAX_CELLS} cells.`,
      );
    }
  }

  /** Whether a title is free, upper and lower case being the same. */
  checkTitle(title: string, except?: number): void {
    if (title === '' || title.length > 100) throw invalid('The sheet name must be between 1 and 100 characters long.');
    const folded = title.toLowerCase();
    if (this.state.tabs.some((tab) => tab.sheetId !== except && tab.title.toLowerCase() === folded)) {
      throw invalid(`A sheet with the name "${title}" already exists. Please enter another name.`);
    }
  }

  /** A sheet id that is in use by no tab. */
  freeSheetId(): number {
    let id = 1_000_000 + this.state.tabs.length * 7919;
    while (this.state.tabs.some((tab) => tab.sheetId === id)) id++;
    return id;
  }
}
