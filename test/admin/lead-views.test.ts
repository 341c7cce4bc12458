import { expect, setDefaultTimeout, test } from 'bun:test';
import { leadRoutes } from '../../src/http/admin/pages/leads.tsx';
import { MAX_VIEWS } from '../../src/store/views.ts';
import { newLead } from '../support/leads.ts';
import { type Person, siteWorld } from './site-world.ts';

setDefaultTimeout(60_000);
const world = await siteWorld(leadRoutes);
const { store } = world.services;

/** A site of its own, with a lead for each of these. */
async function siteWith(...leads: ReturnType<typeof newLead>[]) {
  const site = await store.sites.create({ name: 'Shop', timezone: 'Europe/Berlin' });
  await store.leads.accept({ siteId: site.id, items: leads.map((lead) => ({ lead })), idempotency: null });
  const person = (role: 'owner' | 'admin' | 'member' | 'viewer') => world.person(role, [site.id]);
  return { site, base: `/admin/s/${site.id}/leads`, person };
}

const heads = (html: string) =>
  [...html.matchAll(/<th scope="col"[^>]*>(?:<bdi>|<a[^>]*>)?([^<↓↑]+)/g)].map(([, text]) => text?.trim());
const cells = (html: string, label: string) =>
  [...html.matchAll(new RegExp(`<td data-label="${label}"[^>]*><div[^>]*>(.*?)</div></td>`, 'g'))].map(
    ([, text]) => text,
  );
const tabs = (html: string) =>
  [...(/<nav class="tabs".*?<\/nav>/.exec(html)?.[0] ?? '').matchAll(/<bdi>(.*?)<\/bdi>/g)].map(([, name]) => name);
const shown = (html: string) => [...html.matchAll(/name="ids" value="/g)].length;

async function saved(person: Person, base: string, name: string, more: Record<string, string> = {}) {
  const { location } = await person.post(`${base}/views`, { name, ...more });
  const id = /view=(view_\w+)&notice=view_saved$/.exec(location ?? '')?.[1];
  if (id === undefined) throw new Error(`not saved: ${location}`);
  return { id, path: `${base}?view=${id}` };
}

test('everybody chooses the columns they want to see, each in each site for themselves', async () => {
  const lead = newLead(
    { Name: 'Alice', Budget: 5000, constructor: 'x' },
    { body: { utm_source: 'google', page_url: 'javascript:alert(1)' } },
  );
  const { base, person } = await siteWith(lead);
  const [one, two] = [await person('viewer'), await person('member')];
  const usual = ['Time', 'Who', 'What', 'Form', 'Score', 'Status'];
  expect(heads((await one.get(base)).html)).toEqual(usual);
  // Sent in another order, with some that do not exist: the table has its own order.
  const columns = ['s:utm_source', 'f:Budget', 'time', 'f:toString', 's:page_url', 's:none', 'nonsense', '__proto__'];
  const done = await one.post(`${base}/columns`, { columns, list: 'q=alice' });
  expect(done).toMatchObject({ status: 303, location: `${base}?q=alice&notice=columns_saved` });
  const { html } = await one.get(base);
  expect(heads(html)).toEqual(['Time', 'Who', 'Budget', 'toString', 'Page URL', 'UTM Source']);
  expect(cells(html, 'Budget')).toEqual(['5000']);
  expect(cells(html, 'UTM Source')).toEqual(['google']);
  expect(cells(html, 'toString')[0]).toContain('–');
  expect(html).not.toContain('href="javascript:');
  expect(heads((await two.get(base)).html)).toEqual(usual);
  const elsewhere = await siteWith(newLead({ Name: 'Bob' }));
  const owner = await world.person('owner');
  await owner.post(`${base}/columns`, { columns: [] });
  expect(heads((await owner.get(base)).html)).toEqual(['Who']);
  expect(heads((await owner.get(elsewhere.base)).html)).toEqual(usual);
  await one.post(`${base}/columns`, { columns, reset: 'yes' });
  expect(heads((await one.get(base)).html)).toEqual(usual);
});

test('more columns than fit are refused, and what was ticked is kept', async () => {
  const fields = Object.fromEntries(Array.from({ length: 230 }, (_, n) => [`Field ${n}`, 'x']));
  const { base, person } = await siteWith(newLead(fields));
  const me = await person('member');
  const columns = Array.from({ length: 21 }, (_, n) => `f:Field ${n}`);
  const refused = await me.post(`${base}/columns`, { columns });
  expect(refused.status).toBe(422);
  expect(refused.html).toContain('Choose at most 20 columns: these are 21.');
  expect([...refused.html.matchAll(/<input type="checkbox" name="columns" [^>]*checked/g)]).toHaveLength(21);
  expect(store.views.columns(base.split('/')[3] ?? '', '')).toBeNull();
  expect((await me.post(`${base}/columns`, { columns: columns.slice(1) })).status).toBe(303);
  const { html } = await me.get(base);
  expect([...html.matchAll(/name="columns" value="f:/g)]).toHaveLength(200);
  expect(html).toContain('30 more fields are known.');
});

test('a view keeps search, filters, order and columns, and is opened, changed, renamed and deleted', async () => {
  const { site, base, person } = await siteWith(
    ...Array.from({ length: 60 }, (_, n) => newLead({ Name: `Alice ${n}` }, { source: 'mcp' })),
    newLead({ Name: 'Bob' }),
  );
  const me = await person('member');
  await me.post(`${base}/columns`, { columns: ['source'] });
  const { id, path } = await saved(me, base, ' Alices ', { list: 'q=alice&source=mcp&sort=created_at&cursor=x' });
  await me.post(`${base}/columns`, { columns: ['time'] });
  const opened = await me.get(path);
  expect(heads(opened.html)).toEqual(['Who', 'Source']);
  expect(opened.html).toContain('1–50 of 60');
  expect(opened.html).toContain('value="alice"');
  expect(opened.html.indexOf('Alice 0')).toBeLessThan(opened.html.indexOf('Alice 1'));
  expect(tabs(opened.html)).toEqual(['Alices']);
  expect(opened.html).not.toContain('Keep these filters');
  const next = /href="([^"]+)" rel="next"/.exec(opened.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const second = await me.get(next);
  expect([shown(second.html), second.html.includes('aria-current="page"><bdi>Alices')]).toEqual([10, true]);

  // The address wins over the view; all filters taken away means none.
  const all = await me.get(`${path}&q=&source=&form_id=`);
  expect(all.html).toContain('1–50 of 61');
  expect(all.html).toContain('Keep these filters');
  const later = /href="([^"]+)" rel="next"/.exec(all.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
  expect(shown((await me.get(later)).html)).toBe(11);
  const back = /name="list" value="([^"]*)"/.exec(all.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
  expect((await me.post(`${base}/views/${id}/update`, { list: back })).location).toBe(`${path}&notice=view_saved`);
  expect((await me.get(path)).html).toContain('1–50 of 61');

  await me.post(`${base}/columns`, { columns: ['form', 'time'], list: `view=${id}` });
  expect(heads((await me.get(path)).html)).toEqual(['Time', 'Who', 'Form']);
  expect(heads((await me.get(base)).html)).toEqual(['Time', 'Who']);
  const renamed = await me.post(`${base}/views/${id}/rename`, { new_name: 'Both', list: `view=${id}` });
  expect(renamed.location).toBe(`${path}&notice=view_saved`);
  expect(tabs((await me.get(base)).html)).toEqual(['Both']);
  expect((await me.post(`${base}/views/${id}/delete`)).location).toBe(`${base}?notice=view_deleted`);
  expect(tabs((await me.get(base)).html)).toEqual([]);
  expect(shown((await me.get(path)).html)).toBe(50);
  const told = store.audit.list({ limit: 20, siteId: site.id });
  expect(told.map(({ action }) => action)).toContain('lead_view.deleted');
  expect(JSON.stringify(told)).not.toContain('alice');
});

test('shared views are seen by all, and changed by those who run the site or made them', async () => {
  const { base, person } = await siteWith(newLead({ Name: 'Alice' }));
  const [admin, member, viewer] = [await person('admin'), await person('member'), await person('viewer')];
  const shared = await saved(admin, base, 'Team', { list: 'score=hot', shared: 'yes' });
  // Only those who run the site can make one for everybody: what others make is theirs.
  const own = await saved(member, base, 'Team', { shared: 'yes' });
  const seen = async (who: Person) => tabs((await who.get(base)).html);
  expect([await seen(admin), await seen(member), await seen(viewer)]).toEqual([['Team'], ['Team', 'Team'], ['Team']]);
  for (const [who, view] of [
    [member, shared],
    [viewer, shared],
    [viewer, own],
    [admin, own],
  ] as const) {
    for (const act of ['update', 'rename', 'delete']) {
      const done = await who.post(`${base}/views/${view.id}/${act}`, { new_name: 'Mine now', list: '' });
      expect([act, done.status]).toEqual([act, 404]);
    }
    expect((await who.get(`${base}?view=${view.id}`)).html).not.toContain('Delete the view');
  }
  // Another's columns are not theirs to change either; one that they don't see is as if it were not there.
  expect((await member.post(`${base}/columns`, { columns: ['time'], list: `view=${shared.id}` })).status).toBe(404);
  expect((await member.get(shared.path)).html).not.toContain('Save columns');
  const second = await person('owner');
  expect((await second.post(`${base}/views/${shared.id}/rename`, { new_name: 'All' })).status).toBe(303);
  expect(await seen(viewer)).toEqual(['All']);
  const stranger = await world.person('member');
  expect((await stranger.post(`${base}/views`, { name: 'x' })).status).toBe(404);
  const elsewhere = await siteWith();
  expect((await second.post(`${elsewhere.base}/views/${shared.id}/delete`)).status).toBe(404);
});

test('a name is asked for, told apart and limited; what was typed is kept', async () => {
  const { site, base, person } = await siteWith(newLead({ Name: 'Alice' }));
  const me = await person('member');
  const empty = await me.post(`${base}/views`, { name: '  ', list: 'q=alice' });
  expect([empty.status, empty.html.includes('Give the view a name.')]).toEqual([422, true]);
  expect(empty.html).toContain('name="q" type="search" value="alice"');
  expect((await me.post(`${base}/views`, { name: 'x'.repeat(61) })).html).toContain('Use at most 60 characters.');
  const { id } = await saved(me, base, '<b>"Mine"');
  const twice = await me.post(`${base}/views`, { name: '<B>"mine"' });
  expect(twice.status).toBe(422);
  expect(twice.html).toContain('There is a view of this name already.');
  expect(twice.html).toContain('value="&lt;B>&quot;mine&quot;"');
  await saved(me, base, 'Other');
  const renamed = await me.post(`${base}/views/${id}/rename`, { new_name: 'other', list: `view=${id}` });
  expect([renamed.status, renamed.html.includes('There is a view of this name already.')]).toEqual([422, true]);
  expect((await me.get(base)).html).not.toContain('<b>"');
  for (let n = 2; n < MAX_VIEWS; n++) await saved(me, base, `View ${n}`);
  expect((await me.post(`${base}/views`, { name: 'One more' })).html).toContain('You have 50 views of your own here');
  expect(
    store.audit.list({ limit: 100, siteId: site.id }).filter(({ action }) => action === 'lead_view.created'),
  ).toHaveLength(50);
});

test('a view whose form is gone still opens, and says so', async () => {
  const { site, base, person } = await siteWith(
    newLead({ Name: 'Alice' }, { form: 'Quote' }),
    newLead({ Name: 'Bob' }),
  );
  const me = await person('member');
  const form = store.forms.outlines(site.id).find(({ name }) => name === 'Quote');
  const { id, path } = await saved(me, base, 'Quotes', { list: `form_id=${form?.id}` });
  expect(shown((await me.get(path)).html)).toBe(1);
  // As it is after its form was deleted or merged: the id leads nowhere.
  const userId = store.accounts.users().at(-1)?.id ?? '';
  await store.views.update(site.id, userId, id, { filter: { form_id: 'frm_000000000000000000000' } });
  const { html, status } = await me.get(path);
  expect(status).toBe(200);
  expect(html).toContain('The form “Quote” is gone: it was deleted, or merged into another.');
  expect(shown(html)).toBe(2);
});

test('the reason of spam is on its badge for mouse, keyboard and ear, and on the lead’s page', async () => {
  const { site, base, person } = await siteWith(newLead({ Name: 'Eve' }, { spamReason: 'too many <links>' }));
  const me = await person('viewer');
  const [lead] = store.leads.list(site.id, { filter: { spam: 'only' }, newestFirst: true, limit: 1, offset: 0 });
  const badge = /<span class="badge tip" tabindex="0">Spam<span class="tip-text">.*?Too many &lt;links><\/span>/;
  expect((await me.get(`${base}?spam=only`)).html).toMatch(badge);
  const page = (await me.get(`${base}/${lead?.id}`)).html;
  expect(page).toMatch(badge);
  expect(page).toContain('Why: too many &lt;links>.');
});
