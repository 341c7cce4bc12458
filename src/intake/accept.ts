import type { Source } from '../contract/source.ts';
import { SubmissionCreate, type Warning } from '../contract/submission.ts';
import { BatchOfAnything, type BatchResult } from '../contract/submission-batch.ts';
import type { Clock } from '../lib/clock.ts';
import { AppError, type ErrorDetail, errorText, invalid } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { ImportStep } from '../store/imports.ts';
import type { AcceptItem, AcceptOutcome, AcceptResult, FormRef, Lead, RefusedItem, Store } from '../store/store.ts';
import { bodyHash } from './canonical.ts';
import { toldWithFiles, withFiles } from './files/attach.ts';
import type { SentFile } from './files/uploads.ts';
import { isObject } from './normalise.ts';
import { prepareSubmission } from './prepare.ts';
import { adapterOf } from './sources/list.ts';
import type { SpamCheck } from './spam/check.ts';
import type { FillTime } from './spam/rule.ts';
import { compileContract } from './validate.ts';

export interface IntakeDeps {
  store: Pick<Store, 'leads'>;
  clock: Clock;
  log: Log;
  /** What leads that anybody may send are held against. */
  spam: SpamCheck;
  /** Called once a request's leads are on disk, with how many of the site wait for the sheet now. */
  onStored(siteId: string, leads: number): void;
}

export interface SubmitContext {
  siteId: string;
  source: Source;
  idempotencyKey: string | null;
  /** The form of a lead that names none; the source's own when left out. */
  form?: FormRef;
  /** Where leads go whose form somebody may have made up, when the site has too many. */
  otherwise?: FormRef;
  /** Why the source itself takes it for spam; null or left out: it doesn't. */
  spamReason?: string | null;
  /** What its source notes with it. */
  warnings?: readonly Warning[];
  /** What is known of the time it took to fill in the form; null or left out: nothing. */
  fill?: FillTime | null;
  /** The files that came with a single lead. */
  files?: readonly SentFile[];
  /** The step of an import that a batch is the rows of: both are kept, or neither. */
  step?: ImportStep;
}

/** The one way in: validation, sanitising and storing are the same whatever a lead came by. */
export interface Intake {
  /**
   * Takes one lead. Resolves when it is on disk.
   * @throws AppError validation_error, idempotency_key_reused, unavailable; then nothing was stored
   */
  submit(input: unknown, context: SubmitContext): Promise<{ lead: Lead; replayed: boolean }>;
  /** Takes many; the valid ones are committed together, in order. @throws as `submit`, for the whole request */
  submitBatch(input: unknown, context: SubmitContext): Promise<{ results: BatchResult[]; replayed: boolean }>;
}

const contract = compileContract(SubmissionCreate);
const batchContract = compileContract(BatchOfAnything);
const MAX_KEY = 255;
/** How long a batch works before others get their turn. */
const TURN_MS = 8;

export function createIntake({ store, clock, log, spam, onStored }: IntakeDeps): Intake {
  function prepare(input: unknown, context: SubmitContext): AcceptItem {
    const item = prepareItem(input, context, clock.now());
    if ('refused' in item || !adapterOf(context.source).isOpen) return item;
    const { siteId, fill = null, otherwise } = context;
    const spamReason = spam.reasonFor(item.lead, { siteId, fill, sourceReason: item.lead.spamReason });
    return { lead: { ...item.lead, spamReason, ...(otherwise ? { otherwise } : {}) } };
  }

  async function accept(items: readonly AcceptItem[], hash: () => string, context: SubmitContext) {
    const { siteId, idempotencyKey: key } = context;
    checkKey(key);
    const outcome = await store.leads.accept({
      siteId,
      items,
      idempotency: key === null ? null : { key: storedKey(key, context), bodyHash: hash() },
      ...(context.step ? { step: context.step } : {}),
    });
    if (outcome.kind === 'key_reused') {
      throw new AppError(
        'idempotency_key_reused',
        'This Idempotency-Key was used with another body in the last 24 hours. Use a new key for a new lead.',
      );
    }
    if (outcome.kind === 'import_over') throw new AppError('conflict', 'The import was stopped, or goes on elsewhere.');
    const created = createdIn(outcome);
    if (created > 0) tell(siteId, created);
    return { results: outcome.results, replayed: outcome.kind === 'replayed' };
  }

  /** After the commit nothing may turn the answer into an error: a lost wake-up is found by the next sweep. */
  function tell(siteId: string, created: number): void {
    try {
      onStored(siteId, created);
    } catch (error) {
      log.error('intake.not_woken', { site: siteId, reason: errorText(error) });
    }
  }

  /** Other requests get their turn in between: a batch may be 8 MiB of work. */
  async function prepareAll(inputs: readonly unknown[], context: SubmitContext): Promise<AcceptItem[]> {
    const items: AcceptItem[] = [];
    let since = clock.monotonic();
    for (const input of inputs) {
      items.push(prepare(input, context));
      if (clock.monotonic() - since < TURN_MS) continue;
      await new Promise<void>((resolve) => setImmediate(resolve));
      since = clock.monotonic();
    }
    return items;
  }

  return {
    async submit(input, context) {
      const item = prepare(input, context);
      if ('refused' in item) throw invalid(item.refused.message, item.refused.details);
      const { results, replayed } = await accept(
        [item],
        () => bodyHash(toldWithFiles(withoutNulls(input), context.files ?? [])),
        context,
      );
      const [result] = results;
      // Only a replay comes to this: its lead was deleted since.
      if (result?.status === 'refused') throw asError(notTaken(result.refused));
      if (result?.status !== 'created') throw invalid(UNKNOWN_FORM.message, UNKNOWN_FORM.details);
      return { lead: result.lead, replayed };
    },
    async submitBatch(input, context) {
      const submissions = batchItems(input);
      const items = await prepareAll(submissions, context);
      const { results, replayed } = await accept(items, () => bodyHash(submissions.map(withoutNulls)), context);
      return { results: results.map(toBatchResult), replayed };
    },
  };
}

/** A lead as it would be stored, or why it would be refused; nothing is stored. */
export function prepareItem(
  input: unknown,
  context: Pick<SubmitContext, 'source' | 'form' | 'spamReason' | 'warnings' | 'files'>,
  nowMs: number,
): AcceptItem {
  if (!contract.check(input)) return refuse(contract.details(input));
  const { source, form, spamReason = null, warnings = [], files = [] } = context;
  const { overflow, defaultForm } = adapterOf(source);
  const prepared = prepareSubmission(input, {
    ...{ source, nowMs, overflow, defaultForm: form ?? defaultForm },
    hasFiles: files.length > 0,
  });
  if (!prepared.ok) return refuse(prepared.details);
  // The machine's own time: what the store orders leads by may be ahead of it after the clock was set back.
  const lead = { ...prepared.lead, submittedAt: prepared.lead.submittedAt ?? nowMs, spamReason };
  if (warnings.length > 0) lead.body.warnings = [...lead.body.warnings, ...warnings];
  return { lead: withFiles(lead, files) };
}

type BatchRefusal = Extract<BatchResult, { status: 'invalid' }>['error'];

function notTaken({ code, message, details }: RefusedItem): BatchRefusal {
  return { code: code === 'not_found' ? 'not_found' : 'validation_error', message, details: [...details] };
}

const asError = ({ code, message, details }: BatchRefusal) => new AppError(code, message, { details });

const UNKNOWN_FORM: RefusedItem = {
  code: 'validation_error',
  message: 'The lead was not taken: see details.',
  details: [{ path: '/form_id', message: 'There is no such form. Leave it out, or send `form_name`.' }],
};

function refuse(details: readonly ErrorDetail[]): AcceptItem {
  return { refused: { code: 'validation_error', message: 'The lead was not taken: see details.', details } };
}

/** A member that is null is one that is absent: the same lead, so the same body. */
function withoutNulls(input: unknown): unknown {
  if (!isObject(input)) return input;
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
}

function createdIn(outcome: AcceptOutcome): number {
  if (outcome.kind !== 'accepted') return 0;
  return outcome.results.filter((result) => result.status === 'created').length;
}

function toBatchResult(result: AcceptResult, index: number): BatchResult {
  if (result.status === 'created') return { index, status: 'created', id: result.lead.id };
  return { index, status: 'invalid', error: notTaken(result.status === 'refused' ? result.refused : UNKNOWN_FORM) };
}

/**
 * Keys of leads that anybody may send are their own: else a stranger who guesses the next one (`order-1002`) uses it up,
 * and the lead of the site's own back end is refused. No header can hold a line break.
 */
function storedKey(key: string, { source }: SubmitContext): string {
  return adapterOf(source).isOpen ? `open\n${key}` : key;
}

function checkKey(key: string | null): void {
  if (key === null || (key.length > 0 && key.length <= MAX_KEY)) return;
  throw invalid('The Idempotency-Key must have 1 to 255 characters.', [
    { path: '', message: 'Idempotency-Key: 1 to 255 characters' },
  ]);
}

/** @throws AppError validation_error when the request as a whole is no batch */
function batchItems(input: unknown): readonly unknown[] {
  if (batchContract.check(input)) return input.submissions;
  throw invalid('The batch was not taken: see details.', batchContract.details(input));
}
