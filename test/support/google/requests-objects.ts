import { checkEdit, checkShape, type RequestHandler } from './batch-context.ts';
import { invalid } from './errors.ts';
import { box, type GridRange, num, overlaps, rangeJson, readRange } from './grid.ts';
import type { Json } from './json.ts';
import { updateMask } from './mask.ts';
import { createMetadata, deleteMetadata, matchFilter, metadataJson, updateMetadata } from './metadata.ts';
import { setRule } from './requests-cells.ts';
import type { ProtectedRange, SpreadsheetState, Table } from './spreadsheet.ts';
import { protectedRangeJson, tableJson } from './view.ts';

/** Requests on what lies over the grid: developer metadata, protections, named ranges, rules, filters, tables. */

export const createDeveloperMetadata: RequestHandler = (context, body) => {
  const json = (body.developerMetadata as Json | undefined) ?? {};
  return { developerMetadata: metadataJson(createMetadata(context.draft, json, context)) };
};

const union = (state: SpreadsheetState, filters: readonly Json[], project: string) => [
  ...new Set(filters.flatMap((filter) => matchFilter(state, filter, project))),
];

export const updateDeveloperMetadata: RequestHandler = (context, body) => {
  const mask = updateMask(body.fields, 'DeveloperMetadata');
  const filters = (body.dataFilters as Json[] | undefined) ?? [];
  if (filters.length === 0) throw invalid('At least one data filter must be specified.');
  const matched = union(context.draft.state, filters, context.project);
  if (matched.length === 0 && context.updateNothing === 'error') throw invalid('No developer metadata matched.');
  const given = (body.developerMetadata as Json | undefined) ?? {};
  return { developerMetadata: updateMetadata(context.draft, matched, given, mask).map(metadataJson) };
};

export const deleteDeveloperMetadata: RequestHandler = (context, body) => {
  const filter = body.dataFilter as Json | undefined;
  if (!filter) throw invalid('A data filter must be specified.');
  const matched = matchFilter(context.draft.state, filter, context.project);
  if (matched.length === 0 && context.deleteNothing === 'error') throw invalid('No developer metadata matched.');
  deleteMetadata(context.draft, matched);
  return { deletedDeveloperMetadata: matched.map(metadataJson) };
};

function readEditors(json: Json | undefined, email: string): string[] {
  const users = (json?.users as string[] | undefined) ?? [];
  return [...new Set([...users, email])];
}

export const addProtectedRange: RequestHandler = (context, body) => {
  const json = (body.protectedRange as Json | undefined) ?? {};
  const range = readRange(json.range as Json | undefined);
  const tab = context.draft.tab(range.sheetId);
  checkEdit(context, tab, range);
  const all = context.draft.state.tabs.flatMap((each) => each.protectedRanges);
  const given = num(json.protectedRangeId);
  if (given !== undefined && all.some((each) => each.id === given)) {
    throw invalid(`Protected range with ID ${given} already exists.`);
  }
  const protection: ProtectedRange = {
    id: given ?? 1 + Math.max(0, ...all.map((each) => each.id)),
    range,
    warningOnly: json.warningOnly === true,
    editors: readEditors(json.editors as Json | undefined, context.email),
    unprotected: ((json.unprotectedRanges as Json[] | undefined) ?? []).map(readRange),
    ...(typeof json.description === 'string' ? { description: json.description } : {}),
  };
  tab.protectedRanges.push(protection);
  return { protectedRange: protectedRangeJson(protection, context.email, context.owner) };
};

export const updateProtectedRange: RequestHandler = (context, body) => {
  const mask = updateMask(body.fields, 'ProtectedRange');
  const json = (body.protectedRange as Json | undefined) ?? {};
  const { tab, protection } = findProtection(context.draft.state, num(json.protectedRangeId));
  checkEdit(context, tab, protection.range);
  const has = (name: string) => mask['*'] !== undefined || mask[name] !== undefined;
  const next: ProtectedRange = {
    ...protection,
    ...(has('warningOnly') ? { warningOnly: json.warningOnly === true } : {}),
    ...(has('editors') ? { editors: readEditors(json.editors as Json | undefined, context.email) } : {}),
    ...(has('range') ? { range: readRange(json.range as Json | undefined) } : {}),
    ...(has('description') ? { description: String(json.description ?? '') } : {}),
  };
  const own = context.draft.tab(tab.sheetId);
  own.protectedRanges = own.protectedRanges.map((each) => (each.id === protection.id ? next : each));
  return undefined;
};

export const deleteProtectedRange: RequestHandler = (context, body) => {
  const { tab, protection } = findProtection(context.draft.state, num(body.protectedRangeId));
  checkEdit(context, tab, protection.range);
  const own = context.draft.tab(tab.sheetId);
  own.protectedRanges = own.protectedRanges.filter((each) => each.id !== protection.id);
  return undefined;
};

function findProtection(state: SpreadsheetState, id: number | undefined) {
  for (const tab of state.tabs) {
    const protection = tab.protectedRanges.find((each) => each.id === id);
    if (protection) return { tab, protection };
  }
  throw invalid(`No protected range with ID: ${id}`);
}

export const addNamedRange: RequestHandler = (context, body) => {
  const json = (body.namedRange as Json | undefined) ?? {};
  const { state } = context.draft;
  const name = String(json.name ?? '');
  const range = readRange(json.range as Json | undefined);
  context.draft.tab(range.sheetId);
  if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) throw invalid(`The name "${name}" is not valid for a named range.`);
  const id = typeof json.namedRangeId === 'string' ? json.namedRangeId : `nr${state.namedRanges.length + 1}`;
  if (state.namedRanges.some((each) => each.id === id || each.name.toLowerCase() === name.toLowerCase())) {
    throw invalid(`A named range with the ID "${id}" or the name "${name}" already exists.`);
  }
  state.namedRanges.push({ id, name, range });
  return { namedRange: { namedRangeId: id, name, range: rangeJson(range) } };
};

export const deleteNamedRange: RequestHandler = (context, body) => {
  const { state } = context.draft;
  if (!state.namedRanges.some((each) => each.id === body.namedRangeId)) {
    throw invalid(`No named range with ID: ${String(body.namedRangeId)}`);
  }
  state.namedRanges = state.namedRanges.filter((each) => each.id !== body.namedRangeId);
  return undefined;
};

export const setDataValidation: RequestHandler = (context, body) => {
  const range = readRange(body.range as Json | undefined);
  const tab = context.draft.grid(range.sheetId);
  checkEdit(context, tab, box(range, tab));
  const rule = body.rule as Json | undefined;
  const condition = rule?.condition as Json | undefined;
  if (rule && typeof condition?.type !== 'string') throw invalid('A condition type must be specified.');
  if (condition?.type === 'ONE_OF_LIST' && ((condition.values as Json[] | undefined) ?? []).length === 0) {
    throw invalid('ONE_OF_LIST requires at least one value.');
  }
  setRule(tab, range, rule ?? {});
  return undefined;
};

export const setBasicFilter: RequestHandler = (context, body) => {
  const filter = (body.filter as Json | undefined) ?? {};
  const range = readRange(filter.range as Json | undefined);
  context.draft.grid(range.sheetId).basicFilter = { range, body: filter };
  return undefined;
};

export const clearBasicFilter: RequestHandler = (context, body) => {
  const tab = context.draft.grid(num(body.sheetId) ?? 0);
  tab.basicFilter = null;
  tab.rows = tab.rows.map((row) => (row.hiddenByFilter ? { ...row, hiddenByFilter: false } : row));
  return undefined;
};

export const addFilterView: RequestHandler = (context, body) => {
  const filter = (body.filter as Json | undefined) ?? {};
  const range = readRange(filter.range as Json | undefined);
  const tab = context.draft.grid(range.sheetId);
  const all = context.draft.state.tabs.flatMap((each) => each.filterViews);
  const id = num(filter.filterViewId) ?? 1 + Math.max(0, ...all.map((each) => each.id));
  if (all.some((each) => each.id === id)) throw invalid(`Filter view with ID ${id} already exists.`);
  const json = { ...filter, filterViewId: id };
  tab.filterViews.push({ id, range, body: json });
  return { filter: json };
};

export const addTable: RequestHandler = (context, body) => {
  const json = (body.table as Json | undefined) ?? {};
  const range = readRange(json.range as Json | undefined);
  const tab = context.draft.grid(range.sheetId);
  const bounds: GridRange = box(range, tab);
  checkShape(context, tab);
  const all = context.draft.state.tabs.flatMap((each) => each.tables);
  const name = typeof json.name === 'string' && json.name !== '' ? json.name : `Table${all.length + 1}`;
  const tableId = typeof json.tableId === 'string' ? json.tableId : `table${all.length + 1}`;
  if (all.some((each) => each.tableId === tableId || each.name.toLowerCase() === name.toLowerCase())) {
    throw invalid(`A table with the ID "${tableId}" or the name "${name}" already exists.`);
  }
  if (tab.tables.some((each) => overlaps(each.range, bounds))) throw invalid('Tables may not overlap.');
  const table: Table = { tableId, name, range: bounds, columns: (json.columnProperties as Json[] | undefined) ?? [] };
  tab.tables.push(table);
  return { table: tableJson(table) };
};

export const updateTable: RequestHandler = (context, body) => {
  const mask = updateMask(body.fields, 'Table');
  const json = (body.table as Json | undefined) ?? {};
  for (const { sheetId } of context.draft.state.tabs) {
    const tab = context.draft.tab(sheetId);
    const index = tab.tables.findIndex((each) => each.tableId === json.tableId);
    const table = tab.tables[index];
    if (!table) continue;
    tab.tables[index] = {
      ...table,
      ...(mask.name !== undefined ? { name: String(json.name ?? '') } : {}),
      ...(mask.range !== undefined ? { range: box(readRange(json.range as Json | undefined), tab) } : {}),
      ...(mask.columnProperties !== undefined ? { columns: (json.columnProperties as Json[] | undefined) ?? [] } : {}),
    };
    return undefined;
  }
  throw invalid(`No table with id: ${String(json.tableId)}`);
};

/** Takes the table off its cells, which stay. */
export const deleteTable: RequestHandler = (context, body) => {
  for (const { sheetId } of context.draft.state.tabs) {
    const tab = context.draft.tab(sheetId);
    if (!tab.tables.some((each) => each.tableId === body.tableId)) continue;
    tab.tables = tab.tables.filter((each) => each.tableId !== body.tableId);
    return undefined;
  }
  throw invalid(`No table with id: ${String(body.tableId)}`);
};
