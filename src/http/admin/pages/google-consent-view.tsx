/** @jsxImportSource preact */
import type { CheckReport } from '../../../sheets/target.ts';
import type { GoogleConnection, SheetProblem } from '../../../store/sheets.ts';
import { Secret } from '../components/copy.tsx';
import { PostForm, Submit, TextField } from '../components/form.tsx';
import { Banner, Card, PageTitle } from '../components/parts.tsx';
import { RemoveAccount } from './google-accounts-view.tsx';
import { CheckSteps, Technical } from './sheet-work-view.tsx';

/** What was chosen for connecting by consent. */
export interface ConsentChoice {
  what: 'new' | 'link';
  link: string;
}

interface ConsentCardProps {
  base: string;
  callback: string;
  /** Whether the server has an OAuth client. */
  configured: boolean;
  choice: ConsentChoice;
  /** What is wrong with the link. */
  error: string | undefined;
  csrf: string;
}

/** The part of the connect page that leads to Google's consent page, or says how it can. */
export function ConsentCard({ base, callback, configured, choice, error, csrf }: ConsentCardProps) {
  if (!configured) {
    return (
      <Card title="With a Google account">
        <ClientSetUp callback={callback} />
      </Card>
    );
  }
  return (
    <Card title="With a Google account">
      <PostForm action={`${base}/google`} csrf={csrf}>
        <fieldset class="field checks">
          <legend>Rows go to</legend>
          <Way
            value="new"
            text="A new spreadsheet"
            help="It is made in your Google Drive and named after the site. This server sees that file and no other."
            chosen={choice.what}
          />
          <Way
            value="link"
            text="A spreadsheet that you have"
            help="Google then asks you to allow all your spreadsheets, as its narrower right covers only files made here. Whether the file lies in the trash can’t be seen this way."
            chosen={choice.what}
          />
        </fieldset>
        <TextField
          name="own_link"
          label="Link of the spreadsheet that you have"
          value={choice.link}
          placeholder="https://docs.google.com/spreadsheets/d/…"
          error={error}
        />
        <Earlier />
        <Submit text="Connect with Google" />
      </PostForm>
    </Card>
  );
}

function Way(props: { value: ConsentChoice['what']; text: string; help: string; chosen: ConsentChoice['what'] }) {
  const { value, text, help, chosen } = props;
  return (
    <label>
      <input type="radio" name="what" value={value} checked={value === chosen} />
      <span>
        {text}
        <small>{help}</small>
      </span>
    </label>
  );
}

export function Earlier() {
  return (
    <fieldset class="field checks">
      <legend class="unseen">Earlier leads</legend>
      <label>
        <input type="checkbox" name="send_earlier" value="yes" />
        <span>Also send the leads that came in before</span>
      </label>
    </fieldset>
  );
}

/** Google takes no other addresses to send people back to. */
const isTakenByGoogle = (callback: string) => /^(?:https:\/\/|http:\/\/localhost[:/])/.test(callback);

function ClientSetUp({ callback }: { callback: string }) {
  return (
    <>
      <p>
        In the{' '}
        <a href="https://console.cloud.google.com/auth/clients" rel="noopener noreferrer" target="_blank">
          Google Cloud console
        </a>
        , make an OAuth client of the type “Web application” with the redirect URI below, and start this server with its
        id and secret as <code>LTS_GOOGLE_CLIENT_ID</code> and <code>LTS_GOOGLE_CLIENT_SECRET</code>.
      </p>
      <Secret id="redirect-uri" text={callback} />
      {isTakenByGoogle(callback) ? null : (
        <p class="help">
          Google takes only addresses with https here, or http://localhost. Set <code>LTS_PUBLIC_URL</code> to the
          address that people reach this server at.
        </p>
      )}
    </>
  );
}

/** On the way to Google. Browsers go on by themselves; the link is for those that don't. */
export function GoingPage({ url }: { url: string }) {
  return (
    <>
      <PageTitle title="Going to Google" lead="Choose the account, tick every box, and press “Allow”." />
      <p>
        <a class="button primary" href={url}>
          Go on to Google
        </a>
      </p>
    </>
  );
}

export function OtherAccountPage(props: {
  action: string;
  base: string;
  email: string;
  inUse: string;
  /** The account in use, if it may be removed; null: another sheet needs it, or it is of the settings. */
  removable: Pick<GoogleConnection, 'email' | 'kind'> | null;
  csrf: string;
}) {
  const { action, email, inUse, removable, csrf } = props;
  return (
    <>
      <PageTitle title="Use another account?" />
      <Banner tone="waiting" title="This is not the account that is connected.">
        <p>
          You chose <bdi>{email}</bdi>. Rows of this sheet are written as <bdi>{inUse}</bdi>. Nothing is changed yet.
        </p>
      </Banner>
      <PostForm action={action} csrf={csrf}>
        <input type="hidden" name="answer" value="go-on" />
        {removable ? <RemoveAccount {...removable} /> : null}
        <Submit text="Use the new account" />
      </PostForm>
      <CancelForm action={action} csrf={csrf} text="Keep the present account" />
    </>
  );
}

function CancelForm({ action, csrf, text }: { action: string; csrf: string; text: string }) {
  return (
    <PostForm action={action} csrf={csrf} class="inline">
      <input type="hidden" name="answer" value="cancel" />
      <button type="submit" class="button">
        {text}
      </button>
    </PostForm>
  );
}

export function FailedPage(props: {
  action: string;
  /** Where to begin anew. */
  again: string;
  problem: SheetProblem;
  check: CheckReport | null;
  /** Whether Google gave a sign-in that can be tried with once more. */
  held: boolean;
  csrf: string;
}) {
  const { action, again, problem, check, held, csrf } = props;
  return (
    <>
      <PageTitle title="Not connected" />
      <Banner tone="bad" title="Nothing was changed.">
        {check ? (
          <div class="work">
            <CheckSteps report={check} />
          </div>
        ) : (
          <>
            <p>{problem.message}</p>
            <Technical text={problem.technical} />
          </>
        )}
      </Banner>
      {held ? (
        <div class="mend">
          <div class="choices">
            <PostForm action={action} csrf={csrf} class="inline">
              <input type="hidden" name="answer" value="go-on" />
              <button type="submit" class="button primary">
                Try again
              </button>
            </PostForm>
            <CancelForm action={action} csrf={csrf} text="Cancel" />
          </div>
        </div>
      ) : (
        <p>
          <a class="button primary" href={again}>
            Start again
          </a>
        </p>
      )}
    </>
  );
}

/** An answer that nobody waits for: old, used, or of another session. */
export function StalePage({ again }: { again: string }) {
  return (
    <>
      <PageTitle title="Not connected" />
      <Banner tone="bad" title="Nothing was changed.">
        <p>
          This took longer than ten minutes, was answered before, or was begun in another browser or before you signed
          in. Start again.
        </p>
      </Banner>
      <p>
        <a class="button primary" href={again}>
          Start again
        </a>
      </p>
    </>
  );
}
