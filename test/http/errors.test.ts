import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type TestApp, testApp } from '../support/app.ts';
import { errorOf, errorProblems, got, storedIn } from './answers.ts';

let api: TestApp;
beforeAll(async () => {
  api = await testApp({ rateLimitApi: 1_000_000 });
});
afterAll(() => api.close());

const LEAD = '{"fields":{"a":"1"}}';

describe('the one shape', () => {
  const json = { 'content-type': 'application/json' };
  const cases: [name: string, status: number, code: string, () => Promise<Response>][] = [
    ['broken JSON', 400, 'invalid_json', () => api.call('POST', '/api/v1/submissions', { body: '{', headers: json })],
    ['no body', 400, 'invalid_json', () => api.call('POST', '/api/v1/submissions', { headers: json })],
    [
      'a batch of broken JSON',
      400,
      'invalid_json',
      () => api.call('POST', '/api/v1/submissions/batch', { body: '[', headers: json }),
    ],
    [
      'a change of broken JSON',
      400,
      'invalid_json',
      async () => api.call('PATCH', `/api/v1/forms/${await formId()}`, { body: 'name', headers: json }),
    ],
    ['nothing there', 404, 'not_found', () => api.call('GET', '/api/v1/nothing')],
    ['no such lead', 404, 'not_found', () => api.call('GET', '/api/v1/submissions/sub_x')],
    ['no such form', 404, 'not_found', () => api.call('PATCH', '/api/v1/forms/frm_x', { json: { name: 'x' } })],
    ['another method', 405, 'method_not_allowed', () => api.call('PUT', '/api/v1/site', { json: {} })],
    [
      'too large',
      413,
      'payload_too_large',
      () => api.call('POST', '/api/v1/submissions', { json: 'x'.repeat(1_048_576) }),
    ],
    [
      'a batch too large',
      413,
      'payload_too_large',
      () => api.call('POST', '/api/v1/submissions/batch', { json: 'x'.repeat(8_388_608) }),
    ],
    [
      'a change too large',
      413,
      'payload_too_large',
      async () => api.call('PATCH', `/api/v1/forms/${await formId()}`, { json: 'x'.repeat(1_048_576) }),
    ],
    [
      'another type',
      415,
      'unsupported_media_type',
      () => api.call('POST', '/api/v1/submissions', { body: LEAD, headers: { 'content-type': 'text/plain' } }),
    ],
    [
      'a wrong type',
      422,
      'validation_error',
      () => api.call('POST', '/api/v1/submissions', { json: { fields: 'Alice' } }),
    ],
    ['an unknown parameter', 422, 'validation_error', () => api.call('GET', '/api/v1/submissions?foo=1')],
    [
      'a parameter from every object',
      422,
      'validation_error',
      () => api.call('GET', '/api/v1/submissions?__proto__=1'),
    ],
  ];
  for (const [name, status, code, send] of cases) {
    test(`${status} ${code}: ${name}; with the state of the limit, and nothing is stored`, async () => {
      await formId();
      const before = storedIn(api);
      const answer = await send();
      await errorOf(answer.clone() as Response, status, code);
      expect(answer.headers.get('ratelimit-limit')).toBe('1000000');
      expect(Number(answer.headers.get('ratelimit-remaining'))).toBeLessThan(1_000_000);
      expect(Number(answer.headers.get('ratelimit-reset'))).toBeGreaterThan(0);
      expect(storedIn(api)).toBe(before);
    });
  }

  let form: string | null = null;
  async function formId(): Promise<string> {
    if (form === null) {
      const answer = await api.call('POST', '/api/v1/submissions', { json: { fields: { a: '1' } } });
      form = ((await answer.json()) as { data: { form_id: string } }).data.form_id;
    }
    return form;
  }

  test('its words hold nothing of what was sent but names', async () => {
    const secret = 'correct horse battery staple';
    const bodies = [{ fields: secret }, { fields: {}, metadata: secret }, { fields: { a: 1 }, submitted_at: secret }];
    for (const json of [...bodies, { fields: { a: '1' }, device_type: secret }, [secret], secret]) {
      const answer = await got(await api.call('POST', '/api/v1/submissions', { json }));
      expect(errorProblems(answer)).toEqual([]);
      expect(answer.text).not.toContain('horse');
    }
  });

  test('a path of a detail is a JSON pointer, whatever the member is called', async () => {
    const details = async (json: object) =>
      (await errorOf(await api.call('POST', '/api/v1/submissions', { json }), 422, 'validation_error')).details;
    expect((await details({ fields: { a: '1' }, 'a/b~c': 1 }))[0]?.path).toBe('/a~1b~0c');
    expect((await details(JSON.parse('{"fields":{"a":"1"},"__proto__":1}')))[0]?.path).toBe('/__proto__');
    expect((await details({ fields: { a: '1' }, ['x'.repeat(100_000)]: 1 }))[0]?.path.length).toBeLessThan(300);
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`m${i}`, 1]));
    expect((await details({ fields: { a: '1' }, ...many })).length).toBe(20);
  });
});

describe('X-Request-Id', () => {
  const idOf = async (given: string) =>
    (await api.call('GET', '/api/v1/site', { key: null, headers: { 'x-request-id': given } })).headers.get(
      'x-request-id',
    );

  test('kept where it is sane, on errors too; made anew where it is not', async () => {
    for (const sane of ['abc-123', 'a', 'Root=1-67891233-abcdef012345678912345678', 'a.b:c/d@e+f', 'x'.repeat(128)]) {
      expect(await idOf(sane)).toBe(sane);
    }
    for (const odd of [
      '',
      ' ',
      'x'.repeat(129),
      'a b',
      'a,b',
      '<script>',
      'a"b',
      "a'b",
      'a\tb',
      'ü',
      '$(x)',
      '%0d%0a',
    ]) {
      expect(await idOf(odd)).toMatch(/^req_[0-9a-hjkmnp-tv-z]{21}$/);
    }
  });

  test('given twice it is not sane', async () => {
    expect(await idOf('a, b')).toStartWith('req_');
  });
});

describe('the limit of a key', () => {
  test('429 with Retry-After when the minute is used up; then the next minute', async () => {
    const limited = await testApp({ rateLimitApi: 3 });
    const get = (path = '/api/v1/site', key?: string) => limited.call('GET', path, key ? { key } : {});
    const remaining: (string | null)[] = [];
    for (const path of ['/api/v1/site', '/api/v1/nothing', '/api/v1/forms/x']) {
      remaining.push((await get(path)).headers.get('ratelimit-remaining'));
    }
    expect(remaining).toEqual(['2', '1', '0']);
    for (const [method, path] of [
      ['GET', '/api/v1/site'],
      ['GET', '/api/v1/nothing'],
      ['PUT', '/api/v1/site'],
      ['POST', '/api/v1/submissions'],
    ] as const) {
      const over = await limited.call(method, path, method === 'POST' ? { json: { fields: { a: '1' } } } : {});
      expect([over.headers.get('ratelimit-limit'), over.headers.get('ratelimit-remaining')]).toEqual(['3', '0']);
      expect(over.headers.get('retry-after')).toBe(over.headers.get('ratelimit-reset'));
      await errorOf(over, 429, 'rate_limited');
    }
    expect(storedIn(limited)).toBe(0);
    expect((await get('/api/v1/site', (await limited.key()).key)).status).toBe(200);
    await limited.close();
  });

  test('who has no valid key learns nothing of limits, and uses up none', async () => {
    const limited = await testApp({ rateLimitApi: 1 });
    for (const path of ['/api/v1/site', '/api/v1/nothing']) {
      for (const bad of [null, 'lts_x']) {
        const answer = await limited.call('GET', path, { key: bad });
        expect([...answer.headers.keys()].filter((name) => name.startsWith('ratelimit'))).toEqual([]);
      }
    }
    expect((await limited.call('GET', '/api/v1/site')).status).toBe(200);
    await limited.close();
  });

  test('0 is no limit, and says nothing of one', async () => {
    const free = await testApp({ rateLimitApi: 0 });
    const answer = await free.call('GET', '/api/v1/site');
    expect([answer.status, answer.headers.get('ratelimit-limit')]).toEqual([200, null]);
    await free.close();
  });
});
