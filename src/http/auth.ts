import type { Scope } from '../contract/key.ts';
import { isWellFormedKey } from '../lib/api-key.ts';
import type { Clock } from '../lib/clock.ts';
import type { Vault } from '../lib/crypto.ts';
import { AppError } from '../lib/errors.ts';
import type { KeyStore, StoredKey } from '../store/store.ts';
import type { RateLimiter } from './rate-limit.ts';

/** Who is calling: a valid key of one site. */
export interface Caller {
  keyId: string;
  siteId: string;
  scopes: readonly Scope[];
  /** Which of the key's secrets came, as the store knows it. */
  hash: string;
}

/** The part of Elysia's context that authentication reads and writes. */
export interface AuthContext {
  request: Request;
  set: { headers: Record<string, string | number> };
}

export interface Auth {
  /**
   * The caller of this request; counts it against the key's limit and puts the `RateLimit-*` headers on.
   * @throws AppError invalid_token, rate_limited
   */
  authenticate(context: AuthContext): Caller;
  /**
   * Asks again, once a body has been read: a key revoked while it was on its way stores nothing.
   * @throws AppError invalid_token
   */
  recheck(caller: Caller): void;
  /** @throws AppError insufficient_scope naming the scope needed */
  requireScope(caller: Caller, scope: Scope): void;
}

/** How many hashes of good keys are remembered. */
const MAX_SEEN = 10_000;

const SCHEME = /^Bearer +([^\s]+) *$/i;

/**
 * No secret is ever compared with another: a key is found by its HMAC under the server's secret, which the caller can
 * not compute, so the time of a look-up says nothing of a stored key that could be used to guess one.
 */
export function createAuth(deps: { keys: KeyStore; vault: Vault; limiter: RateLimiter; clock: Clock }): Auth {
  const seen = new Set<string>();
  const refuse = (message: string) => new AppError('invalid_token', message);

  function find(header: string | null): Caller {
    if (header === null) throw refuse('Send your API key as `Authorization: Bearer lts_…`.');
    const key = SCHEME.exec(header)?.[1];
    if (!key) throw refuse('The Authorization header must be `Bearer` followed by one API key.');
    const hash = deps.vault.hashKey(key);
    // The checksum tells a typo from an unknown key without a look-up; a key that was good before needs none.
    if (!seen.has(hash) && !isWellFormedKey(key))
      throw refuse('This is not an API key as this server makes them: check for a typo or a cut-off end.');
    const now = deps.clock.now();
    const found = validAt(hash, now);
    deps.keys.touch(found.id, now);
    if (seen.size >= MAX_SEEN) seen.clear();
    seen.add(hash);
    return { keyId: found.id, siteId: found.siteId, scopes: found.scopes, hash };
  }

  /** @throws AppError invalid_token */
  function validAt(hash: string, now: number): StoredKey {
    const found = deps.keys.findByHash(hash);
    if (!found) throw refuse('This API key is not known here. Was it made on another server?');
    if (found.key.revokedAt !== null) throw refuse('This API key was revoked. Make a new one.');
    if (found.validUntil !== null && found.validUntil <= now) throw refuse('This API key has expired. Make a new one.');
    return found.key;
  }

  return {
    authenticate({ request, set }) {
      const caller = find(request.headers.get('authorization'));
      const rate = deps.limiter.take(caller.keyId);
      if (rate) {
        set.headers['ratelimit-limit'] = String(rate.limit);
        set.headers['ratelimit-remaining'] = String(rate.remaining);
        set.headers['ratelimit-reset'] = String(rate.resetSeconds);
        if (!rate.allowed) {
          throw new AppError(
            'rate_limited',
            `This key has used its ${rate.limit} requests of this minute. Wait ${rate.resetSeconds} s.`,
            {
              retryAfterSeconds: rate.resetSeconds,
            },
          );
        }
      }
      return caller;
    },
    recheck: ({ hash }) => void validAt(hash, deps.clock.now()),
    requireScope(caller, scope) {
      if (caller.scopes.includes(scope)) return;
      throw new AppError('insufficient_scope', `This key lacks the scope ${scope}. Make a key that has it.`, { scope });
    },
  };
}
