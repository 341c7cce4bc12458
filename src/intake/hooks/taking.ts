import type { Clock } from '../../lib/clock.ts';
import { AppError } from '../../lib/errors.ts';
import type { CallOutcome, Hook, HookMark, HookStore } from '../../store/hooks.ts';
import type { Intake, SubmitContext } from '../accept.ts';
import type { SenderLead } from './sender.ts';
import { formOf, type Unit } from './units.ts';

const DAY_MS = 86_400_000;

/** What became of a call. */
export interface CallResult {
  outcome: CallOutcome;
  /** The same in words. */
  message: string;
  ids: readonly string[];
  /** Items of a list that made no lead. */
  refused: readonly { index: number; message: string }[];
}

/** What became of a call, with what it is known again by. */
export type Done = CallResult & { marks: readonly HookMark[] };
export const NOTHING = { ids: [], refused: [], marks: [] } as const;

/** A signed call that was taken before. */
export class CameBefore extends AppError {
  readonly leadIds: readonly string[];

  constructor(leadIds: readonly string[]) {
    super('conflict', 'This very call was taken before.');
    this.leadIds = leadIds;
  }
}

export interface TakingDeps {
  store: { hooks: HookStore };
  intake: Intake;
  clock: Clock;
}

/** Takes each unit; what the call says is the sum. @throws what kept every one of them from being taken */
export async function gather(hook: Hook, units: readonly Unit[], deps: TakingDeps): Promise<Done> {
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

async function takeUnit(hook: Hook, unit: Unit, { store, intake, clock }: TakingDeps): Promise<UnitResult> {
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
  if (first === undefined) return message;
  const what = first.path === '' || first.path === '/fields' ? 'it' : first.path.slice(1);
  return `${message.replace(/: see details\.$/, '')}: ${what} ${first.message}`;
}

export const wordsOf = (error: AppError): string => detailed(error);
