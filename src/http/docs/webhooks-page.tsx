/** @jsxImportSource preact */
import { MAX_BATCH } from '../../contract/submission.ts';
import type { HookSender } from '../../intake/hooks/sender.ts';
import { sources } from '../../intake/sources/list.ts';
import { count } from '../pages/count.ts';
import { Code } from './code.tsx';
import { DocsFrame, type NavGroup } from './frame.tsx';
import { Chapter, Members } from './guide.tsx';

export interface WebhooksPageProps {
  origin: string;
  version: string;
}

/** An address as it looks; each hook has its own. */
const TOKEN = '7f3k9w2m4q8xna5c6d1e0h7j2v9b3z4t';

/** The services that are known, as their own files say. */
const SENDERS = sources.flatMap(({ id, label, hook }) => (hook ? [{ id, label, sender: hook }] : []));

const GROUPS: readonly NavGroup[] = [
  {
    title: 'Webhooks',
    links: [
      { href: '#webhook', text: 'Any service' },
      { href: '#mapping', text: 'Mapping' },
      { href: '#checks', text: 'Signatures' },
      { href: '#repeats', text: 'Repeats' },
    ],
  },
  { title: 'Services', links: SENDERS.map(({ id, label }) => ({ href: `#${id}`, text: label })) },
  {
    title: 'Files',
    links: [
      { href: '#import', text: 'Import' },
      { href: '#columns', text: 'Columns' },
    ],
  },
];

/** How leads come from other services and from files. Spec 3. */
export function WebhooksPage({ origin, version }: WebhooksPageProps) {
  return (
    <DocsFrame
      title="LeadToSheet webhooks"
      description="Take leads from other services by webhook, and from files."
      current="/docs/webhooks"
      groups={GROUPS}
      version={`v${version}`}
    >
      <div class="intro">
        <h1>Leads of other services</h1>
        <p class="lead">
          Shops, booking tools, form builders and ads send their leads here when something happens. What you have
          already comes from a file.
        </p>
      </div>
      <Webhook origin={origin} />
      <Mapping />
      <Checks />
      <Repeats />
      {SENDERS.map(({ id, label, sender }) => (
        <Sender key={id} id={id} label={label} sender={sender} />
      ))}
      <Import />
      <Columns />
    </DocsFrame>
  );
}

function Webhook({ origin }: { origin: string }) {
  const example = `curl ${origin}/hooks/${TOKEN} \\
  -H 'Content-Type: application/json' \\
  -d '{"Name": "Alice", "Email": "alice@example.com"}'

# 202
{ "ok": true, "ids": ["sub_01jd8x4k2m3n4p5q6r7st"] }`;
  return (
    <Chapter id="webhook" title="Any service" example={<Code text={example} label="A call and its answer" />}>
      <p>
        Under Sources press “New webhook”, and give the address that is shown to the service, and to nobody else:
        whoever knows it can send leads.
      </p>
      <p>
        It takes <code>POST</code> and <code>PUT</code> of JSON or a form, up to 1 MiB. A list makes one lead of each
        item, at most {count(MAX_BATCH)}. The answer is <code>202</code> once the leads are on disk.
      </p>
      <p>
        The last 20 calls are kept for 7 days, without secrets, passwords and card numbers: to see what came, to map it
        by clicking, and to take it again. That never doubles a lead.
      </p>
    </Chapter>
  );
}

function Mapping() {
  const example = `Email      ←  data.contact.email
Answers    ←  answers[*].text
First item ←  items[0].name
Company    ←  ["company name"]`;
  return (
    <Chapter id="mapping" title="Mapping" example={<Code text={example} label="Rows of a mapping" />}>
      <p>
        Without a mapping the whole body becomes the lead, its inner members by their path. With one, each row says
        which field takes what.
      </p>
      <Members
        items={[
          ['a.b', 'A member of a member.'],
          ['a[0]', 'An item of a list, from 0.'],
          ['a[*].b', 'The same member of every item: the field becomes a list.'],
          ['["a name"]', 'A member whose name has dots, brackets or spaces at its ends.'],
        ]}
      />
      <p>“Everything else too” keeps what no row takes.</p>
    </Chapter>
  );
}

function Checks() {
  const example = `Header           X-Signature
Algorithm        sha256
Encoding         hex
Prefix           sha256=
What is signed   {timestamp}.{body}`;
  return (
    <Chapter id="checks" title="Signatures" example={<Code text={example} label="How a sender signs" />}>
      <p>Calls are known to be the sender’s by one of these, checked over the bytes as they came:</p>
      <Members
        items={[
          ['The address alone', 'What one starts with. It can’t be guessed.'],
          ['HMAC', 'SHA-256, SHA-1 or SHA-512, hex or base64, with a prefix, parts like `t=…,v1=…`, and a time-stamp.'],
          ['Standard Webhooks', 'The headers webhook-id, webhook-timestamp and webhook-signature; also those of Svix.'],
          ['A secret in a header', 'The same text in each call.'],
          ['User name and password', 'HTTP basic authentication.'],
        ]}
      />
      <p>
        What is not signed as it should be, or is too old, is answered <code>401</code>. A proxy in front has to leave
        the body as it is.
      </p>
    </Chapter>
  );
}

function Repeats() {
  return (
    <Chapter id="repeats" title="Repeats">
      <p>
        Services send again what they are not sure of. Where the sender has an id of the event, name its header or its
        path: for 30 days what comes again is answered with the same lead, and makes none. A signed call without such an
        id is taken once; the second time it is answered <code>409</code>.
      </p>
    </Chapter>
  );
}

function Sender({ id, label, sender }: { id: string; label: string; sender: HookSender }) {
  return (
    <Chapter id={id} title={label}>
      <p>{sender.setUp}</p>
      <Members items={sender.secrets.map((secret) => [secret.label, secret.help] as const)} />
      <p>
        {typeof sender.sample === 'string'
          ? `A call only says that there is a lead: it is fetched from ${label}, and tried again until it is there. ${sender.sample}`
          : `Its signature is checked, and its answers become fields under the questions’ names. Without the secret the webhook takes nothing. Rows of its mapping give an answer another name, or choose what is kept. “Send a test lead” under Sources tries it.`}
      </p>
    </Chapter>
  );
}

function Import() {
  const example = `leadtosheet lead import leads.csv --dry-run
leadtosheet lead import leads.csv \\
  --form "Contact form" --timezone Europe/Paris`;
  return (
    <Chapter id="import" title="Import" example={<Code text={example} label="Commands that import a file" />}>
      <p>
        CSV as spreadsheets write it, JSON lines, or a JSON array of objects, also as the one member of an object. Under
        Sources, Import you see the columns first, and can check all rows before anything is stored; the command line
        takes files of any size.
      </p>
      <p>
        Each row is taken exactly once, also when the server is killed in between: the import goes on by itself after
        the next start. Rows that are wrong are named with what to do, and stop nothing.
      </p>
    </Chapter>
  );
}

function Columns() {
  return (
    <Chapter id="columns" title="Columns">
      <p>
        Columns called <code>Date</code>, <code>submitted_at</code>, <code>page_url</code>, <code>utm_source</code>,{' '}
        <code>Form</code> and the like become what they say; all others become fields under their header. Change that on
        the page, or by <code>--columns FILE</code>. Times that name no zone are of the site’s own, or of{' '}
        <code>--timezone</code>.
      </p>
    </Chapter>
  );
}
