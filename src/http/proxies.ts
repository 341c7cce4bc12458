import { isLoopbackHost, type Networks } from '../lib/networks.ts';

/** What a proxy on this machine says of the caller it stands for. Spec 7, `LTS_TRUSTED_PROXIES`. */
const FORWARDING = ['x-forwarded-for', 'forwarded'] as const;

export interface ProxyWatchDeps {
  /** `LTS_TRUSTED_PROXIES`. */
  trusted: Networks;
  /** Called once, with the proxy's address and the header it sent. */
  found(address: string, header: string): void;
}

/** Looks at a request. `peer` is asked for the address at the other end only where a proxy is likely. */
export type ProxyWatch = (request: Request, peer: () => string | null) => void;

/**
 * Tells when a proxy on this machine forwards callers that the settings don't name: all of them look like one then.
 * It costs two looks at the headers of a request, and nothing once it has told, or when it never could.
 */
export function watchProxies({ trusted, found }: ProxyWatchDeps): ProxyWatch {
  let over = trusted.has('127.0.0.1') && trusted.has('::1');
  return (request, peer) => {
    if (over) return;
    const header = FORWARDING.find((name) => request.headers.has(name));
    if (header === undefined) return;
    const address = peer();
    if (address === null || !isLoopbackHost(address) || trusted.has(address)) return;
    over = true;
    found(address, header);
  };
}
