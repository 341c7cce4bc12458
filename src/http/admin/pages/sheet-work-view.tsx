/** @jsxImportSource preact */
import type { CheckReport, TabReport } from '../../../sheets/target.ts';
import { count, Moment } from '../components/parts.tsx';
import { UnderWay } from '../components/under-way.tsx';
import type { Ended } from '../tasks.ts';
import { SHEET_WORK, type SheetFinding, type SheetWork } from './sheet-work.ts';

interface WorkProps {
  work: SheetWork | null;
  /** The address of the sheet's page. */
  base: string;
  csrf: string;
  now: number;
  zone: string;
}

/** How far it is, looking again by itself until it is done; then what came of it. */
export function WorkPart({ work, base, csrf, now, zone }: WorkProps) {
  if (work === null) return null;
  if (work.finding === null) {
    return (
      <UnderWay
        id="sheet-work"
        class="work"
        look={`${base}/task`}
        stop={`${base}/task/stop`}
        csrf={csrf}
        title={SHEET_WORK[work.kind]}
        bar={null}
      >
        {work.total === null ? 'Just begun.' : `${count(work.done)} of ${count(work.total)} tabs.`} This goes on if you
        leave the page. <a href={base}>Look again</a>
      </UnderWay>
    );
  }
  return (
    <div id="sheet-work" class="work" role="status">
      <p class="help">
        {SHEET_WORK[work.kind]}, <Moment at={work.finishedAt} now={now} zone={zone} />
      </p>
      <Finding finding={work.finding} />
    </div>
  );
}

function Finding({ finding }: { finding: SheetFinding | Ended }) {
  switch (finding.kind) {
    case 'check':
      return <CheckSteps report={finding.report} />;
    case 'compared':
      return <Compared {...finding} />;
    case 'queued':
      return <strong>{queuedText(finding.queued)}</strong>;
    case 'stopped':
      return <strong>Stopped before the end.</strong>;
    case 'failed':
      return <strong>It could not be done. The log of the server says why. Try again.</strong>;
  }
}

function queuedText(n: number): string {
  if (n === 0) return 'Nothing had to be sent.';
  return n === 1 ? '1 lead is being sent.' : `${count(n)} leads are being sent.`;
}

/** The technical text of a problem, one click away. */
export function Technical({ text }: { text: string | null }) {
  return text === null ? null : (
    <details class="technical">
      <summary>What was answered</summary>
      <code>{text}</code>
    </details>
  );
}

/** Each step in plain words; a failed one with what to do. */
export function CheckSteps({ report }: { report: CheckReport }) {
  return (
    <>
      <strong>{report.ok ? 'Everything is well.' : 'Something has to be mended.'}</strong>
      <ul class="steps">
        {report.steps.map(({ name, ok, problem }) => (
          <li key={name} class={ok ? 'done' : 'failed'}>
            <span class="mark" role="img" aria-label={ok ? 'Well' : 'Failed'}>
              {ok ? '✓' : '✗'}
            </span>
            <div>
              {name}
              {problem ? <p class="help">{problem.message}</p> : null}
              <Technical text={problem?.technical ?? null} />
            </div>
          </li>
        ))}
      </ul>
      {report.shareWith && !report.ok ? (
        <p>
          The spreadsheet has to be shared with <code>{report.shareWith}</code> as an editor.
        </p>
      ) : null}
    </>
  );
}

function Compared({ tabs, ok, queued }: { tabs: readonly TabReport[]; ok: boolean; queued: number | null }) {
  return (
    <>
      <strong>{ok ? 'The sheet has every lead exactly once.' : 'Sheet and database differ.'}</strong>
      {queued === null ? null : <p>{queuedText(queued)}</p>}
      {tabs.length === 0 ? <p class="help">There are no tabs to compare yet.</p> : null}
      <ul class="lines">
        {tabs.map((report) => (
          <li key={report.tab.id}>
            <div>
              <bdi>{report.tab.title}</bdi>
              <p class="help">
                Database {count(report.inDatabase)}, sheet {count(report.inSheet)}, missing{' '}
                {count(report.missing.length)}, doubled {count(report.doubled.length)}
                {report.unknown.length > 0 ? `, unknown ${count(report.unknown.length)}` : ''}
              </p>
              {report.problem ? <p class="error">{report.problem.message}</p> : null}
              <LeadIds title="Missing" ids={report.missing} />
              <LeadIds title="Doubled" ids={report.doubled} />
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

const IDS_SHOWN = 20;

function LeadIds({ title, ids }: { title: string; ids: readonly string[] }) {
  if (ids.length === 0) return null;
  return (
    <details class="technical">
      <summary>
        {title}: {count(ids.length)}
      </summary>
      <p class="mono">{ids.slice(0, IDS_SHOWN).join(' ')}</p>
      {ids.length > IDS_SHOWN ? <p class="help">and {count(ids.length - IDS_SHOWN)} more</p> : null}
    </details>
  );
}
