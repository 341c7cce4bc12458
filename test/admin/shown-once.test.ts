import { expect, test } from 'bun:test';
import { ADMIN_ROUTES } from '../../src/http/admin/pages.ts';
import { codeAt } from '../accounts/totp-code.ts';
import { TestClock } from '../support/clock.ts';
import { type Page, type Person, type SiteWorld, siteWorld } from './site-world.ts';

/** Everything that is known at one moment only: what makes it, and how its page shows it. */
const SECRETS: readonly { what: string; make(world: SiteWorld, person: Person): Promise<Page>; shown: RegExp }[] = [
  {
    what: 'a key',
    make: ({ site }, person) =>
      person.post(`/admin/s/${site.id}/sources/keys`, { name: 'K', scopes: 'forms:read', expires: 'never' }),
    shown: /lts_[0-9A-Za-z]{38}/,
  },
  {
    what: 'an invitation',
    make: (_, person) => person.post('/admin/team/invite', { email: '', role: 'admin' }),
    shown: /http:\/\/localhost\/admin\/invite\/[\w-]{43}/,
  },
  {
    what: 'a reset link',
    make: async ({ services }, person) => {
      const other = services.accounts.users().find(({ role }) => role === 'viewer');
      return person.post(`/admin/team/${other?.id}/reset`);
    },
    shown: /http:\/\/localhost\/admin\/reset\/[\w-]{43}/,
  },
  {
    what: 'recovery codes',
    make: (_, person) => person.post('/admin/account/recovery-codes'),
    shown: /[0-9a-z]{5}-[0-9a-z]{5}\n/,
  },
];

async function household() {
  const clock = new TestClock();
  const world = await siteWorld(ADMIN_ROUTES, { clock });
  const [owner, other] = [await world.person('owner'), await world.person('owner')];
  await world.person('viewer');
  await withFactor(owner, clock);
  return { clock, world, owner, other };
}

async function withFactor(person: Person, clock: TestClock): Promise<void> {
  const { html } = await person.post('/admin/account/totp');
  const secret = /name="secret" value="([A-Z2-7]+)"/.exec(html)?.[1] ?? '';
  const sent = await person.post('/admin/account/totp/confirm', { code: codeAt(secret, clock.now()) });
  expect((await person.get(sent.location ?? '')).html).toContain('Your recovery codes');
}

test.each(SECRETS)(
  '$what is shown once, to the session that made it, and loading anew makes no other',
  async (each) => {
    const { world, owner, other } = await household();
    const { services } = world;
    const made = await each.make(world, owner);
    expect({ status: made.status, html: made.html }).toEqual({ status: 303, html: '' });
    const path = made.location ?? '';
    expect(path).not.toMatch(each.shown);

    const elsewhere = await other.get(path);
    expect(elsewhere.status).toBe(404);
    expect(elsewhere.html).not.toMatch(each.shown);
    expect((await world.fetch(new Request(`http://localhost${path}`))).status).toBe(303);

    const before = services.store.audit.list({ limit: 100 }).length;
    const page = await owner.get(path);
    expect(page.status).toBe(200);
    expect(page.html).toMatch(each.shown);
    expect(page.headers.get('cache-control')).toBe('no-store');
    const again = await owner.get(path);
    expect(again.status).toBe(404);
    expect(again.html).not.toMatch(each.shown);
    expect(again.html).toContain('not shown again');
    expect(services.store.audit.list({ limit: 100 })).toHaveLength(before);
  },
);

test.each(SECRETS)('$what is forgotten after five minutes', async (each) => {
  const { world, owner, clock } = await household();
  const soon = (await each.make(world, owner)).location ?? '';
  clock.advance(5 * 60_000 - 1);
  expect((await owner.get(soon)).html).toMatch(each.shown);
  const late = (await each.make(world, owner)).location ?? '';
  clock.advance(5 * 60_000);
  expect((await owner.get(late)).status).toBe(404);
});

test('of two made in a row both are shown, and one made anew takes the place of its former', async () => {
  const { world, owner } = await household();
  const base = `/admin/s/${world.site.id}/sources/keys`;
  const make = async () =>
    (await owner.post(base, { name: 'K', scopes: 'forms:read', expires: 'never' })).location ?? '';
  const [first, second] = [await make(), await make()];
  const keyOf = async (path: string) => /lts_[0-9A-Za-z]{38}/.exec((await owner.get(path)).html)?.[0];
  const rotated = await owner.post(first.replace('/secret', '/rotate'), { hours: '0' });
  expect(rotated.location).toBe(first);
  const { keys } = world.services.store;
  const valid = (key: string | undefined) => keys.findByHash(world.services.vault.hashKey(key ?? ''))?.validUntil;
  const [one, two] = [await keyOf(first), await keyOf(second)];
  expect(one).not.toBe(two);
  expect([valid(one), valid(two)]).toEqual([null, null]);
});
