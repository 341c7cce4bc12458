import { describe, expect, test } from 'bun:test';
import { ROLES } from '../../../src/contract/user.ts';
import type { Identity, StoredUser } from '../../../src/store/accounts.ts';
import type { Store } from '../../../src/store/store.ts';
import type { MakeWorld } from '../store.suite.ts';
import { cli, link, newSession, newUser, self } from './accounts.ts';

const ISSUER = 'https://id.example.com';
const at = (subject: string, email: string | null = null, issuer = ISSUER): Identity => ({ issuer, subject, email });
const vouched = (subject: string, email: string | null) => ({ ...at(subject, email), emailVerified: true });
const told = (store: Store, action: string) => store.audit.list({ limit: 50 }).filter((each) => each.action === action);

async function withoutPassword(store: Store): Promise<StoredUser> {
  const input = { email: 'only@example.com', name: 'O', role: 'owner', siteIds: [], passwordHash: null } as const;
  const user = await store.accounts.createUser(input, cli);
  if ('refused' in user) throw new Error(user.refused);
  return user;
}

export function describeAccountIdentities(world: MakeWorld): void {
  describe('identities', () => {
    test('the first sign-in links by an address the provider vouches for; then the subject decides', async () => {
      const { store, clock } = await world();
      const user = await newUser(store);
      const { accounts } = store;
      expect(
        await accounts.signInByIdentity({ ...vouched('s', user.email), emailVerified: false }, newSession('a')),
      ).toBeNull();
      expect(await accounts.signInByIdentity(vouched('s', null), newSession('a'))).toBeNull();
      expect(await accounts.signInByIdentity(vouched('s', 'x@example.com'), newSession('a'))).toBeNull();
      expect(accounts.identities(user.id)).toEqual([]);

      const first = await accounts.signInByIdentity(vouched('s', user.email.toUpperCase()), newSession('a'));
      expect(first).toMatchObject({ user: { id: user.id }, session: { state: 'open', method: 'oidc' } });
      expect(accounts.findSession('a')?.user.id).toBe(user.id);
      expect(told(store, 'user.identity_linked')).toMatchObject([
        { objectId: user.id, actor: { kind: 'user', id: user.id }, addressHash: 'a', after: { issuer: ISSUER } },
      ]);
      expect(told(store, 'session.started')[0]).toMatchObject({ after: { method: 'oidc', second_factor: null } });

      const linkedAt = accounts.identity(ISSUER, 's')?.createdAt ?? 0;
      clock.advance(1_000);
      const moved = { ...vouched('s', 'new@example.com'), emailVerified: false };
      expect(await accounts.signInByIdentity(moved, newSession('b'))).toMatchObject({ user: { id: user.id } });
      expect(accounts.identities(user.id)).toEqual([
        { ...at('s', 'new@example.com'), userId: user.id, createdAt: linkedAt, lastUsedAt: expect.any(Number) },
      ]);
      expect(accounts.identity(ISSUER, 's')?.lastUsedAt).toBeGreaterThan(linkedAt);
      expect(told(store, 'user.identity_linked')).toHaveLength(1);
    });

    test('an address that went to somebody else at the provider does not bring them in', async () => {
      const { store } = await world();
      const user = await newUser(store);
      await store.accounts.signInByIdentity(vouched('s', user.email), newSession('a'));
      expect(await store.accounts.signInByIdentity(vouched('other', user.email), newSession('b'))).toBeNull();
      const elsewhere = { ...vouched('other', user.email), issuer: 'https://else.example.com' };
      expect(await store.accounts.signInByIdentity(elsewhere, newSession('c'))).toMatchObject({
        user: { id: user.id },
      });
      expect(store.accounts.identities(user.id)).toHaveLength(2);
    });

    test('a disabled user is refused and not linked; a second factor is still waited for', async () => {
      const { store } = await world();
      const [owner, user] = [await newUser(store), await newUser(store, 'admin')];
      await store.accounts.updateUser(user.id, { disabled: true }, ROLES, cli);
      const refused = await store.accounts.signInByIdentity(vouched('s', user.email), newSession('a'));
      expect(refused).toEqual({ refused: 'disabled' });
      expect(store.accounts.identities(user.id)).toEqual([]);

      await store.accounts.proposeTotp(owner.id, 'sealed');
      const factor = { sealed: 'sealed', step: 10, recoveryHashes: ['c'] };
      await store.accounts.confirmTotp(owner.id, factor, self(owner));
      const waits = await store.accounts.signInByIdentity(vouched('o', owner.email), newSession('b'));
      if (waits === null || 'refused' in waits) throw new Error('nobody came in');
      expect(waits.session.state).toBe('second_factor');
      expect(told(store, 'session.started')).toEqual([]);
      await store.accounts.passSecondFactor(waits.session.id, { recoveryHash: 'c' }, 'c', self(owner));
      const after = { method: 'oidc', second_factor: 'recovery_code' };
      expect(told(store, 'session.started')).toMatchObject([{ after }]);
    });

    test('linking: one at each provider, one user for each; the same again changes nothing', async () => {
      const { store } = await world();
      const [a, b] = [await newUser(store), await newUser(store)];
      const { accounts } = store;
      expect(await accounts.linkIdentity(a.id, at('s', 'x@example.com'), self(a))).toMatchObject({ userId: a.id });
      expect(await accounts.linkIdentity(a.id, at('s', 'x@example.com'), self(a))).toMatchObject({ userId: a.id });
      expect(await accounts.linkIdentity(a.id, at('t'), self(a))).toEqual({ refused: 'other_linked' });
      expect(await accounts.linkIdentity(b.id, at('s'), self(b))).toEqual({ refused: 'taken' });
      expect(await accounts.linkIdentity('usr_none', at('u'), cli)).toBeNull();
      expect(told(store, 'user.identity_linked')).toHaveLength(1);
      await accounts.touchIdentity(at('s', 'y@example.com'));
      expect(accounts.identity(ISSUER, 's')).toMatchObject({ email: 'y@example.com', lastUsedAt: expect.any(Number) });
      await accounts.deleteUser(a.id, ROLES, cli);
      expect(accounts.identity(ISSUER, 's')).toBeNull();
    });

    test('unlinking leaves a way in: without a password it is refused', async () => {
      const { store } = await world();
      const [user, only] = [await newUser(store), await withoutPassword(store)];
      const { accounts } = store;
      expect(await accounts.unlinkIdentity(user.id, ISSUER, self(user))).toBeNull();
      await accounts.linkIdentity(user.id, at('s'), self(user));
      expect(await accounts.unlinkIdentity(user.id, 'https://else.example.com', self(user))).toBeNull();
      expect(await accounts.unlinkIdentity(user.id, ISSUER, self(user))).toMatchObject({ subject: 's' });
      expect(accounts.identities(user.id)).toEqual([]);
      expect(told(store, 'user.identity_unlinked')).toMatchObject([{ before: { issuer: ISSUER }, after: null }]);

      await accounts.linkIdentity(only.id, at('o'), self(only));
      expect(await accounts.unlinkIdentity(only.id, ISSUER, self(only))).toEqual({ refused: 'only_way_in' });
      await accounts.setPassword(only.id, 'h', null, self(only));
      expect(await accounts.unlinkIdentity(only.id, ISSUER, self(only))).toMatchObject({ subject: 'o' });
    });

    test('an invitation is joined by it, once: the user has no password; a known one leaves the link as it was', async () => {
      const { store, siteId } = await world();
      const owner = await newUser(store);
      await store.accounts.linkIdentity(owner.id, at('o'), self(owner));
      await store.accounts.createLink(link('invitation', 'l', { role: 'member', siteIds: [siteId] }), ROLES, cli);
      const person = { email: 'm@example.com', name: 'M', passwordHash: null };
      const join = (subject: string, token: string) =>
        store.accounts.join('l', person, newSession(token), at(subject, person.email));
      expect(await join('o', 'a')).toEqual({ refused: 'identity_taken' });
      expect(store.accounts.userByEmail(person.email)).toBeNull();
      const joined = await join('m', 'b');
      if ('refused' in joined) throw new Error(joined.refused);
      expect(joined).toMatchObject({ user: { role: 'member', siteIds: [siteId] }, session: { method: 'oidc' } });
      expect(store.accounts.identities(joined.user.id)).toMatchObject([at('m', person.email)]);
      expect(store.accounts.credentials(joined.user.id)?.passwordHash).toBeNull();
      expect(await join('n', 'c')).toEqual({ refused: 'void' });
    });
  });
}
