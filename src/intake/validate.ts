import type { Static, TObject, TSchema } from '@sinclair/typebox';
import { TypeCompiler, type ValueError, ValueErrorType } from '@sinclair/typebox/compiler';
import type { ErrorDetail } from '../lib/errors.ts';
import { nearestName } from '../lib/near.ts';
import { jsonPointer } from './pointer.ts';
import { MAX_DETAILS } from './sanitise.ts';
import { registerFormats } from './time.ts';

/** A compiled contract: one check for REST, MCP and all else that takes the same shape. */
export interface CompiledContract<T extends TSchema> {
  check(value: unknown): value is Static<T>;
  /** What is wrong and what to do about it, at most 20 details, with JSON pointers; empty when nothing is. */
  details(value: unknown): ErrorDetail[];
}

/**
 * Compiles a contract once, at start. Values of the input never show up in its details; names of unknown
 * members do, shortened.
 */
export function compileContract<T extends TSchema>(schema: T): CompiledContract<T> {
  registerFormats();
  const compiled = TypeCompiler.Compile(schema);
  return {
    check: (value): value is Static<T> => compiled.Check(value),
    details(value) {
      const details = new Map<string, ErrorDetail>();
      for (const error of compiled.Errors(value)) {
        const detail = explain(error, schema);
        // The first error of a place is the telling one: a missing member is also "no string".
        if (!details.has(detail.path)) details.set(detail.path, detail);
        if (details.size >= MAX_DETAILS) break;
      }
      return [...details.values()];
    },
  };
}

function explain(error: ValueError, root: TSchema): ErrorDetail {
  const path = shortPath(error.path);
  if (error.type === ValueErrorType.ObjectAdditionalProperties) return { path, message: unknownMember(error, root) };
  if (error.type === ValueErrorType.ObjectRequiredProperty) return { path, message: 'is missing: it has to be there.' };
  return { path, message: rule(error) };
}

function unknownMember(error: ValueError, root: TSchema): string {
  const keys = error.path.split('/').slice(1);
  const typed = (keys.at(-1) ?? '').replaceAll('~1', '/').replaceAll('~0', '~');
  const near = keys.length === 1 && isObjectSchema(root) ? nearestName(typed, Object.keys(root.properties)) : null;
  if (near !== null) return `Unknown member. Did you mean \`${near}\`?`;
  return `Unknown member. Remove it${takesFields(root) ? ', or put it into `fields` or `metadata`' : ''}.`;
}

function takesFields(root: TSchema): boolean {
  return isObjectSchema(root) && 'fields' in root.properties && 'metadata' in root.properties;
}

function isObjectSchema(schema: TSchema): schema is TObject {
  return schema.type === 'object' && typeof schema.properties === 'object';
}

function rule(error: ValueError): string {
  const { schema } = error;
  switch (error.type) {
    case ValueErrorType.StringMinLength:
      return schema.minLength === 1 ? 'must not be empty.' : `must have at least ${schema.minLength} characters.`;
    case ValueErrorType.StringMaxLength:
      return `must have at most ${schema.maxLength} characters.`;
    case ValueErrorType.StringPattern:
      return 'has not the form it must have.';
    case ValueErrorType.ObjectMaxProperties:
      return `must have at most ${schema.maxProperties} members.`;
    case ValueErrorType.ObjectMinProperties:
      return schema.minProperties === 1
        ? 'must have at least one member.'
        : `must have at least ${schema.minProperties} members.`;
    case ValueErrorType.ArrayMaxItems:
      return `must have at most ${schema.maxItems} items.`;
    case ValueErrorType.ArrayMinItems:
      return schema.minItems === 1 ? 'must have at least one item.' : `must have at least ${schema.minItems} items.`;
    case ValueErrorType.IntegerMinimum:
    case ValueErrorType.NumberMinimum:
      return `must be at least ${schema.minimum}.`;
    case ValueErrorType.IntegerMaximum:
    case ValueErrorType.NumberMaximum:
      return `must be at most ${schema.maximum}.`;
    case ValueErrorType.Union:
      return unionRule(error);
    default:
      return `must be ${describe(schema)}.`;
  }
}

/** Of a union the branch that came furthest explains: for a string, that of the string, not "or null". */
function unionRule(error: ValueError): string {
  for (const branch of error.errors) {
    for (const inner of branch) {
      if (inner.path === error.path && isOfType(error.value, inner.schema)) return rule(inner);
      break;
    }
  }
  return `must be ${describe(error.schema)}.`;
}

function isOfType(value: unknown, schema: TSchema): boolean {
  const type = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  return schema.type === type || (schema.type === 'integer' && type === 'number');
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  null: 'null',
  object: 'an object',
  array: 'an array',
};

function describe(schema: TSchema): string {
  const allowed = enumOf(schema);
  if (allowed !== null) return `one of ${allowed.map((word) => `\`${String(word)}\``).join(', ')}`;
  if (schema.format === 'date-time') return 'an RFC 3339 time with an offset, such as `2026-11-22T14:05:00Z`';
  if (Array.isArray(schema.anyOf)) {
    const choices = (schema.anyOf as TSchema[]).map(describe);
    return [...new Set(choices)].join(' or ');
  }
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  return TYPE_NAMES[String(schema.type)] ?? 'something else';
}

function enumOf(schema: unknown): readonly unknown[] | null {
  if (typeof schema !== 'object' || schema === null || !('enum' in schema)) return null;
  return Array.isArray(schema.enum) ? schema.enum : null;
}

function shortPath(path: string): string {
  if (path === '') return '';
  const keys = path.split('/').slice(1);
  return jsonPointer(keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~')));
}
