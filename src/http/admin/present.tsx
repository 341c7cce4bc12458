/** @jsxImportSource preact */
import type { Visit } from '../../accounts/accounts.ts';
import { can, seesSite } from '../../accounts/permissions.ts';
import type { AppError } from '../../lib/errors.ts';
import { PASSKEY_JS } from '../pages/assets.ts';
import { ADMIN_HEADERS } from '../pages/headers.ts';
import { renderPage } from '../pages/page.tsx';
import { Alert, PostForm, Submit, TextField } from './components/form.tsx';
import { ConfirmElsewhere } from './components/oidc.tsx';
import { PageTitle } from './components/parts.tsx';
import { OrPasskey, PasskeyForm, partyFor } from './components/passkey.tsx';
import { AdminFrame, PlainFrame } from './frame.tsx';
import { lastSite, rememberSite } from './last-site.ts';
import { noticeOf } from './notices.ts';
import type { AdminRequest, PageOutcome, UserRequest } from './route.ts';
import { withCookies } from './session.ts';

/** Puts a page into its frame and sends it. */
export function respondPage(request: AdminRequest, visit: Visit | null, page: PageOutcome, status?: number): Response {
  const html = renderPage(visit === null ? plain(request, page) : framed(request, visit, page));
  return new Response(html, {
    status: status ?? page.status ?? 200,
    headers: withCookies(
      {
        ...ADMIN_HEADERS,
        'content-type': 'text/html; charset=utf-8',
        ...siteCookie(request, visit),
        ...page.headers,
      },
      page.cookies,
    ),
  });
}

/** So that `/admin` leads back to the site that was looked at last. */
function siteCookie({ params, services }: AdminRequest, visit: Visit | null): Readonly<Record<string, string>> {
  const site = services.store.sites.get(params.site ?? '');
  return visit !== null && site !== null && seesSite(visit.user, site.id)
    ? { 'set-cookie': rememberSite(site.id) }
    : {};
}

function plain({ query }: AdminRequest, { title, body, scripts = [] }: PageOutcome) {
  const notice = noticeOf(query);
  return (
    <PlainFrame title={title} scripts={scripts}>
      {notice ? (
        <p class="toast" role="status">
          {notice}
        </p>
      ) : null}
      {body}
    </PlainFrame>
  );
}

function framed(request: AdminRequest, visit: Visit, { title, body, scripts = [] }: PageOutcome) {
  const { services, params, query, csrf } = request;
  const sites = services.store.sites.list().filter(({ id }) => seesSite(visit.user, id));
  // Pages of the server keep the way back to the site that one came from.
  const siteId = params.site ?? lastSite(request.request);
  const site = sites.find(({ id }) => id === siteId) ?? null;
  return (
    <AdminFrame
      title={title}
      current={placeOf(request)}
      user={visit.user}
      runsServer={can(visit.user, 'system.read')}
      site={site}
      sites={sites}
      csrf={csrf}
      notice={noticeOf(query)}
      scripts={scripts}
    >
      {body}
    </AdminFrame>
  );
}

/** Pages that the sidebar does not name, and the one they belong to. */
const WITHIN: Readonly<Record<string, string>> = {
  captcha: 'settings',
  privacy: 'settings',
  audit: 'system',
  google: 'system',
};

/** The part of the address that the sidebar knows: `/admin/s/site_…/leads/sub_…` is in Leads. */
function placeOf({ request }: AdminRequest): string {
  const parts = new URL(request.url).pathname.split('/');
  const [page = '', ...before] = parts.slice(0, parts[2] === 's' ? 5 : 3).reverse();
  return [...before.reverse(), WITHIN[page] ?? page].join('/');
}

/** What went wrong, as a page. */
export function errorPage({ message, details }: AppError): PageOutcome {
  const title = 'That did not work';
  const body = (
    <>
      <PageTitle title={title} />
      <p>{message}</p>
      {details.length > 0 ? (
        <ul>
          {details.map((detail) => (
            <li key={detail.path}>{detail.message}</li>
          ))}
        </ul>
      ) : null}
      <p>
        <a href="/admin">Go to the start</a>
      </p>
    </>
  );
  return { title, body };
}

/** Asks for the password, and keeps what was sent: it is done right after. Who has none signs in elsewhere again. */
export function confirmPage(asked: UserRequest, method: string, error: string | null): PageOutcome {
  if (!asked.services.accounts.hasPassword(asked.visit)) return confirmElsewhere(asked, method, error);
  const { csrf } = asked;
  const { action, kept } = resent(asked, method);
  const body = (
    <>
      <PageTitle title={CONFIRM} lead="This needs your password again: it was given more than 15 minutes ago." />
      <PostForm action={action} csrf={csrf}>
        {kept.map(([name, value]) => (
          <input key={`${name} ${value}`} type="hidden" name={name} value={value} />
        ))}
        <TextField
          name="confirm_password"
          label="Password"
          type="password"
          autocomplete="current-password"
          required
          autofocus
          error={error ?? undefined}
        />
        <Submit text="Go on" />
      </PostForm>
      <ConfirmByPasskey asked={asked} method={method} />
    </>
  );
  return { title: CONFIRM, body, status: error === null ? 200 : 422, scripts: [PASSKEY_JS] };
}

const CONFIRM = 'Confirm it is you';
const PROOFS: ReadonlySet<string> = new Set(['csrf', 'confirm_password', 'confirm_passkey']);

/** Where to send again what was sent. */
function resent({ request, form }: UserRequest, method: string) {
  const here = new URL(request.url).pathname;
  if (method !== 'POST') return { action: '/admin/confirm', kept: [['next', here]] as const };
  return { action: here, kept: form.entries().filter(([name]) => !PROOFS.has(name)) };
}

function ConfirmByPasskey({ asked, method }: { asked: UserRequest; method: string }) {
  const party = partyFor(asked.services);
  if (party === null || asked.visit.user.passkeys === 0) return null;
  return (
    <>
      <OrPasskey party={party} />
      <PasskeyForm
        party={party}
        {...resent(asked, method)}
        name="confirm_passkey"
        options="/admin/confirm/passkey/options"
        csrf={asked.csrf}
        text="Use a passkey"
      />
    </>
  );
}

/** What was sent can't be kept on the way there and back: it says so, and leads back to the page it was sent from. */
function confirmElsewhere(asked: UserRequest, method: string, error: string | null): PageOutcome {
  const { request, services } = asked;
  const name = services.accounts.singleSignOn?.name ?? null;
  const repeat = method === 'POST';
  const from = repeat ? request.headers.get('referer') : request.url;
  const { pathname, search } = URL.parse(from ?? '') ?? { pathname: '/admin', search: '' };
  const body = (
    <>
      <ConfirmElsewhere name={name} next={`${pathname}${search}`} repeat={repeat} />
      {error === null ? null : <Alert text={error} />}
      <ConfirmByPasskey asked={asked} method={method} />
    </>
  );
  return { title: CONFIRM, body, status: error === null ? 200 : 422, scripts: [PASSKEY_JS] };
}
