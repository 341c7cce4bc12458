import { Elysia } from 'elysia';
import type { Visit } from '../../accounts/accounts.ts';
import { can, siteAccess } from '../../accounts/permissions.ts';
import { sameText } from '../../lib/crypto.ts';
import { AppError } from '../../lib/errors.ts';
import { STATUS, toAppError } from '../errors.ts';
import { isMultipart } from '../media-type.ts';
import { ADMIN_HEADERS } from '../pages/headers.ts';
import { queryParams } from '../request.ts';
import { partyFor } from './components/passkey.tsx';
import { NO_FORM, readForm } from './form-data.ts';
import { withNotice } from './notices.ts';
import { confirmPage, errorPage, respondPage } from './present.tsx';
import type { AdminRequest, AdminRoute, Outcome, UserRequest } from './route.ts';
import type { AdminServices } from './services.ts';
import { isOwnRequest, sessionToken, withCookies } from './session.ts';

/** Mounts the pages. Each request goes the same way: who asks, where from, what they may do, then the page itself. */
export function adminRoutes(routes: readonly AdminRoute[], services: AdminServices) {
  const app = new Elysia().all('/admin/*', ({ request }) => answer(request, {}, null, services), { parse: 'none' });
  for (const route of routes) {
    const handle = ({ request, params }: { request: Request; params?: Record<string, string> }) =>
      answer(request, params ?? {}, route, services);
    if (route.method === 'GET') app.get(route.path, handle);
    else app.post(route.path, handle, { parse: 'none' });
  }
  return app;
}

async function answer(
  request: Request,
  params: Record<string, string>,
  route: AdminRoute | null,
  services: AdminServices,
): Promise<Response> {
  const secure = services.publicUrl().startsWith('https:');
  const token = sessionToken(request, secure);
  const visit = token === null ? null : services.accounts.visit(token, services.where(request));
  const base: AdminRequest = {
    request,
    params,
    query: queryParams(request),
    form: NO_FORM,
    now: services.clock.now(),
    services,
    csrf: token !== null && visit !== null ? services.accounts.csrfToken(token) : '',
  };
  try {
    if (route === null) throw new AppError('not_found', 'There is no such page.');
    const form = route.method === 'POST' ? await ownForm(request, base, 'streams' in route) : NO_FORM;
    const outcome = await run(route, { ...base, form }, visit);
    return 'body' in outcome ? respondPage({ ...base, form }, visit, outcome) : move(outcome);
  } catch (error) {
    const failure = toAppError(error);
    if (STATUS[failure.code] >= 500) {
      services.log.error('admin.failed', { code: failure.code, reason: failure.options.internal });
    }
    return respondPage(base, visit, errorPage(failure), STATUS[failure.code]);
  }
}

/** @throws AppError insufficient_scope for a form that is none of ours */
async function ownForm(request: Request, { services, csrf }: AdminRequest, streams: boolean) {
  const foreign = new AppError(
    'insufficient_scope',
    'This form is out of date. Go back, load the page again, and repeat.',
  );
  if (!isOwnRequest(request, services.publicUrl())) throw foreign;
  // Its file comes as a stream, and is read by the page itself.
  if (streams && isMultipart(request.headers.get('content-type') ?? '')) return NO_FORM;
  const form = await readForm(request);
  if (csrf !== '' && !sameText(form.text('csrf'), csrf)) throw foreign;
  return form;
}

async function run(route: AdminRoute, request: AdminRequest, visit: Visit | null): Promise<Outcome> {
  if (route.needs === 'nobody') return route.run(request as AdminRequest);
  if (visit === null) return { to: signInFor(request) };
  const asked: UserRequest = { ...request, visit };
  if ('of' in route) {
    const site = request.services.store.sites.get(request.params.site ?? '');
    const access = site === null ? 'not_found' : siteAccess(visit.user, route.needs, site.id);
    if (site === null || access === 'not_found') throw new AppError('not_found', 'There is no such page.');
    if (access === 'forbidden') throw notAllowed();
    return (await confirmed(route, asked)) ?? route.run({ ...asked, site });
  }
  if (route.needs !== 'user' && !can(visit.user, route.needs)) throw notAllowed();
  return (await confirmed(route, asked)) ?? route.run(asked);
}

const notAllowed = () =>
  new AppError('insufficient_scope', 'Your role does not let you do this. Ask an owner or admin.');

/** Null to go on. What was sent is kept while the password is asked for again. */
async function confirmed(
  { recent, method }: { recent?: true; method: string },
  request: UserRequest,
): Promise<Outcome | null> {
  const { visit, services, form } = request;
  if (!recent || services.accounts.isRecent(visit)) return null;
  const password = form.text('confirm_password');
  const passkey = form.text('confirm_passkey');
  const party = partyFor(services);
  if (password === '' && (passkey === '' || party === null)) return confirmPage(request, method, null);
  const { accounts } = services;
  const result =
    passkey === '' || party === null
      ? await accounts.confirmPassword(visit, password)
      : await accounts.passkeys.confirm(visit, passkey, party);
  return result.ok ? null : confirmPage(request, method, result.message);
}

/** Where to sign in, and where to go on after that: only ever to a page of ours. */
function signInFor({ request, services }: AdminRequest): string {
  if (services.accounts.needsSetUp()) return '/admin/welcome';
  const path =
    request.method === 'GET' ? request.url.slice(request.url.indexOf('/', request.url.indexOf('://') + 3)) : '/admin';
  return `/admin/sign-in?next=${encodeURIComponent(path)}`;
}

function move(outcome: Exclude<Outcome, { body: unknown }>): Response {
  if ('json' in outcome) {
    const headers = withCookies({ ...ADMIN_HEADERS, 'content-type': 'application/json' }, outcome.cookies);
    return new Response(JSON.stringify(outcome.json), { headers });
  }
  if ('html' in outcome) return new Response(outcome.html, { headers: { ...ADMIN_HEADERS, ...outcome.headers } });
  if ('file' in outcome) {
    const name = outcome.name.replace(/[^\w.-]/g, '_');
    return new Response(outcome.file, {
      headers: {
        ...ADMIN_HEADERS,
        'content-type': outcome.type,
        'content-disposition': `attachment; filename="${name}"`,
      },
    });
  }
  const location = withNotice(outcome.to, outcome.notice);
  const headers = { ...ADMIN_HEADERS, ...outcome.headers, location };
  return new Response(null, { status: 303, headers: withCookies(headers, outcome.cookies) });
}
