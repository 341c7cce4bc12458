import { expect, setDefaultTimeout, test } from 'bun:test';
import { readAsked } from '../../src/http/admin/lead-filter.ts';
import { leadRoutes } from '../../src/http/admin/pages/leads.tsx';
import { parseCsv } from '../../src/sheets/csv.ts';
import { newLead } from '../support/leads.ts';
import { until } from '../support/server.ts';
import { siteWorld } from './site-world.ts';

setDefaultTimeout(60_000);
const world = await siteWorld(leadRoutes);
const { services } = world;
const { store } = services;
const owner = await world.person('owner');

/** A site of its own for a test, with these leads, oldest first. */
async function siteWith(leads: readonly ReturnType<typeof newLead>[]) {
  const site = await store.sites.create({ name: 'Shop', timezone: 'Europe/Berlin' });
  const items = leads.map((lead) => ({ lead }));
  const accepted = items.length === 0 ? null : await store.leads.accept({ siteId: site.id, items, idempotency: null });
  const ids =
    accepted?.kind === 'accepted'
      ? accepted.results.flatMap((each) => (each.status === 'created' ? [each.lead.id] : []))
      : [];
  return { site, ids, base: `/admin/s/${site.id}/leads` };
}

const alice = (n: number) => newLead({ Name: `Alice ${n}`, Email: `alice${n}@example.com` });
const shownIds = (html: string) => [...html.matchAll(/name="ids" value="(sub_\w+)"/g)].map(([, id]) => id ?? '');
const linkOf = (html: string, rel: string) => {
  const link = new RegExp(`<a class="button small" href="([^"]+)" rel="${rel}">`).exec(html)?.[1];
  return link?.replaceAll('&amp;', '&') ?? null;
};

test('each role sees and may do what the permissions say; another site is not there', async () => {
  const { base, ids } = await siteWith([alice(1)]);
  const siteId = base.split('/')[3] ?? '';
  const [id = ''] = ids;
  const able = {
    owner: [303, 200, 200],
    admin: [303, 200, 200],
    member: [303, 403, 200],
    viewer: [403, 403, 403],
  } as const;
  for (const role of ['owner', 'admin', 'member', 'viewer'] as const) {
    const person = await world.person(role, [siteId]);
    for (const path of [base, `${base}/${id}`]) expect((await person.get(path)).status).toBe(200);
    const acts = [
      await person.post(`${base}/bulk`, { act: 'ham', ids: id }),
      await person.post(`${base}/delete`, { ids: id }),
      await person.post(`${base}/export`, { format: 'csv' }),
    ];
    expect([role, ...acts.map(({ status }) => status)]).toEqual([role, ...able[role]]);
    const page = (await person.get(base)).html;
    expect(page.includes('name="ids"')).toBe(role !== 'viewer');
    expect(page.includes(`formaction="${base}/delete"`)).toBe(role === 'owner' || role === 'admin');
  }
  const stranger = await world.person('member');
  for (const path of [base, `${base}/${id}`]) expect((await stranger.get(path)).status).toBe(404);
  for (const path of ['bulk', 'export']) expect((await stranger.post(`${base}/${path}`, { ids: id })).status).toBe(404);
});

test('a lead of another site is not found, and passed over in every act', async () => {
  const here = await siteWith([alice(1)]);
  const there = await siteWith([alice(2)]);
  const [foreign = ''] = there.ids;
  const page = await owner.get(`${here.base}/${foreign}`);
  expect(page.status).toBe(404);
  expect(page.html).not.toContain('alice2@');
  for (const act of ['spam', 'retry', 'quality']) {
    const done = await owner.post(`${here.base}/bulk`, { act, ids: foreign });
    expect(done.location).toEndWith('notice=nothing_chosen');
  }
  await owner.post(`${here.base}/delete`, { ids: foreign, sure: 'yes' });
  const file = await owner.post(`${here.base}/export`, { act: 'chosen', ids: foreign });
  expect(file.html).not.toContain('alice2@');
  expect(store.leads.get(there.site.id, foreign)).toMatchObject({ spam: false });
});

test('what leads say is escaped everywhere, and only http addresses become links', async () => {
  const hostile = '<script>alert(1)</script>';
  const script = 'javascript:alert(1)';
  const { base, ids } = await siteWith([
    newLead(
      { Name: hostile, [`${hostile}"`]: `"><img src=x onerror=alert(2)>`, Comment: `‮${hostile}` },
      {
        form: `${hostile} form`,
        body: {
          page_url: script,
          referrer: 'https://example.com/"onmouseover="alert(3)',
          metadata: { x: hostile },
          files: [{ field: hostile, name: hostile, size: 1, content_type: 'a/b', url: 'data:text/html,x' }],
          warnings: [{ code: 'field_cut', field: hostile, message: 'Cut.' }],
        },
      },
    ),
  ]);
  const pages = [base, `${base}/${ids[0]}`, `${base}?q=${encodeURIComponent('"><script>alert(4)</script>')}`];
  const question = await owner.post(`${base}/delete`, { ids, list: 'q="><script>alert(5)</script>' });
  for (const { html, status } of [...(await Promise.all(pages.map((path) => owner.get(path)))), question]) {
    expect(status).toBe(200);
    expect(html).not.toContain('<script>alert');
    expect(html).not.toContain('<img');
    expect(html).not.toContain('"onmouseover');
    expect(html).not.toMatch(/href="(?:javascript|data):/);
  }
  const { html } = await owner.get(`${base}/${ids[0]}`);
  expect(html).toContain(`<span>${script}</span>`);
  expect(html).toContain('rel="noopener noreferrer nofollow"');
});

test('pages lead on and back over every lead once, in both orders, while leads come in', async () => {
  const { site, base, ids } = await siteWith(Array.from({ length: 130 }, (_, n) => alice(n)));
  for (const [sort, order] of [
    ['-created_at', ids.toReversed()],
    ['created_at', ids],
  ] as const) {
    const first = await owner.get(`${base}?sort=${sort}`);
    const seen = [shownIds(first.html)];
    expect(first.html).toContain('1–50 of 130');
    expect(linkOf(first.html, 'prev')).toBeNull();
    let page = first;
    for (let next = linkOf(page.html, 'next'); next !== null; next = linkOf(page.html, 'next')) {
      page = await owner.get(next);
      seen.push(shownIds(page.html));
    }
    expect(seen.flat()).toEqual([...order]);
    expect(page.html).toContain('101–130 of 130');
    page = await owner.get(linkOf(page.html, 'prev') ?? '');
    expect(shownIds(page.html)).toEqual([...(seen[1] ?? [])]);
    expect(page.html).toContain('51–100 of 130');
    page = await owner.get(linkOf(page.html, 'prev') ?? '');
    expect(shownIds(page.html)).toEqual([...(seen[0] ?? [])]);
    expect(linkOf(page.html, 'prev')).toBeNull();
  }
  const second = await owner.get(linkOf((await owner.get(base)).html, 'next') ?? '');
  await store.leads.accept({ siteId: site.id, items: [{ lead: alice(999) }], idempotency: null });
  expect(shownIds((await owner.get(linkOf(second.html, 'prev') ?? '')).html)).toEqual(ids.toReversed().slice(0, 50));
});

test('filters narrow the list, stay in its links, and are the rules of the API', async () => {
  const many = Array.from({ length: 60 }, (_, n) =>
    newLead({ Name: `Bob ${n}` }, { form: 'Quote', source: 'mcp', body: { utm_source: 'google' } }),
  );
  const { site, base } = await siteWith([alice(1), ...many, newLead({ Name: 'Eve' }, { spamReason: 'links' })]);
  const form = store.forms.outlines(site.id).find(({ name }) => name === 'Quote')?.id ?? '';
  const found = async (query: string) => shownIds((await owner.get(`${base}?${query}`)).html).length;
  expect(await found('source=rest_api')).toBe(1);
  expect(await found('q=ali')).toBe(1);
  expect(await found('q=ali&source=mcp')).toBe(0);
  expect(await found('spam=only')).toBe(1);
  expect(await found('sync_status=synced')).toBe(0);
  expect(await found('from=2001-01-01&to=2001-12-31')).toBe(0);
  const { html } = await owner.get(`${base}?form_id=${form}&utm_source=google&spam=include`);
  expect(html).toContain('1–50 of 60');
  const next = linkOf(html, 'next') ?? '';
  for (const kept of [`form_id=${form}`, 'utm_source=google', 'spam=include']) expect(next).toContain(kept);
  expect(shownIds((await owner.get(next)).html)).toHaveLength(10);
  expect((await owner.get(`${base}?q=nobody`)).html).toContain('No lead is like this');
});

test('what is not understood of an address is left out, and said', async () => {
  const { base } = await siteWith([alice(1)]);
  const bad = 'source=pigeon&score=mild&sync_status=x&spam=y&sort=z&form_id=frm_none&from=2026-02-31&to=soon&cursor=no';
  const { status, html } = await owner.get(`${base}?${bad}&q=${'x'.repeat(501)}&unknown=1`);
  expect(status).toBe(200);
  expect(shownIds(html)).toHaveLength(1);
  for (const name of ['Source', 'Score', 'Status', 'Spam', 'Order', 'Form', 'From', 'To', 'Page', 'Search']) {
    expect(html).toContain(`<li>${name} was left out`);
  }
  const site = { id: 'site_x', timezone: 'UTC' };
  const known = { outline: () => null };
  expect(readAsked(new URLSearchParams('back=zzz&sort=nonsense'), site, known)).toMatchObject({
    isBack: false,
    position: 1,
  });
});

test('spam, retry and quality are done to what was ticked, told to the audit log and shown on the lead', async () => {
  const { site, base, ids } = await siteWith([alice(1), alice(2), alice(3)]);
  const [one = '', two = '', three = ''] = ids;
  const back = await owner.post(`${base}/bulk`, { act: 'spam', ids: [one, two], list: 'q=alice&evil=//x' });
  expect(back).toMatchObject({ status: 303, location: `${base}?q=alice&notice=spam_marked` });
  expect(ids.map((id) => store.leads.get(site.id, id)?.spam)).toEqual([true, true, false]);
  await owner.post(`${base}/bulk`, { act: 'ham', ids: one });
  expect(store.leads.get(site.id, one)).toMatchObject({ spam: false });

  const quality = site.qualityChoices[0] ?? '';
  const set = await owner.post(`${base}/bulk`, { act: 'quality', quality, ids: one, on: 'lead' });
  expect(set.location).toBe(`${base}/${one}?notice=saved`);
  const page = await owner.get(`${base}/${one}`);
  for (const said of ['Marked as spam', 'Marked as not spam', `Quality set to ${quality}`, 'Received by REST API']) {
    expect(page.html).toContain(said);
  }
  expect((await owner.post(`${base}/bulk`, { act: 'quality', quality: 'made up', ids: one })).status).toBe(422);
  expect(store.leads.get(site.id, one)?.quality).toBe(quality);
  expect((await owner.post(`${base}/bulk`, { act: 'constructor', ids: one })).status).toBe(422);

  const book = await siteWith([alice(4), alice(5)]);
  await store.sites.update(book.site.id, { syncEnabled: false });
  await store.sheets.fail(book.site.id, book.ids[0] ?? '', 'The row is too long.');
  const failed = await owner.get(book.base);
  expect(failed.html).toContain('title="The row is too long."');
  expect((await owner.get(`${book.base}/${book.ids[0]}`)).html).toContain('Its row was given up. The row is too long.');
  const off = await owner.post(`${book.base}/bulk`, { act: 'retry', ids: book.ids });
  expect(off.location).toEndWith('notice=none_failed');
  await store.sites.update(book.site.id, { syncEnabled: true });
  const again = await owner.post(`${book.base}/bulk`, { act: 'retry', ids: book.ids });
  expect(again.location).toEndWith('notice=retried');
  expect(store.leads.get(book.site.id, book.ids[0] ?? '')?.syncStatus).not.toBe('failed');
  expect(store.leads.get(site.id, three)).toMatchObject({ spam: false, quality: null });
  await store.sheets.markSynced(site.id, [three]);
  expect((await owner.post(`${base}/bulk`, { act: 'retry', ids: three })).location).toEndWith('notice=none_failed');
  expect(store.leads.get(site.id, three)?.syncStatus).toBe('synced');
});

test('deleting asks first, for the password too if it is old, and takes the rows out if wanted', async () => {
  const { site, base, ids } = await siteWith([alice(1), alice(2), alice(3)]);
  const [one = '', two = '', three = ''] = ids;
  await store.sheets.markSynced(site.id, ids);
  const asked = await owner.post(`${base}/delete`, { ids: [one, two] });
  expect(asked.html).toContain('Delete 2 leads?');
  expect(shownIds(asked.html)).toEqual([one, two]);
  expect(ids.every((id) => store.leads.get(site.id, id) !== null)).toBe(true);
  const done = await owner.post(`${base}/delete`, { ids: [one, two], sure: 'yes', rows: 'yes' });
  expect(done.location).toBe(`${base}?notice=deleted`);
  expect(ids.map((id) => store.leads.get(site.id, id) === null)).toEqual([true, true, false]);
  const told = store.audit.list({ limit: 10, siteId: site.id, objectId: one });
  expect(told[0]).toMatchObject({ action: 'lead.deleted', after: { row_removed: true } });
  expect(JSON.stringify(told)).not.toContain('alice1@');
  expect(leadRoutes.filter((route) => 'recent' in route).map(({ path }) => path.split('/').at(-1))).toEqual([
    'delete',
    'delete',
    'export',
  ]);
  const gone = await owner.get(`${base}/${one}`);
  expect(gone).toMatchObject({ status: 404 });
  expect(gone.html).toContain('It may have been deleted since.');
  expect((await owner.post(`${base}/delete`, { sure: 'yes' })).location).toEndWith('notice=nothing_chosen');
  expect(store.leads.get(site.id, three)).not.toBeNull();
});

test('a form of a page is known as ours by what a browser sends with it', async () => {
  const { base } = await siteWith([]);
  // Under `no-referrer` it would be `Origin: null`, which nothing tells from a form of elsewhere.
  expect((await owner.get(base)).headers.get('referrer-policy')).toBe('same-origin');
});

test('the row of a deleted lead goes from the sheet if wanted, and stays if not', async () => {
  const { site, base, ids } = await siteWith([alice(1), alice(2)]);
  services.sync.sweep();
  await until('both rows are written', () => store.sheets.counts(site.id).synced === 2);
  const form = { id: store.leads.get(site.id, ids[0] ?? '')?.formId ?? '' };
  const rows = async () => {
    const seen = await services.drivers.local.rows({ site, target: store.sheets.target(site.id) }, form, 10);
    return ids.map((id) => seen.some((row) => row.includes(id)));
  };
  expect(await rows()).toEqual([true, true]);
  await owner.post(`${base}/delete`, { ids: ids[0] ?? '', sure: 'yes' });
  await owner.post(`${base}/delete`, { ids: ids[1] ?? '', sure: 'yes', rows: 'yes' });
  await until('the row is gone', async () => (await rows())[1] === false);
  expect(await rows()).toEqual([true, false]);
});

test('an export has every lead of the filter once, over many pages, and runs nothing in a spreadsheet', async () => {
  const leads = Array.from({ length: 450 }, (_, n) => alice(n));
  const evil = newLead(
    { Name: '=HYPERLINK("http://example.com")', Form: 'mine', Phone: '+49 30 1234' },
    { form: 'Other' },
  );
  const { site, base, ids } = await siteWith([...leads, evil, newLead({ Name: 'Eve' }, { spamReason: 'links' })]);
  const file = await owner.post(`${base}/export`, { format: 'csv', list: '' });
  expect(file.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(file.headers.get('content-disposition')).toMatch(/^attachment; filename="leads-\d{4}-\d\d-\d\d\.csv"$/);
  const [head = [], ...rows] = parseCsv(file.html);
  const column = (name: string) => rows.map((row) => row[head.indexOf(name)]);
  expect(new Set(head).size).toBe(head.length);
  expect(column('Lead ID')).toEqual(ids.slice(0, 451).toReversed());
  expect(column('Name')[0]).toBe(`'=HYPERLINK("http://example.com")`);
  expect(column('Phone')[0]).toBe('+49 30 1234');
  expect(column('Form')[0]).toBe('Other');
  expect(column('Form (form)')[0]).toBe('mine');
  const found = await owner.post(`${base}/export`, { format: 'jsonl', list: 'q=alice7' });
  const lines = found.html
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.length).toBe(11);
  const { data } = services.operations.listSubmissions(site.id, { q: 'alice7', per_page: 100 });
  expect(lines).toEqual(data);
  const chosen = parseCsv((await owner.post(`${base}/export`, { act: 'chosen', ids: ids.slice(0, 2) })).html);
  expect(chosen).toHaveLength(3);
  expect((await owner.post(`${base}/export`, { format: 'exe' })).status).toBe(422);
  const told = store.audit.list({ limit: 10, siteId: site.id });
  expect(told).toHaveLength(3);
  expect(JSON.stringify(told)).not.toContain('alice7');
});

test('an empty site says what to do next', async () => {
  const { base } = await siteWith([]);
  expect((await owner.get(base)).html).toContain('No leads yet');
});
