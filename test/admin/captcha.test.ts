import { afterAll, beforeEach, expect, setDefaultTimeout, test } from 'bun:test';
import { ADMIN_ROUTES } from '../../src/http/admin/pages.ts';
import { SECRET, SITE_KEY, testCaptcha } from '../support/captcha.ts';
import { siteWorld } from './site-world.ts';

setDefaultTimeout(60_000);
const service = testCaptcha();
afterAll(() => service.stop());
const world = await siteWorld(ADMIN_ROUTES, { captchaUrls: service.urls });
const { services, site } = world;
const { captchas, audit } = services.store;
const owner = await world.person('owner');
const page = `/admin/s/${site.id}/captcha`;
const GOOD = { kind: 'turnstile', site_key: SITE_KEY, secret: SECRET };

beforeEach(async () => {
  service.fault = null;
  await captchas.set(site.id, null);
});

test('a captcha is set: its secret is asked of the service, sealed, and shown nowhere', async () => {
  expect((await owner.get(`/admin/s/${site.id}/settings`)).html).toContain(page);
  expect((await owner.post(page, GOOD)).location).toBe(`${page}?notice=saved`);
  const stored = captchas.get(site.id);
  expect(stored).toMatchObject({ kind: 'turnstile', siteKey: SITE_KEY });
  expect(stored?.secretSealed).not.toContain(SECRET);
  const outcome = stored && (await services.captcha.check(stored, service.token(), null));
  expect(outcome).toEqual({ kind: 'passed' });
  const { html } = await owner.get(page);
  expect(html).toContain(SITE_KEY);
  expect(html).not.toContain(SECRET);
  expect(html).not.toContain(stored?.secretSealed ?? 'none');
  const [entry] = audit.list({ limit: 1 });
  expect(entry).toMatchObject({
    action: 'captcha.changed',
    before: { captcha: null },
    after: { captcha: 'turnstile', site_key: SITE_KEY },
  });
  expect(JSON.stringify(entry)).not.toContain(stored?.secretSealed ?? 'none');
});

test('the secret stays when none is typed, unless the service is another', async () => {
  await owner.post(page, GOOD);
  const before = captchas.get(site.id)?.secretSealed ?? '';
  await owner.post(page, { ...GOOD, site_key: 'another', secret: '' });
  expect(captchas.get(site.id)).toEqual({ kind: 'turnstile', siteKey: 'another', secretSealed: before });
  const refused = await owner.post(page, { ...GOOD, kind: 'hcaptcha', secret: '' });
  expect([refused.status, captchas.get(site.id)?.kind]).toEqual([422, 'turnstile']);
  expect(refused.html).toContain('Copy the secret key');
  await owner.post(page, { kind: 'none', site_key: '', secret: '' });
  expect(captchas.get(site.id)).toBeNull();
});

test.each([
  [{ secret: 'another' }, 'does not take this secret'],
  [{ secret: '' }, 'Copy the secret key'],
  [{ site_key: '' }, 'Copy the site key'],
  [{ site_key: '"><script>' }, 'Copy the site key'],
  [{ kind: 'recaptcha' }, 'Choose a service'],
])('%j is refused, the rest is kept but the secret', async (wrong, said) => {
  const answer = await owner.post(page, { ...GOOD, ...wrong });
  expect(answer.status).toBe(422);
  expect(answer.html).toContain(said);
  expect(answer.html).not.toContain(SECRET);
  expect(answer.html).not.toContain('"><script>');
  expect(captchas.get(site.id)).toBeNull();
});

test('a service that does not answer keeps nobody from saving, and is told of', async () => {
  service.fault = () => new Response('oh', { status: 500 });
  const saved = await owner.post(page, GOOD);
  expect(saved.location).toBe(`${page}?notice=captcha_not_reached`);
  expect((await owner.get(`${page}?notice=captcha_not_reached`)).html).toContain('did not answer');
  expect(captchas.get(site.id)?.siteKey).toBe(SITE_KEY);
});

test('who may only look sees which service it is, and no form', async () => {
  await owner.post(page, GOOD);
  const viewer = await world.person('viewer');
  const { html } = await viewer.get(page);
  expect(html).toContain('Cloudflare Turnstile');
  expect(html).not.toContain('name="secret"');
  expect((await viewer.post(page, GOOD)).status).toBe(403);
});
