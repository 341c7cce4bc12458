import type { SheetBatch, SheetColumn, SheetTab } from '../../../store/sheets.ts';
import type { Lead, Site } from '../../../store/store.ts';
import { cellOf } from '../../cells.ts';
import { missingColumns } from '../../columns.ts';
import type { BatchRequest, GoogleFailure, SpreadsheetInfo } from './api.ts';
import { drawId, guardValue, mapTab, type TabMap, tagValue } from './mapping.ts';
import {
  appendRows,
  cellData,
  cellValue,
  createColumnTag,
  createGuard,
  deleteTag,
  insertColumns,
  type Value,
  whereAreColumns,
  writeCells,
} from './requests.ts';
import type { Look, Step } from './step.ts';

/** One tab's part of a batch. */
export interface TabPlan {
  tab: SheetTab;
  map: TabMap;
  /** Columns to be made in this very batch: stored as planned, not yet in the sheet. */
  fresh: SheetColumn[];
}

/** A batch as it goes out, and what its answer is compared with. */
export interface Built {
  requests: BatchRequest[];
  /** Which tab each request is about, in the order of the requests. */
  owners: (string | null)[];
  /** Where each column was taken to be, by metadata id; `at` is the request whose reply tells. */
  expected: { tabId: string; at: number; places: Map<number, number> }[];
  /** Columns that it makes. */
  made: { tabId: string; columns: SheetColumn[] }[];
  /** Which requests delete old guards: from, to (exclusive). */
  deletes: readonly [number, number];
  rows: number;
}

/** A row as the sheet is to hold it, by place. Places nobody asked for stay empty. */
export function rowOf(
  lead: Lead,
  columns: readonly SheetColumn[],
  places: ReadonlyMap<string, number>,
  site: Site,
): (Value | null)[] {
  const row: (Value | null)[] = [];
  for (const [key, index] of places) {
    const value = cellValue(cellOf(lead, key, columns, site));
    if (value === null) continue;
    while (row.length <= index) row.push(null);
    row[index] = value;
  }
  return row;
}

/** Bytes that a row takes in the JSON of `appendCells`. */
export function rowBytes(row: readonly (Value | null)[]): number {
  return Buffer.byteLength(JSON.stringify({ values: row.map(cellData) }));
}

/** Stores what the look showed of a tab's columns: appeared, deleted, known under another id. */
export async function noteColumns(step: Step, tab: SheetTab, look: Look): Promise<TabPlan> {
  const map = mapTab(tab, look.tags);
  if (map.changed.length > 0) await step.deps.store.sheets.putColumns(tab.id, map.changed);
  const byKey = new Map(map.changed.map((column) => [column.key, column]));
  const columns = tab.columns.map((column) => byKey.get(column.key) ?? column);
  return { tab: { ...tab, columns }, map, fresh: columns.filter((column) => column.state === 'planned') };
}

/**
 * Adds columns for fields that these leads are the first to have. Their ids are stored before anything is sent, so
 * that a second send of the batch makes the same columns. One that a restored database forgot is taken over.
 */
export async function addColumns(step: Step, plan: TabPlan, leads: readonly Lead[]): Promise<TabPlan> {
  const specs = missingColumns(plan.tab.columns, leads, step.at.site);
  if (specs.length === 0) return plan;
  const first = 1 + Math.max(-1, ...plan.tab.columns.map((column) => column.position));
  const places = new Map(plan.map.places);
  const added = specs.map((spec, n): SheetColumn => {
    const known = plan.map.unknown.get(tagValue(spec.key));
    if (known) places.set(spec.key, known.index);
    const metadataId = known?.metadataId ?? drawId(step.deps.random);
    return { ...spec, position: first + n, metadataId, state: known ? 'active' : 'planned' };
  });
  await step.deps.store.sheets.putColumns(plan.tab.id, added);
  const columns = [...plan.tab.columns, ...added];
  return {
    tab: { ...plan.tab, columns },
    map: { ...plan.map, places },
    fresh: columns.filter((column) => column.state === 'planned'),
  };
}

/** What is known of a tab's width, where new columns are to be made. */
export interface Width {
  columnCount: number;
  /** Cells of row 1 up to the last one with anything in it. */
  headers: number;
}

export interface Widths {
  ok: true;
  /** By tab id. */
  widths: Map<string, Width>;
  /** False: a tab is narrower than the places its columns were seen at; the look is stale. */
  fit: boolean;
}

/** One more read, only for tabs that get a new column: how wide they are, and where people's own columns end. */
export async function readWidths(
  step: Step,
  plans: readonly TabPlan[],
): Promise<Widths | { ok: false; failure: GoogleFailure }> {
  const widths = new Map<string, Width>();
  let fit = true;
  let info: SpreadsheetInfo | null = null;
  for (const { tab, fresh, map } of plans) {
    if (fresh.length === 0) continue;
    if (!info) {
      const reply = await step.api.info(step.book);
      if (!reply.ok) return reply;
      info = reply.value;
    }
    const head = await step.api.head(step.book, tab.sheetId, 1);
    if (!head.ok) return head;
    const columnCount = info.tabs.find((each) => each.sheetId === tab.sheetId)?.columnCount ?? 0;
    widths.set(tab.id, { columnCount, headers: head.value[0]?.length ?? 0 });
    fit &&= Math.max(-1, ...map.places.values()) < columnCount;
  }
  return { ok: true, widths, fit };
}

/** How many of these leads, from the first, fit into one write; at least one. */
export function fitting(
  leads: readonly Lead[],
  plans: ReadonlyMap<string, TabPlan>,
  site: Site,
  bytes: number,
): Lead[] {
  let sum = 0;
  const fit: Lead[] = [];
  for (const lead of leads) {
    const plan = plans.get(lead.rowFormId);
    if (!plan) continue;
    const places = new Map(plan.map.places);
    let end = Math.max(-1, ...places.values());
    for (const column of plan.fresh) places.set(column.key, ++end);
    sum += rowBytes(rowOf(lead, plan.tab.columns, places, site)) + 1;
    if (fit.length > 0 && sum > bytes) break;
    fit.push(lead);
  }
  return fit;
}

/**
 * The batch: guard first, so that Google refuses the whole of it when the guard exists; then new columns, rows, a
 * question for the columns' places, and the removal of old guards. google-sheets.md 5.5, step 3.
 */
export function buildBatch(
  step: Step,
  batch: SheetBatch,
  plans: ReadonlyMap<string, TabPlan>,
  leads: readonly Lead[],
  widths: ReadonlyMap<string, Width>,
): Built {
  const { deps, at, memory } = step;
  const built: Built = { requests: [], owners: [], expected: [], made: [], deletes: [0, 0], rows: leads.length };
  const push = (owner: string | null, ...requests: BatchRequest[]) => {
    for (const request of requests) {
      built.requests.push(request);
      built.owners.push(owner);
    }
  };
  const deletions = memory.keepGuards ? [] : memory.expired.map(deleteTag);
  // Last, where nothing hangs on them; but first when the guard itself has no room.
  if (memory.roomNeeded) push(null, ...deletions);
  push(null, createGuard(batch.guardId, guardValue(deps.instanceId, batch.id, deps.clock.now())));
  for (const plan of plans.values()) {
    const { tab } = plan;
    const ofTab = leads.filter((lead) => lead.rowFormId === tab.formId);
    if (ofTab.length === 0 && plan.fresh.length === 0) continue;
    const width = widths.get(tab.id);
    const places = new Map(plan.map.places);
    if (width && plan.fresh.length > 0) {
      const start = Math.max(width.headers, 1 + Math.max(-1, ...places.values()));
      built.made.push({ tabId: tab.id, columns: plan.fresh });
      push(tab.id, ...newColumns(tab, plan.fresh, Math.min(start, width.columnCount), width.columnCount, places));
    }
    if (ofTab.length > 0) {
      const rows = ofTab.map((lead) => rowOf(lead, tab.columns, places, at.site));
      push(tab.id, appendRows(tab.sheetId, rows));
    }
    push(tab.id, whereAreColumns(tab.sheetId));
    built.expected.push({ tabId: tab.id, at: built.requests.length - 1, places: byMetadataId(tab, places) });
  }
  const from = memory.roomNeeded ? 0 : built.requests.length;
  if (!memory.roomNeeded) push(null, ...deletions);
  built.deletes = [from, from + deletions.length];
  return built;
}

/** Empty columns right of everything in row 1, with header and mark; notes their places. */
function newColumns(
  tab: SheetTab,
  fresh: readonly SheetColumn[],
  start: number,
  columnCount: number,
  places: Map<string, number>,
): BatchRequest[] {
  fresh.forEach((column, n) => {
    places.set(column.key, start + n);
  });
  return [
    ...insertColumns(tab.sheetId, start, fresh.length, columnCount),
    writeCells(
      tab.sheetId,
      0,
      start,
      fresh.map((column) => column.header),
    ),
    ...fresh.map((column, n) => createColumnTag(column.metadataId, column.key, tab.sheetId, start + n)),
  ];
}

/** Places by metadata id, as `whereAreColumns` answers. */
export function byMetadataId(tab: SheetTab, places: ReadonlyMap<string, number>): Map<number, number> {
  const ids = new Map<number, number>();
  for (const column of tab.columns) {
    const index = places.get(column.key);
    if (index !== undefined) ids.set(column.metadataId, index);
  }
  return ids;
}
