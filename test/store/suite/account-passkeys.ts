import { describe, expect, test } from 'bun:test';
import { ROLES } from '../../../src/contract/user.ts';
import { MAX_PASSKEYS, type NewPasskey, type StoredPasskey, type StoredUser } from '../../../src/store/accounts.ts';
import type { Store } from '../../../src/store/store.ts';
import type { MakeWorld } from '../store.suite.ts';
import { cli, link, newSession, newUser, self, signIn } from './accounts.ts';

const key = (credentialId: string, more: Partial<NewPasskey> = {}): NewPasskey => ({
  credentialId,
  publicKey: 'cHVibGlj',
  counter: 0,
  transports: ['internal', 'hybrid'],
  name: 'Laptop',
  ...more,
});

async function add(store: Store, user: StoredUser, input: NewPasskey, codes = ['c1', 'c2']): Promise<StoredPasskey> {
  const added = await store.accounts.addPasskey(user.id, input, codes, self(user));
  if (added === null || 'refused' in added) throw new Error('not added');
  return added.passkey;
}
const codesLeft = (store: Store, { id }: StoredUser) => store.accounts.credentials(id)?.recoveryCodesLeft;
const latest = (store: Store) => store.audit.list({ limit: 1 })[0];

export function describeAccountPasskeys(world: MakeWorld): void {
  describe('passkeys', () => {
    test('one is kept as it came, is found by its credential, and belongs to one user alone', async () => {
      const { store, clock } = await world();
      const [user, other] = [await newUser(store), await newUser(store)];
      const first = await add(store, user, key('cred-1', { counter: 3 }));
      expect(first).toMatchObject({ ...key('cred-1', { counter: 3 }), userId: user.id, lastUsedAt: null });
      expect(first.createdAt).toBeGreaterThanOrEqual(clock.now());
      const second = await add(store, user, key('cred-2', { name: 'Phone' }));
      expect(store.accounts.passkeys(user.id)).toEqual([first, second]);
      expect(store.accounts.passkeyByCredential('cred-2')).toEqual(second);
      expect(store.accounts.passkeyByCredential('cred-3')).toBeNull();
      expect(await store.accounts.addPasskey(other.id, key('cred-1'), [], cli)).toEqual({ refused: 'taken' });
      expect(await store.accounts.addPasskey('usr_none', key('cred-3'), [], cli)).toBeNull();
      expect(latest(store)).toMatchObject({ action: 'passkey.added', objectId: second.id });
      expect(latest(store)?.after).toEqual({ name: 'Phone', user: user.id });
      expect(JSON.stringify(store.audit.list({ limit: 10 }))).not.toContain('cHVibGlj');
      expect(await store.accounts.removePasskey(other.id, first.id, cli)).toBe(false);
      expect(await store.accounts.removePasskey(user.id, first.id, self(user))).toBe(true);
      expect(latest(store)).toMatchObject({
        action: 'passkey.removed',
        objectId: first.id,
        before: { name: 'Laptop' },
      });
      expect(await store.accounts.removePasskey(user.id, first.id, self(user))).toBe(false);
      expect(store.accounts.passkeyByCredential('cred-1')).toBeNull();
      await store.accounts.deleteUser(user.id, ROLES, cli);
      expect(store.accounts.passkeyByCredential('cred-2')).toBeNull();
    });

    test('a user has at most so many, also when two race for the last place', async () => {
      const { store } = await world();
      const user = await newUser(store);
      for (let i = 1; i < MAX_PASSKEYS; i++) await add(store, user, key(`cred-${i}`));
      const race = await Promise.all(
        ['a', 'b'].map((id) => store.accounts.addPasskey(user.id, key(id), [], self(user))),
      );
      expect(race.filter((each) => each && 'refused' in each)).toEqual([{ refused: 'too_many' }]);
      expect(store.accounts.passkeys(user.id)).toHaveLength(MAX_PASSKEYS);
    });

    test('the first is a second factor: a password waits for it, and recovery codes are made with it', async () => {
      const { store } = await world();
      const user = await newUser(store);
      expect(store.accounts.user(user.id)).toMatchObject({ secondFactor: false, totp: false, passkeys: 0 });
      await signIn(store, user, 's1');
      const added = await store.accounts.addPasskey(user.id, key('cred-1'), ['c1', 'c2'], self(user));
      expect(added).toMatchObject({ codesMade: true });
      expect(codesLeft(store, user)).toBe(2);
      // Also for those who are signed in: nothing of before is remembered.
      expect(store.accounts.findSession('s1')?.user).toMatchObject({ secondFactor: true, totp: false, passkeys: 1 });
      expect(store.accounts.users()).toEqual([store.accounts.user(user.id) as StoredUser]);
      const session = await signIn(store, user, 's2');
      expect(session.state).toBe('second_factor');
      // A recovery code is the way out.
      const passed = await store.accounts.passSecondFactor(session.id, { recoveryHash: 'c1' }, 's3', self(user));
      expect(passed?.state).toBe('open');
      const again = await store.accounts.addPasskey(user.id, key('cred-2'), ['d1', 'd2'], self(user));
      expect(again).toMatchObject({ codesMade: false });
      expect(codesLeft(store, user)).toBe(1);
      expect(await store.accounts.replaceRecoveryCodes(user.id, ['e1', 'e2', 'e3'], self(user))).toBe(true);
      expect(codesLeft(store, user)).toBe(3);
    });

    test('recovery codes go with the last second factor, of either kind', async () => {
      const { store } = await world();
      const user = await newUser(store);
      const only = await add(store, user, key('cred-1'));
      await store.accounts.proposeTotp(user.id, 'sealed');
      await store.accounts.confirmTotp(user.id, { sealed: 'sealed', step: 1, recoveryHashes: ['t1'] }, self(user));
      expect(store.accounts.user(user.id)).toMatchObject({ totp: true, passkeys: 1 });
      expect(await store.accounts.dropTotp(user.id, self(user))).toBe(true);
      expect(codesLeft(store, user)).toBe(1);
      expect(await store.accounts.removePasskey(user.id, only.id, self(user))).toBe(true);
      expect(codesLeft(store, user)).toBe(0);
      expect((await signIn(store, user, 's')).state).toBe('open');
      const second = await add(store, user, key('cred-2'));
      await store.accounts.proposeTotp(user.id, 'sealed');
      await store.accounts.confirmTotp(user.id, { sealed: 'sealed', step: 1, recoveryHashes: ['t1'] }, self(user));
      await store.accounts.removePasskey(user.id, second.id, self(user));
      expect(codesLeft(store, user)).toBe(1);
      await store.accounts.dropTotp(user.id, self(user));
      expect(codesLeft(store, user)).toBe(0);
    });

    test('it opens a session by itself; not for a user who is disabled or gone', async () => {
      const { store, clock } = await world();
      await newUser(store);
      const user = await newUser(store);
      await add(store, user, key('cred-1'));
      const start = (tokenHash: string, counter = 0, credentialId = 'cred-1') =>
        store.accounts.startPasskeySession({ credentialId, counter }, newSession(tokenHash), self(user));
      const session = await start('s1');
      expect(session).toMatchObject({ userId: user.id, state: 'open', browser: 'Firefox 140' });
      expect(store.accounts.findSession('s1')?.user.lastSignInAt).toBeGreaterThanOrEqual(clock.now());
      expect(store.accounts.passkeyByCredential('cred-1')?.lastUsedAt).toBeGreaterThanOrEqual(clock.now());
      expect(latest(store)).toMatchObject({ action: 'session.started', objectId: session?.id ?? '' });
      expect(JSON.stringify(latest(store)?.after)).toContain('passkey');
      expect(await start('s2', 0, 'cred-2')).toBeNull();
      await store.accounts.updateUser(user.id, { disabled: true }, ROLES, cli);
      expect(await start('s2')).toBeNull();
      await store.accounts.deleteUser(user.id, ROLES, cli);
      expect(await start('s2')).toBeNull();
      expect(store.accounts.findSession('s2')).toBeNull();
    });

    test('a counter must grow, whatever the passkey is used for; one that does not is told', async () => {
      const { store } = await world();
      const user = await newUser(store);
      const { id } = await add(store, user, key('cred-1', { counter: 5 }));
      const proof = (counter: number) => ({ credentialId: 'cred-1', counter });
      const start = (counter: number) =>
        store.accounts.startPasskeySession(proof(counter), newSession(`s${counter}`), self(user));
      for (const counter of [0, 4, 5]) expect(await start(counter)).toBeNull();
      expect(latest(store)).toMatchObject({ action: 'passkey.refused', objectId: id, before: { counter: 5 } });
      expect(latest(store)?.after).toEqual({ counter: 5 });
      expect(store.accounts.passkeyByCredential('cred-1')?.lastUsedAt).toBeNull();
      // Of two that say the same, one is a copy.
      const race = await Promise.all([6, 6].map(start));
      expect(race.filter((each) => each === null)).toHaveLength(1);
      const waiting = await signIn(store, user, 'w');
      const pass = (counter: number) =>
        store.accounts.passSecondFactor(waiting.id, { passkey: proof(counter) }, 'w2', self(user));
      expect(await pass(6)).toBeNull();
      expect(await pass(7)).toMatchObject({ state: 'open' });
      const confirm = (counter: number) => store.accounts.confirmByPasskey(waiting.id, proof(counter), self(user));
      expect(await confirm(7)).toBe(false);
      expect(await confirm(8)).toBe(true);
      expect(store.accounts.passkeyByCredential('cred-1')?.counter).toBe(8);
    });

    test('it stands for its own user alone, and confirms only who is signed in', async () => {
      const { store, clock } = await world();
      const [user, other] = [await newUser(store), await newUser(store)];
      const before = await signIn(store, user, 'open');
      await add(store, user, key('cred-1'));
      await add(store, other, key('cred-2'));
      const waiting = await signIn(store, user, 'w');
      const theirs = { credentialId: 'cred-2', counter: 0 };
      const own = { credentialId: 'cred-1', counter: 0 };
      expect(await store.accounts.passSecondFactor(waiting.id, { passkey: theirs }, 'x', self(user))).toBeNull();
      expect(await store.accounts.confirmByPasskey(before.id, theirs, self(user))).toBe(false);
      expect(await store.accounts.confirmByPasskey(waiting.id, own, self(user))).toBe(false);
      expect(await store.accounts.confirmByPasskey('ses_none', own, self(user))).toBe(false);
      clock.advance(60_000);
      expect(await store.accounts.confirmByPasskey(before.id, own, self(user))).toBe(true);
      expect(store.accounts.session(before.id)?.authenticatedAt).toBeGreaterThanOrEqual(clock.now());
      const passed = await store.accounts.passSecondFactor(waiting.id, { passkey: own }, 'w2', self(user));
      expect(passed?.state).toBe('open');
      expect(latest(store)?.after).toMatchObject({ second_factor: 'passkey' });
    });

    test('a reset that drops the second factor drops them too; another one does not', async () => {
      const { store } = await world();
      const user = await newUser(store);
      await add(store, user, key('cred-1'));
      const reset = async (token: string, dropsSecondFactor: boolean) => {
        await store.accounts.createLink(link('reset', token, { userId: user.id, dropsSecondFactor }), ROLES, cli);
        return store.accounts.resetPassword(token, 'h', 'a');
      };
      expect(await reset('l1', false)).toMatchObject({ secondFactor: true, passkeys: 1 });
      expect(codesLeft(store, user)).toBe(2);
      expect(await reset('l2', true)).toMatchObject({ secondFactor: false, passkeys: 0 });
      expect(store.accounts.passkeyByCredential('cred-1')).toBeNull();
      expect(codesLeft(store, user)).toBe(0);
    });
  });
}
