import { expect, setDefaultTimeout, test } from 'bun:test';
import { formMergeRoutes } from '../../src/http/admin/pages/form-merge.tsx';
import { formRoutes } from '../../src/http/admin/pages/forms.tsx';
import { leadRoutes } from '../../src/http/admin/pages/leads.tsx';
import { sheetRoutes } from '../../src/http/admin/pages/sheet.tsx';
import { siteWorld } from './site-world.ts';

setDefaultTimeout(60_000);
const world = await siteWorld([...formRoutes, ...formMergeRoutes, ...leadRoutes, ...sheetRoutes]);
const { services, site } = world;
const { store, operations } = services;
const base = `/admin/s/${site.id}`;
const owner = await world.person('owner');
const formOf = async (name: string) => {
  const id = await world.lead({ Name: `x ${name}` }, name);
  return store.leads.get(site.id, id)?.formId ?? '';
};

test('merging asks first, says what becomes of the tab, and is told to the audit log', async () => {
  const [from, into] = [await formOf('<b>Old</b>'), await formOf('New')];
  const asked = await owner.get(`${base}/forms/${from}/merge`);
  expect(asked.status).toBe(200);
  expect(asked.html).not.toContain('<b>Old');
  expect(asked.html).toContain('Its 1 lead is counted and listed there.');
  expect(asked.html).toContain('stays in the sheet with its rows');
  expect(asked.html).toContain(`<option value="${into}">New</option>`);
  expect(asked.html).not.toContain(`<option value="${from}"`);
  expect(store.forms.outline(site.id, from)?.mergedInto).toBeNull();
  const wrong = await owner.post(`${base}/forms/${from}/merge`, { into: from });
  expect(wrong.status).toBe(422);
  expect(wrong.html).toContain('id="f-into-error">Choose the form');
  const done = await owner.post(`${base}/forms/${from}/merge`, { into });
  expect(done).toMatchObject({ status: 303, location: `${base}/forms/${into}?notice=form_merged` });
  expect(store.audit.list({ limit: 1 })[0]).toMatchObject({
    action: 'form.merged',
    objectId: from,
    before: { name: '<b>Old</b>' },
    after: { merged_into: into, name: 'New' },
  });
  expect((await owner.get(`${base}/forms/${into}`)).html).toMatch(/Merged forms.*&lt;b>Old&lt;\/b>/s);
  for (const again of [owner.get(`${base}/forms/${from}/merge`), owner.post(`${base}/forms/${from}/merge`, { into })]) {
    expect((await again).status).toBe(404);
  }
});

test('they are parted again from the page of the other, which asks first; the audit log is told', async () => {
  const [from, into] = [await formOf('Apart'), await formOf('Together')];
  const part = `${base}/forms/${from}/part`;
  expect((await owner.post(part)).status).toBe(404);
  await owner.post(`${base}/forms/${from}/merge`, { into });
  const page = await owner.get(`${base}/forms/${into}`);
  expect(page.html).toMatch(/<details class="ask"><summary[^>]*>Part again/);
  expect(page.html).toContain(`action="${part}"`);
  const viewer = await world.person('viewer', [site.id]);
  expect((await viewer.get(`${base}/forms/${into}`)).html).not.toContain(part);
  expect((await viewer.post(part)).status).toBe(403);
  expect((await owner.post(part)).location).toBe(`${base}/forms/${from}?notice=form_parted`);
  const { action, objectId, before, after } = store.audit.list({ limit: 1 })[0] ?? {};
  expect({ action, objectId, before, after }).toEqual({
    ...{ action: 'form.parted', objectId: from },
    ...{ before: { merged_into: into }, after: { name: 'Apart', sheet_tab: 'Apart' } },
  });
  expect((await owner.get(`${base}/forms/${from}`)).html).toContain('Apart');
  expect(await formOf('Apart')).toBe(from);
});

test('its id goes on: pages, filters, saved views and the API show the other', async () => {
  const [from, into] = [await formOf('Before'), await formOf('After')];
  await owner.post(`${base}/leads/views`, { name: 'Of the old one', list: `form_id=${from}` });
  const [view] = store.views.list(site.id, store.accounts.users()[0]?.id ?? '');
  await owner.post(`${base}/forms/${from}/merge`, { into });
  for (const query of [`form_id=${from}`, `form_id=${into}`, `view=${view?.id}`]) {
    const { html } = await owner.get(`${base}/leads?${query}`);
    expect(html).toContain('x Before');
    expect(html).toContain('x After');
    expect(html).not.toContain('x New');
    expect(html).toMatch(new RegExp(`<option[^>]*(selected[^>]*value="${into}"|value="${into}"[^>]*selected)`));
    expect(html).not.toContain(`value="${from}"`);
  }
  expect((await owner.get(`${base}/forms/${from}`)).html).toContain('After');
  expect(operations.listForms(site.id).map(({ id }) => id)).not.toContain(from);
  expect(operations.getForm(site.id, from)).toMatchObject({ id: into, name: 'After', submission_count: 2 });
  expect((await operations.updateForm(site.id, from, { name: 'Later' })).id).toBe(into);
  const lead = await world.lead({ Name: 'late' }, 'Before');
  expect(operations.getSubmission(site.id, lead)).toMatchObject({ form_id: into, form_name: 'Later' });
});

test('the sheet’s page says which tab is no longer that of new leads', async () => {
  const [from, into] = [await formOf('First'), await formOf('Second')];
  services.sync.sweep();
  while (store.sheets.counts(site.id).pending > 0) await Bun.sleep(5);
  await owner.post(`${base}/forms/${from}/merge`, { into });
  const { html } = await owner.get(`${base}/sheet`);
  expect(html).toMatch(/First.*Merged into <bdi>Second<\/bdi>/s);
  const rows = await owner.get(`${base}/sheet/rows?form=${from}`);
  expect(rows.html).toContain('x First');
  expect(rows.html).not.toContain('x Second');
});

test('who may not edit forms sees no way to, and another site’s form is not there', async () => {
  const from = await formOf('Mine');
  const viewer = await world.person('viewer', [site.id]);
  expect((await viewer.get(`${base}/forms/${from}`)).html).not.toContain('/merge');
  expect((await viewer.post(`${base}/forms/${from}/merge`, { into: await formOf('Yours') })).status).toBe(403);
  const other = await store.sites.create({ name: 'Other' });
  const lead = await world.lead({ Name: 'x' }, 'Theirs', other.id);
  const theirs = store.leads.get(other.id, lead)?.formId ?? '';
  expect((await owner.get(`${base}/forms/${theirs}/merge`)).status).toBe(404);
  expect((await owner.post(`${base}/forms/${from}/merge`, { into: theirs })).status).toBe(422);
});
