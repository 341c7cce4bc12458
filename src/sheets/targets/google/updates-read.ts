import type { CellUpdate, QueuedCell, SheetTab } from '../../../store/sheets.ts';
import { LEAD_ID_KEY } from '../../columns.ts';
import type { FlushOutcome } from '../../target.ts';
import { type FoundRow, findRows, runs } from './landed.ts';
import type { Snapshot, Unchecked, Value } from './memory.ts';
import type { TabPlan } from './plan.ts';
import { failed, type Look, type Step } from './step.ts';
import { isSameRow } from './undo.ts';

/** What has to be read of a tab before single cells of it are written. */

export interface Cell {
  leadId: string;
  key: string;
  row: number;
  column: number;
  value: Value | null;
  /** A value of ours that is to be taken out of somebody's column, and whose it is. */
  stray?: { leadId: string; stray: Value };
}

/** What is to be done on one tab. */
export interface Work {
  plan: TabPlan;
  updates: CellUpdate[];
  cells: Cell[];
  settled: CellUpdate[];
  /** Cells that a write fell upon and that the database knows how to fill. */
  requeued: QueuedCell[];
}

export type Tried<T> = { ok: true; value: T } | { ok: false; outcome: FlushOutcome };

/** Rows are read in so many pieces at most; others wait for the next step. */
const MAX_RUNS = 6;

export async function readColumns(
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
export async function findNameless(
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
export async function readRows(
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

/** Rows to be repaired as a whole, because values landed beside their columns: found wherever their Lead ID stands. */
export async function findAstray(step: Step, look: Look, work: Work): Promise<Tried<ReadonlyMap<string, FoundRow>>> {
  const ids = work.updates.filter((update) => update.columnKey === LEAD_ID_KEY).map((update) => update.leadId);
  if (ids.length === 0) return { ok: true, value: new Map() };
  const found = await findRows(step, work.plan.tab, look, ids, 'any');
  return found.ok ? { ok: true, value: found.rows } : found;
}
