import type { Scope } from '../contract/key.ts';
import { KEY_PREFIX_LENGTH, newApiKey } from '../lib/api-key.ts';
import type { Vault } from '../lib/crypto.ts';
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
export const MAX_OVERLAP_MS = 86_400_000;

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
