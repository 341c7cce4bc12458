import type { LeadFilter, LeadStore } from '../../store/store.ts';

/** Leads that are read at once: so many are in memory, however many there are. */
const AT_ONCE = 200;

/** The leads of a filter, some at a time. Newest first, those that come in meanwhile are not among them. */
export function* walk(leads: Pick<LeadStore, 'list'>, siteId: string, filter: LeadFilter, newestFirst: boolean) {
  let afterId: string | null = null;
  for (;;) {
    const place: { afterId?: string } = afterId === null ? {} : { afterId };
    const found = leads.list(siteId, { filter, newestFirst, limit: AT_ONCE, offset: 0, ...place });
    const page = found.slice(0, AT_ONCE);
    if (page.length > 0) yield page;
    if (found.length <= AT_ONCE) return;
    afterId = page.at(-1)?.id ?? null;
  }
}
