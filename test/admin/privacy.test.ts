import { expect, setDefaultTimeout, test } from 'bun:test';
import { ADMIN_ROUTES } from '../../src/http/admin/pages.ts';
import { siteWorld } from './site-world.ts';

setDefaultTimeout(60_000);
const world = await siteWorld(ADMIN_ROUTES);
const { services, site } = world;
const privacy = `/admin/s/${site.id}/privacy`;
const owner = await world.person('owner');
const email = 'Alice@Example.com';

const hers = [
  await world.lead({ Name: '<b>Alice</b>', Email: 'alice@example.com' }),
  await world.lead({ Contact: ['x', 'ALICE@example.com'] }, 'Second'),
];
const others = [
  await world.lead({ Email: 'malice@example.com' }),
  await world.lead({ Message: 'I know alice@example.com well' }),
];
const elsewhere = await services.store.sites.create({ name: 'Other' });
const foreign = await world.lead({ Email: 'alice@example.com' }, 'Contact', elsewhere.id);
const isThere = (id: string, siteId = site.id) => services.store.leads.get(siteId, id) !== null;
const lastEntry = () => services.store.audit.list({ limit: 1 })[0];

test('a person is found by the address in any field, in this site alone; names are escaped', async () => {
  const { status, html } = await owner.post(privacy, { email: ` ${email} ` });
  expect(status).toBe(200);
  expect(html).toContain('2 leads');
  for (const id of hers) expect(html).toContain(`/leads/${id}"`);
  for (const id of [...others, foreign]) expect(html).not.toContain(id);
  expect(html).not.toContain('<b>Alice');
});

test('an address of which nothing is kept, and one that is none', async () => {
  expect((await owner.post(privacy, { email: 'bob@example.com' })).html).toContain('Nothing is kept');
  const wrong = await owner.post(privacy, { email: 'alice' });
  expect([wrong.status, wrong.html.includes('Give a whole address')]).toEqual([422, true]);
});

test('it is handed over whole, and the log keeps no address', async () => {
  const { status, html, headers } = await owner.post(`${privacy}/export`, { email });
  expect(status).toBe(200);
  expect(headers.get('content-disposition')).toContain('.jsonl');
  const lines = html
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string });
  expect(lines.map(({ id }) => id).sort()).toEqual([...hers].sort());
  expect(lastEntry()).toMatchObject({ action: 'person.exported', siteId: site.id });
  expect(JSON.stringify(lastEntry()).toLowerCase()).not.toContain('alice@example.com');
});

test('it is deleted, and nobody else’s', async () => {
  const gone = await owner.post(`${privacy}/delete`, { email, rows: 'yes' });
  expect(gone.location).toBe(`${privacy}?notice=deleted`);
  expect(hers.map((id) => isThere(id))).toEqual([false, false]);
  expect(others.map((id) => isThere(id))).toEqual([true, true]);
  expect(isThere(foreign, elsewhere.id)).toBe(true);
  expect(lastEntry()).toMatchObject({ action: 'person.deleted', after: { row_removed: true } });
  expect([...((lastEntry()?.after?.leads ?? []) as string[])].sort()).toEqual([...hers].sort());
  expect((await owner.post(`${privacy}/delete`, { email })).location).toContain('nothing_chosen');
});

test('it is for those who run the site', async () => {
  const member = await world.person('member');
  expect((await member.get(privacy)).status).toBe(403);
  expect((await member.post(`${privacy}/delete`, { email: 'malice@example.com' })).status).toBe(403);
  expect(isThere(others[0] ?? '')).toBe(true);
});
