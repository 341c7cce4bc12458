import type { Json } from './json.ts';
import { kindOf } from './requests.ts';
import { batchUpdate, copyTo, create, getByDataFilter, getMetadata, getSpreadsheet, search } from './sheets-api.ts';
import type { SheetsMethod } from './sheets-call.ts';
import {
  valuesAppend,
  valuesBatchGet,
  valuesBatchGetByDataFilter,
  valuesBatchUpdate,
  valuesClear,
  valuesGet,
  valuesUpdate,
} from './values-api.ts';

/** Which path of Sheets v4 is which method. */

const READ_VALUES = ['majorDimension', 'valueRenderOption', 'dateTimeRenderOption'];
const WRITE_VALUES = [
  'valueInputOption',
  'insertDataOption',
  'includeValuesInResponse',
  'responseValueRenderOption',
  'responseDateTimeRenderOption',
];

/** Method and path (after `/v4/spreadsheets`) of every call; `*` stands for one path segment that is a `part`. */
const METHODS: readonly [string, RegExp, SheetsMethod][] = [
  [
    'POST',
    /^$/,
    { kind: 'spreadsheet.create', access: 'write', request: 'Spreadsheet', response: 'Spreadsheet', run: create },
  ],
  [
    'GET',
    /^\/([^/:]+)$/,
    {
      kind: 'spreadsheet.get',
      access: 'read',
      request: undefined,
      response: 'Spreadsheet',
      query: ['ranges', 'includeGridData', 'commentsViewMode', 'excludeTablesInBandedRanges'],
      run: getSpreadsheet,
    },
  ],
  [
    'POST',
    /^\/([^/:]+):getByDataFilter$/,
    {
      kind: 'getByDataFilter',
      access: 'read',
      request: 'GetByDataFilterRequest',
      response: 'Spreadsheet',
      run: getByDataFilter,
    },
  ],
  [
    'POST',
    /^\/([^/:]+):batchUpdate$/,
    {
      kind: 'batchUpdate',
      access: 'write',
      request: 'BatchUpdateRequest',
      response: 'BatchUpdateResponse',
      run: batchUpdate,
    },
  ],
  [
    'POST',
    /^\/([^/]+)\/developerMetadata:search$/,
    { kind: 'search', access: 'read', request: 'SearchRequest', response: 'SearchResponse', run: search },
  ],
  [
    'GET',
    /^\/([^/]+)\/developerMetadata\/(\d+)$/,
    { kind: 'metadata.get', access: 'read', request: undefined, response: 'DeveloperMetadata', run: getMetadata },
  ],
  [
    'GET',
    /^\/([^/]+)\/values:batchGet$/,
    {
      kind: 'values.batchGet',
      access: 'read',
      request: undefined,
      response: 'BatchGetResponse',
      query: ['ranges', ...READ_VALUES],
      run: valuesBatchGet,
    },
  ],
  [
    'POST',
    /^\/([^/]+)\/values:batchGetByDataFilter$/,
    {
      kind: 'values.batchGetByDataFilter',
      access: 'read',
      request: 'BatchGetByDataFilterRequest',
      response: 'BatchGetByDataFilterResponse',
      run: valuesBatchGetByDataFilter,
    },
  ],
  [
    'POST',
    /^\/([^/]+)\/values:batchUpdate$/,
    {
      kind: 'values.batchUpdate',
      access: 'write',
      request: 'BatchUpdateValuesRequest',
      response: 'BatchUpdateValuesResponse',
      run: valuesBatchUpdate(false),
    },
  ],
  [
    'POST',
    /^\/([^/]+)\/values:batchUpdateByDataFilter$/,
    {
      kind: 'values.batchUpdateByDataFilter',
      access: 'write',
      request: 'BatchUpdateByDataFilterRequest',
      response: 'BatchUpdateValuesResponse',
      run: valuesBatchUpdate(true),
    },
  ],
  [
    'POST',
    /^\/([^/]+)\/values\/([^/]+):append$/,
    {
      kind: 'values.append',
      access: 'write',
      request: 'ValueRange',
      response: 'AppendValuesResponse',
      query: WRITE_VALUES,
      run: valuesAppend,
    },
  ],
  [
    'POST',
    /^\/([^/]+)\/values\/([^/]+):clear$/,
    { kind: 'values.clear', access: 'write', request: 'Empty', response: 'UpdateValuesResponse', run: valuesClear },
  ],
  [
    'GET',
    /^\/([^/]+)\/values\/([^/]+)$/,
    {
      kind: 'values.get',
      access: 'read',
      request: undefined,
      response: 'ValueRange',
      query: READ_VALUES,
      run: valuesGet,
    },
  ],
  [
    'PUT',
    /^\/([^/]+)\/values\/([^/]+)$/,
    {
      kind: 'values.update',
      access: 'write',
      request: 'ValueRange',
      response: 'UpdateValuesResponse',
      query: WRITE_VALUES,
      run: valuesUpdate,
    },
  ],
  [
    'POST',
    /^\/([^/]+)\/sheets\/(\d+):copyTo$/,
    { kind: 'sheet.copyTo', access: 'write', request: 'CopyToRequest', response: 'SheetProperties', run: copyTo },
  ],
];

/** Finds the method of a path below `/v4/spreadsheets`. */
export function sheetsMethod(
  verb: string,
  path: string,
): { method: SheetsMethod; id: string; part: string } | undefined {
  for (const [wanted, pattern, method] of METHODS) {
    const match = wanted === verb ? pattern.exec(path) : null;
    if (match) return { method, id: decodeURIComponent(match[1] ?? ''), part: decodeURIComponent(match[2] ?? '') };
  }
  return undefined;
}

/** The kinds of the requests of a batch body and the rows they carry, read leniently, for the log. */
export function describeBatch(parse: () => unknown): { requests: string[]; rows: number } {
  try {
    const { requests = [] } = parse() as { requests?: Json[] };
    const rows = requests.reduce((sum, each) => {
      const cells = (each.appendCells ?? each.updateCells) as { rows?: unknown[] } | undefined;
      return sum + (cells?.rows?.length ?? 0);
    }, 0);
    return { requests: requests.map((each) => kindOf(each) ?? '?'), rows };
  } catch {
    // What cannot be read is refused when the call is performed; the log just has no details of it.
    return { requests: [], rows: 0 };
  }
}
