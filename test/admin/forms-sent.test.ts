import { expect, test } from 'bun:test';
import { ADMIN_ROUTES } from '../../src/http/admin/pages.ts';
import type { SiteRoute, UserRoute } from '../../src/http/admin/route.ts';
import { addressOf, isOfSite, pairsOf, posts, thingsOf } from './addresses.ts';
import { DEEDS, type Deed, type Form } from './deeds.ts';
import { type Asker, ask, type Sent, scene } from './permission-scene.ts';
import { PASSWORD } from './site-world.ts';

/*
 * Every form of the admin UI: sent from elsewhere it does nothing, and what is weighty wants the password again. The
 * routes say which; how each form is filled in stands in `deeds.ts`.
 */

const all = await scene();

/** Somebody who may, with something to do it to, and the form as they send it. */
async function ready(route: UserRoute | SiteRoute) {
  const deed: Deed = DEEDS[route.path] ?? {};
  const by = await all.enter('owner');
  const things = {
    ...(isOfSite(route) ? await all.siteThings(all.own.site) : all.own),
    ...(await all.serverThings()),
  };
  const more = await deed.prepare?.(all, by, things);
  const form: Form = { ...deed.form?.(things, all), ...more };
  const path = addressOf(route, all.own, { own: things, foreign: all.foreign }, 'own');
  return { deed, by, path, form, pairs: [['csrf', by.csrf], ...pairsOf(form)] as [string, string][] };
}

const FORGED: readonly [what: string, change: (pairs: readonly [string, string][]) => Sent, status: number][] = [
  ['without a token', (pairs) => ({ form: pairs.slice(1) }), 403],
  ['with a wrong token', (pairs) => ({ form: [['csrf', 'f'.repeat(64)], ...pairs.slice(1)] }), 403],
  ['from another origin', (form) => ({ form, headers: { origin: 'https://evil.example' } }), 403],
  ['from no origin', (form) => ({ form, headers: { origin: 'null' } }), 403],
  ['from another web site', (form) => ({ form, headers: { 'sec-fetch-site': 'cross-site' } }), 403],
  ['from another host of the site', (form) => ({ form, headers: { 'sec-fetch-site': 'same-site' } }), 403],
  [
    'as JSON',
    (pairs) => ({
      body: JSON.stringify(Object.fromEntries(pairs)),
      headers: { 'content-type': 'application/json', 'content-length': '200' },
    }),
    415,
  ],
  [
    'as text',
    (pairs) => ({ body: pairs.map((pair) => pair.join('=')).join('\n'), headers: { 'content-type': 'text/plain' } }),
    415,
  ],
];

test.each(posts.map((route) => [route.path, route] as const))(
  'POST %s: forged ones do nothing, the password is asked for where it must be, and then it is done',
  async (_, route) => {
    const { deed, by, path, form, pairs } = await ready(route);
    let before = all.digest();
    for (const [what, change, status] of FORGED) {
      const answer = await ask(all, by, 'POST', path, change(pairs));
      expect([what, answer.status]).toEqual([what, status]);
      expect({ what, ...all.digest() }).toEqual({ what, ...before });
    }
    if (route.recent) {
      // Moments of one commit may differ by some milliseconds.
      all.clock.advance(15 * 60_000 + 1_000);
      before = await askedAgain(by, path, pairs);
    }
    const password: [string, string][] = route.recent ? [['confirm_password', PASSWORD]] : [];
    const done = await ask(all, by, 'POST', path, { form: [...pairs, ...password] });
    expect([path, done.status]).toEqual([path, deed.answer ?? 303]);
    expect(done.html).not.toContain('Confirm it is you');
    const ignored = route.recent ? { session: '' } : {};
    const after = { ...all.digest(), ...ignored };
    const same = Bun.deepEquals(after, { ...before, ...ignored });
    expect({ path, form, same }).toEqual({ path, form, same: deed.changesNothing !== undefined });
  },
);

/** The password is asked for, keeping what was sent; without it, or with a wrong one, nothing is done. */
async function askedAgain(by: Asker, path: string, pairs: [string, string][]) {
  const before = all.digest();
  const asked = await ask(all, by, 'POST', path, { form: pairs });
  expect([asked.status, asked.html.includes('Confirm it is you')]).toEqual([200, true]);
  const wrong = await ask(all, by, 'POST', path, { form: [...pairs, ['confirm_password', 'not the password']] });
  expect([wrong.status, wrong.html.includes('Confirm it is you')]).toEqual([422, true]);
  for (const { html } of [asked, wrong]) {
    expect(html).toContain(`action="${path}"`);
    for (const [name, value] of pairs.slice(1)) {
      expect(html).toContain(`name="${name}" value="${Bun.escapeHTML(value)}"`);
    }
    expect(html).not.toContain('not the password');
  }
  expect(all.digest()).toEqual(before);
  return before;
}

const recentGets = ADMIN_ROUTES.filter((route) => route.method === 'GET' && 'recent' in route && route.recent);
test.each(recentGets.map((route) => [route.path, route] as const))(
  'GET %s asks for a password older than 15 minutes, and leads back',
  async (_, route) => {
    const by = await all.enter('owner');
    const path = addressOf(route, all.own, thingsOf(all), 'own');
    // Moments of one commit may differ by some milliseconds.
    all.clock.advance(15 * 60_000 - 1_000);
    expect((await ask(all, by, 'GET', path)).html).not.toContain('Confirm it is you');
    all.clock.advance(2_000);
    const before = all.digest();
    const asked = await ask(all, by, 'GET', path);
    expect(asked.html).toContain('Confirm it is you');
    expect(asked.html).toContain(`name="next" value="${path}"`);
    expect(all.digest()).toEqual(before);
    const form = [
      ['csrf', by.csrf],
      ['next', path],
      ['confirm_password', PASSWORD],
    ] as const;
    expect((await ask(all, by, 'POST', '/admin/confirm', { form })).location).toBe(path);
    expect((await ask(all, by, 'GET', path)).html).not.toContain('Confirm it is you');
  },
);
