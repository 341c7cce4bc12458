import type { HostedForm } from '../../contract/hosted-form.ts';
import type { Intake, SubmitContext } from '../../intake/accept.ts';
import type { SentFile } from '../../intake/files/uploads.ts';
import type { FormControl, FormParts } from '../../intake/forms/control.ts';
import { checkHosted, type HostedProblems, hostedValues } from '../../intake/hosted/check.ts';
import { jsonPointer } from '../../intake/pointer.ts';
import { checkRenderToken, makeRenderToken } from '../../intake/spam/render-token.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Vault } from '../../lib/crypto.ts';
import { AppError, invalid } from '../../lib/errors.ts';
import type { Ids } from '../../lib/ids.ts';
import { once } from '../../lib/once.ts';
import type { Endpoint } from '../../store/endpoints.ts';
import type { HostedFormStore } from '../../store/hosted-forms.ts';
import type { Lead, Site } from '../../store/store.ts';
import { STATUS, toAppError } from '../errors.ts';
import { aboutCaller, visitorHeaders } from './answer.ts';
import { type CaptchaDeps, checkCaptcha } from './captcha.ts';
import { captchaHosts } from './captcha-scripts.ts';
import type { HostedView } from './hosted-page.tsx';

export interface HostedDeps extends CaptchaDeps {
  store: CaptchaDeps['store'] & { hostedForms: Pick<HostedFormStore, 'get'> };
  intake: Pick<Intake, 'submit'>;
  vault: Pick<Vault, 'hashToken'>;
  ids: Pick<Ids, 'next'>;
  clock: Clock;
  publicUrl(): string;
}

/** A hosted form that was sent. */
export interface HostedPost extends FormParts {
  request: Request;
  endpoint: Endpoint;
  site: Site;
  form: HostedForm;
  files: readonly SentFile[];
}

/** Why a hosted form was not taken, with all that its page is shown again with. */
export class HostedRefusal extends AppError {
  constructor(
    failure: AppError,
    readonly post: HostedPost,
    readonly problems: HostedProblems,
  ) {
    super(failure.code, failure.message, failure.options);
  }
}

const CHECK = 'The form was not sent: see details.';
const FILES_GONE = 'Choose your files again: browsers don’t keep them.';

/** The pages at /h/{id}, and what is sent by them. Spec 3, "Hosted form". */
export function createHosted(deps: HostedDeps) {
  const { store, vault, clock, ids } = deps;
  const pages = once(() => import('./hosted-page.tsx'));

  async function answer(view: Omit<HostedView, 'captcha'>, endpoint: Endpoint, site: Site, status: number) {
    const captcha = store.captchas.get(site.id);
    const { hostedPage } = await pages();
    return new Response(hostedPage({ ...view, captcha }), {
      status,
      headers: {
        ...visitorHeaders(site, { ...captchaHosts(captcha), 'form-action': redirectHosts(endpoint) }),
        // With less a browser would not say that the form comes from here. Fetch, 3.1.
        'referrer-policy': 'same-origin',
      },
    });
  }

  /** One that is good still is kept: it says how long the form has been filled in. */
  function renderToken(endpointId: string, former: string | null): string {
    const now = clock.now();
    const isGood = former !== null && typeof checkRenderToken(vault, endpointId, former, now) === 'object';
    return isGood ? former : makeRenderToken(vault, endpointId, now);
  }

  function marksOf(endpoint: Endpoint, control: Pick<FormControl, 'renderToken' | 'idempotencyKey' | 'referrer'>) {
    return {
      render: renderToken(endpoint.id, control.renderToken),
      key: control.idempotencyKey ?? ids.next('req', clock.now()),
      referrer: control.referrer,
    };
  }

  /** Stores it; a form that was changed after it was sent once is another lead, and not a repeat. */
  async function submit(submission: unknown, context: SubmitContext): Promise<Lead> {
    try {
      return (await deps.intake.submit(submission, context)).lead;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'idempotency_key_reused') throw error;
      return (await deps.intake.submit(submission, { ...context, idempotencyKey: null })).lead;
    }
  }

  async function keep(post: HostedPost, spamReason: string | null): Promise<Lead> {
    const { request, endpoint, site, form, files, fields, control } = post;
    const { idempotencyKey } = control;
    const submission = {
      fields: hostedValues(form, fields),
      ...aboutCaller(request),
      page_url: `${deps.publicUrl()}/h/${endpoint.id}${searchOf(request)}`,
      referrer: control.referrer,
    };
    return await submit(submission, {
      siteId: site.id,
      source: 'hosted_form',
      idempotencyKey,
      form: { by: 'key', key: `hosted:${endpoint.id}`, name: form.title },
      spamReason,
      fill: checkRenderToken(vault, endpoint.id, control.renderToken, clock.now()),
      warnings: await checkCaptcha(deps, site.id, control, idempotencyKey),
      files,
    });
  }

  return {
    /** The form that what was sent belongs to; null: it is somebody else's form. */
    formOf: (endpoint: Endpoint, { renderToken: token }: FormControl): HostedForm | null =>
      token === null ? null : (store.hostedForms.get(endpoint.id)?.form ?? null),

    /** The page of an endpoint; null where it has none that is published. */
    async show(request: Request, endpoint: Endpoint, site: Site): Promise<Response | null> {
      const stored = store.hostedForms.get(endpoint.id);
      if (!stored?.published) return null;
      const marks = marksOf(endpoint, { renderToken: null, idempotencyKey: null, referrer: cameFrom(request) });
      const at = { site, endpoint, form: stored.form, search: searchOf(request), marks };
      return await answer({ ...at, typed: {}, problems: new Map(), alert: null }, endpoint, site, 200);
    },

    /**
     * Takes what was sent.
     * @param spamReason why it is taken for spam already; nothing is asked of a bot
     * @throws HostedRefusal
     */
    async take(post: HostedPost, spamReason: string | null): Promise<Lead> {
      const { form, fields, files } = post;
      let problems: HostedProblems = new Map();
      try {
        if (spamReason === null) {
          problems = checkHosted(form, { fields, files: new Set(files.map(({ field }) => field)) });
        }
        if (problems.size > 0) throw invalid(CHECK, detailsOf(form, problems));
        return await keep(post, spamReason);
      } catch (error) {
        throw new HostedRefusal(toAppError(error), post, problems);
      }
    },

    /** The page once more, with everything that was typed. */
    async showAgain({ post, problems, code, message, details }: HostedRefusal): Promise<Response> {
      const { request, endpoint, site, form, control, fields, files } = post;
      const said = problems.size > 0 ? [] : [message, ...details.map((detail) => detail.message)];
      if (files.length > 0) said.push(FILES_GONE);
      const marks = marksOf(endpoint, control);
      const at = { site, endpoint, form, search: searchOf(request), marks, typed: fields, problems };
      return await answer({ ...at, alert: said.join(' ') || null }, endpoint, site, STATUS[code]);
    },
  };
}

export type Hosted = ReturnType<typeof createHosted>;

const searchOf = ({ url }: Request): string => new URL(url).search;

/** The page before this one, where it is one. */
function cameFrom(request: Request): string | null {
  const from = URL.parse(request.headers.get('referer') ?? '');
  const isOther = from !== null && /^https?:$/.test(from.protocol) && from.host !== new URL(request.url).host;
  return isOther ? from.href : null;
}

/** Browsers hold the way on after a form against the page's policy too. CSP 3, 6.4.1. */
function redirectHosts({ answer, redirectUrl }: Endpoint): readonly string[] {
  return answer === 'redirect' && redirectUrl !== null ? [new URL(redirectUrl).origin] : [];
}

const detailsOf = (form: HostedForm, problems: HostedProblems) =>
  form.fields.flatMap(({ id, name }) => {
    const message = problems.get(id);
    return message === undefined ? [] : [{ path: jsonPointer(['fields', name]), message }];
  });
