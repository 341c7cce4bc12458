/** @jsxImportSource preact */
import type { SheetTarget } from '../../../store/sheets.ts';
import type { Lead } from '../../../store/store.ts';
import { ShareBar } from '../components/chart.tsx';
import { LIVE } from '../components/live.ts';
import { Banner, Card, count, Facts, Moment } from '../components/parts.tsx';
import { Status } from '../components/status.tsx';
import type { Came, Counted, Health } from './dashboard-data.ts';

/** What people call where the rows go. */
function targetName({ kind, title }: Pick<SheetTarget, 'kind' | 'title'>): string {
  return kind === 'local' ? 'Local workbook' : (title ?? 'Google spreadsheet');
}

/** Looks again by itself; without scripts it is what it was when the page was loaded. */
export function HealthPart({ site, came, counts, target, test, now }: Health) {
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
        <CameCard {...came} />
        <Card title="Sheet" action={<Status is={target.status === 'paused' ? 'paused' : 'ok'} />}>
          <ShareBar parts={states} />
          <div class="abreast">
            <Facts
              facts={[
                ['Rows go to', <a href={`/admin/s/${site.id}/sheet`}>{targetName(target)}</a>],
                ['Last row', <Moment at={target.lastSyncedAt} now={now} zone={site.timezone} />],
                ['Success', tried === 0 ? '–' : percent(counts.synced / tried)],
              ]}
            />
            <Facts
              facts={[
                ['Written', count(counts.synced)],
                ['Waiting', count(counts.pending)],
                ['Failed', count(counts.failed)],
              ]}
            />
          </div>
        </Card>
      </div>
    </div>
  );
}

/** What came today in large, and to compare it with, the days before. */
function CameCard({ today, yesterday, week, month }: Came) {
  return (
    <Card title="Today">
      <p class="figure">
        {count(today.submissions)}
        <small> · {count(today.spam)} spam</small>
      </p>
      <div class="counts">
        <Facts
          facts={[
            ['Yesterday', <CountedWords {...yesterday} />],
            ['Last 7 days', <CountedWords {...week} />],
            ['This month', <CountedWords {...month} />],
          ]}
        />
      </div>
    </Card>
  );
}

function CountedWords({ submissions, spam }: Counted) {
  return (
    <>
      {count(submissions)}
      {spam > 0 ? <span class="muted"> · {count(spam)} spam</span> : null}
    </>
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
