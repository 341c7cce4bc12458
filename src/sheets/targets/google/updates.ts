import type { CellUpdate, SheetBatch, SheetTab } from '../../../store/sheets.ts';
import type { Lead } from '../../../store/store.ts';
import { LEAD_ID_KEY } from '../../columns.ts';
import type { FlushOutcome } from '../../target.ts';
import { expectedOf, type FoundRow, findRows, runs } from './landed.ts';
import { movedSince } from './look.ts';
import { GUARD_BASE } from './mapping.ts';
import { restoreName, type Snapshot, type Unchecked, type Value } from './memory.ts';
import { buildBatch, byMetadataId, noteColumns, readWidths, type TabPlan } from './plan.ts';
import { whereAreColumns, writeCells } from './requests.ts';
import { afterWrite } from './settle.ts';
import { failed, type Look, type Step, wrote } from './step.ts';
import { type Damage, findDamage, isSameRow } from './undo.ts';
import { NO_LEAD_IDS } from './verify.ts';

/**
 * Values that come after the row: AI, quality set in the UI, rows that landed beside their columns. A cell is found
 * by its Lead ID and its column's mark, and leaves the queue only when it was *read* as it should be; so a write is
 * followed by another look, and done again if a sort came between.
 *
 * Each such write has a guard of its own, without leads: a send whose answer was lost is voided, never repeated,
 * because its places may be stale by then.
 */

interface Cell {
  leadId: string;
  key: string;
  row: number;
  column: number;
  value: Value | null;
  /** A value of ours that is to be taken out of somebody's column, and whose it is. */
  stray?: { leadId: string; stray: Value };
}

/** What is to be done on one tab. */
interface Work {
  plan: TabPlan;
  updates: CellUpdate[];
  cells: Cell[];
  settled: CellUpdate[];
  /** Cells that a write fell upon and that the database knows how to fill. */
  requeued: Omit<CellUpdate, 'version'>[];
}

type Tried<T> = { ok: true; value: T } | { ok: false; outcome: FlushOutcome };

/** Rows are read in so many pieces at most; others wait for the next step. */
const MAX_RUNS = 6;
const MAX_TRIES = 5;
const QUEUE_LOOK = 5_000;

export async function writeUpdates(step: Step, look: Look): Promise<FlushOutcome> {
  const { sheets } = step.deps.store;
  const { works, dropped } = await sortOut(step, look);
  const columns = await makeColumns(step, works);
  if (columns) return columns;
  // What is concluded below holds only if all of it could be read, and fits together.
  const restore = new Map(step.memory.restore);
  const forget = (outcome: FlushOutcome) => {
    step.memory.restore = restore;
    return outcome;
  };
  let settled: CellUpdate[] = dropped;
  const open: { work: Work; now: Snapshot }[] = [];
  for (const work of works) {
    const now = await compare(step, look, work);
    if (!now.ok) return forget(now.outcome);
    settled = settled.concat(work.settled);
    if (work.cells.length > 0) open.push({ work, now: now.value });
  }
  const moved = await movedSince(
    step,
    works.map(({ plan }) => ({ tab: plan.tab, places: plan.map.places })),
  );
  if (moved) return forget(moved);
  step.memory.unchecked = [];
  const requeued = works.flatMap((work) => work.requeued);
  // Before anything leaves the queue: from here on a crash loses no more than what people wrote into these cells.
  if (requeued.length > 0) await sheets.queueUpdates(requeued);
  if (settled.length > 0) await sheets.settleUpdates(settled);
  countWrites(step, [], settled);
  const more = settled.length + requeued.length > 0 || step.memory.restore.size > 0;
  if (open.length === 0) return more ? wrote(0, settled.length) : { kind: 'idle' };
  return send(step, open, settled);
}

/** By tab; what can go nowhere is dropped, what a paused tab holds up is left. */
async function sortOut(step: Step, look: Look): Promise<{ works: Work[]; dropped: CellUpdate[] }> {
  const { sheets } = step.deps.store;
  const dropped: CellUpdate[] = [];
  const byForm = new Map<string, CellUpdate[]>();
  for (const update of wholeLeads(sheets.nextUpdates(step.at.site.id, QUEUE_LOOK))) {
    byForm.set(update.formId, [...(byForm.get(update.formId) ?? []), update]);
  }
  const ready = new Set(sheets.tabs(step.book).flatMap((tab) => (tab.state === 'ready' ? [tab.id] : [])));
  for (const [name, { tabId }] of step.memory.restore) if (!ready.has(tabId)) step.memory.restore.delete(name);
  step.memory.unchecked = step.memory.unchecked.filter(({ tabId }) => ready.has(tabId));
  const waiting = new Set([
    ...step.memory.unchecked.map((each) => each.tabId),
    ...[...step.memory.restore.values()].map((each) => each.tabId),
  ]);
  const works: Work[] = [];
  for (const tab of sheets.tabs(step.book)) {
    const updates = byForm.get(tab.formId) ?? [];
    byForm.delete(tab.formId);
    if (tab.state !== 'ready' || (updates.length === 0 && !waiting.has(tab.id))) continue;
    const plan = await noteColumns(step, tab, look);
    if (!plan.map.tagged) continue;
    if (!plan.map.places.has(LEAD_ID_KEY)) {
      dropped.push(...updates);
      if (tab.problem === null) await sheets.updateTab(tab.id, { problem: NO_LEAD_IDS });
      continue;
    }
    const known = new Set(plan.tab.columns.filter((each) => each.state !== 'removed').map((each) => each.key));
    dropped.push(...updates.filter((update) => !known.has(update.columnKey)));
    const kept = updates.filter((update) => known.has(update.columnKey));
    works.push({ plan, updates: firstLeads(kept, step.limits.updates), cells: [], settled: [], requeued: [] });
  }
  // Their tab is not in this book: whoever writes the row there writes it as it is then.
  for (const rest of byForm.values()) dropped.push(...rest);
  return { works, dropped };
}

/** The queue is in the order of leads; when its end was cut off, so was perhaps the last lead. */
function wholeLeads(updates: readonly CellUpdate[]): CellUpdate[] {
  const last = updates.at(-1)?.leadId;
  if (updates.length < QUEUE_LOOK || updates[0]?.leadId === last) return [...updates];
  return updates.filter((update) => update.leadId !== last);
}

/** All cells of the first leads, some `limit` together: a row that landed astray is mended whole or not at all. */
function firstLeads(updates: readonly CellUpdate[], limit: number): CellUpdate[] {
  const end = updates.findIndex((update, n) => n >= limit && update.leadId !== updates[n - 1]?.leadId);
  return end < 0 ? [...updates] : updates.slice(0, end);
}

/** Columns that updates are for and that are not there yet, as after "restore column": made by a write of their own. */
async function makeColumns(step: Step, works: readonly Work[]): Promise<FlushOutcome | null> {
  const plans = works
    .filter(({ plan, updates }) => plan.fresh.some((each) => updates.some((update) => update.columnKey === each.key)))
    .map((work) => work.plan);
  if (plans.length === 0) return null;
  const widths = await readWidths(step, plans);
  if (!widths.ok) return failed(widths.failure, step.deps.clock.now());
  if (!widths.fit) return wrote(0, 0);
  const batch = await planEmpty(step);
  const tabs = new Map(plans.map((plan) => [plan.tab.formId, plan]));
  const built = buildBatch(step, batch, tabs, [], widths.widths);
  return afterWrite(step, batch, built, await step.api.batchUpdate(step.book, built.requests));
}

/** A guard for a write that brings no rows. Committed before the send, so that a killed one can be voided. */
function planEmpty(step: Step): Promise<SheetBatch> {
  const { sheets } = step.deps.store;
  return sheets.planBatch({ siteId: step.at.site.id, book: step.book, guardBase: GUARD_BASE, leads: [] });
}

/** Reads the tab and finds out which cells are right already, and which have to be written where. */
async function compare(step: Step, look: Look, work: Work): Promise<Tried<Snapshot>> {
  const { memory, deps } = step;
  const { tab, map } = work.plan;
  const unchecked = memory.unchecked.filter((each) => each.tabId === tab.id);
  const restores = [...memory.restore.values()].filter((each) => each.tabId === tab.id);
  const keys = new Set([
    LEAD_ID_KEY,
    ...work.updates.map((update) => update.columnKey),
    ...unchecked.flatMap((each) => each.cells.map((cell) => cell.key)),
    ...restores.map((each) => each.key),
  ]);
  const values = await readColumns(step, tab, map.places, keys);
  if (!values.ok) return values;
  const leads = new Map(
    deps.store.sheets
      .leadsByIds(step.at.site.id, [...new Set(work.updates.map((update) => update.leadId))])
      .map((lead) => [lead.id, lead]),
  );
  const astray = await findAstray(step, look, work);
  if (!astray.ok) return astray;
  const ids = [...(values.value.get(LEAD_ID_KEY) ?? [])];
  for (const [id, { index }] of astray.value) {
    while (ids.length <= index) ids.push('');
    ids[index] = id;
  }
  const nameless = await findNameless(step, work, unchecked, ids);
  if (!nameless.ok) return nameless;
  const rowIndex = new Map<string, number>();
  ids.forEach((id, row) => {
    if (row > 0 && typeof id === 'string' && id !== '' && !rowIndex.has(id)) rowIndex.set(id, row);
  });
  const checked = unchecked.flatMap((each) => [...each.cells, ...each.strays]);
  const wanted = new Set([...leads.keys(), ...checked.map((cell) => cell.leadId)]);
  for (const each of restores) wanted.add(each.leadId);
  const rows = await readRows(step, tab, wanted, rowIndex, nameless.value);
  if (!rows.ok) return rows;
  const now: Snapshot = { ...rows.value, places: map.places, ids, values: values.value };
  // What the last write did comes first, while it is known what stood there before it.
  const damages = unchecked.map((each) => findDamage(each, now, rowIndex));
  addDamage(step, work, damages);
  addRestores(step, work, now, rowIndex);
  for (const id of astray.value.keys())
    clearStrays(work, now, id, rowIndex, valuesAstray(step, work, now, leads.get(id)));
  // Those that the last write was to clear, if it cleared something else.
  for (const { leadId, stray } of unchecked.flatMap((each) => each.strays)) {
    clearStrays(work, now, leadId, rowIndex, new Set([stray]));
  }
  addUpdates(step, work, { now, rowIndex, leads });
  return { ok: true, value: now };
}

async function readColumns(
  step: Step,
  tab: SheetTab,
  places: ReadonlyMap<string, number>,
  keys: ReadonlySet<string>,
): Promise<Tried<Map<string, readonly Value[]>>> {
  const tags = new Map<number, string>();
  for (const column of tab.columns) {
    if (keys.has(column.key) && places.has(column.key)) tags.set(column.metadataId, column.key);
  }
  const reply = await step.api.columns(step.book, [...tags.keys()]);
  if (!reply.ok) return { ok: false, outcome: failed(reply.failure, step.deps.clock.now()) };
  const values = new Map<string, readonly Value[]>();
  for (const [tag, key] of tags) values.set(key, reply.value.get(tag) ?? []);
  return { ok: true, value: values };
}

/**
 * Rows whose Lead ID our own last write fell upon. They are looked for where they were, known by their other values,
 * and get their id back first of all.
 * @param ids is given the ids found
 */
async function findNameless(
  step: Step,
  work: Work,
  unchecked: readonly Unchecked[],
  ids: Value[],
): Promise<Tried<ReadonlySet<string>>> {
  const found = new Set<string>();
  const column = work.plan.map.places.get(LEAD_ID_KEY);
  const present = new Set(ids);
  for (const { before, cells } of unchecked) {
    for (const { leadId, row } of cells) {
      const was = before.rows.get(leadId);
      if (leadId === '' || present.has(leadId) || found.has(leadId) || !was || column === undefined) continue;
      const block = await step.api.rows(step.book, work.plan.tab.sheetId, row, 1);
      if (!block.ok) return { ok: false, outcome: failed(block.failure, step.deps.clock.now()) };
      if (!isSameRow(was, block.value[0] ?? [], leadId)) continue;
      found.add(leadId);
      while (ids.length <= row) ids.push('');
      ids[row] = leadId;
      work.cells.push({ leadId, key: LEAD_ID_KEY, row, column, value: leadId });
    }
  }
  return { ok: true, value: found };
}

/** The rows of these leads, whole, as far as they lie in a few runs; and the header row. */
async function readRows(
  step: Step,
  tab: SheetTab,
  leadIds: ReadonlySet<string>,
  rowIndex: ReadonlyMap<string, number>,
  nameless: ReadonlySet<string>,
): Promise<Tried<Pick<Snapshot, 'header' | 'rows'>>> {
  const indexes = new Map<number, string>();
  for (const id of leadIds) {
    const row = rowIndex.get(id);
    if (row !== undefined) indexes.set(row, id);
  }
  const rows = new Map<string, readonly Value[]>();
  let header: readonly string[] = [];
  const blocks = runs([0, ...indexes.keys()], step.limits.blockRows).slice(0, MAX_RUNS + 1);
  for (const [start, count] of blocks) {
    const block = await step.api.rows(step.book, tab.sheetId, start, count);
    if (!block.ok) return { ok: false, outcome: failed(block.failure, step.deps.clock.now()) };
    for (let n = 0; n < count; n++) {
      const cells = block.value[n] ?? [];
      const id = indexes.get(start + n);
      if (start + n === 0) header = cells.map(String);
      // Only if the row is still the one the Lead ID column spoke of.
      else if (id !== undefined && (cells.includes(id) || nameless.has(id))) rows.set(id, cells);
    }
  }
  return { ok: true, value: { header, rows } };
}

/** What our last write spoiled: put back from the database where that has it, else from memory. */
function addDamage(step: Step, work: Work, damages: readonly Damage[]): void {
  const { store, log } = step.deps;
  const restores = damages.flatMap((damage) => damage.restores);
  const mends = damages.flatMap((damage) => damage.mends);
  if (restores.length + mends.length === 0) return;
  const leads = new Map(
    store.sheets
      .leadsByIds(step.at.site.id, [...new Set(restores.map((each) => each.leadId))])
      .map((lead) => [lead.id, lead]),
  );
  for (const each of restores) {
    const lead = leads.get(each.leadId);
    const known = lead ? (expectedOf(step, lead, work.plan.tab).get(each.key) ?? null) : undefined;
    if (lead && known === each.value) {
      work.requeued.push({ siteId: lead.siteId, leadId: lead.id, formId: lead.formId, columnKey: each.key });
      step.memory.fallen.set(restoreName(lead.id, each.key), { value: each.fallen, version: null });
    } else step.memory.restore.set(restoreName(each.leadId, each.key), each);
  }
  for (const each of mends) work.cells.push({ leadId: '', key: '', ...each });
  log.warn('sheet.cells_strayed', { book: step.book, cells: restores.length + mends.length });
}

/** Puts back what belongs to somebody, unless we have a newer value for that very cell. */
function addRestores(step: Step, work: Work, now: Snapshot, rowIndex: ReadonlyMap<string, number>): void {
  const queued = new Set(work.updates.map((update) => restoreName(update.leadId, update.columnKey)));
  for (const [name, each] of step.memory.restore) {
    if (each.tabId !== work.plan.tab.id) continue;
    const row = rowIndex.get(each.leadId);
    const column = now.places.get(each.key);
    const is = row === undefined ? null : cellNow(now, each.leadId, each.key, row);
    // Put back already, or somebody has typed over it since.
    const over = is !== null && is !== each.fallen;
    if (row === undefined || column === undefined || over || queued.has(name)) step.memory.restore.delete(name);
    // A column found out about just now is read first: what stands in it has to be known before it is written to.
    else if (now.values.has(each.key)) {
      work.cells.push({ leadId: each.leadId, key: each.key, row, column, value: each.value });
    }
  }
}

/** What a cell shows: by its whole row where that was read, else by its column. */
function cellNow(now: Snapshot, leadId: string, key: string, row: number): Value | null {
  const cells = now.rows.get(leadId);
  const column = now.places.get(key);
  if (cells && column !== undefined) return cells[column] ?? '';
  const values = now.values.get(key);
  return values ? (values[row] ?? '') : null;
}

/** Rows to be repaired as a whole, because values landed beside their columns: found wherever their Lead ID stands. */
async function findAstray(step: Step, look: Look, work: Work): Promise<Tried<ReadonlyMap<string, FoundRow>>> {
  const ids = work.updates.filter((update) => update.columnKey === LEAD_ID_KEY).map((update) => update.leadId);
  if (ids.length === 0) return { ok: true, value: new Map() };
  const found = await findRows(step, work.plan.tab, look, ids, 'any');
  return found.ok ? { ok: true, value: found.rows } : found;
}

/** Values of a lead that are missing where they belong. */
function valuesAstray(step: Step, work: Work, now: Snapshot, lead: Lead | undefined): Set<Value> {
  const astray = new Set<Value>();
  const cells = lead && now.rows.get(lead.id);
  if (!cells) return astray;
  const expected = expectedOf(step, lead, work.plan.tab);
  for (const [key, place] of now.places) {
    const value = expected.get(key) ?? null;
    if (value !== null && (cells[place] ?? '') !== value) astray.add(value);
  }
  return astray;
}

/** Takes values of a displaced row out of people's columns. */
function clearStrays(
  work: Work,
  now: Snapshot,
  leadId: string,
  rowIndex: ReadonlyMap<string, number>,
  astray: ReadonlySet<Value>,
): void {
  const row = rowIndex.get(leadId);
  if (row === undefined) return;
  const taken = new Set(now.places.values());
  now.rows.get(leadId)?.forEach((cell, column) => {
    if (taken.has(column) || !astray.has(cell)) return;
    work.cells.push({ leadId: '', key: '', row, column, value: null, stray: { leadId, stray: cell } });
  });
}

interface Seen {
  now: Snapshot;
  rowIndex: ReadonlyMap<string, number>;
  leads: ReadonlyMap<string, Lead>;
}

/** Sorts the queued cells: right already, to be written, or without a row. */
function addUpdates(step: Step, work: Work, { now, rowIndex, leads }: Seen): void {
  const { tab } = work.plan;
  const expected = new Map<string, Map<string, Value | null>>();
  for (const update of work.updates) {
    const { leadId, columnKey: key } = update;
    const lead = leads.get(leadId);
    const row = rowIndex.get(leadId);
    const column = now.places.get(key);
    // The row was deleted by somebody, and stays so. google-sheets.md 5.7.
    if (!lead || row === undefined || column === undefined) {
      work.settled.push(update);
      continue;
    }
    const values = expected.get(leadId) ?? expectedOf(step, lead, tab);
    expected.set(leadId, values);
    const value = values.get(key) ?? null;
    const is = cellNow(now, leadId, key, row);
    if (is === (value ?? '') || typedOver(step, update, is) || givenUp(step, update)) work.settled.push(update);
    // Rows that could not be read whole wait, so that nothing is written whose undoing is not known.
    else if (now.rows.has(leadId)) work.cells.push({ leadId, key, row, column, value });
  }
}

/**
 * Whether somebody wrote into a cell that we only want to put right because a value fell upon it. A change of the
 * cell's value that was queued since then has a higher version, and counts.
 */
function typedOver(step: Step, update: CellUpdate, is: Value | null): boolean {
  const name = restoreName(update.leadId, update.columnKey);
  const fallen = step.memory.fallen.get(name);
  if (!fallen) return false;
  fallen.version ??= update.version;
  return fallen.version === update.version && is !== fallen.value;
}

/** A cell that never reads as it was written must not be written for ever. */
function givenUp(step: Step, update: CellUpdate): boolean {
  const name = restoreName(update.leadId, update.columnKey);
  if ((step.memory.stubborn.get(name) ?? 0) < MAX_TRIES) return false;
  step.memory.stubborn.delete(name);
  step.deps.log.warn('sheet.cell_given_up', { lead: update.leadId, column: update.columnKey });
  return true;
}

/** Only writes that Google took count: an outage gives nothing up. */
function countWrites(step: Step, open: readonly { work: Work }[], settled: readonly CellUpdate[]): void {
  const { stubborn } = step.memory;
  for (const { work } of open) {
    for (const { leadId, key } of work.cells) {
      if (leadId === '') continue;
      const name = restoreName(leadId, key);
      stubborn.set(name, (stubborn.get(name) ?? 0) + 1);
    }
  }
  for (const update of settled) {
    stubborn.delete(restoreName(update.leadId, update.columnKey));
    step.memory.fallen.delete(restoreName(update.leadId, update.columnKey));
  }
}

async function send(
  step: Step,
  open: readonly { work: Work; now: Snapshot }[],
  settled: readonly CellUpdate[],
): Promise<FlushOutcome> {
  const batch = await planEmpty(step);
  const built = buildBatch(step, batch, new Map(), [], new Map());
  for (const { work, now } of open) {
    const { tab, map } = work.plan;
    for (const run of inRuns(work.cells)) {
      const [first] = run;
      if (!first) continue;
      built.requests.push(
        writeCells(
          tab.sheetId,
          first.row,
          first.column,
          run.map((cell) => cell.value),
        ),
      );
      built.owners.push(tab.id);
    }
    built.requests.push(whereAreColumns(tab.sheetId));
    built.owners.push(tab.id);
    const at = built.requests.length - 1;
    built.expected.push({ tabId: tab.id, at, places: byMetadataId(tab, map.places) });
    const cells = work.cells.filter((cell) => cell.leadId !== '');
    const strays = work.cells.map((cell) => cell.stray).filter((stray) => stray !== undefined);
    step.memory.unchecked.push({ tabId: tab.id, before: now, cells, strays });
  }
  const reply = await step.api.batchUpdate(step.book, built.requests);
  if (reply.ok) countWrites(step, open, settled);
  return afterWrite(step, batch, built, reply);
}

/** Neighbouring cells of one row, to be written by one request. A later cell of the same place wins. */
function inRuns(cells: readonly Cell[]): Cell[][] {
  const byPlace = new Map(cells.map((cell) => [`${cell.row} ${cell.column}`, cell]));
  const sorted = [...byPlace.values()].sort((a, b) => a.row - b.row || a.column - b.column);
  const found: Cell[][] = [];
  for (const cell of sorted) {
    const run = found.at(-1);
    const last = run?.at(-1);
    if (run && last && last.row === cell.row && last.column + 1 === cell.column) run.push(cell);
    else found.push([cell]);
  }
  return found;
}
