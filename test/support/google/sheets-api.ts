import type { BatchContext } from './batch-context.ts';
import type { Call, CallKind } from './control-types.ts';
import { ApiError, invalid, permissionDenied } from './errors.ts';
import { type DriveFile, SPREADSHEET } from './files.ts';
import { num, parseA1 } from './grid.ts';
import type { Json } from './json.ts';
import type { Mask } from './mask.ts';
import { createMetadata, filterRange, matchFilter, metadataJson, placeRange, visibleTo } from './metadata.ts';
import { kindOf, runBatch } from './requests.ts';
import { tabFrom } from './requests-sheets.ts';
import { copyTab, Draft, type SpreadsheetState } from './spreadsheet.ts';
import type { Principal } from './tokens.ts';
import * as values from './values.ts';
import { readRanges, spreadsheetJson, tabProperties } from './view.ts';
import type { World } from './world.ts';

/** The methods of Sheets v4: which path is which, and what each does once the caller is known. */

export interface SheetsCall {
  readonly world: World;
  readonly principal: Principal;
  readonly id: string;
  /** The range, metadata id or sheet id that the path names besides the spreadsheet. */
  readonly part: string;
  readonly query: URLSearchParams;
  readonly body: Json;
  readonly mask: Mask | undefined;
  readonly call: Call;
}

export interface SheetsMethod {
  readonly kind: CallKind;
  readonly access: 'read' | 'write';
  readonly request: string | undefined;
  readonly response: string;
  readonly query?: readonly string[];
  readonly run: (call: SheetsCall) => unknown;
}

const file = (call: SheetsCall, write: boolean) => call.world.files.forSheets(call.id, call.principal, write);

const viewer = (of: DriveFile, principal: Principal) => ({
  email: principal.email,
  owner: of.owner,
  project: principal.project,
});

/** Runs a write on a draft and commits it, unless it throws. */
function writing<T>(call: SheetsCall, work: (context: BatchContext, draft: Draft) => T): T {
  const target = file(call, true);
  const draft = new Draft(target.sheet);
  const result = work(call.world.context(draft, target, call.principal, call.call), draft);
  call.world.commit(target, draft.state);
  return result;
}

function get(call: SheetsCall, ranges: readonly ReturnType<typeof parseA1>[] = [], gridData = false): unknown {
  const target = file(call, false);
  const { mask } = call;
  return spreadsheetJson(call.id, target.sheet, viewer(target, call.principal), { mask, ranges, gridData });
}

const getSpreadsheet = (call: SheetsCall): unknown => {
  const ranges = readRanges(call.query.getAll('ranges'), file(call, false).sheet);
  return get(call, ranges as ReturnType<typeof parseA1>[], call.query.get('includeGridData') === 'true');
};

function getByDataFilter(call: SheetsCall): unknown {
  const { sheet } = file(call, false);
  const filters = (call.body.dataFilters as Json[] | undefined) ?? [];
  const ranges = values.filteredRanges(sheet, filters, call.principal.project).map(({ range }) => range);
  const target = file(call, false);
  const options = { mask: call.mask, ranges, gridData: call.body.includeGridData === true };
  return spreadsheetJson(call.id, target.sheet, viewer(target, call.principal), options);
}

/** Service accounts own no files any more, so they cannot make one. */
function create(call: SheetsCall): unknown {
  const { world, principal, body } = call;
  if (principal.serviceAccount) throw permissionDenied();
  const properties = (body.properties as Json | undefined) ?? {};
  const made = world.files.create({
    name: typeof properties.title === 'string' ? properties.title : 'Untitled spreadsheet',
    mimeType: SPREADSHEET,
    owner: principal.email,
    createdAt: world.clock.now(),
    client: principal.client,
  });
  try {
    const draft = new Draft(made.sheet as SpreadsheetState);
    fill(draft, world.context(draft, made, principal, call.call), body);
    world.commit(made, draft.state);
  } catch (error) {
    world.files.deleteForever(made.id);
    throw error;
  }
  call.call.spreadsheetId = made.id;
  return spreadsheetJson(made.id, made.sheet as SpreadsheetState, viewer(made, principal), {
    mask: call.mask,
    ranges: [],
    gridData: false,
  });
}

function fill(draft: Draft, context: BatchContext, body: Json): void {
  const properties = (body.properties as Json | undefined) ?? {};
  if (typeof properties.locale === 'string') draft.state.locale = properties.locale;
  if (typeof properties.timeZone === 'string') draft.state.timeZone = properties.timeZone;
  const sheets = (body.sheets as Json[] | undefined) ?? [];
  if (sheets.length > 0) draft.state.tabs = [];
  for (const sheet of sheets) {
    const tab = tabFrom(draft, (sheet.properties as Json | undefined) ?? {});
    for (const data of (sheet.data as Json[] | undefined) ?? []) {
      const start = {
        sheetId: tab.sheetId,
        rowIndex: num(data.startRow) ?? 0,
        columnIndex: num(data.startColumn) ?? 0,
      };
      runBatch(context, [{ updateCells: { rows: data.rowData, fields: '*', start } }]);
    }
    for (const entry of (sheet.developerMetadata as Json[] | undefined) ?? []) createMetadata(draft, entry, context);
  }
  for (const entry of (body.developerMetadata as Json[] | undefined) ?? []) createMetadata(draft, entry, context);
}

function batchUpdate(call: SheetsCall): unknown {
  const requests = (call.body.requests as Json[] | undefined) ?? [];
  const replies = writing(call, (context) => runBatch(context, requests));
  const { body } = call;
  if (body.includeSpreadsheetInResponse !== true) return { spreadsheetId: call.id, replies };
  const target = file(call, false);
  const ranges = readRanges((body.responseRanges as string[] | undefined) ?? [], target.sheet);
  const options = { mask: undefined, ranges, gridData: body.responseIncludeGridData === true };
  const updatedSpreadsheet = spreadsheetJson(call.id, target.sheet, viewer(target, call.principal), options);
  return { spreadsheetId: call.id, replies, updatedSpreadsheet };
}

function getMetadata(call: SheetsCall): unknown {
  const id = Number(call.part);
  const { sheet } = file(call, false);
  const found = sheet.metadata.find((entry) => entry.id === id && visibleTo(call.principal.project)(entry));
  if (!found) throw new ApiError(404, 'NOT_FOUND', `No developer metadata with ID ${call.part}`);
  return metadataJson(found);
}

function search(call: SheetsCall): unknown {
  const { sheet } = file(call, false);
  const filters = (call.body.dataFilters as Json[] | undefined) ?? [];
  if (filters.length === 0) throw invalid('At least one data filter must be specified.');
  const matched = new Map<number, { developerMetadata: Json; dataFilters: Json[] }>();
  for (const filter of filters) {
    for (const entry of matchFilter(sheet, filter, call.principal.project)) {
      const known = matched.get(entry.id) ?? { developerMetadata: metadataJson(entry), dataFilters: [] };
      known.dataFilters.push(filter);
      matched.set(entry.id, known);
    }
  }
  return { matchedDeveloperMetadata: [...matched.values()] };
}

const queryJson = (query: URLSearchParams): Json => Object.fromEntries(query);

function valuesGet(call: SheetsCall): unknown {
  const { sheet } = file(call, false);
  return values.valueRange(sheet, parseA1(call.part, sheet), values.readOptions(queryJson(call.query)));
}

function valuesBatchGet(call: SheetsCall): unknown {
  const { sheet } = file(call, false);
  const options = values.readOptions(queryJson(call.query));
  const ranges = readRanges(call.query.getAll('ranges'), sheet);
  return { spreadsheetId: call.id, valueRanges: ranges.map((range) => values.valueRange(sheet, range, options)) };
}

function valuesBatchGetByDataFilter(call: SheetsCall): unknown {
  const { sheet } = file(call, false);
  const options = values.readOptions(call.body);
  const filters = (call.body.dataFilters as Json[] | undefined) ?? [];
  const matched = values.filteredRanges(sheet, filters, call.principal.project);
  const valueRanges = matched.map(({ range, filters: dataFilters }) => ({
    valueRange: values.valueRange(sheet, range, options),
    dataFilters,
  }));
  return { spreadsheetId: call.id, valueRanges };
}

const valuesUpdate = (call: SheetsCall): unknown =>
  writing(call, (context, draft) => {
    const option = values.inputOption(context, call.query.get('valueInputOption'));
    const range = parseA1(call.part, draft.state);
    return values.writtenJson(call.id, values.writeValues(context, range, values.readMatrix(call.body), option));
  });

const valuesAppend = (call: SheetsCall): unknown =>
  writing(call, (context) => {
    const option = values.inputOption(context, call.query.get('valueInputOption'));
    const insert = call.query.get('insertDataOption') === 'INSERT_ROWS';
    const matrix = values.readMatrix(call.body);
    const { table, written } = values.appendValues(context, call.part, matrix, option, insert);
    return { spreadsheetId: call.id, tableRange: table, updates: values.writtenJson(call.id, written) };
  });

const valuesClear = (call: SheetsCall): unknown =>
  writing(call, (context) => ({ spreadsheetId: call.id, updatedRange: values.clearValues(context, call.part) }));

const valuesBatchUpdate =
  (byFilter: boolean) =>
  (call: SheetsCall): unknown =>
    writing(call, (context, draft) => {
      const option = values.inputOption(context, call.body.valueInputOption);
      const data = (call.body.data as Json[] | undefined) ?? [];
      const responses = data.flatMap((entry) => {
        const filter = entry.dataFilter as Json | undefined;
        const direct = byFilter
          ? filter && filterRange(draft.state, filter)
          : parseA1(String(entry.range ?? ''), draft.state);
        const ranges = direct
          ? [direct]
          : matchFilter(draft.state, filter ?? {}, context.project).flatMap((found) => placeRange(found.place) ?? []);
        return ranges.map((range) => ({
          ...values.writtenJson(call.id, values.writeValues(context, range, values.readMatrix(entry), option)),
          ...(byFilter ? { dataFilter: filter } : {}),
          sheetId: range.sheetId,
        }));
      });
      const sum = (name: 'updatedRows' | 'updatedColumns' | 'updatedCells') =>
        responses.reduce((total, each) => total + (num((each as Json)[name]) ?? 0), 0);
      return {
        spreadsheetId: call.id,
        totalUpdatedRows: sum('updatedRows'),
        totalUpdatedColumns: sum('updatedColumns'),
        totalUpdatedCells: sum('updatedCells'),
        totalUpdatedSheets: new Set(responses.map((each) => each.sheetId)).size,
        responses: responses.map(({ sheetId: _, ...rest }) => rest),
      };
    });

function copyTo(call: SheetsCall): unknown {
  const source = file(call, false).sheet.tabs.find((tab) => tab.sheetId === Number(call.part));
  if (!source) throw invalid(`No grid with id: ${call.part}`);
  const target = { ...call, id: String(call.body.destinationSpreadsheetId ?? '') };
  return writing(target, (_, draft) => {
    const title = `Copy of ${source.title}`;
    draft.checkTitle(title);
    const copy = copyTab(source, { sheetId: draft.freeSheetId(), title });
    draft.add(copy, draft.state.tabs.length);
    draft.checkCells();
    return tabProperties(copy, draft.state.tabs.length - 1);
  });
}

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
export function describeBatch(body: string): { requests: string[]; rows: number } {
  try {
    const { requests = [] } = JSON.parse(body) as { requests?: Json[] };
    const rows = requests.reduce((sum, each) => {
      const cells = (each.appendCells ?? each.updateCells) as { rows?: unknown[] } | undefined;
      return sum + (cells?.rows?.length ?? 0);
    }, 0);
    return { requests: requests.map((each) => kindOf(each) ?? '?'), rows };
  } catch {
    return { requests: [], rows: 0 };
  }
}
