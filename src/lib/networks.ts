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

/**
 * What one caller can't change at will: an IPv4 address, or the /64 of an IPv6 one, which is the least a network is
 * given (RFC 6177). Another text is itself.
 */
export function networkOf(address: string): string {
  const [plain = ''] = address.split('%', 1);
  if (isIP(plain) !== 6) return address;
  // URLs write an IPv6 address in one way alone: lower case, no dotted part. WHATWG URL, "host serializing".
  const written = new URL(`http://[${plain}]`).hostname.slice(1, -1);
  const [head = '', tail] = written.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail ? tail.split(':') : [];
  const groups = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right];
  if (groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff') return dotted(groups.slice(6));
  return `${groups.slice(0, 4).join(':')}::/64`;
}

function dotted(groups: readonly string[]): string {
  return groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]).join('.');
}
