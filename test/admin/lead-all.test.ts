import { expect, setDefaultTimeout, test } from 'bun:test';
import { createAccounts } from '../../src/accounts/create.ts';
import { leadRoutes } from '../../src/http/admin/pages/leads.tsx';
import { adminRoutes } from '../../src/http/admin/routes.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { Site } from '../../src/store/store.ts';
import { newLead } from '../support/leads.ts';
import { until } from '../support/server.ts';
import { HERE, type Person, siteWorld } from './site-world.ts';

setDefaultTimeout(60_000);
const world = await siteWorld(leadRoutes);
const { services } = world;
const { store } = services;
const owner = await world.person('owner');

async function siteWith(leads: readonly ReturnType<typeof newLead>[]) {
  const site = await store.sites.create({ name: 'Shop', timezone: 'Europe/Berlin' });
  const base = `/admin/s/${site.id}/leads`;
  for (let at = 0; at < leads.length; at += 500) await add(site, leads.slice(at, at + 500));
  return { site, base };
}

const add = (site: Site, leads: readonly ReturnType<typeof newLead>[]) =>
  store.leads.accept({ siteId: site.id, items: leads.map((lead) => ({ lead })), idempotency: null });
const alice = (n: number) => newLead({ Name: `Alice ${n}` }, { source: 'mcp' });
const bob = (n: number) => newLead({ Name: `Bob ${n}` });
const many = (n: number, make: (n: number) => ReturnType<typeof newLead>) =>
  Array.from({ length: n }, (_, i) => make(i));
const counted = (site: Site, spam: 'only' | 'exclude', more = {}) =>
  store.leads.count(site.id, { spam, ...more }, 100_000);

/** The form of a question as it would be sent. */
const formOf = (html: string) =>
  Object.fromEntries(
    [...html.matchAll(/<input type="hidden" name="(\w+)" value(?:="([^"]*)")?/g)]
      .filter(([, name]) => name !== 'csrf')
      .map(([, name, value]) => [name ?? '', (value ?? '').replaceAll('&amp;', '&')]),
  );
const question = (html: string) => html.slice(html.indexOf('<main'));

/** Asks for something to be done with all, says yes, and waits until it is over. */
async function doAll(base: string, path: string, form: Record<string, string>, who: Person = owner) {
  const asked = await who.post(`${base}/${path}`, form);
  if (asked.status !== 200) return { asked, done: asked, page: '' };
  const done = await who.post(`${base}/${path}`, {
    ...formOf(question(asked.html)),
    ...(form.rows ? { rows: 'yes' } : {}),
  });
  let page = '';
  await until('it is over', async () => {
    page = (await who.get(`${base}/task`)).html;
    return page.includes('id="lead-task"') && !page.includes('hx-trigger="every 2s"');
  });
  return { asked, done, page };
}

test('what is done with all asks first, does it over many pages to what matches, and is told once', async () => {
  const { site, base } = await siteWith([...many(450, alice), ...many(60, bob)]);
  const list = (await owner.get(`${base}?q=alice&source=mcp`)).html;
  expect(list).toContain('Change all 450 leads found');
  const asked = await owner.post(`${base}/all`, { act: 'spam', list: 'q=alice&source=mcp' });
  expect(asked.html).toContain('<h1>Mark 450 leads as spam?</h1>');
  expect(asked.html).toContain('<dt>Search</dt><dd><bdi>alice</bdi></dd>');
  expect(counted(site, 'only')).toBe(0);
  // What comes in between the question and the answer was not asked about.
  await add(site, [alice(999)]);
  const done = await owner.post(`${base}/all`, formOf(question(asked.html)));
  expect(done.location).toBe(`${base}?q=alice&source=mcp&notice=bulk_started`);
  await until('all are marked', async () => (await owner.get(base)).html.includes('450 leads marked as spam.'));
  expect([counted(site, 'only'), counted(site, 'exclude')]).toEqual([450, 61]);
  const told = store.audit.list({ limit: 10, siteId: site.id });
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject({
    action: 'leads.spam_marked',
    before: { source: 'mcp', spam: 'exclude', searched: true },
    after: { spam: true, leads: 450, stopped: false },
  });
  expect(JSON.stringify(told)).not.toContain('alice');
  const back = await doAll(base, 'all', { act: 'ham', list: 'spam=only' });
  expect(back.page).toContain('450 leads marked as not spam.');
  expect([counted(site, 'only'), counted(site, 'exclude')]).toEqual([0, 511]);
});

test('quality is set, failed rows are tried again, and leads are deleted with their rows', async () => {
  const { site, base } = await siteWith([]);
  // No row is written by itself: the test says how each stands.
  await store.sheets.pause(site.id, { code: 'not_shared', message: 'Share it.', technical: null }, null);
  await add(site, many(260, bob));
  const all = () =>
    store.leads.list(site.id, { filter: { spam: 'include' }, newestFirst: true, limit: 300, offset: 0 });
  const quality = site.qualityChoices[1] ?? '';
  const set = await doAll(base, 'all', { act: 'quality', quality });
  expect(set.asked.html).toContain(`Set 260 leads to ${quality}?`);
  expect(set.page).toContain('Quality of 260 leads set.');
  expect(new Set(all().map((lead) => lead.quality))).toEqual(new Set([quality]));
  expect((await owner.post(`${base}/all`, { act: 'quality', quality: 'made up' })).status).toBe(422);

  expect((await owner.post(`${base}/all`, { act: 'retry' })).location).toEndWith('notice=none_failed');
  const ids = all().map(({ id }) => id);
  await store.sheets.markSynced(site.id, ids.slice(3));
  for (const id of ids.slice(0, 3)) await store.sheets.fail(site.id, id, 'refused');
  expect((await owner.post(`${base}/all`, { act: 'retry', list: 'sync_status=synced' })).location).toEndWith(
    'none_failed',
  );
  const again = await doAll(base, 'all', { act: 'retry' });
  expect(again.asked.html).toContain('Try 3 leads again?');
  expect(again.page).toContain('3 leads sent to the sheet again.');
  expect(store.sheets.counts(site.id)).toMatchObject({ pending: 3, failed: 0, synced: 257 });

  const gone = await doAll(base, 'all/delete', { act: 'delete', list: 'q=bob+25', rows: 'yes' });
  expect(gone.asked.html).toContain('Delete 11 leads?');
  expect(gone.page).toContain('11 leads deleted.');
  expect(counted(site, 'exclude')).toBe(249);
  expect(store.audit.list({ limit: 1, siteId: site.id })[0]).toMatchObject({
    action: 'leads.deleted',
    after: { leads: 11, row_removed: true },
  });
});

test('it stops where it is told to, says how far it got, and there is one at a time', async () => {
  const { site, base } = await siteWith(many(2_000, alice));
  // Rows get their turn after each part: at the first one somebody tries another thing, then stops this one.
  const said: (string | null)[] = [];
  let first = true;
  const sweep = () => {
    if (!first) return;
    first = false;
    void (async () => {
      said.push((await me.post(`${base}/all`, { act: 'ham', sure: 'yes', list: '' })).location);
      said.push((await me.get(base)).html);
      await me.post(`${base}/task/stop`);
    })();
  };
  const held = { ...services, sync: { ...services.sync, sweep } };
  const app = adminRoutes(leadRoutes, held);
  const me: Person = await world.person('owner', [], (request) => app.fetch(request));
  await me.post(`${base}/all`, { act: 'spam', sure: 'yes', list: '' });
  await until('it has stopped', async () => (await me.get(base)).html.includes('What was done stays done.'));
  expect(said[0]).toEndWith('notice=bulk_busy');
  expect(said[1]).toContain('Marking leads as spam…');
  expect(said[1]).toMatch(/<progress max="2000" value="\d+"/);
  const marked = counted(site, 'only');
  expect(marked).toBeGreaterThanOrEqual(200);
  expect(marked).toBeLessThan(2_000);
  expect(store.audit.list({ limit: 10, siteId: site.id })).toEqual([
    expect.objectContaining({ action: 'leads.spam_marked', after: { spam: true, leads: marked, stopped: true } }),
  ]);
});

test('it stops where whoever began it may not do it any more; signing out stops nothing', async () => {
  const { accounts } = services;
  const ends: [stops: boolean, end: (id: string, cookie: string) => Promise<unknown>][] = [
    [true, (id) => accounts.updateUser('cli', id, { disabled: true })],
    [true, (id) => accounts.updateUser('cli', id, { role: 'member' })],
    [false, (_, cookie) => accounts.signOut(cookie.slice(cookie.indexOf('=') + 1), HERE)],
  ];
  for (const [stops, end] of ends) {
    const { site, base } = await siteWith(many(1_000, alice));
    let first = true;
    const sweep = () => {
      if (!first) return;
      first = false;
      void end(store.accounts.users().at(-1)?.id ?? '', me.cookie);
    };
    const app = adminRoutes(leadRoutes, { ...services, sync: { ...services.sync, sweep } });
    const me: Person = await world.person('admin', [], (request) => app.fetch(request));
    await me.post(`${base}/all/delete`, { act: 'delete', sure: 'yes', list: '' });
    const told = () => store.audit.list({ limit: 1, siteId: site.id })[0]?.after;
    await until('it is over', () => told() !== undefined);
    const left = counted(site, 'exclude');
    expect(left > 0).toBe(stops);
    expect(told()).toEqual({ row_removed: false, leads: 1_000 - left, stopped: stops });
  }
});

test('whatever else there is to do gets its turn, also where nothing has to be changed', async () => {
  const { site, base } = await siteWith(many(2_000, bob));
  let turns = 0;
  let over = false;
  const turn = () => {
    turns += 1;
    if (!over) setImmediate(turn);
  };
  await owner.post(`${base}/all`, { act: 'ham', sure: 'yes', list: '' });
  setImmediate(turn);
  await until('it is over', () => store.audit.list({ limit: 1, siteId: site.id }).length === 1);
  over = true;
  expect(turns).toBeGreaterThanOrEqual(9);
  expect((await owner.get(base)).html).toContain('0 leads marked as not spam.');
});

test('only those may who may do it to one; deleting wants the password and its own address', async () => {
  const { site, base } = await siteWith(many(60, bob));
  const able = {
    owner: [200, 200, 303],
    admin: [200, 200, 303],
    member: [200, 403, 303],
    viewer: [403, 403, 403],
  } as const;
  for (const role of ['owner', 'admin', 'member', 'viewer'] as const) {
    const person = await world.person(role, [site.id]);
    const answers = [
      await person.post(`${base}/all`, { act: 'spam' }),
      await person.post(`${base}/all/delete`, { act: 'delete' }),
      await person.post(`${base}/task/stop`),
    ];
    expect([role, ...answers.map(({ status }) => status)]).toEqual([role, ...able[role]]);
    expect((await person.get(base)).html.includes('Change all ')).toBe(role !== 'viewer');
  }
  const stranger = await world.person('member');
  expect((await stranger.post(`${base}/all`, { act: 'spam', sure: 'yes' })).status).toBe(404);
  expect((await owner.post(`${base}/all`, { act: 'delete', sure: 'yes' })).status).toBe(422);
  expect((await owner.post(`${base}/all/delete`, { act: 'spam', sure: 'yes' })).status).toBe(422);
  // A filter that is not understood would make it more leads than were meant.
  const vague = await owner.post(`${base}/all`, { act: 'spam', sure: 'yes', list: 'source=pigeon' });
  expect([vague.status, vague.html.includes('Source was left out')]).toEqual([422, true]);
  const clock = { ...systemClock, now: () => systemClock.now() + 15 * 60_000 };
  const accounts = createAccounts({ store, vault: services.vault, clock });
  const later = adminRoutes(leadRoutes, { ...services, accounts });
  const person = await world.person('owner', [], (request) => later.fetch(request));
  const asked = await person.post(`${base}/all/delete`, { act: 'delete', sure: 'yes' });
  expect(asked.html).toContain('This needs your password again');
  expect([counted(site, 'exclude'), counted(site, 'only')]).toEqual([60, 0]);
});
