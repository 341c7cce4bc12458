/** @jsxImportSource preact */
import type { Leaf } from '../../../intake/hooks/mapping.ts';
import type { HookCall } from '../../../store/hooks.ts';
import { PostForm, Submit } from '../components/form.tsx';
import { Card, Empty, Facts, Moment, PageTitle } from '../components/parts.tsx';
import { StackTable } from '../components/table.tsx';
import { cut } from '../lead-words.ts';

interface When {
  zone: string;
  now: number;
}

const OUTCOMES: Readonly<Record<HookCall['outcome'], string>> = {
  taken: 'Taken',
  repeated: 'Came before',
  waiting: 'Being fetched',
  ignored: 'No lead',
  refused: 'Refused',
  failed: 'Failed',
};

/** The last calls of a hook, on its page. */
export function CallList({ calls, here, zone, now }: When & { calls: readonly HookCall[]; here: string }) {
  return (
    <section>
      <header class="section-title">
        <h2>Last calls</h2>
      </header>
      {calls.length === 0 ? (
        <Empty title="No call yet">
          <p>The last 20 calls are kept here for 7 days, to see what came and to map it.</p>
        </Empty>
      ) : (
        <StackTable columns={['When', 'Result', 'Leads', 'What was said']}>
          {calls.map((call) => (
            <tr key={call.id}>
              <td data-label="When">
                <a class="row" href={`${here}/calls/${call.id}`}>
                  <Moment at={call.at} now={now} zone={zone} />
                </a>
              </td>
              <td data-label="Result">{OUTCOMES[call.outcome]}</td>
              <td data-label="Leads">{call.leadIds.length === 0 ? 'none' : String(call.leadIds.length)}</td>
              <td data-label="What was said" class="breaks">
                {cut(call.message, 200)}
              </td>
            </tr>
          ))}
        </StackTable>
      )}
    </section>
  );
}

/** The outcome of one call, with its leads. */
function CallFacts({ call, zone, now, leads }: When & { call: HookCall; leads: string }) {
  const [first, ...more] = call.leadIds;
  return (
    <Facts
      facts={[
        ['When', <Moment key="at" at={call.at} now={now} zone={zone} />],
        ['Result', `${OUTCOMES[call.outcome]}. ${call.message}`],
        [
          'Leads',
          first === undefined ? (
            'none'
          ) : (
            <span key="leads">
              <a href={`${leads}/${first}`}>{first}</a>
              {more.length > 0 ? ` and ${more.length} more` : ''}
            </span>
          ),
        ],
        ['Size', `${call.bytes.toLocaleString('en')} bytes`],
      ]}
    />
  );
}

/** Values that rows can take. */
export interface LeafGroup {
  title: string;
  help: string | null;
  /** Only a few look for it: it is behind a click. */
  isFurther?: boolean;
  leaves: readonly Leaf[];
}

interface CallPageProps {
  call: HookCall;
  title: string;
  /** The address of the hook's page. */
  hook: string;
  leads: string;
  csrf: string;
  zone: string;
  now: number;
  /** What can be mapped, under headings. */
  groups: readonly LeafGroup[];
  mapped: ReadonlySet<string>;
  /** What sending it again came to. */
  said: string | null;
}

export function CallPage(props: CallPageProps) {
  const { call, title, hook, csrf, groups, said } = props;
  return (
    <>
      <PageTitle title={title} lead="One call, as it is kept." />
      {said === null ? null : (
        <p class="notice" role="status">
          {said}
        </p>
      )}
      <Card title="What became of it">
        <div class="stacked">
          <CallFacts {...props} />
          <PostForm action={`${hook}/calls/${call.id}/replay`} csrf={csrf} class="inline">
            <Submit text="Take it again" />
          </PostForm>
          <p class="help">It makes no lead twice: what it made before is named here.</p>
        </div>
      </Card>
      {groups
        .filter(({ leaves }) => leaves.length > 0)
        .map((group) => (
          <LeafSection key={group.title} {...props} {...group} />
        ))}
      <Card title="Body">
        {call.body === null ? (
          <p class="muted">Not kept: it was too large, could not be read, or was not shown to be the sender’s.</p>
        ) : (
          <pre class="code" tabindex={0}>
            <code>{pretty(call.body)}</code>
          </pre>
        )}
      </Card>
      <Card title="Headers">
        <pre class="code" tabindex={0}>
          <code>{call.headers.map(([name, value]) => `${name}: ${value}`).join('\n')}</code>
        </pre>
      </Card>
      <p>
        <a href={hook}>Back to the webhook</a>
      </p>
    </>
  );
}

function pretty(body: string): string {
  return cut(JSON.stringify(JSON.parse(body), null, 2), 20_000);
}

const shown = (value: Leaf['value']) => (Array.isArray(value) ? value.map(String).join(', ') : String(value));

type LeafTableProps = Omit<CallPageProps, 'title' | 'groups'> & LeafGroup;

function LeafSection(props: LeafTableProps) {
  const { title, help, isFurther } = props;
  const table = (
    <>
      {help === null ? null : <p class="help">{help}</p>}
      <LeafTable {...props} />
    </>
  );
  if (isFurther) {
    return (
      <Card title={title}>
        <details>
          <summary>Show it</summary>
          {table}
        </details>
      </Card>
    );
  }
  return (
    <section>
      <header class="section-title">
        <h2>{title}</h2>
      </header>
      {table}
    </section>
  );
}

function LeafTable({ call, hook, csrf, leaves, mapped }: LeafTableProps) {
  return (
    <StackTable columns={['Path', 'Value', 'Field of the lead']}>
      {leaves.map((leaf) => (
        <tr key={leaf.path}>
          <td data-label="Path" class="breaks">
            <code>{cut(leaf.path, 120)}</code>
          </td>
          <td data-label="Value" class="breaks">
            <bdi>{cut(shown(leaf.value), 80)}</bdi>
          </td>
          <td data-label="Field of the lead">
            {mapped.has(leaf.path) ? (
              <span class="muted">in the mapping</span>
            ) : (
              <PostForm action={`${hook}/mapping/add`} csrf={csrf} class="field-row">
                <input type="hidden" name="path" value={leaf.path} />
                <input type="hidden" name="call" value={call.id} />
                <input
                  name="field"
                  value={cut(leaf.field, 100)}
                  aria-label={`Field for ${cut(leaf.path, 60)}`}
                  maxlength={200}
                />
                <button type="submit" class="button small">
                  Add
                </button>
              </PostForm>
            )}
          </td>
        </tr>
      ))}
    </StackTable>
  );
}
