import type { Vault } from '../../lib/crypto.ts';
import type { Hook } from '../../store/hooks.ts';

/*
 * A hook's token and secrets are sealed for the hook alone: by the hash of its token, which is known before the hook
 * has an id, and never changes.
 */

const contextOf = (tokenHash: string, name: string) => `hook:${tokenHash}:${name}`;

/** A token as it is stored: by what it is found, and sealed. */
export function sealToken(vault: Vault, token: string): Pick<Hook, 'tokenHash' | 'tokenSealed'> {
  const tokenHash = vault.hashToken('hook', token);
  return { tokenHash, tokenSealed: vault.seal(token, contextOf(tokenHash, 'token')) };
}

/** The path at which a hook is called. Only for who may edit it. */
export function hookPath(vault: Vault, { tokenHash, tokenSealed }: Pick<Hook, 'tokenHash' | 'tokenSealed'>): string {
  return `/hooks/${vault.open(tokenSealed, contextOf(tokenHash, 'token'))}`;
}

export function sealSecrets(vault: Vault, tokenHash: string, secrets: Readonly<Record<string, string>>) {
  return mapped(secrets, (name, plain) => vault.seal(plain, contextOf(tokenHash, `secret:${name}`)));
}

export function openSecrets(vault: Vault, { tokenHash, secrets }: Pick<Hook, 'tokenHash' | 'secrets'>) {
  return mapped(secrets, (name, sealed) => vault.open(sealed, contextOf(tokenHash, `secret:${name}`)));
}

function mapped(secrets: Readonly<Record<string, string>>, change: (name: string, value: string) => string) {
  return Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, change(name, value)]));
}
