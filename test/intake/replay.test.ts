import { expect, test } from 'bun:test';
import { createIntake } from '../../src/intake/accept.ts';
import { silentLog } from '../../src/lib/log.ts';
import { TestClock } from '../support/clock.ts';
import { testStore } from '../support/store.ts';

test('a replay of a lead that was deleted since says so, and stores nothing', async () => {
  const clock = new TestClock();
  const { store } = testStore({ clock });
  const { id: siteId } = await store.sites.create({ name: 'Shop' });
  const intake = createIntake({ store, clock, log: silentLog, spam: { reasonFor: () => null }, onStored: () => {} });
  const context = { siteId, source: 'rest_api', idempotencyKey: 'one' } as const;
  const input = { fields: { Email: 'alice@example.com' } };
  const batch = { submissions: [input, { fields: { Email: 'bob@example.com' } }] };
  const { lead } = await intake.submit(input, context);
  const { results } = await intake.submitBatch(batch, { ...context, idempotencyKey: 'two' });
  const [first, second] = results.flatMap((result) => (result.status === 'created' ? [result.id] : []));
  await store.leads.remove(siteId, [lead.id, first ?? ''], { rows: true });
  await expect(intake.submit(input, context)).rejects.toMatchObject({ code: 'not_found' });
  const again = await intake.submitBatch(batch, { ...context, idempotencyKey: 'two' });
  expect(again).toMatchObject({
    replayed: true,
    results: [
      { index: 0, status: 'invalid', error: { code: 'not_found' } },
      { index: 1, status: 'created', id: second ?? '' },
    ],
  });
  expect(store.leads.count(siteId, { spam: 'include' }, 10)).toBe(1);
  await store.close();
});
