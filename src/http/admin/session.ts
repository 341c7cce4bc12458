const NAME = 'lts_session';

/** Over HTTPS the name itself keeps other hosts of the domain from setting it. RFC 6265bis, 4.1.3.2. */
const cookieName = (secure: boolean) => (secure ? `__Host-${NAME}` : NAME);

/** The token of the request's cookie; null where there is none. */
export function sessionToken(request: Request, secure: boolean): string | null {
  const name = cookieName(secure);
  for (const pair of (request.headers.get('cookie') ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim() || null;
  }
  return null;
}

/** Not to be read by scripts, nor sent along by other sites' forms. Spec 7, "Security". */
export function sessionCookie(token: string, secure: boolean, seconds: number): string {
  const attributes = ['Path=/', 'HttpOnly', 'SameSite=Lax', `Max-Age=${Math.max(0, Math.floor(seconds))}`];
  if (secure) attributes.push('Secure');
  return `${cookieName(secure)}=${token}; ${attributes.join('; ')}`;
}

/** Whether the browser says that a request was made by a page of ours, or by nobody's page. */
export function isOwnRequest(request: Request, publicUrl: string): boolean {
  const site = request.headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin' && site !== 'none') return false;
  const origin = request.headers.get('origin');
  if (origin === null) return true;
  const host = request.headers.get('host');
  return origin === publicUrl || origin === `http://${host}` || origin === `https://${host}`;
}
