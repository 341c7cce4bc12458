import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { MAX_OPEN_FORMS } from '../../src/store/sqlite/accept.ts';
import type { Lead } from '../../src/store/store.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { TestClock } from '../support/clock.ts';

let api: TestApp;
let endpoint: string;
beforeAll(async () => {
  api = await testApp();
  endpoint = api.site.endpointId;
});
afterAll(() => api.close());

interface Sent {
  to?: string;
  type?: string | null;
  headers?: Record<string, string>;
}

function send(body: BodyInit, { to = endpoint, type = 'application/x-www-form-urlencoded', headers = {} }: Sent = {}) {
  const all = type === null ? headers : { 'content-type': type, ...headers };
  return api.app.fetch(new Request(`http://localhost/f/${to}`, { method: 'POST', headers: all, body }));
}

/** The newest lead of a site, spam included. */
function newest(siteId = api.site.id): Lead {
  const [lead] = api.store.leads.list(siteId, {
    filter: { spam: 'include' },
    newestFirst: true,
    limit: 1,
    offset: 0,
  });
  if (!lead) throw new Error('no lead');
  return lead;
}

const count = () => api.store.sites.usage(api.site.id, Date.now());

describe('what is taken', () => {
  test('urlencoded: fields, repeated ones, the page and the browser; back to the page', async () => {
    const page = 'https://example.com/contact?utm_source=news';
    const answer = await send('Name=Alice+Example&Topic=a&Topic=b%26c&Empty=&Zip=1%25+off%zz', {
      headers: { referer: page, 'user-agent': 'Mozilla/5.0 Firefox/140.0', 'accept-language': 'de-DE,de;q=0.9' },
    });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, page]);
    const lead = newest();
    expect(lead.body).toMatchObject({
      fields: { Name: 'Alice Example', Topic: ['a', 'b&c'], Empty: '', Zip: '1% off%zz' },
      page_url: page,
      utm_source: 'news',
      language: 'de-DE',
    });
    expect(lead).toMatchObject({ source: 'form_endpoint', formName: 'Website', spam: false, syncStatus: 'pending' });
  });

  test('multipart and JSON give the same lead', async () => {
    const form = new FormData();
    form.append('Name', 'Jürgen');
    form.append('Topic', 'a');
    form.append('Topic', 'b');
    expect((await send(form, { type: null })).status).toBe(302);
    const { fields } = newest().body;
    const json = await send(JSON.stringify({ Name: 'Jürgen', Topic: ['a', 'b'] }), { type: 'application/json' });
    expect(json.status).toBe(302);
    expect(newest().body.fields).toEqual(fields);
  });

  test('a form is known by its name, else by its endpoint, whatever that is called later', async () => {
    await send('_form=Price+list&a=1');
    expect(newest().formName).toBe('Price list');
    const made = await api.store.endpoints.create(api.site.id, 'Landing page');
    await send('a=1', { to: made.id });
    const { formId, formName } = newest();
    expect(formName).toBe('Landing page');
    await api.store.endpoints.update(api.site.id, made.id, { name: 'Campaign' });
    await send('a=2', { to: made.id });
    expect(newest().formId).toBe(formId);
  });

  test('a bot that fills in the trap gets the ordinary answer, and is spam', async () => {
    const before = count();
    const answer = await send('Name=x&_gotcha=http%3A%2F%2Fspam.example', { headers: { accept: 'application/json' } });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ ok: true, id: newest().id });
    expect(newest()).toMatchObject({ spam: true, syncStatus: 'skipped', body: { fields: { Name: 'x' } } });
    expect(newest().spamReason).toContain('trap');
    expect(count()).toMatchObject({ submissions: before.submissions, spam: before.spam + 1 });
  });

  test('a form that is sent twice with its key is one lead', async () => {
    const once = (await (await send('a=1&_idempotency_key=k-7', { headers: JSON_ASKED })).json()) as { id: string };
    const again = await send('a=1', { headers: { ...JSON_ASKED, 'idempotency-key': 'k-7' } });
    expect(await again.json()).toEqual({ ok: true, id: once.id });
    const other = await send('a=2&_idempotency_key=k-7', { headers: JSON_ASKED });
    expect([other.status, await codeOf(other)]).toEqual([409, 'idempotency_key_reused']);
  });

  test('a key that a stranger uses first is not used up for the back end of the site', async () => {
    await send('a=1&_idempotency_key=order-1002', { headers: JSON_ASKED });
    const { key } = await api.key();
    const post = () =>
      api.call('POST', '/api/v1/submissions', {
        key,
        json: { fields: { Email: 'alice@example.com' } },
        headers: { 'idempotency-key': 'order-1002' },
      });
    const first = await post();
    expect(first.status).toBe(201);
    expect(newest().body.fields).toEqual({ Email: 'alice@example.com' });
    expect((await post()).headers.get('idempotent-replayed')).toBe('true');
  });

  test('passwords are left out, subject and reply address are kept beside the lead', async () => {
    await send('user=alice&password=hunter2&_subject=New+lead&_replyto=alice%40example.com');
    expect(newest().body).toMatchObject({
      fields: { user: 'alice' },
      metadata: { subject: 'New lead', reply_to: 'alice@example.com' },
    });
    expect(JSON.stringify(newest())).not.toContain('hunter2');
  });
});

const JSON_ASKED = { accept: 'application/json' };
const codeOf = async (answer: Response) => ((await answer.json()) as { error: { code: string } }).error.code;

describe('what is refused stores nothing', () => {
  const bad: [string, () => BodyInit, string | null, number, string][] = [
    ['no field', () => '', 'application/x-www-form-urlencoded', 422, 'validation_error'],
    ['only control fields', () => '_form=x&_subject=y', 'application/x-www-form-urlencoded', 422, 'validation_error'],
    ['not UTF-8', () => 'Name=J%FCrgen', 'application/x-www-form-urlencoded', 400, 'bad_request'],
    [
      'raw bytes that are not UTF-8',
      () => new Uint8Array([97, 61, 255]),
      'application/x-www-form-urlencoded',
      400,
      'invalid_json',
    ],
    ['text', () => 'a=1', 'text/plain', 415, 'unsupported_media_type'],
    ['broken JSON', () => '{"a":', 'application/json', 400, 'invalid_json'],
    ['a JSON array', () => '[1]', 'application/json', 400, 'invalid_json'],
    ['multipart without a boundary', () => 'x', 'multipart/form-data', 400, 'bad_request'],
    ['a boundary without end', () => 'x', `multipart/form-data; boundary=${'b'.repeat(300)}`, 400, 'bad_request'],
    [
      '201 fields',
      () => Array.from({ length: 201 }, (_, i) => `f${i}=1`).join('&'),
      'application/x-www-form-urlencoded',
      422,
      'validation_error',
    ],
    [
      '10,000 fields',
      () => Array.from({ length: 10_000 }, (_, i) => `f${i}=1`).join('&'),
      'application/x-www-form-urlencoded',
      422,
      'validation_error',
    ],
    ['over 1 MiB', () => `a=${'x'.repeat(1_048_576)}`, 'application/x-www-form-urlencoded', 413, 'payload_too_large'],
    ['deep JSON', () => `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`, 'application/json', 422, 'validation_error'],
    [
      'deep JSON for a control field',
      () => `{"_form":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      'application/json',
      422,
      'validation_error',
    ],
  ];
  test.each(bad)('%s', async (_, body, type, status, code) => {
    const before = newest().id;
    const answer = await send(body(), { type, headers: JSON_ASKED });
    expect([answer.status, await codeOf(answer)]).toEqual([status, code]);
    expect(newest().id).toBe(before);
    const page = await send(body(), { type });
    expect([page.status, page.headers.get('content-type')]).toEqual([status, 'text/html; charset=utf-8']);
    expect(await page.text()).toContain('This was not sent');
  });

  test.each([
    ['application/x-www-form-urlencoded', 'a=1'],
    ['application/json', `{"a":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`],
    ['multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'],
  ])('packed, as %s: it is said what to do, and nothing is unpacked', async (type, text) => {
    const answer = await send(Bun.gzipSync(Buffer.from(text)), {
      type,
      headers: { ...JSON_ASKED, 'content-encoding': 'gzip' },
    });
    const { error } = (await answer.json()) as { error: { code: string; message: string } };
    expect([answer.status, error.code]).toEqual([415, 'unsupported_media_type']);
    expect(error.message).toContain('Content-Encoding');
  });

  test('an endpoint that is not there', async () => {
    const answer = await send('a=1', { to: 'zzzzzzzzzz', headers: JSON_ASKED });
    expect([answer.status, await codeOf(answer)]).toEqual([404, 'not_found']);
    expect((await send('a=1', { to: '%3Cscript%3E' })).status).toBe(404);
  });

  test('what a page says of it is escaped', async () => {
    const answer = await send(JSON.stringify({ ['<script>alert(1)</script>'.repeat(20)]: 1 }), {
      type: 'application/json',
    });
    expect(answer.status).toBe(422);
    expect(await answer.text()).not.toContain('<script>');
  });
});

describe('where a visitor goes', () => {
  async function place(allowedDomains: string[], change: Parameters<TestApp['store']['endpoints']['update']>[2]) {
    const site = await api.store.sites.create({ name: 'Elsewhere' });
    await api.store.sites.update(site.id, { allowedDomains });
    await api.store.endpoints.update(site.id, site.endpointId, change);
    return site.endpointId;
  }
  const from = 'https://www.example.com/contact';
  const thanks = (id: string) => `/f/${id}/thanks`;

  test.each([
    ['back to the page', [], {}, 'a=1', from],
    ['where the endpoint says', [], { redirectUrl: 'https://other.example/x' }, 'a=1', 'https://other.example/x'],
    [
      'where the form says, on its own origin',
      [],
      {},
      'a=1&_redirect=https%3A%2F%2Fwww.example.com%2Fok',
      'https://www.example.com/ok',
    ],
    ['where the form says, from its own page on', [], {}, 'a=1&_redirect=%2Fok', 'https://www.example.com/ok'],
    ['not where a form says on another origin', [], {}, 'a=1&_redirect=https%3A%2F%2Fevil.example%2F', from],
    ['nor by a scheme that runs', [], {}, 'a=1&_redirect=javascript%3Aalert(1)', from],
    ['nor without a scheme', [], {}, 'a=1&_redirect=%2F%2Fevil.example', from],
    [
      'to an allowed domain',
      ['*.example.com', 'shop.example'],
      {},
      'a=1&_next=https%3A%2F%2Fshop.example%2Fok',
      'https://shop.example/ok',
    ],
    ['to no other', ['*.example.com'], {}, 'a=1&_next=https%3A%2F%2Fshop.example%2Fok', from],
  ])('%s', async (_, allowed, change, body, expected) => {
    const to = await place(allowed, change);
    const answer = await send(body, { to, headers: { origin: 'https://www.example.com', referer: from } });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, expected]);
  });

  test('to the thanks page where the endpoint says so, and where no page is named', async () => {
    const chosen = await place([], { answer: 'thanks', thanksTitle: 'Merci <b>', thanksText: 'One\nTwo' });
    const answer = await send('a=1', { to: chosen, headers: { referer: from } });
    expect(answer.headers.get('location')).toBe(thanks(chosen));
    const page = await api.app.fetch(new Request(`http://localhost${thanks(chosen)}`));
    const html = await page.text();
    expect(html).toContain('Merci &lt;b');
    expect(html).toContain('<p dir="auto">Two</p>');
    expect(html).toContain('Elsewhere');
    expect(page.headers.get('x-robots-tag')).toBe('noindex');
    expect((await send('a=1')).headers.get('location')).toBe(thanks(endpoint));
  });

  test('JSON, where the endpoint or the caller wants it', async () => {
    const to = await place([], { answer: 'json' });
    expect(await (await send('a=1', { to })).json()).toMatchObject({ ok: true });
  });

  test.each([
    [{ 'sec-fetch-mode': 'cors' }, 200],
    [{ 'sec-fetch-mode': 'same-origin' }, 200],
    [{ 'x-requested-with': 'XMLHttpRequest' }, 200],
    [{ 'sec-fetch-mode': 'navigate' }, 302],
    [{ 'sec-fetch-mode': 'no-cors' }, 302],
  ] as [Record<string, string>, number][])(
    'JSON to a script, which can not follow to a page: %j is %p',
    async (said, status) => {
      const answer = await send('a=1', { headers: { ...said, accept: '*/*', origin: 'https://www.example.com' } });
      expect(answer.status).toBe(status);
      if (status === 200) expect(await answer.json()).toMatchObject({ ok: true });
      const refused = await send('', { headers: { ...said, accept: '*/*' } });
      expect([refused.status, refused.headers.get('content-type')?.startsWith('application/json')]).toEqual([
        422,
        status === 200,
      ]);
    },
  );

  test('a form written for Web3Forms is told what its script looks for', async () => {
    const to = await place([], { thanksText: 'We write soon.' });
    const answer = await send('a=1&access_key=k', { to, headers: JSON_ASKED });
    expect(await answer.json()).toMatchObject({ ok: true, success: true, message: 'We write soon.' });
  });

  test('an address in part goes on from the page, as far as that is told', async () => {
    const where = async (headers: Record<string, string>, next: string) =>
      (await send(`a=1&_next=${next}`, { headers })).headers.get('location');
    const origin = 'https://www.example.com';
    const referer = `${origin}/shop/contact?a=1`;
    expect(await where({ origin, referer }, 'ok.html')).toBe(`${origin}/shop/ok.html`);
    expect(await where({ referer }, 'ok.html')).toBe(`${origin}/shop/ok.html`);
    expect(await where({ origin, referer: `${origin}/` }, 'ok.html')).toBe(`${origin}/ok.html`);
    expect(await where({ origin, referer: 'https://evil.example/shop/' }, 'ok.html')).toBe(`${origin}/ok.html`);
  });

  test('the thanks page may stand in frames of the allowed domains alone', async () => {
    const policy = async (id: string) =>
      (await api.app.fetch(new Request(`http://localhost${thanks(id)}`))).headers.get('content-security-policy');
    expect(await policy(endpoint)).toEndWith('frame-ancestors *');
    expect(await policy(await place(['*.example.com'], {}))).toEndWith("frame-ancestors 'self' *.example.com:*");
  });
});

describe('who may send', () => {
  test('pages of the allowed domains, before anything of the form is read', async () => {
    const site = await api.store.sites.create({ name: 'Strict' });
    await api.store.sites.update(site.id, { allowedDomains: ['example.com'] });
    const to = site.endpointId;
    const status = async (headers: Record<string, string>) => (await send('a=1', { to, headers })).status;
    expect(await status({ origin: 'https://example.com' })).toBe(302);
    expect(await status({ referer: 'http://example.com:8080/x' })).toBe(302);
    expect(await status({ origin: 'https://evil.example' })).toBe(403);
    expect(await status({ origin: 'https://evil.example', referer: 'https://example.com/' })).toBe(403);
    expect(await status({})).toBe(403);
    const broken = await send('a=%FF', { to, headers: { ...JSON_ASKED, origin: 'https://evil.example' } });
    expect(await codeOf(broken)).toBe('origin_not_allowed');
    expect(api.store.sites.usage(site.id, Date.now()).submissions).toBe(2);
  });

  test('any origin by script: the answer may be read, and a preflight is answered', async () => {
    const preflight = await api.app.fetch(
      new Request(`http://localhost/f/${endpoint}`, {
        method: 'OPTIONS',
        headers: { origin: 'https://a.example', 'access-control-request-method': 'POST' },
      }),
    );
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Idempotency-Key');
    const answer = await send('a=1', { headers: JSON_ASKED });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect((await send('', { headers: JSON_ASKED })).headers.get('access-control-allow-origin')).toBe('*');
  });

  test('somebody who opens the address is told what it is for', async () => {
    const answer = await api.app.fetch(new Request(`http://localhost/f/${endpoint}`));
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await answer.text()).toContain('Forms are sent here');
  });

  test('strangers can make only so many forms of a site; what names another one goes to the endpoint’s own', async () => {
    const flooded = await testApp();
    const post = (name: string) =>
      flooded.app.fetch(
        new Request(`http://localhost/f/${flooded.site.endpointId}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...JSON_ASKED },
          body: JSON.stringify({ a: 1, _form: name }),
        }),
      );
    await Promise.all(Array.from({ length: MAX_OPEN_FORMS + 20 }, (_, i) => post(`Form ${i}`)));
    const { store, site } = flooded;
    // The endpoint's own is one more than there may be: no lead is without a form.
    expect(store.forms.list(site.id)).toHaveLength(MAX_OPEN_FORMS + 1);
    const leads = store.leads.list(site.id, { filter: { spam: 'include' }, newestFirst: true, limit: 200, offset: 0 });
    expect(leads).toHaveLength(MAX_OPEN_FORMS + 20);
    const moved = leads.filter(({ body }) => body.warnings.some(({ code }) => code === 'form_replaced'));
    expect(moved).toHaveLength(20);
    expect(new Set(moved.map(({ formName }) => formName)).size).toBe(1);
    // Forms that exist are found as before, and a key makes as many as it likes.
    expect((await post('Form 3')).status).toBe(200);
    expect(
      store.leads.list(site.id, { filter: { spam: 'include' }, newestFirst: true, limit: 1, offset: 0 })[0]?.formName,
    ).toBe('Form 3');
    const { key } = await flooded.key();
    const made = await flooded.call('POST', '/api/v1/submissions', {
      key,
      json: { fields: { a: 1 }, form_name: 'New' },
    });
    expect(((await made.json()) as { data: { form_name: string } }).data.form_name).toBe('New');
    // So one that a person wants is had, as the warning says; and the form of a new endpoint is no stranger's.
    await post('New');
    const own = await flooded.store.endpoints.create(site.id, 'Another page');
    await flooded.app.fetch(
      new Request(`http://localhost/f/${own.id}`, { method: 'POST', body: new URLSearchParams('a=1') }),
    );
    const last = store.leads.list(site.id, { filter: { spam: 'include' }, newestFirst: true, limit: 2, offset: 0 });
    expect(last.slice(0, 2).map(({ formName, body }) => [formName, body.warnings])).toEqual([
      ['Another page', []],
      ['New', []],
    ]);
    await flooded.close();
  });

  test('only so many a minute to an endpoint', async () => {
    const clock = new TestClock();
    const limited = await testApp({ clock, rateLimitEndpoint: 2 });
    const post = () =>
      limited.app.fetch(
        new Request(`http://localhost/f/${limited.site.endpointId}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...JSON_ASKED },
          body: '{"a":1}',
        }),
      );
    const statuses = [(await post()).status, (await post()).status];
    const third = await post();
    expect([...statuses, third.status]).toEqual([200, 200, 429]);
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0);
    clock.advance(60_000);
    expect((await post()).status).toBe(200);
    await limited.close();
  });
});
