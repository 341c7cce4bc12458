import type { Clock } from '../../lib/clock.ts';
import type { Vault } from '../../lib/crypto.ts';
import { AppError, errorText } from '../../lib/errors.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Log } from '../../lib/log.ts';
import type { CallOutcome, Hook, HookCall, HookMark, HookStore } from '../../store/hooks.ts';
import type { Intake, SubmitContext } from '../accept.ts';
import { checkOf, eventInHeaders, eventMark, keptBody, keptHeaders, secretName, senderOf } from './calls.ts';
import { openSecrets } from './secrets.ts';
import type { Challenge, SenderLead } from './sender.ts';
import { formOf, mappedLeads, type Unit, unitsOf } from './units.ts';
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

/** What became of a call. */
export interface CallResult {
  outcome: CallOutcome;
  /** The same in words. */
  message: string;
  ids: readonly string[];
  /** Items of a list that made no lead. */
  refused: readonly { index: number; message: string }[];
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

const DAY_MS = 86_400_000;

export function createHookDesk(deps: HookDeskDeps): HookDesk {
  const { store, vault, clock, ids, log } = deps;

  /** @throws AppError invalid_token @returns what calls are known again by, where they are signed */
  function verified(hook: Hook, { raw, headers }: IncomingCall): string | null {
    const secret = openSecrets(vault, hook)[secretName(hook)];
    const check = checkOf(hook);
    if (secret === undefined && check.type !== 'none') {
      throw new AppError('invalid_token', 'The hook has no secret yet to check calls with.');
    }
    const verdict = verifyCall(check, secret ?? '', { raw, headers, nowMs: clock.now() });
    if (!verdict.ok) throw new AppError('invalid_token', verdict.message);
    return verdict.signature;
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
    return gather(hook, unitsOf(hook, reading.leads, { callId, event, signature }), deps);
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
        ...{ id: ids.next('call', at), hookId: hook.id, at, method, headers: keptHeaders(headers, checkOf(hook)) },
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

type Done = CallResult & { marks: readonly HookMark[] };
const NOTHING = { ids: [], refused: [], marks: [] } as const;

/** A signed call that was taken before. */
class CameBefore extends AppError {
  readonly leadIds: readonly string[];

  constructor(leadIds: readonly string[]) {
    super('conflict', 'This very call was taken before.');
    this.leadIds = leadIds;
  }
}

type Parts = Pick<HookDeskDeps, 'store' | 'intake' | 'clock'>;

/** Takes each unit; what the call says is the sum. @throws what kept every one of them from being taken */
async function gather(hook: Hook, units: readonly Unit[], deps: Parts): Promise<Done> {
  const results = await Promise.allSettled(units.map((unit) => takeUnit(hook, unit, deps)));
  const done = results.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failures = results.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
  // What may succeed later is to be sent again: what was taken now is known then.
  const fault = failures.find((each) => !(each instanceof AppError && each.code === 'validation_error'));
  if (fault !== undefined) throw fault;
  const refused = done.flatMap((each) => each.refused);
  results.forEach((each, index) => {
    if (each.status === 'rejected') refused.push({ index, message: wordsOf(each.reason as AppError) });
  });
  const made = done.flatMap((each) => each.ids);
  if (made.length === 0 && done.every((each) => !each.repeated)) {
    throw failures[0] ?? new AppError('validation_error', refused[0]?.message ?? 'There is no lead in it.');
  }
  const isRepeated = done.length > 0 && done.every((each) => each.repeated);
  return {
    outcome: isRepeated ? 'repeated' : 'taken',
    message: summary(made.length, refused.length, isRepeated),
    ids: made,
    refused,
    marks: done.flatMap((each) => each.marks),
  };
}

function summary(made: number, refused: number, isRepeated: boolean): string {
  if (isRepeated) return 'It came before: its leads were made then.';
  const leads = made === 1 ? 'One lead.' : `${made} leads.`;
  return refused === 0 ? leads : `${leads} ${refused} of the list made none.`;
}

interface UnitResult {
  ids: readonly string[];
  refused: { index: number; message: string }[];
  repeated: boolean;
  marks: readonly HookMark[];
}

async function takeUnit(hook: Hook, unit: Unit, { store, intake, clock }: Parts): Promise<UnitResult> {
  const { leads, key, mark, isEvent } = unit;
  const before = mark === null ? null : store.hooks.seen(hook.id, mark);
  if (before !== null && !isEvent) throw new CameBefore(before);
  if (before !== null) return { ids: before, refused: [], repeated: true, marks: [] };
  const [first] = leads;
  const context: SubmitContext = {
    siteId: hook.siteId,
    source: hook.kind,
    idempotencyKey: key,
    form: formOf(hook, first?.form ?? null),
  };
  const { ids, refused, replayed } = await submitted(
    leads.map((lead) => timely(lead, clock.now())),
    context,
    intake,
  );
  if (replayed && !isEvent && mark !== null) throw new CameBefore(ids);
  return { ids, refused, repeated: replayed, marks: mark === null ? [] : [{ mark, leadIds: ids }] };
}

async function submitted(inputs: readonly SenderLead['input'][], context: SubmitContext, intake: Intake) {
  if (inputs.length === 1) {
    const { lead, replayed } = await intake.submit(inputs[0], context);
    return { ids: [lead.id], refused: [], replayed };
  }
  const { results, replayed } = await intake.submitBatch({ submissions: inputs }, context);
  return {
    ids: results.flatMap((each) => (each.status === 'created' ? [each.id] : [])),
    refused: results.flatMap((each) =>
      each.status === 'created' ? [] : [{ index: each.index, message: detailed(each.error) }],
    ),
    replayed,
  };
}

/** A sender's clock that is ahead refuses no lead: it counts as now. */
function timely({ input }: SenderLead, nowMs: number): SenderLead['input'] {
  const ahead = typeof input.submitted_at === 'string' && Date.parse(input.submitted_at) > nowMs + DAY_MS;
  return ahead ? { ...input, submitted_at: null } : input;
}

/** What was wrong, for the list of calls: with the first detail, without a value of the lead. */
function detailed({ message, details }: Pick<AppError, 'message' | 'details'>): string {
  const [first] = details;
  return first ? `${message} ${first.path} ${first.message}`.replaceAll('  ', ' ') : message;
}

const wordsOf = (error: AppError): string => detailed(error);
