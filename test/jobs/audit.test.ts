import { expect, test } from 'bun:test';
import { auditSheets } from '../../src/jobs/audit.ts';
import type { LogData } from '../../src/lib/log.ts';
import { createLog } from '../../src/lib/log.ts';
import { createSync } from '../../src/sheets/sync.ts';
import type { TargetDriver } from '../../src/sheets/target.ts';
import { createLocalDriver } from '../../src/sheets/targets/local/driver.ts';
import { idleDriver } from '../support/app.ts';
import { TestClock } from '../support/clock.ts';
import { newLead } from '../support/leads.ts';
import { testStore } from '../support/store.ts';

const DAY_MS = 86_400_000;

test('each sheet is compared once a day; what is missing is named and not sent again by itself', async () => {
  const clock = new TestClock();
  const { store, dir } = testStore({ clock });
  const site = await store.sites.create({ name: 'Shop' });
  const lines: LogData[] = [];
  const log = createLog({
    level: 'info',
    format: 'json',
    now: () => clock.now(),
    write: (line) => lines.push(JSON.parse(line)),
  });
  const local = createLocalDriver({ store, dir: `${dir}/sheets`, clock, log });
  const drivers = { local, google: idleDriver as TargetDriver };
  const sync = createSync({ store, drivers, clock, random: () => 0.5, log });
  const items = ['1', '2', '3'].map((a) => ({ lead: newLead({ a }) }));
  await store.leads.accept({ siteId: site.id, items, idempotency: null });
  await sync.retryNow(site.id);
  const signal = new AbortController().signal;
  const audit = async () => {
    lines.length = 0;
    await auditSheets({ store, sync, drivers, clock, log, signal });
    return lines.map((line) => line.event);
  };
  expect(await audit()).toEqual(['sheet.compared']);
  expect(await audit()).toEqual([]);
  // A lead that stands in another workbook only, as after a change of target.
  const outcome = await store.leads.accept({
    siteId: site.id,
    items: [{ lead: newLead({ a: '4' }) }],
    idempotency: null,
  });
  const [result] = outcome.kind === 'accepted' ? outcome.results : [];
  if (result?.status !== 'created') throw new Error('not created');
  await store.sheets.markSynced(site.id, [result.lead.id]);
  clock.advance(DAY_MS + 1);
  expect(await audit()).toEqual(['sheet.differs']);
  expect(lines[0]).toMatchObject({ in_database: 4, in_sheet: 3, missing: 1, doubled: 0 });
  expect(store.sheets.counts(site.id).pending).toBe(0);
  await store.close();
});
