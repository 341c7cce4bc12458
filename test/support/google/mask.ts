import { badFields, invalid } from './errors.ts';
import { fieldType, messageOf } from './schema.ts';

/** A field mask as a tree; `true` at a leaf takes all that is below. */
export type Mask = { [field: string]: Mask | true };

class MaskSyntaxError extends Error {}

/** Reads `a,b(c,d.e),f/g` into a tree. */
export function parseMask(text: string): Mask {
  let at = 0;
  function list(closing: boolean): Mask {
    const mask: Mask = {};
    for (;;) {
      addPath(mask);
      const next = text[at];
      if (next === ',') at++;
      else if (next === ')' && closing) {
        at++;
        return mask;
      } else if (next === undefined && !closing) return mask;
      else throw new MaskSyntaxError(text);
    }
  }
  function addPath(into: Mask): void {
    const match = /^\s*([A-Za-z0-9_*]+)\s*/.exec(text.slice(at));
    const name = match?.[1];
    if (!match || name === undefined) throw new MaskSyntaxError(text);
    at += match[0].length;
    const key = name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    const next = text[at];
    if (next !== '.' && next !== '/' && next !== '(') {
      into[key] = true;
      return;
    }
    at++;
    const present = into[key];
    const below: Mask = present === undefined || present === true ? {} : present;
    if (next === '(') merge(below, list(true));
    else addPath(below);
    if (present !== true) into[key] = below;
    const space = /^\s*/.exec(text.slice(at));
    at += space?.[0].length ?? 0;
  }
  return list(false);
}

function merge(into: Mask, from: Mask): void {
  for (const [key, value] of Object.entries(from)) {
    const present = into[key];
    if (present === undefined || value === true) into[key] = value;
    else if (present !== true) merge(present, value);
  }
}

/** The first path in the mask that the message does not have. */
function unknownPath(mask: Mask, messageName: string, before: string): string | undefined {
  const { fields } = messageOf(messageName);
  for (const [key, below] of Object.entries(mask)) {
    const path = before === '' ? key : `${before}.${key}`;
    const type = fields[key];
    if (key === '*') continue;
    if (type === undefined) return path;
    const { base } = fieldType(type);
    if (below === true || base === 'any') continue;
    if (!base.startsWith('@')) return `${path}.${Object.keys(below)[0] ?? ''}`;
    const deeper = unknownPath(below, base.slice(1), path);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

/** Reads the `fields` parameter of a call; unknown paths are refused as Google refuses them. */
export function responseMask(text: string, messageName: string): Mask {
  let mask: Mask;
  let wrong: string | undefined = text;
  try {
    mask = parseMask(text);
    wrong = unknownPath(mask, messageName, '');
  } catch (error) {
    if (!(error instanceof MaskSyntaxError)) throw error;
    mask = {};
  }
  if (wrong === undefined) return mask;
  const description = `Error expanding 'fields' parameter. Cannot find matching fields for path '${wrong}'.`;
  throw badFields('Request contains an invalid argument.', wrong, description);
}

/** Reads the required `fields` of a request inside a batch; paths are relative to the message it updates. */
export function updateMask(fields: unknown, messageName: string): Mask {
  if (typeof fields !== 'string' || fields === '') {
    throw invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)");
  }
  let wrong: string | undefined;
  try {
    const mask = parseMask(fields);
    wrong = unknownPath(mask, messageName, '');
    if (wrong === undefined) return mask;
  } catch (error) {
    if (!(error instanceof MaskSyntaxError)) throw error;
    wrong = fields;
  }
  throw invalid(`Invalid field: ${wrong}`);
}

/** Whether the mask asks for a path, or for part of what is under it. */
export function masks(mask: Mask | true, ...path: string[]): boolean {
  let at: Mask | true = mask;
  for (const name of path) {
    if (at === true) return true;
    const next: Mask | true | undefined = at['*'] ?? at[name];
    if (next === undefined) return false;
    at = next;
  }
  return true;
}

/** Keeps only what the mask names; lists are masked element by element. */
export function applyMask(value: unknown, mask: Mask | true): unknown {
  if (mask === true || mask['*'] === true) return value;
  if (Array.isArray(value)) return value.map((item) => applyMask(item, mask));
  if (typeof value !== 'object' || value === null) return value;
  const out: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    const below = mask[name] ?? mask['*'];
    if (below !== undefined) out[name] = applyMask(item, below);
  }
  return out;
}
