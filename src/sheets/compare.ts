import type { Clock } from '../lib/clock.ts';
import type { RequeueSelection } from '../store/sheets.ts';
import type { Store } from '../store/store.ts';
import type { Progress, SiteTarget, TabReport, TargetDriver } from './target.ts';

/** Leads queued in one transaction: short enough that other writes are not held up. */
const STEP = 500;

/** Asks the target of a site how its tabs compare with the database. */
export type Look = (formId: string | null) => Promise<TabReport[]>;

/** `driver.verify` of a site, as it is looked at here. */
export function lookBy(driver: TargetDriver, at: SiteTarget, progress: Progress): Look {
  return (formId) => driver.verify(at, formId, progress);
}

/**
 * Database against sheet, tab by tab; changes nothing in either. Another process may write on meanwhile: a row that it
 * adds between the look at the sheet and the look at the database seems to be missing. Only what is missing twice in a
 * row is missing, or a repair would double it.
 */
export async function compareTwice(look: Look, formId: string | null): Promise<TabReport[]> {
  const first = await look(formId);
  const before = new Set(first.flatMap((tab) => tab.missing));
  if (before.size === 0) return first;
  return (await look(formId)).map((tab) => ({ ...tab, missing: tab.missing.filter((id) => before.has(id)) }));
}

/** No row is missing or doubled, and every tab could be compared. */
export function isWell(tabs: readonly TabReport[]): boolean {
  return tabs.every((tab) => tab.missing.length === 0 && tab.doubled.length === 0 && tab.problem === null);
}

type Kept = Pick<Store, 'sheets' | 'forms'>;

/** Queues the leads whose rows are missing. Returns how many. */
export async function sendMissing(store: Kept, siteId: string, tabs: readonly TabReport[]): Promise<number> {
  const missing = tabs.flatMap((tab) => tab.missing);
  let queued = 0;
  for (let start = 0; start < missing.length; start += STEP) {
    const ids = missing.slice(start, start + STEP);
    queued += (await store.sheets.requeue(siteId, { which: 'ids', ids }, STEP)).queued;
  }
  return queued;
}

/**
 * Queues every lead that was written to a sheet and does not stand in the present one. A form with a tab there is
 * compared first, so that no row is doubled; one without gets all leads written before this moment: what a running
 * server writes from now on stands in the present sheet. Returns how many.
 * @param signal stops it: a comparison that was cut off sends nothing, for what it did not reach only seems missing
 */
export async function sendEarlier(
  store: Kept,
  clock: Clock,
  siteId: string,
  look: Look,
  signal: AbortSignal,
): Promise<number> {
  const syncedBefore = clock.now();
  const tabs = await compareTwice(look, null);
  if (signal.aborted) return 0;
  const compared = new Set(tabs.map(({ tab }) => tab.formId));
  let queued = await sendMissing(store, siteId, tabs);
  for (const form of store.forms.outlines(siteId)) {
    if (compared.has(form.id) || signal.aborted) continue;
    queued += await walk(store, siteId, { which: 'synced', syncedBefore, formId: form.id });
  }
  return queued;
}

/** Queues the leads that the sheet refused. Returns how many. */
export function retryFailed(store: Kept, siteId: string): Promise<number> {
  return walk(store, siteId, { which: 'failed' });
}

type Walk = Exclude<RequeueSelection, { which: 'ids' }>;

async function walk({ sheets }: Kept, siteId: string, which: Walk): Promise<number> {
  let queued = 0;
  let afterId: string | null = null;
  do {
    const step: { queued: number; next: string | null } = await sheets.requeue(
      siteId,
      afterId === null ? which : { ...which, afterId },
      STEP,
    );
    queued += step.queued;
    afterId = step.next;
  } while (afterId !== null);
  return queued;
}
