import { isIP } from 'node:net';
import { isLoopbackHost } from '../../lib/networks.ts';

export interface OriginRule {
  /** The address callers know the server by: an origin. */
  publicUrl(): string;
  /** `LTS_HOST`. */
  listenHost: string;
}

/**
 * Whether a request may come from where it says: programs send no Origin; a web page's must be the public address, or
 * the very host that the request is for. The latter counts only for hosts that nobody else can point at this machine:
 * under DNS rebinding a stranger's page calls us by its own name, and Origin and Host agree. Spec 7, `LTS_PUBLIC_URL`.
 */
export function isAllowedOrigin({ headers }: Request, rule: OriginRule): boolean {
  const given = headers.get('origin');
  if (given === null) return true;
  if (!/^https?:\/\//i.test(given) || !URL.canParse(given)) return false;
  const origin = new URL(given);
  const own = new URL(rule.publicUrl());
  if (origin.origin === own.origin) return true;
  const address = `${origin.protocol}//${headers.get('host') ?? ''}`;
  if (!URL.canParse(address) || new URL(address).host !== origin.host) return false;
  return isOurs(origin.hostname, own.hostname, rule.listenHost);
}

function isOurs(host: string, publicHost: string, listenHost: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  if (isLoopbackHost(bare) || host === publicHost || bare === listenHost.toLowerCase()) return true;
  // An address is no name: it can't be pointed elsewhere. On loopback nobody calls us by one of another machine.
  return isIP(bare) !== 0 && !isLoopbackHost(listenHost);
}
