/** @jsxImportSource preact */
import type { ComponentChildren } from 'preact';
import type { Lead, Site } from '../../../store/store.ts';
import { Moment } from '../components/parts.tsx';
import { Score, SpamBadge, Status } from '../components/status.tsx';
import { columnText, columnTitle, isOwnColumn, type OwnColumn } from '../lead-columns.ts';
import { type FilterValues, filterQuery } from '../lead-filter.ts';
import { cut, restOf, SOURCE_WORDS, type Who, whoOf } from '../lead-words.ts';

interface TableProps {
  site: Site;
  /** The address of the list. */
  base: string;
  viewId: string | null;
  values: FilterValues;
  newestFirst: boolean;
  leads: readonly Lead[];
  /** Those beside "Who", in their order. */
  columns: readonly string[];
  /** Each lead can be ticked. */
  chooses: boolean;
  now: number;
}

/** Leads in the columns that were chosen. "Who" leads to the lead, and so is always there: after the time, if that is. */
export function LeadTable(props: TableProps) {
  const { chooses, leads, columns } = props;
  const before = columns.filter((key) => key === 'time');
  const after = columns.filter((key) => key !== 'time');
  return (
    <div class="table-frame">
      <table class={columns.length > MANY ? 'stack leads many' : 'stack leads'}>
        <caption class="unseen">Leads</caption>
        <thead>
          <tr>
            {chooses ? (
              <th scope="col">
                <span class="unseen">Select</span>
              </th>
            ) : null}
            {before.map((key) => (
              <TimeHead key={key} {...props} />
            ))}
            <th scope="col">Who</th>
            {after.map((key) => (
              <th key={key} scope="col">
                <bdi>{cut(columnTitle(key), MAX_HEAD)}</bdi>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {leads.map((lead) => (
            <LeadRow key={lead.id} {...props} lead={lead} before={before} after={after} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** So many columns are more than fit beside each other. */
const MANY = 6;
const MAX_HEAD = 40;
const MAX_WHO = 80;
const MAX_REST = 160;

/** The list is by this column; its head turns it round. */
function TimeHead({ base, viewId, values, newestFirst }: TableProps) {
  const { sort: _sort, ...filters } = values;
  const turned = newestFirst ? { ...filters, sort: 'created_at' } : filters;
  const query = filterQuery(turned, viewId === null ? {} : { view: viewId });
  return (
    <th scope="col" aria-sort={newestFirst ? 'descending' : 'ascending'}>
      <a href={base + query} title={newestFirst ? 'Show the oldest first' : 'Show the newest first'}>
        Time {newestFirst ? '↓' : '↑'}
      </a>
    </th>
  );
}

type RowProps = TableProps & { lead: Lead; before: readonly string[]; after: readonly string[] };

function LeadRow(props: RowProps) {
  const { base, chooses, lead, before, after } = props;
  const who = whoOf(lead.body.fields);
  const name = cut(who.name, MAX_WHO) || 'No name';
  return (
    <tr>
      {chooses ? (
        <td class="choose">
          <input type="checkbox" name="ids" value={lead.id} aria-label={`Select ${name}`} />
        </td>
      ) : null}
      {before.map((key) => (
        <Cell key={key} {...props} column={key} who={who} />
      ))}
      <td data-label="Who" class="who">
        <div>
          <a class="row" href={`${base}/${lead.id}`}>
            <bdi>{name}</bdi>
          </a>
          {who.contact === null ? null : (
            <small>
              <bdi>{cut(who.contact, MAX_WHO)}</bdi>
            </small>
          )}
        </div>
      </td>
      {after.map((key) => (
        <Cell key={key} {...props} column={key} who={who} />
      ))}
    </tr>
  );
}

interface CellProps extends TableProps {
  lead: Lead;
  who: Who;
}

const CLASSES: Readonly<Partial<Record<OwnColumn, string>>> = {
  time: 'when',
  what: 'what',
  form: 'place',
  source: 'place',
  score: 'scored',
  status: 'state',
};

function Cell(props: CellProps & { column: string }) {
  const { column } = props;
  const label = cut(columnTitle(column), MAX_HEAD);
  return (
    <td data-label={label} class={isOwnColumn(column) ? CLASSES[column] : 'value'}>
      {isOwnColumn(column) ? OWN_CELLS[column](props) : <Value {...props} column={column} />}
    </td>
  );
}

const NOTHING = <span class="muted">–</span>;

const OWN_CELLS: Readonly<Record<OwnColumn, (props: CellProps) => ComponentChildren>> = {
  time: ({ lead, now, site }) => <Moment at={lead.createdAt} now={now} zone={site.timezone} />,
  what: ({ lead, who }) => (
    <div dir="auto">
      {lead.judgement?.summary ? cut(lead.judgement.summary, MAX_REST) : restOf(lead.body.fields, who.fields, MAX_REST)}
    </div>
  ),
  form: ({ lead, columns }) => (
    <div>
      <bdi>{cut(lead.formName, MAX_WHO)}</bdi>
      {columns.includes('source') ? null : <small>{SOURCE_WORDS[lead.source]}</small>}
    </div>
  ),
  source: ({ lead }) => <div>{SOURCE_WORDS[lead.source]}</div>,
  score: ({ lead }) => <div>{lead.judgement?.score ? <Score is={lead.judgement.score} /> : NOTHING}</div>,
  status: (props) => <StatusCell {...props} />,
};

function StatusCell({ lead, columns }: CellProps) {
  return (
    <div>
      {lead.spam ? <SpamBadge reason={lead.spamReason} /> : null}
      {lead.spam && lead.syncStatus === 'skipped' ? null : (
        <Status is={lead.syncStatus} title={lead.syncStatus === 'failed' ? lead.syncProblem : null} />
      )}
      {lead.quality === null || columns.includes('s:quality') ? null : (
        <small>
          <bdi>{cut(lead.quality, MAX_WHO)}</bdi>
        </small>
      )}
    </div>
  );
}

function Value({ lead, site, now, column }: CellProps & { column: string }) {
  if (column === 's:submitted_at') return <Moment at={lead.submittedAt} now={now} zone={site.timezone} />;
  const text = cut(columnText(lead, column, site), MAX_REST);
  return <div dir="auto">{text === '' ? NOTHING : text}</div>;
}
