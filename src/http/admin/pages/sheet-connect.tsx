/** @jsxImportSource preact */
import { can } from '../../../accounts/permissions.ts';
import type { GoogleApi } from '../../../sheets/targets/google/api.ts';
import { checkAccess } from '../../../sheets/targets/google/check.ts';
import { spreadsheetIdOf } from '../../../sheets/targets/google/connect.ts';
import { parseServiceAccount, type ServiceAccount } from '../../../sheets/targets/google/service-account.ts';
import { localBook } from '../../../sheets/targets/local/workbook.ts';
import type { NoticeCode } from '../notices.ts';
import type { Outcome, PageOutcome, SiteRequest } from '../route.ts';
import type { GoogleDesk } from '../services.ts';
import { removableOf, removeAccount } from './google-accounts.tsx';
import type { ConsentChoice } from './google-consent-view.tsx';
import { accountOf, callbackUrl } from './sheet-account.ts';
import { Connect, type Wrong } from './sheet-connect-view.tsx';
import { type NotTurned, turnTo } from './sheet-turn.ts';

interface Typed {
  link?: string;
  choice?: ConsentChoice;
}

/** The page, with what was typed and what is wrong with it. */
export async function connectForm(request: SiteRequest, typed: Typed, wrong: Wrong): Promise<PageOutcome> {
  const { site, services, visit, csrf } = request;
  const target = services.store.sheets.target(site.id);
  const made = await services.google?.apiFor(target);
  const callback = callbackUrl(services);
  const body = (
    <Connect
      base={`/admin/s/${site.id}/sheet`}
      kind={target.kind}
      link={typed.link ?? ''}
      choice={typed.choice ?? { what: 'new', link: '' }}
      inUse={await accountOf(services, target)}
      account={made?.ok && made.api.connectionKind === 'service_account' ? made.api.email : null}
      removable={removableOf(request, target)}
      callback={callback}
      configured={(services.google?.oauth(callback) ?? null) !== null}
      wrong={wrong}
      mayConnect={services.google !== null}
      runsServer={can(visit.user, 'system.edit')}
      csrf={csrf}
    />
  );
  return { title: 'Connect a sheet', body, status: Object.keys(wrong).length === 0 ? 200 : 422 };
}

export function connectPage(request: SiteRequest): Promise<Outcome> {
  return connectForm(request, { link: request.services.store.sheets.target(request.site.id).url ?? '' }, {});
}

/** Rows go to a Google spreadsheet, if everything about the access is well; else nothing is changed. */
export async function connectGoogle(request: SiteRequest): Promise<Outcome> {
  const { site, services, form } = request;
  const { store, google, clock } = services;
  const link = form.text('link');
  const page = (wrong: Wrong) => connectForm(request, { link }, wrong);
  if (google === null) return page({ key: 'This server has no way to reach Google.' });
  const named = spreadsheetIdOf(link);
  const account = await accountGiven(request, google);
  if (!named.ok || !account.ok) {
    const wrong: Wrong = {};
    if (!named.ok) wrong.link = named.message;
    if (!account.ok) wrong.key = account.message;
    return page(wrong);
  }
  const book = named.spreadsheetId;
  const { api } = account;
  const check = await checkAccess(api, book, { clock, random: Math.random, selfTest: true });
  if (!check.ok) return page({ check });
  const info = await api.info(book);
  const connectionId = account.given
    ? (await google.keepAccount(account.given.account, account.given.text)).id
    : account.connectionId;
  const target = {
    kind: 'google',
    book,
    connectionId,
    title: info.ok ? info.value.title : null,
    url: info.ok ? info.value.url : `https://docs.google.com/spreadsheets/d/${book}/edit`,
  } as const;
  const wrong = await turnTo(request, target, form.text('send_earlier') === 'yes');
  if (wrong !== null) return page(besideItsField(wrong));
  const now = clock.now();
  await store.sheets.updateBook(book, { selfTestedAt: now, checkedAt: now });
  return { to: `/admin/s/${site.id}/sheet`, notice: 'connected' };
}

const besideItsField = (wrong: NotTurned): Wrong => ('taken' in wrong ? { link: wrong.taken } : wrong);

/** Rows go to CSV files in the data folder. The account that wrote may be removed with its last sheet. */
export async function connectLocal(request: SiteRequest): Promise<Outcome> {
  const { site, services, form } = request;
  const book = localBook(site.id);
  const removable = removableOf(request, services.store.sheets.target(site.id));
  const target = { kind: 'local', book, connectionId: null, title: null, url: null } as const;
  const wrong = await turnTo(request, target, form.text('send_earlier') === 'yes');
  if (wrong !== null) return connectForm(request, {}, besideItsField(wrong));
  let notice: NoticeCode = 'connected';
  if (form.text('remove_account') === 'yes' && removable !== null) notice = await removeAccount(request, removable);
  return { to: `/admin/s/${site.id}/sheet`, notice };
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
