/** @jsxImportSource preact */
import type { ComponentChildren } from 'preact';
import type { ImportProblem, LeadImport } from '../../../store/imports.ts';
import { CopyBlock } from '../components/copy.tsx';
import { Alert, PostForm, Submit } from '../components/form.tsx';
import { LIVE } from '../components/live.ts';
import { Card, count, Empty, Facts, Moment, PageTitle } from '../components/parts.tsx';
import { StackTable } from '../components/table.tsx';
import type { ImportState } from '../import-work.ts';
import { cut } from '../lead-words.ts';

/** What every part of these pages needs to know. */
export interface ImportPlace {
  /** The address of the list. */
  base: string;
  csrf: string;
  now: number;
  zone: string;
}

const MAX_NAME = 80;

/** The tile on the Sources page. @param lastAt when the last row became a lead */
export function ImportTile({ base, lastAt, now, zone }: Omit<ImportPlace, 'csrf'> & { lastAt: number | null }) {
  return (
    <Card title="Import" action={<a href={`${base}/imports`}>Import a file</a>}>
      <div class="stacked">
        <p>
          For leads that you have already: a CSV or JSON file. You see first what becomes of each column and which rows
          are wrong.
        </p>
        <p>On the server, for files of any size:</p>
        <CopyBlock id="import-command" text="leadtosheet lead import leads.csv" label="A command that imports a file" />
        <p class="help">
          To try it, send a file and press “Check all rows”: that stores nothing, and says what would become of each.
        </p>
        <div class="way-foot">
          <span class="muted">
            Last lead: <Moment at={lastAt} now={now} zone={zone} />
          </span>
        </div>
      </div>
    </Card>
  );
}

const STATE_TEXT: Readonly<Record<ImportState, string>> = {
  draft: 'Not begun',
  running: 'Under way',
  broken_off: 'Broken off',
  stopped: 'Stopped',
  failed: 'Failed',
  done: 'Done',
};
const STATE_TONE: Readonly<Record<ImportState, string>> = {
  draft: 'waiting',
  running: 'waiting',
  broken_off: 'bad',
  stopped: 'quiet',
  failed: 'bad',
  done: 'good',
};

function State({ state }: { state: ImportState }) {
  return <span class={`status ${STATE_TONE[state]}`}>{STATE_TEXT[state]}</span>;
}

export function ImportList(
  props: ImportPlace & {
    imports: readonly { job: LeadImport; state: ImportState }[];
    maxMegabytes: number;
    /** What is wrong with the file that was just sent. */
    error: string | null;
  },
) {
  const { base, csrf, now, zone, imports, maxMegabytes, error } = props;
  return (
    <>
      <PageTitle
        title="Import leads"
        lead="From a CSV or JSON file. Nothing is stored before you have seen what becomes of it."
      />
      <PostForm action={base} csrf={csrf} upload>
        <div class={error ? 'field wrong' : 'field'}>
          <label for="f-file">File</label>
          <input
            id="f-file"
            name="file"
            type="file"
            accept=".csv,.tsv,.txt,.json,.jsonl,.ndjson,text/csv,application/json"
            required
            aria-describedby={error ? 'f-file-help f-file-error' : 'f-file-help'}
            aria-invalid={error ? 'true' : undefined}
          />
          <p class="help" id="f-file-help">
            CSV with any separator, JSON lines, a JSON array, or one in an object such as <code>{'{"data": […]}'}</code>
            ; at most {maxMegabytes} MB. Larger files go by the command line: <code>leadtosheet lead import</code>.
          </p>
          {error ? (
            <p class="error" id="f-file-error">
              {error}
            </p>
          ) : null}
        </div>
        <Submit text="Send file" />
      </PostForm>
      <section>
        <header class="section-title">
          <h2>Imports</h2>
        </header>
        {imports.length === 0 ? (
          <Empty title="No imports yet">
            <p>Choose a file above. Each row becomes a lead.</p>
          </Empty>
        ) : (
          <StackTable
            columns={['File', 'State', { text: 'Leads', number: true }, { text: 'Bad rows', number: true }, 'Begun']}
          >
            {imports.map(({ job, state }) => (
              <tr key={job.id}>
                <td data-label="File">
                  <a href={`${base}/${job.id}`}>
                    <bdi>{cut(job.fileName, MAX_NAME)}</bdi>
                  </a>
                </td>
                <td data-label="State">
                  <State state={state} />
                </td>
                <td data-label="Leads" class="number">
                  {count(job.taken)}
                </td>
                <td data-label="Bad rows" class="number">
                  {count(job.bad)}
                </td>
                <td data-label="Begun">
                  <Moment at={job.startedAt ?? job.createdAt} now={now} zone={zone} />
                </td>
              </tr>
            ))}
          </StackTable>
        )}
      </section>
    </>
  );
}

export const fileTitle = ({ fileName }: Pick<LeadImport, 'fileName'>) => `Import ${cut(fileName, MAX_NAME)}`;

/** One that was begun: how far it is, what came of it, what can be done. */
export function ImportPage(
  props: ImportPlace & {
    job: LeadImport;
    state: ImportState;
    problems: readonly ImportProblem[];
    /** Why what was asked for was not done. */
    refusal: string | null;
  },
) {
  const { base, job, refusal } = props;
  return (
    <>
      <PageTitle title={fileTitle(job)} action={<a href={base}>All imports</a>} />
      {refusal === null ? null : <Alert text={refusal} />}
      <Progress {...props} />
    </>
  );
}

function Progress(props: Omit<Parameters<typeof ImportPage>[0], 'refusal'>) {
  const { base, csrf, now, zone, job, state, problems } = props;
  const here = `${base}/${job.id}`;
  const live =
    state === 'running' || goesOn(state, job)
      ? {
          'hx-get': here,
          'hx-trigger': 'every 2s',
          'hx-select': '#import-state',
          'hx-target': '#import-state',
          'hx-swap': LIVE,
        }
      : {};
  return (
    <div id="import-state" {...live}>
      <div class="work notice" role="status">
        <strong>{headline(job, state)}</strong>
        {state === 'done' ? null : (
          <progress max={Math.max(1, job.fileSize)} value={job.bytes} aria-label="How much of the file is read" />
        )}
        <p class="help">{explanation(job, state)}</p>
        <Acts here={here} csrf={csrf} state={goesOn(state, job) ? 'running' : state} kept={job.kept} />
      </div>
      <Facts
        facts={[
          ['Leads stored', count(job.taken)],
          ['Rows not taken', count(job.bad)],
          ['Begun', <Moment key="begun" at={job.startedAt} now={now} zone={zone} />],
          ...(job.finishedAt === null
            ? []
            : [['Ended', <Moment key="ended" at={job.finishedAt} now={now} zone={zone} />] as const]),
        ]}
      />
      <Problems problems={problems} bad={job.bad}>
        <a class="button small" href={`${here}/report`}>
          Download the report
        </a>
      </Problems>
    </div>
  );
}

function headline({ taken, fileSize, bytes }: LeadImport, state: ImportState): string {
  const percent = Math.floor((bytes / Math.max(1, fileSize)) * 100);
  const leads = taken === 1 ? '1 lead' : `${count(taken)} leads`;
  switch (state) {
    case 'running':
      return `Importing… ${leads}, ${percent} % of the file`;
    case 'done':
      return `Done: ${leads} stored.`;
    case 'stopped':
      return `Stopped after ${leads}.`;
    case 'broken_off':
      return `Broken off after ${leads}: the server or the command ended.`;
    default:
      return `Failed after ${leads}.`;
  }
}

/** Whether the server takes it up again by itself. */
const goesOn = (state: ImportState, { kept }: LeadImport): boolean => state === 'broken_off' && kept;

function explanation(job: LeadImport, state: ImportState): string {
  const { problem, kept } = job;
  if (state === 'running') return 'This goes on if you leave the page. Leads that come in meanwhile are not held up.';
  if (state === 'done') return 'They go to the sheet like all others.';
  if (goesOn(state, job)) return 'It goes on by itself in a moment, and takes each row that was not taken yet, once.';
  const how = kept
    ? 'Going on takes each row that was not taken yet, exactly once.'
    : 'It was begun on the command line: the same command goes on where it was.';
  return problem === null ? how : `${problem} ${how}`;
}

function Acts({ here, csrf, state, kept }: { here: string; csrf: string; state: ImportState; kept: boolean }) {
  if (state === 'done') return null;
  if (state === 'running') {
    return (
      <PostForm action={`${here}/stop`} csrf={csrf} class="inline">
        <button type="submit" class="button small">
          Stop
        </button>
      </PostForm>
    );
  }
  return (
    <div class="actions">
      {kept ? (
        <PostForm action={`${here}/go-on`} csrf={csrf} class="inline">
          <button type="submit" class="button small primary">
            Go on
          </button>
        </PostForm>
      ) : null}
      <PostForm action={`${here}/remove`} csrf={csrf} class="inline">
        <button type="submit" class="button small">
          Give up the rest
        </button>
      </PostForm>
    </div>
  );
}

/** Bad rows, the first of them named. */
export function Problems(props: { problems: readonly ImportProblem[]; bad: number; children?: ComponentChildren }) {
  const { problems, bad, children } = props;
  if (bad === 0) return null;
  return (
    <section>
      <header class="section-title">
        <h2>Rows that are wrong</h2>
        {children}
      </header>
      <StackTable columns={[{ text: 'Row', number: true }, 'What to do']}>
        {problems.map(({ row, message }) => (
          <tr key={row}>
            <td data-label="Row" class="number">
              {count(row)}
            </td>
            <td data-label="What to do" dir="auto">
              {message}
            </td>
          </tr>
        ))}
      </StackTable>
      {bad > problems.length ? (
        <p class="help">
          The first {count(problems.length)} of {count(bad)}.
        </p>
      ) : null}
    </section>
  );
}
