import { LEAD_ID_KEY } from '../../columns.ts';
import { isLeadId, matchSnapshots } from './match.ts';
import { cellAt, EMPTY, type Snapshot, type Unchecked, type Value } from './memory.ts';

/**
 * Finds the damage when somebody sorted rows or moved columns between our look and our write of single cells, so
 * that a value fell into a cell that was not meant. Google has no way to write a cell only if its row is still the
 * one that was read; so the tab as it was before is kept until the write has been read back, and what a value fell
 * upon is put back from it.
 */

/** A cell to be set by place, at once: what it is to show, or empty. */
export interface Mend {
  row: number;
  column: number;
  value: Value;
}

/**
 * What has to be set right after a write. Empty: nothing of it stands where it was not meant. Only values that are
 * missing where they were meant are looked for elsewhere: a value fell upon one cell.
 */
export function findDamage({ before, cells }: Pick<Unchecked, 'before' | 'cells'>, now: Snapshot): Mend[] {
  const { rows, columns } = matchSnapshots(before, now, {
    written: new Set(cells.map((cell) => cell.value)),
    most: mostOfOneRow(cells),
    ids: new Map(cells.filter(({ key }) => key === LEAD_ID_KEY).map(({ value, row }) => [value, row])),
  });
  const rowNow = new Map([...rows].map(([is, was]) => [was, is]));
  const columnNow = new Map([...columns].map(([is, was]) => [was, is]));
  const mends: Mend[] = [];
  const meant = new Map<string, Value>();
  const missing = new Set<Value>();
  for (const { row, column, value, key } of cells) {
    meant.set(`${row} ${column}`, value);
    const at = { row: rowNow.get(row), column: columnNow.get(column) };
    const is = at.row === undefined || at.column === undefined ? null : cellAt(now, at.row, at.column);
    if (is === value) continue;
    missing.add(value);
    // Nobody else remembers what was to be put back or taken out.
    if (key === null && is !== null && is === cellAt(before, row, column)) mends.push({ ...at, value } as Mend);
  }
  if (missing.size === 0) return [];
  const known = new Set(columns.keys());
  const ours = new Set(now.places.values());
  const width = 1 + Math.max(-1, ...known, ...now.rows.map((row) => row.length - 1));
  for (let row = 1; row < now.rows.length; row++) {
    const wasRow = rows.get(row);
    if (wasRow === undefined && isNewLead(now, row, missing)) continue;
    for (let column = 0; column < width; column++) {
      const value = cellAt(now, row, column);
      if (value === null || !missing.has(value) || (ours.has(column) && !known.has(column))) continue;
      const wasColumn = columns.get(column);
      const isNew = wasRow === undefined || wasColumn === undefined;
      if (!isNew && meant.get(`${wasRow} ${wasColumn}`) === value) continue;
      const prior = isNew ? EMPTY : cellAt(before, wasRow, wasColumn);
      if (prior !== null && prior !== value) mends.push({ row, column, value: prior });
    }
  }
  return mends;
}

function mostOfOneRow(cells: readonly { row: number }[]): number {
  const counts = new Map<number, number>();
  for (const { row } of cells) counts.set(row, (counts.get(row) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

/** A row that we have appended since then: no write that was sent before it can have fallen upon it. */
function isNewLead(now: Snapshot, row: number, missing: ReadonlySet<Value>): boolean {
  const column = now.places.get(LEAD_ID_KEY);
  const id = column === undefined ? EMPTY : cellAt(now, row, column);
  return isLeadId(id) && !missing.has(id);
}
