/** @jsxImportSource preact */
import { MAX_FIELDS } from '../../contract/submission.ts';
import { MAX_FILES } from '../../intake/files/uploads.ts';
import { MIN_FILL_MS } from '../../intake/spam/render-token.ts';
import { Code } from './code.tsx';
import { Attributes, Frame, Hosted, ID, PageApi, Policy, Script } from './forms-script.tsx';
import { DocsFrame, type NavGroup } from './frame.tsx';
import { Chapter, Members } from './guide.tsx';

/** What this server allows to whoever sends forms. */
export interface FormLimits {
  /** Forms a minute, from one address and to one endpoint; 0: no limit. */
  perCaller: number;
  perEndpoint: number;
  /** Bytes of a file, and of a whole form. */
  maxFile: number;
  maxUpload: number;
}

export interface FormsPageProps {
  origin: string;
  limits: FormLimits;
  version: string;
}

const GROUPS: readonly NavGroup[] = [
  {
    title: 'Form endpoint',
    links: [
      { href: '#endpoint', text: 'A form of your own' },
      { href: '#answers', text: 'What a visitor sees' },
      { href: '#scripts', text: 'Scripts' },
      { href: '#control', text: 'Control fields' },
      { href: '#files', text: 'Files' },
      { href: '#spam', text: 'Against spam' },
      { href: '#limits', text: 'Limits' },
    ],
  },
  {
    title: 'Hosted form',
    links: [
      { href: '#hosted', text: 'A page by this server' },
      { href: '#frame', text: 'In a frame' },
    ],
  },
  {
    title: 'Website script',
    links: [
      { href: '#script', text: 'One line for a site' },
      { href: '#attributes', text: 'Attributes' },
      { href: '#page-api', text: 'For your own scripts' },
      { href: '#csp', text: 'Content-Security-Policy' },
    ],
  },
];

/** How leads come from web pages. Spec 3. */
export function FormsPage({ origin, limits, version }: FormsPageProps) {
  return (
    <DocsFrame
      title="LeadToSheet forms"
      description="Take the forms of web pages: a form endpoint, hosted forms, and a script for whole sites."
      current="/docs/forms"
      groups={GROUPS}
      version={`v${version}`}
    >
      <div class="intro">
        <h1>Forms of web pages</h1>
        <p class="lead">
          Three ways, none of which needs a key: point a form at your endpoint, let this server show the form, or load a
          script that takes every form of a site. The page Sources of the admin UI has them with your own addresses.
        </p>
      </div>
      <Endpoint origin={origin} />
      <Answers />
      <Scripts origin={origin} />
      <Control />
      <Files origin={origin} limits={limits} />
      <Spam limits={limits} />
      <Limits limits={limits} />
      <Hosted origin={origin} />
      <Frame origin={origin} />
      <Script origin={origin} />
      <Attributes />
      <PageApi />
      <Policy origin={origin} />
    </DocsFrame>
  );
}

function Endpoint({ origin }: { origin: string }) {
  const html = `<form action="${origin}/f/${ID}" method="post">
  <input type="hidden" name="_form" value="Contact">
  <label>E-mail <input type="email" name="Email" required></label>
  <label>Message <textarea name="Message"></textarea></label>
  <input type="text" name="_gotcha" hidden>
  <button>Send</button>
</form>`;
  return (
    <Chapter id="endpoint" title="A form of your own" example={<Code text={html} label="A form to paste" />}>
      <p>
        Any HTML form works when its <code>action</code> is your endpoint. Fields may have any names; each new one
        becomes a column. A name that comes several times becomes a list.
      </p>
      <p>
        One endpoint serves any number of forms: <code>_form</code> says which one it is. Make a further endpoint where
        visitors are to see another answer.
      </p>
      <p>
        Under Settings name the domains whose pages may send (<code>*.example.com</code> for all below it). With none,
        any page may.
      </p>
    </Chapter>
  );
}

function Answers() {
  return (
    <Chapter id="answers" title="What a visitor sees">
      <Members
        items={[
          [
            'redirect',
            'He is led to the address that the endpoint names, or back to the page of the form. This is what one starts with.',
          ],
          ['thanks', 'He sees a page of thanks with your title and text.'],
          ['json', 'The answer is always JSON, for scripts.'],
        ]}
      />
      <p>
        Browsers tell other servers the site and not the page. Put{' '}
        <code>{'<meta name="referrer" content="no-referrer-when-downgrade">'}</code> into the page: then he comes back
        to that very page, and the lead names it.
      </p>
      <p>
        Nobody is led to just anywhere: only to the endpoint’s own address, to an allowed domain, or, where none is
        named, to the site that the form came from.
      </p>
    </Chapter>
  );
}

function Scripts({ origin }: { origin: string }) {
  const script = `const response = await fetch('${origin}/f/${ID}', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
  body: JSON.stringify({ _form: 'Contact', Email: 'alice@example.com' }),
});
const { ok, id, error } = await response.json();`;
  return (
    <Chapter id="scripts" title="Scripts" example={<Code text={script} label="A script that sends a form" />}>
      <p>
        A script may send the fields as JSON, as a form (<code>new FormData(form)</code>) or urlencoded, from any page.
        It gets <code>{'{ "ok": true, "id" }'}</code>; with another status,{' '}
        <code>{'{ "ok": false, "message", "error": { "code", "message", "details" } }'}</code>. Outside of pages say{' '}
        <code>Accept: application/json</code>.
      </p>
      <p>
        Send an <code>Idempotency-Key</code> header, or the field <code>_idempotency_key</code>, to be free to repeat a
        request: the same key makes the same lead for 24 hours. Keys of forms are their own: nobody can use up those of
        your back end.
      </p>
    </Chapter>
  );
}

function Control() {
  return (
    <Chapter id="control" title="Control fields">
      <p>They say what is to be done with a form, and are no fields of the lead.</p>
      <Members
        items={[
          ['_form', 'The name of the form.'],
          ['_redirect', 'Where to go next, on an allowed domain. `_next` is the same.'],
          ['_subject', 'Kept with the lead.'],
          ['_replyto', 'Kept with the lead; its field `Email` where the form has no other address.'],
          ['_idempotency_key', 'Makes a form that is sent twice one lead.'],
          ['_gotcha', 'A trap: people leave it empty. The endpoint can name another one besides.'],
        ]}
      />
      <p>
        Those of Formspree, Basin and Web3Forms are understood too: change the action of such a form, and nothing else.
      </p>
    </Chapter>
  );
}

const megabytes = (bytes: number): string => `${Math.floor(bytes / 1_048_576)} MB`;

function Files({ origin, limits }: { origin: string; limits: FormLimits }) {
  const html = `<form action="${origin}/f/${ID}" method="post"
      enctype="multipart/form-data">
  <label>CV <input type="file" name="CV"></label>
  <button>Send</button>
</form>`;
  return (
    <Chapter id="files" title="Files" example={<Code text={html} label="A form with a file" />}>
      <p>
        Up to {MAX_FILES} files come with a form, {megabytes(limits.maxFile)} each and {megabytes(limits.maxUpload)}{' '}
        together. What is more is refused as a whole (<code>413</code>), and nothing is stored.
      </p>
      <p>
        The field holds a link to the file, in the sheet and the API too. When there is no room left the lead is kept
        without its files, and says so in <code>warnings</code>.
      </p>
    </Chapter>
  );
}

function Spam({ limits }: { limits: FormLimits }) {
  return (
    <Chapter id="spam" title="Against spam">
      <p>What anybody may send is looked at in this order:</p>
      <Members
        items={[
          ['Allowed domains', 'Forms of other pages are refused.'],
          ['Rate limits', perMinute(limits)],
          ['Trap', 'Whoever fills in `_gotcha` gets the ordinary answer, and stands among the spam.'],
          [
            'Time',
            `A hosted form, or one that the script sends, that took less than ${MIN_FILL_MS / 1000} seconds is spam.`,
          ],
          [
            'Captcha',
            'Cloudflare Turnstile or hCaptcha, where Settings, Captcha says so. Forms without it are refused.',
          ],
          ['Known values', 'Addresses and messages that somebody marked as spam, or as none.'],
          ['Content', 'Links, code, random letters, the same message from ever others, and words that you block.'],
        ]}
      />
      <p>Spam is kept, goes to no sheet, and says why. Settings, Spam has how strict to be: off, normal or strict.</p>
    </Chapter>
  );
}

function perMinute({ perCaller, perEndpoint }: FormLimits): string {
  const parts = [
    ...(perCaller > 0 ? [`${perCaller} forms a minute from one address`] : []),
    ...(perEndpoint > 0 ? [`${perEndpoint} to one endpoint`] : []),
  ];
  if (parts.length === 0) return 'This server sets none.';
  return `${parts.join(', ')}. Beyond that the answer is \`429\` with Retry-After.`;
}

function Limits({ limits }: { limits: FormLimits }) {
  return (
    <Chapter id="limits" title="Limits">
      <Members
        items={[
          [
            'Fields',
            `At most ${MAX_FIELDS}. Passwords and card numbers are dropped or masked, and named in \`warnings\`.`,
          ],
          ['Size', `1 MiB; with files ${megabytes(limits.maxUpload)}.`],
          ['403', 'The page is none of the allowed domains.'],
          ['404', 'There is no such endpoint.'],
          ['415', 'Neither a form nor JSON.'],
          ['422', 'Something is not as it must be; `details` says what.'],
          ['429, 503', 'Send it again after the seconds in Retry-After. Nothing was stored.'],
        ]}
      />
    </Chapter>
  );
}
