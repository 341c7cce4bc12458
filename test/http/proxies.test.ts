import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { watchProxies } from '../../src/http/proxies.ts';
import { type Networks, NO_NETWORKS, parseNetworks } from '../../src/lib/networks.ts';
import { program, removeFolders } from '../cli/program.ts';

setDefaultTimeout(60_000);
afterAll(removeFolders);

function networks(text: string): Networks {
  const parsed = parseNetworks(text);
  if (!parsed.ok) throw new Error(parsed.entry);
  return parsed.networks;
}

describe('a forwarding header from this machine', () => {
  function watch(trusted: Networks) {
    const found: string[] = [];
    let asked = 0;
    const look = watchProxies({ trusted, found: (...what) => void found.push(what.join(' ')) });
    return {
      found,
      asked: () => asked,
      send(peer: string | null, headers: Record<string, string> = { 'x-forwarded-for': '203.0.113.9' }) {
        look(new Request('http://localhost/', { headers }), () => {
          asked++;
          return peer;
        });
      },
    };
  }

  test('is told once, whatever follows; then nobody asks for an address any more', () => {
    const it = watch(NO_NETWORKS);
    it.send('127.0.0.1');
    it.send('::1', { forwarded: 'for=203.0.113.9' });
    expect(it.found).toEqual(['127.0.0.1 x-forwarded-for']);
    expect(it.asked()).toBe(1);
  });

  test('is not told of a trusted proxy, of another machine, of a request without one', () => {
    const it = watch(networks('127.0.0.1'));
    it.send('127.0.0.1');
    it.send('::ffff:127.0.0.1');
    it.send('203.0.113.9');
    it.send(null);
    it.send('::1', {});
    expect(it.found).toEqual([]);
    expect(it.asked()).toBe(4);
    it.send('::1');
    expect(it.found).toEqual(['::1 x-forwarded-for']);
  });

  test('is not looked for where all of this machine is trusted', () => {
    const it = watch(networks('127.0.0.0/8, ::1'));
    it.send('127.0.0.1');
    expect(it.asked()).toBe(0);
  });
});

test('the server logs an untrusted proxy once, and doctor says how to trust it; trusted, neither', async () => {
  const it = program();
  const first = await it.serve();
  for (let i = 0; i < 3; i++) await fetch(`${first.url}/healthz`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
  await first.logged('http.untrusted_proxy');
  first.kill('SIGTERM');
  await first.exited;
  expect(first.log().match(/http\.untrusted_proxy/g)).toHaveLength(1);
  expect(first.log()).not.toContain('203.0.113.9');
  const proxy = async (env: Record<string, string> = {}) => {
    const report = JSON.parse((await it.run(['doctor', '--json'], { env: { LTS_PORT: '0', ...env } })).stdout);
    return report.checks.find((check: any) => check.name === 'proxy');
  };
  const said = await proxy();
  expect(said).toMatchObject({ status: 'warning' });
  expect(said.fix).toContain('LTS_TRUSTED_PROXIES=127.0.0.1');
  const env = { LTS_TRUSTED_PROXIES: '127.0.0.1' };
  expect(await proxy(env)).toBeUndefined();

  const second = await it.serve(env);
  await fetch(`${second.url}/healthz`, { headers: { 'x-forwarded-for': '203.0.113.9' } });
  second.kill('SIGTERM');
  await second.exited;
  expect(second.log()).not.toContain('http.untrusted_proxy');
  // What the first one saw is over.
  expect(await proxy()).toBeUndefined();
});
