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
  test('says so, with page, attribution and device, and is answered in JSON when the script asks', async () => {
    const last = { at: Date.UTC(2026, 10, 22), url: PAGE, utm_source: 'google', gclid: 'Cj0' };
    const answer = await send({
      v: 1,
      json: true,
      form: 'Contact',
      url: PAGE,
      title: 'Prices',
      screen: '390x844',
      last,
    });
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
    const script = { v: 1, json: true, form: 'Contact', url: PAGE };
    const fields = { Email: 'alice@example.com', _idempotency_key: 'k1' };
    const ids = await Promise.all([1, 2].map(async (ms) => (await (await send({ ...script, ms }, fields)).json()).id));
    expect(ids[0]).toBe(ids[1]);
  });
});
