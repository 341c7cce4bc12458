import { can, type SitePermission } from '../../accounts/permissions.ts';
import { AppError, invalid } from '../../lib/errors.ts';
import { idPattern } from '../../lib/ids.ts';
import type { AuditValues } from '../../store/accounts.ts';
import type { LeadFilter } from '../../store/store.ts';
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

/** Whether whoever asked may do it by now: what takes long ends with their access or role. */
export function mayStill({ services, visit, site }: SiteRequest, permission: SitePermission): boolean {
  const user = services.accounts.user(visit.user.id);
  return user !== null && can(user, permission, site.id);
}

/**
 * The same pages, for a file that may be fetched for hours: it ends with the session that asked for it, too.
 * @throws AppError insufficient_scope at the next page
 */
export function* whileAllowed<T>(request: SiteRequest, permission: SitePermission, pages: Iterable<T>): Generator<T> {
  const { services, visit } = request;
  for (const page of pages) {
    if (services.store.accounts.session(visit.session.id) === null || !mayStill(request, permission)) {
      throw new AppError('insufficient_scope', 'You may not fetch this any more.');
    }
    yield page;
  }
}

/** What the audit log says of a filter, without what was searched for: that may be what leads say. */
export function toldFilter(filter: LeadFilter): AuditValues {
  const { formId, source, syncStatus, score, spam, createdFrom, createdBefore, utmSource, utmCampaign, q } = filter;
  const time = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString());
  const all: AuditValues = {
    form_id: formId ?? null,
    source: source ?? null,
    sync_status: syncStatus ?? null,
    score: score ?? null,
    spam,
    created_after: time(createdFrom),
    created_before: time(createdBefore),
    by_campaign: utmSource !== undefined || utmCampaign !== undefined || null,
    searched: q !== undefined || null,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
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
