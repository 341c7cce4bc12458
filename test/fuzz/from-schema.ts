import * as fc from 'fast-check';
import { hostileJson, hostileName, hostileText } from './hostile.ts';

/** As much of JSON Schema as our documents use. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  format?: string;
  pattern?: string;
  examples?: unknown[];
}

export type Components = Readonly<Record<string, Schema>>;

/** One value in so many is not what its schema wants. */
const ODD = 40;

/** Values as a schema has them, around its edges, and here and there something else altogether. */
export function nearlyOf(schema: Schema, components: Components, depth = 0): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: ODD, arbitrary: goodValue(schema, components, depth) },
    { weight: 1, arbitrary: hostileJson },
  );
}

function goodValue(schema: Schema, components: Components, depth: number): fc.Arbitrary<unknown> {
  if (schema.$ref) return goodValue(components[schema.$ref.split('/').at(-1) ?? ''] ?? {}, components, depth);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((choice) => goodValue(choice, components, depth)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const types = Array.isArray(schema.type) ? schema.type : [schema.type ?? 'any'];
  return fc.oneof(...types.map((type) => ofType(type, schema, components, depth)));
}

function ofType(type: string, schema: Schema, components: Components, depth: number): fc.Arbitrary<unknown> {
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number':
      return edges(schema.minimum ?? -10, schema.maximum ?? 10);
    case 'string':
      return textOf(schema);
    case 'array':
      return arrayOf(schema, components, depth);
    case 'object':
      return objectOf(schema, components, depth);
    default:
      return hostileJson;
  }
}

const edges = (min: number, max: number) =>
  fc.oneof(fc.constantFrom(min, max, min, min - 1, max + 1), fc.integer({ min, max: Math.min(max, min + 200) }));

function textOf({ examples = [], minLength = 0, maxLength, format }: Schema): fc.Arbitrary<unknown> {
  const fitting = maxLength === undefined ? [] : ['x'.repeat(maxLength), '😀'.repeat(maxLength)];
  const over = maxLength === undefined ? [] : ['x'.repeat(maxLength + 1)];
  const times = format === 'date-time' ? ['2026-11-22T14:05:00Z', '2026-11-22T14:05:00.5+05:30'] : [];
  return fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom<unknown>(...examples, ...times, 'x'.repeat(Math.max(1, minLength))) },
    { weight: 1, arbitrary: fc.constantFrom<unknown>('', 'x', ...fitting, ...over) },
    { weight: format === undefined ? 4 : 1, arbitrary: hostileText },
  );
}

function arrayOf({ items = {}, minItems = 0, maxItems = 3 }: Schema, components: Components, depth: number) {
  const small = { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, 3)) };
  const array = fc.array(nearlyOf(items, components, depth + 1), small);
  const full = fc
    .constant(null)
    .chain(() => goodValue(items, components, depth + 1).map((one) => Array(maxItems).fill(one)));
  const over = goodValue(items, components, depth + 1).map((one) => Array(maxItems + 1).fill(one));
  if (maxItems > 1_000) return array;
  return fc.oneof({ weight: 30, arbitrary: array }, { weight: 1, arbitrary: fc.oneof(full, over) });
}

function objectOf(schema: Schema, components: Components, depth: number): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties = true } = schema;
  const named = Object.entries(properties).map(([name, inner]) =>
    member(name, nearlyOf(inner, components, depth + 1), required.includes(name) ? 200 : 1),
  );
  const open = additionalProperties !== false;
  const value =
    typeof additionalProperties === 'object' ? nearlyOf(additionalProperties, components, depth + 1) : hostileJson;
  const others = fc.array(fc.tuple(hostileName, value), { minLength: open ? 1 : 0, maxLength: open ? 4 : 1 });
  // A closed object takes no other member: mostly none is sent.
  const rare = open ? others : fc.oneof({ weight: ODD, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: others });
  return fc
    .tuple(fc.tuple(...named), rare)
    .map(([members, more]) => Object.fromEntries([...members.flat(), ...more] as [string, unknown][]));
}

/** A member that is there so many times as often as not. */
function member(name: string, value: fc.Arbitrary<unknown>, weight: number): fc.Arbitrary<[string, unknown][]> {
  const there = value.map((each): [string, unknown][] => [[name, each]]);
  return fc.oneof(
    { weight, arbitrary: there },
    { weight: weight === 1 ? 3 : 1, arbitrary: fc.constant<[string, unknown][]>([]) },
  );
}
