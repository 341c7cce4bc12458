import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type TestApp, testApp } from '../support/app.ts';

let api: TestApp;
beforeAll(async () => {
  api = await testApp();
});
afterAll(() => api.close());

const PAGE = 'https://example.com/pricing';

/** Sends fields as the script does, and what it says beside them. */
async function send(script: unknown, fields: Record<string, string> = { Email: 'alice@example.com' }, accept = '*/*') {
  const body = new URLSearchParams({ ...fields, _lts: typeof script === 'string' ? script : JSON.stringify(script) });
  const headers = { accept, referer: 'https://example.com/', origin: 'https://example.com' };
  return api.app.fetch(new Request(`http://localhost/f/${api.site.endpointId}`, { method: 'POST', headers, body }));
}

function newest() {
  const [lead] = api.store.leads.list(api.site.id, {
    filter: { spam: 'include' },
    newestFirst: true,
    limit: 1,
    offset: 0,
  });
  if (!lead) throw new Error('no lead');
  return lead;
}

describe('a form that came by the script', () => {
  test('says so, with page, attribution and device, and is answered in JSON', async () => {
    const last = { at: Date.UTC(2026, 10, 22), url: PAGE, utm_source: 'google', gclid: 'Cj0' };
    const script = { v: 1, form: 'Contact', url: PAGE, title: 'Prices', screen: '390x844', last };
    const answer = await send(script, undefined, 'application/json');
    expect(answer.status).toBe(200);
    const { id } = newest();
    const thanks = { title: 'Thank you', text: 'Your message has arrived.' };
    expect(await answer.json()).toEqual({ ok: true, id, thanks });
    expect(newest()).toMatchObject({
      source: 'sdk',
      formName: 'Contact',
      body: {
        fields: { Email: 'alice@example.com' },
        page_url: PAGE,
        page_title: 'Prices',
        screen_size: '390x844',
        utm_source: 'google',
        click_id: 'Cj0',
        paid_source: 'google',
        metadata: { last_touch: { page_url: PAGE, gclid: 'Cj0' } },
      },
    });
  });

  test('is known again by its fingerprint, whatever it is called; a name that was given counts more', async () => {
    await send({ v: 1, key: 'abcd1234', form: 'Write to us' });
    const { formId, formName } = newest();
    expect(formName).toBe('Write to us');
    await send({ v: 1, key: 'abcd1234', form: 'Schreiben Sie uns' });
    expect(newest()).toMatchObject({ formId, formName: 'Write to us' });
    await send({ v: 1, key: 'abcd1235', form: '' });
    expect(newest().formName).toBe('Website');
    await send({ v: 1, key: 'abcd1234', form: 'x' }, { _form: 'Prices', a: '1' });
    expect(newest().formName).toBe('Prices');
  });

  test('is led on like any other where a browser sent it', async () => {
    const answer = await send({ v: 1, form: 'Contact' });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, 'https://example.com/']);
  });

  test.each([['broken'], ['[]'], ['{"v":1,"url":{}}'], [`{"v":1,"x":"${'x'.repeat(50_000)}"}`]])(
    'is taken whatever stands in `_lts`: %p',
    async (script) => {
      const before = newest().id;
      expect((await send(script)).status).toBe(302);
      expect(newest().id).not.toBe(before);
      expect(newest().body).toMatchObject({ fields: { Email: 'alice@example.com' }, page_url: 'https://example.com/' });
    },
  );

  test('sent again with its key, it is one lead', async () => {
    const script = { v: 1, form: 'Contact', url: PAGE };
    const fields = { Email: 'alice@example.com', _idempotency_key: 'k1' };
    const ids = await Promise.all(
      [1, 2].map(async (ms) => (await (await send({ ...script, ms }, fields, 'application/json')).json()).id),
    );
    expect(ids[0]).toBe(ids[1]);
  });
});

describe('the script itself', () => {
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    api.app.fetch(new Request(`http://localhost${path}`, { headers, method }));
  const hashOf = async () => (await get('/sdk.js')).headers.get('etag')?.slice(1, -1) ?? '';

  test('is at most 5 KB, compressed', async () => {
    const answer = await get('/sdk.js', { 'accept-encoding': 'gzip, br' });
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    const bytes = new Uint8Array(await answer.arrayBuffer());
    expect(bytes.byteLength).toBeLessThanOrEqual(5 * 1024);
    const text = new TextDecoder().decode(Bun.gunzipSync(bytes));
    expect(text).toBe(await (await get('/sdk.js')).text());
    expect(text).toContain('LeadToSheet');
  });

  test('may be loaded by any page, is kept shortly, and asked for again by its tag', async () => {
    const { status, headers } = await get('/sdk.js');
    expect(status).toBe(200);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
      'cache-control': 'public, max-age=600',
      vary: 'accept-encoding',
    });
    const again = await get('/sdk.js', { 'if-none-match': `"x", W/${headers.get('etag')}`, 'accept-encoding': 'gzip' });
    expect([again.status, await again.text(), again.headers.get('content-encoding')]).toEqual([304, '', null]);
    expect(again.headers.get('etag')).toBe(headers.get('etag'));
    expect((await get('/sdk.js', { 'if-none-match': '"x"' })).status).toBe(200);
  });

  test('is kept for a year under its content, and shortly under that of another', async () => {
    const hash = await hashOf();
    const kept = async (name: string) => (await get(name)).headers.get('cache-control');
    expect(await kept(`/sdk-${hash}.js`)).toBe('public, max-age=31536000, immutable');
    expect(await kept(`/sdk-${'0'.repeat(16)}.js`)).toBe('public, max-age=600');
    const answers = ['/sdk-x.js', '/sdk-.js', '/sdk-../sdk.js', `/sdk-${hash}`].map(
      async (path) => (await get(path)).status,
    );
    expect(await Promise.all(answers)).toEqual([404, 404, 404, 404]);
  });

  test('is built the same each time', async () => {
    const { bundledSdk } = await import('../../src/http/forms/sdk-bundle.ts');
    expect([bundledSdk(), bundledSdk()]).toEqual(Array(2).fill(await (await get('/sdk.js')).text()));
  });
});
