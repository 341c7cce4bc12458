import { badFields, invalid } from './errors.ts';
import { fieldType, messageOf } from './schema.ts';

/** A JSON object whose fields have been checked against a message. */
export type Json = { readonly [field: string]: unknown };

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads a request body the way Google's front end does: unknown names and wrong types are refused. */
export function readBody(text: string, messageName: string): Json {
  let parsed: unknown;
  try {
    parsed = text === '' ? {} : JSON.parse(text);
  } catch (error) {
    throw invalid(`Invalid JSON payload received. ${error instanceof Error ? error.message : 'Parse error'}`);
  }
  if (!isObject(parsed)) throw invalid('Invalid JSON payload received. Root element must be a message.');
  return readMessage(parsed, messageName, '');
}

function readMessage(value: Record<string, unknown>, name: string, path: string): Json {
  const { fields, oneofs } = messageOf(name);
  const out: Record<string, unknown> = {};
  for (const [given, item] of Object.entries(value)) {
    const field = given in fields ? given : camel(given);
    const type = fields[field];
    if (type === undefined) throw unknownName(given, path);
    if (item === null) continue;
    out[field] = readField(item, type, path === '' ? snake(field) : `${path}.${snake(field)}`);
  }
  for (const [group, members] of Object.entries(oneofs)) checkOneof(out, group, members, path);
  return out;
}

function unknownName(name: string, path: string): Error {
  const at = path === '' ? '' : ` at '${path}'`;
  const text = `Invalid JSON payload received. Unknown name "${name}"${at}: Cannot find field.`;
  return badFields(text, path, text);
}

function checkOneof(value: Json, group: string, members: readonly string[], path: string): void {
  const set = members.filter((member) => value[member] !== undefined);
  if (set.length < 2) return;
  const text = `Invalid value at '${path}' (oneof), oneof field '${group}' is already set. Cannot set '${set[1]}'`;
  throw badFields(text, path, text);
}

function readField(value: unknown, type: string, path: string): unknown {
  const { base, repeated } = fieldType(type);
  if (!repeated) return readOne(value, base, path);
  if (!Array.isArray(value)) throw wrongType(path, 'repeated', value);
  return value.map((item, index) => (base === 'any' ? item : readOne(item, base, `${path}[${index}]`)));
}

function readOne(value: unknown, base: string, path: string): unknown {
  if (base.startsWith('@')) {
    if (!isObject(value)) throw wrongType(path, `type.googleapis.com/google.apps.sheets.v4.${base.slice(1)}`, value);
    return readMessage(value, base.slice(1), path);
  }
  if (base.startsWith('enum:')) {
    if (typeof value === 'string' && base.slice(5).split('|').includes(value)) return value;
    throw wrongType(path, 'TYPE_ENUM', value);
  }
  switch (base) {
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
function readInt32(value: unknown, path: string): number {
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  const fits = typeof number === 'number' && Number.isInteger(number) && Math.abs(number) <= 2147483647;
  if (!fits) throw wrongType(path, 'TYPE_INT32', value);
  return number;
}

function wrongType(path: string, type: string, value: unknown): Error {
  const text = `Invalid value at '${path}' (${type}), ${JSON.stringify(value)}`;
  return badFields(text, path, text);
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
