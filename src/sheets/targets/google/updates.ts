import type { CellUpdate, SheetBatch } from '../../../store/sheets.ts';
import { LEAD_ID_KEY } from '../../columns.ts';
import type { FlushOutcome } from '../../target.ts';
import { readJournal, writeJournal } from './journal.ts';
import { movedSince } from './look.ts';
import { GUARD_BASE } from './mapping.ts';
import { cellName, EMPTY, type Snapshot, type Unchecked, type UncheckedCell } from './memory.ts';
import { buildBatch, byMetadataId, noteColumns, readWidths } from './plan.ts';
import { whereAreColumns, writeCells } from './requests.ts';
import { afterWrite } from './settle.ts';
import { failed, type Look, type Step, wrote } from './step.ts';
import { compare, type Found, type Work } from './updates-compare.ts';
import { readTab, type Wanted } from './updates-read.ts';
import { NO_LEAD_IDS } from './verify.ts';

/**
 * Values that come after the row: AI, quality set in the UI, rows that landed beside their columns. A cell is found
 * by its Lead ID and its column's mark, and leaves the queue only when it was *read* as it should be; so a write is
 * followed by another look, and done again if a sort came between.
 *
 * Each such write has a guard of its own, without leads: a send whose answer was lost is voided, never repeated,
 * because its places may be stale by then. Before it is sent, the tab as it was read is written down (journal.ts);
 * no update of a tab leaves the queue while something of a write stands where it was not meant, so whoever comes
 * after a crash finds work, and what is needed to finish it.
 */
const QUEUE_LOOK = 5_000;

export async function writeUpdates(step: Step, look: Look): Promise<FlushOutcome> {
  const { sheets } = step.deps.store;
  const { works, dropped } = await sortOut(step, look, await readJournal(step));
  const columns = await makeColumns(step, works);
  if (columns) return columns;
  const looked: [Work, Snapshot][] = [];
  for (const work of works) {
    const now = await readTab(step, look, work.plan, wantedOf(work));
    if (!now.ok) return now.outcome;
    looked.push([work, now.value]);
  }
  const moved = await movedSince(
    step,
    works.map(({ plan }) => ({ tab: plan.tab, places: plan.map.places })),
  );
  if (moved) return moved;
  // What is concluded holds only if all of it could be read, and fits together.
  const found = looked.map(([work, now]) => compare(step, work, now));
  const settled = [...dropped, ...found.flatMap((each) => each.settled)];
  if (settled.length > 0) await sheets.settleUpdates(settled);
  for (const update of settled) step.memory.stubborn.delete(cellName(update.leadId, update.columnKey));
  const unchecked = [...found.flatMap((each) => (each.damaged ? each.work.unchecked : [])), ...heldUp(step)];
  const open = found.filter((each) => each.cells.length > 0);
  if (open.length > 0) return send(step, open, unchecked);
  await writeJournal(step, unchecked);
  return settled.length > 0 ? wrote(0, settled.length) : { kind: 'idle' };
}

/** Writes to tabs that wait for a person: they are judged when the tab goes on. */
function heldUp({ deps, book, memory }: Step): Unchecked[] {
  const paused = deps.store.sheets.tabs(book).filter((tab) => tab.state === 'paused');
  return (memory.unchecked ?? []).filter((write) =>
    paused.some((tab) => tab.id === write.tabId && tab.sheetId === write.sheetId),
  );
}

function wantedOf({ updates, astray, unchecked }: Work): Wanted {
  const leadIds = new Set(updates.map((update) => update.leadId));
  const keys = new Set(updates.map((update) => update.columnKey));
  for (const { leadId, key } of unchecked.flatMap((write) => write.cells)) {
    if (leadId !== null) leadIds.add(leadId);
    if (key !== null) keys.add(key);
  }
  return { leadIds, keys, astray };
}

/** By tab; what can go nowhere is dropped, what a paused tab holds up is left. */
async function sortOut(
  step: Step,
  look: Look,
  unchecked: readonly Unchecked[],
): Promise<{ works: Work[]; dropped: CellUpdate[] }> {
  const { sheets } = step.deps.store;
  const dropped: CellUpdate[] = [];
  const byForm = new Map<string, CellUpdate[]>();
  for (const update of wholeLeads(sheets.nextUpdates(step.at.site.id, QUEUE_LOOK))) {
    byForm.set(update.formId, [...(byForm.get(update.formId) ?? []), update]);
  }
  const works: Work[] = [];
  for (const tab of sheets.tabs(step.book)) {
    const updates = byForm.get(tab.formId) ?? [];
    byForm.delete(tab.formId);
    const earlier = unchecked.filter(({ tabId, sheetId }) => tabId === tab.id && sheetId === tab.sheetId);
    if (tab.state !== 'ready' || updates.length + earlier.length === 0) continue;
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
    const astray = kept.filter((update) => update.columnKey === LEAD_ID_KEY).map((update) => update.leadId);
    works.push({ plan, updates: firstLeads(kept, step.limits.updates), astray, unchecked: earlier });
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

/** Writes the cells, and before that down what they may fall upon. `unchecked`: earlier writes still to be undone. */
async function send(step: Step, open: readonly Found[], unchecked: readonly Unchecked[]): Promise<FlushOutcome> {
  const batch = await planEmpty(step);
  const built = buildBatch(step, batch, new Map(), [], new Map());
  const writes: Unchecked[] = [];
  for (const { work, now, cells } of open) {
    const { tab, map } = work.plan;
    for (const run of inRuns(cells)) {
      const [first] = run;
      if (!first) continue;
      const values = run.map(({ value }) => (value === EMPTY ? null : value));
      built.requests.push(writeCells(tab.sheetId, first.row, first.column, values));
      built.owners.push(tab.id);
    }
    built.requests.push(whereAreColumns(tab.sheetId));
    built.owners.push(tab.id);
    const at = built.requests.length - 1;
    built.expected.push({ tabId: tab.id, at, places: byMetadataId(tab, map.places) });
    writes.push({ tabId: tab.id, sheetId: tab.sheetId, guardId: batch.guardId, before: now, cells });
  }
  await writeJournal(step, [...unchecked, ...writes]);
  const reply = await step.api.batchUpdate(step.book, built.requests);
  if (reply.ok) countTries(step, open);
  return afterWrite(step, batch, built, reply);
}

/** Only writes that Google took count: an outage gives nothing up. */
function countTries({ memory }: Step, open: readonly Found[]): void {
  for (const { leadId, key } of open.flatMap((each) => each.cells)) {
    if (leadId === null || key === null) continue;
    const name = cellName(leadId, key);
    memory.stubborn.set(name, (memory.stubborn.get(name) ?? 0) + 1);
  }
}

/** Neighbouring cells of one row, to be written by one request. */
function inRuns(cells: readonly UncheckedCell[]): UncheckedCell[][] {
  const sorted = [...cells].sort((a, b) => a.row - b.row || a.column - b.column);
  const found: UncheckedCell[][] = [];
  for (const cell of sorted) {
    const run = found.at(-1);
    const last = run?.at(-1);
    if (run && last && last.row === cell.row && last.column + 1 === cell.column) run.push(cell);
    else found.push([cell]);
  }
  return found;
}
