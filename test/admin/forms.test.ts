import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Role } from '../../src/contract/user.ts';
import { formRoutes } from '../../src/http/admin/pages/forms.tsx';
import { siteWorld } from './site-world.ts';

setDefaultTimeout(60_000);
const world = await siteWorld(formRoutes);
const { services, site } = world;
const forms = `/admin/s/${site.id}/forms`;
const owner = await world.person('owner');
const formId = async (name: string) => {
  const id = await world.lead({ Name: 'x' }, name);
  return services.store.leads.get(site.id, id)?.formId ?? '';
};

test('without forms the page says how one comes to be', async () => {
  expect((await owner.get(forms)).html).toContain('No forms yet');
});

test('the list has each form with its tab, counts and spam; names are escaped', async () => {
  const id = await formId('<b>Contact</b> form');
  const { status, html } = await owner.get(forms);
  expect(status).toBe(200);
  expect(html).not.toContain('<b>Contact');
  expect(html).toContain(`href="${forms}/${id}"`);
  expect(html).toContain(`href="/admin/s/${site.id}/leads?form_id=${id}">1</a>`);
  expect(html).toContain('<span class="muted">none</span>');
});

test('name, tab and ignoring are changed, told to the audit log, and shown', async () => {
  const id = await formId('Old');
  const changed = await owner.post(`${forms}/${id}`, { name: ' New name ', sheet_tab: 'New tab', ignored: 'yes' });
  expect(changed).toMatchObject({ status: 303, location: `${forms}/${id}?notice=saved` });
  expect(services.store.forms.get(site.id, id)).toMatchObject({ name: 'New name', sheetTab: 'New tab', ignored: true });
  expect(services.store.audit.list({ limit: 1 })[0]).toMatchObject({
    action: 'form.changed',
    objectId: id,
    before: { name: 'Old', ignored: false },
    after: { name: 'New name', ignored: true },
  });
  expect((await owner.get(`${forms}/${id}`)).html).toMatch(/value="yes" checked/);
  await owner.post(`${forms}/${id}`, { name: 'New name', sheet_tab: 'New tab' });
  expect(services.store.forms.get(site.id, id)?.ignored).toBe(false);
});

test('what can not be is said beside its field, and what was typed is kept', async () => {
  await formId('Taken');
  const id = await formId('Mine');
  const taken = await owner.post(`${forms}/${id}`, { name: 'taken', sheet_tab: 'Kept tab' });
  expect(taken.status).toBe(422);
  expect(taken.html).toContain('Another form of this site has it.');
  expect(taken.html).toContain('value="Kept tab"');
  const empty = await owner.post(`${forms}/${id}`, { name: '', sheet_tab: '\u200b' });
  expect(empty.status).toBe(422);
  expect(empty.html).toMatch(/id="f-name-error">The name must/);
  const long = await owner.post(`${forms}/${id}`, { name: 'ok', sheet_tab: 'x'.repeat(101) });
  expect(long.html).toMatch(/id="f-sheet_tab-error">The tab /);
  expect(services.store.forms.get(site.id, id)).toMatchObject({ name: 'Mine', sheetTab: 'Mine' });
});

test.each<[Role, number]>([
  ['admin', 303],
  ['member', 403],
  ['viewer', 403],
])('%s: may look, and a change is answered with %d', async (role, status) => {
  const id = await formId(`Of ${role}`);
  const person = await world.person(role);
  expect((await person.get(forms)).status).toBe(200);
  const page = await person.get(`${forms}/${id}`);
  expect(page.status).toBe(200);
  expect(page.html.includes('Save form')).toBe(status === 303);
  const sent = await person.post(`${forms}/${id}`, { name: `By ${role}`, sheet_tab: `By ${role}` });
  expect(sent.status).toBe(status);
  expect(services.store.forms.get(site.id, id)?.name).toBe(status === 303 ? `By ${role}` : `Of ${role}`);
});

test('another site’s form is not found', async () => {
  const other = await services.store.sites.create({ name: 'Other' });
  const lead = await world.lead({ Name: 'x' }, 'Theirs', other.id);
  const id = services.store.leads.get(other.id, lead)?.formId ?? '';
  expect((await owner.get(`${forms}/${id}`)).status).toBe(404);
  expect((await owner.post(`${forms}/${id}`, { name: 'Stolen', sheet_tab: 'Stolen' })).status).toBe(404);
  expect(services.store.forms.get(other.id, id)?.name).toBe('Theirs');
  const member = await world.person('member');
  expect((await member.get(`/admin/s/${other.id}/forms/${id}`)).status).toBe(404);
});
