/** @jsxImportSource preact */
import type { DriveProblem } from '../../../store/drive.ts';
import type { SheetTarget, SyncCounts } from '../../../store/sheets.ts';
import type { Site } from '../../../store/store.ts';
import { ShareBar } from '../components/chart.tsx';
import { PostForm } from '../components/form.tsx';
import { Banner, Card, count, Facts, Moment, PageTitle, SafeLink } from '../components/parts.tsx';
import { Status } from '../components/status.tsx';
import type { Reconnect } from './sheet-account.ts';
import { GoneColumns, type ListedTab, RowsPart, type Shown, Tabs } from './sheet-tabs-view.tsx';
import type { SheetWork, Word } from './sheet-work.ts';
import { Technical, WorkPart } from './sheet-work-view.tsx';

export interface SheetProps {
  site: Site;
  target: SheetTarget;
  /** The account that writes; null for the local workbook, or where there is none. */
  account: string | null;
  counts: SyncCounts;
  removals: { here: number; elsewhere: number };
  tabs: readonly ListedTab[];
  shown: Shown | null;
  word: Word | null;
  /** What ends the pause, where it is a person's sign-in that has ended. */
  reconnect: Reconnect | null;
  /** Why files of this site don't get to Google Drive, or are not deleted there; null: nothing is wrong. */
  filesProblem: DriveProblem | null;
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
      <FilesWait site={site} problem={props.filesProblem} />
      <div class="grid">
        <Target {...props} />
        {mayEdit ? <Upkeep {...props} base={base} /> : null}
      </div>
      <Tabs {...props} base={base} />
      {mayEdit ? <GoneColumns tabs={props.tabs} base={base} csrf={props.csrf} /> : null}
      {props.shown === null ? null : <RowsPart shown={props.shown} base={base} />}
    </>
  );
}

function Paused({ target, word, reconnect, base, mayEdit, csrf }: SheetProps & { base: string }) {
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
          <div class="choices">
            {reconnect ? <ConnectAgain {...reconnect} base={base} csrf={csrf} /> : null}
            <PostForm action={`${base}/resume`} csrf={csrf} class="inline">
              <input type="hidden" name="word" value={word?.value ?? ''} />
              <button type="submit" class="button">
                {word?.button ?? 'Try again now'}
              </button>
            </PostForm>
          </div>
        </div>
      ) : null}
    </Banner>
  );
}

function FilesWait({ site, problem }: { site: Site; problem: DriveProblem | null }) {
  return problem === null ? null : (
    <Banner tone="waiting" title="Files can't be brought to Google Drive, or deleted there.">
      <p>{problem.message}</p>
      <a href={`/admin/s/${site.id}/settings/files`}>See the files of this site</a>
    </Banner>
  );
}

function ConnectAgain({ email, possible, base, csrf }: Reconnect & { base: string; csrf: string }) {
  if (!possible) {
    return (
      <p>
        To sign in again the server needs an OAuth client: <a href={`${base}/connect`}>see how to set it</a>.
      </p>
    );
  }
  return (
    <PostForm action={`${base}/google`} csrf={csrf} class="inline">
      <input type="hidden" name="what" value="again" />
      <button type="submit" class="button primary">
        {email === null ? 'Connect again' : `Connect ${email} again`}
      </button>
    </PostForm>
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
            <SafeLink href={target.url} text="Open the spreadsheet" />
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
          ...(target.kind === 'google' ? [['Connected as', <bdi>{account ?? 'nobody yet'}</bdi>] as const] : []),
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
