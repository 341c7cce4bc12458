/** @jsxImportSource preact */
import type { ComponentChildren } from 'preact';
import type { SheetTarget } from '../../../store/sheets.ts';
import type { Lead, Site } from '../../../store/store.ts';
import { Banner, Card, Facts, Moment, PageTitle, SafeLink } from '../components/parts.tsx';
import { Score, SpamBadge, Status } from '../components/status.tsx';
import type { May } from '../lead-request.ts';
import type { Step } from '../lead-timeline.ts';
import { cut, SOURCE_WORDS, sizeText, valueText, whoOf } from '../lead-words.ts';

export interface LeadProps {
  lead: Lead;
  files: readonly ShownFile[];
  site: Pick<Site, 'id' | 'timezone' | 'qualityChoices' | 'syncEnabled'>;
  target: Pick<SheetTarget, 'status' | 'problem' | 'trouble' | 'url'>;
  /** Leads of its form go to no sheet. */
  ignored: boolean;
  steps: readonly Step[];
  may: May;
  csrf: string;
  now: number;
}

const MAX_TITLE = 80;

/** All that is known of one lead, and what can be done with it. */
export function LeadView(props: LeadProps) {
  const { lead, site, may } = props;
  const base = `/admin/s/${site.id}/leads`;
  return (
    <>
      <p class="crumb">
        <a href={base}>Leads</a>
      </p>
      <PageTitle
        title={cut(whoOf(lead.body.fields).name, MAX_TITLE) || 'Lead'}
        lead={`${cut(lead.formName, MAX_TITLE)} · ${SOURCE_WORDS[lead.source]}`}
        action={may.edit ? <SpamSwitch {...props} /> : null}
      />
      {lead.spam ? (
        <Banner tone="waiting" title="This lead is taken for spam.">
          {lead.spamReason ? <p>Why: {lead.spamReason.replace(/\.$/, '')}.</p> : null}
          <p>It goes to no sheet{lead.syncStatus === 'synced' ? '; the row it had before stays there' : ''}.</p>
        </Banner>
      ) : null}
      <div class="two">
        <div>
          <FieldsCard lead={lead} files={props.files} />
          <Origin {...props} />
        </div>
        <div>
          <SheetCard {...props} />
          <ScoreCard {...props} />
          <Card title="Timeline">
            <ol class="timeline">
              {props.steps.map(({ at, text, by }) => (
                <li key={`${at} ${text}`}>
                  <span>
                    <bdi>{text}</bdi>
                    {by === null ? null : (
                      <>
                        {' '}
                        by <bdi>{by}</bdi>
                      </>
                    )}
                  </span>
                  <Moment at={at} now={props.now} zone={site.timezone} />
                </li>
              ))}
            </ol>
          </Card>
          {may.remove ? <Removal {...props} /> : null}
        </div>
      </div>
    </>
  );
}

/** A form with one button, about this one lead. */
function ActForm(props: LeadProps & { action: string; children: ComponentChildren }) {
  const { lead, site, csrf, action, children } = props;
  return (
    <form method="post" action={`/admin/s/${site.id}/leads/${action}`} class="act">
      <input type="hidden" name="csrf" value={csrf} />
      <input type="hidden" name="on" value="lead" />
      <input type="hidden" name="ids" value={lead.id} />
      {children}
    </form>
  );
}

function SpamSwitch(props: LeadProps) {
  const { lead } = props;
  return (
    <ActForm {...props} action="bulk">
      <button class="button" type="submit" name="act" value={lead.spam ? 'ham' : 'spam'}>
        {lead.spam ? 'Not spam' : 'Mark as spam'}
      </button>
    </ActForm>
  );
}

/** Whatever the visitor typed, as text and nothing else. */
const Said = ({ text }: { text: string }) => (
  <div dir="auto" class="said">
    {text}
  </div>
);

/** A file of the lead. `href` null: it is no longer here. */
export interface ShownFile {
  field: string;
  name: string;
  size: number;
  href: string | null;
}

function Files({ files }: Pick<LeadProps, 'files'>) {
  if (files.length === 0) return null;
  return (
    <>
      <h3>Files</h3>
      <ul class="names">
        {files.map(({ field, name, size, href }, at) => (
          <li key={at}>
            <span class="muted">
              <bdi>{field}</bdi>:
            </span>{' '}
            {href === null ? (
              <bdi>{name}</bdi>
            ) : (
              <a href={href} rel="noopener noreferrer" target="_blank">
                <bdi>{name}</bdi>
              </a>
            )}{' '}
            <span class="muted">{href === null ? 'no longer here' : sizeText(size)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function FieldsCard({ lead, files }: Pick<LeadProps, 'lead' | 'files'>) {
  const { fields, warnings } = lead.body;
  const said = Object.entries(fields).map(([name, value]) => [name, valueText(value)] as const);
  return (
    <Card title="What was sent">
      {said.length === 0 ? <p class="muted">No field was filled in.</p> : null}
      <dl class="facts">
        {said.map(([name, text]) => (
          <div key={name}>
            <dt dir="auto">{name}</dt>
            <dd>{text === '' ? <span class="muted">–</span> : <Said text={text} />}</dd>
          </div>
        ))}
      </dl>
      <Files files={files} />
      {warnings.length === 0 ? null : (
        <>
          <h3>Changed on the way in</h3>
          <ul class="names">
            {warnings.map(({ field, message }) => (
              <li key={`${field} ${message}`}>
                <bdi>{field}</bdi>: {message}
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

const ORIGIN = [
  ['Page title', 'page_title'],
  ['UTM source', 'utm_source'],
  ['UTM medium', 'utm_medium'],
  ['UTM campaign', 'utm_campaign'],
  ['UTM term', 'utm_term'],
  ['UTM content', 'utm_content'],
  ['Paid by', 'paid_source'],
  ['Click ID', 'click_id'],
  ['Browser', 'browser'],
  ['System', 'os'],
  ['Device', 'device_type'],
  ['Screen', 'screen_size'],
  ['Language', 'language'],
  ['Time zone', 'timezone'],
] as const;

function Origin({ lead }: LeadProps) {
  const { body } = lead;
  const known = ORIGIN.flatMap(([name, member]) => {
    const value = body[member];
    return value === null ? [] : [[name, <Said key={member} text={value} />] as const];
  });
  const links = [
    ...(body.page_url === null ? [] : [['Page', <SafeLink key="page" href={body.page_url} />] as const]),
    ...(body.referrer === null ? [] : [['Came from', <SafeLink key="from" href={body.referrer} />] as const]),
  ];
  const metadata = Object.keys(body.metadata).length === 0 ? null : JSON.stringify(body.metadata, null, 2);
  return (
    <Card title="Where it came from">
      <Facts facts={[...links, ...known, ['Lead ID', <code key="id">{lead.id}</code>]]} />
      {metadata === null ? null : (
        <details>
          <summary>Metadata</summary>
          <pre class="code" tabindex={0}>
            {metadata}
          </pre>
        </details>
      )}
    </Card>
  );
}

function SheetCard(props: LeadProps) {
  const { lead, site, target, may, now } = props;
  return (
    <Card title="Sheet" action={lead.spam ? <SpamBadge reason={lead.spamReason} /> : <Status is={lead.syncStatus} />}>
      <p>{sheetText(props)}</p>
      {lead.syncedAt === null ? null : (
        <p class="muted">
          Written <Moment at={lead.syncedAt} now={now} zone={site.timezone} />
        </p>
      )}
      {target.url === null || lead.syncStatus !== 'synced' ? null : <SafeLink href={target.url} />}
      {may.edit && lead.syncStatus === 'failed' ? (
        <ActForm {...props} action="bulk">
          <button class="button primary" type="submit" name="act" value="retry">
            Try again
          </button>
        </ActForm>
      ) : null}
    </Card>
  );
}

/** How the row stands, and what it waits for. */
function sheetText({ lead, site, target, ignored }: LeadProps): ComponentChildren {
  const tab = lead.sheetTab === null ? null : <bdi>“{lead.sheetTab}”</bdi>;
  switch (lead.syncStatus) {
    case 'synced':
      return <>Its row is on the tab {tab}.</>;
    case 'failed':
      return <>Its row was given up. {lead.syncProblem}</>;
    case 'pending': {
      const problem = target.problem ?? target.trouble;
      if (problem !== null) return <>Its row waits: {problem.message}</>;
      return <>Its row will be on the tab {tab} in a few seconds.</>;
    }
    case 'skipped':
      if (lead.spam) return 'Spam gets no row.';
      if (ignored) return 'It has no row: its form is ignored.';
      return site.syncEnabled ? 'It has no row.' : 'It has no row: sheet sync is switched off for this site.';
  }
}

function ScoreCard(props: LeadProps) {
  const { lead, site, may } = props;
  const { judgement } = lead;
  const found = Object.entries(judgement?.enrichment ?? {}).flatMap(([name, value]) =>
    value === null || value === '' ? [] : [[FOUND[name] ?? name, foundText(name, value)] as const],
  );
  const choices = [...new Set([...site.qualityChoices, ...(lead.quality === null ? [] : [lead.quality])])];
  return (
    <Card title="Quality" action={<Score is={judgement?.score ?? null} />}>
      {judgement?.summary ? <p dir="auto">{judgement.summary}</p> : null}
      {judgement?.score_reason ? (
        <p class="muted" dir="auto">
          {judgement.score_reason}
        </p>
      ) : null}
      {found.length === 0 ? null : <Facts facts={found} />}
      {may.edit ? (
        <ActForm {...props} action="bulk">
          <label class="joined">
            <span class="unseen">Quality</span>
            <select name="quality">
              <option value="">No quality</option>
              {choices.map((choice) => (
                <option key={choice} value={choice} selected={choice === lead.quality}>
                  {choice}
                </option>
              ))}
            </select>
            <button class="button" type="submit" name="act" value="quality">
              Set quality
            </button>
          </label>
        </ActForm>
      ) : (
        <p>{lead.quality ?? <span class="muted">Nobody has said anything yet.</span>}</p>
      )}
    </Card>
  );
}

const FOUND: Readonly<Record<string, string>> = {
  match_confidence: 'Sure of it',
  company: 'Company',
  job_title: 'Job title',
  linkedin_url: 'LinkedIn',
  industry: 'Industry',
  company_size: 'Company size',
  country: 'Country',
};

function foundText(name: string, value: string | number): ComponentChildren {
  if (typeof value === 'number') return `${Math.round(value * 100)} %`;
  return name === 'linkedin_url' ? <SafeLink href={value} /> : <Said text={value} />;
}

function Removal(props: LeadProps) {
  return (
    <ActForm {...props} action="delete">
      <button class="button danger" type="submit">
        Delete this lead …
      </button>
    </ActForm>
  );
}
