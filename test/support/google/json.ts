import { badFields, invalid } from './errors.ts';
import { fieldType, messageOf } from './schema.ts';

/** A JSON object whose fields have been checked against a message. */
export type Json = { readonly [field: string]: unknown };

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

type Step = string | number;

/** A field's type, taken apart once: batches carry tens of thousands of cells. */
interface FieldSpec {
  readonly base: string;
  readonly repeated: boolean;
  /** The message it holds, if it holds one. */
  readonly message: string | undefined;
  readonly members: ReadonlySet<string> | undefined;
}

interface MessageSpec {
  readonly fields: ReadonlyMap<string, FieldSpec>;
  readonly oneofs: readonly (readonly [string, readonly string[]])[];
}

const specs = new Map<string, MessageSpec>();

function specOf(name: string): MessageSpec {
  const known = specs.get(name);
  if (known) return known;
  const { fields, oneofs } = messageOf(name);
  const list = Object.entries(fields).map(([field, type]): [string, FieldSpec] => {
    const { base, repeated } = fieldType(type);
    const message = base.startsWith('@') ? base.slice(1) : undefined;
    const members = base.startsWith('enum:') ? new Set(base.slice(5).split('|')) : undefined;
    return [field, { base, repeated, message, members }];
  });
  const spec = { fields: new Map(list), oneofs: Object.entries(oneofs) };
  specs.set(name, spec);
  return spec;
}

/** A path as Google prints it: `requests[0].append_cells`. */
function printed(path: readonly Step[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? snake(step) : `${text}.${snake(step)}`;
  }, '');
}

/** Reads a request body the way Google's front end does: unknown names and wrong types are refused. */
export function readBody(parse: () => unknown, messageName: string): Json {
  let parsed: unknown;
  try {
    parsed = parse();
  } catch (error) {
    throw invalid(`Invalid JSON payload received. ${error instanceof Error ? error.message : 'Parse error'}`);
  }
  if (!isObject(parsed)) throw invalid('Invalid JSON payload received. Root element must be a message.');
  return readMessage(parsed, messageName, []);
}

/** `path` is a stack shared by all levels, spelled out only when something is refused. */
function readMessage(value: Record<string, unknown>, name: string, path: Step[]): Json {
  const { fields, oneofs } = specOf(name);
  const out: Record<string, unknown> = {};
  let set = 0;
  for (const given in value) {
    const item = value[given];
    const field = fields.has(given) ? given : camel(given);
    const spec = fields.get(field);
    if (!spec) throw unknownName(given, path);
    if (item === null) continue;
    path.push(field);
    out[field] = readField(item, spec, path);
    path.pop();
    set++;
  }
  if (set > 1) for (const [group, members] of oneofs) checkOneof(out, group, members, path);
  return out;
}

function unknownName(name: string, path: readonly Step[]): Error {
  const where = printed(path);
  const at = where === '' ? '' : ` at '${where}'`;
  const text = `Invalid JSON payload received. Unknown name "${name}"${at}: Cannot find field.`;
  return badFields(text, where, text);
}

function checkOneof(value: Json, group: string, members: readonly string[], path: readonly Step[]): void {
  const set = members.filter((member) => value[member] !== undefined);
  if (set.length < 2) return;
  const where = printed(path);
  const text = `Invalid value at '${where}' (oneof), oneof field '${group}' is already set. Cannot set '${set[1]}'`;
  throw badFields(text, where, text);
}

function readField(value: unknown, spec: FieldSpec, path: Step[]): unknown {
  if (!spec.repeated) return readOne(value, spec, path);
  if (!Array.isArray(value)) throw wrongType(path, 'repeated', value);
  if (spec.base === 'any') return value;
  return value.map((item, index) => {
    path.push(index);
    const read = readOne(item, spec, path);
    path.pop();
    return read;
  });
}

function readOne(value: unknown, spec: FieldSpec, path: Step[]): unknown {
  if (spec.message !== undefined) {
    if (isObject(value)) return readMessage(value, spec.message, path);
    throw wrongType(path, `type.googleapis.com/google.apps.sheets.v4.${spec.message}`, value);
  }
  if (spec.members) {
    if (typeof value === 'string' && spec.members.has(value)) return value;
    throw wrongType(path, 'TYPE_ENUM', value);
  }
  switch (spec.base) {
    case 'string':
      if (typeof value === 'string') return value;
      throw wrongType(path, 'TYPE_STRING', value);
    case 'bool':
      if (typeof value === 'boolean') return value;
      throw wrongType(path, 'TYPE_BOOL', value);
    case 'int32':
      return readInt32(value, path);
    case 'double':
      if (typeof value === 'number' && Number.isFinite(value)) return value;
      throw wrongType(path, 'TYPE_DOUBLE', value);
    default:
      return value;
  }
}

/** proto3 JSON takes an int32 as a number or as a decimal string. */
function readInt32(value: unknown, path: readonly Step[]): number {
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  const fits = typeof number === 'number' && Number.isInteger(number) && number >= -(2 ** 31) && number < 2 ** 31;
  if (!fits) throw wrongType(path, 'TYPE_INT32', value);
  return number;
}

function wrongType(path: readonly Step[], type: string, value: unknown): Error {
  const where = printed(path);
  const text = `Invalid value at '${where}' (${type}), ${JSON.stringify(value)}`;
  return badFields(text, where, text);
}

/** Members of a oneof keep their default values on the wire; everything else loses them. */
const KEPT = new Set(['numberValue', 'stringValue', 'boolValue', 'formulaValue', 'replies']);

/** Drops false, 0, "" and empty lists as proto3 JSON does; list elements stay. */
export function omitDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(omitDefaults);
  if (!isObject(value)) return value;
  const out: Record<string, unknown> = {};
  for (const [name, item] of Object.entries(value)) {
    const empty = item === false || item === 0 || item === '' || (Array.isArray(item) && item.length === 0);
    if (item === undefined || item === null || (empty && !KEPT.has(name))) continue;
    out[name] = name === 'values' && isMatrix(item) ? item : omitDefaults(item);
  }
  return out;
}

/** The `values` of a value range: plain data, not messages. */
const isMatrix = (value: unknown): boolean => Array.isArray(value) && value.every(Array.isArray);
