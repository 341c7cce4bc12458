/*
 * Both official SDK clients against one endpoint: `bun mcp-sdk.ts URL KEY READ_KEY LEAD`. KEY may do everything,
 * READ_KEY only read leads, LEAD is the id of one. Prints one JSON object: what happened to each kind of client, with
 * its keys and, as those do that know no keys, with a sign-in.
 */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const [url = '', key = '', readKey = '', lead = ''] = process.argv.slice(2);
const info = { name: 'tester', version: '1.0.0' };

interface Connected {
  getNegotiatedProtocolVersion?(): string | undefined;
  getServerVersion(): { name: string } | undefined;
  getInstructions(): string | undefined;
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/** null: no key, but an OAuth sign-in. */
type Connect = (withKey: string | null) => Promise<Connected>;

const address = new URL(url);
const init = (withKey: string | null) =>
  withKey === null ? { authProvider: signIn } : { requestInit: { headers: { Authorization: `Bearer ${withKey}` } } };

/** What an application gives a client to sign in with. It has never been here. */
const signIn = {
  redirectUrl: 'http://localhost:1/callback',
  clientMetadata: { client_name: 'tester', redirect_uris: ['http://localhost:1/callback'] },
  clientInformation: () => undefined,
  saveClientInformation() {},
  tokens: () => undefined,
  saveTokens() {},
  redirectToAuthorization() {},
  saveCodeVerifier() {},
  codeVerifier: () => '',
};

function newClient(mode: 'legacy' | 'auto' | { pin: string }): Connect {
  return async (withKey) => {
    const client = new Client(info, { versionNegotiation: { mode } });
    await client.connect(new StreamableHTTPClientTransport(address, init(withKey)));
    return client as unknown as Connected;
  };
}

const oldClient: Connect = async (withKey) => {
  const client = new OldClient(info);
  await client.connect(new OldTransport(address, init(withKey)));
  return client as unknown as Connected;
};

/** What a step came to: its value, or what its error says. */
async function outcome<T>(
  work: () => Promise<T>,
): Promise<{ ok: T } | { error: { name: string; code: unknown; message: string } }> {
  try {
    return { ok: await work() };
  } catch (error) {
    const { name, message, code } = error as Error & { code?: unknown };
    return { error: { name, code, message } };
  }
}

async function visit(connect: Connect) {
  const client = await connect(key);
  // The list first: from it the clients know the output schemas, which they check results against.
  const { tools } = await client.listTools();
  const call = (name: string, args: Record<string, unknown>) =>
    outcome(() => client.callTool({ name, arguments: args }));
  const made = await call('create_submission', { fields: { Email: 'alice@example.com' }, idempotency_key: 'once' });
  const form = await call('list_forms', {});
  const formId = 'ok' in form ? (form.ok.structuredContent as { data: { id: string }[] }).data[0]?.id : '';
  const results = {
    get_site: await call('get_site', {}),
    list_submissions: await call('list_submissions', { per_page: 2 }),
    get_submission: await call('get_submission', { id: lead }),
    create_submission: made,
    list_forms: form,
    get_form: await call('get_form', { id: formId }),
    update_form: await call('update_form', { id: formId, name: 'Renamed' }),
  };
  const seen = {
    version: client.getNegotiatedProtocolVersion?.() ?? null,
    server: client.getServerVersion()?.name ?? null,
    instructions: client.getInstructions() ?? null,
    tools: tools.map(({ name }) => name),
    results,
    refused: await call('list_submissions', { per_page: 1_000 }),
    unknown: await call('no_such_tool', {}),
  };
  await client.close();
  const reader = await connect(readKey);
  const hidden = await outcome(() => reader.callTool({ name: 'create_submission', arguments: { fields: { a: '1' } } }));
  await reader.close();
  const badKey = await outcome(() => connect('lts_wrong'));
  return { ...seen, hidden, badKey, signIn: await outcome(() => connect(null)) };
}

const report = {
  v1: await visit(oldClient),
  legacy: await visit(newClient('legacy')),
  auto: await visit(newClient('auto')),
  pin: await visit(newClient({ pin: '2026-07-28' })),
};
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(0);
