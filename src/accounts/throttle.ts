import type { Clock } from '../lib/clock.ts';

export type Attempt = { allowed: true; giveBack(): void } | { allowed: false; retryAfterSeconds: number };

/** Counts attempts, in memory. */
export interface Throttle {
  /** Counts before the attempt is made, so that many at once are too many as well. `giveBack`: it was no failure. */
  take(key: string): Attempt;
}

/** So many keys are remembered; beyond it the oldest windows go. */
const MAX_KEYS = 50_000;

/** At most `limit` attempts by each key in each window. */
export function createThrottle(limit: number, windowMs: number, clock: Pick<Clock, 'monotonic'>): Throttle {
  /** In the order in which the windows began. */
  const windows = new Map<string, { endsAt: number; count: number }>();
  function forgetOld(now: number): void {
    for (const [key, { endsAt }] of windows) {
      if (endsAt > now && windows.size < MAX_KEYS) return;
      windows.delete(key);
    }
  }
  return {
    take(key) {
      const now = clock.monotonic();
      forgetOld(now);
      const window = windows.get(key) ?? { endsAt: now + windowMs, count: 0 };
      if (window.count >= limit) return { allowed: false, retryAfterSeconds: Math.ceil((window.endsAt - now) / 1000) };
      window.count++;
      windows.set(key, window);
      return {
        allowed: true,
        giveBack() {
          window.count--;
          // The next failure begins a window of its own.
          if (window.count === 0 && windows.get(key) === window) windows.delete(key);
        },
      };
    },
  };
}

/** One after the other; all of them or none. */
export function takeAll(takes: readonly (() => Attempt)[]): Attempt {
  const taken: { giveBack(): void }[] = [];
  const giveBack = () => {
    for (const each of taken) each.giveBack();
  };
  for (const take of takes) {
    const attempt = take();
    if (!attempt.allowed) {
      giveBack();
      return attempt;
    }
    taken.push(attempt);
  }
  return { allowed: true, giveBack };
}
