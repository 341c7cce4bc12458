import type { CellUpdate } from '../../../store/sheets.ts';
import type { Lead } from '../../../store/store.ts';
import { fieldCell } from '../../cells.ts';
import { LEAD_ID_KEY } from '../../columns.ts';
import { expectedOf } from './landed.ts';
import { restoreName, type Snapshot, type Value } from './memory.ts';
import { cellValue } from './requests.ts';
import type { Look, Step } from './step.ts';
import { type Damage, findDamage } from './undo.ts';
import { findAstray, findNameless, readColumns, readRows, type Tried, type Work } from './updates-read.ts';

/** Which cells are right, which have to be written, and which are none of our business. */

const MAX_TRIES = 5;

/** Reads the tab and finds out which cells are right already, and which have to be written where. */
export async function compare(step: Step, look: Look, work: Work): Promise<Tried<Snapshot>> {
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
  const written = new Set(unchecked.flatMap((each) => each.cells.map((cell) => cell.value)));
  addUpdates(step, work, { now, rowIndex, leads, written });
  return { ok: true, value: now };
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
      const { siteId, id: leadId, formId } = lead;
      work.requeued.push({ siteId, leadId, formId, columnKey: each.key, former: [each.fallen] });
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
  /** By our last write, which may have fallen upon other cells than it was meant for. */
  written: ReadonlySet<Value | null>;
}

/** Sorts the queued cells: right already, to be written, or without a row. */
function addUpdates(step: Step, work: Work, { now, rowIndex, leads, written }: Seen): void {
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
    if (is === (value ?? '') || isTheirs(update, is, written) || givenUp(step, update)) work.settled.push(update);
    // Rows that could not be read whole wait, so that nothing is written whose undoing is not known.
    else if (now.rows.has(leadId)) work.cells.push({ leadId, key, row, column, value });
  }
}

/**
 * Whether a cell shows words that we did not put there. They stay: a value of ours goes into a cell that is empty or
 * still shows what we last wrote, and nowhere else. But a change made in the UI goes over whatever it finds.
 */
function isTheirs({ former }: CellUpdate, is: Value | null, written: ReadonlySet<Value | null>): boolean {
  if (is === null || is === '' || former === null || written.has(is)) return false;
  return !former.some((value) => cellValue(fieldCell(value)) === is);
}

/** A cell that never reads as it was written must not be written for ever. */
function givenUp(step: Step, update: CellUpdate): boolean {
  const name = restoreName(update.leadId, update.columnKey);
  if ((step.memory.stubborn.get(name) ?? 0) < MAX_TRIES) return false;
  step.memory.stubborn.delete(name);
  step.deps.log.warn('sheet.cell_given_up', { lead: update.leadId, column: update.columnKey });
  return true;
}
