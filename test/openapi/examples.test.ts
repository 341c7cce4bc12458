import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { ErrorBody } from '../../src/contract/error.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { missingClients } from '../support/clients.ts';
import { Connection } from '../support/load.ts';
import { schemaProblems } from '../support/openapi.ts';
import { goldenDocument, type Media, type Operation, operationsOf, type Reply } from './document.ts';

const missing = await missingClients();
const document = goldenDocument();
const operations = operationsOf(document);

const resolved = (reply: Reply): Reply =>
  reply.$ref ? (document.components.responses?.[reply.$ref.split('/').at(-1) ?? ''] as Reply) : reply;

function mediaOf(operation: Operation): [where: string, media: Media][] {
  const replies = Object.entries(operation.responses).map(([status, reply]) => [status, resolved(reply)] as const);
  return [['the request', operation.requestBody], ...replies].flatMap(([where, holder]) => {
    const { content } = (holder ?? {}) as { content?: Record<string, Media> };
    return Object.values(content ?? {}).map((media): [string, Media] => [`${where}`, media]);
  });
}

test.skipIf(missing !== null)('every example is as its schema says, and there is one for every body', async () => {
  const wrong: string[] = [];
  for (const { operation } of operations) {
    for (const [where, media] of mediaOf(operation)) {
      const values: unknown[] = media.example === undefined ? [] : [media.example];
      values.push(...Object.values(media.examples ?? {}).map(({ value }) => value));
      // The document itself would be its own example.
      if (values.length === 0 && operation.operationId !== 'getOpenApi')
        wrong.push(`${operation.operationId} ${where}`);
      for (const value of values) {
        const problems = (await schemaProblems(media.schema, value)) ?? [];
        wrong.push(...problems.map((problem) => `${operation.operationId} ${where}: ${problem}`));
      }
    }
  }
  expect(wrong).toEqual([]);
});

type Told = Pick<ErrorBody['error'], 'code' | 'message' | 'details'>;

/** An error as one line. Numbers that settings and the clock decide are left out. */
function lineOf(status: number | string, { code, message, details }: Told): string {
  const words = message.replace(/its \d+ requests/, 'its n requests').replace(/Wait \d+ s/, 'Wait n s');
  return [status, code, words, JSON.stringify(details)].join(' ');
}

function documentedErrors({ responses }: Operation): string[] {
  return Object.entries(responses).flatMap(([status, reply]) =>
    Object.values(resolved(reply).content ?? {})
      .flatMap(({ examples }) => Object.values(examples ?? {}))
      .flatMap(({ value }) => ((value as ErrorBody).error ? [lineOf(status, (value as ErrorBody).error)] : [])),
  );
}

/** What can't be brought about here, and where else it is. */
const ELSEWHERE: readonly RegExp[] = [
  /^503 unavailable The disk is full/, // test/binary/disk.test.ts
];

describe('every error of the document is one that the server gives, word for word', () => {
  const LEADS = '/api/v1/submissions';
  const json = { 'content-type': 'application/json' };
  const good: Readonly<Record<string, unknown>> = {
    createSubmission: { fields: { a: '1' } },
    createSubmissions: { submissions: [{ fields: { a: '1' } }] },
    updateForm: { ignored: false },
  };
  let api: TestApp;
  let broken: TestApp;
  let closed: TestApp;
  let port: number;
  let ids: { id: string; form_id: string };

  async function lead(on: TestApp, form_name: string, key?: string) {
    const headers = key === undefined ? {} : { 'idempotency-key': key };
    const response = await on.call('POST', LEADS, { json: { fields: { a: '1' }, form_name }, headers });
    return ((await response.json()) as { data: typeof ids }).data;
  }

  beforeAll(async () => {
    [api, broken, closed] = [await testApp(), await testApp(), await testApp()];
    ({ port } = api.app.start());
    await lead(api, 'Taken');
    const deleted = await lead(api, 'Contact form', 'deleted');
    ids = await lead(api, 'Contact form');
    await api.store.leads.remove(api.site.id, [deleted.id], { rows: true });
    const fault = () => {
      throw new Error('a fault');
    };
    Object.assign(broken.store.leads, { get: fault, list: fault, accept: fault });
    Object.assign(broken.store.forms, { list: fault, get: fault, outline: fault });
    Object.assign(broken.store.sites, { get: fault });
    closedForm = (await lead(closed, 'Contact form')).form_id;
    await closed.store.close();
  });
  afterAll(async () => {
    await Promise.all([api.close(), broken.close()]);
  });
  let closedForm: string;

  /** Sends a request over a connection of its own, as it is. */
  async function raw(method: string, path: string, headers: Record<string, string>, body = ''): Promise<SeenError> {
    const connection = await Connection.open(port);
    const exchange = await connection?.send(method, path, headers, body);
    connection?.end();
    if (exchange?.kind !== 'answered') throw new Error('no answer');
    return { status: exchange.answer.status, text: exchange.answer.body };
  }

  /** A body that ends before it is whole. */
  function brokenOff(method: string, path: string, key: string): Promise<Response> {
    const body = new ReadableStream({
      pull(controller) {
        controller.error(new Error('gone'));
      },
    });
    const headers = { ...json, authorization: `Bearer ${key}` };
    return api.app.fetch(new Request(`http://localhost${path}`, { method, headers, body }));
  }

  const seen = async (response: Promise<Response>): Promise<SeenError> => {
    const { status } = await response;
    return { status, text: await (await response).text() };
  };

  /** What any operation with a key can be brought to. */
  async function keyErrors(id: string, method: string, path: string): Promise<SeenError[]> {
    const body = good[id] === undefined ? {} : { json: good[id] };
    const limited = await testApp({ rateLimitApi: 1 });
    await limited.call(method, path, body);
    const revoked = await api.key();
    await api.store.keys.revoke(revoked.id);
    const none = await api.key({ scopes: [] });
    const typo = `${revoked.key.slice(0, -1)}${revoked.key.endsWith('0') ? '1' : '0'}`;
    const answers = [
      await seen(api.call(method, path, { ...body, key: null })),
      await seen(api.call(method, path, { ...body, key: typo })),
      await seen(api.call(method, path, { ...body, key: revoked.key })),
      await seen(api.call(method, path, { ...body, key: none.key })),
      await seen(limited.call(method, path, body)),
      await seen(broken.call(method, path, body)),
    ];
    await limited.close();
    return answers;
  }

  /** What an operation with a body can be brought to. */
  async function bodyErrors(id: string, method: string, path: string): Promise<SeenError[]> {
    const limit = id === 'createSubmissions' ? 8_388_608 : 1_048_576;
    const large = `{"a":"${'x'.repeat(limit)}"}`;
    const { key } = await api.key();
    return [
      await seen(api.call(method, path, { body: '{', headers: json })),
      await seen(api.call(method, path, { body: '', headers: json })),
      await seen(api.call(method, path, { body: large, headers: json })),
      await seen(api.call(method, path, { body: 'a=1', headers: { 'content-type': 'text/plain' } })),
      await seen(closed.call(method, path.replace(ids.form_id, closedForm), { json: good[id] })),
      await seen(brokenOff(method, path, key)),
    ];
  }

  /** Requests that each come to an error of their operation alone. */
  const OWN: Readonly<Record<string, () => Promise<SeenError>[]>> = {
    createSubmission: () => [
      post(LEADS, { fields: { a: '1' }, utm_sorce: 'x' }),
      post(LEADS, { fields: { a: '1' }, form_id: 'frm_000000000000000000000' }),
      post(LEADS, { fields: { a: '1' } }, 'k'.repeat(256)),
      post(LEADS, { fields: { a: '1' }, form_name: 'Contact form' }, 'deleted'),
      post(LEADS, { fields: { other: '1' } }, 'deleted'),
    ],
    createSubmissions: () => [
      post(`${LEADS}/batch`, { submissions: [] }),
      post(`${LEADS}/batch`, good.createSubmissions, 'k'.repeat(256)),
      post(`${LEADS}/batch`, { submissions: [{ fields: { other: '1' } }] }, 'deleted'),
    ],
    listSubmissions: () => [
      seen(api.call('GET', `${LEADS}?page=101&per_page=100`)),
      seen(api.call('GET', `${LEADS}?formid=x`)),
    ],
    getSubmission: () => [seen(api.call('GET', `${LEADS}/sub_x`))],
    getForm: () => [seen(api.call('GET', '/api/v1/forms/frm_x'))],
    updateForm: () => [
      seen(api.call('PATCH', '/api/v1/forms/frm_x', { json: good.updateForm })),
      seen(api.call('PATCH', `/api/v1/forms/${ids.form_id}`, { json: {} })),
      seen(api.call('PATCH', `/api/v1/forms/${ids.form_id}`, { json: { name: 'Taken' } })),
    ],
  };

  const post = (path: string, body: unknown, key?: string) =>
    seen(api.call('POST', path, { json: body, ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }) }));

  test.each(operations.map(({ operation }) => operation.operationId))('%s', async (id) => {
    const { method, path: pattern, operation } = operations.find((each) => each.operation.operationId === id)!;
    const path = pattern.replace('{id}', pattern.includes('forms') ? ids.form_id : ids.id);
    const keyed = operation.security.length > 0;
    const answers = [
      await raw(method, path, { host: 'no host', authorization: `Bearer ${(await api.key()).key}` }),
      ...(keyed ? await keyErrors(id, method, path) : []),
      ...(operation.requestBody ? await bodyErrors(id, method, path) : []),
      ...(await Promise.all(OWN[id]?.() ?? [])),
    ];
    const told = new Set(
      answers.flatMap(({ status, text }) => {
        const { error } = JSON.parse(text || '{}') as Partial<ErrorBody>;
        return error ? [lineOf(status, error)] : [];
      }),
    );
    const unheard = documentedErrors(operation).filter((line) => !told.has(line));
    // Nothing that a test can do makes the document itself fail.
    const excused = keyed ? ELSEWHERE : [/^500 internal_error/];
    expect(unheard.filter((line) => !excused.some((each) => each.test(line)))).toEqual([]);
  });
});

interface SeenError {
  status: number;
  text: string;
}
