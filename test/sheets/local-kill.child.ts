import { join } from 'node:path';
import { silentLog } from '../../src/lib/log.ts';
import { createLocalDriver } from '../../src/sheets/targets/local/driver.ts';
import { TestClock } from '../support/clock.ts';
import { newLead } from '../support/leads.ts';
import { testStore } from '../support/store.ts';

/**
 * Takes leads and writes them, until it is killed; says on a line of its own what it was about to do. The number
 * of rounds is bounded, so that it ends by itself should nobody kill it.
 */
const [dir = '', siteId = ''] = process.argv.slice(2);
const clock = new TestClock(Date.now());
const { store } = testStore({ dir, clock });
const driver = createLocalDriver({ store, dir: join(dir, 'sheets'), clock, log: silentLog });
await driver.recover();
for (let round = 0; round < 2_000; round++) {
  const site = store.sites.get(siteId);
  if (!site) throw new Error('no site');
  process.stdout.write(`${round}\n`);
  const items = Array.from({ length: 1 + (round % 5) }, (_, i) => ({
    lead: newLead({ n: `${round}-${i}`, [`f${round % 40}`]: 'x' }, { form: `Form ${i % 2}` }),
  }));
  const outcome = await store.leads.accept({ siteId, items, idempotency: null });
  const first = outcome.kind === 'accepted' ? outcome.results[0] : undefined;
  await driver.flush({ site, target: store.sheets.target(siteId) });
  if (first?.status === 'created') await store.leads.amend(siteId, first.lead.id, { quality: 'Good' });
  clock.advance(60_000);
}
