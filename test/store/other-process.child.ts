import { systemClock } from '../../src/lib/clock.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { newLead } from '../support/leads.ts';
import { accept } from './suite/accept.ts';

// What a command line does beside a running server. Prints the ids of the leads it stored.
const [path = '', siteId = '', keyId = ''] = process.argv.slice(2);
const store = openStore({ path, durability: 'full', clock: systemClock, ids: randomIds(), secretCheck: 'test' });
await store.keys.revoke(keyId);
await store.sites.update(siteId, { name: 'Renamed' });
const ids: string[] = [];
for (let i = 0; i < 3; i++) {
  for (const lead of await accept(store, siteId, newLead({ n: `${i}` }, { form: 'Theirs' }))) ids.push(lead.id);
}
await store.close();
console.log(JSON.stringify(ids));
