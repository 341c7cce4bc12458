import { storedPage } from '../../store/paging.ts';
import type { Lead, LeadStore } from '../../store/store.ts';
import { type Asked, filterQuery, placeAfter, placeBefore } from './lead-filter.ts';

/** A page of leads, and the ways on from it. */
export interface LeadList {
  leads: readonly Lead[];
  /** Which leads of the list these are, as the links counted them: from 1. */
  first: number;
  last: number;
  total: number;
  /** There are more than `total`. */
  capped: boolean;
  /** What the address of the page before and after this one ends with; null: there is none. */
  before: string | null;
  after: string | null;
}

/** Costs the same wherever in the list it is: pages are found by where they begin, in either direction. */
export function leadList(
  leads: Pick<LeadStore, 'list' | 'count'>,
  siteId: string,
  asked: Asked,
  viewId: string | null,
): LeadList {
  const { values, request, isBack } = asked;
  const page = storedPage(leads, siteId, request);
  if (isBack && !page.pagination.has_more) return leadList(leads, siteId, fromStart(asked), viewId);
  const newestFirst = isBack ? !request.newestFirst : request.newestFirst;
  const shown = isBack ? page.leads.toReversed() : page.leads;
  const [top, bottom] = [shown[0], shown.at(-1)];
  const first = asked.position;
  const next = first + shown.length;
  const inView: { view?: string } = viewId === null ? {} : { view: viewId };
  const hasBefore = isBack || request.afterId !== null;
  const hasAfter = isBack || page.pagination.has_more;
  return {
    leads: shown,
    first,
    last: next - 1,
    total: page.pagination.total,
    capped: page.pagination.total_capped,
    before:
      hasBefore && top
        ? filterQuery(values, { ...inView, ...placeBefore(top.id, newestFirst, first - request.perPage) })
        : hasBefore
          ? filterQuery(values, inView)
          : null,
    after: hasAfter && bottom ? filterQuery(values, { ...inView, ...placeAfter(bottom.id, newestFirst, next) }) : null,
  };
}

/** The start of the list whose page before was asked for and is not a whole one. */
function fromStart(asked: Asked): Asked {
  const request = { ...asked.request, newestFirst: !asked.request.newestFirst, afterId: null, page: 1 };
  return { ...asked, request, isBack: false, position: 1 };
}
