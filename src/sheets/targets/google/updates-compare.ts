import type { CellUpdate } from '../../../store/sheets.ts';
import type { Lead } from '../../../store/store.ts';
import { LEAD_ID_KEY } from '../../columns.ts';
import { expectedOf, formerOf } from './landed.ts';
import { isLeadId } from './match.ts';
import {
  cellAt,
  cellName,
  EMPTY,
  type Row,
  type Snapshot,
  type Unchecked,
  type UncheckedCell,
  type Value,
} from './memory.ts';
import type { TabPlan } from './plan.ts';
import type { Step } from './step.ts';
import { findDamage } from './undo.ts';

/**
 * Which cells are right, which have to be written, and which are none of our business.
 *
 * What is written: a cell that is empty or shows a value of ours, and nothing else. Words that people put into a
 * column of ours stay there, but a change made in the UI goes over what it finds when it is taken up. What a write
 * fell upon because rows or columns were moved under it is put back before anything else is done on that tab.
 *
 * What can't be promised: a word typed after the tab was read and before the write arrives, into the very cell that
 * is written. Google tells nobody what an update of a cell has replaced.
 */

/** What is to be done on one tab. */
export interface Work {
  plan: TabPlan;
  updates: CellUpdate[];
  /** All leads whose Lead ID waits to be put right, and the row with it. */
  astray: readonly string[];
  /** Earlier writes of this tab whose consequences were not all right when last seen; oldest first. */
  unchecked: readonly Unchecked[];
}

/** What has come of it. */
export interface Found {
  work: Work;
  now: Snapshot;
  cells: UncheckedCell[];
  settled: CellUpdate[];
  /** Whether something has to be put back first. */
  damaged: boolean;
}

const MOST_TRIES = 5;
/** So many writes in a row that all fell beside: whatever it is, it is not somebody sorting. */
const MOST_WRITES = 12;

/** Compares a tab with what it should show. Reads the store, changes nothing but the counts of tries. */
export function compare(step: Step, work: Work, now: Snapshot): Found {
  const found: Found = { work, now, cells: [], settled: [], damaged: false };
  const mends = new Map<string, UncheckedCell>();
  // The latest write first: what it fell upon may be what an earlier one is to be judged by.
  for (const write of [...work.unchecked].reverse()) {
    for (const { row, column, value } of findDamage(write, now)) {
      const name = `${row} ${column}`;
      if (!mends.has(name)) mends.set(name, { row, column, value, leadId: null, key: null });
    }
  }
  if (mends.size > 0 && work.unchecked.length < MOST_WRITES) {
    step.deps.log.warn('sheet.cells_strayed', { book: step.book, cells: mends.size });
    return { ...found, cells: [...mends.values()], damaged: true };
  }
  if (mends.size > 0) step.deps.log.error('sheet.undo_given_up', { book: step.book, cells: mends.size });
  addUpdates(step, found);
  return found;
}

/** Sorts the queued cells: right already, to be written, or without a row. */
function addUpdates(step: Step, found: Found): void {
  const { work, now } = found;
  const { tab } = work.plan;
  const byLead = new Map<string, CellUpdate[]>();
  for (const update of work.updates) byLead.set(update.leadId, [...(byLead.get(update.leadId) ?? []), update]);
  const leads = new Map(
    step.deps.store.sheets.leadsByIds(step.at.site.id, [...byLead.keys()]).map((lead) => [lead.id, lead]),
  );
  const rows = rowsOfLeads(now);
  findAstray(step, found, rows);
  for (const [leadId, updates] of byLead) {
    const lead = leads.get(leadId);
    const expected = lead && expectedOf(step, lead, tab);
    const isAstray = updates.some((update) => update.columnKey === LEAD_ID_KEY);
    const row = rows.get(leadId);
    // The row was deleted by somebody, and stays so. google-sheets.md 5.7.
    if (!lead || !expected || row === undefined) found.settled.push(...updates);
    // Rows that could not be read whole wait, so that nothing is written whose undoing is not known.
    else if (!now.rows[row]?.includes(null)) addRow(step, found, { lead, expected, row, updates, isAstray });
  }
}

/** Rows by the Lead ID under its column. */
function rowsOfLeads(now: Snapshot): Map<string, number> {
  const column = now.places.get(LEAD_ID_KEY);
  const rows = new Map<string, number>();
  now.rows.forEach((_, row) => {
    const id = column === undefined ? null : cellAt(now, row, column);
    if (row > 0 && typeof id === 'string' && !rows.has(id)) rows.set(id, row);
  });
  return rows;
}

/**
 * The rows of leads whose values landed beside their columns: where the Lead ID stands, or, if somebody has typed
 * over that or deleted the column it stood in, the row without any Lead ID that holds mostly values of the lead.
 */
function findAstray(step: Step, { work, now }: Found, rows: Map<string, number>): void {
  const { sheets } = step.deps.store;
  const lost = new Set(work.astray.filter((id) => !rows.has(id)));
  const nameless: { row: number; cells: Row }[] = [];
  if (lost.size === 0) return;
  now.rows.forEach((cells, row) => {
    const ids = cells.filter(isLeadId);
    const own = ids.find((id) => lost.has(id));
    if (own !== undefined) rows.set(own, row);
    else if (row > 0 && ids.length === 0) nameless.push({ row, cells: cells.filter((cell) => cell !== EMPTY) });
  });
  const left = [...lost].filter((id) => !rows.has(id));
  const queued = sheets.updatesOf(step.at.site.id, left);
  const likely: { leadId: string; row: number; shared: number }[] = [];
  for (const lead of sheets.leadsByIds(step.at.site.id, left)) {
    const former = queued.filter((update) => update.leadId === lead.id).flatMap(formerOf);
    const values = new Set([...expectedOf(step, lead, work.plan.tab).values(), ...former]);
    for (const { row, cells } of nameless) {
      const shared = new Set(cells.filter((cell) => cell !== null && values.has(cell))).size;
      if (shared >= 2 && shared * 2 >= cells.length) likely.push({ leadId: lead.id, row, shared });
    }
  }
  // Leads may share values with each other: each row goes to the one that shares most with it.
  const taken = new Set<number>();
  for (const { leadId, row } of likely.sort((a, b) => b.shared - a.shared)) {
    if (rows.has(leadId) || taken.has(row)) continue;
    rows.set(leadId, row);
    taken.add(row);
  }
}

interface LeadRow {
  lead: Lead;
  expected: ReadonlyMap<string, Value | null>;
  row: number;
  updates: readonly CellUpdate[];
  isAstray: boolean;
}

function addRow(step: Step, found: Found, { lead, expected, row, updates, isAstray }: LeadRow): void {
  const { work, now, settled } = found;
  // In a row that landed astray any value of the lead, now or before a change, may stand in any cell.
  const ours = new Set<Value | null>(isAstray ? [...expected.values(), ...updates.flatMap(formerOf)] : []);
  const strays = isAstray ? straysOf(now, row, expected, updates) : [];
  const wrong: UncheckedCell[] = [];
  const right: CellUpdate[] = [];
  for (const update of updates) {
    const key = update.columnKey;
    const column = now.places.get(key);
    const value = expected.get(key) ?? EMPTY;
    const is = column === undefined ? value : cellAt(now, row, column);
    if (column === undefined || is === value || (!ours.has(is) && isTheirs(work, update, is))) right.push(update);
    else if (givenUp(step, update)) settled.push(update);
    else wrong.push({ row, column, value, leadId: lead.id, key });
  }
  const cells = isAstray ? oneValue(now, wrong, strays) : wrong;
  found.cells.push(...cells);
  // What is queued of a row that landed astray says which values in it are ours, as long as one of them is astray.
  if (!isAstray || cells.length === 0) settled.push(...right);
}

/**
 * A row that landed astray is mended one value at a time, its Lead ID first. If another row is hit instead, enough of
 * that is left to know it by: else nobody could tell it from one that was deleted at that moment.
 */
function oneValue(
  now: Snapshot,
  wrong: readonly UncheckedCell[],
  strays: readonly UncheckedCell[],
): readonly UncheckedCell[] {
  const first = wrong.find((cell) => cell.key === LEAD_ID_KEY) ?? wrong[0];
  if (!first) return strays.slice(0, 1);
  return [first, ...strays.filter(({ row, column }) => cellAt(now, row, column) === first.value)];
}

/** Values of ours in people's columns, that are missing where they belong or belong nowhere now: to be taken out. */
function straysOf(
  now: Snapshot,
  row: number,
  expected: ReadonlyMap<string, Value | null>,
  updates: readonly CellUpdate[],
): UncheckedCell[] {
  const missing = new Set<Value | null>(updates.flatMap(formerOf));
  for (const [key, value] of expected) {
    const place = now.places.get(key);
    if (value !== null && (place === undefined || cellAt(now, row, place) !== value)) missing.add(value);
  }
  const marked = new Set(now.places.values());
  const strays: UncheckedCell[] = [];
  now.rows[row]?.forEach((value, column) => {
    if (marked.has(column) || value === null || !missing.has(value)) return;
    strays.push({ row, column, value: EMPTY, leadId: null, key: null });
  });
  return strays;
}

/** Whether a cell shows words that we did not put there. */
function isTheirs({ unchecked }: Work, update: CellUpdate, is: Value | null): boolean {
  if (is === EMPTY) return false;
  const { leadId, columnKey, former } = update;
  let ours = former === null ? undefined : formerOf(update);
  for (const { before, cells } of unchecked) {
    for (const cell of cells) {
      if (cell.leadId !== leadId || cell.key !== columnKey) continue;
      // What a change made in the UI has found once; what came after that is a later word.
      ours = [...(ours ?? []), cellAt(before, cell.row, cell.column), cell.value];
    }
  }
  return ours !== undefined && !ours.includes(is);
}

/** A cell that never reads as it was written must not be written for ever. */
function givenUp(step: Step, { leadId, columnKey }: CellUpdate): boolean {
  const name = cellName(leadId, columnKey);
  if ((step.memory.stubborn.get(name) ?? 0) < MOST_TRIES) return false;
  step.memory.stubborn.delete(name);
  step.deps.log.warn('sheet.cell_given_up', { lead: leadId, column: columnKey });
  return true;
}
