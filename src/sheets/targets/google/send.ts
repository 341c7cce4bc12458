import type { Clock } from '../../../lib/clock.ts';
import type { Log } from '../../../lib/log.ts';
import type { ConnectionKind } from '../../../store/sheets.ts';
import type { GoogleFailure, Reply } from './api.ts';
import type { TokenSource } from './auth.ts';
import { type FailureContext, ownFailure, quotaScope, readFailure } from './failures.ts';
import { type Exchange, exchange } from './http.ts';
import { type CallKind, nextMinute, type Quota } from './quota.ts';
import type { GoogleUrls } from './urls.ts';

/** Half a million ids of 30 bytes are 15 MB. */
const MAX_ANSWER_BYTES = 64_000_000;

/** One call, for metrics. */
export interface GoogleCall {
  call: string;
  status: number;
  /** Without the wait for the quota. */
  ms: number;
  ok: boolean;
  /** The problem's code; null when it worked. */
  code: string | null;
}

/** What a connection's calls go out with. */
export interface SendOptions {
  email: string;
  connectionKind: ConnectionKind;
  tokens: TokenSource;
  urls: Pick<GoogleUrls, 'sheets' | 'drive'>;
  clock: Clock;
  quota: Quota;
  log: Log;
  /** Ends waiting and running calls when the server stops; what was under way comes back as `maybe`. */
  signal?: AbortSignal;
  onCall?: (call: GoogleCall) => void;
}

/** A call as `send` needs it. */
export interface Call {
  name: string;
  api: 'sheets' | 'drive';
  /** null: Drive, which counts apart and far more generously. */
  quota: CallKind | null;
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  path: string;
  query: Record<string, string>;
  body?: unknown;
  timeoutMs: number;
  /** The whole address, in place of path and query: one that Google gave us. */
  url?: string;
  /** Sent as they are, in place of `body`. */
  bytes?: Uint8Array<ArrayBuffer>;
  headers?: Readonly<Record<string, string>>;
  /** Answers that say what was asked for besides those of 200 and up. */
  alsoGood?: readonly number[];
  /** Ends this one call. */
  signal?: AbortSignal;
}

/** `null` from `read`: the answer is not what Google's would be. */
export type Send = <T>(call: Call, read: (body: unknown, answer: Exchange) => T | null) => Promise<Reply<T>>;

/**
 * One call of the API: waits for its place under the quota, takes a token, sends, reads. A 401 is tried once more
 * with a fresh token; a 429 stops the kind of call until Google's next minute.
 */
export function createSend(options: SendOptions): Send {
  const { clock, tokens, quota, log, signal } = options;
  return async (call, read) => {
    const context: FailureContext = { email: options.email, connectionKind: options.connectionKind, api: call.api };
    for (let attempt = 1; ; attempt++) {
      if (call.quota !== null && !(await mayGo(quota, call.quota, signal))) return stopped(context);
      const token = await tokens.getAccessToken();
      if (!token.ok) {
        report(options, call, 0, 0, token.failure);
        return token;
      }
      const began = clock.monotonic();
      const answer = await exchange(urlOf(options.urls, call), requestOf(call, token.value), {
        clock,
        timeoutMs: call.timeoutMs,
        maxBytes: MAX_ANSWER_BYTES,
        ...endOf(signal, call.signal),
      });
      const reply = readAnswer(answer, call, context, read);
      report(options, call, answer.status, clock.monotonic() - began, reply.ok ? null : reply.failure);
      if (reply.ok) return reply;
      if (answer.status === 429 && call.quota !== null) {
        const until = Math.max(nextMinute(clock.now()), clock.now() + (reply.failure.retryAfterMs ?? 0));
        quota.penalise(call.quota, until, quotaScope(answer.bodyText));
        log.warn('google.quota', { kind: call.quota, until_ms: until });
      }
      // A token may have been withdrawn, or Google's idea of its end may differ from ours: once more, with a new one.
      if (answer.status !== 401 || attempt > 1) return reply;
      tokens.drop(token.value);
    }
  };
}

async function mayGo(quota: Quota, kind: CallKind, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await quota.take(kind, signal);
    return true;
  } catch {
    return false;
  }
}

function stopped(context: FailureContext): Reply<never> {
  return { ok: false, failure: { ...ownFailure('network', context, 'The server is stopping.'), applied: 'no' } };
}

function endOf(...signals: readonly (AbortSignal | undefined)[]): { signal?: AbortSignal } {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length === 0 ? {} : { signal: AbortSignal.any(given) };
}

function urlOf(urls: Pick<GoogleUrls, 'sheets' | 'drive'>, call: Call): string {
  if (call.url !== undefined) return call.url;
  const query = new URLSearchParams({ ...call.query, prettyPrint: 'false' });
  return `${urls[call.api].replace(/\/$/, '')}${call.path}?${query}`;
}

function requestOf(call: Call, token: string): RequestInit {
  const headers: Record<string, string> = {
    authorization: `Bearer ${token}`,
    'user-agent': 'leadtosheet',
    ...call.headers,
  };
  if (call.bytes !== undefined) return { method: call.method, headers, body: call.bytes };
  if (call.body === undefined) return { method: call.method, headers };
  headers['content-type'] = 'application/json';
  return { method: call.method, headers, body: JSON.stringify(call.body) };
}

function readAnswer<T>(
  answer: Exchange,
  { alsoGood = [] }: Call,
  context: FailureContext,
  read: (body: unknown, answer: Exchange) => T | null,
): Reply<T> {
  const { status } = answer;
  const good = answer.network === undefined && ((status >= 200 && status < 300) || alsoGood.includes(status));
  if (!good) return { ok: false, failure: readFailure(answer, context) };
  const value = read(parsed(answer.bodyText), answer);
  if (value !== null) return { ok: true, value };
  // Said to have worked, in words that are not Google's: a write may or may not be applied.
  const failure = ownFailure('google_down', context, `HTTP ${answer.status}, an answer that cannot be read`);
  return { ok: false, failure: { ...failure, status: answer.status } };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function report(options: SendOptions, call: Call, status: number, ms: number, failure: GoogleFailure | null): void {
  const line = {
    call: call.name,
    status,
    ms: Math.round(ms),
    ok: failure === null,
    code: failure?.problem.code ?? null,
  };
  if (failure) options.log.warn('google.call', line);
  else options.log.debug('google.call', line);
  options.onCall?.(line);
}
