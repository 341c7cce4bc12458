import { expect, test } from 'bun:test';
import { toSubmission } from '../../src/store/view.ts';
import { testApp } from '../support/app.ts';
import { settle } from '../support/clock.ts';
import { leadProblems } from './judge.ts';
import { fuzzRaw } from './raw.ts';

/* More of it: LTS_FUZZ_RAW. The same again: LTS_FUZZ_SEED, which a failure prints. */
const REQUESTS = Number(process.env.LTS_FUZZ_RAW ?? 1_000);
const SEED = Number(process.env.LTS_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));

test(`${REQUESTS} damaged requests over sockets: no fault, the server works on, what is stored is whole`, async () => {
  const api = await testApp();
  const { port } = api.app.start();
  const { key } = await api.key();
  const problems = await fuzzRaw({ port, key }, { requests: REQUESTS, seed: SEED });
  await settle(20);
  const leads = api.store.leads.list(api.site.id, {
    filter: { spam: 'include' },
    newestFirst: true,
    limit: REQUESTS,
    offset: 0,
  });
  problems.push(...leads.flatMap((lead) => leadProblems(toSubmission(lead))));
  if (problems.length > 0) throw new Error(`LTS_FUZZ_SEED=${SEED}:\n${problems.join('\n')}`);
  // Some damage does no harm: were nothing stored, nothing would have come through.
  expect(leads.length).toBeWithin(1, REQUESTS);
  const after = await fetch(`http://127.0.0.1:${port}/api/v1/site`, { headers: { authorization: `Bearer ${key}` } });
  expect(after.status).toBe(200);
  await api.close();
});
