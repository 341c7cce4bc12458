import { expect, test } from 'bun:test';
import { Bench } from './google-harness.ts';

/** Spec 8, "Google calls for a backlog of 100,000 leads on one tab". LTS_TEST_LEADS makes it as long as one likes. */
const LEADS = Number(process.env.LTS_TEST_LEADS ?? 20_000);

test(`${LEADS} leads of 8 fields on one tab: one write and one read for a thousand, and little beside`, async () => {
  const bench = await Bench.start();
  const names = ['Full name', 'Email', 'Phone', 'Company', 'Message', 'Budget', 'Country', 'Source'];
  for (let from = 0; from < LEADS; from += 1_000) {
    const all = Array.from({ length: 1_000 }, (_, n) =>
      Object.fromEntries(names.map((name) => [name, `${name} of lead ${from + n}`])),
    );
    await bench.acceptAll(all, { form: 'Contact' });
  }
  await bench.acceptAll([{ Email: 'last@example.com' }], { form: 'Contact' });
  bench.google.world.calls.reset();
  await bench.drain({ pauseMs: 1_200, steps: LEADS / 500 + 20 });
  const { read, write } = bench.google.world.calls.counts();
  const most = Math.ceil(LEADS / 1_000) * 1.05 + 5;
  expect(write).toBeLessThanOrEqual(most);
  expect(read).toBeLessThanOrEqual(most + 1);
  expect(bench.ids('Contact')).toHaveLength(LEADS + 1);
  expect(bench.violations()).toEqual([]);
  expect(bench.google.world.calls.log.filter((call) => call.status === 429)).toEqual([]);
}, 300_000);
