import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLIENTS, missingClients } from './clients.ts';

/*
 * Every answer of the REST API that a test sees is held against the OpenAPI document, as `test/golden/openapi.json`
 * has it: its status, content type, headers and body must be those of the operation.
 */

const GOLDEN = join(import.meta.dir, '../golden/openapi.json');

interface Reply {
  headers?: Record<string, { $ref?: string; required?: boolean; schema?: object }>;
  content?: Record<string, { schema: object; examples?: Record<string, unknown> }>;
}
interface Document {
  paths: Record<string, Record<string, { responses: Record<string, Reply & { $ref?: string }> }>>;
  components: Record<string, Record<string, unknown>>;
}

/** An answer, whichever way it came. */
export interface SeenAnswer {
  status: number;
  header(name: string): string | null;
  text: string;
}

type Validate = ((value: unknown) => boolean) & { errors?: { instancePath: string; message?: string }[] | null };

interface Checker {
  document: Document;
  /** What is wrong with a value; empty: nothing. */
  problems(schema: object, value: unknown): string[];
}

let checker: Promise<Checker | null> | null = null;

/** null: the validator can't be installed here, which has been said. */
function theChecker(): Promise<Checker | null> {
  checker ??= makeChecker();
  return checker;
}

async function makeChecker(): Promise<Checker | null> {
  if ((await missingClients()) !== null) {
    console.error('answers are not held against the OpenAPI document: its validator is not installed');
    return null;
  }
  const packages = join(CLIENTS, 'node_modules');
  const { default: Ajv2020 } = await import(join(packages, 'ajv/dist/2020.js'));
  const { default: addFormats } = await import(join(packages, 'ajv-formats/dist/index.js'));
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats(ajv);
  const document = JSON.parse(readFileSync(GOLDEN, 'utf8')) as Document;
  const components = { schemas: closed(document.components.schemas) };
  const compiled = new Map<object, Validate>();
  return {
    document,
    problems(schema, value) {
      const known: Validate = compiled.get(schema) ?? ajv.compile({ ...(closed(schema) as object), components });
      compiled.set(schema, known);
      if (known(value)) return [];
      return (known.errors ?? []).map(({ instancePath, message }) => `${instancePath || 'the body'} ${message}`);
    },
  };
}

/** Clients pass over members they do not know, so the document lets answers have more. Ours must have no others. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  return 'properties' in inner && 'required' in inner ? { additionalProperties: false, ...inner } : inner;
}

/** What schemas and answers say of one value. Null: nothing can be said here. */
export async function schemaProblems(schema: object, value: unknown): Promise<string[] | null> {
  return (await theChecker())?.problems(schema, value) ?? null;
}

const PREFIX = '/api/v1/';
/** Headers that say something only where an operation has them. */
const TELLING = [
  'Retry-After',
  'WWW-Authenticate',
  'Idempotent-Replayed',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'ETag',
  'Location',
];
/** What is answered where there is no operation: none of these takes anything. */
const NOWHERE: ReadonlySet<number> = new Set([400, 404, 405, 429]);

/**
 * Holds an answer against the document; what is not under `/api/v1/` passes.
 * @throws with all that is wrong with it
 */
export async function checkAnswer(method: string, path: string, answer: SeenAnswer): Promise<void> {
  if (!path.startsWith(PREFIX)) return;
  const found = await theChecker();
  if (found === null) return;
  const problems = answerProblems(found, method, path.split('?', 1)[0] ?? path, answer);
  if (problems.length === 0) return;
  throw new Error(`${method} ${path} answered ${answer.status} not as documented:\n${problems.join('\n')}`);
}

/** The same for a `Response`, whose body stays to be read. */
export async function checkResponse(method: string, url: string, response: Response): Promise<void> {
  const path = url.replace(/^[a-z]+:\/\/[^/]*/, '');
  if (!path.startsWith(PREFIX)) return;
  const text = await response.clone().text();
  await checkAnswer(method, path, { status: response.status, header: (name) => response.headers.get(name), text });
}

function answerProblems(found: Checker, method: string, path: string, answer: SeenAnswer): string[] {
  const responses = responsesOf(found.document, method, path);
  if (responses === null) return nowhereProblems(found, answer, method === 'HEAD');
  const reply = responses[String(answer.status)];
  if (!reply) return [`the operation has no ${answer.status}`];
  const spelledOut = named<Reply>(found.document, reply);
  return [...headerProblems(found, spelledOut, answer), ...bodyProblems(found, spelledOut, answer, method === 'HEAD')];
}

/** The documented answers of what a request came to; null: there is no such operation. */
function responsesOf({ paths }: Document, method: string, path: string) {
  const bare = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  const pattern =
    paths[bare] ??
    Object.entries(paths).find(
      ([each]) =>
        each.includes('{') && new RegExp(`^${each.replace(/\{\w+\}/g, '[^/]+').replaceAll('.', '\\.')}$`).test(bare),
    )?.[1];
  return pattern?.[method === 'HEAD' ? 'get' : method.toLowerCase()]?.responses ?? null;
}

function nowhereProblems(found: Checker, { status, header, text }: SeenAnswer, head: boolean): string[] {
  if (!NOWHERE.has(status)) return ['there is no such operation'];
  const problems = head ? [] : found.problems({ $ref: '#/components/schemas/Error' }, parsed(text));
  if ((header('allow') !== null) !== (status === 405)) problems.push('Allow is out of place');
  if (header('x-request-id') === null) problems.push('X-Request-Id is missing');
  return problems;
}

function headerProblems(found: Checker, reply: Reply, { header }: SeenAnswer): string[] {
  const problems: string[] = [];
  const documented = new Set(Object.keys(reply.headers ?? {}));
  for (const [name, each] of Object.entries(reply.headers ?? {})) {
    const { required, schema = {} } = named<{ required?: boolean; schema?: object }>(found.document, each);
    const value = header(name);
    if (value === null) {
      if (required) problems.push(`${name} is missing`);
      continue;
    }
    const typed = 'type' in schema && schema.type === 'integer' ? Number(value) : value;
    problems.push(...found.problems(schema, typed).map((problem) => `${name}: ${problem}`));
  }
  for (const name of TELLING)
    if (!documented.has(name) && header(name) !== null) problems.push(`${name} is not documented`);
  return problems;
}

function bodyProblems(found: Checker, { content }: Reply, { header, text }: SeenAnswer, head: boolean): string[] {
  if (!content || head) return text === '' ? [] : ['there is a body'];
  const type = header('content-type')?.split(';', 1)[0]?.trim() ?? '';
  const media = content[type];
  if (!media) return [`the content type is ${type || 'missing'}`];
  const body = parsed(text);
  const problems = found.problems(media.schema, body);
  // Errors have one shape: which of them an operation gives is said by the examples.
  const code = (body as { error?: { code?: string } } | undefined)?.error?.code;
  const codes = Object.keys(media.examples ?? {}).map((name) => name.replace(/_\d+$/, ''));
  if (code !== undefined && !codes.includes(code)) problems.push(`the operation has no ${code}`);
  return problems;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a reference names; the thing itself where it is none. */
function named<T>(document: Document, thing: T & { $ref?: string }): T {
  if (!thing.$ref) return thing;
  const [kind = '', name = ''] = thing.$ref.split('/').slice(-2);
  return document.components[kind]?.[name] as T;
}
