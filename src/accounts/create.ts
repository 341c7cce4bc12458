import type { Accounts } from './accounts.ts';
import { type AccountDeps, createCore } from './core.ts';
import { createLinks } from './links.ts';
import { createOwn } from './own.ts';
import { createSignIn } from './sign-in.ts';
import { createTeam } from './team.ts';

/** Everything of accounts. Attempts are counted in memory: one for each process, made once. */
export function createAccounts(deps: AccountDeps): Accounts {
  const core = createCore(deps);
  return {
    needsSetUp: () => deps.store.accounts.isEmpty(),
    ...createSignIn(core),
    ...createLinks(core),
    ...createOwn(core),
    ...createTeam(core),
  };
}
