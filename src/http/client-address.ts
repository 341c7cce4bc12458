import { isIP } from 'node:net';
import type { Networks } from '../lib/networks.ts';

/**
 * The address of whoever sent a request. Proxies that are trusted each add the one they were called by at the end of
 * `X-Forwarded-For`: the last that is no trusted proxy is the caller. What stands before it anybody may have written.
 * Where that is no address, nobody knows more than `peer`.
 * @param peer the address at the other end of the connection; null where there is none
 */
export function clientAddress(request: Request, peer: string | null, trusted: Networks): string | null {
  if (peer === null || !trusted.has(peer)) return peer;
  const hops = (request.headers.get('x-forwarded-for') ?? '').split(',').map((hop) => withoutPort(hop.trim()));
  for (const hop of hops.reverse()) {
    if (isIP(hop) === 0) break;
    if (!trusted.has(hop)) return hop;
  }
  return peer;
}

/** Some proxies name the caller's port as well: `192.0.2.7:49152`, `[2001:db8::7]:49152`. */
const withoutPort = (hop: string): string =>
  hop.replace(/^\[([^\]]*)\](?::\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1');
