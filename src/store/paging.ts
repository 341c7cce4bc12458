import { MAX_COUNTED, type Pagination } from '../contract/page.ts';
import type { Submission } from '../contract/submission.ts';
import type { LeadFilter, LeadStore } from './store.ts';
import { toSubmission } from './view.ts';

/** Where in a list: by page number from 1, or after a lead. */
export type Place = { page: number } | { cursor: string };

export interface LeadPageQuery {
  filter: LeadFilter;
  newestFirst: boolean;
  perPage: number;
  place: Place;
}

/**
 * One page of leads as the API shows it. A cursor is the id of the last lead of the page before: a walk by it
 * costs the same on every page, and neither skips nor repeats while leads come in. Spec 2, "Lists".
 * The caller has checked that `page` × `perPage` is at most MAX_COUNTED.
 */
export function leadPage(
  leads: Pick<LeadStore, 'list' | 'count'>,
  siteId: string,
  { filter, newestFirst, perPage, place }: LeadPageQuery,
): { data: Submission[]; pagination: Pagination } {
  const byPage = 'page' in place;
  const found = leads.list(siteId, {
    filter,
    newestFirst,
    limit: perPage,
    offset: byPage ? (place.page - 1) * perPage : 0,
    ...(byPage ? {} : { afterId: place.cursor }),
  });
  const shown = found.slice(0, perPage);
  const hasMore = found.length > perPage;
  const counted = leads.count(siteId, filter, MAX_COUNTED);
  // A kept counter knows it exactly, however large; what had to be counted stops one after the limit.
  const capped = counted === MAX_COUNTED + 1;
  const total = capped ? MAX_COUNTED : counted;
  return {
    data: shown.map(toSubmission),
    pagination: {
      page: byPage ? place.page : null,
      per_page: perPage,
      total,
      total_capped: capped,
      total_pages: Math.ceil(total / perPage),
      has_more: hasMore,
      next_cursor: hasMore ? (shown.at(-1)?.id ?? null) : null,
    },
  };
}
