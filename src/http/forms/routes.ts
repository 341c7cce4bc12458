import { Elysia } from 'elysia';
import { MAX_FIELD_NAME } from '../../contract/submission.ts';
import type { Intake } from '../../intake/accept.ts';
import type { Uploads } from '../../intake/files/uploads.ts';
import { type FormControl, readFormParts } from '../../intake/forms/control.ts';
import { readScript, type ScriptFacts } from '../../intake/forms/script.ts';
import { cleanLine, cutText } from '../../intake/text.ts';
import type { Clock } from '../../lib/clock.ts';
import { AppError, notFound } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { networkOf } from '../../lib/networks.ts';
import { once } from '../../lib/once.ts';
import type { Endpoint, EndpointStore } from '../../store/endpoints.ts';
import type { FormRef, Site, SiteStore } from '../../store/store.ts';
import { errorHeaders, STATUS, toAppError } from '../errors.ts';
import { type Answer, sendJson } from '../json.ts';
import type { RateLimiter } from '../rate-limit.ts';
import { together } from '../together.ts';
import {
  aboutCaller,
  CORS,
  checkDomain,
  PREFLIGHT,
  redirectOf,
  thanksOf,
  visitorHeaders,
  wantsJson,
} from './answer.ts';
import { readSentForm, type SentForm } from './body.ts';
import { checkCaptcha } from './captcha.ts';
import { createHosted, type HostedDeps, HostedRefusal } from './hosted.ts';

export interface FormDeps extends HostedDeps {
  store: HostedDeps['store'] & { sites: Pick<SiteStore, 'get'>; endpoints: Pick<EndpointStore, 'get'> };
  intake: Pick<Intake, 'submit'>;
  /** The caller's address; null where it is not known. */
  addressOf(request: Request): string | null;
  /** By caller, and by endpoint. */
  limits: { caller: RateLimiter; endpoint: RateLimiter };
  uploads: Uploads;
  /** Lifts the server's own time-outs from a connection; what it gives back puts them in force again. */
  liftTimeout(request: Request): () => void;
  clock: Clock;
  log: Log;
}

/** An endpoint with its site. */
interface Place {
  endpoint: Endpoint;
  site: Site;
}

const TRAPPED = 'Its hidden trap field was filled in, which only a bot sees.';

/** Where web forms are sent to, for anybody. Spec 3, "Form endpoint". */
export function formRoutes(deps: FormDeps) {
  const pages = once(() => import('./pages.tsx'));
  const hosted = createHosted(deps);

  /** @throws AppError not_found */
  function placeOf(id: string): Place {
    const endpoint = deps.store.endpoints.get(id);
    const site = endpoint && deps.store.sites.get(endpoint.siteId);
    if (!endpoint || !site) throw notFound('form endpoint');
    return { endpoint, site };
  }

  async function answered<T>(request: Request, id: string, run: (place: Place) => Promise<T>): Promise<T | Response> {
    let place: Place | null = null;
    try {
      place = placeOf(id);
      return await run(place);
    } catch (error) {
      return refused(request, place, toAppError(error));
    }
  }

  async function refused(request: Request, place: Place | null, failure: AppError): Promise<Response> {
    const status = STATUS[failure.code];
    const told = { code: failure.code, reason: failure.options.internal };
    // That many files come at once is for nobody to mend.
    if (status >= 500) deps.log[told.reason === undefined ? 'warn' : 'error']('form.failed', told);
    const headers = { ...CORS, ...errorHeaders(failure) };
    const isHosted = failure instanceof HostedRefusal;
    if (wantsJson(request, isHosted ? null : (place?.endpoint ?? null))) {
      const { code, message, details } = failure;
      // `message`: where scripts written for Web3Forms look for it.
      return Response.json({ ok: false, message, error: { code, message, details } }, { status, headers });
    }
    if (isHosted) return hosted.showAgain(failure);
    const { refusalPage } = await pages();
    const { site = null } = place ?? {};
    return new Response(refusalPage(site, failure), { status, headers: { ...visitorHeaders(site), ...headers } });
  }

  async function take(request: Request, set: Answer, place: Place): Promise<Response | string> {
    checkDomain(place.site, request, deps.publicUrl);
    checkRate(request, place.endpoint, deps);
    await together();
    const { uploads, clock, liftTimeout } = deps;
    const upload = uploads.begin(place.site.id);
    try {
      const sent = await readSentForm(request, { upload, limits: uploads.limits, clock, liftTimeout });
      return await takeSent(request, set, sent, place);
    } finally {
      await upload.settle();
    }
  }

  async function takeSent(request: Request, set: Answer, sent: SentForm, { endpoint, site }: Place) {
    const { fields, control } = readFormParts(sent.entries, endpoint.honeypot);
    const spamReason = control.isTrapped ? TRAPPED : null;
    const form = hosted.formOf(endpoint, control);
    if (form !== null) {
      const post = { request, endpoint, site, form, fields, control, files: sent.files };
      const { id } = await hosted.take(post, spamReason);
      if (wantsJson(request, null)) return jsonAnswer(set, { id });
      return onward(endpoint, endpoint.answer === 'redirect' ? endpoint.redirectUrl : null);
    }
    const script = readScript(control.script, request.headers.get('user-agent'));
    const idempotencyKey = request.headers.get('idempotency-key') ?? control.idempotencyKey;
    const { lead } = await deps.intake.submit(submissionOf(fields, control, script, request), {
      siteId: site.id,
      source: script === null ? 'form_endpoint' : 'sdk',
      idempotencyKey,
      form: formOf(endpoint, script),
      otherwise: formOf(endpoint, null),
      spamReason,
      warnings: await checkCaptcha(deps, site.id, control, idempotencyKey),
      fill: script?.elapsedMs == null ? null : { ms: script.elapsedMs },
      files: sent.files,
    });
    if (wantsJson(request, endpoint)) {
      const thanks = thanksOf(endpoint);
      return jsonAnswer(set, {
        id: lead.id,
        ...(script === null ? {} : { thanks }),
        ...(control.hasAccessKey ? { success: true, message: thanks.text } : {}),
      });
    }
    const next = endpoint.answer === 'thanks' ? null : redirectOf(control.redirect, endpoint, site, request.headers);
    return onward(endpoint, next);
  }

  return new Elysia()
    .post(
      '/f/:id',
      ({ request, params, set }) => answered(request, params.id, (place) => take(request, set as Answer, place)),
      { parse: 'none' },
    )
    .options('/f/:id', () => new Response(null, { status: 204, headers: PREFLIGHT }))
    .get('/f/:id', ({ request, params }) =>
      answered(request, params.id, async ({ site }) => {
        const { endpointPage } = await pages();
        return new Response(endpointPage(site), { status: 405, headers: { ...visitorHeaders(site), allow: 'POST' } });
      }),
    )
    .get('/f/:id/thanks', ({ request, params }) =>
      answered(request, params.id, async ({ endpoint, site }) => {
        const { thanksPage } = await pages();
        const lang = deps.store.hostedForms.get(endpoint.id)?.form.lang;
        return new Response(thanksPage(site, endpoint, lang), { headers: visitorHeaders(site) });
      }),
    )
    .get('/h/:id', async ({ request, params: { id } }) => {
      const endpoint = deps.store.endpoints.get(id);
      const site = endpoint && deps.store.sites.get(endpoint.siteId);
      const page = endpoint && site && (await hosted.show(request, endpoint, site));
      if (page) return page;
      const { noFormPage } = await pages();
      return new Response(noFormPage(), { status: 404, headers: visitorHeaders(site) });
    });
}

function jsonAnswer(set: Answer, content: Record<string, unknown>): string {
  Object.assign(set.headers, CORS);
  return sendJson(set, { ok: true, ...content });
}

/** @param to where to; null: to the thanks page */
const onward = ({ id }: Endpoint, to: string | null) =>
  new Response(null, { status: 302, headers: { ...CORS, location: to ?? `/f/${id}/thanks` } });

/** @throws AppError rate_limited */
function checkRate(request: Request, endpoint: Endpoint, { addressOf, limits }: FormDeps): void {
  const address = addressOf(request);
  const byCaller = address === null ? null : limits.caller.take(networkOf(address));
  const byEndpoint = byCaller?.allowed === false ? null : limits.endpoint.take(endpoint.id);
  const over = [byCaller, byEndpoint].find((each) => each?.allowed === false);
  if (!over) return;
  throw new AppError('rate_limited', `Too many forms were sent. Wait ${over.resetSeconds} s and send it again.`, {
    retryAfterSeconds: over.resetSeconds,
  });
}

/** The form of a lead that names none: the one our script knows again, else that of the endpoint. */
function formOf({ id, name }: Endpoint, script: ScriptFacts | null): FormRef {
  const known = script?.form;
  return known
    ? { by: 'key', key: `sdk:${known.fingerprint}`, name: known.name || name }
    : { by: 'key', key: `endpoint:${id}`, name };
}

/** A form as the contract has it: what the visitor typed, and what his browser and our script say beside it. */
function submissionOf(
  fields: Record<string, unknown>,
  control: FormControl,
  script: ScriptFacts | null,
  request: Request,
) {
  const asked = control.formName ?? script?.formName;
  const name = asked ? cutText(cleanLine(asked), MAX_FIELD_NAME) : '';
  const mail = { subject: control.subject, reply_to: control.replyTo };
  const said = Object.fromEntries(Object.entries(mail).filter(([, value]) => value !== null));
  const metadata = { ...script?.context.metadata, ...said };
  return {
    fields,
    ...(name === '' ? {} : { form_name: name }),
    page_url: request.headers.get('referer'),
    ...aboutCaller(request),
    ...script?.context,
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
  };
}
