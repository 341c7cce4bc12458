import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Submission } from '../../src/contract/submission.ts';
import type { BatchResult } from '../../src/contract/submission-batch.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { goldenDocument, type Media, operationsOf } from './document.ts';

let api: TestApp;
beforeAll(async () => {
  api = await testApp();
});
afterAll(() => api.close());

const operations = operationsOf(goldenDocument());

/** The examples of an operation's body, and that of its good answer. */
function examplesOf(id: string) {
  const { operation } = operations.find((each) => each.operation.operationId === id) ?? {};
  const json = (content?: Record<string, Media>) => content?.['application/json'];
  const good = Object.entries(operation?.responses ?? {}).find(([status]) => status.startsWith('2'))?.[1];
  return {
    bodies: Object.values(json(operation?.requestBody?.content)?.examples ?? {}).map(({ value }) => value),
    answer: json(good?.content)?.example as { data: unknown },
  };
}

async function send(method: string, path: string, json: unknown) {
  const response = await api.call(method, path, { json });
  return { status: response.status, data: ((await response.json()) as { data: unknown }).data };
}

/** What is another each time. */
const OTHER = { id: '', form_id: '', submitted_at: '', created_at: '' };

test('each example of a lead is taken, and the last is answered as the document has it', async () => {
  const { bodies, answer } = examplesOf('createSubmission');
  expect(bodies).toHaveLength(2);
  for (const body of bodies) {
    const { status, data } = await send('POST', '/api/v1/submissions', body);
    expect(status).toBe(201);
    if (body === bodies.at(-1)) {
      expect({ ...(data as Submission), ...OTHER }).toEqual({ ...(answer.data as Submission), ...OTHER });
    }
  }
});

test('the example of a batch is taken whole; that of its answer is what such items come to', async () => {
  const { bodies, answer } = examplesOf('createSubmissions');
  const [body] = bodies as { submissions: object[] }[];
  const taken = (await send('POST', '/api/v1/submissions/batch', body)).data as BatchResult[];
  expect(taken.map(({ status }) => status)).toEqual(['created', 'created']);
  const submissions = [body?.submissions[0], { ...body?.submissions[1], utm_sorce: 'google' }];
  const mixed = (await send('POST', '/api/v1/submissions/batch', { submissions })).data as BatchResult[];
  const withoutIds = (results: BatchResult[]) => results.map((result) => ({ ...result, id: '' }));
  expect(withoutIds(mixed)).toEqual(withoutIds(answer.data as BatchResult[]));
});

test('each example of a change is made', async () => {
  const { data } = await send('POST', '/api/v1/submissions', { fields: { a: '1' }, form_name: 'To be changed' });
  const { bodies } = examplesOf('updateForm');
  expect(bodies).toHaveLength(2);
  for (const body of bodies as object[]) {
    const changed = await send('PATCH', `/api/v1/forms/${(data as Submission).form_id}`, body);
    expect(changed).toMatchObject({ status: 200, data: body });
  }
});
