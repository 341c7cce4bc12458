import { describe, expect, test } from 'bun:test';
import { can, seesSite } from '../../src/accounts/permissions.ts';
import { ADMIN_ROUTES } from '../../src/http/admin/pages.ts';
import type { AdminRoute, SiteRoute, UserRoute } from '../../src/http/admin/route.ts';
import {
  addressOf,
  isOfSite,
  isOpen,
  nameOf,
  namesThing,
  never,
  pairsOf,
  posts,
  THINGS,
  thingsOf,
  type Which,
} from './addresses.ts';
import { DEEDS } from './deeds.ts';
import { type Answer, type Asker, ask, askers, type Sent, type SiteThings, scene } from './permission-scene.ts';
import { HERE } from './site-world.ts';

/*
 * Every address of the admin UI, for everybody, with every kind of id in it. Who may what is taken from the routes
 * themselves, so that a new one is tried as soon as it stands in `pages.ts`; only what can't be known from a route
 * stands here: which things its address names (`THINGS`), and how its form is filled in (`DEEDS`).
 */

const all = await scene();
const everybody = await askers(all);

/** GETs that are answered otherwise than with the page, to who may see it. */
const ANSWERS: Readonly<Record<string, number>> = {
  'GET /admin': 303,
  'GET /admin/welcome': 303,
  'GET /admin/setup/:token': 404,
  // What is shown once was not made by whoever asks here.
  'GET /admin/account/recovery-codes': 404,
  'GET /admin/s/:site/sources/keys/:key/secret': 404,
  'GET /admin/team/:id/link': 404,
  'GET /admin/team/invitations/:id/link': 404,
  // Nobody came from Google, nor from a provider, which is not set here.
  'GET /admin/google/callback': 409,
  'GET /admin/s/:site/sheet/google/:consent': 409,
  'GET /admin/oidc/confirm': 404,
};

/** What is answered instead of 404 where the thing is not there. */
const NOT_THERE: Readonly<Record<string, number>> = {
  // It is over: a page says so, and what is sent leads back to the beginning.
  'GET /admin/s/:site/sheet/google/:consent': 409,
  'POST /admin/s/:site/sheet/google/:consent': 303,
  // Gone already, which is what was wanted.
  'POST /admin/account/passkeys/:id/remove': 303,
};

/** GETs that change something all the same, and what. */
const NOTED: Readonly<Record<string, string>> = {
  'GET /admin/s/:site/sheet/csv/:tab': 'the audit log: leads were exported',
};

/** Acts on keys, users and exports that don't ask for the password, and why. */
const UNASKED: Readonly<Record<string, string>> = {
  'POST /admin/s/:site/leads/views/:view/delete': 'it deletes a way to look, and no lead',
  'POST /admin/team/invitations/:id/revoke': 'it only takes away',
  'POST /admin/s/:site/sources/endpoints/:endpoint/form/fields/:field/delete': 'nothing that was sent goes with it',
};

/** Acts that take no more than looking does, and why. */
const OF_LOOKING: Readonly<Record<string, string>> = {
  'POST /admin/s/:site/leads/columns': "it is the user's own",
  'POST /admin/s/:site/leads/views': 'a view of their own; to share it takes more',
  'POST /admin/s/:site/leads/views/:view/update': 'their own, or a shared one for who may share',
  'POST /admin/s/:site/leads/views/:view/rename': 'their own, or a shared one for who may share',
  'POST /admin/s/:site/leads/views/:view/delete': 'their own, or a shared one for who may share',
};

describe('the table', () => {
  test('knows every thing that an address names', () => {
    const places = ADMIN_ROUTES.flatMap(({ path }) => path.match(/[\w-]+\/:\w+/g) ?? []);
    for (const place of new Set(places)) {
      if (place === 's/:site' || Object.hasOwn(THINGS, place)) continue;
      throw new Error(
        `An address has ${place} in it. Add '${place}': '…' to THINGS in addresses.ts, and make one of it in siteThings or serverThings of permission-scene.ts.`,
      );
    }
  });

  test('knows how each form is filled in, and of no form that there is not', () => {
    for (const { path } of posts) {
      if (Object.hasOwn(DEEDS, path)) continue;
      throw new Error(
        `POST ${path} is new. Add a line '${path}': { form: () => ({ … }) } to DEEDS in deeds.ts, with what its form sends when it does something.`,
      );
    }
    expect(Object.keys(DEEDS).filter((path) => !posts.some((route) => route.path === path))).toEqual([]);
    const routes = ADMIN_ROUTES.map(nameOf);
    for (const list of [ANSWERS, NOT_THERE, NOTED, UNASKED, OF_LOOKING]) {
      expect(Object.keys(list).filter((name) => !routes.includes(name))).toEqual([]);
    }
  });

  test('no address stands twice', () => {
    const names = ADMIN_ROUTES.map(nameOf);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  test.each(ADMIN_ROUTES.map((route) => [nameOf(route), route] as const))('%s asks for enough', (name, route) => {
    // A site's address without its permission would show it to everybody.
    expect(isOfSite(route)).toBe(route.path.startsWith('/admin/s/:site'));
    if (route.method === 'POST' && !Object.hasOwn(OF_LOOKING, name)) expect(route.needs).not.toEndWith('.read');
    const isWeighty = /\/(keys|delete|export|csv|team)(\/|$)/.test(route.path);
    const isAct = route.method === 'POST' || route.path.includes('/csv/');
    if (isWeighty && isAct && !Object.hasOwn(UNASKED, name)) expect('recent' in route && route.recent).toBe(true);
  });
});

describe('who may come where', () => {
  /** What is asked, and nothing is changed by it. */
  async function unchanged(asker: Asker, route: AdminRoute, path: string, sent: Sent = {}): Promise<Answer> {
    const before = all.digest();
    const answer = await ask(all, asker, route.method, path, sent);
    expect({ asker: asker.name, path, ...all.digest() }).toEqual({ asker: asker.name, path, ...before });
    return answer;
  }

  function formFor(route: AdminRoute, asker: Asker, things: SiteThings): Sent {
    const form = DEEDS[route.path]?.form?.({ ...things, ...all.things }, all) ?? {};
    return { form: [['csrf', asker.csrf], ...pairsOf(form)] };
  }

  const mayDo = ({ user }: Asker, route: UserRoute | SiteRoute) => {
    if (user === null) return false;
    if (isOfSite(route)) return can(user, route.needs, all.own.site.id);
    return route.needs === 'user' || can(user, route.needs);
  };

  const address = (route: AdminRoute, which: Which, site = all.own) => addressOf(route, site, thingsOf(all), which);

  const closed = ADMIN_ROUTES.filter((route): route is UserRoute | SiteRoute => !isOpen(route));
  describe.each(closed.map((route) => [nameOf(route), route] as const))('%s', (name, route) => {
    test('who is not signed in is sent to sign in, and back to where they were going', async () => {
      for (const asker of everybody.filter(({ user }) => user === null)) {
        const path = address(route, 'own');
        const { status, location, html } = await unchanged(asker, route, path, formFor(route, asker, all.own));
        const next = encodeURIComponent(route.method === 'GET' ? path : '/admin');
        expect([asker.name, status, location]).toEqual([asker.name, 303, `/admin/sign-in?next=${next}`]);
        expect(html).toBe('');
      }
    });

    test('who may not is told so; of a site that is not theirs, only that there is no such page', async () => {
      for (const asker of everybody.filter((each) => each.user !== null && !mayDo(each, route))) {
        const sent = formFor(route, asker, all.own);
        const { status, html, cookie } = await unchanged(asker, route, address(route, 'own'), sent);
        const unseen = isOfSite(route) && asker.user !== null && !seesSite(asker.user, all.own.site.id);
        expect([asker.name, status]).toEqual([asker.name, unseen ? 404 : 403]);
        if (!unseen) continue;
        const none = { ...all.own, site: { ...all.own.site, id: never(all.own.site.id) } };
        const nothing = await unchanged(asker, route, address(route, 'own', none), sent);
        expect({ status, html, cookie }).toEqual({ status: 404, html: nothing.html, cookie: nothing.cookie });
        expect(html).not.toContain(all.own.site.name);
      }
    });

    if (route.method === 'GET' && !route.path.includes('/sessions/')) {
      test('who may is shown it, and nothing is changed by looking', async () => {
        for (const asker of everybody.filter((each) => mayDo(each, route))) {
          const before = all.digest();
          const { status } = await ask(all, asker, 'GET', address(route, 'own'));
          expect([asker.name, status]).toEqual([asker.name, ANSWERS[name] ?? 200]);
          if (!Object.hasOwn(NOTED, name)) expect(all.digest()).toEqual(before);
        }
      });
    }

    if (isOfSite(route)) {
      test('a site that never was is not there, for anybody', async () => {
        const none = { ...all.own, site: { ...all.own.site, id: never(all.own.site.id) } };
        for (const asker of everybody.filter(({ user }) => user !== null)) {
          const sent = formFor(route, asker, all.own);
          expect((await unchanged(asker, route, address(route, 'own', none), sent)).status).toBe(404);
        }
      });

      if (DEEDS[route.path]?.form !== undefined) {
        test("a form with another site's things in it changes nothing of theirs", async () => {
          const sentTo = DEEDS[route.path]?.form?.({ ...all.foreign, ...all.things }, all);
          const sentOwn = DEEDS[route.path]?.form?.({ ...all.own, ...all.things }, all);
          if (JSON.stringify(sentTo) === JSON.stringify(sentOwn)) return;
          for (const asker of everybody.filter((each) => mayDo(each, route))) {
            await unchanged(asker, route, address(route, 'own'), formFor(route, asker, all.foreign));
          }
        });
      }
    }

    if (namesThing(route)) {
      test("another's, and one that never was, are not there, in the same words", async () => {
        for (const asker of everybody.filter((each) => mayDo(each, route))) {
          const sent = formFor(route, asker, all.own);
          const nothing = await unchanged(asker, route, address(route, 'never'), sent);
          expect([asker.name, nothing.status]).toEqual([asker.name, NOT_THERE[name] ?? 404]);
          if (!isOfSite(route)) continue;
          const theirs = await unchanged(asker, route, address(route, 'foreign'), sent);
          expect({ who: asker.name, html: theirs.html, status: theirs.status }).toEqual({
            who: asker.name,
            html: nothing.html,
            status: nothing.status,
          });
        }
      });
    }
  });

  test("another user's session is not one's own to end", async () => {
    const [owner, admin] = everybody.filter(({ user }) => user !== null);
    const { accounts } = all.world.services;
    const visit = accounts.visit(owner?.token ?? '', HERE);
    const session = visit?.session.id ?? '';
    for (const route of posts.filter(({ path }) => path.includes('/sessions/:'))) {
      const things = { own: { ...all.own, ...all.things, session }, foreign: all.foreign };
      const path = addressOf(route, all.own, things, 'own');
      if (admin === undefined) throw new Error('there is no admin');
      const answer = await unchanged(admin, route, path, { form: [['csrf', admin.csrf]] });
      expect([answer.status, accounts.visit(owner?.token ?? '', HERE)?.session.id]).toEqual([404, session]);
    }
  });

  test('an admin does nothing to an owner, nor to an invitation for one', async () => {
    const admin = everybody.find(({ user }) => user?.role === 'admin');
    if (admin === undefined) throw new Error('there is no admin');
    const things = { own: { ...all.own, ...all.things, ...all.beyond }, foreign: all.foreign };
    for (const route of posts.filter(({ path }) => path.startsWith('/admin/team/') && path.includes('/:'))) {
      const { status } = await unchanged(
        admin,
        route,
        addressOf(route, all.own, things, 'own'),
        formFor(route, admin, all.own),
      );
      expect([route.path, status >= 400 && status < 500]).toEqual([route.path, true]);
    }
  });

  const open = ADMIN_ROUTES.filter(isOpen);
  test.each(open.map((route) => [nameOf(route), route] as const))('%s is for everybody', async (name, route) => {
    for (const asker of everybody) {
      const { status, location } = await unchanged(asker, route, address(route, 'own'), formFor(route, asker, all.own));
      expect(status).toBeLessThan(500);
      if (route.method === 'GET' && name in ANSWERS) expect(status).toBe(ANSWERS[name] ?? 0);
      if (!route.path.includes('/second-factor')) expect(location ?? '').not.toContain('/admin/sign-in?next=');
    }
  });
});
