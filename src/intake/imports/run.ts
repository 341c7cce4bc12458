import type { Clock } from '../../lib/clock.ts';
import { AppError, errorText } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { ImportProblem, ImportSettings, LeadImport } from '../../store/imports.ts';
import { problemText } from '../../store/imports.ts';
import type { Store } from '../../store/store.ts';
import { type Intake, prepareItem } from '../accept.ts';
import { formByName } from '../prepare.ts';
import { readBody } from './file.ts';
import { rowMapper } from './mapping.ts';
import type { FileRow } from './rows.ts';

/** Rows that are stored by one commit: little enough for leads that come in meanwhile to wait a moment. */
const ROWS_AT_ONCE = 50;
/** About as much text as a commit takes at once, in UTF-16 units. */
const MAX_STEP_TEXT = 2_000_000;
/** How long rows are read before others get their turn. */
const TURN_MS = 8;
/** How often a run that only reads says that it is alive. */
const BEAT_MS = 3_000;

/** The form that a file's leads get unless they name one. */
const contextOf = ({ form }: Pick<ImportSettings, 'form'>) => {
  const ref = form === null ? null : formByName(form);
  return { source: 'import', ...(ref === null ? {} : { form: ref }) } as const;
};

/** Some rows of a file that belong to one step. */
interface Portion {
  rows: readonly FileRow[];
  bytes: number;
  last: boolean;
}

/** The rows of a file after `position`, in portions for one step each; the last one says so, and may be empty. */
async function* portions(path: string, settings: ImportSettings, position: number): AsyncGenerator<Portion> {
  let waiting: FileRow[] = [];
  let text = 0;
  let bytes = 0;
  for await (const piece of readBody(path, settings)) {
    bytes = piece.bytes;
    for (const row of piece.rows) {
      if (row.number <= position) continue;
      waiting.push(row);
      text += sizeOf(row);
      if (waiting.length < ROWS_AT_ONCE && text < MAX_STEP_TEXT) continue;
      yield { rows: waiting, bytes, last: false };
      waiting = [];
      text = 0;
    }
    if (waiting.length === 0) yield { rows: [], bytes, last: false };
  }
  yield { rows: waiting, bytes, last: true };
}

function sizeOf(row: FileRow): number {
  if (row.kind === 'cells') return row.cells.reduce((sum, cell) => sum + cell.length, 0);
  // Not worth the exact sum: values of JSON are bounded by the row.
  return row.kind === 'object' ? Object.keys(row.value).length * 100 : 0;
}

/** What a portion comes to: leads with their row numbers, and the rows that make none. */
function mapped(rows: readonly FileRow[], map: ReturnType<typeof rowMapper>) {
  const leads: Record<string, unknown>[] = [];
  const numbers: number[] = [];
  const problems: ImportProblem[] = [];
  for (const row of rows) {
    const found = map(row);
    if (found === null) continue;
    if ('problem' in found) problems.push({ row: row.number, message: found.problem });
    else {
      leads.push(found.lead);
      numbers.push(row.number);
    }
  }
  return { leads, numbers, problems };
}

export interface ImportDeps {
  store: Pick<Store, 'imports'>;
  intake: Pick<Intake, 'submitBatch'>;
  clock: Clock;
  log: Log;
}

export interface RunOptions {
  /** The file as it was examined. */
  path: string;
  /** Made for this run: what tells it from another one of the same import. */
  runner: string;
  /** Called after each step. */
  moved?(now: { bytes: number; taken: number; bad: number }): void;
  /** Waited for after each step: who else writes gets a turn. */
  pause(): Promise<unknown>;
  /** Ends the run between two steps; the import stays as it is, and can be gone on with. */
  signal?: AbortSignal;
}

/** `over`: it was stopped, somebody else goes on with it, or the signal came. */
export type RunEnd = 'done' | 'over';

/**
 * Takes the rows of a file that were not taken yet, one commit for some of them and the position behind them: whenever
 * it ends, and however, another run takes each of the others exactly once. The import has to be started for `runner`.
 * @throws AppError unavailable while nothing can be stored; the import stays as it is then, and can be gone on with
 * @throws Error of the file system
 */
export async function runImport(deps: ImportDeps, job: LeadImport, options: RunOptions): Promise<RunEnd> {
  const { store, intake, clock } = deps;
  const { siteId, id, settings } = job;
  const { runner } = options;
  const map = rowMapper(settings);
  const context = { siteId, idempotencyKey: null, ...contextOf(settings) };
  let { position, taken, bad } = job;
  let beatAt = clock.monotonic();
  for await (const { rows, bytes, last } of portions(options.path, settings, position)) {
    if (options.signal?.aborted) return 'over';
    if (rows.length === 0 && !last) {
      if (clock.monotonic() - beatAt < BEAT_MS) continue;
      beatAt = clock.monotonic();
      if (!(await store.imports.beat(siteId, id, runner))) return 'over';
      continue;
    }
    const { leads, numbers, problems } = mapped(rows, map);
    const to = rows.at(-1)?.number ?? position;
    const step = { importId: id, runner, from: position, to, bytes, rows: numbers, problems, last };
    if (leads.length === 0) {
      if (!(await store.imports.advance(siteId, step))) return 'over';
    } else {
      const results = await submit(() => intake.submitBatch({ submissions: leads }, { ...context, step }));
      if (results === null) return 'over';
      const refused = results.filter(({ status }) => status !== 'created').length;
      taken += results.length - refused;
      bad += refused;
    }
    position = to;
    bad += problems.length;
    beatAt = clock.monotonic();
    options.moved?.({ bytes, taken, bad });
    if (!last) await options.pause();
  }
  return 'done';
}

/** Null: the step was refused. */
async function submit(work: () => ReturnType<Intake['submitBatch']>) {
  try {
    return (await work()).results;
  } catch (error) {
    if (error instanceof AppError && error.code === 'conflict') return null;
    throw error;
  }
}

/**
 * The same for somebody who doesn't wait: what goes wrong is told to the log and kept with the import, unless the
 * store is what can't be used: then it goes on where it was as soon as somebody says so.
 */
export async function runToEnd(deps: ImportDeps, job: LeadImport, options: RunOptions): Promise<void> {
  const { store, log } = deps;
  const { siteId, id } = job;
  try {
    const end = await runImport(deps, job, options);
    log.info('import.ended', { site: siteId, import: id, end });
  } catch (error) {
    log.error('import.failed', { site: siteId, import: id, reason: errorText(error) });
    const problem = error instanceof AppError ? error.message : UNREADABLE;
    await store.imports.fail(siteId, id, options.runner, problem).catch(() => {});
  }
}

const UNREADABLE = 'The file could not be read to its end. The log of the server says why. Then go on.';

export interface Checked {
  /** Rows that would become leads, and rows that would be refused. */
  good: number;
  bad: number;
  /** The first of the bad ones. */
  problems: readonly ImportProblem[];
}

export interface CheckOptions {
  path: string;
  settings: ImportSettings;
  clock: Clock;
  /** How many bad rows are named. */
  maxProblems: number;
  moved?(bytes: number): void;
  signal?: AbortSignal;
}

/** What an import would come to; nothing is stored. Others get their turn in between. */
export async function checkImport({
  path,
  settings,
  clock,
  maxProblems,
  moved,
  signal,
}: CheckOptions): Promise<Checked> {
  const map = rowMapper(settings);
  const context = contextOf(settings);
  const problems: ImportProblem[] = [];
  let [good, bad, since] = [0, 0, clock.monotonic()];
  for await (const { rows, bytes } of readBody(path, settings)) {
    for (const row of rows) {
      const problem = problemOf(map(row), context, clock);
      if (problem === null) good++;
      else if (problem !== undefined && bad++ < maxProblems) problems.push({ row: row.number, message: problem });
      if (clock.monotonic() - since < TURN_MS) continue;
      await new Promise<void>((resolve) => setImmediate(resolve));
      since = clock.monotonic();
      if (signal?.aborted) return { good, bad, problems };
    }
    moved?.(bytes);
  }
  return { good, bad, problems };
}

/** Null: there is none; undefined: nothing stands in the row. */
function problemOf(
  found: ReturnType<ReturnType<typeof rowMapper>>,
  context: ReturnType<typeof contextOf>,
  clock: Clock,
): string | null | undefined {
  if (found === null) return undefined;
  if ('problem' in found) return found.problem;
  const item = prepareItem(found.lead, context, clock.now());
  return 'refused' in item ? problemText(item.refused.details, item.refused.message) : null;
}
