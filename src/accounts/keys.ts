import { SCOPES, type Scope } from '../contract/key.ts';
import { KEY_PREFIX_LENGTH, newApiKey } from '../lib/api-key.ts';
import type { Vault } from '../lib/crypto.ts';
import { parseDuration } from '../lib/duration.ts';
import { toTime } from '../lib/time.ts';
import type { KeyStore, RotationRefusal, StoredKey } from '../store/store.ts';

/** A key at the only moment it is known in the clear: to be shown once and forgotten. */
export interface IssuedKey {
  stored: StoredKey;
  key: string;
}

export interface KeyDeps {
  keys: KeyStore;
  vault: Pick<Vault, 'hashKey'>;
}

/** How long the former secret of a rotated key may stay valid: 24 h. Spec 2, "Keys". */
const MAX_OVERLAP_MS = 86_400_000;
/** A key that outlives this is one that never expires. */
const MAX_EXPIRY_MS = 100 * 365 * 86_400_000;

/** The scopes that are asked for, in their usual order; null: none at all, or one that there is not. */
export function readScopes(words: readonly string[]): Scope[] | null {
  if (words.some((word) => !SCOPES.some((scope) => scope === word))) return null;
  const scopes = SCOPES.filter((scope) => words.includes(scope));
  return scopes.length === 0 ? null : scopes;
}

/**
 * When a key ends: `never`, a time from now such as `90d`, or a date such as `2027-01-31`.
 * @returns milliseconds, null inside for never; null: the text says no time that lies ahead
 */
export function readExpiry(text: string, nowMs: number): { at: number | null } | null {
  if (text === 'never') return { at: null };
  const after = parseDuration(text);
  const at = after === null ? dateOf(text) : nowMs + after;
  return at === null || at <= nowMs || at > nowMs + MAX_EXPIRY_MS ? null : { at };
}

function dateOf(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

/** How long a former secret is to work on, of a text such as `1h` or `0`: milliseconds; null: not from 0 to 24 hours. */
export function readOverlap(text: string): number | null {
  const overlap = parseDuration(text);
  return overlap === null || overlap > MAX_OVERLAP_MS ? null : overlap;
}

/** Why a key was not rotated, in a sentence; what to do instead is said where it was asked for. */
export function rotationProblem({ refused, at }: RotationRefusal): string {
  if (refused === 'expired') return 'This key has expired.';
  if (refused === 'revoked') return 'This key is revoked.';
  return `A former secret of this key works until ${toTime(at)}, as the last rotation promised.`;
}

/** Makes a key for a site. Only its keyed hash and its first characters are kept. */
export async function issueKey(
  { keys, vault }: KeyDeps,
  input: { siteId: string; name: string; scopes: readonly Scope[]; expiresAt: number | null },
): Promise<IssuedKey> {
  const key = newApiKey();
  const stored = await keys.create({ ...input, prefix: key.slice(0, KEY_PREFIX_LENGTH), hash: vault.hashKey(key) });
  return { stored, key };
}

/**
 * Gives a key a new secret; the former one stays valid until `overlapUntil`. One that is over already ends every
 * former secret at once.
 * @returns null when there is no such key; why not, when it has ended or a former secret is still valid
 */
export async function rotateKey(
  { keys, vault }: KeyDeps,
  id: string,
  overlapUntil: number,
): Promise<IssuedKey | RotationRefusal | null> {
  const key = newApiKey();
  const change = { prefix: key.slice(0, KEY_PREFIX_LENGTH), hash: vault.hashKey(key), overlapUntil };
  const stored = await keys.rotate(id, change);
  return stored === null || 'refused' in stored ? stored : { stored, key };
}
