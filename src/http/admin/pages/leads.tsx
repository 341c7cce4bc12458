import { PageTitle } from '../components/parts.tsx';
import { readAsked, sameList } from '../lead-filter.ts';
import { leadList } from '../lead-list.ts';
import { mayOf } from '../lead-request.ts';
import type { AdminRoute, Outcome, SiteRequest } from '../route.ts';
import { leadPageRoute } from './lead.tsx';
import { leadActionRoutes } from './lead-actions.tsx';
import { leadExportRoute } from './lead-export.ts';
import { LeadsView } from './leads-view.tsx';

function leadsPage(request: SiteRequest): Outcome {
  const { query, site, services, csrf, now } = request;
  const { forms } = services.store;
  const asked = readAsked(query, site, forms);
  const { isBack } = asked;
  const body = (
    <>
      <PageTitle title="Leads" />
      <LeadsView
        site={site}
        forms={forms.outlines(site.id)}
        values={asked.values}
        notes={asked.notes}
        list={leadList(services.store, site.id, asked)}
        newestFirst={isBack ? !asked.request.newestFirst : asked.request.newestFirst}
        may={mayOf(request)}
        here={sameList(query.toString()).slice(1)}
        csrf={csrf}
        now={now}
      />
    </>
  );
  return { title: 'Leads', body };
}

/** Leads of a site: the list, one lead, what can be done with them, and their export. */
export const leadRoutes: readonly AdminRoute[] = [
  { method: 'GET', path: '/admin/s/:site/leads', of: 'site', needs: 'leads.read', run: leadsPage },
  leadPageRoute,
  ...leadActionRoutes,
  leadExportRoute,
];
