/** JSON as it is read. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [name: string]: Json;
}

export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** How a schema reads best: what it is, what it may be, what it says, what it is made of. */
const ORDER = [
  'type',
  'format',
  'enum',
  'const',
  'description',
  'default',
  'minLength',
  'maxLength',
  'pattern',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'examples',
  'required',
  'properties',
  'additionalProperties',
  'items',
  'oneOf',
  'anyOf',
  'discriminator',
];

/** Where schemas with a name of their own are collected, and what they are for. */
export interface Collection {
  components: Map<string, JsonObject>;
  /** An answer may get new members one day: a client must not refuse them. A request may not have others. */
  answers: boolean;
}

/**
 * A contract as a schema of OpenAPI 3.1: what has a name of its own becomes a component and a reference to it, and
 * "or null" a second type. Pure, but for the components found, which are collected.
 */
export function openApiSchema(contract: JsonObject, into: Collection): JsonObject {
  const { $id, ...plain } = contract;
  if (typeof $id !== 'string') return tidy(plain, into);
  if (!into.components.has($id)) into.components.set($id, tidy(plain, into));
  return { $ref: `#/components/schemas/${$id}` };
}

function tidy(contract: JsonObject, into: Collection): JsonObject {
  const inner = (schema: Json): Json => (isJsonObject(schema) ? openApiSchema(schema, into) : schema);
  const schema: JsonObject = { ...contract };
  if (into.answers && schema.additionalProperties === false) delete schema.additionalProperties;
  if (isJsonObject(schema.properties) && Object.keys(schema.properties).length === 0) delete schema.properties;
  if (isJsonObject(schema.properties)) {
    schema.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([name, each]) => [name, inner(each)]),
    );
  }
  for (const name of ['items', 'additionalProperties'])
    if (schema[name] !== undefined) schema[name] = inner(schema[name]);
  if (Array.isArray(schema.anyOf)) {
    const { anyOf, ...rest } = schema;
    return ordered({ ...rest, ...union((anyOf as Json[]).map(inner).filter(isJsonObject), into.components) });
  }
  return ordered(schema);
}

/** A union in the plainest words: one schema of several types where that says the same. */
function union(branches: readonly JsonObject[], components: ReadonlyMap<string, JsonObject>): JsonObject {
  const discriminator = discriminatorOf(branches, components);
  if (discriminator) return { oneOf: [...branches], discriminator };
  const [only, ...others] = branches.filter(({ type }) => type !== 'null');
  if (only && others.length === 0 && branches.length === 2 && typeof only.type === 'string') return orNull(only);
  if (branches.every((each) => typeof each.type === 'string' && Object.keys(each).length === 1)) {
    return { type: branches.map(({ type }) => type as string) };
  }
  return { anyOf: [...branches] };
}

function orNull(schema: JsonObject): JsonObject {
  const words = Array.isArray(schema.enum) ? { enum: [...schema.enum, null] } : {};
  return { ...schema, type: [schema.type as string, 'null'], ...words };
}

/** The member whose fixed value tells the objects of a union apart; null where there is none. */
function discriminatorOf(
  branches: readonly JsonObject[],
  components: ReadonlyMap<string, JsonObject>,
): JsonObject | null {
  const mapping: Record<string, string> = {};
  let propertyName: string | null = null;
  for (const { $ref } of branches) {
    if (typeof $ref !== 'string') return null;
    const properties = components.get($ref.slice('#/components/schemas/'.length))?.properties;
    if (!isJsonObject(properties)) return null;
    const fixed = Object.entries(properties).find(([, each]) => isJsonObject(each) && typeof each.const === 'string');
    if (!fixed || (propertyName ?? fixed[0]) !== fixed[0] || !isJsonObject(fixed[1])) return null;
    propertyName = fixed[0];
    mapping[String(fixed[1].const)] = $ref;
  }
  return propertyName === null ? null : { propertyName, mapping };
}

/** With its keywords in the order that reads best. */
function ordered(schema: JsonObject): JsonObject {
  const place = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return Object.fromEntries(Object.entries(schema).sort(([a], [b]) => place(a) - place(b)));
}
