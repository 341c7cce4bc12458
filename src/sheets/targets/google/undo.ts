import type { Restore, Snapshot, Unchecked, Value } from './memory.ts';

/**
 * Finds the damage when somebody sorted rows or moved columns between our look and our write of single cells, so
 * that a value fell into a cell that was not meant. Google has no way to write a cell only if its row is still the
 * one that was read; so what stood there before is kept until the write has been read back, and is put back here.
 */

/** A cell of a row without a Lead ID, or of a column without a mark: to be set by place, at once. */
export interface Mend {
  row: number;
  column: number;
  value: Value | null;
}

export interface Damage {
  restores: Restore[];
  mends: Mend[];
}

const EMPTY = '';
const at = (values: readonly Value[] | undefined, index: number | undefined): Value =>
  (index === undefined ? undefined : values?.[index]) ?? EMPTY;
const orNull = (value: Value): Value | null => (value === EMPTY ? null : value);

/** @param rowIndex where each lead's row is now */
export function findDamage(write: Unchecked, now: Snapshot, rowIndex: ReadonlyMap<string, number>): Damage {
  const damage: Damage = { restores: [], mends: [] };
  for (const key of new Set(write.cells.map((cell) => cell.key))) sorted(write, now, key, damage);
  for (const leadId of new Set(write.cells.map((cell) => cell.leadId))) moved(write, now, leadId, rowIndex, damage);
  return damage;
}

/** Values of one column that stand in rows they were not meant for. */
function sorted(write: Unchecked, now: Snapshot, key: string, damage: Damage): void {
  const column = now.places.get(key);
  const { before } = write;
  const values = now.values.get(key);
  if (column === undefined || !values || !before.values.has(key)) return;
  const meant = new Map(write.cells.filter((cell) => cell.key === key).map((cell) => [cell.leadId, cell.value]));
  const written = new Set([...meant.values()].map((value) => value ?? EMPTY));
  const rowBefore = new Map(before.ids.map((id, row) => [id, row]));
  const strangers: number[] = [];
  const length = Math.max(values.length, now.ids.length);
  for (let row = 1; row < length; row++) {
    const value = at(values, row);
    if (!written.has(value)) continue;
    const id = at(now.ids, row);
    if (typeof id === 'string' && meant.has(id)) continue;
    if (id === EMPTY) strangers.push(row);
    else {
      const was = rowBefore.get(id);
      const prior = at(before.values.get(key), was);
      if (was === undefined || prior === value) continue;
      damage.restores.push({ tabId: write.tabId, leadId: String(id), key, value: orNull(prior), fallen: value });
    }
  }
  const then = noIdValues(before, key);
  const since = noIdValues(now, key);
  // A row that got its Lead ID only now was one without it before.
  const named = now.ids.flatMap((id, row) => (row > 0 && id !== EMPTY && !rowBefore.has(id) ? [at(values, row)] : []));
  const lost = lostOf(then, [...since, ...named]);
  const gained = lostOf(since, then);
  for (const row of strangers) {
    const value = at(values, row);
    const index = gained.indexOf(value);
    if (value === EMPTY ? lost.length === 0 : index < 0) continue;
    if (index >= 0) gained.splice(index, 1);
    damage.mends.push({ row, column, value: lost.shift() ?? null });
  }
}

/** The values of a column in rows without a Lead ID. */
function noIdValues(snapshot: Snapshot, key: string): Value[] {
  const values = snapshot.values.get(key) ?? [];
  return values.filter((value, row) => row > 0 && value !== EMPTY && at(snapshot.ids, row) === EMPTY);
}

/** What is in `first` and not in `second`, each as often as it is missing. */
function lostOf(first: readonly Value[], second: readonly Value[]): Value[] {
  const rest = [...second];
  return first.filter((value) => {
    const index = rest.indexOf(value);
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
}

/** Values of one row that stand in columns they were not meant for. */
function moved(
  write: Unchecked,
  now: Snapshot,
  leadId: string,
  rowIndex: ReadonlyMap<string, number>,
  damage: Damage,
): void {
  const row = rowIndex.get(leadId);
  const cells = now.rows.get(leadId);
  const prior = write.before.rows.get(leadId);
  if (row === undefined || !cells || !prior) return;
  const meant = new Map(write.cells.filter((cell) => cell.leadId === leadId).map((cell) => [cell.key, cell.value]));
  const written = new Set([...meant.values()].map((value) => value ?? EMPTY));
  const cleared = new Set(write.strays.filter((each) => each.leadId === leadId).map((each) => each.stray));
  const keyAt = new Map([...now.places].map(([key, index]) => [index, key]));
  const lost = lostOf(theirs(prior, write.before), theirs(cells, now)).filter((value) => value !== EMPTY);
  for (let column = 0; column < Math.max(cells.length, prior.length); column++) {
    const value = at(cells, column);
    const key = keyAt.get(column);
    if (!written.has(value) || (key !== undefined && meant.has(key))) continue;
    const origin = key === undefined ? byHeader(write.before, now, column) : write.before.places.get(key);
    if (origin === undefined && key === undefined && value === EMPTY) continue;
    // A column nobody can name: what columns of that sort have lost in this row must have stood in it.
    const should = origin === undefined ? (lost[0] ?? EMPTY) : at(prior, origin);
    // What we took out of somebody's column was ours: it is not put back there.
    if (should === value || (key === undefined && cleared.has(should))) continue;
    if (key === undefined) damage.mends.push({ row, column, value: orNull(should) });
    else damage.restores.push({ tabId: write.tabId, leadId, key, value: orNull(should), fallen: value });
  }
}

/** The cells of a row in columns without a mark. */
function theirs(cells: readonly Value[], snapshot: Snapshot): Value[] {
  const marked = new Set(snapshot.places.values());
  return cells.filter((_, column) => !marked.has(column));
}

/** Where a column without a mark was before, by its header; undefined when the header is empty or not alone. */
function byHeader(before: Snapshot, now: Snapshot, column: number): number | undefined {
  const name = now.header[column] ?? '';
  const alone = (header: readonly string[]) => header.filter((each) => each === name).length === 1;
  return name !== '' && alone(now.header) && alone(before.header) ? before.header.indexOf(name) : undefined;
}

/**
 * Whether a row is the one that a lead had before our write, though it shows another Lead ID now or none: because a
 * column was inserted in that very moment, and the value meant for its neighbour fell upon the id. Known by its other
 * values: most of them have to be there still, whatever the columns' order.
 */
export function isSameRow(before: readonly Value[], now: readonly Value[], leadId: string): boolean {
  const had = before.filter((value) => value !== EMPTY && value !== leadId);
  const kept = had.length - lostOf(had, now).length;
  return kept >= 2 && kept * 2 >= had.length;
}
