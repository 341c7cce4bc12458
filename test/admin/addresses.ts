import { ADMIN_ROUTES } from '../../src/http/admin/pages.ts';
import type { AdminRoute, SiteRoute, UserRoute } from '../../src/http/admin/route.ts';
import type { Form } from './deeds.ts';
import type { Scene, ServerThings, SiteThings } from './permission-scene.ts';

/** What stands in an address at this place: of the site, or of the server; `none`: nothing of it can be had here. */
export const THINGS: Readonly<Record<string, keyof SiteThings | keyof ServerThings | 'none'>> = {
  'leads/:lead': 'lead',
  'forms/:form': 'form',
  'keys/:key': 'key',
  'hooks/:hook': 'hook',
  'calls/:call': 'call',
  'endpoints/:endpoint': 'endpoint',
  'fields/:field': 'field',
  'csv/:tab': 'tab',
  'views/:view': 'view',
  'imports/:import': 'import',
  'sessions/:id': 'session',
  'passkeys/:id': 'passkey',
  'team/:id': 'user',
  'invitations/:id': 'invitation',
  'invite/:token': 'invitationToken',
  'reset/:token': 'resetToken',
  // Good only while there is no user.
  'setup/:token': 'none',
  'google/:account': 'account',
  // On the way to Google and back; kept in memory.
  'google/:consent': 'none',
};

export const nameOf = ({ method, path }: AdminRoute) => `${method} ${path}`;

/** An id of the same shape that nothing has. */
export const never = (id: string) => `${id.slice(0, -6)}000000`;

export type Which = 'own' | 'foreign' | 'never';

/** The address of a route, with a site and, where it names one, a thing. */
export function addressOf(route: AdminRoute, site: SiteThings, things: Things, which: Which): string {
  return route.path.replace(/([\w-]+)\/:(\w+)/g, (place, noun: string) => {
    if (noun === 's') return `s/${site.site.id}`;
    const kind = THINGS[place] ?? 'none';
    if (kind === 'none') return `${noun}/nothing-at-all`;
    const id = String({ ...site, ...things.own }[kind as 'lead']);
    const other = String({ ...things.foreign }[kind as 'lead'] ?? id);
    return `${noun}/${which === 'own' ? id : which === 'foreign' ? other : never(id)}`;
  });
}
export interface Things {
  own: SiteThings & ServerThings;
  foreign: SiteThings;
}
export const thingsOf = ({ own, foreign, things }: Scene): Things => ({ own: { ...own, ...things }, foreign });

export const pairsOf = (form: Form): [string, string][] =>
  Object.entries(form).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((each): [string, string] => [name, each]),
  );

export const isOpen = (route: AdminRoute) => route.needs === 'nobody';
export const isOfSite = (route: AdminRoute): route is SiteRoute => 'of' in route;
export const namesThing = ({ path }: AdminRoute) => path.replace('/s/:site', '').includes('/:');
export const posts = ADMIN_ROUTES.filter(
  (route): route is UserRoute | SiteRoute => route.method === 'POST' && !isOpen(route),
);
