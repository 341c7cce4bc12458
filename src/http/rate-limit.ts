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

/** At most `perMinute` requests by each caller in each minute; 0 = no limit. Counted in memory. */
export function createRateLimiter(perMinute: number, clock: Clock): RateLimiter {
  let windows = new Map<string, { startedAt: number; count: number }>();
  let sweptAt = clock.monotonic();

  function sweep(now: number): void {
    if (now - sweptAt < WINDOW_MS) return;
    sweptAt = now;
    windows = new Map([...windows].filter(([, window]) => now - window.startedAt < WINDOW_MS));
  }

  return {
    take(who) {
      if (perMinute === 0) return null;
      const now = clock.monotonic();
      sweep(now);
      let window = windows.get(who);
      if (!window || now - window.startedAt >= WINDOW_MS) {
        window = { startedAt: now, count: 0 };
        windows.set(who, window);
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
