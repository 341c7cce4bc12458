import type { SheetTarget } from '../../../store/sheets.ts';
import type { Lead } from '../../../store/store.ts';
import { record } from '../audit.ts';
import { DayChart, ShareBar, Sparkline } from '../components/chart.tsx';
import { PostForm, Submit } from '../components/form.tsx';
import { LIVE } from '../components/live.ts';
import { Banner, Card, count, Empty, Facts, Moment, PageTitle } from '../components/parts.tsx';
import { Status } from '../components/status.tsx';
import { cut, SOURCE_WORDS, whoOf } from '../lead-words.ts';
import type { AdminRoute, Outcome, SiteRequest } from '../route.ts';
import { CHART_DAYS, type DashboardProps, type Health, readDashboard, readHealth } from './dashboard-data.ts';

/** What people call where the rows go. */
export function targetName({ kind, title }: Pick<SheetTarget, 'kind' | 'title'>): string {
  return kind === 'local' ? 'Local workbook' : (title ?? 'Google spreadsheet');
}

export function Dashboard(props: DashboardProps) {
  const { site, checkList, chart, forms, latest, maySend, csrf, now } = props;
  const base = `/admin/s/${site.id}`;
  return (
    <>
      <PageTitle
        title="Dashboard"
        action={
          maySend ? (
            <PostForm action={`${base}/test-lead`} csrf={csrf} class="inline">
              <button type="submit" class="button">
                Send a test lead
              </button>
            </PostForm>
          ) : null
        }
      />
      <NeedsYou {...props} />
      {checkList ? <CheckList {...props} checkList={checkList} /> : null}
      <HealthPart {...props} />
      <Card title={`Leads of the last ${CHART_DAYS} days`}>
        {chart.series.length === 0 ? (
          <p class="muted">None yet. Each source gets its own colour here.</p>
        ) : (
          <DayChart title={`Leads of the last ${CHART_DAYS} days, by source`} {...chart} />
        )}
      </Card>
      <div class="grid wide-first">
        <LatestLeads base={base} leads={latest} now={now} zone={site.timezone} />
        <FormsCard base={base} forms={forms} />
      </div>
    </>
  );
}

/** Whatever waits for a person, with what to do. */
function NeedsYou({ site, target, counts, pausedTabs, mayMend }: DashboardProps) {
  const sheet = `/admin/s/${site.id}/sheet`;
  const mend = mayMend ? <a href={sheet}>Mend it</a> : <a href={sheet}>See the sheet</a>;
  return (
    <>
      {target.status === 'paused' ? (
        <Banner tone="bad" title="The sheet is paused. Leads are kept and wait.">
          {mend}
          <p>{target.problem?.message}</p>
        </Banner>
      ) : null}
      {pausedTabs.map(({ id, title, problem }) => (
        <Banner key={id} tone="bad" title={`The tab “${cut(title, 60)}” is paused. Its leads are kept and wait.`}>
          {mend}
          <p>{problem.message}</p>
        </Banner>
      ))}
      {counts.failed > 0 ? (
        <Banner tone="bad" title={`${count(counts.failed)} ${counts.failed === 1 ? 'lead has' : 'leads have'} no row.`}>
          <a href={`/admin/s/${site.id}/leads?sync_status=failed`}>See which and why</a>
        </Banner>
      ) : null}
      {target.status === 'ok' && target.trouble ? (
        <Banner tone="waiting" title="The last attempt to write rows failed. It is tried again by itself.">
          <p>{target.trouble.message}</p>
        </Banner>
      ) : null}
      {site.syncEnabled ? null : (
        <Banner tone="waiting" title="Rows are switched off for this site. Leads are kept and go to no sheet." />
      )}
    </>
  );
}

function CheckList({
  site,
  checkList,
  csrf,
}: DashboardProps & { checkList: NonNullable<DashboardProps['checkList']> }) {
  return (
    <Card title="First steps">
      <ol class="steps">
        {checkList.map(({ done, title, help, href }) => (
          <li key={title} class={done ? 'done' : undefined}>
            <span class="mark" role="img" aria-label={done ? 'Done' : 'Open'}>
              {done ? '✓' : '○'}
            </span>
            <div>
              <strong>{title}</strong>
              {done ? null : <p class="help">{help}</p>}
              {done ? null : href === null ? (
                <PostForm action={`/admin/s/${site.id}/test-lead`} csrf={csrf} class="inline">
                  <Submit text="Send a test lead" />
                </PostForm>
              ) : (
                <a href={href}>{title.startsWith('Make') ? 'Make a key' : 'Connect a Google sheet'}</a>
              )}
            </div>
          </li>
        ))}
      </ol>
    </Card>
  );
}

/** Looks again by itself; without scripts it is what it was when the page was loaded. */
export function HealthPart({ site, today, counts, target, test, now }: Health) {
  const again = `/admin/s/${site.id}/health${test ? `?test=${test.id}` : ''}`;
  const tried = counts.synced + counts.failed;
  const states = [
    { tone: 'good', n: counts.synced },
    { tone: 'waiting', n: counts.pending },
    { tone: 'bad', n: counts.failed },
  ] as const;
  return (
    <div id="health" hx-get={again} hx-trigger="every 5s" hx-select="#health" hx-target="#health" hx-swap={LIVE}>
      {test ? <TestLead siteId={site.id} lead={test} target={target} /> : null}
      <div class="grid narrow-first">
        <Card title="Today">
          <p class="figure">
            {count(today.submissions)}
            <small> · {count(today.spam)} spam</small>
          </p>
        </Card>
        <Card title="Sheet" action={<Status is={target.status === 'paused' ? 'paused' : 'ok'} />}>
          <ShareBar parts={states} />
          <Facts
            facts={[
              ['Rows go to', <a href={`/admin/s/${site.id}/sheet`}>{targetName(target)}</a>],
              ['Written', count(counts.synced)],
              ['Waiting', count(counts.pending)],
              ['Failed', count(counts.failed)],
              ['Success', tried === 0 ? '–' : percent(counts.synced / tried)],
              ['Last row', <Moment at={target.lastSyncedAt} now={now} zone={site.timezone} />],
            ]}
          />
        </Card>
      </div>
    </div>
  );
}

/** Never says 100 % of what is less. */
export function percent(share: number): string {
  const tenths = share < 1 ? Math.min(999, Math.round(share * 1000)) : 1000;
  return `${tenths / 10} %`;
}

function TestLead({ siteId, lead, target }: { siteId: string; lead: Lead; target: SheetTarget }) {
  const link = <a href={`/admin/s/${siteId}/leads/${lead.id}`}>Open the lead</a>;
  if (lead.syncStatus === 'synced') {
    return (
      <Banner tone="good" title="The test lead has its row.">
        <a href={`/admin/s/${siteId}/sheet?form=${lead.rowFormId}`}>See the row</a>
        {link}
      </Banner>
    );
  }
  if (lead.syncStatus === 'pending') {
    const waits = target.status === 'paused' ? 'The sheet is paused, so its row waits.' : 'Its row is being written.';
    return (
      <Banner tone="waiting" title={`The test lead is stored. ${waits}`}>
        {link}
      </Banner>
    );
  }
  const why = lead.syncProblem ?? 'Rows are switched off for this site, or its form is ignored.';
  return (
    <Banner tone="bad" title="The test lead is stored, and goes to no sheet.">
      {link}
      <p>{why}</p>
    </Banner>
  );
}

function LatestLeads({ base, leads, now, zone }: { base: string; leads: readonly Lead[]; now: number; zone: string }) {
  return (
    <Card title="Latest leads" action={leads.length > 0 ? <a href={`${base}/leads`}>All leads</a> : null}>
      {leads.length === 0 ? (
        <Empty title="No leads yet">
          <p>
            Choose a way they come in under <a href={`${base}/sources`}>Sources</a>, or send a test lead.
          </p>
        </Empty>
      ) : (
        <ul class="lines">
          {leads.map((lead) => {
            const { name, contact } = whoOf(lead.body.fields);
            return (
              <li key={lead.id}>
                <div>
                  <a class="row" href={`${base}/leads/${lead.id}`}>
                    <bdi>{cut(name, 80) || 'A lead without words'}</bdi>
                  </a>
                  <p class="help">
                    {contact ? <bdi>{cut(contact, 80)} · </bdi> : null}
                    <bdi>{cut(lead.formName, 60)}</bdi> · {SOURCE_WORDS[lead.source]}
                  </p>
                </div>
                <div class="end">
                  <Status is={lead.syncStatus} title={lead.syncProblem} />
                  <p class="help">
                    <Moment at={lead.createdAt} now={now} zone={zone} />
                  </p>
                </div>
              </li>
            );
          })}
        </ul>
      )}
    </Card>
  );
}

const FORMS_SHOWN = 6;

function FormsCard({ base, forms }: { base: string; forms: DashboardProps['forms'] }) {
  return (
    <Card title="Forms" action={forms.length > 0 ? <a href={`${base}/forms`}>All forms</a> : null}>
      {forms.length === 0 ? (
        <p class="muted">A form shows up here with its first lead.</p>
      ) : (
        <ul class="lines">
          {forms.slice(0, FORMS_SHOWN).map((form) => (
            <li key={form.id}>
              <div>
                <a class="row" href={`${base}/forms/${form.id}`}>
                  <bdi>{cut(form.name, 60)}</bdi>
                </a>
                <p class="help">
                  {count(form.submissionCount)} {form.submissionCount === 1 ? 'lead' : 'leads'}
                  {form.ignored ? ' · ignored' : ''}
                </p>
              </div>
              <Sparkline
                values={form.daily}
                label={`${count(form.daily.reduce((a, b) => a + b, 0))} in the last ${CHART_DAYS} days`}
              />
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

const dashboard = (request: SiteRequest): Outcome => ({
  title: 'Dashboard',
  body: <Dashboard {...readDashboard(request)} />,
});

const health = (request: SiteRequest): Outcome => ({
  title: 'Sheet health',
  body: (
    <>
      <PageTitle title="Sheet health" />
      <HealthPart {...readHealth(request)} />
    </>
  ),
});

/** Takes the same way as a lead of the site's own key. */
async function sendTestLead(request: SiteRequest): Promise<Outcome> {
  const { site, services, visit } = request;
  const fields = {
    Name: 'Test lead',
    Email: visit.user.email,
    Message: 'This is a test lead, sent from the dashboard. You may delete it.',
  };
  const { submission } = await services.operations.createSubmission(
    { fields, form_name: 'Test' },
    { siteId: site.id, source: 'rest_api', idempotencyKey: null },
  );
  await record(request, { action: 'lead.test_sent', objectId: submission.id });
  return { to: `/admin/s/${site.id}?test=${submission.id}` };
}

export const dashboardRoutes: readonly AdminRoute[] = [
  { method: 'GET', path: '/admin/s/:site', needs: 'site.read', of: 'site', run: dashboard },
  { method: 'GET', path: '/admin/s/:site/health', needs: 'site.read', of: 'site', run: health },
  { method: 'POST', path: '/admin/s/:site/test-lead', needs: 'leads.edit', of: 'site', run: sendTestLead },
];
