/** @jsxImportSource preact */
import { PageTitle } from '../components/parts.tsx';
import { columnGroups } from '../lead-columns.ts';
import { readAsked, sameList } from '../lead-filter.ts';
import { leadList } from '../lead-list.ts';
import { mayOf } from '../lead-request.ts';
import { columnsOf, inView, isChanged, mayChange, mayShare, viewOf } from '../lead-views.ts';
import { leadWork } from '../lead-work.ts';
import type { PageOutcome, SiteRequest } from '../route.ts';
import type { ToolRefusal } from './leads-tools.tsx';
import { LeadsView } from './leads-view.tsx';

/** What was asked for and not done, and the columns that were ticked then. */
export interface Refused extends ToolRefusal {
  columns?: readonly string[];
}

/** The list that an address says, once more with what was refused if something was. */
export function leadsPage(request: SiteRequest, query = request.query, refused: Refused | null = null): PageOutcome {
  const { site, services, csrf, now, visit } = request;
  const { forms, leads, views } = services.store;
  const view = viewOf(request, query);
  const asked = readAsked(inView(query, view), site, forms, view?.formName ?? null);
  const columns = columnsOf(request, view);
  const outlines = forms.outlines(site.id).filter(({ mergedInto }) => mergedInto === null);
  const ofFirst = outlines.toSorted(
    (a, b) => Number(b.id === asked.values.form_id) - Number(a.id === asked.values.form_id),
  );
  const body = (
    <>
      <PageTitle title="Leads" />
      <LeadsView
        site={site}
        forms={outlines}
        values={asked.values}
        notes={asked.notes}
        list={leadList(leads, site.id, asked, view?.id ?? null)}
        columns={columns}
        work={leadWork(request)}
        tools={{
          views: views.list(site.id, visit.user.id),
          view,
          mayChange: view !== null && mayChange(request, view),
          mayShare: mayShare(request),
          changed: view !== null && isChanged(view, asked.values),
          ...columnGroups(ofFirst, columns),
          chosen: refused?.columns ?? columns,
          ownColumns: views.columns(site.id, visit.user.id) !== null,
          refused,
        }}
        newestFirst={asked.isBack ? !asked.request.newestFirst : asked.request.newestFirst}
        may={mayOf(request)}
        here={sameList(query.toString()).slice(1)}
        csrf={csrf}
        now={now}
      />
    </>
  );
  return { title: view?.name ?? 'Leads', body, status: refused === null ? 200 : 422 };
}
