import type { TObject, TSchema } from '@sinclair/typebox';

/** What a model can do without: it hears of a size when it is over it. */
const UNSHOWN: ReadonlySet<string> = new Set(['$id', 'examples', 'minLength', 'maxLength', 'maxProperties']);
const FIRST_SENTENCE = /^.*?\.(?=\s|$)/s;

/**
 * A contract as a model is shown it: the same rules in fewer words, for every request of a model may be billed for all
 * of them. Examples and sizes go, of each description the first sentence stays, and "or null" goes, which for input means
 * "or leave it out". What is checked is the contract itself.
 * @param words better descriptions of some of its members
 */
export function shownSchema(schema: TObject, words: Readonly<Record<string, string>> = {}): object {
  const { properties, ...rest } = schema;
  const members = Object.entries(properties).map(([name, member]) => [name, shown(member, words[name])]);
  return { ...visible(rest), ...(members.length === 0 ? {} : { properties: Object.fromEntries(members) }) };
}

function shown(schema: TSchema, words?: string): object {
  const [only, nothing] = Array.isArray(schema.anyOf) ? (schema.anyOf as TSchema[]) : [];
  if (only !== undefined && nothing?.type === 'null') return shown(only, words ?? schema.description);
  const description = words ?? firstSentence(schema.description);
  const short = description === undefined ? schema : { ...schema, description };
  if (isObjectSchema(short)) return shownSchema(short);
  return isSchema(short.items) ? { ...visible(short), items: shown(short.items) } : visible(short);
}

function visible(schema: object): object {
  return Object.fromEntries(
    Object.entries(schema).filter(([name, value]) => !UNSHOWN.has(name) && !isDefault(name, value)),
  );
}

/** In JSON Schema whatever is not forbidden is allowed. */
function isDefault(name: string, value: unknown): boolean {
  return name === 'additionalProperties' && value === true;
}

function firstSentence(text: string | undefined): string | undefined {
  return text === undefined ? undefined : (FIRST_SENTENCE.exec(text)?.[0] ?? text);
}

function isSchema(value: unknown): value is TSchema {
  return typeof value === 'object' && value !== null;
}

function isObjectSchema(schema: TSchema): schema is TObject {
  return schema.type === 'object' && isSchema(schema.properties);
}
