import { expect, setDefaultTimeout, test } from 'bun:test';
import { ADMIN_ROUTES } from '../../src/http/admin/pages.ts';
import { siteWorld } from './site-world.ts';

setDefaultTimeout(60_000);
const world = await siteWorld(ADMIN_ROUTES);
const { services, site } = world;
const { endpoints } = services.store;
const sources = `/admin/s/${site.id}/sources`;
const owner = await world.person('owner');
const first = `${sources}/endpoints/${site.endpointId}`;
const GOOD = {
  name: 'Website',
  answer: 'thanks',
  redirect_url: 'https://example.com/thanks',
  thanks_title: 'Got it',
  thanks_text: 'We call you.',
  honeypot: 'website',
};

test('the sources have a tile with the address and a form to paste, whose names can’t break out of it', async () => {
  await endpoints.update(site.id, site.endpointId, { name: '"><b>Shop' });
  const { html } = await owner.get(sources);
  expect(html).toContain(`/f/${site.endpointId}`);
  expect(html).not.toContain('<b>Shop');
  expect(html).toContain('value=&quot;&amp;quot;>&amp;lt;b>Shop&quot;');
  const viewer = await world.person('member');
  expect((await viewer.get(sources)).html).not.toContain(`${first}"`);
});

test('its answer is changed, told to the audit log, and shown to visitors', async () => {
  const saved = await owner.post(first, GOOD);
  expect(saved).toMatchObject({ status: 303, location: `${first}?notice=saved` });
  expect(endpoints.get(site.endpointId)).toMatchObject({
    name: 'Website',
    answer: 'thanks',
    redirectUrl: 'https://example.com/thanks',
    thanksTitle: 'Got it',
    thanksText: 'We call you.',
    honeypot: 'website',
  });
  expect(services.store.audit.list({ limit: 1 })[0]).toMatchObject({
    action: 'endpoint.changed',
    before: { answer: 'redirect' },
    after: { answer: 'thanks' },
  });
  expect((await owner.get(first)).html).toContain('value="Got it"');
});

test.each([
  [{ redirect_url: 'javascript:alert(1)' }, 'This must be a whole address'],
  [{ redirect_url: 'example.com' }, 'This must be a whole address'],
  [{ name: ' ' }, 'This must have 1 to 200 visible characters'],
  [{ honeypot: '\u200b' }, 'This must have 1 to 200 visible characters'],
  [{ honeypot: '_form' }, 'This is a name that'],
  [{ honeypot: '_idempotency_key' }, 'This is a name that'],
  [{ answer: 'dance' }, 'This must be'],
  [{ thanks_text: 'x'.repeat(5_001) }, 'This must have at most'],
])('%j is refused beside its field, and what was typed is kept', async (wrong, said) => {
  const before = endpoints.get(site.endpointId);
  const answer = await owner.post(first, { ...GOOD, thanks_title: 'Kept title', ...wrong });
  expect(answer.status).toBe(422);
  expect(answer.html).toContain(said);
  expect(answer.html).toContain('value="Kept title"');
  expect(endpoints.get(site.endpointId)).toEqual(before);
});

test('a further one is made; another site’s is not there', async () => {
  expect((await owner.post(`${sources}/endpoints`, { name: '  ' })).status).toBe(422);
  const made = await owner.post(`${sources}/endpoints`, { name: 'Landing page' });
  const id = /endpoints\/([0-9a-z]{10})\?/.exec(made.location ?? '')?.[1] ?? '';
  expect(endpoints.get(id)).toMatchObject({ siteId: site.id, name: 'Landing page' });
  const other = await services.store.sites.create({ name: 'Other' });
  const foreign = `${sources}/endpoints/${other.endpointId}`;
  expect((await owner.get(foreign)).status).toBe(404);
  expect((await owner.post(foreign, GOOD)).status).toBe(404);
  expect(endpoints.get(other.endpointId)).toMatchObject({ name: 'Website', honeypot: '_gotcha' });
});

test('a member reads the sources and changes none', async () => {
  const member = await world.person('member');
  expect((await member.get(first)).status).toBe(403);
  expect((await member.post(first, { ...GOOD, name: 'Mine' })).status).toBe(403);
  expect((await member.post(`${sources}/endpoints`, { name: 'Mine' })).status).toBe(403);
  expect(endpoints.get(site.endpointId)?.name).toBe('Website');
});

test('the settings name the domains whose pages may send; a wrong one is said, and all that was typed is kept', async () => {
  const settings = `/admin/s/${site.id}/settings`;
  const base = { name: 'Shop', timezone: 'UTC', sync: 'on' };
  const wrong = await owner.post(settings, { ...base, name: 'New name', domains: 'example.com\nno_domain!' });
  expect(wrong.status).toBe(422);
  expect(wrong.html).toContain('no_domain!');
  expect(wrong.html).toContain('value="New name"');
  expect(services.store.sites.get(site.id)).toMatchObject({ name: site.name, allowedDomains: [] });
  await owner.post(settings, { ...base, domains: 'https://Example.com/x\n*.example.org' });
  expect(services.store.sites.get(site.id)?.allowedDomains).toEqual(['example.com', '*.example.org']);
  expect(services.store.audit.list({ limit: 1 })[0]).toMatchObject({
    after: { allowed_domains: ['example.com', '*.example.org'] },
  });
});
