import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type TestApp, testApp } from './app.ts';
import { missingClients } from './clients.ts';
import { checkAnswer, type SeenAnswer } from './openapi.ts';

const missing = await missingClients();

let api: TestApp;
beforeAll(async () => {
  api = await testApp({ rateLimitApi: 100 });
});
afterAll(() => api.close());

interface Seen {
  status: number;
  headers: Record<string, string>;
  body: any;
}

async function seen(method: string, path: string, json?: unknown): Promise<Seen> {
  const response = await api.call(method, path, json === undefined ? {} : { json });
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.json() };
}

function answer({ status, headers, body }: Seen): SeenAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status, header: (name) => headers[name.toLowerCase()] ?? null, text };
}

const LEADS = '/api/v1/submissions';

/** Answers as they are, each with one thing changed that the document doesn't have. */
const changed: [
  what: string,
  method: string,
  path: string,
  json: unknown,
  change: (seen: Seen) => void,
  says: string,
][] = [
  ['another status', 'POST', LEADS, { fields: { a: '1' } }, (s) => (s.status = 202), 'no 202'],
  ['a missing member', 'POST', LEADS, { fields: { a: '1' } }, (s) => delete s.body.data.score, "'score'"],
  ['one member more', 'POST', LEADS, { fields: { a: '1' } }, (s) => (s.body.data.extra = 1), 'additional'],
  [
    'a word that is none',
    'POST',
    LEADS,
    { fields: { a: '1' } },
    (s) => (s.body.data.sync_status = 'done'),
    'sync_status',
  ],
  ['a time that is none', 'GET', '/api/v1/site', undefined, (s) => (s.body.data.created_at = 'now'), 'created_at'],
  ['an id of something else', 'GET', '/api/v1/site', undefined, (s) => (s.body.data.id = 'sub_1'), '/data/id'],
  ['no request id', 'GET', '/api/v1/site', undefined, (s) => delete s.headers['x-request-id'], 'X-Request-Id'],
  ['a limit that is no number', 'GET', LEADS, undefined, (s) => (s.headers['ratelimit-limit'] = 'many'), 'RateLimit'],
  ['a header of others', 'GET', LEADS, undefined, (s) => (s.headers['retry-after'] = '5'), 'Retry-After'],
  ['another type', 'GET', LEADS, undefined, (s) => (s.headers['content-type'] = 'text/html'), 'text/html'],
  ['no JSON', 'GET', LEADS, undefined, (s) => (s.body = '{'), 'the body'],
  ['another code', 'GET', `${LEADS}?x=1`, undefined, (s) => (s.body.error.code = 'conflict'), 'no conflict'],
  ['an error of another shape', 'GET', `${LEADS}?x=1`, undefined, (s) => delete s.body.error.details, 'details'],
  ['a 405 without Allow', 'DELETE', LEADS, undefined, (s) => delete s.headers.allow, 'Allow'],
  ['an answer from nowhere', 'GET', '/api/v1/nothing', undefined, (s) => (s.status = 200), 'no such operation'],
];

test.skipIf(missing !== null).each(changed)('%s is seen', async (_, method, path, json, change, says) => {
  const real = await seen(method, path, json);
  await checkAnswer(method, path, answer(real));
  change(real);
  await expect(checkAnswer(method, path, answer(real))).rejects.toThrow(says);
});

test.skipIf(missing !== null)('HEAD answers as GET does, without a body', async () => {
  const head = await api.call('HEAD', LEADS);
  expect([head.status, await head.text()]).toEqual([200, '']);
  const { headers } = await seen('GET', LEADS);
  await expect(checkAnswer('HEAD', LEADS, answer({ status: 200, headers, body: '{}' }))).rejects.toThrow('a body');
});
