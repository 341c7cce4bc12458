/** @jsxImportSource preact */
import type { Site } from '../../../store/store.ts';
import { PostForm, Submit } from '../components/form.tsx';
import { count, Facts, Moment, PageTitle } from '../components/parts.tsx';
import { UnderWay } from '../components/under-way.tsx';
import type { ActChoice, ActName } from '../lead-acts.ts';
import type { May } from '../lead-request.ts';
import { cut } from '../lead-words.ts';
import type { LeadWork } from '../lead-work.ts';
import { RowsToo } from './lead-actions.tsx';

/** All leads of a list, as a question about them says them. */
export interface AllLeads {
  total: number;
  /** There are more than `total`. */
  capped: boolean;
  /** The filters, for the form. */
  list: string;
  /** The same in words. */
  filters: readonly (readonly [name: string, value: string])[];
}

const MAX_VALUE = 200;

const leadsText = (n: number) => (n === 1 ? '1 lead' : `${count(n)} leads`);
const allText = ({ total, capped }: Pick<AllLeads, 'total' | 'capped'>) =>
  capped ? `more than ${leadsText(total)}` : leadsText(total);

export function questionOf(act: ActName, { quality }: ActChoice, all: AllLeads): string {
  switch (act) {
    case 'spam':
      return `Mark ${allText(all)} as spam?`;
    case 'ham':
      return `Mark ${allText(all)} as not spam?`;
    case 'retry':
      return `Try ${allText(all)} again?`;
    case 'quality':
      return quality === null ? `Take the quality off ${allText(all)}?` : `Set ${allText(all)} to ${quality}?`;
    case 'delete':
      return `Delete ${allText(all)}?`;
  }
}

const MEANS: Readonly<Record<ActName, string>> = {
  spam: 'They go nowhere from then on. Rows that stand in the sheet stay there.',
  ham: 'They go to the sheet.',
  retry: 'Leads whose row was given up are sent to the sheet once more.',
  quality: 'It is written to their rows too.',
  delete: 'They are deleted for good. Only a backup still has them.',
};

const VERBS: Readonly<Record<ActName, string>> = {
  spam: 'Mark as spam',
  ham: 'Mark as not spam',
  retry: 'Try again',
  quality: 'Set the quality',
  delete: 'Delete them all',
};

export function AllQuestion(props: {
  title: string;
  base: string;
  back: string;
  act: ActName;
  choice: ActChoice;
  all: AllLeads;
  now: number;
  csrf: string;
}) {
  const { title, base, back, act, choice, all, now, csrf } = props;
  return (
    <>
      <PageTitle title={title} lead={MEANS[act]} />
      <p>
        {all.filters.length === 0
          ? 'These are all leads of this site that are not spam, up to this moment.'
          : 'These are all leads up to this moment that match:'}
      </p>
      <Facts facts={all.filters.map(([name, value]) => [name, <bdi key={name}>{cut(value, MAX_VALUE)}</bdi>])} />
      <PostForm action={act === 'delete' ? `${base}/all/delete` : `${base}/all`} csrf={csrf} class="form after">
        <input type="hidden" name="act" value={act} />
        <input type="hidden" name="list" value={all.list} />
        <input type="hidden" name="quality" value={choice.quality ?? ''} />
        <input type="hidden" name="before" value={now} />
        <input type="hidden" name="sure" value="yes" />
        {act === 'delete' ? <RowsToo of="their rows" /> : null}
        <p class="help">This goes on if you leave the page, and can be stopped on the way.</p>
        <div class="actions">
          <Submit text={VERBS[act]} danger={act === 'delete'} />
          <a class="button" href={back}>
            Leave them as they are
          </a>
        </div>
      </PostForm>
    </>
  );
}

/** What can be done with all that the list finds, more than stand on a page. */
export function AllActs(props: {
  site: Pick<Site, 'qualityChoices'>;
  base: string;
  list: string;
  total: number;
  capped: boolean;
  may: May;
  csrf: string;
}) {
  const { site, base, list, may, csrf } = props;
  return (
    <form class="under" id="all" method="post" action={`${base}/all`}>
      <input type="hidden" name="csrf" value={csrf} />
      <input type="hidden" name="list" value={list} />
      <span>
        Change all {props.capped ? 'of ' : ''}
        {allText(props)} found
      </span>
      <span class="actions">
        {may.edit ? (
          <>
            <Act value="ham" text="Not spam" />
            <Act value="spam" text="Spam" />
            <Act value="retry" text="Retry" />
            <QualityAct choices={site.qualityChoices} label="Quality of all" />
          </>
        ) : null}
        {may.remove ? (
          <button class="button small danger" type="submit" name="act" value="delete" formaction={`${base}/all/delete`}>
            Delete
          </button>
        ) : null}
      </span>
    </form>
  );
}

export function Act({ value, text }: { value: ActName; text: string }) {
  return (
    <button class="button small" type="submit" name="act" value={value}>
      {text}
    </button>
  );
}

export function QualityAct({ choices, label }: { choices: readonly string[]; label: string }) {
  return (
    <span class="joined">
      <select name="quality" aria-label={label}>
        <option value="">No quality</option>
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
      <Act value="quality" text="Set" />
    </span>
  );
}

const UNDER_WAY: Readonly<Record<ActName, string>> = {
  spam: 'Marking leads as spam',
  ham: 'Marking leads as not spam',
  retry: 'Trying failed leads again',
  quality: 'Setting the quality of leads',
  delete: 'Deleting leads',
};

const DONE: Readonly<Record<ActName, (leads: string) => string>> = {
  spam: (leads) => `${leads} marked as spam.`,
  ham: (leads) => `${leads} marked as not spam.`,
  retry: (leads) => `${leads} sent to the sheet again.`,
  quality: (leads) => `Quality of ${leads} set.`,
  delete: (leads) => `${leads} deleted.`,
};

/** How far it is, looking again by itself until it is done; then what came of it. */
export function LeadWorkPart(props: { work: LeadWork | null; base: string; csrf: string; now: number; zone: string }) {
  const { work, base, csrf, now, zone } = props;
  if (work === null) return null;
  if (work.finding !== null) {
    return (
      <div id="lead-task" class="work notice" role="status">
        <strong>{foundText(work, work.finding)}</strong>
        <p class="help">
          Ended <Moment at={work.finishedAt} now={now} zone={zone} />. <a href={base}>Show the leads as they are now</a>
        </p>
      </div>
    );
  }
  const total = work.total === null ? 'so far' : `of ${count(work.total)}`;
  return (
    <UnderWay
      id="lead-task"
      class="work notice"
      look={`${base}/task`}
      stop={`${base}/task/stop`}
      csrf={csrf}
      title={UNDER_WAY[work.kind]}
      bar={work.total === null ? null : { done: work.done, total: work.total, label: UNDER_WAY[work.kind] }}
    >
      {count(work.done)} {total}. This goes on if you leave the page. <a href={`${base}/task`}>Look again</a>
    </UnderWay>
  );
}

function foundText({ kind, done }: LeadWork, finding: NonNullable<LeadWork['finding']>): string {
  switch (finding.kind) {
    case 'changed':
      return DONE[kind](leadsText(finding.leads));
    case 'stopped':
      return `Stopped after ${leadsText(done)}. What was done stays done.`;
    case 'failed':
      return `Broke off after ${leadsText(done)}. The log of the server says why. Try again.`;
  }
}
