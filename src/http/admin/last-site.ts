import { ID_ALPHABET } from '../../lib/ids.ts';

const NAME = 'lts_site';
const FOUND = new RegExp(`(?:^|;\\s*)${NAME}=(site_[${ID_ALPHABET}]+)`);
const YEAR_SECONDS = 31_536_000;

/** The site that was looked at last in this browser; whether it is there for the user is the caller's to see. */
export function lastSite(request: Request): string | null {
  return FOUND.exec(request.headers.get('cookie') ?? '')?.[1] ?? null;
}

/** Remembers it: a convenience, so nothing is trusted that comes of it. */
export function rememberSite(id: string): string {
  return `${NAME}=${id}; Path=/admin; HttpOnly; SameSite=Lax; Max-Age=${YEAR_SECONDS}`;
}
