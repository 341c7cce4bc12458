import { letGo } from '../../../sheets/hand-over.ts';
import type { CheckReport } from '../../../sheets/target.ts';
import type { GoogleApi } from '../../../sheets/targets/google/api.ts';
import { checkAccess } from '../../../sheets/targets/google/check.ts';
import { spreadsheetIdOf } from '../../../sheets/targets/google/connect.ts';
import { parseServiceAccount, type ServiceAccount } from '../../../sheets/targets/google/service-account.ts';
import { localBook } from '../../../sheets/targets/local/workbook.ts';
import type { NewSheetTarget } from '../../../store/sheets.ts';
import { record } from '../audit.ts';
import { AreaField, PostForm, Submit, TextField } from '../components/form.tsx';
import { Banner, Card, PageTitle } from '../components/parts.tsx';
import type { Outcome, PageOutcome, SiteRequest } from '../route.ts';
import type { GoogleDesk } from '../services.ts';
import { startSheetWork } from './sheet-work.ts';
import { CheckSteps } from './sheet-work-view.tsx';

/** What went wrong with what was sent, each beside its field. */
interface Wrong {
  link?: string;
  key?: string;
  /** Why the present sheet can't be left yet. */
  leave?: string;
  /** What the check of the access found. */
  check?: CheckReport;
}

interface ConnectProps {
  base: string;
  kind: 'local' | 'google';
  link: string;
  /** The account of the settings, or of the present sheet, which needs no new key; null: there is none. */
  account: string | null;
  wrong: Wrong;
  mayConnect: boolean;
  csrf: string;
}

export function Connect({ base, kind, link, account, wrong, mayConnect, csrf }: ConnectProps) {
  const keyHelp =
    account === null
      ? 'In the Google Cloud console: IAM & Admin, Service Accounts, your account, Keys, Add key, JSON. It is kept encrypted and never shown again.'
      : `Leave this empty to write as ${account}.`;
  return (
    <>
      <PageTitle
        title={kind === 'local' ? 'Connect a Google sheet' : 'Change the sheet'}
        lead="Rows go there from now on. Leads that came in before can be sent along."
      />
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
      {mayConnect ? (
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
      ) : (
        <p>This server has no way to reach Google. Rows stay in the local workbook.</p>
      )}
      {kind === 'google' ? (
        <Card title="Back to the local workbook">
          <p>New rows go to CSV files on this server. The spreadsheet stays as it is, and nothing is taken from it.</p>
          <PostForm action={`${base}/local`} csrf={csrf}>
            <Earlier />
            <button type="submit" class="button">
              Use the local workbook
            </button>
          </PostForm>
        </Card>
      ) : null}
    </>
  );
}

function Earlier() {
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

async function page(request: SiteRequest, link: string, wrong: Wrong): Promise<PageOutcome> {
  const { site, services, csrf } = request;
  const { sheets } = services.store;
  const target = sheets.target(site.id);
  const made = await services.google?.apiFor(target);
  const body = (
    <Connect
      base={`/admin/s/${site.id}/sheet`}
      kind={target.kind}
      link={link}
      account={made?.ok ? made.api.email : null}
      wrong={wrong}
      mayConnect={services.google !== null}
      csrf={csrf}
    />
  );
  return { title: 'Connect a sheet', body, status: Object.keys(wrong).length === 0 ? 200 : 422 };
}

export function connectPage(request: SiteRequest): Promise<Outcome> {
  return page(request, request.services.store.sheets.target(request.site.id).url ?? '', {});
}

/** Rows go to a Google spreadsheet, if everything about the access is well; else nothing is changed. */
export async function connectGoogle(request: SiteRequest): Promise<Outcome> {
  const { site, services, form } = request;
  const { store, google, clock } = services;
  const link = form.text('link');
  if (google === null) return page(request, link, { key: 'This server has no way to reach Google.' });
  const named = spreadsheetIdOf(link);
  const account = await accountGiven(request, google);
  if (!named.ok || !account.ok) {
    const wrong: Wrong = {};
    if (!named.ok) wrong.link = named.message;
    if (!account.ok) wrong.key = account.message;
    return page(request, link, wrong);
  }
  const book = named.spreadsheetId;
  const { api } = account;
  const check = await checkAccess(api, book, { clock, random: Math.random, selfTest: true });
  if (!check.ok) return page(request, link, { check });
  const info = await api.info(book);
  const connectionId = account.given
    ? (await google.keepAccount(account.given.account, account.given.text)).id
    : account.connectionId;
  const wrong = await turnTo(request, {
    kind: 'google',
    book,
    connectionId,
    title: info.ok ? info.value.title : null,
    url: info.ok ? info.value.url : `https://docs.google.com/spreadsheets/d/${book}/edit`,
  });
  if (wrong !== null) return page(request, link, wrong);
  const now = clock.now();
  await store.sheets.updateBook(book, { selfTestedAt: now, checkedAt: now });
  return { to: `/admin/s/${site.id}/sheet`, notice: 'connected' };
}

/** Rows go to CSV files in the data folder. */
export async function connectLocal(request: SiteRequest): Promise<Outcome> {
  const { site } = request;
  const book = localBook(site.id);
  const wrong = await turnTo(request, { kind: 'local', book, connectionId: null, title: null, url: null });
  if (wrong !== null) return page(request, '', wrong);
  return { to: `/admin/s/${site.id}/sheet`, notice: 'connected' };
}

/** Lets go of the present sheet and turns to the next, while no flush of the site is under way. */
async function turnTo(request: SiteRequest, target: NewSheetTarget): Promise<Wrong | null> {
  const { site, services, form } = request;
  const { store, sync, google } = services;
  const before = store.sheets.target(site.id);
  const wrong = await sync.exclusively(site.id, async (at): Promise<Wrong | null> => {
    if (google !== null) {
      const held = await letGo(store.sheets, async () => google.driver, at, target.book, false);
      if (held !== null) return { leave: `It can’t be asked what became of it: ${held.message} Try again later.` };
    }
    const set = await store.sheets.setTarget(site.id, target);
    return set === 'conflict'
      ? { link: 'This spreadsheet belongs to another site. Each site needs one of its own.' }
      : null;
  });
  if (wrong !== null) return wrong;
  await record(request, {
    action: 'sheet.connected',
    objectId: null,
    before: { target: before.kind, book: before.book },
    after: { target: target.kind, book: target.book },
  });
  if (form.text('send_earlier') === 'yes') startSheetWork(services, site.id, 'backfill');
  sync.sweep();
  return null;
}

type Account =
  | {
      ok: true;
      api: GoogleApi;
      given: { account: ServiceAccount; text: string } | null;
      /** Of the account in use, where no other was given; null: that of the settings. */
      connectionId: string | null;
    }
  | { ok: false; message: string };

/** The key that was sent, whose text is a secret and never repeated; else the account in use. */
async function accountGiven({ site, services, form }: SiteRequest, google: GoogleDesk): Promise<Account> {
  const file = form.file('key_file');
  const text = file === null ? form.text('key').trim() : await file.text();
  if (text !== '') {
    const parsed = parseServiceAccount(text);
    if (!parsed.ok) return parsed;
    const { account } = parsed;
    return { ok: true, api: google.apiOfAccount(account), given: { account, text }, connectionId: null };
  }
  const target = services.store.sheets.target(site.id);
  const made = await google.apiFor(target);
  if (made.ok) return { ok: true, api: made.api, given: null, connectionId: target.connectionId };
  return { ok: false, message: 'Choose the key file of a service account, or paste what is in it.' };
}
