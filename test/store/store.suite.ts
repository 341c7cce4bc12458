import { describe } from 'bun:test';
import type { Store } from '../../src/store/store.ts';
import { TestClock } from '../support/clock.ts';
import { describeAccountIdentities } from './suite/account-identities.ts';
import { describeAccountLinks } from './suite/account-links.ts';
import { describeAccountPasskeys } from './suite/account-passkeys.ts';
import { describeAccounts } from './suite/accounts.ts';
import { describeCounters } from './suite/counters.ts';
import { describeDrive } from './suite/drive.ts';
import { describeEndpoints } from './suite/endpoints.ts';
import { describeFiles } from './suite/files.ts';
import { describeFormMerge } from './suite/form-merge.ts';
import { describeForms } from './suite/forms.ts';
import { describeHooks } from './suite/hooks.ts';
import { describeHostedForms } from './suite/hosted-forms.ts';
import { describeImports } from './suite/imports.ts';
import { describeKeys } from './suite/keys.ts';
import { describeLeadRemoval } from './suite/lead-removal.ts';
import { describeLeads } from './suite/leads.ts';
import { describeQueue } from './suite/queue.ts';
import { describeSearch } from './suite/search.ts';
import { describeSheets } from './suite/sheets.ts';
import { describeSites } from './suite/sites.ts';
import { describeSpam } from './suite/spam.ts';
import { describeViews } from './suite/views.ts';
import { describeWrites } from './suite/writes.ts';

/** One set of data, and the ways a test looks at it. */
export interface Opened {
  store: Store;
  clock: TestClock;
  /** The same data opened once more, as another process has it. Closed by the test. */
  again(): Promise<Store>;
  /** Commits so far, read from the backend's own log. */
  commits(): number;
}

/** Opens empty data of its own. */
export type OpenStore = (clock: TestClock) => Promise<Opened>;

/** What each part of the suite works with: a store with one site. */
export interface World extends Opened {
  siteId: string;
}
export type MakeWorld = (startMs?: number) => Promise<World>;

/** The law for every backend: each method of the store with what it promises. */
export function describeStore(name: string, open: OpenStore): void {
  const world: MakeWorld = async (startMs) => {
    const opened = await open(new TestClock(startMs));
    const site = await opened.store.sites.create({ name: 'Shop' });
    return { ...opened, siteId: site.id };
  };
  describe(name, () => {
    describeSites(world);
    describeKeys(world);
    describeAccounts(world);
    describeAccountLinks(world);
    describeAccountIdentities(world);
    describeAccountPasskeys(world);
    describeEndpoints(world);
    describeHooks(world);
    describeHostedForms(world);
    describeFiles(world);
    describeDrive(world);
    describeImports(world);
    describeForms(world);
    describeFormMerge(world);
    describeLeads(world);
    describeLeadRemoval(world);
    describeWrites(world);
    describeQueue(world);
    describeSheets(world);
    describeCounters(world);
    describeSearch(world);
    describeSpam(world);
    describeViews(world);
  });
}
