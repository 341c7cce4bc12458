/** @jsxImportSource preact */
import { hasTraces, type Traces } from '../../../intake/person.ts';
import type { Lead } from '../../../store/store.ts';
import { PostForm, Submit, TextField } from '../components/form.tsx';
import { Card, count, Empty, Moment, PageTitle } from '../components/parts.tsx';
import { StackTable } from '../components/table.tsx';
import { cut, whoOf } from '../lead-words.ts';
import { RowsToo } from './lead-actions.tsx';

const MAX_NAME = 80;

export interface Found {
  email: string;
  total: number;
  /** The newest of them. */
  newest: readonly Lead[];
  /** What is kept besides leads. */
  traces: Traces;
}

/** What is kept of a person, by e-mail address: to be looked at, handed over, or deleted. */
export function Privacy(props: {
  base: string;
  email: string;
  error: string | undefined;
  found: Found | null;
  now: number;
  zone: string;
  csrf: string;
}) {
  const { base, email, error, found, csrf } = props;
  return (
    <>
      <PageTitle title="Privacy" lead="What is kept of a person: to be shown, handed over or deleted when they ask." />
      <PostForm action={`${base}/privacy`} csrf={csrf}>
        <TextField
          name="email"
          label="E-mail address"
          type="email"
          value={email}
          required
          help="Every lead in which a field is this address, whatever its case, and what is kept besides. It is not noted in the log."
          error={error}
        />
        <Submit text="Find" />
      </PostForm>
      {found === null ? null : found.total === 0 && !hasTraces(found.traces) ? (
        <Empty title="Nothing is kept">
          <p>No lead of this site has this address in a field, and it stands nowhere else.</p>
        </Empty>
      ) : (
        <Person {...props} found={found} />
      )}
    </>
  );
}

function Person({ base, found, now, zone, csrf }: { found: Found } & Omit<Parameters<typeof Privacy>[0], 'found'>) {
  const { email, total, traces } = found;
  const leads = total === 1 ? '1 lead' : `${count(total)} leads`;
  const some = hasTraces(traces) ? `${leads} and the rest` : leads;
  const all = total === 0 ? 'all of this' : some;
  return (
    <>
      {total === 0 ? null : <LeadRows {...{ base, found, now, zone }} heading={leads} />}
      {hasTraces(traces) ? <Besides base={base} traces={traces} /> : null}
      <div class="grid">
        <Card title="Hand over">
          <PostForm action={`${base}/privacy/export`} csrf={csrf}>
            <input type="hidden" name="email" value={email} />
            <p>{capital(all)}, as a file that people and programs can read.</p>
            <Submit text="Download" />
          </PostForm>
        </Card>
        <Card title="Delete">
          <PostForm action={`${base}/privacy/delete`} csrf={csrf}>
            <input type="hidden" name="email" value={email} />
            <p>{capital(all)}, for good. Only a backup still has them.</p>
            <RowsToo of="their rows" />
            <Submit text={`Delete ${all}`} danger />
          </PostForm>
        </Card>
      </div>
    </>
  );
}

/** Where else the address stands. */
function Besides({ base, traces: { calls, said, files } }: { base: string; traces: Traces }) {
  return (
    <Card title="Besides">
      <ul class="plain-list">
        {calls.length === 0 ? null : (
          <li>
            {calls.length === 1 ? 'One call of a webhook is' : `${count(calls.length)} calls of webhooks are`} kept, for
            7 days at most.
          </li>
        )}
        {said === null ? null : (
          <li>
            {said === 'spam'
              ? 'Leads with this address are taken for spam.'
              : 'Leads with this address are let through.'}
          </li>
        )}
        {files.map(({ path, job }) => (
          <li key={path} class="breaks">
            {job === null ? (
              'A file that was never imported holds it.'
            ) : (
              <>
                A file that waits to be imported holds it:{' '}
                <a href={`${base}/sources/imports/${job.id}`}>
                  <bdi>{cut(job.fileName, MAX_NAME)}</bdi>
                </a>
                . It is deleted as a whole: to keep its other rows, import it first.
              </>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function LeadRows({
  base,
  found: { newest, total },
  now,
  zone,
  heading,
}: Pick<Parameters<typeof Privacy>[0], 'base' | 'now' | 'zone'> & { found: Found; heading: string }) {
  return (
    <section class="part">
      <h2>{heading}</h2>
      <StackTable columns={['Received', 'Who', 'Form']}>
        {newest.map((lead) => (
          <tr key={lead.id}>
            <td data-label="Received">
              <a class="row" href={`${base}/leads/${lead.id}`}>
                <Moment at={lead.createdAt} now={now} zone={zone} />
              </a>
            </td>
            <td data-label="Who" class="text">
              <bdi>{cut(whoOf(lead.body.fields).name, MAX_NAME) || '–'}</bdi>
            </td>
            <td data-label="Form" class="text">
              <bdi>{cut(lead.formName, MAX_NAME)}</bdi>
            </td>
          </tr>
        ))}
      </StackTable>
      {total > newest.length ? <p class="under">The newest {count(newest.length)} are shown.</p> : null}
    </section>
  );
}
