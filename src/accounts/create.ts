import type { Accounts } from './accounts.ts';
import { type AccountDeps, createCore } from './core.ts';
import { createIdentities } from './identities.ts';
import { createLinks } from './links.ts';
import { createSingleSignOn } from './oidc.ts';
import type { OidcProvider } from './oidc-provider.ts';
import { createOwn } from './own.ts';
import { createPasskeys } from './passkeys.ts';
import { createSignIn } from './sign-in.ts';
import { createTeam } from './team.ts';

/**
 * Everything of accounts. Attempts are counted in memory: one for each process, made once.
 * @param provider who vouches for people; null: nobody does
 */
export function createAccounts(deps: AccountDeps, provider: OidcProvider | null = null): Accounts {
  const core = createCore(deps);
  return {
    needsSetUp: () => deps.store.accounts.isEmpty(),
    ...createSignIn(core),
    ...createLinks(core),
    ...createOwn(core),
    ...createIdentities(core),
    singleSignOn: provider === null ? null : createSingleSignOn(core, provider),
    ...createTeam(core),
    passkeys: createPasskeys(core),
  };
}
