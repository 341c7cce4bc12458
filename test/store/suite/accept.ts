import type { AcceptOutcome, Lead, NewLead, Store } from '../../../src/store/store.ts';

/** The leads that an accepted request made. */
export function created(outcome: AcceptOutcome): Lead[] {
  if (!('results' in outcome)) throw new Error(outcome.kind);
  return outcome.results.flatMap((result) => (result.status === 'created' ? [result.lead] : []));
}

/** Stores leads in one request. */
export async function accept(store: Store, siteId: string, ...leads: NewLead[]): Promise<Lead[]> {
  return created(await store.leads.accept({ siteId, items: leads.map((lead) => ({ lead })), idempotency: null }));
}

/** Every lead of a site, oldest first. */
export function allLeads(store: Store, siteId: string): Lead[] {
  const query = { filter: { spam: 'include' }, newestFirst: false, limit: 100_000, offset: 0 } as const;
  return store.leads.list(siteId, query);
}
