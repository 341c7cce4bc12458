/** @jsxImportSource preact */
import { randomBytes } from 'node:crypto';
import type { Refused } from '../../../accounts/accounts.ts';
import type { Party } from '../../../accounts/webauthn.ts';
import { AppError } from '../../../lib/errors.ts';
import { PASSKEY_JS } from '../../pages/assets.ts';
import { PASSKEYS_NEED, partyFor } from '../components/passkey.tsx';
import type { AdminRequest, AdminRoute, Outcome, PageOutcome, UserRequest } from '../route.ts';
import { cookie, readCookie, sessionToken } from '../session.ts';
import { showCodes } from './account.tsx';
import { NewPasskey, PASSKEYS } from './passkeys-view.tsx';
import { enter, nextOf, secondFactorPage, secure, signInPage } from './sign-in.tsx';

/** What ties a challenge to the browser that asked for it, where nobody is known yet. */
const BROWSER = 'lts_passkey';
const BROWSER_SECONDS = 300;

/** @throws AppError bad_request where there are no passkeys */
function partyOf({ services }: AdminRequest): Party {
  const party = partyFor(services);
  if (party === null) throw new AppError('bad_request', PASSKEYS_NEED);
  return party;
}

/** What this browser calls itself: most people have one of each kind. */
function usualName({ visit }: UserRequest): string {
  return [visit.where.browser, visit.where.os].filter(Boolean).join(' on ') || 'Passkey';
}

function newPage(request: UserRequest, refused: Refused<string> | null): PageOutcome {
  const { services, visit, form, csrf } = request;
  const body = (
    <NewPasskey
      party={partyFor(services)}
      name={refused === null ? usualName(request) : form.text('name')}
      csrf={csrf}
      isFirstFactor={!visit.user.secondFactor}
      refused={refused}
    />
  );
  return { title: 'Add a passkey', body, status: refused === null ? 200 : 422, scripts: [PASSKEY_JS] };
}

async function add(request: UserRequest): Promise<Outcome> {
  const { services, visit, form } = request;
  const input = { name: form.text('name'), answer: form.text('passkey') };
  const result = await services.accounts.passkeys.add(visit, input, partyOf(request));
  if (!result.ok) return newPage(request, result);
  if (result.recoveryCodes !== null) return showCodes(request, result.recoveryCodes);
  return { to: '/admin/account', notice: 'passkey_added' };
}

async function signIn(request: AdminRequest): Promise<Outcome> {
  const { form, services } = request;
  const next = nextOf(form.text('next'));
  const browser = readCookie(request.request, BROWSER, secure(request)) ?? '';
  const where = services.where(request.request);
  const result = await services.accounts.passkeys.signIn(form.text('passkey'), browser, partyOf(request), where);
  return result.ok ? enter(request, result, next) : signInPage(request, { email: '', next, refused: result });
}

async function secondFactor(request: AdminRequest): Promise<Outcome> {
  const { form, services } = request;
  const next = nextOf(form.text('next'));
  const token = sessionToken(request.request, secure(request)) ?? '';
  const where = services.where(request.request);
  const result = await services.accounts.passkeys.secondFactor(token, form.text('passkey'), partyOf(request), where);
  return result.ok ? enter(request, result, next) : secondFactorPage(request, next, result);
}

async function signInOptions(request: AdminRequest): Promise<Outcome> {
  const browser = readCookie(request.request, BROWSER, secure(request)) ?? randomBytes(32).toString('base64url');
  const get = await request.services.accounts.passkeys.beginSignIn(browser, partyOf(request));
  return { json: { get }, cookies: [cookie(BROWSER, browser, secure(request), BROWSER_SECONDS)] };
}

async function secondFactorOptions(request: AdminRequest): Promise<Outcome> {
  const token = sessionToken(request.request, secure(request)) ?? '';
  const get = await request.services.accounts.passkeys.beginSecondFactor(token, partyOf(request));
  return { json: get === null ? { message: 'This sign-in took too long. Sign in again.' } : { get } };
}

async function addOptions(request: UserRequest): Promise<Outcome> {
  const { services, visit, form } = request;
  const result = await services.accounts.passkeys.beginAdd(visit, form.text('name'), partyOf(request));
  return { json: result.ok ? { create: result.options } : { message: result.message } };
}

export const passkeyRoutes: readonly AdminRoute[] = [
  { method: 'POST', path: '/admin/sign-in/passkey', needs: 'nobody', run: signIn },
  { method: 'POST', path: '/admin/sign-in/passkey/options', needs: 'nobody', run: signInOptions },
  { method: 'POST', path: '/admin/second-factor/passkey', needs: 'nobody', run: secondFactor },
  { method: 'POST', path: '/admin/second-factor/passkey/options', needs: 'nobody', run: secondFactorOptions },
  {
    method: 'POST',
    path: '/admin/confirm/passkey/options',
    needs: 'user',
    run: async (request) => ({
      json: { get: await request.services.accounts.passkeys.beginConfirm(request.visit, partyOf(request)) },
    }),
  },
  {
    method: 'GET',
    path: `${PASSKEYS}/new`,
    needs: 'user',
    recent: true,
    run: (request) => newPage(request, null),
  },
  { method: 'POST', path: PASSKEYS, needs: 'user', recent: true, run: add },
  { method: 'POST', path: `${PASSKEYS}/options`, needs: 'user', recent: true, run: addOptions },
  {
    method: 'POST',
    path: `${PASSKEYS}/:id/remove`,
    needs: 'user',
    recent: true,
    async run({ services, visit, params }) {
      const result = await services.accounts.passkeys.remove(visit, params.id ?? '');
      return { to: '/admin/account', ...(result.ok ? { notice: 'passkey_removed' } : {}) };
    },
  },
];
