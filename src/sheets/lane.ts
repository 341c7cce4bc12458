import type { Cancel } from '../lib/clock.ts';

/** What one site's flushing stands at. In memory alone: all that must survive is in the store. */
export interface Lane {
  /** A flush or other work on the book is under way. Handed over to the next in `queue` without a gap. */
  taken: boolean;
  /** Rows that came in since the last flush began, and when the first of them did (clock.monotonic). */
  fresh: number;
  freshSince: number;
  /** Something came in while a flush ran, or more may be waiting than one step could write. */
  again: boolean;
  /** When to look again although nothing comes in, after the step that is ending; null: not at all. */
  wakeInMs: number | null;
  failures: number;
  /** Not before this moment (clock.monotonic), whatever waits: a backoff or the book's own pace. */
  notBefore: number;
  dueAt: number;
  cancel: Cancel | null;
  /** Who waits for the lane, for long work (verify, a change of target). First come, first served. */
  queue: (() => void)[];
  /** Called once the lane is free. */
  whenFree: (() => void)[];
}

export function newLane(): Lane {
  return {
    taken: false,
    fresh: 0,
    freshSince: 0,
    again: false,
    wakeInMs: null,
    failures: 0,
    notBefore: 0,
    dueAt: Infinity,
    cancel: null,
    queue: [],
    whenFree: [],
  };
}
