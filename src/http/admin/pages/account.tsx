/** @jsxImportSource preact */
import type { Refused } from '../../../accounts/accounts.ts';
import { AppError } from '../../../lib/errors.ts';
import { PASSKEY_JS } from '../../pages/assets.ts';
import { partyFor } from '../components/passkey.tsx';
import { qrSquares } from '../components/qr.tsx';
import type { AdminRoute, Outcome, PageOutcome, UserRequest } from '../route.ts';
import { shownOnce, showOnce } from '../shown-once.tsx';
import { Account, RecoveryCodes, TotpSetUp, type TotpSetUpProps } from './account-view.tsx';

function accountPage({ visit, services, now, csrf }: UserRequest, refused: Refused<string> | null = null): PageOutcome {
  const { accounts } = services;
  const body = (
    <Account
      user={visit.user}
      sessions={accounts.sessions(visit)}
      recoveryCodesLeft={accounts.recoveryCodesLeft(visit)}
      hasPassword={accounts.hasPassword(visit)}
      identities={accounts.identities(visit)}
      provider={accounts.singleSignOn}
      passkeys={accounts.passkeys.list(visit)}
      party={partyFor(services)}
      now={now}
      csrf={csrf}
      refused={refused}
    />
  );
  return { title: 'Your account', body, status: refused === null ? 200 : 422, scripts: [PASSKEY_JS] };
}

const CODES = '/admin/account/recovery-codes';

export const showCodes = (request: UserRequest, codes: readonly string[]): Outcome =>
  showOnce(request, CODES, { title: 'Your recovery codes', body: <RecoveryCodes codes={codes} /> });

async function confirmTotp(request: UserRequest): Promise<Outcome> {
  const { visit, services, form, csrf } = request;
  const result = await services.accounts.confirmTotp(visit, form.text('code'));
  if (result.ok) return showCodes(request, result.recoveryCodes);
  if (result.refused === 'none') return { to: '/admin/account' };
  const [secret, uri] = [form.text('secret'), form.text('uri')];
  return totpPage({ secret, uri: uri.startsWith('otpauth://') ? uri : '#', csrf, error: result.message });
}

async function totpPage(props: Omit<TotpSetUpProps, 'qr'>): Promise<PageOutcome> {
  const body = <TotpSetUp {...props} qr={await qrSquares(props.uri)} />;
  return { title: 'Set up the second factor', body, status: props.error === undefined ? 200 : 422 };
}

export const accountRoutes: readonly AdminRoute[] = [
  { method: 'GET', path: '/admin/account', needs: 'user', run: (request) => accountPage(request) },
  {
    method: 'POST',
    path: '/admin/account/name',
    needs: 'user',
    async run(request) {
      const result = await request.services.accounts.rename(request.visit, request.form.text('name'));
      return result.ok ? { to: '/admin/account', notice: 'saved' } : accountPage(request, result);
    },
  },
  {
    method: 'POST',
    path: '/admin/account/password',
    needs: 'user',
    async run(request) {
      const { form, services, visit } = request;
      const input = { current: form.text('current_password'), password: form.text('password') };
      const result = await services.accounts.changePassword(visit, input);
      return result.ok ? { to: '/admin/account', notice: 'password_changed' } : accountPage(request, result);
    },
  },
  {
    method: 'POST',
    path: '/admin/account/totp',
    needs: 'user',
    recent: true,
    async run({ services, visit, csrf }) {
      const result = await services.accounts.beginTotp(visit);
      if (!result.ok) return { to: '/admin/account' };
      return totpPage({ secret: result.secret, uri: result.uri, csrf, error: undefined });
    },
  },
  { method: 'POST', path: '/admin/account/totp/confirm', needs: 'user', recent: true, run: confirmTotp },
  {
    method: 'POST',
    path: '/admin/account/totp/off',
    needs: 'user',
    recent: true,
    async run({ services, visit }) {
      await services.accounts.dropTotp(visit);
      return { to: '/admin/account', notice: 'second_factor_off' };
    },
  },
  {
    method: 'POST',
    path: CODES,
    needs: 'user',
    recent: true,
    async run(request) {
      const result = await request.services.accounts.renewRecoveryCodes(request.visit);
      return result.ok ? showCodes(request, result.recoveryCodes) : { to: '/admin/account' };
    },
  },
  {
    method: 'GET',
    path: CODES,
    needs: 'user',
    run: (request) => shownOnce(request, { href: '/admin/account', text: 'Go to your account' }),
  },
  {
    method: 'POST',
    path: '/admin/account/sessions/end-others',
    needs: 'user',
    async run({ services, visit }) {
      await services.accounts.revokeOtherSessions(visit);
      return { to: '/admin/account', notice: 'sessions_ended' };
    },
  },
  {
    method: 'POST',
    path: '/admin/account/sessions/:id/end',
    needs: 'user',
    async run({ services, visit, params }) {
      const ended = await services.accounts.revokeSession(visit, params.id ?? '');
      if (!ended.ok) throw new AppError('not_found', ended.message);
      return { to: '/admin/account', notice: 'session_ended' };
    },
  },
];
