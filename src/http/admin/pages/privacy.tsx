import type { Lead } from '../../../store/store.ts';
import { record } from '../audit.ts';
import { LEAD_ACTS } from '../lead-acts.ts';
import { whileAllowed } from '../lead-request.ts';
import type { AdminRoute, Outcome, PageOutcome, SiteRequest } from '../route.ts';
import { jsonLines } from './lead-export.ts';
import { type Found, Privacy } from './privacy-view.tsx';

/** Leads that are read, or deleted by one commit. */
const AT_ONCE = 200;
const SHOWN = 20;

const baseOf = ({ site }: SiteRequest) => `/admin/s/${site.id}`;
/** As the address was typed, without blanks around it. */
const emailOf = ({ form }: SiteRequest) => form.text('email').trim();

const idsOf = (request: SiteRequest) => request.services.store.leads.idsByEmail(request.site.id, emailOf(request));

/** Leads by their ids, some at a time: a person may have sent very many. */
function* pages({ services, site }: SiteRequest, ids: readonly string[]): Generator<Lead[]> {
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    yield services.store.sheets.leadsByIds(site.id, ids.slice(at, at + AT_ONCE));
  }
}

function privacyPage(request: SiteRequest, found: Found | null, error?: string): PageOutcome {
  const { site, now, csrf } = request;
  const body = (
    <Privacy
      base={baseOf(request)}
      email={emailOf(request)}
      error={error}
      found={found}
      now={now}
      zone={site.timezone}
      csrf={csrf}
    />
  );
  return { title: 'Privacy', body, status: error === undefined ? 200 : 422 };
}

async function find(request: SiteRequest): Promise<Outcome> {
  const email = emailOf(request);
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) {
    return privacyPage(request, null, 'Give a whole address, such as alice@example.com.');
  }
  const ids = await idsOf(request);
  const newest = request.services.store.sheets.leadsByIds(request.site.id, ids.slice(-SHOWN)).reverse();
  return privacyPage(request, { email, total: ids.length, newest });
}

/** The address itself stays out of the audit log: nothing is ever deleted there. */
async function handOver(request: SiteRequest): Promise<Outcome> {
  const ids = await idsOf(request);
  await record(request, { action: 'person.exported', objectId: null, after: { leads: ids } });
  const day = new Date(request.now).toISOString().slice(0, 10);
  const allowed = whileAllowed(request, 'privacy.edit', pages(request, ids));
  return { file: await jsonLines.file(allowed), type: jsonLines.type, name: `person-${day}.jsonl` };
}

async function remove(request: SiteRequest): Promise<Outcome> {
  const { services, site, form } = request;
  const rows = form.text('rows') === 'yes';
  const deleted: string[] = [];
  for (const leads of pages(request, await idsOf(request))) {
    const gone = await LEAD_ACTS.delete.apply(services, site, leads, { quality: null, rows });
    deleted.push(...gone.map(({ id }) => id));
  }
  await record(request, { action: 'person.deleted', objectId: null, after: { leads: deleted, row_removed: rows } });
  services.sync.sweep();
  return { to: `${baseOf(request)}/privacy`, notice: deleted.length > 0 ? 'deleted' : 'nothing_chosen' };
}

const edit = { of: 'site', needs: 'privacy.edit' } as const;

export const privacyRoutes: readonly AdminRoute[] = [
  { method: 'GET', path: '/admin/s/:site/privacy', ...edit, run: (request: SiteRequest) => privacyPage(request, null) },
  { method: 'POST', path: '/admin/s/:site/privacy', ...edit, run: find },
  { method: 'POST', path: '/admin/s/:site/privacy/export', ...edit, recent: true, run: handOver },
  { method: 'POST', path: '/admin/s/:site/privacy/delete', ...edit, recent: true, run: remove },
];
