import type { Ids } from '../lib/ids.ts';

const SANE_ID = /^[\w.:=+/@-]{1,128}$/;

/** The request's id: the caller's own where it is sane, else a new one. Spec 2, "Errors". */
export function requestId(request: Request, ids: Ids, nowMs: number): string {
  const given = request.headers.get('x-request-id');
  return given !== null && SANE_ID.test(given) ? given : ids.next('req', nowMs);
}

/**
 * The request as the router reads it: with an address that begins with `http://`, a host and the path. Bun leaves the
 * host out where the Host header is missing (HTTP/1.0), empty or no host at all.
 * @returns the request itself, where it has such an address; null for a Host that is none: RFC 9112, 3.2 asks for a 400
 */
export function addressed(request: Request): Request | null {
  const { url } = request;
  if (url.startsWith('http://')) return request;
  if (url.startsWith('https://')) return new Request(`http://${url.slice('https://'.length)}`, request);
  return url.startsWith('/') && !request.headers.get('host') ? new Request(`http://localhost${url}`, request) : null;
}

/** The path of a request, without a full URL parse. */
export function pathOf(request: Request): string {
  const { url } = request;
  const start = url.startsWith('/') ? 0 : url.indexOf('/', url.indexOf('://') + 3);
  if (start < 0) return '/';
  const end = url.indexOf('?', start);
  return end < 0 ? url.slice(start) : url.slice(start, end);
}

/** The parameters of a request's address. Reads no more of it than that: a Host that is none is no reason to fail. */
export function queryParams(request: Request): URLSearchParams {
  const start = request.url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : request.url.slice(start + 1));
}
