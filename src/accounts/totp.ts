import { customAlphabet } from 'nanoid';
import { ID_ALPHABET } from '../lib/ids.ts';
import { once } from '../lib/once.ts';

/** Codes of an authenticator app: RFC 6238 with what every app takes, SHA-1, 6 digits, 30 s. */
const SHAPE = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
const ISSUER = 'LeadToSheet';
/** RFC 4226, 4: as long as the hash. */
const SECRET_BYTES = 20;
/** Clocks may be apart by one step either way. */
const STEPS_AWAY = 1;

const library = once(() => import('otpauth'));

/** A new secret, in base 32. */
export async function newTotpSecret(): Promise<string> {
  const { Secret } = await library();
  return new Secret({ size: SECRET_BYTES }).base32;
}

/** What the QR code says. Key Uri Format of Google Authenticator. */
export async function totpUri(secret: string, account: string): Promise<string> {
  const { TOTP } = await library();
  return new TOTP({ ...SHAPE, issuer: ISSUER, label: account, secret }).toString();
}

/** The time step (30 s since 1970) that a code belongs to; null: it is not valid at this moment. */
export async function totpStep(secret: string, code: string, nowMs: number): Promise<number | null> {
  if (!/^\d{6}$/.test(code)) return null;
  const { TOTP } = await library();
  const away = new TOTP({ ...SHAPE, secret }).validate({ token: code, timestamp: nowMs, window: STEPS_AWAY });
  return away === null ? null : Math.floor(nowMs / (SHAPE.period * 1000)) + away;
}

const RECOVERY_CODES = 10;
const HALF = 5;
const half = customAlphabet(ID_ALPHABET, HALF);

/** Ten codes of 50 random bits, to be written down: `4k2mx-7qz0d`. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: RECOVERY_CODES }, () => `${half()}-${half()}`);
}

/** A recovery code as it is hashed, however it was typed; null: it can't be one. Crockford's base 32 reads o as 0, i and l as 1. */
export function plainRecoveryCode(text: string): string | null {
  const plain = text.toLowerCase().replace(/[\s-]/g, '').replace(/o/g, '0').replace(/[il]/g, '1');
  return plain.length === 2 * HALF && [...plain].every((char) => ID_ALPHABET.includes(char)) ? plain : null;
}
