import { expect } from 'bun:test';
import { join } from 'node:path';
import { SCOPES, type Scope } from '../../src/contract/key.ts';
import { type RunningServer, runJson, startServer } from '../support/binary.ts';

/** The compiled program with a site, and keys to it. */
export interface McpServer extends RunningServer {
  /** A key of the site, or of another one, by the program's own command. */
  newKey(
    scopes: readonly Scope[],
    options?: { siteId?: string; expires?: string },
  ): Promise<{ id: string; key: string }>;
}

/**
 * `key` has all scopes.
 * @param folder for its data: made at the top of a test file, where it is to last as long as the file's tests
 */
export async function mcpServer(folder: string, env: Record<string, string> = {}): Promise<McpServer> {
  const dir = join(folder, 'data');
  const site = await runJson(['site', 'create', '--name', 'Example'], { dir });
  const newKey: McpServer['newKey'] = (scopes, { siteId = site.id, expires } = {}) => {
    const words = ['key', 'create', '--site', siteId, '--name', 'test', '--scopes', scopes.join(',')];
    return runJson(expires === undefined ? words : [...words, '--expires', expires], { dir });
  };
  const { key } = await newKey(SCOPES);
  return { ...(await startServer({ dir, env, access: { siteId: site.id, key } })), newKey };
}

export const MODERN = '2026-07-28';
export type Era = 'legacy' | 'modern';
export const ERAS: readonly Era[] = ['legacy', 'modern'];

/** Who is asked, and with which key. */
export interface Door {
  url: string;
  key: string | null;
}

/** Sends a body to the endpoint as it is. */
export function knock(
  { url, key }: Door,
  body: BodyInit | null,
  headers: Record<string, string> = {},
  method = 'POST',
) {
  return fetch(`${url}/api/mcp`, {
    method,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body,
  });
}

/** A request as a client of that era sends it; `params` and `headers` replace what it would have there. */
export function request(era: Era, method: string, params: object = {}, headers: Record<string, string> = {}) {
  const name = 'name' in params ? { 'mcp-name': String(params.name) } : {};
  const modernHeaders = { 'mcp-protocol-version': MODERN, 'mcp-method': method, ...name };
  const modernMeta = {
    'io.modelcontextprotocol/protocolVersion': MODERN,
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return {
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: era === 'modern' ? { _meta: modernMeta, ...params } : params,
    }),
    headers: { ...(era === 'modern' ? modernHeaders : {}), ...headers },
  };
}

export interface RpcAnswer {
  status: number;
  headers: Headers;
  message: { jsonrpc: string; id?: unknown; result?: any; error?: { code: number; message: string; data?: any } };
}

/** Sends a request of that era and reads the answer. */
export async function rpc(door: Door, era: Era, method: string, params: object = {}): Promise<RpcAnswer> {
  const { body, headers } = request(era, method, params);
  return answerOf(await knock(door, body, headers));
}

export async function answerOf(response: Response): Promise<RpcAnswer> {
  const message = (await response.json()) as RpcAnswer['message'];
  return { status: response.status, headers: response.headers, message };
}

/** Calls a tool. @returns its result, as the protocol has it */
export async function callTool(door: Door, name: string, args: object = {}, era: Era = 'modern') {
  const { status, message } = await rpc(door, era, 'tools/call', { name, arguments: args });
  expect({ status, error: message.error }).toEqual({ status: 200, error: undefined });
  return message.result as { content: { type: string; text: string }[]; structuredContent?: any; isError?: boolean };
}

/** Calls a tool that is to work, and checks that both forms of its result say the same. */
export async function resultOf(door: Door, name: string, args: object = {}, era: Era = 'modern'): Promise<any> {
  const { content, structuredContent, isError } = await callTool(door, name, args, era);
  expect({ name, isError, text: content[0]?.text }).toMatchObject({ name, isError: undefined });
  expect(content).toEqual([{ type: 'text', text: JSON.stringify(structuredContent) }]);
  return structuredContent;
}

/** Calls a tool that is to refuse. @returns what it tells the model */
export async function toldBy(door: Door, name: string, args: object = {}, era: Era = 'modern'): Promise<string> {
  const { content, structuredContent, isError } = await callTool(door, name, args, era);
  expect({ isError, structuredContent }).toEqual({ isError: true, structuredContent: undefined });
  return content.map(({ text }) => text).join('\n');
}

/** The tools a key is shown. */
export async function toolsOf(door: Door, era: Era = 'modern'): Promise<any[]> {
  return (await rpc(door, era, 'tools/list')).message.result.tools;
}
