import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { killAll } from '../support/binary.ts';
import { CLIENTS, missingClients } from '../support/clients.ts';
import { tempDir } from '../support/temp.ts';
import { ERAS, type Era, type McpServer, mcpServer } from './support.ts';

/*
 * The protocol's own conformance suite and inspector, against the compiled program. `bun run test:mcp` runs this
 * alone. The suite can't send a key: a proxy adds it. The public URL is the proxy's, for its Origin must be taken.
 */

setDefaultTimeout(120_000);

const missing = await missingClients();
const PACKAGES = join(CLIENTS, 'node_modules/@modelcontextprotocol');
const SUITE = join(PACKAGES, 'conformance/dist/index.js');
const INSPECTOR = join(PACKAGES, 'inspector/clients/launcher/build/index.js');
/** What the suite itself calls not testable without its own fixtures. A line that starts to pass fails the run. */
const BASELINE = join(import.meta.dir, 'baseline.yml');

/** Every scenario that there is for a server with tools alone; `passed` of the checks, the rest is in the baseline. */
const SCENARIOS: readonly [revision: string, scenario: string, passed: string][] = [
  ['2026-07-28', 'server-stateless', '21/25'],
  ['2026-07-28', 'tools-list', '4/4'],
  ['2026-07-28', 'caching', '4/7'],
  ['2026-07-28', 'http-header-validation', '14/14'],
  ['2026-07-28', 'dns-rebinding-protection', '2/2'],
  ['2026-07-28', 'input-required-result-unsupported-methods', '2/2'],
  ['2025-11-25', 'server-initialize', '2/2'],
  ['2025-11-25', 'ping', '2/2'],
  ['2025-11-25', 'tools-list', '3/3'],
  ['2025-11-25', 'dns-rebinding-protection', '2/2'],
  ['2025-06-18', 'server-initialize', '2/2'],
  ['2025-06-18', 'ping', '2/2'],
  ['2025-06-18', 'tools-list', '2/2'],
];

const folder = tempDir();
let server: McpServer;
let proxy: { url: string; stop(): void };
beforeAll(async () => {
  if (missing !== null) return;
  // Which port the proxy gets is known only once it runs, and the server's only after that: a free one is reserved.
  const reserved = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  const proxyPort = reserved.port;
  reserved.stop(true);
  server = await mcpServer(folder, { LTS_PUBLIC_URL: `http://localhost:${proxyPort}` });
  proxy = await startProxy(proxyPort, server);
});
afterAll(() => {
  proxy?.stop();
  killAll();
});

async function startProxy(port: number, { url, key }: McpServer) {
  const child = Bun.spawn([process.execPath, 'mcp-auth-proxy.ts', String(port)], {
    cwd: CLIENTS,
    env: { ...process.env, TARGET: url, MCP_KEY: key },
    stdout: 'pipe',
    stderr: 'inherit',
  });
  // Its first line: it listens.
  await child.stdout.getReader().read();
  return { url: `http://localhost:${port}/api/mcp`, stop: () => child.kill('SIGKILL') };
}

async function run(words: readonly string[]): Promise<{ exit: number; out: string; err: string }> {
  const child = Bun.spawn([process.execPath, ...words], { cwd: folder, stdout: 'pipe', stderr: 'pipe' });
  const [out, err, exit] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exit, out, err };
}

describe.skipIf(missing !== null)('the conformance suite', () => {
  test.each(SCENARIOS)('%s %s', async (revision, scenario, passed) => {
    const asked = ['--scenario', scenario, '--spec-version', revision, '--expected-failures', BASELINE];
    const { exit, out, err } = await run([SUITE, 'server', '--url', proxy.url, ...asked]);
    const failures = `${out}${err}`.split('\n').filter((line) => /FAILURE|WARNING/.test(line));
    const counts = /^Passed: (\d+\/\d+)/m.exec(out)?.[1];
    expect({ exit, counts, ...(exit === 0 ? {} : { failures }) }).toEqual({ exit: 0, counts: passed });
  });
});

describe.skipIf(missing !== null)('the inspector', () => {
  const inspect = (era: Era, ...words: string[]) =>
    run([
      ...[
        INSPECTOR,
        '--cli',
        `${server.url}/api/mcp`,
        '--transport',
        'http',
        '--protocol-era',
        era,
        '--stored-auth-only',
      ],
      ...['--header', `Authorization: Bearer ${server.key}`, ...words],
    ]);

  test.each(ERAS)('%s: no schema that some client could not use', async (era) => {
    const { exit, out, err } = await inspect(era, '--method', 'tools/list', '--strict');
    expect({ exit, err }).toEqual({ exit: 0, err: expect.not.stringMatching(/^Warning/m) });
    expect(JSON.parse(out).tools).toHaveLength(7);
  });

  test.each(ERAS)('%s: a tool that works, and one that refuses', async (era) => {
    const call = ['--method', 'tools/call', '--tool-name'];
    const works = await inspect(era, ...call, 'get_site');
    expect([works.exit, JSON.parse(works.out).structuredContent.data.name]).toEqual([0, 'Example']);
    // 5: the tool said that it is an error.
    const refuses = await inspect(era, ...call, 'get_submission', '--tool-args-json', '{"id":"x"}');
    expect([refuses.exit, refuses.out.includes('No submission with this id')]).toEqual([5, true]);
  });
});
