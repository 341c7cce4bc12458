import { can } from '../../accounts/permissions.ts';
import { invalid } from '../../lib/errors.ts';
import { idPattern } from '../../lib/ids.ts';
import type { FormData } from './form-data.ts';
import type { SiteRequest } from './route.ts';

/** What somebody may do with the leads of a site. */
export interface May {
  edit: boolean;
  remove: boolean;
  exports: boolean;
}

export function mayOf({ visit, site }: Pick<SiteRequest, 'visit' | 'site'>): May {
  return {
    edit: can(visit.user, 'leads.edit', site.id),
    remove: can(visit.user, 'leads.delete', site.id),
    exports: can(visit.user, 'leads.export', site.id),
  };
}

/** More than any page of ours lets one tick. */
export const MAX_CHOSEN = 200;
const LEAD_ID = new RegExp(idPattern('sub'));

/**
 * The leads that were ticked, each once.
 * @throws AppError validation_error for more than `MAX_CHOSEN`
 */
export function chosenIds(form: Pick<FormData, 'all'>): string[] {
  const ids = [...new Set(form.all('ids'))].filter((id) => LEAD_ID.test(id));
  if (ids.length > MAX_CHOSEN) throw invalid(`Tick at most ${MAX_CHOSEN} leads at once.`);
  return ids;
}
