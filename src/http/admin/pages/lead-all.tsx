/** @jsxImportSource preact */
import { invalid } from '../../../lib/errors.ts';
import { totalOf } from '../../../store/paging.ts';
import type { LeadFilter } from '../../../store/store.ts';
import { PageTitle } from '../components/parts.tsx';
import { type ActChoice, type ActName, actName, readChoice } from '../lead-acts.ts';
import { filterQuery, filterWords, readAsked, sameList } from '../lead-filter.ts';
import { leadWork, startLeadWork } from '../lead-work.ts';
import type { Outcome, SiteRequest, SiteRoute } from '../route.ts';
import { type AllLeads, AllQuestion, LeadWorkPart, questionOf } from './lead-all-view.tsx';

interface AskedOfAll {
  act: ActName;
  choice: ActChoice;
  filter: LeadFilter;
  all: AllLeads;
}

/** What a form asks to be done with all leads of its list. */
function readAll(request: SiteRequest): AskedOfAll {
  const { form, services, site } = request;
  const { leads, forms } = services.store;
  const act = actName(form.text('act'));
  const asked = readAsked(new URLSearchParams(form.text('list')), site, forms);
  // Doing something with more leads than were meant can't be taken back.
  if (asked.notes.length > 0) throw invalid(`Not all filters were understood. ${asked.notes.join(' ')}`);
  const { values, request: page } = asked;
  // Nothing else can be tried again: so the question is about those, and few are looked at.
  const filter: LeadFilter = act === 'retry' ? { ...page.filter, syncStatus: 'failed' } : page.filter;
  const isNone = act === 'retry' && (page.filter.syncStatus ?? 'failed') !== 'failed';
  const formName = values.form_id === undefined ? null : (forms.outline(site.id, values.form_id)?.name ?? null);
  return {
    act,
    choice: readChoice(form, act, site, []),
    filter,
    all: {
      ...(isNone ? { total: 0, capped: false } : totalOf(leads, site.id, filter)),
      list: filterQuery(values).slice(1),
      filters: filterWords(values, formName),
    },
  };
}

/** Asks first; begins when the answer came with it. Leads that came in since the question are not among them. */
function doAll(request: SiteRequest, { act, choice, filter, all }: AskedOfAll): Outcome {
  const { form, csrf, site, now } = request;
  const base = `/admin/s/${site.id}/leads`;
  const list = base + sameList(all.list);
  if (all.total === 0) return { to: list, notice: act === 'retry' ? 'none_failed' : 'nothing_chosen' };
  if (form.text('sure') !== 'yes') {
    const title = questionOf(act, choice, all);
    const props = { title, base, back: list, act, choice, all, now, csrf };
    return { title, body: <AllQuestion {...props} /> };
  }
  const asked = Number(form.text('before'));
  const before = Number.isSafeInteger(asked) && asked > 0 && asked < now ? asked : now;
  const createdBefore = Math.min(filter.createdBefore ?? before, before);
  const begun = startLeadWork(request, act, choice, { ...filter, createdBefore }, all.capped ? null : all.total);
  return { to: list, notice: begun ? 'bulk_started' : 'bulk_busy' };
}

function changeAll(request: SiteRequest): Outcome {
  const asked = readAll(request);
  // Deleting has an address of its own: it asks for more.
  if (asked.act === 'delete') throw invalid('Choose what to do with the leads.');
  return doAll(request, asked);
}

function deleteAll(request: SiteRequest): Outcome {
  const asked = readAll(request);
  if (asked.act !== 'delete') throw invalid('Choose what to do with the leads.');
  return doAll(request, asked);
}

/** For the part of the list that looks again by itself; a page of its own for whoever comes here otherwise. */
function workPage(request: SiteRequest): Outcome {
  const { site, csrf, now } = request;
  const base = `/admin/s/${site.id}/leads`;
  const body = (
    <>
      <PageTitle title="Leads" />
      <LeadWorkPart work={leadWork(request)} base={base} csrf={csrf} now={now} zone={site.timezone} />
      <p class="after">
        <a href={base}>Show all leads</a>
      </p>
    </>
  );
  return { title: 'Leads', body };
}

function stopWork(request: SiteRequest): Outcome {
  leadWork(request)?.stopping.abort();
  return { to: `/admin/s/${request.site.id}/leads/task` };
}

const path = (name: string) => `/admin/s/:site/leads/${name}` as const;

export const leadAllRoutes: readonly SiteRoute[] = [
  { method: 'POST', path: path('all'), of: 'site', needs: 'leads.edit', run: changeAll },
  { method: 'POST', path: path('all/delete'), of: 'site', needs: 'leads.delete', recent: true, run: deleteAll },
  { method: 'GET', path: path('task'), of: 'site', needs: 'leads.read', run: workPage },
  { method: 'POST', path: path('task/stop'), of: 'site', needs: 'leads.edit', run: stopWork },
];
