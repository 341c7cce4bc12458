import { can } from '../../accounts/permissions.ts';
import type { LeadView } from '../../store/views.ts';
import { DEFAULT_COLUMNS, readColumns } from './lead-columns.ts';
import { type FilterValues, filterQuery, saysFilters } from './lead-filter.ts';
import type { SiteRequest } from './route.ts';

type Asker = Pick<SiteRequest, 'visit' | 'site' | 'services'>;

/** The view that an address names, if the user sees it. */
export function viewOf({ services, site, visit }: Asker, query: URLSearchParams): LeadView | null {
  const id = query.get('view');
  return id === null || id === '' ? null : services.store.views.get(site.id, visit.user.id, id);
}

/** A shared view is for those who run the site to change, and for who made it; others are their owner's. */
export function mayChange(
  { visit, site }: Omit<Asker, 'services'>,
  view: Pick<LeadView, 'shared' | 'makerId'>,
): boolean {
  return !view.shared || view.makerId === visit.user.id || mayShare({ visit, site });
}

export const mayShare = ({ visit, site }: Omit<Asker, 'services'>): boolean => can(visit.user, 'site.edit', site.id);

/** The columns to show: those of the view, else the user's own, else what everybody begins with. */
export function columnsOf({ services, site, visit }: Asker, view: LeadView | null): readonly string[] {
  const kept = view?.columns ?? services.store.views.columns(site.id, visit.user.id);
  return kept === null ? DEFAULT_COLUMNS : readColumns(kept);
}

/** An address with the filters of its view, unless it says filters of its own, be it that there are none. */
export function inView(query: URLSearchParams, view: LeadView | null): URLSearchParams {
  if (view === null || saysFilters(query)) return query;
  return new URLSearchParams([...query, ...Object.entries(view.filter)]);
}

/** Whether the list is no longer as the view says. */
export const isChanged = (view: LeadView, values: FilterValues): boolean =>
  filterQuery(values) !== filterQuery(view.filter);
