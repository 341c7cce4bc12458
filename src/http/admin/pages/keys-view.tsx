/** @jsxImportSource preact */
import { curlLine } from '../../../contract/curl.ts';
import { SCOPES, type Scope } from '../../../contract/key.ts';
import type { StoredKey } from '../../../store/store.ts';
import { CopyBlock, Secret } from '../components/copy.tsx';
import { ChecksField, type Choice, PostForm, SelectField, Submit, TextField } from '../components/form.tsx';
import { Card, Empty, Facts, Moment, PageTitle } from '../components/parts.tsx';
import { Status } from '../components/status.tsx';
import { StackTable } from '../components/table.tsx';

const SCOPE_WORDS: Readonly<Record<Scope, string>> = {
  'submissions:read': 'Read leads: every field of every lead of this site',
  'submissions:write': 'Send leads: what a web site or program needs, and no more',
  'forms:read': 'Read forms and their counts',
  'forms:write': 'Rename forms, choose their tabs, ignore them',
};
const SCOPE_CHOICES: readonly Choice[] = SCOPES.map((scope) => ({
  value: scope,
  text: scope,
  help: SCOPE_WORDS[scope],
}));

const EXPIRY_CHOICES: readonly Choice[] = [
  { value: 'never', text: 'Never' },
  { value: '30d', text: 'In 30 days' },
  { value: '90d', text: 'In 90 days' },
  { value: '365d', text: 'In 365 days' },
];

/** What is typed about a key, as it was typed. */
export interface KeyTexts {
  name: string;
  scopes: readonly string[];
  expires: string;
}
export type KeyErrors = Partial<Record<keyof KeyTexts, string>>;

interface KeyFormProps {
  action: string;
  csrf: string;
  texts: KeyTexts;
  errors: KeyErrors;
}

export function KeyForm({ action, csrf, texts, errors }: KeyFormProps) {
  return (
    <>
      <PageTitle title="Create key" lead="For one program or person. It sees this site alone, and is shown once." />
      <PostForm action={action} csrf={csrf}>
        <TextField
          name="name"
          label="Name"
          value={texts.name}
          required
          help="What it is for, such as “Web shop”."
          error={errors.name}
        />
        <ChecksField
          name="scopes"
          legend="What it may do"
          values={texts.scopes}
          choices={SCOPE_CHOICES}
          error={errors.scopes}
        />
        <SelectField
          name="expires"
          label="It stops working"
          value={texts.expires}
          choices={EXPIRY_CHOICES}
          error={errors.expires}
        />
        <Submit text="Create key" />
      </PostForm>
    </>
  );
}

interface KeyShownProps {
  title: string;
  stored: StoredKey;
  secret: string;
  publicUrl: string;
  zone: string;
  back: string;
  /** What becomes of the secret before it; null: there was none. */
  former: string | null;
}

/** A key at the only moment it is known. */
export function KeyShown({ title, stored, secret, publicUrl, zone, back, former }: KeyShownProps) {
  return (
    <>
      <PageTitle title={title} lead="Copy it now: it is not shown again." />
      <div class="stacked">
        <Secret id="key" text={secret} />
        {former ? <p>{former}</p> : null}
        <Facts
          facts={[
            ['Name', <bdi key="name">{stored.name}</bdi>],
            ['Scopes', stored.scopes.join(', ')],
            ['Stops working', <Expiry key="expires" at={stored.expiresAt} zone={zone} />],
          ]}
        />
        {stored.scopes.includes('submissions:write') ? (
          <section class="stacked">
            <h2>Send a first lead with it</h2>
            <CopyBlock id="curl" text={curlLine(publicUrl, secret)} label="A command that sends a lead" />
          </section>
        ) : null}
        <div class="actions">
          <a class="button" href={back}>
            I have it
          </a>
        </div>
      </div>
    </>
  );
}

function Expiry({ at, zone }: { at: number | null; zone: string }) {
  if (at === null) return <>Never</>;
  const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: zone });
  const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'medium', timeZone: zone });
  return (
    <time dateTime={new Date(at).toISOString()} title={`${exact.format(at)} (${zone})`}>
      {day.format(at)}
    </time>
  );
}

type Standing = 'active' | 'expired' | 'revoked';

function standing({ revokedAt, expiresAt }: StoredKey, now: number): Standing {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && expiresAt <= now ? 'expired' : 'active';
}

interface KeyListProps {
  keys: readonly StoredKey[];
  base: string;
  zone: string;
  now: number;
  mayEdit: boolean;
}

/** Those that work first, the newest on top. */
export function KeyList({ keys, base, zone, now, mayEdit }: KeyListProps) {
  if (keys.length === 0) {
    return (
      <Empty title="No key yet">
        <p>Programs and assistants need a key to send or read leads. Give each one its own.</p>
        {mayEdit ? (
          <div class="actions">
            <a class="button" href={`${base}/keys/new`}>
              Create key
            </a>
          </div>
        ) : null}
      </Empty>
    );
  }
  const ended = (key: StoredKey) => (standing(key, now) === 'active' ? 0 : 1);
  const sorted = [...keys].sort((a, b) => ended(a) - ended(b) || (a.id < b.id ? 1 : -1));
  return (
    <StackTable columns={['Name', 'Key', 'Scopes', 'Last used', 'Stops working', 'Status']}>
      {sorted.map((key) => (
        <tr key={key.id}>
          <td data-label="Name" class="breaks">
            <a class="row" href={`${base}/keys/${key.id}`}>
              <bdi>{key.name}</bdi>
            </a>
          </td>
          <td data-label="Key">
            <code>{key.prefix}…</code>
          </td>
          <td data-label="Scopes">{key.scopes.join(', ')}</td>
          <td data-label="Last used">
            <Moment at={key.lastUsedAt} now={now} zone={zone} />
          </td>
          <td data-label="Stops working">
            <Expiry at={key.expiresAt} zone={zone} />
          </td>
          <td data-label="Status">
            <Status is={standing(key, now)} />
          </td>
        </tr>
      ))}
    </StackTable>
  );
}

interface KeyPageProps {
  stored: StoredKey;
  /** The address of the page of sources. */
  base: string;
  zone: string;
  now: number;
  csrf: string;
  hours: string;
  /** Why it was not rotated. */
  error: string | null;
}

export function KeyPage({ stored, base, zone, now, csrf, hours, error }: KeyPageProps) {
  const state = standing(stored, now);
  const action = `${base}/keys/${stored.id}`;
  return (
    <>
      <PageTitle title={stored.name} lead={`${stored.prefix}…`} />
      <Card title="Key" action={<Status is={state} />}>
        <Facts
          facts={[
            ['Scopes', stored.scopes.map((scope) => `${scope}: ${SCOPE_WORDS[scope]}`).join('\n')],
            ['Made', <Moment key="made" at={stored.createdAt} now={now} zone={zone} />],
            ['Last used', <Moment key="used" at={stored.lastUsedAt} now={now} zone={zone} />],
            ['Stops working', <Expiry key="expires" at={stored.expiresAt} zone={zone} />],
          ]}
        />
      </Card>
      {state === 'active' ? (
        <>
          <Card title="Rotate">
            <PostForm action={`${action}/rotate`} csrf={csrf}>
              <TextField
                name="hours"
                label="Hours that the present key works on"
                value={hours}
                inputmode="numeric"
                maxlength={2}
                help="0 to 24: time to put the new key in place. 0 ends all former ones at once."
                error={error ?? undefined}
              />
              <Submit text="Make a new key" />
            </PostForm>
          </Card>
          <Card title="Revoke">
            <details class="ask">
              <summary class="button danger">Revoke</summary>
              <PostForm action={`${action}/revoke`} csrf={csrf}>
                <p>
                  Whatever uses <bdi>{stored.name}</bdi> is refused from that moment on. This can’t be undone.
                </p>
                <Submit text="Revoke the key" danger />
              </PostForm>
            </details>
          </Card>
        </>
      ) : (
        <p class="muted">It works no more. Create a new key instead.</p>
      )}
      <p>
        <a href={base}>All sources</a>
      </p>
    </>
  );
}
