import { LEAD_ID_KEY } from '../../columns.ts';
import type { FlushOutcome } from '../../target.ts';
import { findRows, runs } from './landed.ts';
import { cellAt, type Row, type Snapshot, type Value } from './memory.ts';
import type { TabPlan } from './plan.ts';
import { failed, type Look, type Step, wrote } from './step.ts';

/** What has to be read of a tab before single cells of it are written. */

export type Tried<T> = { ok: true; value: T } | { ok: false; outcome: FlushOutcome };

/** What is looked for on a tab. */
export interface Wanted {
  /** Leads whose cells are to be written. */
  leadIds: ReadonlySet<string>;
  /** Those of them whose Lead ID may stand in another column. */
  astray: readonly string[];
  /** Columns of cells to be written. */
  keys: ReadonlySet<string>;
}

/** A tab of so many blocks is read whole, of a larger one what is to be written. */
const MOST_BLOCKS = 4;
/** Rows of a large tab are read in so many pieces at most; others wait for the next step. */
const MOST_RUNS = 6;

/**
 * The tab, whole if it is not too large: then whatever a write may fall upon is known beforehand. Of a larger one
 * the columns to be written and the rows of the leads.
 */
export async function readTab(step: Step, look: Look, plan: TabPlan, wanted: Wanted): Promise<Tried<Snapshot>> {
  const size = step.limits.blockRows;
  const { large } = step.memory;
  const rows: Row[] = [];
  const missing = new Set<Value>(wanted.leadIds);
  for (let n = 0; n < MOST_BLOCKS && !large.has(plan.tab.id); n++) {
    const block = await step.api.rows(step.book, plan.tab.sheetId, n * size, size);
    if (!block.ok) return { ok: false, outcome: failed(block.failure, step.deps.clock.now()) };
    while (rows.length < n * size) rows.push([]);
    rows.push(...block.value);
    for (const cell of block.value.flat()) missing.delete(cell);
    const end = block.value.length === 0 || (block.value.length < size && missing.size === 0);
    if (end) return inOnePiece(step, { places: plan.map.places, rows }, n + 1, plan);
  }
  large.add(plan.tab.id);
  return readParts(step, look, plan, wanted);
}

/** Several blocks fit together if nobody moved a row while they were read. */
async function inOnePiece(step: Step, now: Snapshot, blocks: number, plan: TabPlan): Promise<Tried<Snapshot>> {
  if (blocks === 1) return { ok: true, value: now };
  const tag = plan.tab.columns.find((column) => column.key === LEAD_ID_KEY)?.metadataId ?? -1;
  const reply = await step.api.columns(step.book, [tag]);
  if (!reply.ok) return { ok: false, outcome: failed(reply.failure, step.deps.clock.now()) };
  const ids = reply.value.get(tag) ?? [];
  const place = now.places.get(LEAD_ID_KEY) ?? -1;
  const same =
    now.rows.every((_, row) => (ids[row] ?? '') === cellAt(now, row, place)) && ids.length <= now.rows.length;
  return same ? { ok: true, value: now } : { ok: false, outcome: wrote(0, 0) };
}

async function readParts(step: Step, look: Look, plan: TabPlan, wanted: Wanted): Promise<Tried<Snapshot>> {
  const { tab, map } = plan;
  const tags = new Map<number, number>();
  for (const { key, metadataId } of tab.columns) {
    const place = map.places.get(key);
    if (place !== undefined && (key === LEAD_ID_KEY || wanted.keys.has(key))) tags.set(metadataId, place);
  }
  const reply = await step.api.columns(step.book, [...tags.keys()]);
  if (!reply.ok) return { ok: false, outcome: failed(reply.failure, step.deps.clock.now()) };
  const width = 1 + Math.max(-1, ...map.places.values());
  const rows: (Value | null)[][] = [];
  for (const [tag, place] of tags) {
    (reply.value.get(tag) ?? []).forEach((_, row) => {
      while (rows.length <= row) rows.push(new Array<null>(width).fill(null));
    });
    rows.forEach((cells, row) => {
      cells[place] = reply.value.get(tag)?.[row] ?? '';
    });
  }
  const place = map.places.get(LEAD_ID_KEY) ?? -1;
  const indexes = rows.flatMap((cells, row) => (row > 0 && wanted.leadIds.has(String(cells[place])) ? [row] : []));
  for (const [start, count] of runs([0, ...indexes], step.limits.blockRows).slice(0, MOST_RUNS + 1)) {
    const block = await step.api.rows(step.book, tab.sheetId, start, count);
    if (!block.ok) return { ok: false, outcome: failed(block.failure, step.deps.clock.now()) };
    for (let n = 0; n < count; n++) {
      const cells = block.value[n] ?? [];
      // Only if the row is still the one the Lead ID column spoke of.
      if (start + n === 0 || (cells[place] ?? '') === rows[start + n]?.[place]) rows[start + n] = [...cells];
    }
  }
  if (wanted.astray.length > 0) {
    const found = await findRows(step, tab, look, wanted.astray, 'any');
    if (!found.ok) return found;
    for (const { index, cells } of found.rows.values()) {
      while (rows.length <= index) rows.push(new Array<null>(width).fill(null));
      rows[index] = [...cells];
    }
  }
  return { ok: true, value: { places: map.places, rows } };
}
