import { Database } from 'bun:sqlite';
import { systemClock } from '../../src/lib/clock.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { newLead } from '../support/leads.ts';
import { accept } from './suite/accept.ts';

/*
 * Takes leads and marks some as spam while the index is kept, tells which were stored, and dies in the middle of the
 * index's n-th transaction: before its commit, and for every second one after it.
 */
const [path = '', siteId = '', limit = ''] = process.argv.slice(2);

let commits = 0;
const run = Database.prototype.run;
Database.prototype.run = function (this: Database, sql: string, ...rest: never[]) {
  const dies = this.filename.endsWith('search.db') && sql === 'COMMIT' && ++commits === Number(limit);
  if (dies && commits % 2 === 1) process.kill(process.pid, 'SIGKILL');
  const result = run.call(this, sql, ...rest);
  if (dies) process.kill(process.pid, 'SIGKILL');
  return result;
} as typeof run;

const store = openStore({ path, durability: 'full', clock: systemClock, ids: randomIds(), secretCheck: 'test' });
for (let i = 0; i < 2_000; i++) {
  const [lead] = await accept(store, siteId, newLead({ n: 'one' }));
  if (!lead) throw new Error('a lead was stored');
  process.stdout.write(`${lead.id}\n`);
  if (i % 3 === 0) await store.leads.setSpam(siteId, lead.id, true);
  store.tendSearch(() => {});
  store.leads.count(siteId, { spam: 'include', q: 'one' }, 10);
}
