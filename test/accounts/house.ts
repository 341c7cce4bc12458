import type { Accounts, Result, SignedIn, Visit, Where } from '../../src/accounts/accounts.ts';
import { createAccounts } from '../../src/accounts/create.ts';
import type { OidcProvider } from '../../src/accounts/oidc-provider.ts';
import { createHasher } from '../../src/accounts/passwords.ts';
import type { Role } from '../../src/contract/user.ts';
import { createVault } from '../../src/lib/crypto.ts';
import type { StoredUser } from '../../src/store/accounts.ts';
import type { Store } from '../../src/store/store.ts';
import { TestClock } from '../support/clock.ts';
import { testStore } from '../support/store.ts';

export const PASSWORD = 'four words by chance';
export const vault = createVault('the secret of this test, long enough');
export const MINUTE = 60_000;
export const DAY = 86_400_000;

let callers = 0;
/** A caller nobody else is. */
export const someone = (): Where => ({
  address: `10.0.${callers >> 8}.${callers++ & 255}`,
  browser: 'Firefox 140',
  os: 'Linux',
});

export interface House {
  store: Store;
  clock: TestClock;
  accounts: Accounts;
  siteId: string;
  /** A user who is signed in; of the site, where the role sees only some. */
  visitor(role: Role): Promise<Visit>;
  signIn(user: StoredUser, password?: string, where?: Where): ReturnType<Accounts['signIn']>;
  /** What the last entry of the audit log says. */
  told(): string[];
}

/** Accounts on a real store. Hashing is real too, at the least cost there is: one test measures the true one. */
export async function house(clock = new TestClock(), provider: OidcProvider | null = null): Promise<House> {
  const { store } = testStore({ clock });
  const hasher = createHasher({ memory: 8, passes: 1 });
  const accounts = createAccounts({ store, vault, clock, hasher }, provider);
  const { id: siteId } = await store.sites.create({ name: 'Shop' });
  let made = 0;
  const signIn: House['signIn'] = ({ email }, password = PASSWORD, where = someone()) =>
    accounts.signIn({ email, password }, where);
  return {
    store,
    clock,
    accounts,
    siteId,
    signIn,
    async visitor(role) {
      const email = `${role}${++made}@example.com`;
      const input = { email, name: role, password: PASSWORD, role, siteIds: [siteId] };
      const { user } = expectOk(await accounts.createUser('cli', input));
      const where = someone();
      return visitOf(accounts, expectOk(await signIn(user, PASSWORD, where)), where);
    },
    told: () => store.audit.list({ limit: 50 }).map(({ action }) => action),
  };
}

/** The result, if nothing was refused. */
export function expectOk<T>(result: Result<T, string>): { ok: true } & T {
  if (!result.ok) throw new Error(`${result.refused}: ${result.message}`);
  return result;
}

/** The visit that a token opens. */
export function visitOf(accounts: Accounts, { token }: Pick<SignedIn, 'token'>, where = someone()): Visit {
  const visit = accounts.visit(token, where);
  if (visit === null) throw new Error('the token opens nothing');
  return visit;
}

/** What was refused; 'ok' when nothing was. */
export const outcome = (result: Result<unknown, string>): string => (result.ok ? 'ok' : result.refused);
