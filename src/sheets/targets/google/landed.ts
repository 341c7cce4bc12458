import type { CellUpdate, QueuedCell, SheetBatch, SheetColumn, SheetTab } from '../../../store/sheets.ts';
import type { Lead } from '../../../store/store.ts';
import { cellOf, fieldCell } from '../../cells.ts';
import { LEAD_ID_KEY } from '../../columns.ts';
import type { FlushOutcome } from '../../target.ts';
import { movedSince } from './look.ts';
import { mapTab } from './mapping.ts';
import { cellValue, type Value } from './requests.ts';
import { widen } from './settle.ts';
import { failed, type Look, type Step, wrote } from './step.ts';
import { leadIdTag } from './tabs.ts';

/**
 * A batch whose guard is in the spreadsheet without our having had Google's word for where its values went: the
 * answer was lost, or said that columns had moved. Its rows are there; whether each value stands under its column
 * is looked at before the batch is settled. What does not is queued as cell updates first, so that a crash between
 * the two only repeats the look.
 */
export async function settleLanded(step: Step, batch: SheetBatch, look: Look): Promise<FlushOutcome> {
  const { sheets } = step.deps.store;
  if (batch.leads.length > 0) {
    const found = await findDisplaced(step, batch, look);
    if (!found.ok) return found.outcome;
    if (found.cells.length > 0) {
      await sheets.queueUpdates(found.cells);
      step.deps.log.warn('sheet.rows_displaced', { book: step.book, cells: found.cells.length });
    }
    for (const { tabId, columns } of found.gone) await sheets.putColumns(tabId, columns);
  }
  await sheets.settleBatch(batch.id, { state: 'delivered' });
  step.memory.narrow = false;
  widen(step);
  return wrote(batch.leads.length, 0);
}

/** `gone`: columns that the batch has made, and that somebody deleted before we saw them. */
type Cells =
  | { ok: true; cells: QueuedCell[]; gone: { tabId: string; columns: SheetColumn[] }[] }
  | { ok: false; outcome: FlushOutcome };

async function findDisplaced(step: Step, batch: SheetBatch, look: Look): Promise<Cells> {
  const { sheets } = step.deps.store;
  const cells: QueuedCell[] = [];
  const gone: { tabId: string; columns: SheetColumn[] }[] = [];
  const looked: { tab: SheetTab; places: ReadonlyMap<string, number> }[] = [];
  for (const tab of sheets.tabs(step.book)) {
    const ids = batch.leads.filter((lead) => lead.tabId === tab.id).map((lead) => lead.leadId);
    // A tab that is gone or without its Lead ID column has nothing to be compared.
    if (ids.length === 0 || leadIdTag(tab, look) === null) continue;
    const rows = await findRows(step, tab, look, ids, 'one batch');
    if (!rows.ok) return rows;
    const { places } = mapTab(tab, look.tags);
    looked.push({ tab, places });
    const deleted = tab.columns.filter((column) => column.state === 'planned' && !places.has(column.key));
    gone.push({ tabId: tab.id, columns: deleted.map((column) => ({ ...column, state: 'removed' })) });
    const leads = sheets.leadsByIds(step.at.site.id, ids);
    const queued = sheets.updatesOf(step.at.site.id, ids);
    const before = cells.length;
    for (const lead of leads) {
      const row = rows.rows.get(lead.id);
      const former = formerValues(queued.filter((update) => update.leadId === lead.id));
      const wrong = row ? displacedKeys(row.cells, expectedOf(step, lead, tab), places, former) : [];
      cells.push(...wrong.map((key) => cellOfLead(lead, key, [row?.cells[places.get(key) ?? -1]])));
    }
    // Rows of one batch share their fate: if the others landed astray, so did those that show their Lead ID nowhere.
    if (rows.rows.size > 0 && cells.length === before) continue;
    for (const lead of leads.filter((each) => !rows.rows.has(each.id)))
      cells.push(...wholeRow(step, tab, lead, places));
  }
  const moved = await movedSince(step, looked);
  return moved ? { ok: false, outcome: moved } : { ok: true, cells, gone };
}

/** Every cell of a row that is known to be astray, and not how. */
export function wholeRow(step: Step, tab: SheetTab, lead: Lead, places: ReadonlyMap<string, number>): QueuedCell[] {
  const any = [...expectedOf(step, lead, tab).values()];
  return [...places.keys()].map((key) => cellOfLead(lead, key, any));
}

/** @param shown what the cell may show by our own hand, meant for another column */
function cellOfLead(lead: Lead, columnKey: string, shown: readonly (Value | null | undefined)[]): QueuedCell {
  const former = shown.flatMap((value) => (value === null || value === undefined || value === EMPTY ? [] : [value]));
  return { siteId: lead.siteId, leadId: lead.id, formId: lead.rowFormId, columnKey, former };
}

export interface FoundRow {
  index: number;
  cells: readonly (string | number | boolean)[];
}
type Rows = { ok: true; rows: Map<string, FoundRow> } | { ok: false; outcome: FlushOutcome };

/**
 * The rows of leads, whole. By the Lead ID column; and those that it does not show, by looking for the ids in every
 * cell, because they may have landed beside their column. Rows of `one batch` share their fate: if one is where it
 * belongs, the others were deleted, and the tab need not be looked through.
 */
export async function findRows(
  step: Step,
  tab: SheetTab,
  look: Look,
  ids: readonly string[],
  who: 'one batch' | 'any',
): Promise<Rows> {
  const wanted = new Set(ids);
  const tag = leadIdTag(tab, look);
  const rows = new Map<string, FoundRow>();
  if (tag !== null) {
    const reply = await step.api.columns(step.book, [tag]);
    if (!reply.ok) return { ok: false, outcome: failed(reply.failure, step.deps.clock.now()) };
    const indexes: number[] = [];
    (reply.value.get(tag) ?? []).forEach((value, index) => {
      if (typeof value === 'string' && wanted.has(value)) indexes.push(index);
    });
    for (const [start, count] of runs(indexes, step.limits.blockRows)) {
      const trouble = await readBlock(step, tab, start, count, wanted, rows);
      if (trouble) return { ok: false, outcome: trouble };
    }
  }
  if (rows.size === wanted.size || (who === 'one batch' && rows.size > 0)) return { ok: true, rows };
  for (let start = 1; ; start += step.limits.blockRows) {
    const block = await step.api.rows(step.book, tab.sheetId, start, step.limits.blockRows);
    if (!block.ok) return { ok: false, outcome: failed(block.failure, step.deps.clock.now()) };
    collect(block.value, start, wanted, rows);
    // Behind a whole block without a value there is nothing.
    if (block.value.length === 0 || rows.size === wanted.size) return { ok: true, rows };
  }
}

async function readBlock(
  step: Step,
  tab: SheetTab,
  start: number,
  count: number,
  wanted: ReadonlySet<string>,
  rows: Map<string, FoundRow>,
): Promise<FlushOutcome | null> {
  const block = await step.api.rows(step.book, tab.sheetId, start, count);
  if (!block.ok) return failed(block.failure, step.deps.clock.now());
  collect(block.value, start, wanted, rows);
  return null;
}

function collect(
  block: readonly (readonly (string | number | boolean)[])[],
  start: number,
  wanted: ReadonlySet<string>,
  rows: Map<string, FoundRow>,
): void {
  block.forEach((cells, n) => {
    const id = cells.find((cell) => typeof cell === 'string' && wanted.has(cell));
    if (typeof id === 'string' && !rows.has(id)) rows.set(id, { index: start + n, cells });
  });
}

const GAP = 100;

/** Runs of rows to be read together: small gaps are read along. */
export function runs(indexes: readonly number[], longest: number): [start: number, count: number][] {
  const sorted = [...indexes].sort((a, b) => a - b);
  const found: [number, number][] = [];
  for (const index of sorted) {
    const last = found.at(-1);
    if (last && index < last[0] + last[1] + GAP && index - last[0] < longest) last[1] = index - last[0] + 1;
    else found.push([index, 1]);
  }
  return found;
}

/** What each column of a lead's row should hold. */
export function expectedOf(step: Step, lead: Lead, tab: SheetTab): Map<string, Value | null> {
  const expected = new Map<string, Value | null>();
  for (const { key } of tab.columns) expected.set(key, cellValue(cellOf(lead, key, tab.columns, step.at.site)));
  return expected;
}

const EMPTY = '';

/** What a queued cell may still show by our own hand, as a cell shows it. */
export const formerOf = ({ former }: CellUpdate) => (former ?? []).map((value) => cellValue(fieldCell(value)));

function formerValues(updates: readonly CellUpdate[]): Map<string, readonly (Value | null)[]> {
  return new Map(updates.map((update) => [update.columnKey, formerOf(update)]));
}

/**
 * The columns of a row whose values landed elsewhere. Proof is asked for, because people edit rows too: somewhere in
 * the row a value of ours must stand where another one belongs. Then every column is named that is empty or shows a
 * value of another one; a cell with words of its own is somebody's edit, and is left.
 * @param former values that were changed since, and that the row may have been sent with
 * @returns with the Lead ID's own key first: it says that the row is to be repaired as a whole
 */
export function displacedKeys(
  cells: readonly (string | number | boolean)[],
  expected: ReadonlyMap<string, Value | null>,
  places: ReadonlyMap<string, number>,
  former: ReadonlyMap<string, readonly (Value | null)[]> = new Map(),
): string[] {
  const earlier = new Set([...former.values()].flat());
  const ours = new Set([...expected.values(), ...earlier]);
  const wrong: string[] = [];
  const marked = new Set(places.values());
  let proof = cells.some((cell, index) => !marked.has(index) && cell !== EMPTY && earlier.has(cell));
  for (const [key, index] of places) {
    const want = expected.get(key) ?? EMPTY;
    const got = cells[index] ?? EMPTY;
    if (got === want || former.get(key)?.includes(got)) continue;
    if (got === EMPTY || ours.has(got)) wrong.push(key);
    if (got !== EMPTY && ours.has(got)) proof = true;
  }
  if (!proof && wrong.length > 0) {
    const missing = new Set(wrong.map((key) => expected.get(key) ?? EMPTY));
    proof = cells.some((cell, index) => !marked.has(index) && cell !== EMPTY && missing.has(cell));
  }
  return proof ? [LEAD_ID_KEY, ...wrong.filter((key) => key !== LEAD_ID_KEY)] : [];
}
