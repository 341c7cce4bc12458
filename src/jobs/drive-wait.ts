import { backoffMs, type Random } from '../lib/backoff.ts';
import type { GoogleFailure } from '../sheets/targets/google/api.ts';

export const HOUR_MS = 3_600_000;
/** For what may be mended any minute, on this server. */
export const LOOK_AGAIN_MS = 5 * 60_000;
/** How long a try that nobody heard of again may still come through at Google, with much to spare: it allows itself 180 s. */
export const SETTLED_MS = 10 * 60_000;

/**
 * How long to leave Google alone. What waits for a person (full storage above all) is looked at once an hour, for
 * nobody tells us when it is mended; what passes by itself by the capped backoff, or as Google asks.
 * @param failures one after the other, from 1
 */
export function waitMs(
  { kind, recheckMs, retryAfterMs }: Pick<GoogleFailure, 'kind' | 'recheckMs' | 'retryAfterMs'>,
  failures: number,
  random: Random,
): number {
  if (kind === 'pause' || kind === 'request') return recheckMs ?? HOUR_MS;
  return Math.max(backoffMs(failures, random), retryAfterMs ?? 0);
}
