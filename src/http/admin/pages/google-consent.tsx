/** @jsxImportSource preact */
import { siteAccess } from '../../../accounts/permissions.ts';
import { AppError } from '../../../lib/errors.ts';
import type { CheckReport } from '../../../sheets/target.ts';
import { checkAccess } from '../../../sheets/targets/google/check.ts';
import { ensureSpreadsheet, spreadsheetIdOf } from '../../../sheets/targets/google/connect.ts';
import {
  codeChallengeOf,
  consentProblem,
  type OAuthFlow,
  type OAuthGrant,
  reachOf,
} from '../../../sheets/targets/google/oauth.ts';
import type { GoogleConnection, SheetProblem } from '../../../store/sheets.ts';
import { record } from '../audit.ts';
import type { NoticeCode } from '../notices.ts';
import type { AdminRoute, Outcome, SiteRequest, UserRequest } from '../route.ts';
import type { GoogleDesk } from '../services.ts';
import { removableOf, removeAccount } from './google-accounts.tsx';
import { FailedPage, GoingPage, OtherAccountPage, StalePage } from './google-consent-view.tsx';
import { type Consent, consentsOf, type NewConsent } from './google-consents.ts';
import { accountOf, CALLBACK_PATH, callbackUrl, isSignInTrouble } from './sheet-account.ts';
import { connectForm } from './sheet-connect.tsx';
import { TAKEN, turnTo } from './sheet-turn.ts';

/*
 * Connecting a person's Google account: to Google's consent page and back (OAuth 2.0 authorization code with PKCE, RFC
 * 6749 and 7636). Whatever goes wrong on the way, the sheet stays as it was until everything about the next is well.
 */

const sheetOf = (siteId: string) => `/admin/s/${siteId}/sheet`;
const pageOf = ({ siteId, id }: Pick<Consent, 'siteId' | 'id'>) => `${sheetOf(siteId)}/google/${id}`;

function deskOf({ services }: UserRequest): GoogleDesk {
  if (services.google === null) throw new AppError('conflict', 'This server has no way to reach Google.');
  return services.google;
}

function flowOf(request: UserRequest): OAuthFlow {
  const flow = deskOf(request).oauth(callbackUrl(request.services));
  if (flow === null)
    throw new AppError('conflict', 'This server has no OAuth client. The sheet’s page says how to set it.');
  return flow;
}

/** Notes what is wanted, and sends the browser to Google by way of a page of ours. */
async function start(request: SiteRequest): Promise<Outcome> {
  const { site, services, visit, form } = request;
  flowOf(request);
  const wanted = wantedBy(request);
  if ('error' in wanted) {
    const choice = { what: 'link', link: form.text('own_link') } as const;
    return connectForm(request, { choice }, { ownLink: wanted.error });
  }
  const consent = consentsOf(services).begin(visit, { siteId: site.id, ...wanted });
  const after = { what: wanted.wish.what, all_spreadsheets: wanted.reach === 'any' };
  await record(request, { action: 'google.consent_started', objectId: null, after });
  return { to: pageOf(consent) };
}

function wantedBy({ site, services, form }: SiteRequest): Omit<NewConsent, 'siteId'> | { error: string } {
  const { sheets } = services.store;
  const sendEarlier = form.text('send_earlier') === 'yes';
  switch (form.text('what')) {
    case 'new':
      return { wish: { what: 'new', sendEarlier }, reach: 'own', email: null };
    case 'link': {
      const named = spreadsheetIdOf(form.text('own_link'));
      if (!named.ok) return { error: named.message };
      const book = named.spreadsheetId;
      if (sheets.targets().some((each) => each.book === book && each.siteId !== site.id)) return { error: TAKEN };
      return { wish: { what: 'link', book, sendEarlier }, reach: 'any', email: null };
    }
    case 'again': {
      const { kind, connectionId } = sheets.target(site.id);
      if (kind !== 'google') throw new AppError('conflict', 'Rows of this site go to no spreadsheet any more.');
      const known = connectionId === null ? null : sheets.connection(connectionId);
      return { wish: { what: 'again' }, reach: known ? reachOf(known.scopes) : 'any', email: known?.email ?? null };
    }
    default:
      throw new AppError('bad_request', 'Choose what rows should go to.');
  }
}

/** Where somebody stands on the way: off to Google, asked something, or told what went wrong. */
function consentPage(request: SiteRequest): Outcome {
  const { site, services, visit, params, csrf } = request;
  const consent = consentsOf(services).find(visit, site.id, params.consent ?? '');
  const base = sheetOf(site.id);
  const again = `${base}/connect`;
  if (consent === null || consent.phase.is === 'returned') {
    return { title: 'Not connected', body: <StalePage again={again} />, status: 409 };
  }
  const { phase } = consent;
  const action = pageOf(consent);
  if (phase.is === 'asked') return going(request, consent);
  if (phase.is === 'failed') {
    const { problem, check, grant } = phase;
    const start = consent.wish.what === 'again' ? base : again;
    const body = <FailedPage {...{ action, problem, check, csrf }} again={start} held={grant !== null} />;
    return { title: 'Not connected', body, status: 422 };
  }
  const { grant, inUse } = phase;
  const removable = removableOf(request, services.store.sheets.target(site.id));
  const body = <OtherAccountPage {...{ action, base, inUse, removable, csrf }} email={grant.email} />;
  return { title: 'Use another account?', body };
}

/**
 * A form of ours may send to this server alone (`form-action`), and Google may send on to anybody's sign-in page: so it
 * is a page that leads away, not the answer to a form.
 */
function going(request: SiteRequest, { state, verifier, reach, email }: Consent): Outcome {
  const codeChallenge = codeChallengeOf(verifier);
  const url = flowOf(request).consentUrl({ state, codeChallenge, reach, ...(email ? { loginHint: email } : {}) });
  return { title: 'Going to Google', body: <GoingPage url={url} />, headers: { refresh: `0; url=${url}` } };
}

/** Google sends people back here. The site is that of the state; whether they may still change it is looked at anew. */
async function callback(request: UserRequest): Promise<Outcome> {
  const { services, visit, query } = request;
  const consents = consentsOf(services);
  const consent = consents.take(visit, query.get('state') ?? '');
  if (consent === null) return { title: 'Not connected', body: <StalePage again="/admin" />, status: 409 };
  const site = services.store.sites.get(consent.siteId);
  const access = site === null ? 'not_found' : siteAccess(visit.user, 'sheet.edit', site.id);
  if (site === null || access !== 'allowed') {
    consents.put(consent, null);
    throw new AppError(
      'insufficient_scope',
      'You may not change the sheet of this site any more. Ask an owner or admin.',
    );
  }
  const at: SiteRequest = { ...request, site };
  const error = query.get('error');
  if (error !== null) return failed(at, consent, { problem: consentProblem(error) });
  const { verifier: codeVerifier, reach } = consent;
  const granted = await flowOf(at).exchangeCode({ code: query.get('code') ?? '', codeVerifier, reach });
  return granted.ok ? settle(at, consent, granted.value) : failed(at, consent, { problem: granted.problem });
}

/** Somebody said what to do with a sign-in that waits. */
async function answer(request: SiteRequest): Promise<Outcome> {
  const { site, services, visit, params, form } = request;
  const consents = consentsOf(services);
  const consent = consents.find(visit, site.id, params.consent ?? '');
  const phase = consent?.phase;
  const grant = phase?.is === 'other_account' || phase?.is === 'failed' ? phase.grant : null;
  if (consent === null || grant === null) return { to: `${sheetOf(site.id)}/google/${params.consent}` };
  if (form.text('answer') === 'go-on') {
    if (phase?.is === 'other_account') {
      consent.replaces = { inUse: phase.inUse, isRemoved: form.text('remove_account') === 'yes' };
    }
    consents.put(consent, { is: 'returned' });
    return settle(request, consent, grant);
  }
  consents.put(consent, null);
  await record(request, { action: 'google.consent_dropped', objectId: null, after: { email: grant.email } });
  return { to: sheetOf(site.id), notice: await dropped(request, grant) };
}

/** Nobody wants what Google gave: it is given back, unless that would end what sheets are written as. */
async function dropped(request: SiteRequest, { email, refreshToken }: OAuthGrant): Promise<NoticeCode> {
  const { services } = request;
  if (services.store.sheets.connections().some((each) => each.kind === 'oauth' && each.email === email)) {
    return 'nothing_changed';
  }
  return (await flowOf(request).revoke(refreshToken)).ok ? 'consent_given_back' : 'account_not_revoked';
}

interface Failure {
  problem: SheetProblem;
  check?: CheckReport;
  grant?: OAuthGrant;
}

async function failed(request: SiteRequest, consent: Consent, { problem, check, grant }: Failure): Promise<Outcome> {
  consentsOf(request.services).put(consent, { is: 'failed', problem, check: check ?? null, grant: grant ?? null });
  await record(request, { action: 'google.consent_failed', objectId: null, after: { problem: problem.code } });
  return { to: pageOf(consent) };
}

/** With Google's sign-in in hand: the sheet is connected, or goes on. Nothing is stored before all is well. */
async function settle(request: SiteRequest, consent: Consent, grant: OAuthGrant): Promise<Outcome> {
  const { site, services } = request;
  const target = services.store.sheets.target(site.id);
  if (consent.wish.what === 'again' && target.kind !== 'google')
    return { to: sheetOf(site.id), notice: 'nothing_changed' };
  const inUse = await accountOf(services, target);
  if (inUse !== null && inUse !== grant.email && consent.replaces?.inUse !== inUse) {
    consentsOf(services).put(consent, { is: 'other_account', grant, inUse });
    return { to: pageOf(consent) };
  }
  const notice = consent.wish.what === 'again' && inUse === grant.email ? 'signed_in_again' : 'connected';
  if (notice === 'connected') {
    const turned = await connectBook(request, consent, grant);
    if (turned !== null) return failed(request, consent, turned);
  } else await keep(request, grant);
  consentsOf(services).put(consent, null);
  const removable = consent.replaces?.isRemoved ? target.connectionId : null;
  const told = removable === null ? null : await removeOld(request, removable);
  return { to: sheetOf(site.id), notice: told ?? (grant.hint === null ? notice : 'connected_for_days') };
}

/** Null: there was nothing special about it. */
async function removeOld(request: SiteRequest, connectionId: string): Promise<NoticeCode | null> {
  const old = request.services.store.sheets.connection(connectionId);
  const notice = old === null ? null : await removeAccount(request, old);
  return notice === 'account_not_revoked' ? notice : null;
}

/** Makes or checks the spreadsheet, stores the sign-in and turns the site to it. Null: it is done. */
async function connectBook(request: SiteRequest, consent: Consent, grant: OAuthGrant): Promise<Failure | null> {
  const { site, services } = request;
  const { store, clock } = services;
  const { wish, nonce } = consent;
  const api = deskOf(request).apiOfGrant(grant);
  const made = wish.what === 'new' ? await ensureSpreadsheet(api, site.name, nonce) : null;
  if (made?.ok === false) return { problem: made.failure.problem, grant };
  const known = wish.what === 'link' ? wish.book : store.sheets.target(site.id).book;
  const book = made?.value.spreadsheetId ?? known;
  const check = await checkAccess(api, book, { clock, random: Math.random, selfTest: true });
  const wrong = check.steps.find((step) => step.problem !== null)?.problem;
  if (wrong) return { problem: wrong, check, grant };
  const info = await api.info(book);
  const [connection] = await keep(request, grant);
  const url = `https://docs.google.com/spreadsheets/d/${book}/edit`;
  const turned = await turnTo(
    request,
    {
      kind: 'google',
      book,
      connectionId: connection?.id ?? null,
      title: info.ok ? info.value.title : site.name,
      url: info.ok ? info.value.url : url,
    },
    wish.what !== 'again' && wish.sendEarlier,
  );
  if (turned !== null) {
    const message = 'taken' in turned ? turned.taken : turned.leave;
    return { problem: { code: 'not_turned', message, technical: null }, grant };
  }
  const now = clock.now();
  await store.sheets.updateBook(book, { selfTestedAt: now, checkedAt: now });
  return null;
}

/** Stores the sign-in. Every sheet that stood still for want of it goes on, whichever site it is of; files too. */
async function keep(request: SiteRequest, grant: OAuthGrant): Promise<readonly GoogleConnection[]> {
  const { store, sync } = request.services;
  const kept = await deskOf(request).keepGrant(grant);
  const ids = new Set(kept.map(({ id }) => id));
  const { email, scopes } = grant;
  await record(request, {
    action: 'google.account_connected',
    objectId: kept[0]?.id ?? null,
    after: { email, scopes },
  });
  for (const { siteId, connectionId } of store.sheets.targets()) {
    if (connectionId === null || !ids.has(connectionId)) continue;
    // Not beside a flush: one that began with the old sign-in would pause the sheet once more.
    const isResumed = await sync.exclusively(siteId, async ({ target }) => {
      if (target.status !== 'paused' || !isSignInTrouble(target.problem?.code ?? null)) return false;
      await store.sheets.resume(siteId);
      return true;
    });
    const after = { why: 'signed_in_again' };
    if (isResumed) await record(request, { action: 'sheet.resumed', objectId: null, siteId, after });
  }
  // Files that wait for this account's Drive are tried at once.
  for (const { siteId, account } of store.drive.sites()) if (account === email) await store.drive.again(siteId);
  sync.sweep();
  return kept;
}

const edit = { needs: 'sheet.edit', of: 'site' } as const;

export const googleConsentRoutes: readonly AdminRoute[] = [
  { method: 'POST', path: '/admin/s/:site/sheet/google', ...edit, run: start },
  { method: 'GET', path: '/admin/s/:site/sheet/google/:consent', ...edit, run: consentPage },
  { method: 'POST', path: '/admin/s/:site/sheet/google/:consent', ...edit, run: answer },
  { method: 'GET', path: CALLBACK_PATH, needs: 'user', run: callback },
];
