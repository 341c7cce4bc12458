import { expect, test } from 'bun:test';
import { clientAddress } from '../../src/http/client-address.ts';
import { parseNetworks } from '../../src/lib/networks.ts';

const parsed = parseNetworks('10.0.0.0/8 fd00::/8');
if (!parsed.ok) throw new Error(parsed.entry);
const trusted = parsed.networks;
const by = (forwarded: string | null, peer: string | null = '10.0.0.1') => {
  const headers: Record<string, string> = forwarded === null ? {} : { 'x-forwarded-for': forwarded };
  return clientAddress(new Request('http://localhost/', { headers }), peer, trusted);
};

test.each([
  [null, '10.0.0.1'],
  ['', '10.0.0.1'],
  ['192.0.2.7', '192.0.2.7'],
  ['192.0.2.7, 10.0.0.2', '192.0.2.7'],
  // What stands before the last that is no proxy of ours, the caller wrote.
  ['198.51.100.1, 192.0.2.7, 10.0.0.2', '192.0.2.7'],
  ['10.0.0.3, 10.0.0.2', '10.0.0.1'],
  ['2001:db8::7', '2001:db8::7'],
  // Some proxies name the port too, which the caller changes at will.
  ['192.0.2.7:49152', '192.0.2.7'],
  ['[2001:db8::7]:49152', '2001:db8::7'],
  ['[2001:db8::7]', '2001:db8::7'],
  ['192.0.2.7:49152, 10.0.0.2:443, [fd00::1]:443', '192.0.2.7'],
  // No address at all is nobody to count by.
  ['unknown', '10.0.0.1'],
  ['192.0.2.7, _hidden, 10.0.0.2', '10.0.0.1'],
  ['192.0.2.999', '10.0.0.1'],
])('%p from a trusted proxy is from %s', (forwarded, address) => {
  expect(by(forwarded)).toBe(address);
});

test('others say nothing of where a request comes from', () => {
  expect(by('192.0.2.7', '203.0.113.5')).toBe('203.0.113.5');
  expect(by('192.0.2.7', null)).toBeNull();
});
