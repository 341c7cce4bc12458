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

  describe('saved from a page that was shown before somebody else saved', () => {
    /** What a browser would send from a page as it was, with these typed over. */
    async function formAt(path: string): Promise<(typed?: Record<string, string>) => Record<string, string>> {
      const { html } = await owner.get(path);
      const sent: Record<string, string> = {};
      const decode = (text: string) =>
        text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
      const save = html.slice(
        html.indexOf(`action="${path}"`),
        html.indexOf('</form>', html.indexOf(`action="${path}"`)),
      );
      for (const [tag, name = ''] of save.matchAll(/<(?:input|textarea|select)[^>]* name="([^"]+)"[^>]*>/g)) {
        const at = save.indexOf(tag);
        const area = /^<textarea[^>]*>([^<]*)/.exec(save.slice(at))?.[1];
        const chosen = /<option value="([^"]*)" selected/.exec(save.slice(at, save.indexOf('</select>', at)))?.[1];
        if (/type="checkbox"/.test(tag) && !/ checked/.test(tag)) continue;
        const text = tag.startsWith('<textarea')
          ? area
          : tag.startsWith('<select')
            ? chosen
            : / value="([^"]*)"/.exec(tag)?.[1];
        // As browsers send ends of lines.
        sent[name] = decode(text ?? '').replaceAll('\n', '\r\n');
      }
      delete sent.csrf;
      return (typed = {}) => ({ ...sent, ...typed });
    }
    const budget = () => stored()?.fields.find(({ id: each }) => each === 'f5');
    beforeAll(() => hostedForms.change(site.id, id, () => ({ published: true, form: HOSTED_FORM })));

    test('a field keeps what was saved meanwhile; what was changed on the page is changed', async () => {
      const path = `${base}/fields/f5`;
      const [one, other] = [await formAt(path), await formAt(path)];
      expect((await owner.post(path, one({ choices: 'Low\r\nHigh' }))).status).toBe(303);
      expect((await owner.post(path, other({ help: 'Roughly.' }))).status).toBe(303);
      expect(budget()).toMatchObject({ choices: ['Low', 'High'], help: 'Roughly.', required: true, label: 'Plan' });
      // Both changed it: the last one holds.
      expect((await owner.post(path, other({ choices: 'One', required: '' }))).status).toBe(303);
      expect(budget()).toMatchObject({ choices: ['One'], required: false, help: 'Roughly.' });
    });

    test('so do the words, and a page that was refused in between', async () => {
      const stale = await formAt(base);
      await owner.post(base, (await formAt(base))({ title: 'Ask for an offer', intro: '' }));
      const refused = await owner.post(base, stale({ button: 'Ask', lang: 'no language' }));
      expect(refused.status).toBe(422);
      const { shown = '' } = stale();
      expect(refused.html).toContain(
        `name="shown" value="${shown.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"`,
      );
      expect((await owner.post(base, stale({ button: 'Ask' }))).status).toBe(303);
      expect(stored()).toMatchObject({ title: 'Ask for an offer', intro: null, button: 'Ask' });
    });

    test('whatever else says what it showed, all that was typed is saved', async () => {
      for (const shown of ['', '{', '[1]', '"x"', '{"__proto__":{"title":"x"},"title":7}']) {
        expect((await owner.post(base, { ...WORDS, shown })).status).toBe(303);
        expect(stored()).toMatchObject({ ...WORDS, intro: 'One\nTwo' });
      }
    });
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
