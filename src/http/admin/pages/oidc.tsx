/** @jsxImportSource preact */
import type { Visit } from '../../../accounts/accounts.ts';
import { type Arrival, ERRAND_MS, type Purpose, type Setback, type SingleSignOn } from '../../../accounts/oidc.ts';
import { AppError } from '../../../lib/errors.ts';
import { Alert } from '../components/form.tsx';
import { startOf } from '../components/oidc.tsx';
import { PageTitle } from '../components/parts.tsx';
import type { AdminRequest, AdminRoute, MoveOutcome, Outcome, PageOutcome, UserRequest } from '../route.ts';
import { cookie, isOwnRequest, readCookie, sessionToken } from '../session.ts';
import { LINK_PATH, SetFirstPassword } from './account-oidc.tsx';
import { invitationPage } from './links.tsx';
import { enter, nextOf, signInPage } from './sign-in.tsx';

/** The way to the provider and back, and what people do with their link to it. */

const COOKIE = 'lts_oidc';
const CALLBACK = '/admin/oidc/callback';
const ACCOUNT = '/admin/account';

const isSecure = ({ services }: AdminRequest) => services.publicUrl().startsWith('https:');

/** @throws AppError not_found where none is set */
function singleSignOn({ services }: AdminRequest): SingleSignOn {
  const found = services.accounts.singleSignOn;
  if (found === null) throw new AppError('not_found', 'Single sign-on is not set up on this server.');
  return found;
}

/** Sends the browser to the provider, with the cookie it has to bring back. */
async function depart(
  request: AdminRequest,
  purpose: Purpose,
  hint: string | null = null,
): Promise<Departed | Setback> {
  const { services } = request;
  const begun = await singleSignOn(request).begin(purpose, `${services.publicUrl()}${CALLBACK}`, hint);
  if (!begun.ok) return begun;
  return { ok: true, url: begun.url, cookies: [cookie(COOKIE, begun.kept, isSecure(request), ERRAND_MS / 1000)] };
}
interface Departed {
  ok: true;
  url: string;
  cookies: readonly string[];
}

async function start(request: AdminRequest): Promise<Outcome> {
  const { query, services } = request;
  if (services.accounts.needsSetUp()) return { to: '/admin/welcome' };
  const invite = query.get('invite');
  const next = nextOf(query.get('next') ?? '');
  // Other sites' pages begin nothing here: whoever comes from there presses the button.
  if (!isOwnRequest(request.request, services.publicUrl())) return { to: '/admin/sign-in' };
  const purpose: Purpose =
    invite === null ? { kind: 'sign_in', next, another: query.has('another') } : { kind: 'invitation', token: invite };
  const departed = await depart(request, purpose);
  return departed.ok ? { to: departed.url, cookies: departed.cookies } : setbackPage(request, departed, null);
}

async function confirm(request: UserRequest): Promise<Outcome> {
  const { query, services, visit } = request;
  const next = nextOf(query.get('next') ?? '');
  if (!isOwnRequest(request.request, services.publicUrl())) return { to: next };
  const repeat = query.get('repeat') === '1';
  const hint = services.accounts.identities(visit).at(-1)?.email ?? null;
  const departed = await depart(request, { kind: 'confirm', sessionId: visit.session.id, next, repeat }, hint);
  return departed.ok ? { to: departed.url, cookies: departed.cookies } : setbackPage(request, departed, visit);
}

/** A form may not lead to another server (`form-action`): the page that answers it goes on by itself. */
async function link(request: UserRequest): Promise<Outcome> {
  const { visit } = request;
  const { name } = singleSignOn(request);
  const departed = await depart(request, { kind: 'link', sessionId: visit.session.id });
  if (!departed.ok) return setbackPage(request, departed, visit);
  const title = `On to ${name}`;
  const body = (
    <>
      <PageTitle title={title} />
      <p>
        <a class="button primary" href={departed.url}>
          Continue
        </a>
      </p>
    </>
  );
  return { title, body, headers: { refresh: `0; url=${departed.url}` }, cookies: departed.cookies };
}

async function callback(request: AdminRequest): Promise<Outcome> {
  const { services, query } = request;
  const secure = isSecure(request);
  const token = sessionToken(request.request, secure);
  const where = services.where(request.request);
  const visit = token === null ? null : services.accounts.visit(token, where);
  const arrival = await singleSignOn(request).finish(query, readCookie(request.request, COOKIE, secure), visit, where);
  const outcome = arrival.ok ? landed(request, arrival) : setbackPage(request, arrival, visit);
  return { ...outcome, cookies: [...(outcome.cookies ?? []), cookie(COOKIE, '', secure, 0)] };
}

function landed(request: AdminRequest, arrival: Exclude<Arrival, Setback>): MoveOutcome {
  if (arrival.kind === 'linked') return { to: ACCOUNT, notice: 'identity_linked' };
  if (arrival.kind === 'confirmed') {
    const { next: to, repeat } = arrival;
    return repeat ? { to, notice: 'confirmed' } : { to };
  }
  const { signedIn, next } = arrival;
  const waits = signedIn.state === 'second_factor';
  return enter(request, signedIn, waits ? `/admin/second-factor?next=${encodeURIComponent(next)}` : next);
}

/** What happened and what to do: on the page where it was begun, with everything else that can be done there. */
function setbackPage(request: AdminRequest, setback: Setback, visit: Visit | null): PageOutcome {
  const { refused: reason, technical, purpose, message } = setback;
  request.services.log.warn('oidc.refused', { reason, technical, purpose: purpose?.kind ?? null });
  if (reason === 'no_account') return noAccountPage(message, purpose?.kind === 'sign_in' ? purpose.next : '/admin');
  if (purpose?.kind === 'invitation') return invitationPage(request, purpose.token, setback);
  if (visit === null) {
    const next = purpose?.kind === 'sign_in' || purpose?.kind === 'confirm' ? purpose.next : '/admin';
    const refused = { ...setback, message: reason === 'lost' ? `${message} ${sameAddress(request)}` : message };
    return withRetry(signInPage(request, { email: '', next, refused }), setback);
  }
  const back = purpose?.kind === 'confirm' ? purpose.next : ACCOUNT;
  const body = (
    <>
      <PageTitle title="That did not work" />
      <div class="form">
        <Alert text={message} />
        <a href={back}>Go back</a>
      </div>
    </>
  );
  return withRetry({ title: 'That did not work', body, status: 422 }, setback);
}

/** The cookie belongs to one address of the server: where people come by another, it never comes back. */
const sameAddress = ({ services }: AdminRequest) => `Do it at ${services.publicUrl()}/admin, with cookies allowed.`;

function withRetry(page: PageOutcome, { retryAfterSeconds }: Setback): PageOutcome {
  if (retryAfterSeconds === null) return page;
  return { ...page, status: 429, headers: { 'retry-after': String(retryAfterSeconds) } };
}

function noAccountPage(message: string, next: string): PageOutcome {
  const body = (
    <div class="form after">
      <p class="breaks">{message}</p>
      <a class="button primary" href={startOf({ next, another: '1' })}>
        Use another account
      </a>
      <a href="/admin/sign-in">Sign in with e-mail and password</a>
    </div>
  );
  return { title: 'No account here', body, status: 403 };
}

export const oidcRoutes: readonly AdminRoute[] = [
  { method: 'GET', path: '/admin/oidc/start', needs: 'nobody', run: start },
  { method: 'GET', path: CALLBACK, needs: 'nobody', run: callback },
  { method: 'GET', path: '/admin/oidc/confirm', needs: 'user', run: confirm },
  { method: 'POST', path: LINK_PATH, needs: 'user', recent: true, run: link },
  {
    method: 'POST',
    path: '/admin/oidc/unlink',
    needs: 'user',
    recent: true,
    async run({ services, visit, form }) {
      const result = await services.accounts.unlinkIdentity(visit, form.text('issuer'));
      if (!result.ok) throw new AppError('conflict', result.message);
      return { to: ACCOUNT, notice: 'identity_unlinked' };
    },
  },
  {
    method: 'POST',
    path: '/admin/account/first-password',
    needs: 'user',
    recent: true,
    async run({ services, visit, form, csrf }): Promise<Outcome> {
      const result = await services.accounts.setFirstPassword(visit, form.text('password'));
      if (result.ok) return { to: ACCOUNT, notice: 'password_added' };
      const body = <SetFirstPassword csrf={csrf} error={result.message} titled />;
      return { title: 'Set a password', body, status: 422 };
    },
  },
];
