import { expect, test } from 'bun:test';
import { newApiKey } from '../../src/lib/api-key.ts';
import { testApp } from '../support/app.ts';
import { got } from '../support/error-shape.ts';
import type { FuzzRequest } from './requests.ts';
import { fuzz } from './run.ts';

/* More of it: LTS_FUZZ_REQUESTS, or `bun run soak --target fuzz`. The same again: LTS_FUZZ_SEED, which a failure prints. */
const REQUESTS = Number(process.env.LTS_FUZZ_REQUESTS ?? 5_000);
const SEED = Number(process.env.LTS_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));

test(`${REQUESTS} requests to every route, most of them wrong: no fault, no other shape, nothing stored that should not be`, async () => {
  const api = await testApp();
  const other = await api.store.sites.create({ name: 'Other' });
  const items = [{ fields: { a: '1' } }];
  const otherKey = (await api.key({ siteId: other.id })).key;
  const sent = await api.call('POST', '/api/v1/submissions', { key: otherKey, json: items[0] });
  const { data } = (await sent.json()) as { data: { id: string; form_id: string } };
  const revoked = await api.key();
  await api.store.keys.revoke(revoked.id);
  const target = {
    async send({ method, path, headers, body }: FuzzRequest) {
      const withBody = body === null || method === 'GET' || method === 'HEAD' ? {} : { body };
      const answer = await got(
        await api.app.fetch(new Request(`http://localhost${path}`, { method, headers, ...withBody })),
      );
      // The server cuts it off on the way out.
      return method === 'HEAD' ? { ...answer, text: '' } : answer;
    },
    keys: [
      (await api.key()).key,
      (await api.key({ scopes: ['submissions:read'] })).key,
      (await api.key({ scopes: [] })).key,
      revoked.key,
      newApiKey(),
    ],
    strangers: [data.id, data.form_id],
  };
  const report = await fuzz(target, { requests: REQUESTS, seed: SEED });
  if (report.problems.length > 0) throw new Error(`LTS_FUZZ_SEED=${SEED}:\n${report.problems.join('\n')}`);
  expect(report.requests).toBe(REQUESTS);
  // A fuzzer that never gets past the door finds nothing behind it.
  expect(REACHED.filter((each) => !report.seen.has(each))).toEqual([]);
  const statuses = new Set([...report.seen.keys()].map((each) => Number(each.split(' ')[1])));
  expect([200, 201, 400, 401, 403, 404, 405, 409, 415, 422].filter((status) => !statuses.has(status))).toEqual([]);
  expect(report.stored).toBeGreaterThan(REQUESTS / 50);
  await api.close();
});

/** What so many requests surely come to, whatever the seed. */
const REACHED = [
  ...['createSubmission 201', 'createSubmission 422', 'createSubmissions 200', 'createSubmissions 422'],
  ...['listSubmissions 200', 'listSubmissions 422', 'getSubmission 200', 'getSubmission 404', 'listForms 200'],
  ...['getForm 200', 'getForm 404', 'updateForm 200', 'updateForm 404', 'updateForm 422', 'getSite 200'],
  ...['mcp 200', 'mcp 400', 'nowhere 404', 'nowhere 405'],
];
