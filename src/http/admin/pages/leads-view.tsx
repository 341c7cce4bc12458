/** @jsxImportSource preact */
import type { ComponentChildren } from 'preact';
import type { Site } from '../../../store/store.ts';
import { Banner, count, Empty } from '../components/parts.tsx';
import { type FilterValues, filterQuery, isNarrowed } from '../lead-filter.ts';
import type { LeadList } from '../lead-list.ts';
import type { May } from '../lead-request.ts';
import type { LeadWork } from '../lead-work.ts';
import { Act, AllActs, LeadWorkPart, QualityAct } from './lead-all-view.tsx';
import { LeadFilters } from './leads-filters.tsx';
import { LeadTable } from './leads-table.tsx';
import { ListTools, type Tools, ViewTabs } from './leads-tools.tsx';

export interface LeadsProps {
  site: Site;
  forms: readonly { id: string; name: string }[];
  values: FilterValues;
  notes: readonly string[];
  list: LeadList;
  columns: readonly string[];
  tools: Tools;
  work: LeadWork | null;
  newestFirst: boolean;
  may: May;
  /** The part of the address after `?`, to come back to. */
  here: string;
  csrf: string;
  now: number;
}

/** The list of a site's leads. What is in `#leads` is put in place while one types; the rest stays. */
export function LeadsView(props: LeadsProps) {
  const { site, forms, values, list, tools } = props;
  const base = `/admin/s/${site.id}/leads`;
  const isNew = list.total === 0 && list.before === null && !isNarrowed(values) && props.notes.length === 0;
  if (isNew && props.work === null) return <NoLeads siteId={site.id} />;
  return (
    <>
      <LeadWorkPart {...props} base={base} zone={site.timezone} />
      <ViewTabs base={base} {...tools} />
      <LeadFilters action={base} forms={forms} values={values} viewId={tools.view?.id ?? null} />
      <div id="leads">
        <Notes notes={props.notes} />
        <ListTools base={base} {...tools} list={props.here} csrf={props.csrf} />
        {list.leads.length === 0 ? <NothingFound base={base} /> : <Found {...props} base={base} />}
      </div>
    </>
  );
}

function NoLeads({ siteId }: { siteId: string }) {
  return (
    <Empty title="No leads yet">
      <p>Connect a form, a website or another program. Each lead is here a moment after it was sent.</p>
      <p>Spam is left out of this list.</p>
      <div class="actions">
        <a class="button primary" href={`/admin/s/${siteId}/sources`}>
          Open Sources
        </a>
        <a class="button" href={`/admin/s/${siteId}/leads?spam=only`}>
          Show spam
        </a>
      </div>
    </Empty>
  );
}

function NothingFound({ base }: { base: string }) {
  return (
    <Empty title="No lead is like this">
      <p>Use fewer words or filters. A new lead can be searched for within 2 seconds.</p>
      <div class="actions">
        <a class="button" href={base}>
          Show all leads
        </a>
      </div>
    </Empty>
  );
}

function Notes({ notes }: { notes: readonly string[] }) {
  if (notes.length === 0) return null;
  return (
    <Banner tone="waiting" title="Not all of this address was understood.">
      <ul>
        {notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </Banner>
  );
}

function Found(props: LeadsProps & { base: string }) {
  const { base, may, csrf, here, list, values } = props;
  const chooses = may.edit || may.remove || may.exports;
  return (
    <>
      <form method="post" action={`${base}/bulk`}>
        <input type="hidden" name="csrf" value={csrf} />
        <input type="hidden" name="list" value={here} />
        {chooses ? <Bulk {...props} /> : null}
        <LeadTable {...props} leads={list.leads} viewId={props.tools.view?.id ?? null} chooses={chooses} />
      </form>
      <div class="under">
        <span>
          {count(list.first)}–{count(list.last)} of {list.capped ? 'more than ' : ''}
          {count(list.total)}
        </span>
        <Pager base={base} list={list} newestFirst={props.newestFirst} />
      </div>
      {(may.edit || may.remove) && isMore(list) ? (
        <AllActs
          site={props.site}
          base={base}
          list={filterQuery(values).slice(1)}
          total={list.total}
          capped={list.capped}
          may={may}
          csrf={csrf}
        />
      ) : null}
      {may.exports ? <ExportAll base={base} csrf={csrf} values={values} list={list} /> : null}
    </>
  );
}

/** Whether the page shows not all that the list finds. */
const isMore = ({ before, after }: LeadList) => before !== null || after !== null;

function Pager({ base, list, newestFirst }: { base: string; list: LeadList; newestFirst: boolean }) {
  const [before, after] = newestFirst ? ['Newer', 'Older'] : ['Older', 'Newer'];
  if (list.before === null && list.after === null) return null;
  return (
    <nav class="actions" aria-label="Pages">
      <PageLink href={list.before === null ? null : base + list.before} rel="prev">
        ← {before}
      </PageLink>
      <PageLink href={list.after === null ? null : base + list.after} rel="next">
        {after} →
      </PageLink>
    </nav>
  );
}

function PageLink({ href, rel, children }: { href: string | null; rel: string; children: ComponentChildren }) {
  if (href === null) return null;
  return (
    <a class="button small" href={href} rel={rel}>
      {children}
    </a>
  );
}

/** Everything the filter finds, as a file: also what is on no page shown. */
function ExportAll({ base, csrf, values, list }: { base: string; csrf: string; values: FilterValues; list: LeadList }) {
  const what = list.total === 1 ? 'this lead' : `all ${list.capped ? 'of more than ' : ''}${count(list.total)} leads`;
  return (
    <form class="under" method="post" action={`${base}/export`}>
      <input type="hidden" name="csrf" value={csrf} />
      <input type="hidden" name="list" value={filterQuery(values).slice(1)} />
      <span>Export {what} found</span>
      <span class="actions">
        <button class="button small" type="submit" name="format" value="csv">
          CSV
        </button>
        <button class="button small" type="submit" name="format" value="xlsx">
          Excel
        </button>
        <button class="button small" type="submit" name="format" value="jsonl">
          JSON lines
        </button>
      </span>
    </form>
  );
}

/** What can be done with the leads that are ticked. */
function Bulk({ site, may, base, list }: LeadsProps & { base: string }) {
  return (
    <div class="bulk">
      <label class="scripted">
        <input type="checkbox" data-select-all aria-label="Select all leads of this page" />
      </label>
      <span data-chosen>Tick leads to change them</span>
      {isMore(list) && (may.edit || may.remove) ? <a href="#all">All that match</a> : null}
      <span class="actions">
        {may.edit ? (
          <>
            <Act value="ham" text="Not spam" />
            <Act value="spam" text="Spam" />
            <Act value="retry" text="Retry" />
            <QualityAct choices={site.qualityChoices} label="Quality" />
          </>
        ) : null}
        {may.exports ? (
          <button class="button small" type="submit" name="act" value="chosen" formaction={`${base}/export`}>
            Export
          </button>
        ) : null}
        {may.remove ? (
          <button class="button small danger" type="submit" formaction={`${base}/delete`}>
            Delete
          </button>
        ) : null}
      </span>
    </div>
  );
}
