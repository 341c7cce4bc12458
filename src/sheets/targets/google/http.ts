import { readBounded } from '../../../lib/bounded-body.ts';
import type { Clock } from '../../../lib/clock.ts';
import { errorText } from '../../../lib/errors.ts';
import type { RawFailure } from './failures.ts';

/** One HTTP exchange, read to its end or to where it broke. Status 2xx without `network` is a success. */
export type Exchange = RawFailure;

export interface ExchangeLimits {
  clock: Clock;
  /** From the first byte sent to the last received. */
  timeoutMs: number;
  /** A longer answer counts as no answer. */
  maxBytes: number;
  signal?: AbortSignal;
}

/**
 * Sends one request and reads the answer as text. Never throws: what breaks is told in `network`. Redirects are
 * not followed, so that a token goes to no other host.
 */
export async function exchange(url: string, init: RequestInit, limits: ExchangeLimits): Promise<Exchange> {
  const { clock } = limits;
  const timer = new AbortController();
  const cancel = clock.after(limits.timeoutMs, () => timer.abort());
  const signals = [timer.signal, ...(limits.signal ? [limits.signal] : [])];
  let status = 0;
  let headers = new Headers();
  const failed = (code: string, message: string): Exchange => ({
    status,
    headers,
    bodyText: '',
    network: { code, message },
    nowMs: clock.now(),
  });
  if (limits.signal?.aborted) {
    cancel();
    return failed('not_sent', 'The server is stopping.');
  }
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.any(signals) });
    ({ status, headers } = response);
    const bodyText = await readBounded(response, limits.maxBytes);
    return bodyText === null
      ? failed('too_long', `The answer was longer than ${limits.maxBytes} bytes.`)
      : { status, headers, bodyText, nowMs: clock.now() };
  } catch (error) {
    if (timer.signal.aborted) return failed('timeout', `No answer within ${Math.round(limits.timeoutMs / 1000)} s.`);
    if (limits.signal?.aborted) return failed('stopped', 'The server stopped before the answer came.');
    return failed(codeOf(error), errorText(error));
  } finally {
    cancel();
  }
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown';
}
