import { type Cell, serialDate } from '../../cells.ts';
import type { BatchRequest } from './api.ts';
import { FIELD_KEY, GUARD_KEY, tagValue } from './mapping.ts';

/**
 * The requests of a batchUpdate, as Google's JSON (google-sheets.md 1.4). Values are `userEnteredValue` of a fixed
 * kind: text stays text, a formula is never sent, and people's formats survive.
 */

const DOCUMENT = 'DOCUMENT';
/** What one Google number can hold of a time; shown with the column's number format. */
export type Value = string | number | boolean;

/** What a cell will read as, unformatted; null: empty. */
export function cellValue(cell: Cell): Value | null {
  switch (cell?.kind) {
    case 'text':
      return cell.text;
    case 'number':
      return cell.number;
    case 'bool':
      return cell.bool;
    case 'time':
      return serialDate(cell.ms, cell.timezone);
    default:
      return null;
  }
}

/** CellData. An empty object clears the cell under the mask `userEnteredValue`. */
export function cellData(value: Value | null): Readonly<Record<string, unknown>> {
  if (value === null) return {};
  if (typeof value === 'string') return { userEnteredValue: { stringValue: value } };
  if (typeof value === 'number') return { userEnteredValue: { numberValue: value } };
  return { userEnteredValue: { boolValue: value } };
}

export function createGuard(metadataId: number, metadataValue: string): BatchRequest {
  return createTag(metadataId, GUARD_KEY, metadataValue, { spreadsheet: true });
}

export function createTag(
  metadataId: number,
  metadataKey: string,
  metadataValue: string,
  location: Readonly<Record<string, unknown>>,
): BatchRequest {
  return {
    createDeveloperMetadata: {
      developerMetadata: { metadataId, metadataKey, metadataValue, visibility: DOCUMENT, location },
    },
  };
}

export function createColumnTag(metadataId: number, key: string, sheetId: number, index: number): BatchRequest {
  return createTag(metadataId, FIELD_KEY, tagValue(key), {
    dimensionRange: { sheetId, dimension: 'COLUMNS', startIndex: index, endIndex: index + 1 },
  });
}

export function deleteTag(metadataId: number): BatchRequest {
  return { deleteDeveloperMetadata: { dataFilter: { developerMetadataLookup: { metadataId } } } };
}

/** Writes a run of cells of one row. */
export function writeCells(
  sheetId: number,
  rowIndex: number,
  columnIndex: number,
  values: readonly (Value | null)[],
): BatchRequest {
  return {
    updateCells: {
      rows: [{ values: values.map(cellData) }],
      fields: 'userEnteredValue',
      start: { sheetId, rowIndex, columnIndex },
    },
  };
}

export function appendRows(sheetId: number, rows: readonly (readonly (Value | null)[])[]): BatchRequest {
  return {
    appendCells: {
      sheetId,
      rows: rows.map((values) => ({ values: values.map(cellData) })),
      fields: 'userEnteredValue',
    },
  };
}

/**
 * Changes nothing, but its reply tells where the tab's columns are at the moment the batch is applied: so we
 * learn when somebody moved one between our look and our write.
 */
export function whereAreColumns(sheetId: number): BatchRequest {
  return {
    updateDeveloperMetadata: {
      dataFilters: [{ developerMetadataLookup: { metadataKey: FIELD_KEY, metadataLocation: { sheetId } } }],
      developerMetadata: { visibility: DOCUMENT },
      fields: 'visibility',
    },
  };
}

/** Reads the reply of `whereAreColumns`: places by metadata id. null: not what Google documents. */
export function readPlaces(reply: unknown): Map<number, number> | null {
  const list = member(member(reply, 'updateDeveloperMetadata'), 'developerMetadata');
  if (!Array.isArray(list)) return null;
  const places = new Map<number, number>();
  for (const entry of list) {
    const id = member(entry, 'metadataId');
    const range = member(member(entry, 'location'), 'dimensionRange');
    // A zero is left out of Google's JSON.
    const index = member(range, 'startIndex') ?? 0;
    if (typeof id === 'number' && typeof index === 'number' && range !== undefined) places.set(id, index);
  }
  return places;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/**
 * Makes room for new columns at `index` without touching a cell of anybody's: inserted columns are empty at the
 * moment of the commit, whatever was moved since we looked. The grid is widened first when `index` is its end,
 * so that the place is always inside it.
 */
export function insertColumns(sheetId: number, index: number, count: number, columnCount: number): BatchRequest[] {
  const insert = {
    insertDimension: {
      range: { sheetId, dimension: 'COLUMNS', startIndex: index, endIndex: index + count },
      inheritFromBefore: false,
    },
  };
  if (index < columnCount) return [insert];
  return [{ appendDimension: { sheetId, dimension: 'COLUMNS', length: 1 } }, insert];
}
