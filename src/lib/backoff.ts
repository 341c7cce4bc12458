/** A source of randomness in [0, 1). Passed in, so that tests know what they get. */
export type Random = () => number;

/**
 * Google's truncated exponential backoff: min(2^n s + up to 1 s, cap). The first ten tries are capped at
 * 64 s, later ones come every five minutes, for ever. google-sheets.md section 3.
 * @param attempt failures so far, from 1
 * @returns milliseconds to wait
 */
export function backoffMs(attempt: number, random: Random): number {
  if (attempt > 10) return 300_000;
  const exponential = 2 ** Math.max(0, attempt - 1) * 1000 + random() * 1000;
  return Math.min(exponential, 64_000);
}
