import type { BatchContext } from './batch-context.ts';
import { ApiError, invalid, permissionDenied } from './errors.ts';
import { SPREADSHEET } from './files.ts';
import { num, type parseA1 } from './grid.ts';
import type { Json } from './json.ts';
import { createMetadata, matchFilter, metadataJson, visibleTo } from './metadata.ts';
import { runBatch } from './requests.ts';
import { tabFrom } from './requests-sheets.ts';
import { file, type SheetsCall, viewer, writing } from './sheets-call.ts';
import { copyTab, Draft, type SpreadsheetState } from './spreadsheet.ts';
import * as values from './values.ts';
import { readRanges, spreadsheetJson, tabProperties } from './view.ts';

/** The methods of Sheets v4 that are not under `/values`. */

function get(call: SheetsCall, ranges: readonly ReturnType<typeof parseA1>[] = [], gridData = false): unknown {
  const target = file(call, false);
  const { mask } = call;
  return spreadsheetJson(call.id, target.sheet, viewer(target, call.principal), { mask, ranges, gridData });
}

export const getSpreadsheet = (call: SheetsCall): unknown => {
  const ranges = readRanges(call.query.getAll('ranges'), file(call, false).sheet);
  return get(call, ranges as ReturnType<typeof parseA1>[], call.query.get('includeGridData') === 'true');
};

export function getByDataFilter(call: SheetsCall): unknown {
  const { sheet } = file(call, false);
  const filters = (call.body.dataFilters as Json[] | undefined) ?? [];
  const ranges = values.filteredRanges(sheet, filters, call.principal.project).map(({ range }) => range);
  const target = file(call, false);
  const options = { mask: call.mask, ranges, gridData: call.body.includeGridData === true };
  return spreadsheetJson(call.id, target.sheet, viewer(target, call.principal), options);
}

/** Service accounts own no files any more, so they cannot make one. */
export function create(call: SheetsCall): unknown {
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

export function batchUpdate(call: SheetsCall): unknown {
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

export function getMetadata(call: SheetsCall): unknown {
  const id = Number(call.part);
  const { sheet } = file(call, false);
  const found = sheet.metadata.find((entry) => entry.id === id && visibleTo(call.principal.project)(entry));
  if (!found) throw new ApiError(404, 'NOT_FOUND', `No developer metadata with ID ${call.part}`);
  return metadataJson(found);
}

export function search(call: SheetsCall): unknown {
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

export function copyTo(call: SheetsCall): unknown {
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
