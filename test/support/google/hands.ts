import type { BatchContext } from './batch-context.ts';
import type { ActionResult, UserAction } from './control-types.ts';
import { invalid } from './errors.ts';
import type { DriveFile } from './files.ts';
import { rangeJson } from './grid.ts';
import type { Json } from './json.ts';
import { cellText, findColumn, findTab, rowTexts } from './look.ts';
import { runBatch } from './requests.ts';
import { cellAt, Draft, dataEnd, type Primitive, type SpreadsheetState, type Tab } from './spreadsheet.ts';
import type { World } from './world.ts';

/** What a user does to a spreadsheet with his own hands. He is its owner: no protection stops him. */

const extended = (value: Primitive | null): Json => {
  if (value === null) return {};
  if (typeof value === 'string') {
    return { userEnteredValue: value.startsWith('=') ? { formulaValue: value } : { stringValue: value } };
  }
  return { userEnteredValue: typeof value === 'number' ? { numberValue: value } : { boolValue: value } };
};

const FIELDS = 'userEnteredValue';
const NOTHING: ActionResult = { deletedRows: [], header: [] };

/** Does one thing to a spreadsheet and commits it. */
export function performAction(world: World, file: DriveFile, action: UserAction): ActionResult {
  const whole = onFile(world, file, action);
  if (whole) return whole;
  if (!file.sheet) throw invalid('The file is no spreadsheet.');
  const draft = new Draft(file.sheet);
  const context: BatchContext = {
    draft,
    email: file.owner,
    owner: file.owner,
    project: '',
    duplicates: 'accept',
    rowTags: world.behaviour.rowTags,
    updateNothing: 'empty',
    deleteNothing: 'empty',
    byHand: true,
    note: () => undefined,
  };
  const result = inSheet(context, action);
  world.commit(file, draft.state);
  return result;
}

/** Actions on the file as a whole; undefined when the action is none of them. */
function onFile(world: World, file: DriveFile, action: UserAction): ActionResult | undefined {
  switch (action.type) {
    case 'trash':
    case 'untrash':
      file.trashed = action.type === 'trash';
      return NOTHING;
    case 'deleteForever':
      world.files.deleteForever(file.id);
      return NOTHING;
    case 'share':
      file.roles.set(action.email, action.role);
      return NOTHING;
    case 'unshare':
      file.roles.delete(action.email);
      return NOTHING;
    case 'snapshot':
      return { ...NOTHING, versionId: world.files.snapshot(file.id) };
    case 'restore':
      world.files.restore(file.id, action.versionId);
      return NOTHING;
    default:
      return undefined;
  }
}

function inSheet(context: BatchContext, action: UserAction): ActionResult {
  const { state } = context.draft;
  switch (action.type) {
    case 'addTab':
      runBatch(context, [{ addSheet: { properties: { title: action.title } } }]);
      return NOTHING;
    case 'wipeMetadata':
      state.metadata = state.metadata.filter((entry) => action.key !== undefined && entry.key !== action.key);
      return NOTHING;
    case 'addMetadata':
      state.metadata.push({
        id: action.id,
        key: action.key,
        value: action.value,
        visibility: action.visibility ?? 'DOCUMENT',
        place: { kind: 'spreadsheet' },
        project: action.project ?? 'somebody-elses-project',
      });
      return NOTHING;
    default:
      return inTab(context, findTab(state, 'tab' in action ? action.tab : undefined), action);
  }
}

function inTab(context: BatchContext, tab: Tab, action: UserAction): ActionResult {
  const { state } = context.draft;
  const { sheetId } = tab;
  switch (action.type) {
    case 'deleteRow':
      return deleteRows(context, tab, [action.row]);
    case 'deleteRows':
      return deleteRows(context, tab, action.rows ?? rowsWith(state, tab, action.column ?? 0, action.values ?? []));
    case 'deleteTab': {
      const [header = [], ...rows] = Array.from({ length: dataEnd(tab) }, (_, row) => rowTexts(tab, row));
      runBatch(context, [{ deleteSheet: { sheetId } }]);
      return { deletedRows: rows, header };
    }
    case 'filter':
      return filter(context, tab, action);
    case 'unprotect':
      context.draft.tab(sheetId).protectedRanges = [];
      return NOTHING;
    default: {
      runBatch(context, requestsFor(state, tab, action));
      return NOTHING;
    }
  }
}

const columns = (sheetId: number, startIndex: number, endIndex = startIndex + 1): Json => ({
  sheetId,
  dimension: 'COLUMNS',
  startIndex,
  endIndex,
});
const rows = (sheetId: number, startIndex: number, endIndex: number): Json => ({
  sheetId,
  dimension: 'ROWS',
  startIndex,
  endIndex,
});
const put = (sheetId: number, rowIndex: number, columnIndex: number, values: readonly (Primitive | null)[]): Json => ({
  updateCells: {
    start: { sheetId, rowIndex, columnIndex },
    rows: [{ values: values.map(extended) }],
    fields: FIELDS,
  },
});

/** The requests that the web page would send for an action. */
function requestsFor(state: SpreadsheetState, tab: Tab, action: UserAction): Json[] {
  const { sheetId } = tab;
  const at = (column: string | number) => findColumn(state, tab, column);
  const whole = { sheetId, startRow: 1, endRow: Math.max(2, dataEnd(tab)) };
  switch (action.type) {
    case 'renameHeader':
      return [put(sheetId, 0, at(action.column), [action.to])];
    case 'renameTab':
      return [{ updateSheetProperties: { properties: { sheetId, title: action.to }, fields: 'title' } }];
    case 'insertColumn': {
      const insert = { insertDimension: { range: columns(sheetId, action.at), inheritFromBefore: action.at > 0 } };
      return action.header === undefined ? [insert] : [insert, put(sheetId, 0, action.at, [action.header])];
    }
    case 'moveColumn':
      return [{ moveDimension: { source: columns(sheetId, at(action.column)), destinationIndex: action.to } }];
    case 'hideColumn':
      return [hide(columns(sheetId, at(action.column)))];
    case 'deleteColumn':
      return [{ deleteDimension: { range: columns(sheetId, at(action.column)) } }];
    case 'sort': {
      const sortOrder = action.descending ? 'DESCENDING' : 'ASCENDING';
      const sortSpecs = [{ dimensionIndex: at(action.column), sortOrder }];
      return [{ sortRange: { range: rangeJson(whole), sortSpecs } }];
    }
    case 'clearFilter':
      return [{ clearBasicFilter: { sheetId } }];
    case 'hideRows':
      return [hide(rows(sheetId, action.from, action.to))];
    case 'moveRow':
      return [{ moveDimension: { source: rows(sheetId, action.row, action.row + 1), destinationIndex: action.to } }];
    case 'showRows':
      return [hide(rows(sheetId, action.from, action.to), false)];
    case 'insertRows':
      return [{ insertDimension: { range: rows(sheetId, action.at, action.at + action.count) } }];
    case 'editCell':
      return [put(sheetId, action.row, at(action.column), [action.value])];
    case 'typeUnderLastRow':
      return typeUnder(tab, action.values, action.gap ?? 0);
    case 'prefillCheckboxColumn':
      return checkboxes(tab, at(action.column), action.rows ?? tab.rowCount);
    case 'mergeCells':
      return [{ mergeCells: { range: rangeJson({ sheetId, ...action.range }), mergeType: 'MERGE_ALL' } }];
    case 'protect': {
      const { editors: users = [], warningOnly = false, range } = action;
      return [
        {
          addProtectedRange: {
            protectedRange: { range: rangeJson({ sheetId, ...range }), warningOnly, editors: { users } },
          },
        },
      ];
    }
    case 'duplicateTab':
      return [
        {
          duplicateSheet: {
            sourceSheetId: sheetId,
            ...(action.title === undefined ? {} : { newSheetName: action.title }),
          },
        },
      ];
    case 'convertToTable':
      return [table(tab, action.name)];
    default:
      throw invalid(`Nobody knows how to ${action.type}`);
  }
}

const hide = (range: Json, hiddenByUser = true): Json => ({
  updateDimensionProperties: { range, properties: { hiddenByUser }, fields: 'hiddenByUser' },
});

function typeUnder(tab: Tab, values: readonly (Primitive | null)[], gap: number): Json[] {
  const { sheetId } = tab;
  const row = dataEnd(tab) + gap;
  const missing = row + 1 - tab.rowCount;
  const grow = { appendDimension: { sheetId, dimension: 'ROWS', length: missing } };
  return [...(missing > 0 ? [grow] : []), put(sheetId, row, 0, values)];
}

/** A column of checkboxes holds FALSE in every row it was dragged down to. */
function checkboxes(tab: Tab, column: number, count: number): Json[] {
  const range = {
    sheetId: tab.sheetId,
    startRowIndex: 1,
    endRowIndex: Math.min(tab.rowCount, count + 1),
    startColumnIndex: column,
    endColumnIndex: column + 1,
  };
  return [
    { setDataValidation: { range, rule: { condition: { type: 'BOOLEAN' }, strict: true } } },
    { repeatCell: { range, cell: { userEnteredValue: { boolValue: false } }, fields: FIELDS } },
  ];
}

function table(tab: Tab, name: string | undefined): Json {
  const header = rowTexts(tab, 0);
  const range = {
    sheetId: tab.sheetId,
    startRowIndex: 0,
    endRowIndex: Math.max(2, dataEnd(tab)),
    startColumnIndex: 0,
    endColumnIndex: Math.max(1, header.length),
  };
  const columnProperties = header.map((columnName, columnIndex) => ({ columnIndex, columnName }));
  return { addTable: { table: { range, columnProperties, ...(name === undefined ? {} : { name }) } } };
}

/** Rows below the header whose cell in a column has one of the values. */
function rowsWith(state: SpreadsheetState, tab: Tab, column: string | number, values: readonly string[]): number[] {
  const index = findColumn(state, tab, column);
  const found: number[] = [];
  for (let row = 1; row < tab.rows.length; row++)
    if (values.includes(cellText(cellAt(tab, row, index)))) found.push(row);
  return found;
}

function deleteRows(context: BatchContext, tab: Tab, indexes: readonly number[]): ActionResult {
  const sorted = [...new Set(indexes)].sort((a, b) => b - a);
  const deletedRows = [...sorted].reverse().map((row) => rowTexts(tab, row));
  const header = rowTexts(tab, 0);
  if (sorted.length > 0) {
    runBatch(
      context,
      sorted.map((row) => ({ deleteDimension: { range: rows(tab.sheetId, row, row + 1) } })),
    );
  }
  return { deletedRows, header };
}

/** Switches a filter on and hides the rows whose cell has one of the values. */
function filter(context: BatchContext, tab: Tab, action: UserAction & { type: 'filter' }): ActionResult {
  const { state } = context.draft;
  const column = findColumn(state, tab, action.column);
  const range = {
    sheetId: tab.sheetId,
    startRow: 0,
    endRow: tab.rowCount,
    startColumn: 0,
    endColumn: tab.columns.length,
  };
  const criteria = { [column]: { hiddenValues: action.hide } };
  runBatch(context, [{ setBasicFilter: { filter: { range: rangeJson(range), criteria } } }]);
  const own = context.draft.tab(tab.sheetId);
  own.rows = own.rows.map((row, index) =>
    index > 0 && action.hide.includes(cellText(row.cells[column] ?? null)) ? { ...row, hiddenByFilter: true } : row,
  );
  return NOTHING;
}
