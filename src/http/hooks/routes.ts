import { Elysia } from 'elysia';
import { checksOf, senderOf } from '../../intake/hooks/calls.ts';
import type { HookDesk } from '../../intake/hooks/desk.ts';
import type { CallResult } from '../../intake/hooks/taking.ts';
import { AppError, notFound } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { Hook } from '../../store/hooks.ts';
import { MAX_JSON_BYTES, readBytes } from '../body.ts';
import { type Challenge, errorHeaders, STATUS, toAppError } from '../errors.ts';
import type { RateLimiter } from '../rate-limit.ts';
import { queryParams } from '../request.ts';

export interface HookDeps {
  desk: HookDesk;
  /** By hook. */
  limit: RateLimiter;
  log: Log;
}

/** Where other services send leads: whoever knows the address, and can sign where that is asked for. Spec 3. */
export function hookRoutes(deps: HookDeps) {
  async function answered(token: string, run: (hook: Hook) => Promise<Response>): Promise<Response> {
    let hook: Hook | null = null;
    try {
      hook = deps.desk.find(token);
      if (hook === null) throw notFound('hook');
      return await run(hook);
    } catch (error) {
      return refused(hook, toAppError(error));
    }
  }

  function refused(hook: Hook | null, failure: AppError): Response {
    const status = STATUS[failure.code];
    if (status >= 500) deps.log.error('hook.failed', { code: failure.code, reason: failure.options.internal });
    const { code, message, details } = failure;
    const headers = errorHeaders(failure, challengeOf(hook));
    return Response.json({ ok: false, error: { code, message, details } }, { status, headers });
  }

  async function take(request: Request, hook: Hook): Promise<Response> {
    const rate = deps.limit.take(hook.id);
    if (rate?.allowed === false) {
      throw new AppError('rate_limited', `Too many calls. Send the next one in ${rate.resetSeconds} s.`, {
        retryAfterSeconds: rate.resetSeconds,
      });
    }
    const { method, headers } = request;
    const raw = await readBytes(request, MAX_JSON_BYTES);
    return accepted(hook, await deps.desk.take(hook, { method, headers, raw }));
  }

  async function challenge(request: Request, hook: Hook): Promise<Response> {
    const answer = deps.desk.challenge(hook, queryParams(request));
    if (answer === null)
      throw new AppError('method_not_allowed', 'Send leads here by POST.', { allow: ['POST', 'PUT'] });
    if (!answer.ok) throw new AppError('insufficient_scope', 'This is not what this hook was set up with.');
    return new Response(answer.body, { headers: { 'content-type': answer.type } });
  }

  type Handled = { request: Request; params: { token: string } };
  const takes = ({ request, params }: Handled) => answered(params.token, (hook) => take(request, hook));
  return new Elysia()
    .post('/hooks/:token', takes, { parse: 'none' })
    .put('/hooks/:token', takes, { parse: 'none' })
    .get('/hooks/:token', ({ request, params }) => answered(params.token, (hook) => challenge(request, hook)));
}

function accepted(hook: Hook, { ids, refused }: CallResult): Response {
  const reply = senderOf(hook)?.reply;
  if (reply === 'empty') return new Response(null, { status: 200 });
  const body = { ok: true, ids, ...(refused.length > 0 ? { refused } : {}) };
  return Response.json(body, { status: reply === 'ok' ? 200 : 202 });
}

/** What is asked for: basic auth by its name, anything else by what it is. RFC 9110, 11.6.1. */
function challengeOf(hook: Hook | null): Challenge {
  const scheme = hook !== null && checksOf(hook).some(({ type }) => type === 'basic') ? 'Basic' : 'Signature';
  return () => `${scheme} realm="LeadToSheet"`;
}
