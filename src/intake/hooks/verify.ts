import { createHmac, timingSafeEqual } from 'node:crypto';
import type { HookCheck } from '../../contract/hook.ts';
import { sameText } from '../../lib/crypto.ts';

/** A call as it came: nothing of it has been read yet. */
export interface RawCall {
  raw: Uint8Array;
  headers: Headers;
  nowMs: number;
}

/**
 * `signature`: the bytes that the signature has to be, hex; the same for all ways to write it. Null where calls are
 * not signed.
 */
export type Verdict =
  | { ok: true; signature: string | null }
  | { ok: false; fault: 'missing' | 'wrong' | 'stale'; message: string };

const DEFAULT_TOLERANCE = 300;
const VERIFIED: Verdict = { ok: true, signature: null };

/**
 * Whether a call comes from who knows the secret, told from its bytes before anything of them is parsed. Comparing
 * takes the same time wherever two texts differ. Spec 3, "Custom webhook".
 * @param secret as it was typed in; not looked at by `none`
 */
export function verifyCall(check: HookCheck, secret: string, call: RawCall): Verdict {
  switch (check.type) {
    case 'none':
      return VERIFIED;
    case 'hmac':
      return hmac(check, secret, call);
    case 'standard_webhooks':
      return standardWebhooks(check, secret, call);
    case 'secret_header':
      return sharedSecret(check.header ?? 'X-Webhook-Secret', secret, call.headers);
    case 'basic':
      return basic(check.username ?? '', secret, call.headers);
  }
}

const missing = (what: string): Verdict => ({ ok: false, fault: 'missing', message: `The call has no ${what}.` });
const WRONG: Verdict = { ok: false, fault: 'wrong', message: 'The signature is not the one of this body and secret.' };
const STALE: Verdict = {
  ok: false,
  fault: 'stale',
  message: 'The call is too old, or its sender’s clock is wrong.',
};

function hmac(check: HookCheck, secret: string, { raw, headers, nowMs }: RawCall): Verdict {
  const header = check.header ?? 'X-Signature';
  const given = headers.get(header);
  if (given === null || given.trim() === '') return missing(`header ${header}`);
  const written = check.signature_part ? partOf(given, check.signature_part) : given.trim();
  if (written === null) return missing(`part ${check.signature_part} in its header ${header}`);
  const time = timeText(check, given, headers);
  if (time === null) return missing('time-stamp');
  const prefix = check.prefix ?? '';
  if (!written.startsWith(prefix)) return WRONG;
  const made = hmacOf(check, secret, raw, time);
  if (!sameBytes(made, written.slice(prefix.length), check.encoding ?? 'hex')) return WRONG;
  // Only after the signature: a wrong one must not learn what the clock here says.
  if (time !== '' && isStale(time, check, nowMs)) return STALE;
  return { ok: true, signature: made.toString('hex') };
}

/** What the signature of these bytes has to be. @param time as it is written; '' where the check has none */
export function hmacOf(check: HookCheck, secret: string, raw: Uint8Array, time: string): Buffer {
  const [before = '', after = ''] = (check.signed || '{body}')
    .split('{body}', 2)
    .map((text) => text.replaceAll('{timestamp}', time));
  return createHmac(check.algorithm ?? 'sha256', secret)
    .update(before)
    .update(raw)
    .update(after)
    .digest();
}

/** The time-stamp as it was written, which is what was signed; '' where the check has none, null where it is missing. */
function timeText(check: HookCheck, signatureHeader: string, headers: Headers): string | null {
  if (check.timestamp_part) return partOf(signatureHeader, check.timestamp_part);
  if (!check.timestamp_header) return '';
  return headers.get(check.timestamp_header)?.trim() || null;
}

/** A part of a list like `t=1,v1=abc`. */
function partOf(list: string, name: string): string | null {
  const part = list.split(',').find((each) => each.trim().startsWith(`${name}=`));
  return part === undefined ? null : part.trim().slice(name.length + 1);
}

function isStale(time: string, check: HookCheck, nowMs: number): boolean {
  const at = timeOf(time);
  return !(Math.abs(nowMs - at) <= (check.tolerance_seconds ?? DEFAULT_TOLERANCE) * 1000);
}

/** Seconds, milliseconds or a date. NaN, which is stale, for anything else. */
function timeOf(text: string): number {
  if (!/^\d{1,16}$/.test(text)) return Date.parse(text);
  const number = Number(text);
  return number < 1e11 ? number * 1000 : number;
}

function sameBytes(made: Buffer, written: string, encoding: 'hex' | 'base64'): boolean {
  if (encoding === 'hex' && !/^(?:[\da-f]{2})*$/i.test(written)) return false;
  const given = Buffer.from(written, encoding);
  return given.length === made.length && timingSafeEqual(given, made);
}

/** https://github.com/standard-webhooks/standard-webhooks, "Verifying webhook authenticity", and its forerunner Svix. */
function standardWebhooks(check: HookCheck, secret: string, { raw, headers, nowMs }: RawCall): Verdict {
  const read = (name: string) => headers.get(`webhook-${name}`) ?? headers.get(`svix-${name}`);
  const [id, time, signatures] = [read('id'), read('timestamp'), read('signature')];
  if (!id || !time || !signatures) return missing('headers webhook-id, webhook-timestamp and webhook-signature');
  const made = standardHmac(secret, raw, id, time);
  const written = signatures.split(' ').flatMap((each) => (each.startsWith('v1,') ? [each.slice(3)] : []));
  if (!written.some((each) => sameBytes(made, each, 'base64'))) return WRONG;
  if (isStale(time, check, nowMs)) return STALE;
  return { ok: true, signature: made.toString('hex') };
}

export function standardHmac(secret: string, raw: Uint8Array, id: string, time: string): Buffer {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return createHmac('sha256', key).update(`${id}.${time}.`).update(raw).digest();
}

function sharedSecret(header: string, secret: string, headers: Headers): Verdict {
  const given = headers.get(header);
  if (given === null) return missing(`header ${header}`);
  return sameText(given, secret)
    ? VERIFIED
    : { ok: false, fault: 'wrong', message: `The secret in ${header} is wrong.` };
}

function basic(username: string, password: string, headers: Headers): Verdict {
  const given = /^Basic +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  if (given === undefined) return missing('header Authorization with a user name and a password');
  const same = sameText(Buffer.from(given, 'base64').toString('utf8'), `${username}:${password}`);
  return same ? VERIFIED : { ok: false, fault: 'wrong', message: 'The user name or the password is wrong.' };
}
