/** @jsxImportSource preact */
import type { CheckReport } from '../../../sheets/target.ts';
import type { GoogleConnection } from '../../../store/sheets.ts';
import { AreaField, PostForm, Submit, TextField } from '../components/form.tsx';
import { Banner, Card, PageTitle } from '../components/parts.tsx';
import { RemoveAccount } from './google-accounts-view.tsx';
import { ConsentCard, type ConsentChoice, Earlier } from './google-consent-view.tsx';
import { CheckSteps } from './sheet-work-view.tsx';

/** What went wrong with what was sent, each beside its field. */
export interface Wrong {
  link?: string;
  key?: string;
  /** The link of the spreadsheet that somebody has. */
  ownLink?: string;
  /** Why the present sheet can't be left yet. */
  leave?: string;
  /** What the check of the access found. */
  check?: CheckReport;
}

export interface ConnectProps {
  base: string;
  kind: 'local' | 'google';
  link: string;
  choice: ConsentChoice;
  /** The account that rows are written as; null: there is none. */
  inUse: string | null;
  /** The account of the settings, or of the present sheet, which needs no new key; null: there is none. */
  account: string | null;
  /** The account of the present sheet, where no other sheet uses it. */
  removable: Pick<GoogleConnection, 'email' | 'kind'> | null;
  /** Where Google sends people back to. */
  callback: string;
  /** Whether the server has an OAuth client. */
  configured: boolean;
  wrong: Wrong;
  mayConnect: boolean;
  /** Whether the user may see the accounts of the whole server. */
  runsServer: boolean;
  csrf: string;
}

export function Connect(props: ConnectProps) {
  const { base, kind, inUse, choice, callback, configured, wrong, mayConnect, runsServer, csrf } = props;
  return (
    <>
      <PageTitle
        title={kind === 'local' ? 'Connect a Google sheet' : 'Change the sheet'}
        lead={`${inUse === null ? '' : `Connected as ${inUse}. `}Rows go to what you choose from now on. Leads that came in before can be sent along.`}
      />
      <WhatIsWrong wrong={wrong} />
      {mayConnect ? (
        <>
          <ConsentCard {...{ base, callback, configured, choice, csrf }} error={wrong.ownLink} />
          <ServiceAccountCard {...props} />
        </>
      ) : (
        <p>This server has no way to reach Google. Rows stay in the local workbook.</p>
      )}
      {kind === 'google' ? <BackCard {...props} /> : null}
      {mayConnect && runsServer ? (
        <p>
          <a href="/admin/google">Google accounts of this server</a>
        </p>
      ) : null}
    </>
  );
}

function WhatIsWrong({ wrong }: { wrong: Wrong }) {
  return (
    <>
      {wrong.check ? (
        <Banner tone="bad" title="Nothing was changed. Mend this and try again.">
          <div class="work">
            <CheckSteps report={wrong.check} />
          </div>
        </Banner>
      ) : null}
      {wrong.leave ? (
        <Banner tone="bad" title="A write to the present sheet is under way.">
          <p>{wrong.leave}</p>
        </Banner>
      ) : null}
    </>
  );
}

function ServiceAccountCard({ base, link, account, wrong, csrf }: ConnectProps) {
  const keyHelp =
    account === null
      ? 'In the Google Cloud console: IAM & Admin, Service Accounts, your account, Keys, Add key, JSON. It is kept encrypted and never shown again.'
      : `Leave this empty to write as ${account}.`;
  return (
    <Card title="With a service account">
      <PostForm action={`${base}/connect`} csrf={csrf} upload>
        <TextField
          name="link"
          label="Link of the spreadsheet"
          value={link}
          required
          placeholder="https://docs.google.com/spreadsheets/d/…"
          help="Open it in the browser and copy the address. Share it with the service account as an editor."
          error={wrong.link}
        />
        <div class="field">
          <label for="f-key_file">Service account key, as a file</label>
          <input id="f-key_file" type="file" name="key_file" accept=".json,application/json" />
        </div>
        <AreaField
          name="key"
          label="or pasted"
          rows={4}
          code
          placeholder={'{ "type": "service_account", … }'}
          help={keyHelp}
          error={wrong.key}
        />
        <Earlier />
        <Submit text="Check and connect" />
      </PostForm>
    </Card>
  );
}

function BackCard({ base, removable, csrf }: ConnectProps) {
  return (
    <Card title="Back to the local workbook">
      <p>New rows go to CSV files on this server. The spreadsheet stays as it is, and nothing is taken from it.</p>
      <PostForm action={`${base}/local`} csrf={csrf}>
        <Earlier />
        {removable ? <RemoveAccount {...removable} /> : null}
        <button type="submit" class="button">
          Use the local workbook
        </button>
      </PostForm>
    </Card>
  );
}
