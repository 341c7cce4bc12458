import { beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { ADMIN_ROUTES } from '../../src/http/admin/pages.ts';
import { HOSTED_FORM } from '../support/hosted-form.ts';
import { siteWorld } from './site-world.ts';

setDefaultTimeout(60_000);
const world = await siteWorld(ADMIN_ROUTES);
const { services, site } = world;
const { hostedForms, endpoints } = services.store;
const owner = await world.person('owner');
const id = site.endpointId;
const endpointPage = `/admin/s/${site.id}/sources/endpoints/${id}`;
const base = `${endpointPage}/form`;

const stored = () => hostedForms.get(id)?.form;
const fieldIds = () =>
  stored()
    ?.fields.map(({ id: each }) => each)
    .join(' ');
const PAGE = { title: 'Offer', intro: 'One\r\nTwo', button: 'Ask', lang: 'de' };
const WORDS = { ...PAGE, required_word: 'Pflichtfeld', problem_title: 'Bitte prüfen' };

test('an endpoint has one to begin with, which is published by one press, and closed again', async () => {
  const { html, status } = await owner.get(base);
  expect(status).toBe(200);
  expect(html).toContain('Not published');
  expect(html).toContain('E-mail');
  expect(hostedForms.get(id)).toBeNull();
  const published = await owner.post(`${base}/publish`, { published: 'yes' });
  expect(published.location).toBe(`${base}?notice=form_published`);
  expect(hostedForms.get(id)).toMatchObject({ published: true, form: { title: 'Contact us' } });
  const shown = await owner.get(base);
  expect(shown.html).toContain('Published');
  expect(shown.html).toContain(`http://localhost/h/${id}`);
  expect(shown.html).toContain('&lt;iframe src=');
  expect(services.store.audit.list({ limit: 1 })[0]).toMatchObject({
    action: 'hosted_form.changed',
    objectId: id,
    siteId: site.id,
    before: null,
    after: {
      published: true,
      fields: ['Name (text): Name', 'E-mail (email, required): E-mail', 'Message (long_text): Message'],
    },
  });
  await owner.post(`${base}/publish`, { published: 'no' });
  expect(hostedForms.get(id)?.published).toBe(false);
});

describe('with a form', () => {
  beforeAll(() => hostedForms.change(site.id, id, () => ({ published: true, form: HOSTED_FORM })));

  test('its words are changed, and what is wrong is said beside each while the rest is kept', async () => {
    expect((await owner.post(base, WORDS)).location).toBe(`${base}?notice=saved`);
    expect(stored()).toMatchObject({ ...WORDS, intro: 'One\nTwo', fields: HOSTED_FORM.fields });
    const refused = await owner.post(base, { ...WORDS, lang: 'German language', title: ' ', intro: '<b>kept' });
    expect(refused.status).toBe(422);
    expect(refused.html).toContain('Write a language as browsers name it');
    expect(refused.html).toContain('aria-describedby="f-title-error"');
    expect(refused.html).toContain('&lt;b>kept</textarea>');
    expect(stored()?.title).toBe('Offer');
  });

  test('fields are added, and changed on a page of their own', async () => {
    const added = await owner.post(`${base}/fields`, { kind: 'choice', label: 'Budget' });
    const to = added.location?.split('?')[0] ?? '';
    expect(to).toMatch(/\/fields\/\d+$/);
    expect(stored()?.fields.at(-1)).toMatchObject({ label: 'Budget', choices: ['First choice', 'Second choice'] });
    expect((await owner.get(to)).html).toContain('First choice\nSecond choice');
    const field = {
      kind: 'choice',
      label: 'Your budget',
      name: 'Budget',
      choices: 'Low\nHigh',
      several: 'on',
      required: 'on',
    };
    expect((await owner.post(to, { ...field, help: 'Roughly.' })).location).toBe(`${base}?notice=saved`);
    expect(stored()?.fields.at(-1)).toMatchObject({
      ...{ label: 'Your budget', name: 'Budget', choices: ['Low', 'High'], several: true, required: true },
      help: 'Roughly.',
    });
    expect((await owner.get(base)).html).toContain('kept as <bdi>Budget</bdi>');
    const refused = await owner.post(to, { ...field, choices: ' ', name: 'Name', error: 'kept <i>' });
    expect(refused.status).toBe(422);
    expect(refused.html).toContain('Write at least one choice');
    expect(refused.html).toContain('Another field of this form has that name');
    expect(refused.html).toContain('value="kept &lt;i>"');
  });

  test('a field of a name that can’t be kept is not added, and what was typed stays', async () => {
    const before = fieldIds();
    for (const label of ['Password', '_gotcha', 'name', ' ']) {
      const refused = await owner.post(`${base}/fields`, { kind: 'number', label });
      expect(refused.status).toBe(422);
      expect(refused.html).toContain('f-label-error');
      expect(refused.html).toContain('<option value="number" selected>');
    }
    expect(fieldIds()).toBe(before as string);
  });

  test('fields move and are deleted; one that is gone is not found', async () => {
    await hostedForms.change(site.id, id, () => ({ published: true, form: HOSTED_FORM }));
    await owner.post(`${base}/fields/f2/move`, { to: 'up' });
    expect(fieldIds()).toStartWith('f2 f1 f3');
    await owner.post(`${base}/fields/f2/move`, { to: 'down' });
    expect(fieldIds()).toStartWith('f1 f2 f3');
    expect((await owner.get(base)).html).toMatch(/disabled[^>]*><span aria-hidden="true">↑/);
    expect((await owner.get(`${base}/fields/f2`)).html).toContain('Delete field');
    expect((await owner.post(`${base}/fields/f2/delete`)).location).toBe(`${base}?notice=field_deleted`);
    expect(fieldIds()).toStartWith('f1 f3');
    for (const act of ['', '/move', '/delete']) expect((await owner.post(`${base}/fields/f2${act}`)).status).toBe(404);
    expect((await owner.get(`${base}/fields/f2`)).status).toBe(404);
  });

  test('the preview is the page itself, in a sandbox, for frames of these pages alone', async () => {
    const { html, headers, status } = await owner.get(`${base}/preview`);
    expect(status).toBe(200);
    expect(html).toContain('<h1 dir="auto">Contact us</h1>');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toEndWith("frame-ancestors 'self'; sandbox");
    expect(policy).not.toContain('script-src');
    expect((await owner.get(base)).html).toContain(`src="${base}/preview" sandbox`);
    const gone = await world.person('viewer');
    expect((await gone.get(`${base}/preview`)).status).toBe(403);
  });

  test('the endpoint’s page, the forms and the sources lead to it', async () => {
    expect((await owner.get(endpointPage)).html).toContain(base);
    expect((await owner.get(`/admin/s/${site.id}/sources`)).html).toContain(base);
    expect((await owner.get(`/admin/s/${site.id}/sources`)).html).toContain(`http://localhost/h/${id}`);
    expect((await owner.get(`/admin/s/${site.id}/forms`)).html).toContain(base);
  });

  test('an endpoint’s trap can’t be one of its fields', async () => {
    const refused = await owner.post(endpointPage, { name: 'Website', answer: 'thanks', honeypot: 'Message' });
    expect(refused.status).toBe(422);
    expect(refused.html).toContain('field of the hosted form');
    expect(endpoints.get(id)?.honeypot).toBe('_gotcha');
  });
});
