import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { ErrorBody } from '../../src/contract/error.ts';
import { Page } from '../../src/contract/page.ts';
import { Submission } from '../../src/contract/submission.ts';
import { compileContract } from '../../src/intake/validate.ts';
import { type CallOptions, type TestApp, testApp } from '../support/app.ts';

let api: TestApp;
beforeAll(async () => {
  api = await testApp();
});
afterAll(() => api.close());

const errorContract = compileContract(ErrorBody);
const submissionContract = compileContract(Submission);
const pageContract = compileContract(Page(Submission));

const post = (json: unknown, options: CallOptions = {}) =>
  api.call('POST', '/api/v1/submissions', { json, ...options });
const stored = () => api.store.leads.count(api.site.id, { spam: 'include' }, 1_000_000);

/** Asserts the shape every error has, and that nothing was stored. */
async function refused(send: () => Promise<Response>, status: number, code: string): Promise<ErrorBody['error']> {
  const before = stored();
  const response = await send();
  const body = (await response.json()) as ErrorBody;
  expect({ status: response.status, code: body.error?.code }).toEqual({ status, code: code as never });
  expect(errorContract.details(body)).toEqual([]);
  expect(response.headers.get('x-request-id')).toBe(body.error.request_id);
  expect(stored()).toBe(before);
  return body.error;
}

describe('POST /submissions', () => {
  test('201 with the whole lead, in the shape of the contract', async () => {
    const response = await post({
      fields: { Email: 'alice@example.com', 'Full name': 'Alice', address: { city: 'Paris' } },
      page_url: 'https://example.com/pricing?utm_source=google&gclid=abc',
      user_agent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
    });
    const { data } = (await response.json()) as { data: Submission };
    expect(response.status).toBe(201);
    expect(submissionContract.details(data)).toEqual([]);
    expect(data).toMatchObject({
      form_name: 'API',
      source: 'rest_api',
      fields: { Email: 'alice@example.com', 'Full name': 'Alice', 'address.city': 'Paris' },
      utm_source: 'google',
      click_id: 'abc',
      paid_source: 'google',
      browser: 'Firefox 140',
      os: 'Windows',
      device_type: 'desktop',
      sync_status: 'pending',
      spam: false,
    });
    const again = await api.call('GET', `/api/v1/submissions/${data.id}`);
    expect(((await again.json()) as { data: Submission }).data).toEqual(data);
  });

  test('a renamed form keeps its leads, by its old name and its new one', async () => {
    const name = async (form_name: string) => {
      const response = await post({ fields: { a: '1' }, form_name });
      return ((await response.json()) as { data: Submission }).data;
    };
    const { form_id } = await name('Contact');
    await api.store.forms.update(api.site.id, form_id, { name: 'Kontakt' });
    expect((await name('contact')).form_id).toBe(form_id);
    expect((await name('KONTAKT')).form_id).toBe(form_id);
  });

  const wrong: [string, () => Promise<Response>, number, string][] = [
    [
      'no body',
      () => api.call('POST', '/api/v1/submissions', { headers: { 'content-type': 'application/json' } }),
      400,
      'invalid_json',
    ],
    [
      'broken JSON',
      () => post(undefined, { body: '{"fields":', headers: { 'content-type': 'application/json' } }),
      400,
      'invalid_json',
    ],
    [
      'another type',
      () => post(undefined, { body: 'a=1', headers: { 'content-type': 'text/plain' } }),
      415,
      'unsupported_media_type',
    ],
    ['no type', () => post(undefined, { body: '{}' }), 415, 'unsupported_media_type'],
    ['an array', () => post([]), 422, 'validation_error'],
    ['no fields', () => post({}), 422, 'validation_error'],
    ['an unknown member', () => post({ fields: { a: '1' }, utm_sorce: 'x' }), 422, 'validation_error'],
    [
      'an unknown form',
      () => post({ fields: { a: '1' }, form_id: 'frm_000000000000000000000' }),
      422,
      'validation_error',
    ],
    [
      'both form_id and form_name',
      () => post({ fields: { a: '1' }, form_id: 'x', form_name: 'y' }),
      422,
      'validation_error',
    ],
    [
      'a time that is none',
      () => post({ fields: { a: '1' }, submitted_at: '2026-02-30T00:00:00Z' }),
      422,
      'validation_error',
    ],
    [
      'a time far ahead',
      () => post({ fields: { a: '1' }, submitted_at: '2099-01-01T00:00:00Z' }),
      422,
      'validation_error',
    ],
    [
      '201 fields',
      () => post({ fields: Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`f${i}`, 'x'])) }),
      422,
      'validation_error',
    ],
    [
      'deep nesting',
      () =>
        post(undefined, {
          body: `{"fields":{"a":${'['.repeat(5000)}${']'.repeat(5000)}}}`,
          headers: { 'content-type': 'application/json' },
        }),
      422,
      'validation_error',
    ],
    [
      'an empty idempotency key',
      () => post({ fields: { a: '1' } }, { headers: { 'idempotency-key': '' } }),
      422,
      'validation_error',
    ],
    [
      'a long idempotency key',
      () => post({ fields: { a: '1' } }, { headers: { 'idempotency-key': 'k'.repeat(256) } }),
      422,
      'validation_error',
    ],
    ['over 1 MiB', () => post({ fields: { a: 'x'.repeat(1_048_577) } }), 413, 'payload_too_large'],
  ];
  for (const [name, send, status, code] of wrong) {
    test(`${status} for ${name}, and nothing is stored`, async () => {
      await refused(send, status, code);
    });
  }

  test('a body in another character set or encoding is refused, not guessed at', async () => {
    const raw = (body: Uint8Array<ArrayBuffer>, headers: Record<string, string>) => async () =>
      api.app.fetch(
        new Request('http://localhost/api/v1/submissions', {
          method: 'POST',
          headers: { authorization: `Bearer ${(await api.key()).key}`, 'content-type': 'application/json', ...headers },
          body,
        }),
      );
    const good = new TextEncoder().encode('{"fields":{"a":"é"}}');
    const latin1 = Uint8Array.from([...'{"fields":{"a":"\xe9"}}'].map((char) => char.charCodeAt(0)));
    await refused(raw(latin1, {}), 400, 'invalid_json');
    await refused(raw(good, { 'content-type': 'application/json; charset=iso-8859-1' }), 415, 'unsupported_media_type');
    await refused(raw(Bun.gzipSync(good), { 'content-encoding': 'gzip' }), 415, 'unsupported_media_type');
    expect((await raw(good, { 'content-type': 'application/json; charset=UTF-8' })()).status).toBe(201);
  });

  test('a body far over the limit is refused in the one shape, without being read', async () => {
    const { port } = api.app.start();
    const { key } = await api.key();
    const head = `POST /api/v1/submissions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: 30000000\r\n\r\n{`;
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      void Bun.connect({
        hostname: '127.0.0.1',
        port,
        socket: {
          open: (socket) => void socket.write(head),
          data(socket, data) {
            text += data.toString();
            if (!text.includes('request_id')) return;
            socket.end();
            resolve(text);
          },
        },
      });
    });
    expect(answer).toStartWith('HTTP/1.1 413');
    expect(answer.toLowerCase()).toContain('x-request-id:');
  });

  test('members that are null are members that are absent, also for a retry', async () => {
    const headers = { 'idempotency-key': 'nulls' };
    await post({ fields: { a: '1' } }, { headers });
    const again = await post({ fields: { a: '1' }, utm_source: null }, { headers });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
  });

  test('a typo is answered with the member that was meant', async () => {
    const error = await refused(() => post({ fields: { a: '1' }, utm_sorce: 'x' }), 422, 'validation_error');
    expect(error.details).toEqual([{ path: '/utm_sorce', message: expect.stringContaining('utm_source') }]);
  });

  test('a body that lies about its length, or gives none, is counted while it comes in', async () => {
    const { port } = api.app.start();
    const key = (await api.key()).key;
    const before = stored();
    const send = (body: ReadableStream) =>
      fetch(`http://127.0.0.1:${port}/api/v1/submissions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body,
      });
    const endless = new ReadableStream({
      start(controller) {
        const chunk = new Uint8Array(65_536).fill(120);
        for (let i = 0; i < 20; i++) controller.enqueue(chunk);
        controller.close();
      },
    });
    const response = await send(endless);
    expect(response.status).toBe(413);
    expect(errorContract.details(await response.json())).toEqual([]);
    expect(stored()).toBe(before);
    const small = new Blob([JSON.stringify({ fields: { a: '1' } })]).stream();
    expect((await send(small)).status).toBe(201);
  });
});

describe('idempotency', () => {
  test('the same key and body answer the same lead, with Idempotent-Replayed', async () => {
    const headers = { 'idempotency-key': 'order-1' };
    const first = await post({ fields: { a: '1', b: '2' } }, { headers });
    const second = await post({ fields: { b: '2', a: '1' } }, { headers });
    expect([first.status, second.status]).toEqual([201, 201]);
    expect([first.headers.get('idempotent-replayed'), second.headers.get('idempotent-replayed')]).toEqual([
      null,
      'true',
    ]);
    const [a, b] = (await Promise.all([first.json(), second.json()])) as { data: Submission }[];
    expect(b?.data.id).toBe(a?.data.id as string);
  });

  test('another body under the same key is refused', async () => {
    const headers = { 'idempotency-key': 'order-2' };
    await post({ fields: { a: '1' } }, { headers });
    await refused(() => post({ fields: { a: '2' } }, { headers }), 409, 'idempotency_key_reused');
  });

  test('a refused request is not remembered', async () => {
    const headers = { 'idempotency-key': 'order-3' };
    await refused(() => post({ fields: {} }, { headers }), 422, 'validation_error');
    expect((await post({ fields: { a: '1' } }, { headers })).status).toBe(201);
  });

  test('a key counts for the site: after a rotation the retry still matches', async () => {
    const headers = { 'idempotency-key': 'order-4' };
    await post({ fields: { a: '1' } }, { headers });
    const other = await api.key();
    const again = await post({ fields: { a: '1' } }, { headers, key: other.key });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
  });

  test('a batch is one request: repeated, it creates nothing', async () => {
    const headers = { 'idempotency-key': 'batch-1' };
    const json = { submissions: [{ fields: { a: '1' } }, { fields: 3 }, { fields: { a: '2' } }] };
    const first = await api.call('POST', '/api/v1/submissions/batch', { json, headers });
    const before = stored();
    const second = await api.call('POST', '/api/v1/submissions/batch', { json, headers });
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(await second.json()).toEqual(await first.json());
    expect(stored()).toBe(before);
  });
});

describe('POST /submissions/batch', () => {
  test('one result per item, in order; the valid ones are stored', async () => {
    const before = stored();
    const response = await api.call('POST', '/api/v1/submissions/batch', {
      json: {
        submissions: [
          { fields: { a: '1' } },
          { feilds: {} },
          { fields: { a: '2' }, form_id: 'frm_none' },
          { fields: { a: '3' } },
        ],
      },
    });
    expect(response.status).toBe(200);
    const { data } = (await response.json()) as {
      data: { index: number; status: string; id?: string; error?: object }[];
    };
    expect(data.map(({ index, status }) => [index, status])).toEqual([
      [0, 'created'],
      [1, 'invalid'],
      [2, 'invalid'],
      [3, 'created'],
    ]);
    expect(data[1]?.error).toMatchObject({ code: 'validation_error' });
    expect((data[0]?.id ?? '') < (data[3]?.id ?? '')).toBe(true);
    expect(stored()).toBe(before + 2);
  });

  test('422 for an empty one, for more than 1,000, and for another member', async () => {
    const batch = (json: unknown) => () => api.call('POST', '/api/v1/submissions/batch', { json });
    await refused(batch({ submissions: [] }), 422, 'validation_error');
    await refused(batch({ submissions: Array(1001).fill({ fields: { a: '1' } }) }), 422, 'validation_error');
    await refused(batch({ submissions: [{ fields: { a: '1' } }], dry_run: true }), 422, 'validation_error');
    await refused(batch([]), 422, 'validation_error');
  });
});

describe('GET /submissions', () => {
  test('pages in the shape of the contract; by page and by cursor the same leads', async () => {
    const fresh = await testApp();
    for (let i = 0; i < 7; i++) await fresh.call('POST', '/api/v1/submissions', { json: { fields: { n: i } } });
    const get = async (query: string) => {
      const response = await fresh.call('GET', `/api/v1/submissions?${query}`);
      const body = (await response.json()) as { data: Submission[]; pagination: Record<string, unknown> };
      expect(pageContract.details(body)).toEqual([]);
      return body;
    };
    const first = await get('per_page=3');
    expect(first.data.map((lead) => lead.fields.n)).toEqual([6, 5, 4]);
    expect(first.pagination).toMatchObject({ page: 1, total: 7, total_capped: false, total_pages: 3, has_more: true });
    const byPage = await get('per_page=3&page=2');
    const byCursor = await get(`per_page=3&cursor=${first.pagination.next_cursor}`);
    expect(byCursor.data).toEqual(byPage.data);
    const last = await get('per_page=3&page=3');
    expect(last.pagination).toMatchObject({ has_more: false, next_cursor: null });
    expect((await get('sort=created_at')).data.map((lead) => lead.fields.n)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    await fresh.close();
  });

  const bad = [
    'foo=1',
    'page=0',
    'per_page=101',
    'page=x',
    'sort=name',
    'source=fax',
    'spam=maybe',
    'cursor=abc',
    'page=1&page=2',
    'created_after=yesterday',
    'page=401&per_page=25',
    'form_id=frm_none',
    'page=2&cursor=x',
  ];
  for (const query of bad) {
    test(`422 that names the parameter: ${query}`, async () => {
      const error = await refused(() => api.call('GET', `/api/v1/submissions?${query}`), 422, 'validation_error');
      expect(error.details[0]?.path).toBe(
        `/${query.split('=')[0]}`.replace('/page', query.includes('cursor=x') ? '/cursor' : '/page'),
      );
    });
  }

  test("404 for an unknown lead and for another site's", async () => {
    const other = await testApp();
    const created = await other.call('POST', '/api/v1/submissions', { json: { fields: { a: '1' } } });
    const { data } = (await created.json()) as { data: Submission };
    await refused(() => api.call('GET', `/api/v1/submissions/${data.id}`), 404, 'not_found');
    await refused(() => api.call('GET', '/api/v1/submissions/nonsense'), 404, 'not_found');
    await other.close();
  });
});

describe('addresses', () => {
  test('404 and 405 have the one shape, 405 with Allow', async () => {
    await refused(() => api.call('GET', '/api/v1/nothing'), 404, 'not_found');
    const before = await api.call('DELETE', '/api/v1/submissions');
    expect(before.headers.get('allow')).toBe('POST, GET, HEAD');
    await refused(() => api.call('DELETE', '/api/v1/submissions'), 405, 'method_not_allowed');
    await refused(() => api.call('PUT', '/api/v1/submissions/abc'), 405, 'method_not_allowed');
  });

  test('an offset whose + nobody escaped is understood', async () => {
    const answer = await api.call('GET', '/api/v1/submissions?created_after=2020-01-01T00:00:00+01:00');
    expect(answer.status).toBe(200);
  });

  test('a request to nowhere counts against the limit of its key and says so', async () => {
    const limited = await testApp({ rateLimitApi: 2 });
    const nowhere = await limited.call('GET', '/api/v1/nothing');
    expect([nowhere.status, nowhere.headers.get('ratelimit-remaining')]).toEqual([404, '1']);
    const method = await limited.call('DELETE', '/api/v1/submissions');
    expect([method.status, method.headers.get('ratelimit-remaining')]).toEqual([405, '0']);
    expect((await limited.call('GET', '/api/v1/nothing')).status).toBe(429);
    await limited.close();
  });

  test('a Host that is none fails nothing', async () => {
    const { port } = api.app.start();
    const { key } = await api.key();
    const answer = await new Promise<string>((resolve) => {
      void Bun.connect({
        hostname: '127.0.0.1',
        port,
        socket: {
          open: (socket) =>
            void socket.write(
              `GET /api/v1/submissions?per_page=1 HTTP/1.1\r\nHost: [\r\nAuthorization: Bearer ${key}\r\n\r\n`,
            ),
          data(socket, data) {
            socket.end();
            resolve(data.toString());
          },
        },
      });
    });
    expect(answer).not.toContain('HTTP/1.1 5');
  });

  test('a bad percent-encoding is refused, not a fault', async () => {
    const response = await api.call('GET', '/api/v1/submissions/%E0%A4%A');
    expect([400, 404]).toContain(response.status);
    expect(errorContract.details(await response.json())).toEqual([]);
  });

  test('a short host name does not eat the path', async () => {
    const { port } = api.app.start();
    const { key } = await api.key();
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/submissions`, {
      method: 'POST',
      headers: { host: 'lts', authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ fields: { a: '1' } }),
    });
    expect(answer.status).toBe(201);
  });

  test("a caller's own request id is kept if it is sane", async () => {
    const sane = await api.call('GET', '/healthz', { headers: { 'x-request-id': 'abc-123' } });
    expect(sane.headers.get('x-request-id')).toBe('abc-123');
    const odd = await api.call('GET', '/healthz', { headers: { 'x-request-id': 'a b<script>' } });
    expect(odd.headers.get('x-request-id')).toStartWith('req_');
  });
});
