import { idPattern } from '../../../lib/ids.ts';
import { LEAD_ID_KEY } from '../../columns.ts';
import { cellAt, EMPTY, type Snapshot, type Value } from './memory.ts';

/**
 * Finds the rows and columns of an earlier look at a tab in a later one, whatever people sorted, moved, inserted and
 * deleted in between, and though values of ours may have fallen upon some cells: those (`written`) prove nothing.
 */
export interface Match {
  /** Where a row or column was, by where it is; undefined: it is new, or nobody can tell. */
  rows: ReadonlyMap<number, number>;
  columns: ReadonlyMap<number, number>;
}

/** Rows or columns that only their content tells apart are compared each with each, as far as these go. */
const MOST_LIKELY = 300;

/** What our write has put in doubt. */
export interface Doubt {
  /** Values that may stand where they were not meant. */
  written: ReadonlySet<Value>;
  /** Lead IDs among them, each with the row it was meant for. */
  ids: ReadonlyMap<Value, number>;
  /** How many cells of one row were written at most. */
  most: number;
}

export function matchSnapshots(before: Snapshot, now: Snapshot, doubt: Doubt): Match {
  const columns = matchColumns(before, now, doubt.written);
  return { columns, rows: matchRows(before, now, columns, doubt) };
}

const LEAD_ID = new RegExp(idPattern('sub'));
export const isLeadId = (value: Value | null): value is string => typeof value === 'string' && LEAD_ID.test(value);

/** Marked columns by their marks; the others by header and content, which no sorting changes. */
function matchColumns(before: Snapshot, now: Snapshot, written: ReadonlySet<Value>): Map<number, number> {
  const found = new Map<number, number>();
  for (const [key, index] of now.places) {
    const was = before.places.get(key);
    if (was !== undefined) found.set(index, was);
  }
  const likeness = (a: readonly Value[], b: readonly Value[]) => {
    const [header = EMPTY, ...cells] = a;
    const same = header !== EMPTY && header === b[0] ? 1_000_000 : 0;
    return same + common(cells, b.slice(1), written);
  };
  const were = unmarked(before);
  const are = unmarked(now);
  pairUp(were, are, likeness, (was, is) => found.set(is, was));
  // One alone on both sides that nothing was left of.
  const [was, ...others] = were.keys();
  const [is, ...rest] = are.keys();
  if (was !== undefined && is !== undefined && others.length + rest.length === 0) found.set(is, was);
  return found;
}

/** The columns of a tab that carry no mark, by place, each from its header on. */
function unmarked(snapshot: Snapshot): Lines {
  const marked = new Set(snapshot.places.values());
  const width = Math.max(0, ...snapshot.rows.map((row) => row.length));
  const found: Lines = new Map();
  for (let column = 0; column < width; column++) {
    if (marked.has(column)) continue;
    const cells = snapshot.rows.map((_, row) => cellAt(snapshot, row, column) ?? EMPTY);
    if (cells.some((cell) => cell !== EMPTY)) found.set(column, cells);
  }
  return found;
}

/** By Lead ID, where that is not itself in doubt; then rows that are just as they were; then by what they share. */
function matchRows(before: Snapshot, now: Snapshot, columns: ReadonlyMap<number, number>, doubt: Doubt) {
  const { written, ids } = doubt;
  const found = new Map([[0, 0]]);
  const byId = rowsById(before);
  for (const [id, row] of rowsById(now)) {
    const was = byId.get(id);
    if (was !== undefined && !written.has(id)) found.set(row, was);
  }
  const idAt = now.places.get(LEAD_ID_KEY);
  const idOf = (row: number) => (idAt === undefined ? EMPTY : (cellAt(now, row, idAt) ?? EMPTY));
  const pairs = [...columns];
  const taken = new Set(found.values());
  const were = linesOf(
    before,
    (row) => !taken.has(row),
    pairs.map(([, was]) => was),
  );
  // One that has a Lead ID of its own and is not among the earlier rows is new.
  const open = (row: number) => !found.has(row) && !(isLeadId(idOf(row)) && !written.has(idOf(row)));
  const are = linesOf(
    now,
    open,
    pairs.map(([is]) => is),
  );
  matchEqual(were, are, found);
  const lost = (a: readonly Value[], b: readonly Value[]) =>
    a.filter((cell, n) => cell !== EMPTY && cell !== b[n]).length;
  const likeness = (a: readonly Value[], b: readonly Value[], was: number, is: number) => {
    // Besides what we have written over, somebody may have edited a cell.
    if (lost(a, b) > doubt.most + 1) return 0;
    let score = ids.get(idOf(is)) === was ? 0.25 : 0;
    a.forEach((cell, n) => {
      if (cell !== EMPTY && cell === b[n]) score += written.has(cell) ? 0.1 : 1;
    });
    return score >= 0.2 ? score : 0;
  };
  pairUp(were, are, likeness, (was, is) => found.set(is, was));
  // A row without a Lead ID may be written over so far that nothing of it is left.
  for (const [is, b] of are) {
    if (isLeadId(idOf(is))) continue;
    const was = [...were].find(([row, a]) => !before.rows[row]?.some(isLeadId) && lost(a, b) <= doubt.most)?.[0];
    if (was === undefined) continue;
    found.set(is, was);
    were.delete(was);
  }
  return found;
}

/** Rows with something in them, as far as these columns show it. */
function linesOf(snapshot: Snapshot, wanted: (row: number) => boolean, columns: readonly number[]): Lines {
  const lines: Lines = new Map();
  snapshot.rows.forEach((_, row) => {
    if (!wanted(row)) return;
    const cells = columns.map((column) => cellAt(snapshot, row, column) ?? EMPTY);
    if (cells.some((cell) => cell !== EMPTY)) lines.set(row, cells);
  });
  return lines;
}

/** Takes out of both what is the same in both. */
function matchEqual(were: Lines, are: Lines, found: Map<number, number>): void {
  const byContent = new Map<string, number[]>();
  for (const [row, cells] of were) {
    const content = JSON.stringify(cells);
    const same = byContent.get(content);
    if (same) same.push(row);
    else byContent.set(content, [row]);
  }
  for (const [row, cells] of are) {
    const was = byContent.get(JSON.stringify(cells))?.shift();
    if (was === undefined) continue;
    found.set(row, was);
    were.delete(was);
    are.delete(row);
  }
}

/** Rows under the Lead ID column, by what stands there, where it stands there once. */
function rowsById(snapshot: Snapshot): Map<Value, number> {
  const column = snapshot.places.get(LEAD_ID_KEY);
  const rows = new Map<Value, number>();
  if (column === undefined) return rows;
  const twice = new Set<Value>();
  for (let row = 1; row < snapshot.rows.length; row++) {
    const id = cellAt(snapshot, row, column) ?? EMPTY;
    if (id === EMPTY) continue;
    if (rows.has(id)) twice.add(id);
    else rows.set(id, row);
  }
  for (const id of twice) rows.delete(id);
  return rows;
}

/** Rows or columns by their place. */
type Lines = Map<number, readonly Value[]>;

/** Pairs the most alike first, and takes them out of both. */
function pairUp(
  were: Lines,
  are: Lines,
  likeness: (a: readonly Value[], b: readonly Value[], was: number, is: number) => number,
  pair: (was: number, is: number) => void,
): void {
  const scores: [score: number, was: number, is: number][] = [];
  for (const [was, a] of [...were].slice(-MOST_LIKELY)) {
    for (const [is, b] of [...are].slice(-MOST_LIKELY)) {
      const score = likeness(a, b, was, is);
      if (score > 0) scores.push([score, was, is]);
    }
  }
  scores.sort((a, b) => b[0] - a[0]);
  for (const [, was, is] of scores) {
    if (!were.has(was) || !are.has(is)) continue;
    were.delete(was);
    are.delete(is);
    pair(was, is);
  }
}

/** How many values two lists share, each as often as it is in both. */
function common(a: readonly Value[], b: readonly Value[], not: ReadonlySet<Value>): number {
  const left = new Map<Value, number>();
  for (const value of b) if (value !== EMPTY && !not.has(value)) left.set(value, (left.get(value) ?? 0) + 1);
  let shared = 0;
  for (const value of a) {
    const n = left.get(value) ?? 0;
    if (n === 0) continue;
    left.set(value, n - 1);
    shared += 1;
  }
  return shared;
}
