import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { killAll } from '../support/binary.ts';
import { tempDir } from '../support/temp.ts';
import { answerOf, ERAS, knock, type McpServer, MODERN, mcpServer, request, rpc } from './support.ts';

setDefaultTimeout(60_000);

const folder = tempDir();
let server: McpServer;
beforeAll(async () => {
  server = await mcpServer(folder);
});

const LEGACY = ['2025-11-25', '2025-06-18', '2025-03-26'];
const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

afterAll(killAll);

describe('one POST, one JSON answer', () => {
  test('a notification gets 202 and nothing else, whatever it is', async () => {
    const messages = [
      { method: 'notifications/initialized' },
      { method: 'notifications/cancelled', params: { requestId: 1 } },
      { method: 'notifications/nobody-knows' },
      { method: 'tools/list' },
    ];
    for (const message of messages) {
      const response = await knock(server, JSON.stringify({ jsonrpc: '2.0', ...message }));
      expect({ message, status: response.status, body: await response.text() }).toEqual({
        message,
        status: 202,
        body: '',
      });
    }
  });

  test('an answer to a question that was never asked is dropped', async () => {
    for (const rest of [{ result: {} }, { error: { code: -1, message: 'no' } }]) {
      const response = await knock(server, JSON.stringify({ jsonrpc: '2.0', id: 7, ...rest }));
      expect([response.status, await response.text()]).toEqual([202, '']);
    }
  });

  test.each(['GET', 'DELETE', 'PUT', 'PATCH', 'OPTIONS'])(
    '405 for %s, with Allow, with and without a key',
    async (method) => {
      for (const key of [server.key, null]) {
        const response = await knock({ url: server.url, key }, null, {}, method);
        expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
        expect(((await response.json()) as any).error.code).toBe('method_not_allowed');
      }
    },
  );

  test('415 for another media type, 413 for a body over the limit', async () => {
    expect((await knock(server, PING, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await knock(server, PING, { 'content-type': 'application/json-rpc' })).status).toBe(415);
    const large = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: { a: 'x'.repeat(1_048_576) } });
    const refused = await knock(server, large);
    expect([refused.status, ((await refused.json()) as any).error.code]).toEqual([413, 'payload_too_large']);
  });

  const broken: [string, string, number][] = [
    ['broken JSON', '{"jsonrpc":', -32700],
    ['nothing', '', -32700],
    ['a batch', `[${PING}]`, -32600],
    ['an empty batch', '[]', -32600],
    ['a string', '"ping"', -32600],
    ['null', 'null', -32600],
    ['no jsonrpc', '{"method":"ping"}', -32600],
    ['no jsonrpc but an id', '{"id":1,"method":"ping"}', -32600],
    ['another jsonrpc', '{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600],
    ['the id null', '{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600],
    ['a broken number as id', '{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600],
    ['an object as id', '{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600],
    ['no method', '{"jsonrpc":"2.0","id":1}', -32600],
    ['a number as method', '{"jsonrpc":"2.0","id":1,"method":7}', -32600],
    ['a list as params', '{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', -32602],
  ];
  test.each(broken)('400 for %s', async (_, body, code) => {
    const { status, message } = await answerOf(await knock(server, body));
    expect([status, message.jsonrpc, message.error?.code]).toEqual([400, '2.0', code]);
    expect(message).not.toHaveProperty('result');
    // The id is repeated where there was one, and left out where there was none.
    expect(message.id).toBe(/^\{.*"id":1[,}]/.test(body) ? 1 : undefined);
  });

  test('an id comes back as it was, number or text', async () => {
    for (const id of [0, -7, 9_007_199_254_740_991, '', 'a"b\\', '7']) {
      const { message } = await answerOf(await knock(server, JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' })));
      expect(message).toEqual({ jsonrpc: '2.0', id, result: {} });
    }
  });

  test('whatever a client says it accepts it is answered; an event stream only where it wants nothing else', async () => {
    for (const accept of [
      'application/json',
      '*/*',
      'application/*',
      'text/html',
      'application/json, text/event-stream',
    ]) {
      const response = await knock(server, PING, { accept });
      expect([response.headers.get('content-type'), await response.json()]).toEqual([
        'application/json',
        { jsonrpc: '2.0', id: 1, result: {} },
      ]);
    }
    const stream = await knock(server, PING, { accept: 'text/event-stream' });
    expect(stream.headers.get('content-type')).toBe('text/event-stream');
    expect(await stream.text()).toBe('event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n');
  });

  test('there is no session: an id of one is neither given out nor looked at', async () => {
    for (const era of ERAS) {
      const first = await rpc(server, era, era === 'legacy' ? 'initialize' : 'server/discover');
      expect([first.status, first.headers.get('mcp-session-id')]).toEqual([200, null]);
      const { body, headers } = request(era, 'tools/list', {}, { 'mcp-session-id': 'nobody', 'last-event-id': '7' });
      const second = await knock(server, body, headers);
      expect([second.status, second.headers.get('mcp-session-id')]).toEqual([200, null]);
    }
  });
});

describe('versions', () => {
  test.each(LEGACY)('initialize agrees on %s', async (protocolVersion) => {
    const { message } = await rpc(server, 'legacy', 'initialize', { protocolVersion });
    expect(message.result).toEqual({
      protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: 'leadtosheet', title: 'LeadToSheet', version: expect.any(String) },
      instructions: expect.any(String),
    });
  });

  test.each(['2024-11-05', '2099-01-01', '', 7, undefined])(
    'initialize with %p gets the newest with a handshake',
    async (protocolVersion) => {
      const { message } = await rpc(server, 'legacy', 'initialize', { protocolVersion });
      expect(message.result.protocolVersion).toBe('2025-11-25');
    },
  );

  test('without a version header a request is served; with one that is not known it is refused with the list', async () => {
    for (const version of LEGACY) {
      expect((await knock(server, PING, { 'mcp-protocol-version': version })).status).toBe(200);
    }
    expect((await knock(server, PING)).status).toBe(200);
    const { status, message } = await answerOf(await knock(server, PING, { 'mcp-protocol-version': '2099-01-01' }));
    expect([status, message.error?.code]).toEqual([400, -32022]);
    expect(message.error?.data).toEqual({ supported: [MODERN, ...LEGACY], requested: '2099-01-01' });
  });

  test('server/discover says what is here', async () => {
    const { message } = await rpc(server, 'modern', 'server/discover');
    expect(message.result).toEqual({
      resultType: 'complete',
      _meta: {
        'io.modelcontextprotocol/serverInfo': {
          name: 'leadtosheet',
          title: 'LeadToSheet',
          version: expect.any(String),
        },
      },
      supportedVersions: [MODERN],
      capabilities: { tools: {} },
      instructions: expect.any(String),
      ttlMs: expect.any(Number),
      cacheScope: 'private',
    });
  });

  test('a list may be kept by the client, for itself alone; a result is complete', async () => {
    const { message } = await rpc(server, 'modern', 'tools/list');
    expect(message.result).toMatchObject({ resultType: 'complete', cacheScope: 'private' });
    expect(message.result.ttlMs).toBeGreaterThan(0);
    const called = await rpc(server, 'modern', 'tools/call', { name: 'get_site', arguments: {} });
    expect(called.message.result).toMatchObject({ resultType: 'complete', _meta: expect.any(Object) });
    const legacy = await rpc(server, 'legacy', 'tools/list');
    expect(Object.keys(legacy.message.result)).toEqual(['tools']);
  });

  test('unknown methods: 404 in the modern era, 200 in the legacy one; ping and initialize are legacy', async () => {
    const modern = [
      'nothing',
      'ping',
      'initialize',
      'prompts/list',
      'resources/list',
      'subscriptions/listen',
      'toString',
      '__proto__',
    ];
    for (const method of modern) {
      const { status, message } = await rpc(server, 'modern', method);
      expect([method, status, message.error?.code]).toEqual([method, 404, -32601]);
    }
    for (const method of ['nothing', 'prompts/list', 'logging/setLevel', 'constructor']) {
      const { status, message } = await rpc(server, 'legacy', method);
      expect([method, status, message.error?.code]).toEqual([method, 200, -32601]);
    }
  });
});

describe('what a modern request says of itself', () => {
  const call = (headers: Record<string, string | null>, params: object = {}, name = 'get_site') => {
    const sent = request('modern', 'tools/call', { name, arguments: {}, ...params });
    const all = Object.entries({ ...sent.headers, ...headers }).filter(
      (pair): pair is [string, string] => pair[1] !== null,
    );
    return knock(server, sent.body, Object.fromEntries(all)).then(answerOf);
  };
  const base64 = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`;

  const wrong: [string, Record<string, string | null>, object][] = [
    ['no version header', { 'mcp-protocol-version': null }, {}],
    ['another version header', { 'mcp-protocol-version': '2025-11-25' }, {}],
    ['no method header', { 'mcp-method': null }, {}],
    ['another method header', { 'mcp-method': 'tools/list' }, {}],
    ['a method header in capitals', { 'mcp-method': 'TOOLS/CALL' }, {}],
    ['no name header', { 'mcp-name': null }, {}],
    ['another name header', { 'mcp-name': 'list_forms' }, {}],
    ['a name in broken Base64', { 'mcp-name': '=?base64?Z2V0X3NpdGU?=' }, {}],
    ['a name that is no Base64', { 'mcp-name': '=?base64?get site?=' }, {}],
    ['a name of broken UTF-8', { 'mcp-name': '=?base64?/w==?=' }, {}],
    ['no method header and no _meta', { 'mcp-method': null }, { _meta: {} }],
    [
      'another version in header and an unknown one in _meta',
      {},
      { _meta: { 'io.modelcontextprotocol/protocolVersion': '2099-01-01' } },
    ],
  ];
  test.each(wrong)('400 and -32020 for %s', async (_, headers, params) => {
    const { status, message } = await call(headers, params);
    expect([status, message.error?.code, message.id]).toEqual([400, -32020, 1]);
  });

  test('a name may come in Base64, and with blanks around it', async () => {
    expect((await call({ 'mcp-name': base64('get_site') })).message.result.isError).toBeUndefined();
    expect((await call({ 'mcp-name': '  get_site ' })).status).toBe(200);
    // An unknown tool is found unknown, not the header wrong.
    expect((await call({ 'mcp-name': base64('größe') }, {}, 'größe')).message.error?.code).toBe(-32602);
  });

  test('400 and -32602 without the two members of _meta; clientInfo may be missing', async () => {
    const version = { 'io.modelcontextprotocol/protocolVersion': MODERN };
    for (const _meta of [{}, version, { ...version, 'io.modelcontextprotocol/clientCapabilities': [] }]) {
      const { status, message } = await call({}, { _meta });
      expect([status, message.error?.code]).toEqual([400, -32602]);
    }
    expect((await call({})).status).toBe(200);
  });

  test('400 and -32022 for a version that is not served, with those that are', async () => {
    for (const version of ['2099-01-01', '2025-11-25']) {
      const _meta = {
        'io.modelcontextprotocol/protocolVersion': version,
        'io.modelcontextprotocol/clientCapabilities': {},
      };
      const { status, message } = await call({ 'mcp-protocol-version': version }, { _meta });
      expect([status, message.error?.code]).toEqual([400, -32022]);
      expect(message.error?.data).toEqual({ supported: [MODERN], requested: version });
    }
  });
});

describe('calls that are no calls of tools', () => {
  test.each(ERAS)('%s: an error of JSON-RPC, with 200', async (era) => {
    const code = async (method: string, params: object) => {
      const { status, message } = await rpc(server, era, method, params);
      return [status, message.error?.code];
    };
    expect(await code('tools/call', { name: 'delete_everything', arguments: {} })).toEqual([200, -32602]);
    expect(await code('tools/call', { name: 'toString' })).toEqual([200, -32602]);
    expect(await code('tools/call', { arguments: {} })).toEqual([200, -32602]);
    for (const args of [[], 'id', 7, null]) {
      expect(await code('tools/call', { name: 'get_site', arguments: args })).toEqual([200, -32602]);
    }
    expect(await code('tools/list', { cursor: 'page-2' })).toEqual([200, -32602]);
    expect(await code('tools/call', { name: 'get_site' })).toEqual([200, undefined]);
  });
});
