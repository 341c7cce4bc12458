/** The parts of an OpenAPI 3.1 document that the page reads. */
export interface ApiDocument {
  info: { title: string; version: string; description?: string };
  tags?: { name: string; description?: string }[];
  paths: Record<string, Record<string, ApiOperation>>;
  components?: Record<string, Record<string, unknown>>;
}

export interface ApiOperation {
  operationId: string;
  summary?: string;
  description?: string;
  tags?: string[];
  security?: unknown[];
  parameters?: (ApiParameter | Ref)[];
  requestBody?: { required?: boolean; content: Record<string, ApiMedia> };
  responses: Record<string, ApiResponse | Ref>;
}

export interface ApiParameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  description?: string;
  schema?: ApiSchema;
  example?: unknown;
}

export interface ApiResponse {
  description: string;
  content?: Record<string, ApiMedia>;
}

export interface ApiMedia {
  schema?: ApiSchema;
  example?: unknown;
  examples?: Record<string, { summary?: string; value?: unknown }>;
}

export interface ApiSchema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: ApiSchema[];
  items?: ApiSchema;
  properties?: Record<string, ApiSchema>;
  required?: string[];
  additionalProperties?: boolean | ApiSchema;
  description?: string;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  maxProperties?: number;
}

interface Ref {
  $ref: string;
}

/** An operation with where it is. */
export interface PlacedOperation extends ApiOperation {
  method: string;
  path: string;
}

/** The operations by tag, in the document's order, but those that create come first. */
export function operationsByTag({ paths, tags = [] }: ApiDocument): { tag: string; operations: PlacedOperation[] }[] {
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
  );
  const names = new Set([...tags.map(({ name }) => name), ...all.flatMap((each) => each.tags ?? [])]);
  return [...names]
    .map((tag) => ({ tag, operations: createFirst(all.filter((each) => each.tags?.includes(tag))) }))
    .filter(({ operations }) => operations.length > 0);
}

/** People come to send something before they look at what is there. */
function createFirst(operations: PlacedOperation[]): PlacedOperation[] {
  const creates = ({ method }: PlacedOperation) => method === 'POST';
  return [...operations.filter(creates), ...operations.filter((each) => !creates(each))];
}

/** What `$ref` points to; the thing itself where it is no reference. */
export function resolved<T extends object>(document: ApiDocument, thing: T | Ref): T {
  if (!('$ref' in thing) || typeof thing.$ref !== 'string') return thing as T;
  let at: unknown = document;
  for (const key of thing.$ref.split('/').slice(1)) at = (at as Record<string, unknown>)[key];
  if (typeof at !== 'object' || at === null) throw new Error(`the document has no ${thing.$ref}`);
  return resolved(document, at as T);
}

/** The one JSON content of a body or an answer; null where it has none. */
export function jsonOf(content: Record<string, ApiMedia> | undefined): ApiMedia | null {
  return content?.['application/json'] ?? null;
}

export function exampleOf(media: ApiMedia | null): unknown {
  if (media === null) return undefined;
  return media.example ?? Object.values(media.examples ?? {})[0]?.value;
}
