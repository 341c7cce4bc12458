import type {
  DeveloperMetadata,
  DriveFile,
  MarkedRange,
  MetadataLocation,
  SpreadsheetInfo,
  TabProperties,
} from './api.ts';

/**
 * Reads Google's answers. Each takes anything at all and returns null when it is not such an answer. Google leaves
 * out what is 0, false, "" or empty (proto3 JSON), so a missing member reads as that: the first tab's id is 0.
 */

type Fields = Record<string, unknown>;

export const record = (value: unknown): Fields | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
export const records = (value: unknown): Fields[] =>
  Array.isArray(value) ? value.map(record).filter((item) => item !== null) : [];
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number => (typeof value === 'number' ? value : 0);

export function readReplies(body: unknown, spreadsheetId: string): { replies: unknown[] } | null {
  const answer = record(body);
  // The id is proof that this is Google's answer to this very spreadsheet.
  if (!answer || answer.spreadsheetId !== spreadsheetId) return null;
  return { replies: Array.isArray(answer.replies) ? answer.replies : [] };
}

export function readSearch(body: unknown): DeveloperMetadata[] | null {
  const answer = record(body);
  if (!answer) return null;
  const found = records(answer.matchedDeveloperMetadata).map((match) => readMetadata(match.developerMetadata));
  return found.filter((each) => each !== null);
}

export function readMetadata(body: unknown): DeveloperMetadata | null {
  const entry = record(body);
  const location = record(entry?.location);
  if (!entry || !location || typeof entry.metadataId !== 'number') return null;
  return {
    metadataId: entry.metadataId,
    key: text(entry.metadataKey),
    value: text(entry.metadataValue),
    location: readLocation(location),
  };
}

function readLocation(location: Fields): MetadataLocation {
  const range = record(location.dimensionRange);
  if (range) {
    const type = range.dimension === 'ROWS' ? 'ROW' : 'COLUMN';
    return { type, sheetId: number(range.sheetId), index: number(range.startIndex) };
  }
  if (location.spreadsheet === true || location.locationType === 'SPREADSHEET') return { type: 'SPREADSHEET' };
  return { type: 'SHEET', sheetId: number(location.sheetId) };
}

export function readInfo(body: unknown): SpreadsheetInfo | null {
  const answer = record(body);
  if (!answer || typeof answer.spreadsheetId !== 'string') return null;
  const properties = record(answer.properties);
  return {
    spreadsheetId: answer.spreadsheetId,
    url: text(answer.spreadsheetUrl),
    title: text(properties?.title),
    timeZone: text(properties?.timeZone),
    tabs: records(answer.sheets).map(readTab),
  };
}

function readTab(sheet: Fields): TabProperties {
  const properties = record(sheet.properties) ?? {};
  const grid = record(properties.gridProperties);
  return {
    sheetId: number(properties.sheetId),
    title: text(properties.title),
    sheetType: text(properties.sheetType) || 'GRID',
    rowCount: number(grid?.rowCount),
    columnCount: number(grid?.columnCount),
    locked: records(sheet.protectedRanges).some(isWhollyLocked),
  };
}

/** A protection of the whole tab, of which we are no editor. One of some cells may not concern us. */
function isWhollyLocked(protection: Fields): boolean {
  const range = record(protection.range) ?? {};
  const bounded = ['startRowIndex', 'endRowIndex', 'startColumnIndex', 'endColumnIndex'].some((side) => side in range);
  return !bounded && protection.warningOnly !== true && protection.requestingUserCanEdit !== true;
}

export function readColumns(body: unknown): Map<number, (string | number | boolean)[]> | null {
  const answer = record(body);
  if (!answer) return null;
  const columns = new Map<number, (string | number | boolean)[]>();
  for (const match of records(answer.valueRanges)) {
    const values = record(match.valueRange)?.values;
    const first: unknown = Array.isArray(values) ? values[0] : undefined;
    const column = Array.isArray(first) ? first.map(cell) : [];
    for (const filter of records(match.dataFilters)) {
      const id = record(filter.developerMetadataLookup)?.metadataId;
      if (typeof id === 'number') columns.set(id, column);
    }
  }
  return columns;
}

/** null also where a range is not told as Google does, `'Title'!A2:Z2`: its rows have to be known. */
export function readRanges(body: unknown): Map<number, MarkedRange> | null {
  const answer = record(body);
  if (!answer) return null;
  const ranges = new Map<number, MarkedRange>();
  for (const match of records(answer.valueRanges)) {
    const range = record(match.valueRange);
    const rows = /![A-Z]+(\d+)(?::[A-Z]+(\d+))?$/.exec(text(range?.range));
    if (!rows) return null;
    const values = Array.isArray(range?.values) ? range.values : [];
    const found = {
      start: Number(rows[1]) - 1,
      end: Number(rows[2] ?? rows[1]),
      values: values.map((row) => (Array.isArray(row) ? row.map(cell) : [])),
    };
    for (const filter of records(match.dataFilters)) {
      const id = record(filter.developerMetadataLookup)?.metadataId;
      if (typeof id === 'number') ranges.set(id, found);
    }
  }
  return ranges;
}

const cell = (value: unknown): string | number | boolean =>
  typeof value === 'number' || typeof value === 'boolean' ? value : text(value);

export function readBlock(body: unknown): (string | number | boolean)[][] | null {
  const answer = record(body);
  if (!answer) return null;
  const values = record(records(answer.valueRanges)[0]?.valueRange)?.values;
  return Array.isArray(values) ? values.map((row) => (Array.isArray(row) ? row.map(cell) : [])) : [];
}

export function readFile(body: unknown): DriveFile | null {
  const answer = record(body);
  if (!answer || typeof answer.id !== 'string') return null;
  const can = record(answer.capabilities);
  return {
    id: answer.id,
    name: text(answer.name),
    trashed: answer.trashed === true,
    // No word about it is no refusal: the first write will tell.
    canEdit: can === null || (can.canEdit === true && can.canModifyContent !== false),
  };
}

export function readMade(body: unknown): { spreadsheetId: string; url: string } | null {
  const file = record(body);
  if (typeof file?.id !== 'string' || file.id === '') return null;
  return { spreadsheetId: file.id, url: text(file.webViewLink) };
}

export function readFound(body: unknown): { spreadsheetId: string; url: string }[] | null {
  const answer = record(body);
  return (
    answer &&
    records(answer.files)
      .map(readMade)
      .filter((file) => file !== null)
  );
}
