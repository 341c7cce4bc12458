import { systemClock } from '../../src/lib/clock.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { MIGRATIONS, type Migration } from '../../src/store/sqlite/migrations.ts';
import { openDatabase, schemaVersion } from '../../src/store/sqlite/open.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { newLead } from '../support/leads.ts';
import { accept } from './suite/accept.ts';

const [role = '', path = '', siteId = ''] = process.argv.slice(2);

/** A process of the version before: takes leads and says which. Ends by itself. */
async function write(): Promise<void> {
  const store = openStore({ path, durability: 'full', clock: systemClock, ids: randomIds(), secretCheck: 'x' });
  for (let i = 0; i < 300; i++) {
    for (const lead of await accept(store, siteId, newLead({ n: `${i}` }))) process.stdout.write(`${lead.id}\n`);
  }
  await store.close();
}

/** Upgrades in two steps and is killed before the second. */
function die(): void {
  const version = MIGRATIONS.length;
  const first: Migration = { version: version + 1, name: 'a', sql: 'CREATE TABLE a (a); DELETE FROM lead;' };
  const second: Migration = {
    version: version + 2,
    name: 'b',
    get sql(): string {
      process.kill(process.pid, 'SIGKILL');
      return '';
    },
  };
  openDatabase({ path, durability: 'full', mayUpgrade: true, migrations: [...MIGRATIONS, first, second] });
}

/** A first start. */
function create(): void {
  const db = openDatabase({ path, durability: 'full' });
  process.stdout.write(`${schemaVersion(db)}\n`);
  db.close();
}

if (role === 'write') await write();
else if (role === 'die') die();
else create();
