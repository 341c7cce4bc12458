import { clientProblem, legacyProblem } from './headers.ts';
import {
  CODE,
  type Era,
  eraOf,
  isObject,
  type JsonObject,
  LEGACY_VERSIONS,
  MODERN_VERSIONS,
  type Problem,
} from './wire.ts';

/** What the protocol is spoken for: some tools, as one caller sees them. It knows nothing else of them. */
export interface ToolServer {
  info: { name: string; title: string; version: string };
  /** Plain text for the model: what is here and how to use it. */
  instructions: string;
  /** The tools this caller may see, as the JSON text of an array. */
  tools(): string;
  /**
   * Calls a tool; null: there is none of this name.
   * @throws whatever is to be answered by HTTP itself: no scope, no such key any more
   */
  call(name: string, args: JsonObject): Promise<ToolOutcome | null>;
}

/** `json`: the result, an object, as compact JSON. `told`: what the model did wrong, in words. `fault`: ours. */
export type ToolOutcome =
  | { kind: 'json'; json: string }
  | { kind: 'told'; text: string }
  | { kind: 'fault'; text: string };

/** An answer over HTTP; `body` is JSON text, null where there is nothing to say. */
export interface Reply {
  status: number;
  body: string | null;
}

/** How long a client may go by what it was told of the tools, in milliseconds: an upgrade may change them. */
const TTL_MS = 300_000;
const CACHE = `"ttlMs":${TTL_MS},"cacheScope":"private"`;
const CAPABILITIES = '{"tools":{}}';
const UNKNOWN_METHOD: Problem = { status: 200, code: CODE.methodNotFound, message: 'This server has no such method.' };

/** A result as JSON text of an object, or why there is none. */
type Outcome = string | Problem;
type Method = (server: ToolServer, params: JsonObject) => Outcome | Promise<Outcome>;

const legacy: Readonly<Record<string, Method>> = {
  initialize: ({ info, instructions }, params) => {
    const known = LEGACY_VERSIONS.find((version) => version === params.protocolVersion) ?? LEGACY_VERSIONS[0];
    const rest = JSON.stringify({ serverInfo: info, instructions }).slice(1);
    return `{"protocolVersion":"${known}","capabilities":${CAPABILITIES},${rest}`;
  },
  ping: () => '{}',
  'tools/list': (server, params) => cursorProblem(params) ?? `{"tools":${server.tools()}}`,
  'tools/call': callTool,
};

const modern: Readonly<Record<string, Method>> = {
  'server/discover': ({ instructions }) => {
    const versions = JSON.stringify(MODERN_VERSIONS);
    const text = JSON.stringify(instructions);
    return `{"supportedVersions":${versions},"capabilities":${CAPABILITIES},"instructions":${text},${CACHE}}`;
  },
  'tools/list': (server, params) => cursorProblem(params) ?? `{"tools":${server.tools()},${CACHE}}`,
  'tools/call': callTool,
};

const METHODS: Readonly<Record<Era, Readonly<Record<string, Method>>>> = { legacy, modern };

/**
 * Answers one message of the Model Context Protocol, over streamable HTTP without sessions, as revision 2026-07-28
 * (modern) or as the ones before it (legacy) have it; each message says which. Nothing is kept between two of them.
 * @param message the body, parsed @param headers of the request
 * @throws what `server.call` throws
 */
export async function answerMessage(message: unknown, headers: Headers, server: ToolServer): Promise<Reply> {
  if (!isObject(message) || message.jsonrpc !== '2.0') {
    const id = isObject(message) ? idText(message.id) : null;
    return failed(id, invalidRequest('Send one JSON-RPC 2.0 message: an object. Batches are not taken.'));
  }
  const { id, method } = message;
  if (typeof method !== 'string') {
    // An answer to a question that was never asked.
    if (method === undefined && ('result' in message || 'error' in message)) return { status: 202, body: null };
    return failed(idText(id), invalidRequest('The member `method` is missing.'));
  }
  if (!('id' in message)) return { status: 202, body: null };
  const known = idText(id);
  if (known === null) return failed(null, invalidRequest('The member `id` must be a string or a whole number.'));
  const params = message.params ?? {};
  if (!isObject(params)) return failed(known, invalidParams('`params` must be an object.'));
  const era = eraOf(method, params, headers);
  const problem = era === 'modern' ? clientProblem(method, params, headers) : legacyProblem(headers);
  if (problem !== null) return failed(known, problem);
  const run = Object.hasOwn(METHODS[era], method) ? METHODS[era][method] : undefined;
  if (run === undefined) return failed(known, { ...UNKNOWN_METHOD, status: era === 'modern' ? 404 : 200 });
  const outcome = await run(server, params);
  if (typeof outcome !== 'string') return failed(known, outcome);
  const result = era === 'modern' ? completed(outcome, server) : outcome;
  return { status: 200, body: `{"jsonrpc":"2.0","id":${known},"result":${result}}` };
}

/** The refusal of a body that is no JSON. */
export function notJson(message: string): Reply {
  return failed(null, { status: 400, code: CODE.parse, message });
}

/** The refusal of a web page that is none of ours. */
export function badOrigin(): Reply {
  const message = 'Requests of web pages are taken from the address of LTS_PUBLIC_URL alone.';
  return failed(null, { status: 403, code: CODE.invalidRequest, message });
}

async function callTool(server: ToolServer, params: JsonObject): Promise<Outcome> {
  const { name, arguments: args = {} } = params;
  if (typeof name !== 'string') return invalidParams('`params.name` must be the name of a tool.', 200);
  if (!isObject(args)) return invalidParams('`params.arguments` must be an object.', 200);
  const outcome = await server.call(name, args);
  if (outcome === null) return invalidParams('There is no such tool: tools/list has those of this key.', 200);
  switch (outcome.kind) {
    case 'json':
      return `{"content":[${textBlock(outcome.json)}],"structuredContent":${outcome.json}}`;
    case 'told':
      return `{"content":[${textBlock(outcome.text)}],"isError":true}`;
    case 'fault':
      return { status: 200, code: CODE.internal, message: outcome.text };
  }
}

const textBlock = (text: string) => `{"type":"text","text":${JSON.stringify(text)}}`;

/** All tools fit one page: no cursor was ever given out. */
function cursorProblem(params: JsonObject): Problem | null {
  return params.cursor === undefined ? null : invalidParams('There is no such page: all tools are on the first.', 200);
}

/** What every modern result has beside its own members. */
function completed(result: string, { info }: ToolServer): string {
  const meta = `{"io.modelcontextprotocol/serverInfo":${JSON.stringify(info)}}`;
  return `{"resultType":"complete","_meta":${meta},${result.slice(1)}`;
}

/** The id as JSON; null for what is none. */
function idText(id: unknown): string | null {
  return typeof id === 'string' || Number.isInteger(id) ? JSON.stringify(id) : null;
}

const invalidRequest = (message: string): Problem => ({ status: 400, code: CODE.invalidRequest, message });
const invalidParams = (message: string, status = 400): Problem => ({ status, code: CODE.invalidParams, message });

function failed(id: string | null, { status, code, message, data }: Problem): Reply {
  const error = JSON.stringify({ code, message, data });
  return { status, body: `{"jsonrpc":"2.0",${id === null ? '' : `"id":${id},`}"error":${error}}` };
}
