import { backoffMs, type Random } from '../../lib/backoff.ts';
import type { Vault } from '../../lib/crypto.ts';
import { AppError, errorText } from '../../lib/errors.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Log } from '../../lib/log.ts';
import type { CallOutcome, Hook, HookEvent, HookMark } from '../../store/hooks.ts';
import { eventMark, senderOf } from './calls.ts';
import { openSecrets } from './secrets.ts';
import type { AskSender, Fetched, Told } from './sender.ts';
import { gather, type TakingDeps, wordsOf } from './taking.ts';
import { renamedLeads, unitsOf } from './units.ts';

/** One HTTP exchange, read to its end; never throws. As the sheets' client does it. */
export type Exchange = (
  url: string,
  init: RequestInit,
  limits: { clock: TakingDeps['clock']; timeoutMs: number; maxBytes: number; signal?: AbortSignal },
) => Promise<{ status: number; bodyText: string; network?: { message: string } }>;

export interface HookFetcherDeps extends TakingDeps {
  vault: Vault;
  ids: Ids;
  log: Log;
  random: Random;
  exchange: Exchange;
  /** Where each service's API is. */
  urls: Readonly<Partial<Record<Hook['kind'], string>>>;
}

/** Fetches what services only told of. What waits is on disk: a restart goes on where it was. */
export interface HookFetcher {
  /** Tries what is due, some at once; one that fails is tried again later. Never twice at the same time. */
  tend(signal: AbortSignal): Promise<void>;
}

const AT_ONCE = 10;
const TIMEOUT_MS = 15_000;
const MAX_ANSWER = 1_048_576;
/** Senders give leads away for about as long: after that it is told as failed. */
const GIVE_UP_MS = 30 * 86_400_000;
/** How long one that can't be tried waits: its hook is switched off, or has no token yet. */
const IDLE_MS = 60_000;

export function createHookFetcher(deps: HookFetcherDeps): HookFetcher {
  const { store, vault, clock, ids, log, random } = deps;
  const { hooks } = store;

  function askWith(signal: AbortSignal): AskSender {
    return async (url, headers) => {
      const limits = { clock, timeoutMs: TIMEOUT_MS, maxBytes: MAX_ANSWER, signal };
      return toldBy(await deps.exchange(url, { headers: { accept: 'application/json', ...headers } }, limits));
    };
  }

  async function fetchOne(event: HookEvent, signal: AbortSignal): Promise<void> {
    const hook = hooks.byId(event.hookId);
    // It was deleted at this very moment, and the event with it.
    if (hook === null) return;
    const fetchLead = senderOf(hook)?.fetch;
    const base = deps.urls[hook.kind];
    if (fetchLead === undefined || base === undefined) return end(hook, event, 'failed', 'It can not be fetched.', []);
    if (!hook.active) return wait(event, IDLE_MS, 'The webhook is switched off.');
    const found = await fetchLead(event, { ask: askWith(signal), base, secrets: openSecrets(vault, hook) });
    if (signal.aborted) return;
    if (found.ok) await keep(hook, event, found);
    else if (found.final || clock.now() - event.createdAt > GIVE_UP_MS) {
      await end(hook, event, 'failed', found.message, []);
    } else await wait(event, backoffMs(event.attempts + 1, random), found.message);
  }

  async function keep(hook: Hook, event: HookEvent, { lead }: Extract<Fetched, { ok: true }>): Promise<void> {
    const known = { callId: event.id, event: event.id, signature: null };
    try {
      const units = unitsOf(hook, renamedLeads(hook, [lead], event.detail), known);
      const { outcome, message, ids: made, marks } = await gather(hook, units, deps);
      await end(hook, event, outcome, message, made, marks);
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'unavailable') throw error;
      await end(hook, event, 'refused', wordsOf(error), []);
    }
  }

  async function end(
    { id: hookId }: Hook,
    { id }: HookEvent,
    outcome: CallOutcome,
    message: string,
    leadIds: readonly string[],
    marks: readonly HookMark[] = [{ mark: eventMark(id), leadIds }],
  ): Promise<void> {
    const at = clock.now();
    const call = { id: ids.next('call', at), hookId, at, method: 'FETCH', headers: [], body: null, bytes: 0 };
    await hooks.note({ ...call, verified: true, outcome, message, leadIds }, marks);
    await hooks.dropEvent(hookId, id);
  }

  const wait = ({ hookId, id }: HookEvent, delayMs: number, problem: string) =>
    hooks.postponeEvent(hookId, id, clock.now() + delayMs, problem);

  return {
    async tend(signal) {
      const due = hooks.dueEvents(clock.now(), AT_ONCE);
      const tried = await Promise.allSettled(due.map((event) => fetchOne(event, signal)));
      for (const each of tried) {
        if (each.status === 'rejected') log.error('hook.not_fetched', { reason: errorText(each.reason) });
      }
    },
  };
}

/** What an answer means: gone for good, not allowed, or to be asked again. */
function toldBy({ status, bodyText, network }: Awaited<ReturnType<Exchange>>): Told {
  if (network) return { ok: false, told: null, message: `No answer: ${network.message}`, final: false };
  const told = parsed(bodyText);
  if (status >= 200 && status < 300 && told !== null) return { ok: true, told };
  if (status === 401 || status === 403) {
    return { ok: false, told, message: 'The access token is refused: save a new one.', final: false };
  }
  const isGone = status === 404 || status === 410;
  const message = isGone ? 'The sender does not have the lead any more.' : `The sender answered with ${status}.`;
  return { ok: false, told, message, final: isGone };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
