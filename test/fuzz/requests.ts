import * as fc from 'fast-check';
import { type Components, nearlyOf, type Schema } from './from-schema.ts';
import { damaged, deepText, hostileJson, hostileText, toJson } from './hostile.ts';

/** One request, as it is sent. */
export interface FuzzRequest {
  method: string;
  /** With the query. */
  path: string;
  headers: Record<string, string>;
  body: string | null;
}

interface Parameter {
  $ref?: string;
  name: string;
  in: string;
  schema: Schema;
}

interface Operation {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema; examples?: Record<string, { value: unknown }> }> };
  responses: Record<string, unknown>;
}

/** The part of an OpenAPI document that requests are made from. */
export interface ApiDocument {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Components; parameters?: Record<string, Parameter> };
}

/** A tool of MCP, as `tools/list` has it. */
export interface Tool {
  name: string;
  inputSchema: Schema;
}

/** What is there to be asked for. */
export interface Known {
  /** A good key first, then others with less or nothing behind them. */
  keys: readonly string[];
  ids: readonly string[];
  cursors: readonly string[];
  tools: readonly Tool[];
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Requests to every operation of the document and to MCP: most of them nearly right. */
export function requestsOf(document: ApiDocument, known: Known): fc.Arbitrary<FuzzRequest> {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => requestTo(method, path, operation, document, known)),
  );
  return fc.oneof(...operations, mcpRequest(known), nowhere(known));
}

function requestTo(
  method: string,
  pattern: string,
  operation: Operation,
  { components }: ApiDocument,
  known: Known,
): fc.Arbitrary<FuzzRequest> {
  const parameters = (operation.parameters ?? []).map((each) =>
    each.$ref ? (components.parameters?.[each.$ref.split('/').at(-1) ?? ''] ?? each) : each,
  );
  const path = pattern.split('/').map((part) => (part.startsWith('{') ? idIn(known) : fc.constant(part)));
  const query = parameters.filter((each) => each.in === 'query');
  const media = operation.requestBody?.content['application/json'];
  return fc.record({
    method: fc.oneof({ weight: 60, arbitrary: fc.constant(method.toUpperCase()) }, fc.constantFrom(...METHODS)),
    path: fc
      .tuple(fc.tuple(...path), queryOf(query, components.schemas, known))
      .map(([parts, asked]) => parts.join('/') + asked),
    headers: headersOf(known),
    body: media ? bodyOf(media.schema, Object.values(media.examples ?? {}), components.schemas) : fc.constant(null),
  });
}

const escaped = (text: string) => encodeURIComponent(text.toWellFormed());

function idIn({ ids }: Known): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...ids) },
    { weight: 1, arbitrary: hostileText.map(escaped) },
  );
}

function queryOf(parameters: readonly Parameter[], components: Components, known: Known): fc.Arbitrary<string> {
  const one = (parameter: Parameter): fc.Arbitrary<string> => {
    const fitting = nearlyOf(parameter.schema, components).map((value) =>
      typeof value === 'string' ? value : toJson(value),
    );
    const own = parameter.name === 'cursor' ? known.cursors : parameter.name === 'form_id' ? known.ids : [];
    const value = own.length > 0 ? fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...own) }, fitting) : fitting;
    return fc
      .tuple(value, fc.boolean())
      .map(([text, plain]) => `${parameter.name}=${plain ? harmless(text) : escaped(text)}`);
  };
  const stranger = fc.tuple(hostileText, hostileText).map(([name, value]) => `${escaped(name)}=${escaped(value)}`);
  const pairs = fc.oneof(
    { weight: 25, arbitrary: parameters.length > 0 ? fc.oneof(...parameters.map(one)) : stranger },
    stranger,
  );
  const many = fc.uniqueArray(pairs, { maxLength: 4, selector: (pair) => pair.split('=')[0] });
  const twice = fc.array(pairs, { maxLength: 4 });
  return fc
    .oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 12, arbitrary: many }, { weight: 1, arbitrary: twice })
    .map((each) => (each.length === 0 ? '' : `?${each.join('&')}`));
}

/** What can stand in an address as it is, `+` and bad escapes among it. */
const harmless = (text: string) => text.toWellFormed().replace(/[\s&#?\0-\x20]/g, '+');

const TYPES = [
  'text/plain',
  'application/json; charset=utf-8',
  'application/JSON',
  'application/xml',
  'application/json;charset=latin1',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'application/vnd.api+json',
  '',
];

function headersOf({ keys }: Known): fc.Arbitrary<Record<string, string>> {
  const often = (value: string, others: fc.Arbitrary<string>) =>
    fc.oneof({ weight: 15, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: others });
  const seldom = (value: fc.Arbitrary<string>, weight = 1) =>
    fc.oneof({ weight: 12, arbitrary: fc.constant(null) }, { weight, arbitrary: value });
  const authorization = fc.oneof(
    fc.constantFrom(...keys).map((key) => `Bearer ${key}`),
    fc.constantFrom(
      '',
      'Bearer',
      'Bearer lts_',
      `Basic ${keys[0]}`,
      `Bearer ${keys[0]} x`,
      `Bearer ${keys[0]}, Bearer ${keys[0]}`,
    ),
  );
  return fc
    .record({
      authorization: often(`Bearer ${keys[0]}`, authorization),
      'content-type': often('application/json', fc.constantFrom(...TYPES)),
      'idempotency-key': seldom(
        fc.oneof(fc.constantFrom('a', 'b', 'c', '', 'k'.repeat(255), 'k'.repeat(256)), headerText),
        4,
      ),
      'x-request-id': seldom(headerText),
      accept: seldom(fc.constantFrom('application/json', 'text/event-stream', 'image/png', '*/*')),
      'if-none-match': seldom(fc.constantFrom('*', '"x"', 'W/"x"', 'x')),
      'mcp-protocol-version': seldom(fc.constantFrom('2026-07-28', '2025-11-25', '2025-03-26', '1', '')),
      origin: seldom(fc.constantFrom('null', 'https://evil.example', 'http://localhost')),
      'content-encoding': seldom(fc.constantFrom('gzip', 'identity', 'br')),
      'x-http-method-override': seldom(fc.constantFrom(...METHODS)),
      'x-forwarded-for': seldom(headerText),
      expect: seldom(fc.constantFrom('x')),
    })
    .map((all) => Object.fromEntries(Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== null)));
}

/** What a header can carry at all. */
const headerText = hostileText.map((text) =>
  text
    .replace(/[^\x20-\x7e\xa0-\xff]/g, '')
    .trim()
    .slice(0, 1_000),
);

function bodyOf(schema: Schema, examples: readonly { value: unknown }[], components: Components): fc.Arbitrary<string> {
  const near = nearlyOf(schema, components).map(toJson);
  return fc.oneof(
    { weight: 240, arbitrary: near },
    {
      weight: 8,
      arbitrary: fc
        .constantFrom(...(examples.length > 0 ? examples : [{ value: {} }]))
        .map(({ value }) => toJson(value)),
    },
    { weight: 4, arbitrary: hostileJson.map(toJson) },
    { weight: 4, arbitrary: damaged(near) },
    { weight: 1, arbitrary: deepText },
    { weight: 1, arbitrary: deepText.map((deep) => `{"fields":{"a":${deep}}}`) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', ' ', '\ufeff{}', '{}', 'null', '[]', '{"fields":{"a":"1"},"fields":{"b":"2"}}'),
    },
    { weight: 1, arbitrary: fc.constant(null).map(() => `{"fields":{"a":"${'x'.repeat(1_100_000)}"}}`) },
  );
}

const MCP_METHODS = [
  'tools/list',
  'tools/call',
  'initialize',
  'ping',
  'server/discover',
  'notifications/initialized',
  'resources/list',
  '__proto__',
  '',
];

/** JSON-RPC, mostly calls of tools with arguments near their schemas. */
function mcpRequest(known: Known): fc.Arbitrary<FuzzRequest> {
  const { tools } = known;
  const call = fc.constantFrom(...tools).chain((tool) =>
    nearlyOf(tool.inputSchema, {}).map((args) => ({
      method: 'tools/call',
      params: { name: tool.name, arguments: args },
    })),
  );
  const other = fc.record({ method: fc.constantFrom<unknown>(...MCP_METHODS), params: hostileJson });
  const id = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom<unknown>(1, 'a') },
    { weight: 1, arbitrary: hostileJson },
  );
  const message = fc
    .tuple(
      fc.oneof({ weight: 6, arbitrary: call }, { weight: 2, arbitrary: other }),
      id,
      fc.constantFrom('2.0', '2.0', '2.0', '2.0', '2.0', '2.0', '2.0', '2.0', '1.0'),
    )
    .map(([asked, messageId, jsonrpc]) => toJson({ jsonrpc, id: messageId, ...asked }));
  return fc.record({
    method: fc.oneof({ weight: 40, arbitrary: fc.constant('POST') }, fc.constantFrom(...METHODS)),
    path: fc.constantFrom(
      '/api/mcp',
      '/api/mcp',
      '/api/mcp',
      '/api/mcp/',
      '/.well-known/oauth-protected-resource/api/mcp',
    ),
    headers: headersOf(known),
    body: fc.oneof({ weight: 15, arbitrary: message }, damaged(message), hostileJson.map(toJson), deepText),
  });
}

/** Addresses that are no operation's. */
function nowhere(known: Known): fc.Arbitrary<FuzzRequest> {
  const parts = fc.array(
    fc.oneof(
      fc.constantFrom('api', 'v1', 'submissions', 'forms', '..', '.', '', '%2e%2e', '%2F', ':id'),
      hostileText.map(escaped),
    ),
    { maxLength: 6 },
  );
  return fc.record({
    method: fc.constantFrom(...METHODS),
    path: parts.map((each) => `/${each.join('/')}`),
    headers: headersOf(known),
    body: fc.oneof(fc.constant(null), hostileJson.map(toJson)),
  });
}
