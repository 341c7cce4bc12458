import { MAX_COUNTED, type Pagination } from '../contract/page.ts';
import type { Submission } from '../contract/submission.ts';
import { idPattern } from '../lib/ids.ts';
import type { Lead, LeadFilter, LeadStore } from './store.ts';
import { toSubmission } from './view.ts';

/** A list request, checked: `page` × `perPage` is at most MAX_COUNTED. */
export interface LeadPageRequest {
  filter: LeadFilter;
  newestFirst: boolean;
  /** From 1; null when the walk goes by cursor. */
  page: number | null;
  perPage: number;
  /** The lead the walk stands at; null at its start. */
  afterId: string | null;
}

const SUBMISSION_ID = new RegExp(idPattern('sub'));

/** A cursor says where a walk stands, and in which order: it is of no use for another one. */
export function cursorFor(afterId: string, newestFirst: boolean): string {
  return Buffer.from(`${newestFirst ? 'd' : 'a'}${afterId}`).toString('base64url');
}

/** The lead a cursor stands at; null when it is none, or was made for the other order. */
export function readCursor(text: string, newestFirst: boolean): string | null {
  const plain = Buffer.from(text, 'base64url').toString('latin1');
  const id = plain.slice(1);
  return plain[0] === (newestFirst ? 'd' : 'a') && SUBMISSION_ID.test(id) ? id : null;
}

/** One page of leads as the API shows it. Spec 2, "Lists". */
export function leadPage(
  leads: Pick<LeadStore, 'list' | 'count'>,
  siteId: string,
  request: LeadPageRequest,
): { data: Submission[]; pagination: Pagination } {
  const page = storedPage(leads, siteId, request);
  return { data: page.leads.map(toSubmission), pagination: page.pagination };
}

/**
 * One page of leads as they are kept. A walk by cursor costs the same on every page, and neither skips nor
 * repeats while leads come in. Spec 2, "Lists".
 */
export function storedPage(
  leads: Pick<LeadStore, 'list' | 'count'>,
  siteId: string,
  { filter, newestFirst, page, perPage, afterId }: LeadPageRequest,
): { leads: Lead[]; pagination: Pagination } {
  const found = leads.list(siteId, {
    filter,
    newestFirst,
    limit: perPage,
    offset: page === null ? 0 : (page - 1) * perPage,
    ...(afterId === null ? {} : { afterId }),
  });
  const shown = found.slice(0, perPage);
  const last = found.length > perPage ? shown.at(-1) : undefined;
  const isLastPage = page !== null && last === undefined && (shown.length > 0 || page === 1);
  const { total, capped } = isLastPage
    ? { total: (page - 1) * perPage + shown.length, capped: false }
    : totalOf(leads, siteId, filter);
  return {
    leads: shown,
    pagination: {
      page,
      per_page: perPage,
      total,
      total_capped: capped,
      total_pages: Math.ceil(total / perPage),
      has_more: last !== undefined,
      next_cursor: last === undefined ? null : cursorFor(last.id, newestFirst),
    },
  };
}

/** How many leads a filter finds, as far as they are counted; `capped`: there are more. */
export function totalOf(leads: Pick<LeadStore, 'count'>, siteId: string, filter: LeadFilter) {
  const counted = leads.count(siteId, filter, MAX_COUNTED);
  // A kept counter knows an exact total beyond what is counted one by one.
  const capped = counted === MAX_COUNTED + 1 && isCountedOneByOne(filter);
  return { total: capped ? MAX_COUNTED : counted, capped };
}

function isCountedOneByOne(filter: LeadFilter): boolean {
  return Object.keys(filter).some((name) => name !== 'spam' && name !== 'formId');
}
