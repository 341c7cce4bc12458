import { BlockList, isIP } from 'node:net';

/** A set of addresses and CIDR ranges. */
export interface Networks {
  /** As they were written. */
  readonly entries: readonly string[];
  /** Whether an address lies in one of them. An IPv4 address in IPv6 clothes (`::ffff:…`) counts as itself. */
  has(address: string): boolean;
}

/**
 * Reads a list like `127.0.0.1, 10.0.0.0/8, fd00::/8`.
 * @returns the networks, or the first entry that is none
 */
export function parseNetworks(text: string): { ok: true; networks: Networks } | { ok: false; entry: string } {
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '');
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', length, ...rest] = entry.split('/');
    const version = isIP(address);
    const bits = length === undefined ? (version === 4 ? 32 : 128) : /^\d{1,3}$/.test(length) ? Number(length) : -1;
    if (version === 0 || address.includes('%') || rest.length > 0) return { ok: false, entry };
    if (bits < 0 || bits > (version === 4 ? 32 : 128)) return { ok: false, entry };
    list.addSubnet(address, bits, version === 4 ? 'ipv4' : 'ipv6');
  }
  const has = (address: string) => {
    const version = isIP(address);
    return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
  };
  return { ok: true, networks: { entries, has } };
}

/** Whether a host name or address (brackets or not) means this machine. RFC 6761, 6.3; RFC 6890. */
export function isLoopbackHost(host: string): boolean {
  const name = host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  if (name === 'localhost') return true;
  return isIP(name) !== 0 && LOOPBACK.has(name);
}

/** None at all. */
export const NO_NETWORKS: Networks = { entries: [], has: () => false };

const loopback = parseNetworks('127.0.0.0/8 ::1');
const LOOPBACK: Networks = loopback.ok ? loopback.networks : NO_NETWORKS;
