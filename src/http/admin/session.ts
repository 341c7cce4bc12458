const NAME = 'lts_session';

/** Over HTTPS the name itself keeps other hosts of the domain from setting it. RFC 6265bis, 4.1.3.2. */
const cookieName = (name: string, secure: boolean) => (secure ? `__Host-${name}` : name);

/** The token of the request's cookie; null where there is none. */
export const sessionToken = (request: Request, secure: boolean): string | null => readCookie(request, NAME, secure);

/** A cookie that `cookie` made; null where there is none. */
export function readCookie(request: Request, bareName: string, secure: boolean): string | null {
  const name = cookieName(bareName, secure);
  for (const pair of (request.headers.get('cookie') ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim() || null;
  }
  return null;
}

export const sessionCookie = (token: string, secure: boolean, seconds: number): string =>
  cookie(NAME, token, secure, seconds);

/** Not to be read by scripts, nor sent along by other sites' forms. Spec 7, "Security". @param seconds 0: forget it */
export function cookie(bareName: string, value: string, secure: boolean, seconds: number): string {
  const attributes = ['Path=/', 'HttpOnly', 'SameSite=Lax', `Max-Age=${Math.max(0, Math.floor(seconds))}`];
  if (secure) attributes.push('Secure');
  return `${cookieName(bareName, secure)}=${value}; ${attributes.join('; ')}`;
}

/** What a browser is told, with each cookie in a line of its own. RFC 6265, 3. */
export function withCookies(headers: Readonly<Record<string, string>>, cookies: readonly string[] = []): Headers {
  const all = new Headers(headers);
  for (const each of cookies) all.append('set-cookie', each);
  return all;
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
