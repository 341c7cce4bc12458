import type { SheetTab, SheetTarget, SyncCounts } from '../../../store/sheets.ts';
import type { Site, StoredForm } from '../../../store/store.ts';
import { ShareBar } from '../components/chart.tsx';
import { PostForm } from '../components/form.tsx';
import { Banner, Card, count, Empty, Facts, Moment, PageTitle, SafeLink } from '../components/parts.tsx';
import { Status } from '../components/status.tsx';
import { StackTable } from '../components/table.tsx';
import { cut } from '../lead-words.ts';
import type { ShownRows } from './sheet-rows.ts';
import type { SheetWork, Word } from './sheet-work.ts';
import { Technical, WorkPart } from './sheet-work-view.tsx';

export interface SheetProps {
  site: Site;
  target: SheetTarget;
  /** The account that writes; null for the local workbook, or where there is none. */
  account: string | null;
  counts: SyncCounts;
  removals: { here: number; elsewhere: number };
  tabs: readonly (SheetTab & { form: Pick<StoredForm, 'id' | 'name' | 'submissionCount'> | null })[];
  /** The tab whose rows are shown. */
  shown: { tab: SheetTab; rows: ShownRows } | null;
  word: Word | null;
  work: SheetWork | null;
  mayEdit: boolean;
  mayExport: boolean;
  now: number;
  csrf: string;
}

export function SheetPage(props: SheetProps) {
  const { site, target, mayEdit } = props;
  const base = `/admin/s/${site.id}/sheet`;
  return (
    <>
      <PageTitle
        title="Sheet"
        lead={target.kind === 'local' ? 'Rows go to CSV files on this server.' : 'Rows go to a Google spreadsheet.'}
        action={
          mayEdit ? (
            <>
              <a class="button" href={`${base}/choices`}>
                Columns and choices
              </a>
              <a class="button primary" href={`${base}/connect`}>
                {target.kind === 'local' ? 'Connect a Google sheet' : 'Change the sheet'}
              </a>
            </>
          ) : null
        }
      />
      <Paused {...props} base={base} />
      <div class="grid">
        <Target {...props} />
        {mayEdit ? <Upkeep {...props} base={base} /> : null}
      </div>
      <Tabs {...props} base={base} />
      <Rows {...props} />
    </>
  );
}

function Paused({ target, word, base, mayEdit, csrf }: SheetProps & { base: string }) {
  if (target.status !== 'paused') {
    return target.trouble ? (
      <Banner tone="waiting" title="The last attempt failed. It is tried again by itself.">
        <p>{target.trouble.message}</p>
      </Banner>
    ) : null;
  }
  return (
    <Banner tone="bad" title="The sheet is paused. Leads are kept and wait.">
      <p>{target.problem?.message}</p>
      <Technical text={target.problem?.technical ?? null} />
      {mayEdit ? (
        <div class="mend">
          {word ? <p>{word.means}</p> : null}
          <PostForm action={`${base}/resume`} csrf={csrf} class="inline">
            <input type="hidden" name="word" value={word?.value ?? ''} />
            <button type="submit" class="button">
              {word?.button ?? 'Try again now'}
            </button>
          </PostForm>
        </div>
      ) : null}
    </Banner>
  );
}

function Target({ site, target, account, counts, removals, now }: SheetProps) {
  const toRemove = removals.here + removals.elsewhere;
  const where =
    target.kind === 'local' ? (
      'Local workbook: a CSV file for each tab'
    ) : (
      <>
        <bdi>{target.title ?? 'Google spreadsheet'}</bdi>
        {target.url ? (
          <>
            <br />
            <SafeLink href={target.url} />
          </>
        ) : null}
      </>
    );
  return (
    <Card title="Where rows go" action={<Status is={target.status === 'paused' ? 'paused' : 'ok'} />}>
      <ShareBar
        parts={[
          { tone: 'good', n: counts.synced },
          { tone: 'waiting', n: counts.pending },
          { tone: 'bad', n: counts.failed },
        ]}
      />
      <Facts
        facts={[
          ['Target', where],
          ...(target.kind === 'google' ? [['Writes as', account ?? 'nobody yet'] as const] : []),
          ['Written', count(counts.synced)],
          ['Waiting', count(counts.pending)],
          [
            'Failed',
            counts.failed === 0 ? (
              '0'
            ) : (
              <a href={`/admin/s/${site.id}/leads?sync_status=failed`}>{count(counts.failed)}</a>
            ),
          ],
          ['Not meant for it', count(counts.skipped)],
          ...(toRemove > 0 ? [['Rows to take out', count(toRemove)] as const] : []),
          ['Last row', <Moment at={target.lastSyncedAt} now={now} zone={site.timezone} />],
        ]}
      />
    </Card>
  );
}

const UPKEEP = [
  ['check', 'Check access', 'Looks at everything that can be wrong, and says what to do.'],
  ['verify', 'Compare', 'Every tab against the database, lead by lead. Changes nothing.'],
  ['repair', 'Compare and repair', 'Sends rows that are missing once more. Doubled rows are named, never deleted.'],
  ['backfill', 'Send earlier leads', 'All leads that went to another sheet before and do not stand in this one.'],
] as const;

function Upkeep({ base, csrf, counts, work, now, site }: SheetProps & { base: string }) {
  const busy = work !== null && work.finding === null;
  const failed = [['retry', 'Send failed leads again', 'Leads that the sheet refused, once more.']] as const;
  return (
    <Card title="Upkeep">
      <WorkPart work={work} base={base} csrf={csrf} now={now} zone={site.timezone} />
      <ul class="lines">
        {[...UPKEEP, ...(counts.failed > 0 ? failed : [])].map(([kind, name, help]) => (
          <li key={kind}>
            <p class="help">{help}</p>
            <PostForm action={`${base}/task`} csrf={csrf} class="inline">
              <input type="hidden" name="kind" value={kind} />
              <button type="submit" class="button small" disabled={busy}>
                {name}
              </button>
            </PostForm>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Tabs({ tabs, target, shown, base, mayEdit, mayExport, csrf }: SheetProps & { base: string }) {
  if (tabs.length === 0) {
    return (
      <Empty title="No tabs yet">
        <p>Each form gets a tab of its own with its first lead.</p>
      </Empty>
    );
  }
  return (
    <StackTable columns={['Tab', 'Form', { text: 'Leads', number: true }, 'State', { text: 'Actions', unseen: true }]}>
      {tabs.map((tab) => (
        <tr key={tab.id} class={tab.id === shown?.tab.id ? 'chosen' : undefined}>
          <td data-label="Tab" class="text">
            <a class="row" href={`${base}?form=${tab.formId}#rows`}>
              <bdi>{tab.title}</bdi>
            </a>
          </td>
          <td data-label="Form" class="text">
            <bdi>{tab.form?.name ?? ''}</bdi>
          </td>
          <td data-label="Leads" class="number">
            {count(tab.form?.submissionCount ?? 0)}
          </td>
          <td data-label="State">
            {tab.state === 'planned' ? <span class="muted">Made with the next row</span> : null}
            {tab.state === 'ready' ? <Status is="ok" /> : null}
            {tab.state === 'paused' ? <Status is="paused" /> : null}
            {tab.problem ? <p class="help">{tab.problem.message}</p> : null}
            <Technical text={tab.problem?.technical ?? null} />
          </td>
          <td data-label="">
            <div class="actions">
              {tab.state === 'paused' && mayEdit ? <TabWords tab={tab} base={base} csrf={csrf} /> : null}
              {target.kind === 'local' && mayExport ? (
                <a class="button small" href={`${base}/csv/${tab.id}`}>
                  Download CSV
                </a>
              ) : null}
            </div>
          </td>
        </tr>
      ))}
    </StackTable>
  );
}

function TabWords({ tab, base, csrf }: { tab: SheetTab; base: string; csrf: string }) {
  return (
    <>
      <PostForm action={`${base}/resume-tab`} csrf={csrf} class="inline">
        <input type="hidden" name="form" value={tab.formId} />
        <button type="submit" class="button small">
          Try again now
        </button>
      </PostForm>
      {tab.problem?.code === 'tab_gone' ? (
        <PostForm action={`${base}/resume-tab`} csrf={csrf} class="inline">
          <input type="hidden" name="form" value={tab.formId} />
          <input type="hidden" name="new_tab" value="yes" />
          <button type="submit" class="button small">
            Make a new tab
          </button>
        </PostForm>
      ) : null}
    </>
  );
}

/** Longer cells are cut here; the sheet has all of them. */
const CELL = 120;

function Rows({ shown }: SheetProps) {
  if (shown === null) return null;
  const { header, rows, from } = shown.rows;
  const note =
    from === 'file'
      ? 'As they stand in the file, newest last.'
      : 'Rows that were written, newest last. What people changed in the spreadsheet since is not shown here.';
  return (
    <section class="rows" id="rows">
      <h2>
        Rows of <bdi>{cut(shown.tab.title, 60)}</bdi>
      </h2>
      <p class="help">{rows.length === 0 ? 'No rows yet.' : note}</p>
      {rows.length === 0 ? null : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways has to be reachable by keyboard
        <section class="table-frame sheet-rows" tabIndex={0} aria-label="Rows of the tab">
          <table>
            <thead>
              <tr>
                {header.map((text, at) => (
                  <th key={at} scope="col">
                    <bdi>{cut(text, 60)}</bdi>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.join(' ')}>
                  {header.map((_, at) => (
                    <td key={at} class="text" dir="auto">
                      {cut(row[at] ?? '', CELL)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}
