import type { Random } from '../../../lib/backoff.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Ids } from '../../../lib/ids.ts';
import type { Log } from '../../../lib/log.ts';
import type { SheetProblem, SheetTarget } from '../../../store/sheets.ts';
import type { Store } from '../../../store/store.ts';
import type { FlushOutcome, SiteTarget } from '../../target.ts';
import type { DeveloperMetadata, GoogleApi, GoogleFailure } from './api.ts';
import type { ChoreMemory } from './guarded.ts';
import type { BookMemory } from './memory.ts';

/** Bounds that tests make small. */
export interface GoogleLimits {
  /** Rows of one write, all tabs together. Spec 4. */
  rows: number;
  /** Bytes of one write's JSON. Spec 4; Google recommends at most 2 MB. */
  bytes: number;
  /** Tabs set up by one write, and column marks made by it. */
  setUpTabs: number;
  setUpColumns: number;
  /** Tabs of a spreadsheet. Google refuses somewhere near 200. google-sheets.md 2.2. */
  tabs: number;
  /** Cell updates of one write. */
  updates: number;
  /** Rows read at once where a whole tab has to be looked through. */
  blockRows: number;
}

export const GOOGLE_LIMITS: GoogleLimits = {
  rows: 1_000,
  bytes: 1_500_000,
  setUpTabs: 100,
  setUpColumns: 4_000,
  tabs: 180,
  updates: 500,
  blockRows: 5_000,
};

export type ApiFor = (
  target: SheetTarget,
) => Promise<{ ok: true; api: GoogleApi } | { ok: false; problem: SheetProblem }>;

export interface GoogleDeps {
  store: Store;
  apiFor: ApiFor;
  /** Of this installation: `DATA_DIR/instance`. Its first six characters sign the guards. */
  instanceId: string;
  clock: Clock;
  ids: Ids;
  random: Random;
  log: Log;
  limits?: Partial<GoogleLimits>;
}

/** Everything one step of a flush works with. */
export interface Step {
  deps: GoogleDeps;
  limits: GoogleLimits;
  at: SiteTarget;
  book: string;
  api: GoogleApi;
  memory: BookMemory;
  chores: ChoreMemory;
}

/** Marks found by a look at the spreadsheet. `all`: every guard was asked for, not only those we expect. */
export interface Look {
  tags: DeveloperMetadata[];
  byId: ReadonlyMap<number, DeveloperMetadata>;
  all: boolean;
}

const HOUR = 3_600_000;
/** Google asks for about one request a second and spreadsheet. google-sheets.md 2.1. */
export const WRITE_PAUSE_MS = 1_000;

export function wrote(rows: number, cells: number, pausedTabs: readonly string[] = []): FlushOutcome {
  const outcome = { kind: 'wrote', rows, cells, notBeforeMs: WRITE_PAUSE_MS } as const;
  return pausedTabs.length > 0 ? { ...outcome, pausedTabs } : outcome;
}

/** Looks again after a second: something has to be read anew before the next write. */
export function again(trouble: SheetProblem): FlushOutcome {
  return { kind: 'retry', trouble, afterMs: WRITE_PAUSE_MS };
}

/** What a failed call means for the book as a whole. */
export function failed(failure: GoogleFailure, nowMs: number): FlushOutcome {
  const { kind, problem, recheckMs, retryAfterMs } = failure;
  if (kind === 'pause') return { kind: 'paused', problem, recheckMs };
  // Google refills its quota at each full minute.
  if (kind === 'minute') return { kind: 'retry', trouble: problem, afterMs: retryAfterMs ?? 60_000 - (nowMs % 60_000) };
  return { kind: 'retry', trouble: problem, afterMs: retryAfterMs };
}

export function pausedBook(problem: SheetProblem, recheckMs: number | null = HOUR): FlushOutcome {
  return { kind: 'paused', problem, recheckMs };
}
