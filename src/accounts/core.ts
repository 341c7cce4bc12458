import { randomBytes } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { TokenPurpose, Vault } from '../lib/crypto.ts';
import { networkOf } from '../lib/networks.ts';
import {
  type Doer,
  SECOND_FACTOR_MS,
  SESSION_IDLE_MS,
  SESSION_MAX_MS,
  type StoredSession,
  type StoredUser,
} from '../store/accounts.ts';
import type { Store } from '../store/store.ts';
import {
  type Accounts,
  type AwaitsSecondFactor,
  type Field,
  RECENT_MS,
  type Refused,
  type SignedIn,
  type Visit,
  type Where,
} from './accounts.ts';
import { createHasher, type Hasher } from './passwords.ts';
import { type Attempt, createThrottle, takeAll } from './throttle.ts';

export interface AccountDeps {
  store: Pick<Store, 'accounts' | 'sites'>;
  vault: Pick<Vault, 'hashToken' | 'hashAddress' | 'seal' | 'open'>;
  clock: Clock;
  /** Made here when left out, at the cost that OWASP asks for. */
  hasher?: Hasher;
}

const WINDOW_MS = 15 * 60_000;
const PER_EMAIL = 10;
const PER_USER = 10;
const PER_NETWORK = 30;
const PER_SECOND_FACTOR = 5;

type Allowed = Extract<Attempt, { allowed: true }>;

/** One text for each user: as the store compares addresses, and no longer than one can be. */
const emailMark = (email: string) => email.normalize('NFC').toLowerCase().slice(0, 254);

const TOKEN_SHAPE = /^[\w-]{43}$/;

/** 256 random bits, as a cookie and a path take them. */
export const newToken = (): string => randomBytes(32).toString('base64url');

/** Whether a session is over by its age, or for nobody came. Spec 7, "Security". */
export function isOver({ createdAt, lastSeenAt }: StoredSession, nowMs: number): boolean {
  return nowMs >= createdAt + SESSION_MAX_MS || nowMs >= lastSeenAt + SESSION_IDLE_MS;
}

/** What the parts of accounts have in common. */
export function createCore({ store, vault, clock, hasher = createHasher() }: AccountDeps) {
  const perEmail = createThrottle(PER_EMAIL, WINDOW_MS, clock);
  const perUser = createThrottle(PER_USER, WINDOW_MS, clock);
  const perNetwork = createThrottle(PER_NETWORK, WINDOW_MS, clock);
  const perSecondFactor = createThrottle(PER_SECOND_FACTOR, WINDOW_MS, clock);
  const from = ({ address }: Where) => (address === null ? [] : [() => perNetwork.take(networkOf(address))]);
  const hashAddress = ({ address }: Where) => (address === null ? null : vault.hashAddress(address));
  return {
    accounts: store.accounts,
    sites: store.sites,
    vault,
    clock,
    hasher,
    hashAddress,
    /** The hash of a token; null for what can't be one, without a look. */
    hashOf: (purpose: TokenPurpose, token: string) =>
      TOKEN_SHAPE.test(token) ? vault.hashToken(purpose, token) : null,
    doerOf: (user: Pick<StoredUser, 'id' | 'email'>, where: Where): Doer => ({
      actor: { kind: 'user', id: user.id, name: user.email },
      addressHash: hashAddress(where),
    }),
    newSession: (token: string, where: Where) => ({
      tokenHash: vault.hashToken('session', token),
      browser: where.browser,
      os: where.os,
      addressHash: hashAddress(where),
    }),
    /** One try of a password for this address, from there. */
    attempt: (email: string, where: Where) => takeAll([() => perEmail.take(emailMark(email)), ...from(where)]),
    /**
     * One try by whoever has a session or a passkey of this user. Counted apart: who knows no more than an address can
     * keep nobody out who does.
     */
    attemptBy: (userId: string, where: Where) => takeAll([() => perUser.take(userId), ...from(where)]),
    /** One try of anything else that lets somebody in, from there. */
    attemptFrom: (where: Where) => takeAll(from(where)),
    attemptFactor: (userId: string) => perSecondFactor.take(userId),
    /** Whether the password of an attempt is right. Where too many wait to be looked at, it was none. */
    async matches(attempt: Allowed, password: string, hash: string | null): Promise<boolean> {
      try {
        return await hasher.matches(password, hash);
      } catch (error) {
        attempt.giveBack();
        throw error;
      }
    },
    isRecent({ session }: Visit): boolean {
      const now = store.accounts.session(session.id);
      return now !== null && clock.now() - now.authenticatedAt < RECENT_MS;
    },
  };
}
export type Core = ReturnType<typeof createCore>;

/** A part of what accounts offer. */
export type Part<Names extends keyof Accounts> = Pick<Accounts, Names>;

export function refuse<Reason extends string>(
  refused: Reason,
  message: string,
  field: Field | null = null,
): Refused<Reason> {
  return { ok: false, refused, message, field, retryAfterSeconds: null };
}

export function tooMany(seconds: number): Refused<'rate_limited'> {
  const message = `Too many attempts. Try again in ${seconds} s.`;
  return { ...refuse('rate_limited', message), retryAfterSeconds: seconds };
}

export const askAgain = () => refuse('reauthenticate', 'Give your password again to go on.', 'current_password');

export function signedIn(token: string, session: StoredSession, user: StoredUser): { ok: true } & SignedIn {
  return { ok: true, state: 'open', token, expiresAt: session.createdAt + SESSION_MAX_MS, user };
}

export function awaitsFactor(token: string, session: StoredSession): { ok: true } & AwaitsSecondFactor {
  return { ok: true, state: 'second_factor', token, expiresAt: session.createdAt + SECOND_FACTOR_MS };
}
