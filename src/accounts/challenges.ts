import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import { sameText } from '../lib/crypto.ts';

/** What a passkey is asked for. A challenge of one purpose is none of another. */
export type Purpose = 'add' | 'sign_in' | 'second_factor' | 'confirm';

/** What authenticators are given to sign. */
export interface Challenges {
  /** A new one, base64url, for 5 minutes. @param holder the session or browser that asked, which alone may answer */
  issue(purpose: Purpose, holder: string): string;
  /** Uses it up. False: it is none of ours, for something or somebody else, over, or used before. */
  take(challenge: string, purpose: Purpose, holder: string): boolean;
}

export const CHALLENGE_MS = 5 * 60_000;
const NONCE_BYTES = 16;
const TIME_BYTES = 8;
const BODY_BYTES = NONCE_BYTES + TIME_BYTES;

/**
 * Nothing is kept of those that were given out, so that asking for many costs nobody else anything: each says itself
 * until when it is good, under a key of this process. Used ones are remembered for as long as they would be good; a
 * restart voids all.
 */
export function createChallenges(clock: Pick<Clock, 'monotonic'>): Challenges {
  const key = randomBytes(32);
  /** When it was used, in that order. */
  const used = new Map<string, number>();

  function written(body: Buffer, purpose: Purpose, holder: string): string {
    const seal = createHmac('sha256', key).update(body).update(`${purpose}:${holder}`).digest();
    return Buffer.concat([body, seal]).toString('base64url');
  }

  function forgetOld(now: number): void {
    for (const [challenge, at] of used) {
      if (now < at + CHALLENGE_MS) return;
      used.delete(challenge);
    }
  }

  return {
    issue(purpose, holder) {
      const body = randomBytes(BODY_BYTES);
      body.writeDoubleBE(clock.monotonic() + CHALLENGE_MS, NONCE_BYTES);
      return written(body, purpose, holder);
    },
    take(challenge, purpose, holder) {
      const body = Buffer.from(challenge, 'base64url').subarray(0, BODY_BYTES);
      if (body.length < BODY_BYTES || !sameText(challenge, written(body, purpose, holder))) return false;
      const now = clock.monotonic();
      forgetOld(now);
      if (now >= body.readDoubleBE(NONCE_BYTES) || used.has(challenge)) return false;
      used.set(challenge, now);
      return true;
    },
  };
}
