import type { Random } from '../../../lib/backoff.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { SheetProblem } from '../../../store/sheets.ts';
import type { CheckStep } from '../../target.ts';
import type { BatchRequest, GoogleApi, GoogleFailure } from './api.ts';
import { type GoogleProblemCode, ownFailure } from './failures.ts';

/** Whether Google still keeps the two promises that sheet sync is built on, step by step. */
export interface SelfTestReport {
  ok: boolean;
  steps: CheckStep[];
  /** The first step's that failed; null: none did. */
  problem: SheetProblem | null;
}

export interface SelfTestOptions {
  clock: Clock;
  random: Random;
}

export const SELF_TEST_STEPS = {
  create: 'Set a hidden mark',
  refuse: 'The same mark is refused a second time',
  atomic: 'What came with the refused mark was not applied',
  clean: 'Remove the mark',
} as const;

export const PROBE_KEY = 'lts.probe';
/** Probe ids lie above those of guards and column tags. */
const FIRST_ID = 2_000_000_000;
const ID_COUNT = 147_000_000;
const TRIES = 3;
/** A probe this old was left behind by a test that was cut short. */
const LEFTOVER_MS = 3_600_000;

/**
 * Tries on the spreadsheet itself that a metadata id is taken only once, and that a batch with a refused request
 * is refused whole (google-sheets.md 5.3, 5.4): three writes and one read. Leaves nothing behind, and clears away
 * what an aborted test left. An answer that got lost is asked for again: the refusal then proves the same.
 */
export async function selfTest(
  api: GoogleApi,
  spreadsheetId: string,
  options: SelfTestOptions,
): Promise<SelfTestReport> {
  const { clock, random } = options;
  const id = FIRST_ID + 2 * Math.floor(random() * (ID_COUNT / 2));
  const companion = id + 1;
  const value = clock.now().toString(36);
  const steps: CheckStep[] = [];
  const done = (name: string, problem: SheetProblem | null) => {
    steps.push({ name, ok: problem === null, problem });
    return problem === null;
  };

  const created = await send(api, spreadsheetId, [create(id, value)]);
  const first = created.failure?.problem ?? null;
  // In use: the first send of it got through, its answer did not.
  if (!done(SELF_TEST_STEPS.create, first?.code === 'guard_in_use' && created.uncertain ? null : first))
    return end(steps);

  // The mark that must be refused comes last, so that what stands before it has to be taken back.
  const second = await send(api, spreadsheetId, [create(companion, value), create(id, value)]);
  if (!done(SELF_TEST_STEPS.refuse, refusal(api, second.failure))) return end(steps);

  const found = await api.search(spreadsheetId, [{ metadataKey: PROBE_KEY }]);
  if (!found.ok) {
    done(SELF_TEST_STEPS.atomic, found.failure.problem);
    return end(steps);
  }
  const ids = found.value.map((each) => each.metadataId);
  done(SELF_TEST_STEPS.atomic, ids.includes(companion) ? own(api, 'batch_not_atomic') : null);

  const old = found.value.filter((each) => clock.now() - Number.parseInt(each.value, 36) > LEFTOVER_MS);
  const gone = new Set([id, companion, ...old.map((each) => each.metadataId)].filter((each) => ids.includes(each)));
  if (gone.size > 0) {
    const removed = await send(api, spreadsheetId, [...gone].map(remove));
    done(SELF_TEST_STEPS.clean, removed.uncertain ? null : (removed.failure?.problem ?? null));
  }
  return end(steps);
}

function end(steps: CheckStep[]): SelfTestReport {
  const problem = steps.find((step) => !step.ok)?.problem ?? null;
  return { ok: problem === null, steps, problem };
}

/** The refusal is the good outcome here; that the second create works is the alarm. */
function refusal(api: GoogleApi, failure: GoogleFailure | null): SheetProblem | null {
  if (failure === null) return own(api, 'guard_not_refused');
  return failure.problem.code === 'guard_in_use' ? null : failure.problem;
}

const own = (api: GoogleApi, code: GoogleProblemCode): SheetProblem =>
  ownFailure(code, { email: api.email, connectionKind: api.connectionKind, api: 'sheets' }).problem;

/** Sends until the answer is certain, at most `TRIES` times. */
async function send(
  api: GoogleApi,
  spreadsheetId: string,
  requests: readonly BatchRequest[],
): Promise<{ failure: GoogleFailure | null; uncertain: boolean }> {
  let uncertain = false;
  let failure: GoogleFailure | null = null;
  for (let i = 0; i < TRIES; i++) {
    const reply = await api.batchUpdate(spreadsheetId, requests);
    if (reply.ok) return { failure: null, uncertain };
    failure = reply.failure;
    if (failure.applied === 'no') break;
    uncertain = true;
  }
  return { failure, uncertain };
}

const create = (metadataId: number, metadataValue: string): BatchRequest => ({
  createDeveloperMetadata: {
    developerMetadata: {
      metadataId,
      metadataKey: PROBE_KEY,
      metadataValue,
      visibility: 'DOCUMENT',
      location: { spreadsheet: true },
    },
  },
});

const remove = (metadataId: number): BatchRequest => ({
  deleteDeveloperMetadata: { dataFilter: { developerMetadataLookup: { metadataId } } },
});
