import type { CellUpdate, SheetBatch } from '../../../store/sheets.ts';
import { LEAD_ID_KEY } from '../../columns.ts';
import type { FlushOutcome } from '../../target.ts';
import { movedSince } from './look.ts';
import { GUARD_BASE } from './mapping.ts';
import { restoreName, type Snapshot } from './memory.ts';
import { buildBatch, byMetadataId, noteColumns, readWidths } from './plan.ts';
import { whereAreColumns, writeCells } from './requests.ts';
import { afterWrite } from './settle.ts';
import { failed, type Look, type Step, wrote } from './step.ts';
import { compare } from './updates-compare.ts';
import type { Cell, Work } from './updates-read.ts';
import { NO_LEAD_IDS } from './verify.ts';

/**
 * Values that come after the row: AI, quality set in the UI, rows that landed beside their columns. A cell is found
 * by its Lead ID and its column's mark, and leaves the queue only when it was *read* as it should be; so a write is
 * followed by another look, and done again if a sort came between.
 *
 * Each such write has a guard of its own, without leads: a send whose answer was lost is voided, never repeated,
 * because its places may be stale by then.
 */
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
  for (const update of settled) stubborn.delete(restoreName(update.leadId, update.columnKey));
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
