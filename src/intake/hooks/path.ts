import { MAX_PATH } from '../../contract/hook.ts';

/** One step into a body: a member by its name, an item by its place from 0, or every item of a list. */
export type PathStep = { name: string } | { index: number } | { all: true };
export type Path = readonly PathStep[];

export type PathResult = { ok: true; path: Path } | { ok: false; message: string };

const MAX_STEPS = 32;
/** What a name may be made of without quotes: anything but what steps are written with. */
const PLAIN_NAME = /[^.[\]"']+/y;

/**
 * Reads a path such as `data.contact.email`, `answers[*].text`, `[0].x` or `["a name"].y`. A leading `$` or `$.` is
 * taken as nothing: it is how others write the same.
 * @returns the steps; else what is wrong, for people, with the place where it begins
 */
export function parsePath(text: string): PathResult {
  const given = text.trim();
  if (given === '') return wrong('Say where the value is, such as `data.email`.');
  if (given.length > MAX_PATH) return wrong(`A path has at most ${MAX_PATH} characters.`);
  const steps: PathStep[] = [];
  let at = /^\$(?=[.[]|$)/.test(given) ? 1 : 0;
  while (at < given.length) {
    const isFirst = steps.length === 0 && at === 0;
    const step = given[at] === '[' ? bracket(given, at) : member(given, at, isFirst);
    if (typeof step === 'string') return wrong(step);
    steps.push(step.step);
    if (steps.length > MAX_STEPS) return wrong(`A path has at most ${MAX_STEPS} steps.`);
    at = step.end;
  }
  return steps.length === 0 ? wrong('Say where the value is, such as `data.email`.') : { ok: true, path: steps };
}

const wrong = (message: string): PathResult => ({ ok: false, message });

type Read = { step: PathStep; end: number } | string;

function member(text: string, at: number, isFirst: boolean): Read {
  let start = at;
  if (text[at] === '.') {
    if (isFirst) return 'A path does not begin with a dot.';
    start++;
  } else if (!isFirst) return `There is a dot or a bracket missing before \`${text.slice(at, at + 20)}\`.`;
  PLAIN_NAME.lastIndex = start;
  const name = PLAIN_NAME.exec(text)?.[0];
  if (name === undefined) {
    return start >= text.length
      ? 'The path ends with a dot: a name is missing after it.'
      : `A name is missing before \`${text.slice(start, start + 20)}\`. Write unusual names as ["a name"].`;
  }
  return { step: { name }, end: start + name.length };
}

function bracket(text: string, at: number): Read {
  const inside = text.slice(at + 1);
  const place = /^(\*|\d{1,6})\]/.exec(inside);
  if (place) {
    const what = place[1] ?? '*';
    return { step: what === '*' ? { all: true } : { index: Number(what) }, end: at + 1 + place[0].length };
  }
  const quoted = /^"(?:[^"\\]|\\.)*"(?=\])/.exec(inside)?.[0];
  const name = quoted === undefined ? null : unquoted(quoted);
  if (quoted === undefined || name === null) {
    return `\`${text.slice(at, at + 20)}\` is not a step. Write [0], [*] or ["a name"].`;
  }
  return { step: { name }, end: at + 2 + quoted.length };
}

/** As JSON writes texts; null where it is none. */
function unquoted(text: string): string | null {
  try {
    return JSON.parse(text) as string;
  } catch {
    return null;
  }
}

/** The path as text: what `parsePath` reads as the same steps. */
export function pathText(path: Path): string {
  let text = '';
  for (const step of path) {
    if ('all' in step) text += '[*]';
    else if ('index' in step) text += `[${step.index}]`;
    else if (isPlain(step.name, text === '')) text += text === '' ? step.name : `.${step.name}`;
    else text += `[${JSON.stringify(step.name)}]`;
  }
  return text;
}

function isPlain(name: string, isFirst: boolean): boolean {
  PLAIN_NAME.lastIndex = 0;
  return PLAIN_NAME.exec(name)?.[0] === name && name === name.trim() && !(isFirst && name === '$');
}

/** A path may meet very many values: no lead needs more. */
const MAX_VALUES = 1_000;

/**
 * The value at a path; a list of values where it goes through every item of one. Own members alone are looked at:
 * nothing that an object inherits can be reached.
 * @returns undefined where there is nothing
 */
export function valueAt(body: unknown, path: Path): unknown {
  let found: unknown[] = [body];
  let isList = false;
  for (const step of path) {
    isList ||= 'all' in step;
    const next: unknown[] = [];
    for (const value of found) {
      for (const each of stepInto(value, step)) if (next.length < MAX_VALUES) next.push(each);
    }
    found = next;
  }
  if (isList) return found.length === 0 ? undefined : found;
  return found[0];
}

function stepInto(value: unknown, step: PathStep): readonly unknown[] {
  if ('name' in step) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
    return Object.hasOwn(value, step.name) ? [(value as Record<string, unknown>)[step.name]] : [];
  }
  if (!Array.isArray(value)) return [];
  if ('all' in step) return value;
  return step.index < value.length ? [value[step.index]] : [];
}
