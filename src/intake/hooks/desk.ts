import type { Clock } from '../../lib/clock.ts';
import type { Vault } from '../../lib/crypto.ts';
import { AppError, errorText } from '../../lib/errors.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Log } from '../../lib/log.ts';
import type { Hook, HookCall, HookMark, HookStore } from '../../store/hooks.ts';
import type { Intake } from '../accept.ts';
import { checksOf, eventInHeaders, eventMark, keptBody, keptHeaders, secretName, senderOf } from './calls.ts';
import { openSecrets } from './secrets.ts';
import type { Challenge } from './sender.ts';
import { type CallResult, CameBefore, type Done, gather, NOTHING, wordsOf } from './taking.ts';
import { mappedLeads, renamedLeads, unitsOf } from './units.ts';
import { verifyCall } from './verify.ts';

export interface HookDeskDeps {
  store: { hooks: HookStore };
  vault: Vault;
  intake: Intake;
  clock: Clock;
  ids: Ids;
  log: Log;
  /** What the bytes say, by their media type. @throws AppError invalid_json, bad_request, unsupported_media_type */
  parseBody(raw: Uint8Array, headers: Headers): Promise<unknown>;
}

export interface IncomingCall {
  method: string;
  headers: Headers;
  raw: Uint8Array;
}

/** Takes the calls of hooks: verifies, reads, stores, and keeps what it did. Spec 3, "Custom webhook". */
export interface HookDesk {
  /** The hook that takes calls at this token; null: there is none, or it is switched off. */
  find(token: string): Hook | null;
  /**
   * Resolves when its leads are on disk, or, where they are to be fetched, what is known of them.
   * @throws AppError invalid_token (not the sender's, or stale), conflict (came before), and as intake does
   */
  take(hook: Hook, call: IncomingCall): Promise<CallResult>;
  /** Takes a kept call once more. It never doubles a lead. @throws AppError conflict, not_found, and as intake does */
  replay(hook: Hook, callId: string): Promise<CallResult>;
  /** Answers the request by which a service makes sure of the address; null: it is none. */
  challenge(hook: Hook, query: URLSearchParams): Challenge | null;
}

export function createHookDesk(deps: HookDeskDeps): HookDesk {
  const { store, vault, clock, ids, log } = deps;

  /** @throws AppError invalid_token @returns what calls are known again by, where they are signed */
  function verified(hook: Hook, { raw, headers }: IncomingCall): string | null {
    const secret = openSecrets(vault, hook)[secretName(hook)];
    const checks = checksOf(hook);
    if (secret === undefined && checks.some(({ type }) => type !== 'none')) {
      throw new AppError('invalid_token', 'The hook has no secret yet to check calls with.');
    }
    const call = { raw, headers, nowMs: clock.now() };
    const verdicts = checks.map((check) => verifyCall(check, secret ?? '', call));
    const good = verdicts.find((verdict) => verdict.ok);
    if (good) return good.signature;
    const [bad] = verdicts;
    throw new AppError('invalid_token', bad?.ok === false ? bad.message : 'The call could not be checked.');
  }

  /** After the commit nothing may turn the answer into an error. */
  async function note(call: HookCall, marks: readonly HookMark[]): Promise<void> {
    try {
      await store.hooks.note(call, marks);
    } catch (error) {
      log.error('hook.not_noted', { hook: call.hookId, reason: errorText(error) });
    }
  }

  async function settled(call: HookCall, work: () => Promise<Done>): Promise<CallResult> {
    try {
      const { marks, ...result } = await work();
      await note({ ...call, outcome: result.outcome, message: result.message, leadIds: result.ids }, marks);
      return result;
    } catch (error) {
      const message = error instanceof AppError ? wordsOf(error) : 'Something went wrong on the server.';
      const came = error instanceof CameBefore ? error : null;
      await note({ ...call, outcome: came ? 'repeated' : 'refused', message, leadIds: came?.leadIds ?? [] }, []);
      throw error;
    }
  }

  async function process(
    hook: Hook,
    callId: string,
    body: unknown,
    headers: Headers,
    signature: string | null,
  ): Promise<Done> {
    const sender = senderOf(hook);
    const reading = sender ? sender.read(body) : { leads: mappedLeads(hook, body) };
    if ('ignored' in reading) return { ...NOTHING, outcome: 'ignored', message: reading.ignored };
    if ('fetch' in reading) return keep(hook, reading.fetch);
    const event = eventInHeaders(hook, headers);
    const leads = sender ? renamedLeads(hook, reading.leads, body) : reading.leads;
    return gather(hook, unitsOf(hook, leads, { callId, event, signature }), deps);
  }

  async function keep(hook: Hook, events: readonly { id: string; detail: Record<string, unknown> }[]): Promise<Done> {
    const fresh = events.filter(({ id }) => store.hooks.seen(hook.id, eventMark(id)) === null);
    if (fresh.length === 0) return { ...NOTHING, outcome: 'repeated', message: 'These leads were fetched before.' };
    await store.hooks.keepEvents(hook.id, fresh);
    const what = fresh.length === 1 ? 'A lead is' : `${fresh.length} leads are`;
    return { ...NOTHING, outcome: 'waiting', message: `${what} being fetched from the sender.` };
  }

  return {
    find(token) {
      const hook = store.hooks.findByToken(vault.hashToken('hook', token));
      return hook?.active ? hook : null;
    },
    take(hook, incoming) {
      const { method, headers, raw } = incoming;
      const at = clock.now();
      const call: HookCall = {
        ...{ id: ids.next('call', at), hookId: hook.id, at, method, headers: keptHeaders(headers, checksOf(hook)) },
        ...{ body: null, bytes: raw.byteLength, verified: false, outcome: 'refused', message: '', leadIds: [] },
      };
      return settled(call, async () => {
        const signature = verified(hook, incoming);
        call.verified = true;
        const body = await deps.parseBody(raw, headers);
        call.body = keptBody(body);
        return process(hook, call.id, body, headers, signature);
      });
    },
    replay(hook, callId) {
      const call = store.hooks.call(hook.id, callId);
      if (call === null) throw new AppError('not_found', 'This call is no longer kept.');
      const { leadIds, verified: isVerified, body, headers } = call;
      if (leadIds.length > 0) {
        return Promise.resolve({
          ...NOTHING,
          outcome: 'repeated',
          message: 'It made its leads before: none was made again.',
          ids: leadIds,
        });
      }
      if (!isVerified)
        throw new AppError('conflict', 'It was not shown to be the sender’s. Let the sender send it again.');
      if (body === null) throw new AppError('conflict', 'Its body could not be read, or was too large to keep.');
      const kept = new Headers(headers.map(([name, value]): [string, string] => [name, value]));
      return settled(call, () => process(hook, call.id, JSON.parse(body), kept, null));
    },
    challenge: (hook, query) => senderOf(hook)?.challenge?.(query, openSecrets(vault, hook)) ?? null,
  };
}
