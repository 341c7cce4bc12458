import type { HookMapping } from '../../contract/hook.ts';
import type { ErrorDetail } from '../../lib/errors.ts';
import { isObject, walkFields } from '../normalise.ts';
import { type Path, parsePath, pathText, valueAt } from './path.ts';

/**
 * A mapping whose paths were read: from a body to the fields of a lead.
 * @param around where a row looks that finds nothing in the body; none of it goes along as the rest
 */
export type Mapper = (body: unknown, around?: unknown) => Record<string, unknown>;

interface Row {
  field: string;
  path: Path;
}

/** The name of the field that a body of one bare value becomes. */
const BARE = 'value';

/** What is wrong with the paths of a mapping, row by row; empty: nothing. */
export function mappingProblems({ rows }: HookMapping): ErrorDetail[] {
  return rows.flatMap(({ path }, at) => {
    const parsed = parsePath(path);
    return parsed.ok ? [] : [{ path: `/mapping/rows/${at}/path`, message: parsed.message }];
  });
}

/**
 * Reads the paths once. A row without a value in the body makes no field; two rows of one field make a list. Without
 * rows the whole body is the lead. Paths that can't be read are passed over: they are refused where mappings are kept.
 */
export function compileMapping({ rows, rest }: HookMapping): Mapper {
  const read: Row[] = rows.flatMap(({ field, path }) => {
    const parsed = parsePath(path);
    return parsed.ok ? [{ field, path: parsed.path }] : [];
  });
  if (rows.length === 0) return wholeBody;
  const isTaken = takenBy(read);
  return (body, around) => {
    const fields = new Map<string, unknown>();
    for (const { field, path } of read) {
      const value = valueAt(body, path) ?? valueAt(around, path);
      if (value !== undefined) add(fields, field, value);
    }
    if (rest)
      for (const [name, value] of leavesOf(wholeBody(body), isTaken)) if (!fields.has(name)) fields.set(name, value);
    return Object.fromEntries(fields);
  };
}

function add(fields: Map<string, unknown>, field: string, value: unknown): void {
  const before = fields.get(field);
  fields.set(field, before === undefined ? value : ([] as unknown[]).concat(before, value));
}

/** What is no object becomes one with a single field. */
const wholeBody: Mapper = (body) => (isObject(body) ? body : { [BARE]: body });

type IsTaken = (path: readonly string[]) => boolean;

/**
 * Whether a leaf of the body went into a row as a whole: alone, with the object around it, or as all items of a list.
 * A list of which a row took only a part stays: nothing is lost.
 */
function takenBy(rows: readonly Row[]): IsTaken {
  const wholes = rows.flatMap(({ path }) => {
    const last = path.at(-1);
    const names = (last && 'all' in last ? path.slice(0, -1) : path).map((step) => ('name' in step ? step.name : null));
    return names.every((name) => name !== null) ? [names] : [];
  });
  return (leaf) => wholes.some((names) => names.length <= leaf.length && names.every((name, at) => name === leaf[at]));
}

function leavesOf(body: Record<string, unknown>, isTaken: IsTaken): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  walkFields(body, {
    leaf(name, value, path) {
      if (!isTaken(path)) leaves.set(name, value);
      return true;
    },
    tooDeep: () => true,
  });
  return leaves;
}

/** A value of a body that a row can take, with the path to it; a list of values where the path goes through every item. */
export interface Leaf {
  path: string;
  /** A name for the field: the last name on the way. */
  field: string;
  value: unknown;
}

/** What a page lists of a body: enough to map by, and never a page without end. */
const MAX_LEAVES = 100;
const MAX_ITEMS = 5;
const MAX_LEVELS = 16;

/**
 * The values of a body with their paths, in order, the first hundred. A list of several is shown through every item, by
 * what the first one has, and by its first items.
 */
export function leavesToMap(body: unknown): Leaf[] {
  const leaves: Leaf[] = [];
  const walk = (value: unknown, path: Path) => {
    if (leaves.length >= MAX_LEAVES || path.length > MAX_LEVELS) return;
    if (Array.isArray(value)) {
      if (value.length > 1) walk(value[0], [...path, { all: true }]);
      value.slice(0, MAX_ITEMS).forEach((item, index) => {
        walk(item, [...path, { index }]);
      });
    } else if (isObject(value)) {
      for (const name of Object.keys(value)) walk(value[name], [...path, { name }]);
    } else if (path.length > 0) {
      const names = path.flatMap((step) => ('name' in step ? [step.name] : []));
      leaves.push({ path: pathText(path), field: names.at(-1) ?? BARE, value: valueAt(body, path) });
    }
  };
  walk(body, []);
  return leaves;
}

/** The fields of a lead with the paths by which rows take them, each as a whole; the first hundred. */
export function fieldsToMap(fields: Readonly<Record<string, unknown>>): Leaf[] {
  const leaves: Leaf[] = [];
  walkFields(fields, {
    leaf(field, value, path) {
      leaves.push({ path: pathText(path.map((name) => ({ name }))), field, value });
      return leaves.length < MAX_LEAVES;
    },
    tooDeep: () => true,
  });
  return leaves;
}
