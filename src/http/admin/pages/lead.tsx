/** @jsxImportSource preact */
import { linkedFile } from '../../../intake/files/links.ts';
import { notFound } from '../../../lib/errors.ts';
import type { Lead } from '../../../store/store.ts';
import { Empty, PageTitle } from '../components/parts.tsx';
import { mayOf } from '../lead-request.ts';
import { timelineOf } from '../lead-timeline.ts';
import { cut, whoOf } from '../lead-words.ts';
import type { Outcome, SiteRequest, SiteRoute } from '../route.ts';
import { LeadView, type ShownFile } from './lead-view.tsx';

/** Steps of the timeline that are looked for; older ones are in the audit log. */
const MAX_DEEDS = 50;
const MAX_TITLE = 80;
/** For how long the page's own links to files hold. */
const LINK_MS = 3_600_000;

function leadPage(request: SiteRequest): Outcome {
  const { params, site, services, csrf, now } = request;
  const { store } = services;
  const lead = store.leads.get(site.id, params.lead ?? '');
  if (lead === null) return gone(site.id);
  const deeds = store.audit.list({ limit: MAX_DEEDS, siteId: site.id, objectId: lead.id });
  const body = (
    <LeadView
      lead={lead}
      files={filesOf(request, lead)}
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

/** The files of a lead with links for whoever looks at it now, whatever is set for those that go out. */
function filesOf({ site, services, now }: SiteRequest, lead: Lead): ShownFile[] {
  if (lead.body.files.length === 0) return [];
  const kept = new Set(services.store.files.ofLead(site.id, lead.id).map(({ id }) => id));
  return lead.body.files.map(({ field, name, size, url }) => {
    const id = linkedFile(url);
    return { field, name, size, href: id !== null && kept.has(id) ? services.fileLinks.to(id, now + LINK_MS) : null };
  });
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
