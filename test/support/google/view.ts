import { mayEdit } from './batch-context.ts';
import { type Box, box, type GridRange, overlaps, parseA1, rangeJson } from './grid.ts';
import type { Json } from './json.ts';
import { applyMask, type Mask, masks } from './mask.ts';
import { metadataJson, visibleTo } from './metadata.ts';
import {
  type Cell,
  type Metadata,
  type ProtectedRange,
  plainValue,
  type SpreadsheetState,
  type Tab,
  type Table,
} from './spreadsheet.ts';

/** How a spreadsheet looks on the wire: the Spreadsheet resource and its parts. */

export interface Viewer {
  readonly email: string;
  readonly owner: string;
  readonly project: string;
}

export const tabProperties = (tab: Tab, index: number): Json => ({
  sheetId: tab.sheetId,
  title: tab.title,
  index,
  sheetType: tab.sheetType,
  hidden: tab.hidden,
  ...(tab.tabColorStyle ? { tabColorStyle: tab.tabColorStyle } : {}),
  ...(tab.sheetType === 'GRID'
    ? {
        gridProperties: {
          rowCount: tab.rowCount,
          columnCount: tab.columns.length,
          frozenRowCount: tab.frozenRowCount,
          frozenColumnCount: tab.frozenColumnCount,
        },
      }
    : {}),
});

export const protectedRangeJson = (protection: ProtectedRange, email: string, owner: string): Json => ({
  protectedRangeId: protection.id,
  range: rangeJson(protection.range),
  description: protection.description,
  warningOnly: protection.warningOnly,
  requestingUserCanEdit: mayEdit(protection, email, owner),
  unprotectedRanges: protection.unprotected.map(rangeJson),
  ...(protection.warningOnly ? {} : { editors: { users: protection.editors } }),
});

export const tableJson = (table: Table): Json => ({
  tableId: table.tableId,
  name: table.name,
  range: rangeJson(table.range),
  columnProperties: table.columns,
});

export const spreadsheetUrl = (id: string): string => `https://docs.google.com/spreadsheets/d/${id}/edit`;

export interface ViewOptions {
  readonly mask: Mask | undefined;
  readonly gridData: boolean;
  /** A1 ranges or ranges of data filters; empty for all. */
  readonly ranges: readonly GridRange[];
}

/** The Spreadsheet resource; cells only when asked for, and then only those of the ranges. */
export function spreadsheetJson(id: string, state: SpreadsheetState, viewer: Viewer, options: ViewOptions): unknown {
  const { mask, ranges } = options;
  const seen = state.metadata.filter(visibleTo(viewer.project));
  const tabs = ranges.length === 0 ? state.tabs : state.tabs.filter((tab) => on(ranges, tab.sheetId));
  const withData = mask ? masks(mask, 'sheets', 'data') : options.gridData;
  const full = {
    spreadsheetId: id,
    properties: { title: state.title, locale: state.locale, autoRecalc: 'ON_CHANGE', timeZone: state.timeZone },
    sheets: tabs.map((tab) => ({
      properties: tabProperties(tab, state.tabs.indexOf(tab)),
      ...(withData ? { data: gridData(tab, ranges, seen) } : {}),
      merges: touching(
        tab.merges.map((range) => ({ range })),
        ranges,
      ).map(({ range }) => rangeJson(range)),
      protectedRanges: touching(tab.protectedRanges, ranges).map((each) =>
        protectedRangeJson(each, viewer.email, viewer.owner),
      ),
      ...(tab.basicFilter ? { basicFilter: { ...tab.basicFilter.body, range: rangeJson(tab.basicFilter.range) } } : {}),
      filterViews: tab.filterViews.map((view) => ({ ...view.body, range: rangeJson(view.range) })),
      tables: touching(tab.tables, ranges).map(tableJson),
      developerMetadata: seen
        .filter(({ place }) => place.kind === 'sheet' && place.sheetId === tab.sheetId)
        .map(metadataJson),
    })),
    namedRanges: state.namedRanges.map(({ id: namedRangeId, name, range }) => ({
      namedRangeId,
      name,
      range: rangeJson(range),
    })),
    spreadsheetUrl: spreadsheetUrl(id),
    developerMetadata: seen.filter(({ place }) => place.kind === 'spreadsheet').map(metadataJson),
  };
  return mask ? applyMask(full, mask) : full;
}

const on = (ranges: readonly GridRange[], sheetId: number): boolean => ranges.some((each) => each.sheetId === sheetId);

const touching = <T extends { readonly range: GridRange }>(items: readonly T[], ranges: readonly GridRange[]): T[] =>
  items.filter((item) => ranges.length === 0 || ranges.some((range) => overlaps(range, item.range)));

function gridData(tab: Tab, ranges: readonly GridRange[], seen: readonly Metadata[]): Json[] {
  const tags = (rows: boolean, index: number) =>
    seen
      .filter(({ place }) => place.kind === 'dimension' && place.sheetId === tab.sheetId)
      .filter(({ place }) => place.kind === 'dimension' && place.rows === rows && place.index === index)
      .map(metadataJson);
  const mine = ranges.filter((range) => range.sheetId === tab.sheetId);
  const areas = (mine.length === 0 ? [{ sheetId: tab.sheetId }] : mine).map((range) => box(range, tab));
  return areas.map((area) => ({
    startRow: area.startRow,
    startColumn: area.startColumn,
    rowData: rowData(tab, area),
    rowMetadata: indexes(area.startRow, area.endRow).map((row) => ({
      pixelSize: tab.rows[row]?.pixelSize ?? 21,
      hiddenByUser: tab.rows[row]?.hiddenByUser,
      hiddenByFilter: tab.rows[row]?.hiddenByFilter,
    })),
    columnMetadata: indexes(area.startColumn, area.endColumn).map((column) => ({
      pixelSize: tab.columns[column]?.pixelSize ?? 100,
      hiddenByUser: tab.columns[column]?.hiddenByUser,
      developerMetadata: tags(false, column),
    })),
  }));
}

const indexes = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

function rowData(tab: Tab, area: Box): Json[] {
  const end = Math.min(area.endRow, tab.rows.length);
  return indexes(area.startRow, end).map((row) => {
    const cells = tab.rows[row]?.cells.slice(area.startColumn, area.endColumn) ?? [];
    return { values: cells.map((cell, offset) => cellJson(tab, cell, row, area.startColumn + offset)) };
  });
}

/** What was entered into a cell, in the API's tagged form. */
export function extendedValue(cell: Cell): Json | undefined {
  if (typeof cell === 'object' && cell?.formula !== undefined) return { formulaValue: cell.formula };
  const value = plainValue(cell);
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'number') return { numberValue: value };
  return typeof value === 'boolean' ? { boolValue: value } : undefined;
}

function cellJson(tab: Tab, cell: Cell, row: number, column: number): Json {
  const rich = typeof cell === 'object' && cell !== null ? cell : undefined;
  const value = plainValue(cell);
  const at: GridRange = {
    sheetId: tab.sheetId,
    startRow: row,
    endRow: row + 1,
    startColumn: column,
    endColumn: column + 1,
  };
  const rule = tab.validations.findLast((each) => overlaps(each.range, at))?.body;
  return {
    userEnteredValue: extendedValue(cell),
    effectiveValue: value === null ? undefined : extendedValue(value),
    formattedValue: value === null ? undefined : formatted(value),
    userEnteredFormat: rich?.format,
    effectiveFormat: rich?.format,
    note: rich?.note,
    dataValidation: rule && Object.keys(rule).length > 0 ? rule : undefined,
  };
}

/** A value as a locale-free reader sees it. */
export function formatted(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? 'TRUE' : 'FALSE') : String(value);
}

export const readRanges = (texts: readonly string[], state: SpreadsheetState): GridRange[] =>
  texts.map((text) => parseA1(text, state));
