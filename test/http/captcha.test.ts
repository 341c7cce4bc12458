import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type { CaptchaKind } from '../../src/contract/captcha.ts';
import { createCaptchaChecker } from '../../src/intake/captcha.ts';
import { createLog } from '../../src/lib/log.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { SECRET, SITE_KEY, testCaptcha } from '../support/captcha.ts';
import { TestClock } from '../support/clock.ts';
import { HOSTED_FORM } from '../support/hosted-form.ts';

const service = testCaptcha();
const clock = new TestClock();
const lines: string[] = [];
let api: TestApp;
let id: string;
beforeAll(async () => {
  const log = createLog({ level: 'info', format: 'json', now: () => clock.now(), write: (line) => lines.push(line) });
  api = await testApp({ clock, captchaUrls: service.urls, log });
  id = api.site.endpointId;
  await api.store.hostedForms.change(api.site.id, id, () => ({ published: true, form: HOSTED_FORM }));
});
afterAll(async () => {
  await api.close();
  await service.stop();
});
beforeEach(async () => {
  service.fault = null;
  service.calls.length = 0;
  lines.length = 0;
  await ask('turnstile');
});

async function ask(kind: CaptchaKind, secret = SECRET) {
  const { seal } = createCaptchaChecker({ vault: api.vault, clock, urls: service.urls });
  await api.store.captchas.set(api.site.id, { kind, siteKey: SITE_KEY, secretSealed: seal(secret) });
}

function newest() {
  return api.store.leads.list(api.site.id, { filter: { spam: 'include' }, newestFirst: true, limit: 1, offset: 0 })[0];
}

const NAMES = { turnstile: 'cf-turnstile-response', hcaptcha: 'h-captcha-response' } as const;
const JSON_ASKED = { accept: 'application/json' };

async function post(fields: Record<string, string>, headers: Record<string, string> = JSON_ASKED) {
  const body = new URLSearchParams(fields);
  return await api.app.fetch(new Request(`http://localhost/f/${id}`, { method: 'POST', headers, body }));
}

/** The three ways that a visitor's form comes in by. */
const WAYS: [string, () => Promise<Record<string, string>>, string][] = [
  ['a page’s own form', async () => ({ Email: 'alice@example.com' }), 'form_endpoint'],
  ['the script', async () => ({ Email: 'alice@example.com', _lts: JSON.stringify({ v: 1, json: true }) }), 'sdk'],
  ['a hosted form', hosted, 'hosted_form'],
];

async function openHosted() {
  const page = await api.app.fetch(new Request(`http://localhost/h/${id}`));
  return { page, html: await page.text() };
}

async function hosted(): Promise<Record<string, string>> {
  const { html } = await openHosted();
  clock.advance(10_000);
  const render = /name="_render" value="([^"]+)"/.exec(html)?.[1] ?? '';
  const fields = { Name: 'Alice', 'E-mail': 'alice@example.com', Plan: 'Small', 'I agree to the terms': 'Yes' };
  return { ...fields, _render: render };
}

describe.each(WAYS)('%s, where the site has a captcha', (_, fields, source) => {
  test.each(['turnstile', 'hcaptcha'] as const)('is taken with a token of %s, which is no field', async (kind) => {
    await ask(kind);
    const answer = await post({ ...(await fields()), [NAMES[kind]]: service.token() });
    expect(answer.status).toBe(200);
    expect(newest()).toMatchObject({ source, spam: false, body: { warnings: [] } });
    expect(JSON.stringify(newest()?.body.fields)).not.toContain('captcha');
    expect(service.calls).toHaveLength(1);
  });

  test.each([
    ['without a token', () => ({})],
    ['with one that nobody gave', () => ({ 'cf-turnstile-response': 'made-up' })],
    [
      'with one that ran out',
      () => {
        const token = service.token();
        service.expire(token);
        return { 'cf-turnstile-response': token };
      },
    ],
  ])('%s it is refused, in words, and nothing is stored', async (_, token) => {
    const before = newest()?.id ?? null;
    const answer = await post({ ...(await fields()), ...token() });
    expect(answer.status).toBe(422);
    const { error } = (await answer.json()) as { error: { code: string; message: string } };
    expect(error.code).toBe('validation_error');
    expect(error.message).toContain('no robot');
    expect(newest()?.id ?? null).toBe(before);
  });

  test('is taken with a warning while the service is down, and the log says so', async () => {
    service.fault = () => new Response('Bad gateway', { status: 502 });
    expect((await post({ ...(await fields()), 'cf-turnstile-response': service.token() })).status).toBe(200);
    expect(newest()).toMatchObject({ source, spam: false, body: { warnings: [{ code: 'captcha_unchecked' }] } });
    const said = lines.find((line) => line.includes('captcha.unchecked')) ?? '';
    expect(said).toContain('502');
    expect(said).not.toContain(SECRET);
  });

  test('is taken with a warning while the secret is wrong', async () => {
    await ask('turnstile', 'another');
    expect((await post({ ...(await fields()), 'cf-turnstile-response': service.token() })).status).toBe(200);
    expect(newest()?.body.warnings.map(({ code }) => code)).toEqual(['captcha_unchecked']);
  });

  test('whoever fell into the trap is not asked', async () => {
    expect((await post({ ...(await fields()), _gotcha: 'x' })).status).toBe(200);
    expect([newest()?.spam, service.calls.length]).toEqual([true, 0]);
  });
});

test('a service that hangs is waited for 5 s, and the lead is taken then', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  service.fault = () => {
    resolve();
    return new Promise(() => {});
  };
  const answer = post({ Email: 'alice@example.com', 'cf-turnstile-response': service.token() });
  await asked;
  clock.advance(5_000);
  expect((await answer).status).toBe(200);
  expect(newest()?.body.warnings).toMatchObject([{ code: 'captcha_unchecked' }]);
});

test('a request that is sent again with its idempotency key is the same lead, with the same token', async () => {
  const fields = { Email: 'alice@example.com', _idempotency_key: 'k-1', 'cf-turnstile-response': service.token() };
  const first = (await (await post(fields)).json()) as { id: string };
  const again = await post(fields);
  expect([again.status, await again.json()]).toEqual([200, { ok: true, id: first.id }]);
  expect((await post({ ...fields, _idempotency_key: 'k-2' })).status).toBe(422);
});

test('a key, and another site, know nothing of it', async () => {
  const other = await api.store.sites.create({ name: 'Other' });
  const body = new URLSearchParams({ a: '1' });
  const to = `http://localhost/f/${other.endpointId}`;
  expect((await api.app.fetch(new Request(to, { method: 'POST', headers: JSON_ASKED, body }))).status).toBe(200);
  expect((await api.call('POST', '/api/v1/submissions', { json: { fields: { a: '1' } } })).status).toBe(201);
  expect(service.calls).toEqual([]);
});

describe('the hosted page', () => {
  test('loads the widget of its site, from its hosts and no others', async () => {
    const { page, html } = await openHosted();
    expect(html).toContain('src="https://challenges.cloudflare.com/turnstile/v0/api.js"');
    expect(html).toContain(`class="cf-turnstile" data-sitekey="${SITE_KEY}"`);
    expect(html).toContain('<noscript>');
    const policy = page.headers.get('content-security-policy');
    expect(policy).toBe(
      "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; " +
        'script-src https://challenges.cloudflare.com; frame-src https://challenges.cloudflare.com; frame-ancestors *',
    );
    await ask('hcaptcha');
    const other = await openHosted();
    expect(other.html).toContain('src="https://js.hcaptcha.com/1/api.js?hl=en"');
    expect(other.page.headers.get('content-security-policy')).toContain(
      'script-src https://hcaptcha.com https://*.hcaptcha.com;',
    );
    expect(other.page.headers.get('content-security-policy')).not.toContain('cloudflare');
  });

  test('comes back with everything typed when the check has failed, and may load the widget again', async () => {
    const answer = await post({ ...(await hosted()), Message: 'kept' }, {});
    expect(answer.status).toBe(422);
    expect(answer.headers.get('content-security-policy')).toContain('script-src https://challenges.cloudflare.com');
    const html = await answer.text();
    expect(html).toContain('Show that you are no robot');
    expect(html).toContain('kept</textarea>');
    expect(html).toContain('class="cf-turnstile"');
  });

  test('its own rules come first: a token is good once', async () => {
    const answer = await post({ ...(await hosted()), Name: '', 'cf-turnstile-response': service.token() }, {});
    expect([answer.status, service.calls.length]).toEqual([422, 0]);
  });
});
