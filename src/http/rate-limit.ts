import type { Clock } from '../lib/clock.ts';

/** What an answer says of the limit. Spec 2: `RateLimit-*`, seconds. */
export interface RateState {
  allowed: boolean;
  limit: number;
  remaining: number;
  resetSeconds: number;
}

export interface RateLimiter {
  /** Counts one request of `who`; null when there is no limit. */
  take(who: string): RateState | null;
}

const WINDOW_MS = 60_000;
/** So many callers are remembered, in some 20 MB; beyond, those are forgotten whose minutes began first. */
const MAX_CALLERS = 100_000;

/** At most `perMinute` requests by each caller in each minute; 0 = no limit. Counted in memory. */
export function createRateLimiter(perMinute: number, clock: Clock): RateLimiter {
  /** In the order in which the minutes began. */
  const windows = new Map<string, { startedAt: number; count: number }>();

  function forgetOld(now: number): void {
    for (const [who, { startedAt }] of windows) {
      if (now - startedAt < WINDOW_MS && windows.size <= MAX_CALLERS) return;
      windows.delete(who);
    }
  }

  return {
    take(who) {
      if (perMinute === 0) return null;
      const now = clock.monotonic();
      let window = windows.get(who);
      if (!window || now - window.startedAt >= WINDOW_MS) {
        window = { startedAt: now, count: 0 };
        // It begins now, and so stands behind all others.
        windows.delete(who);
        windows.set(who, window);
        forgetOld(now);
      }
      const allowed = window.count < perMinute;
      if (allowed) window.count++;
      return {
        allowed,
        limit: perMinute,
        remaining: perMinute - window.count,
        resetSeconds: Math.max(1, Math.ceil((WINDOW_MS - (now - window.startedAt)) / 1000)),
      };
    },
  };
}
