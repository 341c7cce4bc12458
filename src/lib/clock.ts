/** Cancels a timer. Calling it twice, or after the timer fired, does nothing. */
export type Cancel = () => void;

/**
 * The only source of time in the program. It owns timers too, so that a test which advances its clock
 * also fires what was due, and never sleeps.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. May jump, forwards or backwards, with the machine's clock. */
  now(): number;
  /** Milliseconds that only ever grow: for durations and time-outs. */
  monotonic(): number;
  /** Runs `task` once, `delayMs` from now. A timer never keeps the process alive by itself. */
  after(delayMs: number, task: () => void): Cancel;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, task) {
    // setTimeout fires at once for anything over 2^31-1 ms.
    const timer = setTimeout(task, Math.min(delayMs, 2_147_483_647));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs` on the given clock. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}
