import { notFound } from '../../../lib/errors.ts';
import { Empty, PageTitle } from '../components/parts.tsx';
import { mayOf } from '../lead-request.ts';
import { timelineOf } from '../lead-timeline.ts';
import { cut, whoOf } from '../lead-words.ts';
import type { Outcome, SiteRequest, SiteRoute } from '../route.ts';
import { LeadView } from './lead-view.tsx';

/** Steps of the timeline that are looked for; older ones are in the audit log. */
const MAX_DEEDS = 50;
const MAX_TITLE = 80;

function leadPage(request: SiteRequest): Outcome {
  const { params, site, services, csrf, now } = request;
  const { store } = services;
  const lead = store.leads.get(site.id, params.lead ?? '');
  if (lead === null) return gone(site.id);
  const deeds = store.audit.list({ limit: MAX_DEEDS, siteId: site.id, objectId: lead.id });
  const body = (
    <LeadView
      lead={lead}
      site={site}
      target={store.sheets.target(site.id)}
      ignored={store.forms.outline(site.id, lead.formId)?.ignored ?? false}
      steps={timelineOf(lead, deeds)}
      may={mayOf(request)}
      csrf={csrf}
      now={now}
    />
  );
  return { title: cut(whoOf(lead.body.fields).name, MAX_TITLE) || 'Lead', body };
}

/** An address that was kept, of a lead that was deleted since; or of another site's, which is the same to a visitor. */
function gone(siteId: string): Outcome {
  const body = (
    <>
      <PageTitle title="Lead" />
      <Empty title={notFound('lead').message}>
        <p>It may have been deleted since.</p>
        <div class="actions">
          <a class="button" href={`/admin/s/${siteId}/leads`}>
            Show all leads
          </a>
        </div>
      </Empty>
    </>
  );
  return { title: 'Lead', body, status: 404 };
}

export const leadPageRoute: SiteRoute = {
  method: 'GET',
  path: '/admin/s/:site/leads/:lead',
  of: 'site',
  needs: 'leads.read',
  run: leadPage,
};
