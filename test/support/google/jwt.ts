import { createPrivateKey, generateKeyPairSync, sign, verify } from 'node:crypto';

/** Signing and judging JWTs with the one key of this stand-in. */

const HOUR_SECONDS = 3600;
const SKEW = 5 * 60_000;

/** One RSA key serves all accounts: making one takes long, and accounts are told apart by e-mail and key id. */
let keyPair: { privateKey: string; publicKey: string } | undefined;
export function keys(): { privateKey: string; publicKey: string } {
  keyPair ??= generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return keyPair;
}

export function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** At most an hour long, and begun within five minutes of Google's clock, either way. */
export function inTime(iat: unknown, exp: unknown, now: number): boolean {
  if (typeof iat !== 'number' || typeof exp !== 'number') return false;
  return exp - iat <= HOUR_SECONDS && exp > iat && Math.abs(iat * 1000 - now) <= SKEW;
}

/** Whether the signature over `text` was made with the key. */
export const isSigned = (text: string, signature: string): boolean =>
  verify('sha256', Buffer.from(text), keys().publicKey, Buffer.from(signature, 'base64url'));

/** A signed JWT of these claims. */
export function signed(claims: object): string {
  const text = [{ alg: 'RS256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${sign('sha256', Buffer.from(text), createPrivateKey(keys().privateKey)).toString('base64url')}`;
}
