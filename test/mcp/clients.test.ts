import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { killAll } from '../support/binary.ts';
import { CLIENTS, missingClients } from '../support/clients.ts';
import { tempDir } from '../support/temp.ts';
import { type McpServer, mcpServer, resultOf } from './support.ts';

/* Both official clients, in each of their modes, against the compiled program: test/clients/mcp-sdk.ts does the talking. */

setDefaultTimeout(120_000);

const missing = await missingClients();
const folder = tempDir();
let server: McpServer;
/** What happened, by kind of client. */
let report: Record<string, any>;
beforeAll(async () => {
  if (missing !== null) return;
  server = await mcpServer(folder);
  const { data } = await resultOf(server, 'create_submission', { fields: { Email: 'bob@example.com' } });
  const reader = await server.newKey(['submissions:read']);
  // By the name in the server's own documents: clients compare the two.
  const words = ['mcp-sdk.ts', `http://localhost:${server.port}/api/mcp`, server.key, reader.key, data.id];
  const child = Bun.spawn([process.execPath, ...words], { cwd: CLIENTS, stdout: 'pipe', stderr: 'pipe' });
  const [out, err, exit] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (exit !== 0) throw new Error(`the clients ended with ${exit}:\n${err}`);
  report = JSON.parse(out);
});
afterAll(killAll);

const TOOLS = [
  'get_site',
  'list_submissions',
  'get_submission',
  'create_submission',
  'list_forms',
  'get_form',
  'update_form',
];
/** What each kind speaks, and how it words a key that is refused and a scope that is missing. */
const KINDS: readonly [kind: string, version: string | null, badKey: RegExp, hidden: RegExp][] = [
  ['v1', null, /"code":"invalid_token","message":"This is not an API key/, /"insufficient_scope".*submissions:write/],
  ['legacy', '2025-11-25', /"code":"invalid_token","message":"This is not an API key/, /required "submissions:write"/],
  ['auto', '2026-07-28', /requires authorization \(HTTP 401\)/, /required "submissions:write"/],
  ['pin', '2026-07-28', /requires authorization \(HTTP 401\)/, /required "submissions:write"/],
];

describe.skipIf(missing !== null).each(KINDS)('the client %s', (kind, version, badKey, hidden) => {
  const seen = () => report[kind];

  test('connects, and learns who is there and what it has', () => {
    expect(seen()).toMatchObject({ version, server: 'leadtosheet', tools: TOOLS });
    expect(seen().instructions).toContain('forms:write');
  });

  test('gets a result of every tool, that is as the tool says', () => {
    // The clients check structuredContent against outputSchema, and fail the call where it is something else.
    expect(Object.keys(seen().results)).toEqual(TOOLS);
    for (const [name, { ok, error }] of Object.entries<any>(seen().results)) {
      expect({ name, error, isError: ok?.isError }).toEqual({ name, error: undefined, isError: undefined });
      expect(ok.content).toEqual([{ type: 'text', text: JSON.stringify(ok.structuredContent) }]);
    }
    expect(seen().results.update_form.ok.structuredContent.data.name).toBe('Renamed');
    // Each kind sent the same lead under the same key: the first one stored it.
    expect(seen().results.create_submission.ok.structuredContent.replayed).toBe(kind !== 'v1');
  });

  test('hands on to the model what is wrong with its arguments', () => {
    const { isError, content } = seen().refused.ok;
    expect([isError, content[0].text]).toEqual([
      true,
      'The arguments do not fit the tool.\n- /per_page: must be at most 100.',
    ]);
  });

  test('fails in words that can be acted on: an unknown tool, a missing scope, a bad key', () => {
    expect(seen().unknown.error).toMatchObject({ code: -32602, message: expect.stringContaining('no such tool') });
    expect(seen().hidden.error.message).toMatch(hidden);
    expect(seen().badKey.error.message).toMatch(badKey);
  });

  test('shows a person who tries to sign in that a key is needed', () => {
    expect(seen().signIn.error.message).toContain('This server has no OAuth sign-in. Create an API key');
  });
});
