/** @jsxImportSource preact */
import type { Lead } from '../../../store/store.ts';
import { record } from '../audit.ts';
import { DayChart, Sparkline } from '../components/chart.tsx';
import { PostForm, Submit } from '../components/form.tsx';
import { Banner, Card, count, Empty, Moment, PageTitle } from '../components/parts.tsx';
import { Status } from '../components/status.tsx';
import { cut, SOURCE_WORDS, whoOf } from '../lead-words.ts';
import type { AdminRoute, Outcome, SiteRequest } from '../route.ts';
import { TEST_FORM, testFields } from '../source-test.ts';
import { CHART_DAYS, type DashboardProps, readDashboard, readHealth } from './dashboard-data.ts';
import { HealthPart } from './dashboard-health.tsx';

export { percent } from './dashboard-health.tsx';

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
  const { site, services } = request;
  const { submission } = await services.operations.createSubmission(
    { fields: testFields(request, 'the dashboard'), form_name: TEST_FORM },
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
