/** How deep objects and arrays may be nested; deeper bodies are no leads. */
export const MAX_DEPTH = 32;
/** Joined names grow no longer than this: they are over the limit for names anyway. */
const MAX_PREFIX = 1_000;

/** Gets the leaves of a lead's fields, in order. Each answers whether to go on. */
export interface FieldVisitor {
  /**
   * @param name the keys of the way, joined by dots
   * @param value a scalar or an array
   * @param path the keys of the way; reused, so copy what you keep
   */
  leaf(name: string, value: unknown, path: readonly string[]): boolean;
  /** Something is nested deeper than `MAX_DEPTH`; it is not entered. */
  tooDeep(name: string, path: readonly string[]): boolean;
}

/**
 * Walks a lead's fields and flattens nested objects as `address.city` (spec 1). An empty object is a leaf
 * without a value, so that its name is kept. Names are data: `__proto__` is a field like any other.
 * Never deeper than `MAX_DEPTH`, whatever comes.
 */
export function walkFields(input: Readonly<Record<string, unknown>>, visitor: FieldVisitor): void {
  walk(input, '', [], visitor);
}

function walk(
  object: Readonly<Record<string, unknown>>,
  prefix: string,
  path: string[],
  visitor: FieldVisitor,
): boolean {
  for (const key of Object.keys(object)) {
    const value = object[key];
    const name = path.length === 0 ? key : `${prefix}.${key}`;
    path.push(key);
    let goOn: boolean;
    if (!isObject(value)) goOn = visitor.leaf(name, value, path);
    else if (path.length >= MAX_DEPTH) goOn = visitor.tooDeep(name, path);
    else if (Object.keys(value).length === 0) goOn = visitor.leaf(name, null, path);
    else goOn = walk(value, name.length > MAX_PREFIX ? name.slice(0, MAX_PREFIX) : name, path, visitor);
    path.pop();
    if (!goOn) return false;
  }
  return true;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
