import { type Collection, isJsonObject, type Json, type JsonObject, openApiSchema } from './openapi-schema.ts';

/** What a document that the plugin drafts is completed with. */
export interface Completion {
  /** Components but the schemas, which are found. */
  components: JsonObject;
  /** Contracts that nothing but the components name. */
  contracts: readonly JsonObject[];
}

const METHODS: ReadonlySet<string> = new Set(['get', 'post', 'put', 'patch', 'delete']);
/** The one type of body that the server takes and sends. */
const JSON_TYPE = 'application/json';

/** How an operation reads best. */
const ORDER = ['tags', 'summary', 'description', 'operationId', 'security', 'parameters', 'requestBody', 'responses'];

/**
 * Makes the OpenAPI 3.1 document of what the plugin drafted from the routes: only the API's own paths, only methods
 * and content types the server takes, and contracts as components. Pure.
 */
export function cleanDocument(draft: JsonObject, { components, contracts }: Completion): JsonObject {
  const found: Collection = { components: new Map(), answers: false };
  for (const contract of contracts) openApiSchema(contract, { ...found, answers: true });
  const paths = cleanPaths(draft.paths ?? {}, found);
  const others = cleanNode(components, found) as JsonObject;
  const sorted = [...found.components].sort(([a], [b]) => (a < b ? -1 : 1));
  const { openapi, info, servers, tags } = draft;
  return {
    openapi: openapi ?? null,
    info: info ?? null,
    servers: servers ?? [],
    tags: tags ?? [],
    paths,
    components: { ...others, schemas: Object.fromEntries(sorted) },
  };
}

function cleanPaths(paths: Json, into: Collection): JsonObject {
  if (!isJsonObject(paths)) return {};
  const clean: JsonObject = {};
  for (const [path, methods] of Object.entries(paths)) {
    if (!path.startsWith('/api/v1/') || !isJsonObject(methods)) continue;
    const kept = Object.entries(methods).filter(([method]) => METHODS.has(method));
    clean[path] = Object.fromEntries(kept.map(([method, each]) => [method, cleanOperation(each, into)]));
  }
  return clean;
}

function cleanOperation(operation: Json, into: Collection): Json {
  if (!isJsonObject(operation)) return operation;
  const known = ORDER.filter((name) => operation[name] !== undefined);
  return cleanNode(Object.fromEntries(known.map((name) => [name, operation[name] ?? null])), into);
}

/** Goes through everything that is no schema, down to the schemas in it. */
function cleanNode(node: Json, into: Collection): Json {
  if (Array.isArray(node)) return node.map((each) => cleanNode(each, into));
  if (!isJsonObject(node)) return node;
  const clean: JsonObject = {};
  for (const [name, value] of Object.entries(node)) {
    if (name === 'schema' && isJsonObject(value)) clean[name] = openApiSchema(value, into);
    else if (name === 'responses') clean[name] = cleanNode(value, { ...into, answers: true });
    else if (name === 'content' && isJsonObject(value)) clean[name] = onlyJson(value, into);
    else if (name === 'example' || name === 'examples') clean[name] = value;
    else clean[name] = cleanNode(value, into);
  }
  return clean;
}

function onlyJson(content: JsonObject, into: Collection): JsonObject {
  const media = content[JSON_TYPE];
  return media === undefined ? {} : { [JSON_TYPE]: cleanNode(media, into) };
}
