import type { MetadataView, SpreadsheetView, TabView, TypedCell } from './control-types.ts';
import type { DriveFile } from './files.ts';
import { findTab, rowTexts } from './look.ts';
import { type Cell, dataEnd, hasValue, type Metadata, type SpreadsheetState, type Tab } from './spreadsheet.ts';
import { extendedValue } from './view.ts';

/** The whole truth about a spreadsheet, for tests to look at. */
export function inspectFile(file: DriveFile & { sheet: SpreadsheetState }): SpreadsheetView {
  const { sheet } = file;
  return {
    spreadsheetId: file.id,
    title: sheet.title,
    owner: file.owner,
    trashed: file.trashed,
    sharedWith: [...file.roles].filter(([, role]) => role !== 'owner').map(([email, role]) => ({ email, role })),
    tabs: sheet.tabs.map(inspectTab),
    metadata: sheet.metadata.map(inspectMetadata),
    namedRanges: sheet.namedRanges,
  };
}

const typed = (cell: Cell): TypedCell =>
  hasValue(cell) ? ((extendedValue(cell) as TypedCell | undefined) ?? null) : null;

function inspectTab(tab: Tab): TabView {
  const rows = tab.rows.slice(0, dataEnd(tab));
  return {
    sheetId: tab.sheetId,
    title: tab.title,
    hidden: tab.hidden,
    sheetType: tab.sheetType,
    rowCount: tab.rowCount,
    columnCount: tab.columns.length,
    frozenRowCount: tab.frozenRowCount,
    rows: rows.map((row) => row.cells.slice(0, row.cells.findLastIndex(hasValue) + 1).map(typed)),
    hiddenRows: tab.rows.flatMap((row, index) => (row.hiddenByUser || row.hiddenByFilter ? index : [])),
    hiddenColumns: tab.columns.flatMap((column, index) => (column.hiddenByUser ? index : [])),
    merges: tab.merges,
    protectedRanges: tab.protectedRanges.map(({ id, range, warningOnly, editors, description }) => ({
      id,
      range,
      warningOnly,
      editors: [...editors],
      description: description ?? null,
    })),
    validations: tab.validations
      .filter(({ body }) => Object.keys(body).length > 0)
      .map(({ range, body }) => ({ range, rule: body })),
    tables: tab.tables.map(({ tableId, name, range }) => ({ tableId, name, range })),
    basicFilter: tab.basicFilter?.range ?? null,
  };
}

function inspectMetadata({ id, key, value, visibility, place }: Metadata): MetadataView {
  const base = { id, key, value: value ?? null, visibility };
  if (place.kind === 'spreadsheet') return { ...base, level: 'SPREADSHEET', sheetId: null, index: null };
  if (place.kind === 'sheet') return { ...base, level: 'SHEET', sheetId: place.sheetId, index: null };
  return { ...base, level: place.rows ? 'ROW' : 'COLUMN', sheetId: place.sheetId, index: place.index };
}

/** All rows of a tab with data as texts, the header among them. */
export function textRows(state: SpreadsheetState, ref: string | number | undefined): string[][] {
  const tab = findTab(state, ref);
  return Array.from({ length: dataEnd(tab) }, (_, row) => rowTexts(tab, row));
}

/** The texts under a tag: the column whose metadata has this value, without its header. */
export function taggedColumn(
  state: SpreadsheetState,
  ref: string | number | undefined,
  value: string,
): string[] | null {
  const tab = findTab(state, ref);
  const entry = state.metadata.find(
    ({ place, value: tag }) =>
      tag === value && place.kind === 'dimension' && !place.rows && place.sheetId === tab.sheetId,
  );
  if (entry?.place.kind !== 'dimension') return null;
  const { index } = entry.place;
  return textRows(state, ref)
    .slice(1)
    .map((row) => row[index] ?? '');
}
