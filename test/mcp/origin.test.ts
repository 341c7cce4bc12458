import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { killAll } from '../support/binary.ts';
import { Connection } from '../support/load.ts';
import { tempDir } from '../support/temp.ts';
import { type Door, knock, type McpServer, mcpServer } from './support.ts';

setDefaultTimeout(60_000);

const PUBLIC_URL = 'https://leads.example.com';

const folder = tempDir();
let server: McpServer;
beforeAll(async () => {
  server = await mcpServer(folder, { LTS_PUBLIC_URL: PUBLIC_URL });
});
afterAll(killAll);

const ping = (door: Door, headers: Record<string, string> = {}) =>
  knock(door, '{"jsonrpc":"2.0","id":1,"method":"ping"}', headers);

describe('Origin', () => {
  /** The status of a ping with these headers, over a connection of its own: fetch has a word about Host. */
  async function status(
    port: number,
    key: string,
    host: string,
    origin: string | null,
    path = '/api/mcp',
  ): Promise<number> {
    const connection = await Connection.open(port);
    const headers = {
      host,
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      ...(origin === null ? {} : { origin }),
    };
    const exchange = await connection?.send('POST', path, headers, '{"jsonrpc":"2.0","id":1,"method":"ping"}');
    connection?.end();
    return exchange?.kind === 'answered' ? exchange.answer.status : 0;
  }

  test('on loopback without a public address: pages of this machine, and no name that was pointed at it', async () => {
    const { port, key } = await mcpServer(tempDir());
    const local = [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, 'localhost:8080'];
    for (const host of local) expect([host, await status(port, key, host, `http://${host}`)]).toEqual([host, 200]);
    expect(await status(port, key, 'proxied.example.com', `http://localhost:${port}`)).toBe(200);
    expect(await status(port, key, 'evil.example.com', null)).toBe(200);
    const strangers: [host: string, origin: string][] = [
      ['evil.example.com', 'http://evil.example.com'],
      [`evil.example.com:${port}`, `http://evil.example.com:${port}`],
      ['localhost.evil.example.com', 'http://localhost.evil.example.com'],
      [`localhost:${port}`, 'http://evil.example.com'],
      [`localhost:${port}`, `http://localhost:${port + 1}`],
      [`localhost:${port}`, 'null'],
      [`localhost:${port}`, ''],
      [`localhost:${port}`, 'file://localhost'],
      ['10.1.2.3', 'http://10.1.2.3'],
    ];
    for (const [host, origin] of strangers)
      expect([origin, await status(port, key, host, origin)]).toEqual([origin, 403]);
    // The same endpoint by its other spelling.
    expect(await status(port, key, 'evil.example.com', 'http://evil.example.com', '/api/mcp/')).toBe(403);
    expect(await status(port, key, 'localhost', 'http://localhost', '/api/mcp/')).toBe(200);
  });

  test('it is looked at first: before method and key', async () => {
    const headers = { origin: 'https://evil.example.com' };
    for (const method of ['GET', 'DELETE', 'OPTIONS']) {
      const response = await knock({ url: server.url, key: null }, null, headers, method);
      expect([method, response.status]).toEqual([method, 403]);
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
    const response = await ping({ url: server.url, key: null }, headers);
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([403, null]);
    expect(await response.json()).toEqual({ jsonrpc: '2.0', error: { code: -32600, message: expect.any(String) } });
  });

  test('with a public address: its pages, from behind a proxy too', async () => {
    const { port, key } = server;
    expect(await status(port, key, `127.0.0.1:${port}`, PUBLIC_URL)).toBe(200);
    expect(await status(port, key, 'leads.example.com', PUBLIC_URL)).toBe(200);
    expect(await status(port, key, 'leads.example.com', 'https://leads.example.com:8443')).toBe(403);
    expect(await status(port, key, 'evil.example.com', 'https://evil.example.com')).toBe(403);
  });

  test('beyond loopback an address counts, for no other machine can be made of it; a name does not', async () => {
    const open = await mcpServer(tempDir(), { LTS_HOST: '0.0.0.0' });
    expect(await status(open.port, open.key, `10.1.2.3:${open.port}`, `http://10.1.2.3:${open.port}`)).toBe(200);
    expect(await status(open.port, open.key, 'server.example.com', 'http://server.example.com')).toBe(403);
  });
});
