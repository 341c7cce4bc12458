import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import type { HostedForm } from '../../src/contract/hosted-form.ts';
import { MIN_FILL_MS } from '../../src/intake/spam/render-token.ts';
import type { Lead } from '../../src/store/store.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { TestClock } from '../support/clock.ts';
import { HOSTED_FORM, hostedField } from '../support/hosted-form.ts';

const clock = new TestClock();
let api: TestApp;
let id: string;
beforeAll(async () => {
  api = await testApp({ clock });
  id = api.site.endpointId;
});
afterAll(() => api.close());
beforeEach(() => publish(HOSTED_FORM));

const publish = (form: HostedForm, published = true, endpoint = id, siteId = api.site.id) =>
  api.store.hostedForms.change(siteId, endpoint, () => ({ published, form }));

const GOOD: Record<string, string | string[]> = {
  Name: 'Alice',
  'E-mail': 'alice@example.com',
  Seats: '12',
  Plan: 'Small',
  Topics: 'Prices',
  Message: 'Hello',
  'I agree to the terms': 'Yes',
};

const fetchPage = (path: string, init: RequestInit = {}) => api.app.fetch(new Request(`http://localhost${path}`, init));
const open = async (search = '', headers: Record<string, string> = {}) => {
  const page = await fetchPage(`/h/${id}${search}`, { headers });
  return { page, html: await page.text() };
};

/** What a page carries along unseen. */
function marksOf(html: string): Record<string, string> {
  const inputs = [...html.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)];
  return Object.fromEntries(inputs.map(([, name = '', value = '']) => [name, value]));
}

/** Opens the page, waits as a person does, and sends it. */
async function send(
  fields: Record<string, string | string[]>,
  init: { after?: number; headers?: Record<string, string>; to?: string } = {},
) {
  const marks = marksOf((await open()).html);
  clock.advance(init.after ?? 10_000);
  return post({ ...marks, ...fields }, init);
}

function post(
  all: Record<string, string | string[]>,
  { headers = {}, to = `/f/${id}` }: { headers?: Record<string, string>; to?: string } = {},
) {
  const pairs = Object.entries(all).flatMap(([name, value]) =>
    [value].flat().map((each): [string, string] => [name, each]),
  );
  const from = { origin: 'http://localhost', referer: `http://localhost/h/${id}` };
  return fetchPage(to, { method: 'POST', headers: { ...from, ...headers }, body: new URLSearchParams(pairs) });
}

function newest(siteId = api.site.id): Lead | undefined {
  return api.store.leads.list(siteId, { filter: { spam: 'include' }, newestFirst: true, limit: 1, offset: 0 })[0];
}

describe('the page', () => {
  test('has every field with its label, its own words, and what visitors need nothing of', async () => {
    const { page, html } = await open();
    expect(page.status).toBe(200);
    expect(html).toContain('<html lang="en">');
    expect(html).toContain('<h1 dir="auto">Contact us</h1>');
    expect(html).toContain(
      '<label for="field-f2"><bdi>E-mail</bdi> <span class="mark">(<bdi>required</bdi>)</span></label>',
    );
    expect(html).toContain('autocomplete="email"');
    expect(html).toContain('type="tel"');
    expect(html).toMatch(/<input id="field-f4" name="Seats"[^>]*type="number"[^>]*min="1" max="100" step="any"/);
    expect(html).toContain('<legend>');
    expect(html).toContain('Help &amp; advice');
    expect(html).toMatch(/<div class="away" aria-hidden="true">.*name="_gotcha" tabindex="-1" autocomplete="off"/);
    expect(html).not.toContain('<script');
    expect(html).not.toContain('enctype');
  });

  test('is nobody’s to find, may be framed by the allowed domains alone, and says where forms come from', async () => {
    const { page } = await open();
    expect(page.headers.get('x-robots-tag')).toBe('noindex');
    expect(page.headers.get('referrer-policy')).toBe('same-origin');
    expect(page.headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors *",
    );
    const site = await api.store.sites.create({ name: 'Strict' });
    await api.store.sites.update(site.id, { allowedDomains: ['example.com'] });
    await publish(HOSTED_FORM, true, site.endpointId, site.id);
    const strict = await fetchPage(`/h/${site.endpointId}`);
    expect(strict.headers.get('content-security-policy')).toEndWith("frame-ancestors 'self' example.com:*");
    const marks = marksOf(await strict.text());
    clock.advance(10_000);
    const to = `/f/${site.endpointId}`;
    expect((await post({ ...marks, ...GOOD }, { to })).status).toBe(302);
    expect((await post({ ...marks, ...GOOD }, { to, headers: { origin: 'https://evil.example' } })).status).toBe(403);
    expect(newest(site.id)?.source).toBe('hosted_form');
  });

  test('is not there until it is published, nor for an endpoint that is not there', async () => {
    await publish(HOSTED_FORM, false);
    for (const path of [`/h/${id}`, '/h/zzzzzzzzzz', '/h/%3Cscript%3E']) {
      const page = await fetchPage(path);
      expect(page.status).toBe(404);
      expect(await page.text()).toContain('There is no form here');
    }
  });

  test('speaks the language that was set, from right to left where that is read so', async () => {
    await publish({ ...HOSTED_FORM, lang: 'ar', required_word: 'مطلوب' });
    const { html } = await open();
    expect(html).toContain('<html lang="ar" dir="rtl">');
    expect(html).toContain('<bdi>مطلوب</bdi>');
    const thanks = await (await fetchPage(`/f/${id}/thanks`)).text();
    expect(thanks).toContain('<html lang="ar" dir="rtl">');
  });

  test('says nothing that its people wrote as HTML', async () => {
    const bad = '"><script>alert(1)</script>';
    const fields = HOSTED_FORM.fields.map((field) => ({ ...field, label: bad, help: bad, choices: [bad], error: bad }));
    await publish({
      ...HOSTED_FORM,
      title: bad,
      intro: bad,
      button: bad,
      required_word: bad,
      problem_title: bad,
      fields,
    });
    expect((await open(`?x=${encodeURIComponent(bad)}`)).html).not.toContain('<script');
    const again = await send({ Name: bad });
    expect(again.status).toBe(422);
    expect(await again.text()).not.toContain('<script');
  });

  test('is light: under 30 KB with its style sheet, compressed', async () => {
    const { html } = await open();
    const sheet = /href="(\/assets\/forms-[^"]+)"/.exec(html)?.[1] ?? '';
    const css = await (await fetchPage(sheet)).text();
    expect(css).toContain('.field');
    expect(Bun.gzipSync(html + css).length).toBeLessThan(30_000);
  });
});

describe('what is sent', () => {
  test('is a lead of the hosted form: its page, where it came from, its values; then the thanks page', async () => {
    const { html } = await open('?utm_source=news', { referer: 'https://example.com/prices' });
    expect(html).toContain(`action="/f/${id}?utm_source=news"`);
    clock.advance(10_000);
    const answer = await post(
      { ...marksOf(html), ...GOOD, Topics: ['Prices', 'Help & advice'] },
      {
        to: `/f/${id}?utm_source=news`,
        headers: { 'user-agent': 'Mozilla/5.0 Firefox/140.0', 'accept-language': 'de' },
      },
    );
    expect([answer.status, answer.headers.get('location')]).toEqual([302, `/f/${id}/thanks`]);
    expect(newest()).toMatchObject({
      source: 'hosted_form',
      formName: 'Contact us',
      spam: false,
      body: {
        fields: {
          Name: 'Alice',
          'E-mail': 'alice@example.com',
          Seats: 12,
          Plan: 'Small',
          Topics: ['Prices', 'Help & advice'],
          Message: 'Hello',
          'I agree to the terms': 'Yes',
        },
        page_url: expect.stringMatching(new RegExp(`/h/${id}\\?utm_source=news$`)),
        referrer: 'https://example.com/prices',
        utm_source: 'news',
        language: 'de',
        browser: expect.stringContaining('Firefox'),
      },
    });
    expect(Object.keys(newest()?.body.fields ?? {}).filter((name) => name.startsWith('_'))).toEqual([]);
  });

  test('the form stays the same when its title changes', async () => {
    await send(GOOD);
    const before = newest();
    await publish({ ...HOSTED_FORM, title: 'Ask us' });
    await send(GOOD);
    expect([newest()?.formId, newest()?.id === before?.id]).toEqual([before?.formId, false]);
  });

  test('goes where the endpoint says, if it says so, and the page lets it', async () => {
    await api.store.endpoints.update(api.site.id, id, { redirectUrl: 'https://example.com/thanks' });
    expect((await open()).page.headers.get('content-security-policy')).toContain(
      "form-action 'self' https://example.com;",
    );
    expect((await send(GOOD)).headers.get('location')).toBe('https://example.com/thanks');
    for (const answer of ['thanks', 'json'] as const) {
      await api.store.endpoints.update(api.site.id, id, { answer });
      expect((await send(GOOD)).headers.get('location')).toBe(`/f/${id}/thanks`);
    }
    await api.store.endpoints.update(api.site.id, id, { answer: 'redirect', redirectUrl: null });
    expect((await send(GOOD)).headers.get('location')).toBe(`/f/${id}/thanks`);
    const json = await send(GOOD, { headers: { accept: 'application/json' } });
    expect(await json.json()).toEqual({ ok: true, id: newest()?.id ?? '' });
  });

  test('pressed twice it is one lead; changed and sent again it is another', async () => {
    const marks = marksOf((await open()).html);
    clock.advance(10_000);
    await post({ ...marks, ...GOOD });
    const first = newest();
    await post({ ...marks, ...GOOD });
    expect(newest()?.id).toBe(first?.id ?? '');
    expect((await post({ ...marks, ...GOOD, Message: 'Hello again' })).status).toBe(302);
    expect(newest()?.body.fields.Message).toBe('Hello again');
  });

  test('a field that the page has no more is kept', async () => {
    await send({ ...GOOD, Budget: '100' });
    expect(newest()?.body.fields.Budget).toBe('100');
  });
});

describe('what is not filled in as wanted', () => {
  const bad = {
    ...GOOD,
    'E-mail': 'alice@',
    Seats: '500',
    Plan: 'Huge',
    Message: '\n <b>kept</b>',
    'Call me on': 'soon',
  };

  test('brings the page back with everything typed, what is wrong above and at each field, and nothing stored', async () => {
    const before = newest()?.id;
    const answer = await send({ ...bad, Topics: ['Help & advice'] });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([422, 'text/html; charset=utf-8']);
    expect(answer.headers.get('x-robots-tag')).toBe('noindex');
    const html = await answer.text();
    expect(html).toContain('<title>Please check what you typed – Contact us · Shop</title>');
    expect(html).toMatch(/<li dir="auto"><a href="#field-f2">E-mail<\/a>: Enter a whole e-mail address/);
    expect(html).toMatch(
      /<input id="field-f2"[^>]*autofocus[^>]*aria-invalid="true" aria-describedby="field-f2-problem"/,
    );
    expect(html.match(/autofocus/g)).toHaveLength(1);
    expect(html).toContain('<p class="error" id="field-f4-problem" dir="auto">Enter a number from 1 to 100.</p>');
    expect(html).toContain('value="alice@"');
    expect(html).toContain('value="500"');
    expect(html).toContain('&lt;b>kept');
    expect(html).toMatch(/value="Help &amp; advice" checked/);
    expect(html).toMatch(/value="Yes" checked|checked[^>]*value="Yes"/);
    expect(newest()?.id).toBe(before as string);
  });

  test('what was wrong is sent right: a lead, by the very page that came back', async () => {
    const again = await (await send(bad)).text();
    const answer = await post({ ...marksOf(again), ...GOOD, Message: 'right now' });
    expect(answer.status).toBe(302);
    expect(newest()).toMatchObject({ spam: false, body: { fields: { Message: 'right now' } } });
  });

  test('scripts are told by field', async () => {
    const answer = await send(bad, { headers: { accept: 'application/json' } });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({
      ok: false,
      error: {
        code: 'validation_error',
        details: [
          { path: '/fields/E-mail' },
          { path: '/fields/Seats', message: 'Enter a number from 1 to 100.' },
          { path: '/fields/Plan' },
          { path: '/fields/Call me on' },
        ],
      },
    });
  });

  test('whatever else refuses it, the page comes back with what was typed', async () => {
    const answer = await send({ ...GOOD, ['x'.repeat(300)]: '1' });
    expect(answer.status).toBe(422);
    const html = await answer.text();
    expect(html).toContain('role="alert"');
    expect(html).toContain('value="alice@example.com"');
  });
});

describe('bots', () => {
  test('who fills in the trap gets the ordinary answer, whatever else is missing, and is spam', async () => {
    const answer = await send({ Name: 'x', _gotcha: 'http://spam.example' });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, `/f/${id}/thanks`]);
    expect(newest()).toMatchObject({ spam: true, source: 'hosted_form' });
  });

  test('who sends it faster than anybody types is spam; who takes his time is not', async () => {
    expect((await send(GOOD, { after: MIN_FILL_MS - 1 })).status).toBe(302);
    expect(newest()?.spam).toBe(true);
    await send(GOOD, { after: MIN_FILL_MS });
    expect(newest()?.spam).toBe(false);
  });

  test('a page that came back does not count the time anew', async () => {
    const again = await (await send({ ...GOOD, 'E-mail': '' })).text();
    await post({ ...marksOf(again), ...GOOD });
    expect(newest()?.spam).toBe(false);
  });

  test('one that was open for days is taken, and a token of one’s own making holds nobody off', async () => {
    await send(GOOD, { after: 3 * 86_400_000 });
    expect(newest()?.spam).toBe(false);
    expect((await post({ ...GOOD, _render: 'made.up' })).status).toBe(302);
    expect(newest()?.source).toBe('hosted_form');
    expect((await post({ Name: 'x', _render: 'made.up' })).status).toBe(422);
  });

  test('without a token it is a form of somebody’s own page, which the rules are not for', async () => {
    expect((await post({ Name: 'x' })).status).toBe(302);
    expect(newest()?.source).toBe('form_endpoint');
  });
});

test('JSON that is nested without end, as a field’s value: refused like any wrong one', async () => {
  const marks = marksOf((await open()).html);
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  for (const name of ['E-mail', 'Topics', 'Seats']) {
    const body = JSON.stringify({ ...marks, ...GOOD, [name]: 0 }).replace(
      `${JSON.stringify(name)}:0`,
      `"${name}":[${deep}]`,
    );
    const answer = await fetchPage(`/f/${id}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect([name, answer.status]).toEqual([name, 422]);
  }
});

test('files come with it, and one that has to come is asked for', async () => {
  const cv = hostedField({ id: 'f10', kind: 'file', label: 'CV', required: true });
  await publish({ ...HOSTED_FORM, fields: [...HOSTED_FORM.fields, cv] });
  const { html } = await open();
  expect(html).toContain('enctype="multipart/form-data"');
  clock.advance(10_000);
  const sendFile = (bytes: string) => {
    const form = new FormData();
    for (const [name, value] of Object.entries({ ...marksOf(html), ...GOOD })) form.append(name, String(value));
    form.append('CV', new File([bytes], 'cv.txt'));
    return fetchPage(`/f/${id}`, { method: 'POST', body: form, headers: { origin: 'http://localhost' } });
  };
  const without = await sendFile('');
  expect([without.status, (await without.text()).includes('Choose a file.')]).toEqual([422, true]);
  expect((await sendFile('about me')).status).toBe(302);
  expect(newest()?.body.files).toMatchObject([{ field: 'CV', name: 'cv.txt' }]);
});
