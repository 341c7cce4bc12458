import type { AccountStore } from '../accounts.ts';
import { type AccountContext, createUserRows } from './account-context.ts';
import { createFactors } from './account-factors.ts';
import { createIdentities } from './account-identities.ts';
import { createLinks } from './account-links.ts';
import { createPasskeys } from './account-passkeys.ts';
import { createSessions } from './account-sessions.ts';
import { createUsers } from './account-users.ts';
import type { Audit } from './audit.ts';
import type { Context } from './context.ts';
import { user } from './schema-accounts.ts';
import type { Turn } from './writer.ts';

export interface Accounts extends AccountStore {
  drop(): void;
  /** Writes the times of visits that are only in memory yet. */
  flushTouches(): Promise<void>;
  /** Within a turn: forgets sessions and links that are over. The audit log is kept. */
  prune(turn: Turn, nowMs: number): void;
}

export function createAccounts(context: Context, audit: Audit): Accounts {
  const { orm, db, writer, ids } = context;
  /** Once there is a user there always is: the last owner stays. */
  let empty: boolean | null = null;
  const drop = () => {
    empty = null;
    sessions.drop();
  };
  const accounts: AccountContext = { orm, writer, ids, audit, changed: (turn) => turn.onCommit(drop) };
  const rows = createUserRows(accounts);
  const users = createUsers(accounts, rows);
  const passkeys = createPasskeys(accounts, rows);
  const sessions = createSessions({ ...accounts, db }, { rows, passkeys });
  const { link, ...identities } = createIdentities(accounts, rows, sessions);
  const links = createLinks(accounts, { rows, users, sessions, identities: { ...identities, link } });
  return {
    ...users,
    ...createFactors(accounts, rows),
    ...sessions,
    ...links,
    ...identities,
    ...passkeys,
    isEmpty() {
      empty ??= orm.select({ id: user.id }).from(user).limit(1).get() === undefined;
      return empty;
    },
    drop,
    prune(turn, nowMs) {
      sessions.prune(turn, nowMs);
      links.prune(nowMs);
    },
  };
}
