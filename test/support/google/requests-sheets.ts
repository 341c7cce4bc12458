import { checkShape, type RequestHandler } from './batch-context.ts';
import { invalid } from './errors.ts';
import { type GridRange, num } from './grid.ts';
import type { Json } from './json.ts';
import { masks, updateMask } from './mask.ts';
import { freeId } from './metadata.ts';
import { grow, remove } from './requests-dimensions.ts';
import { copyTab, type Draft, MAX_TABS, type Metadata, newTab, type Tab } from './spreadsheet.ts';
import { tabProperties } from './view.ts';

/** Requests on whole tabs and on the spreadsheet's own properties. */

function checkRoom(draft: Draft): void {
  if (draft.state.tabs.length >= MAX_TABS) {
    throw invalid(
      `This action would increase the number of sheets in the workbook above the limit of ${MAX_TABS} sheets.`,
    );
  }
}

function checkId(draft: Draft, sheetId: number): void {
  if (sheetId < 0) throw invalid(`Sheet ID ${sheetId} must not be negative.`);
  if (draft.state.tabs.some((tab) => tab.sheetId === sheetId)) {
    throw invalid(`A sheet with ID ${sheetId} already exists. Please choose another ID.`);
  }
}

function freeTitle(draft: Draft): string {
  for (let n = draft.state.tabs.length + 1; ; n++) {
    const title = `Sheet${n}`;
    if (!draft.state.tabs.some((tab) => tab.title.toLowerCase() === title.toLowerCase())) return title;
  }
}

/** Builds a tab from SheetProperties; used by addSheet and by spreadsheets.create. */
export function tabFrom(draft: Draft, json: Json): Tab {
  const sheetId = num(json.sheetId) ?? draft.freeSheetId();
  const title = typeof json.title === 'string' ? json.title : freeTitle(draft);
  checkRoom(draft);
  checkId(draft, sheetId);
  draft.checkTitle(title);
  const grid = (json.gridProperties as Json | undefined) ?? {};
  const [rowCount, columnCount] = [num(grid.rowCount) ?? 1000, num(grid.columnCount) ?? 26];
  if (rowCount < 1 || columnCount < 1) throw invalid('A sheet must have at least one row and one column.');
  const tab = newTab({
    sheetId,
    title,
    rowCount,
    columnCount: 1,
    frozenRowCount: num(grid.frozenRowCount) ?? 0,
    frozenColumnCount: num(grid.frozenColumnCount) ?? 0,
    hidden: json.hidden === true,
    sheetType: (json.sheetType as Tab['sheetType'] | undefined) ?? 'GRID',
  });
  if (json.tabColorStyle) tab.tabColorStyle = json.tabColorStyle as Json;
  draft.add(tab, num(json.index) ?? draft.state.tabs.length);
  grow(draft, tab, false, columnCount - 1);
  checkFrozen(tab);
  return tab;
}

function checkFrozen(tab: Tab): void {
  if (tab.frozenRowCount >= tab.rowCount) throw invalid("You can't freeze all visible rows on the sheet.");
  if (tab.frozenColumnCount >= tab.columns.length) throw invalid("You can't freeze all visible columns on the sheet.");
}

export const addSheet: RequestHandler = (context, body) => {
  const tab = tabFrom(context.draft, (body.properties as Json | undefined) ?? {});
  return { properties: tabProperties(tab, context.draft.state.tabs.indexOf(tab)) };
};

export const updateSheetProperties: RequestHandler = (context, body) => {
  const mask = updateMask(body.fields, 'SheetProperties');
  const given = (body.properties as Json | undefined) ?? {};
  const { draft } = context;
  const tab = draft.tab(num(given.sheetId) ?? 0);
  checkShape(context, tab);
  if (masks(mask, 'title')) {
    const title = String(given.title ?? '');
    draft.checkTitle(title, tab.sheetId);
    tab.title = title;
  }
  if (masks(mask, 'hidden')) tab.hidden = given.hidden === true;
  if (draft.state.tabs.every((each) => each.hidden)) throw invalid("You can't hide all the sheets in a document.");
  if (masks(mask, 'tabColorStyle') && given.tabColorStyle) tab.tabColorStyle = given.tabColorStyle as Json;
  if (masks(mask, 'index') && given.index !== undefined) {
    const { tabs } = draft.state;
    tabs.splice(tabs.indexOf(tab), 1);
    tabs.splice(num(given.index) ?? 0, 0, tab);
  }
  if (mask.gridProperties !== undefined) {
    resize(draft, tab, (given.gridProperties as Json | undefined) ?? {}, (name) => masks(mask, 'gridProperties', name));
  }
  return undefined;
};

function resize(draft: Draft, tab: Tab, grid: Json, has: (name: string) => boolean): void {
  const to = (rows: boolean, size: number | undefined) => {
    if (size === undefined) return;
    const before = rows ? tab.rowCount : tab.columns.length;
    if (size < before) remove(draft, tab, rows, size, before);
    else grow(draft, tab, rows, size - before);
  };
  if (has('rowCount')) to(true, num(grid.rowCount));
  if (has('columnCount')) to(false, num(grid.columnCount));
  if (has('frozenRowCount')) tab.frozenRowCount = num(grid.frozenRowCount) ?? 0;
  if (has('frozenColumnCount')) tab.frozenColumnCount = num(grid.frozenColumnCount) ?? 0;
  checkFrozen(tab);
}

export const deleteSheet: RequestHandler = (context, body) => {
  const { state } = context.draft;
  const tab = context.draft.tab(num(body.sheetId) ?? 0);
  checkShape(context, tab);
  if (state.tabs.length === 1) throw invalid("You can't remove all the sheets in a document.");
  state.tabs = state.tabs.filter((each) => each.sheetId !== tab.sheetId);
  state.namedRanges = state.namedRanges.filter((named) => named.range.sheetId !== tab.sheetId);
  state.metadata = state.metadata.filter(({ place }) => place.kind === 'spreadsheet' || place.sheetId !== tab.sheetId);
  return undefined;
};

/** Copies a tab with its tags; the copies of the tags get ids of their own. */
export const duplicateSheet: RequestHandler = (context, body) => {
  const { draft } = context;
  const source = draft.tab(num(body.sourceSheetId) ?? 0);
  const sheetId = num(body.newSheetId) ?? draft.freeSheetId();
  const title = typeof body.newSheetName === 'string' ? body.newSheetName : copyTitle(draft, source.title);
  checkRoom(draft);
  checkId(draft, sheetId);
  draft.checkTitle(title);
  const copy = copyTab(source, { sheetId, title });
  const there = (range: GridRange): GridRange => ({ ...range, sheetId });
  const move = <T extends { readonly range: GridRange }>(items: readonly T[]): T[] =>
    items.map((item) => ({ ...item, range: there(item.range) }));
  const protections = draft.state.tabs.flatMap((tab) => tab.protectedRanges.map((each) => each.id));
  let nextProtection = Math.max(0, ...protections);
  const tables = draft.state.tabs.flatMap((tab) => tab.tables).length;
  copy.merges = copy.merges.map(there);
  copy.protectedRanges = move(copy.protectedRanges).map((each) => ({ ...each, id: ++nextProtection }));
  copy.validations = move(copy.validations);
  copy.filterViews = [];
  copy.tables = move(copy.tables).map((each, n) => ({
    ...each,
    tableId: `table${tables + n + 1}`,
    name: `Copy_${n}_${each.name}`,
  }));
  copy.basicFilter = copy.basicFilter ? { ...copy.basicFilter, range: there(copy.basicFilter.range) } : null;
  draft.add(copy, num(body.insertSheetIndex) ?? draft.state.tabs.length);
  copyTags(draft, source.sheetId, sheetId);
  draft.checkCells();
  return { properties: tabProperties(copy, draft.state.tabs.indexOf(copy)) };
};

function copyTags(draft: Draft, from: number, to: number): void {
  const mine = draft.state.metadata.filter(({ place }) => place.kind !== 'spreadsheet' && place.sheetId === from);
  for (const entry of mine) {
    if (entry.place.kind === 'spreadsheet') continue;
    const copy: Metadata = { ...entry, id: freeId(draft.state), place: { ...entry.place, sheetId: to } };
    draft.state.metadata.push(copy);
  }
}

function copyTitle(draft: Draft, title: string): string {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? `Copy of ${title}` : `Copy of ${title} ${n}`;
    if (!draft.state.tabs.some((tab) => tab.title.toLowerCase() === candidate.toLowerCase())) return candidate;
  }
}

export const updateSpreadsheetProperties: RequestHandler = (context, body) => {
  const mask = updateMask(body.fields, 'SpreadsheetProperties');
  const given = (body.properties as Json | undefined) ?? {};
  const { state } = context.draft;
  if (masks(mask, 'title') && typeof given.title === 'string') state.title = given.title;
  if (masks(mask, 'locale') && typeof given.locale === 'string') state.locale = given.locale;
  if (masks(mask, 'timeZone') && typeof given.timeZone === 'string') state.timeZone = given.timeZone;
  return undefined;
};
