import type { Submission } from '../../contract/submission.ts';
import { leadPage } from '../../store/paging.ts';
import type { Store } from '../../store/store.ts';
import { type Asked, filterQuery, placeAfter, placeBefore } from './lead-filter.ts';

/** A page of leads, and the ways on from it. */
export interface LeadList {
  leads: readonly Submission[];
  /** Why the row of a lead was given up, by its id. */
  problems: ReadonlyMap<string, string>;
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
export function leadList({ leads, sheets }: Pick<Store, 'leads' | 'sheets'>, siteId: string, asked: Asked): LeadList {
  const { values, request, isBack } = asked;
  const page = leadPage(leads, siteId, request);
  if (isBack && !page.pagination.has_more) return leadList({ leads, sheets }, siteId, fromStart(asked));
  const newestFirst = isBack ? !request.newestFirst : request.newestFirst;
  const shown = isBack ? page.data.toReversed() : page.data;
  const [top, bottom] = [shown[0], shown.at(-1)];
  const first = asked.position;
  const next = first + shown.length;
  const hasBefore = isBack || request.afterId !== null;
  const hasAfter = isBack || page.pagination.has_more;
  return {
    leads: shown,
    problems: problemsOf(sheets, siteId, shown),
    first,
    last: next - 1,
    total: page.pagination.total,
    capped: page.pagination.total_capped,
    before:
      hasBefore && top
        ? filterQuery(values, placeBefore(top.id, newestFirst, first - request.perPage))
        : hasBefore
          ? filterQuery(values)
          : null,
    after: hasAfter && bottom ? filterQuery(values, placeAfter(bottom.id, newestFirst, next)) : null,
  };
}

/** The start of the list whose page before was asked for and is not a whole one. */
function fromStart(asked: Asked): Asked {
  const request = { ...asked.request, newestFirst: !asked.request.newestFirst, afterId: null, page: 1 };
  return { ...asked, request, isBack: false, position: 1 };
}

function problemsOf(sheets: Store['sheets'], siteId: string, leads: readonly Submission[]): Map<string, string> {
  const failed = leads.filter((lead) => lead.sync_status === 'failed').map(({ id }) => id);
  if (failed.length === 0) return new Map();
  return new Map(
    sheets.leadsByIds(siteId, failed).flatMap(({ id, syncProblem }) => (syncProblem ? [[id, syncProblem]] : [])),
  );
}
