import { afterAll } from 'bun:test';
import { createAccounts } from '../../src/accounts/create.ts';
import type { Role } from '../../src/contract/user.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { createLog } from '../../src/lib/log.ts';
import type { StoredUser } from '../../src/store/accounts.ts';
import { type TestApp, testApp } from '../support/app.ts';
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type Somebody,
  signInThere,
  type TestProvider,
  testProvider,
} from '../support/oidc.ts';
import { createVisitor, type Landed, type Visitor } from '../support/visitor.ts';

export const PASSWORD = 'correct horse battery staple';

/** The whole program on a port, with a real provider it sends people to. */
export interface OidcWorld {
  app: TestApp;
  provider: TestProvider;
  url: string;
  redirectUri: string;
  /** What the log said. */
  lines: string[];
  user(role: Role, email: string, password?: string | null): Promise<StoredUser>;
  /** A browser that is on the sign-in page. */
  visitor(): Promise<Visitor>;
  /** Presses the button and signs in at the provider. */
  signIn(visitor: Visitor, who: Somebody): Promise<Landed>;
}

export async function oidcWorld(clock: Clock = systemClock): Promise<OidcWorld> {
  const provider = testProvider();
  const lines: string[] = [];
  const log = createLog({ level: 'debug', format: 'json', now: clock.now, write: (line) => void lines.push(line) });
  const oidc = { issuer: provider.issuer, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, name: 'Example' };
  const app = await testApp({ clock, log, oidc });
  const { port } = app.app.start();
  const url = `http://localhost:${port}`;
  const redirectUri = `${url}/admin/oidc/callback`;
  await provider.launch({ redirectUri });
  afterAll(async () => {
    await app.close();
    await provider.stop();
  });
  const accounts = createAccounts({ store: app.store, vault: app.vault, clock });
  return {
    app,
    provider,
    url,
    redirectUri,
    lines,
    async user(role, email, password = PASSWORD) {
      if (password === null) {
        const input = { email, name: role, role, siteIds: [], passwordHash: null };
        const made = await app.store.accounts.createUser(input, { actor: { kind: 'cli' }, addressHash: null });
        if ('refused' in made) throw new Error(made.refused);
        return made;
      }
      const made = await accounts.createUser('cli', { email, name: role, role, siteIds: [app.site.id], password });
      if (!made.ok) throw new Error(made.message);
      return made.user;
    },
    async visitor() {
      const visitor = createVisitor();
      await visitor.open(`${url}/admin/sign-in`);
      return visitor;
    },
    async signIn(visitor, who) {
      await visitor.click('Sign in with Example');
      return signInThere(visitor, who);
    },
  };
}
