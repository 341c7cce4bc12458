import { sameText, type Vault } from '../../lib/crypto.ts';
import type { FillTime } from './rule.ts';

/** Nobody fills in a form faster. Our own rule; milliseconds. */
export const MIN_FILL_MS = 2_000;
/** For how long a form that was shown tells when. */
const MAX_AGE_MS = 24 * 3_600_000;
/** Hexadecimal digits of the signature that are kept: 128 bits. */
const SIGNATURE_DIGITS = 32;

type Signer = Pick<Vault, 'hashToken'>;

const signature = (vault: Signer, endpointId: string, at: string) =>
  vault.hashToken('render', `${endpointId}:${at}`).slice(0, SIGNATURE_DIGITS);

/** What a form that this server shows carries: when it was shown, for this endpoint alone, signed. */
export function makeRenderToken(vault: Signer, endpointId: string, nowMs: number): string {
  const at = nowMs.toString(36);
  return `${at}.${signature(vault, endpointId, at)}`;
}

/**
 * How long ago the form was shown that carried this token.
 * @param token as it came; null or '' where there is none
 * @returns `forged` also for none: a form that this server shows always carries one
 */
export function checkRenderToken(vault: Signer, endpointId: string, token: string | null, nowMs: number): FillTime {
  const [at = '', signed = '', ...rest] = (token ?? '').split('.');
  if (rest.length > 0 || !/^[0-9a-z]{1,10}$/.test(at) || !sameText(signed, signature(vault, endpointId, at)))
    return 'forged';
  const ms = nowMs - Number.parseInt(at, 36);
  // The clock was set back meanwhile: nothing is known of the time.
  if (ms < 0) return 'stale';
  return ms > MAX_AGE_MS ? 'stale' : { ms };
}
