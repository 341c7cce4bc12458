import { describe, expect, test } from 'bun:test';
import { ROLES } from '../../../src/contract/user.ts';
import type { StoredUser } from '../../../src/store/accounts.ts';
import type { Store } from '../../../src/store/store.ts';
import type { MakeWorld } from '../store.suite.ts';
import { cli, link, newSession, newUser, self, signIn } from './accounts.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const latest = (store: Store) => store.audit.list({ limit: 1 })[0];
const person = (email: string) => ({ email, name: 'N', passwordHash: 'h' });
const VOID = { refused: 'void' } as const;

async function withFactor(store: Store, user: StoredUser, codes: string[] = ['c1', 'c2']): Promise<void> {
  await store.accounts.proposeTotp(user.id, 'sealed');
  await store.accounts.confirmTotp(user.id, { sealed: 'sealed', step: 10, recoveryHashes: codes }, self(user));
}

export function describeAccountLinks(world: MakeWorld): void {
  describe('one-time links', () => {
    test('a set-up link makes the first user, an owner, once; of those who race one gets in', async () => {
      const { store } = await world();
      await store.accounts.createLink(link('setup', 'former'), ROLES, cli);
      const made = await store.accounts.createLink(link('setup', 'l'), ROLES, cli);
      expect(made).toMatchObject({ kind: 'setup', createdBy: null, usedAt: null });
      expect(await store.accounts.join('former', person('x@example.com'), newSession('t'))).toEqual(VOID);
      const all = await Promise.all(
        Array.from({ length: 5 }, (_, i) => store.accounts.join('l', person(`u${i}@example.com`), newSession(`s${i}`))),
      );
      expect(all.map((each) => 'refused' in each)).toEqual([false, true, true, true, true]);
      expect(all[1]).toEqual(VOID);
      const [owner] = store.accounts.users();
      expect(owner).toMatchObject({ email: 'u0@example.com', role: 'owner', siteIds: null });
      expect(store.accounts.findSession('s0')?.user).toEqual(owner);
      const joined = store.audit.list({ limit: 9 }).find(({ action }) => action === 'user.joined');
      expect(joined).toMatchObject({
        actor: { kind: 'user', id: owner?.id },
        addressHash: 'a',
        after: { link: made?.id },
      });
      expect(await store.accounts.createLink(link('setup', 'late'), ROLES, cli)).toBeNull();
    });

    test('a set-up link is of no use once there is a user, and after its hour', async () => {
      const { store, clock } = await world();
      await store.accounts.createLink(link('setup', 'l'), ROLES, cli);
      clock.advance(60 * MINUTE + 1);
      expect(await store.accounts.join('l', person('x@example.com'), newSession('t'))).toEqual(VOID);
      await store.accounts.createLink(link('setup', 'l2'), ROLES, cli);
      await newUser(store);
      expect(await store.accounts.join('l2', person('x@example.com'), newSession('t'))).toEqual(VOID);
      expect(store.accounts.users()).toHaveLength(1);
    });

    test('an invitation gives its role and sites; a taken address leaves it as it was', async () => {
      const { store, siteId } = await world();
      const owner = await newUser(store);
      const invitation = link('invitation', 'l', { role: 'member', siteIds: [siteId, 'site_none'], lifeMs: 7 * DAY });
      const made = await store.accounts.createLink(invitation, ROLES, self(owner));
      expect(made).toMatchObject({ createdBy: owner.id, siteIds: [siteId] });
      expect(await store.accounts.join('l', person(owner.email), newSession('t'))).toEqual({ refused: 'email_taken' });
      const joined = await store.accounts.join('l', person('m@example.com'), newSession('t'));
      expect(joined).toMatchObject({ user: { role: 'member', siteIds: [siteId] }, session: { state: 'open' } });
      expect(await store.accounts.join('l', person('n@example.com'), newSession('t2'))).toEqual(VOID);
      expect(store.accounts.findLink('l')?.usedAt).toBeGreaterThan(0);
      expect(store.accounts.openLinks('invitation', 0)).toEqual([]);
    });

    test('a second invitation to an address voids the first, and joining voids all to it', async () => {
      const { store, clock } = await world();
      await newUser(store);
      const to = (hash: string, email: string | null) =>
        store.accounts.createLink(link('invitation', hash, { role: 'viewer', email }), ROLES, cli);
      await to('a', 'Bob@example.com');
      const second = await to('b', 'bob@EXAMPLE.com');
      const anybody = await to('c', null);
      expect(store.accounts.openLinks('invitation', clock.now()).map(({ id }) => id)).toEqual([
        anybody?.id ?? '',
        second?.id ?? '',
      ]);
      await store.accounts.join('c', person('BOB@example.com'), newSession('t'));
      expect(store.accounts.openLinks('invitation', clock.now())).toEqual([]);
      expect(await store.accounts.join('b', person('carol@example.com'), newSession('t2'))).toEqual(VOID);
    });

    test('links out of reach are neither made nor revoked; a revoked one is void', async () => {
      const { store } = await world();
      const owner = await newUser(store);
      const reach = ['admin', 'member', 'viewer'] as const;
      expect(await store.accounts.createLink(link('invitation', 'x', { role: 'owner' }), reach, cli)).toBeNull();
      expect(await store.accounts.createLink(link('reset', 'x', { userId: owner.id }), reach, cli)).toBeNull();
      const made = await store.accounts.createLink(link('invitation', 'l', { role: 'owner' }), ROLES, self(owner));
      const id = made?.id ?? '';
      expect(await store.accounts.revokeLink(id, reach, cli)).toEqual({ refused: 'out_of_reach' });
      expect(await store.accounts.revokeLink(id, ROLES, cli)).toMatchObject({ id, usedAt: null });
      expect(await store.accounts.revokeLink(id, ROLES, cli)).toBeNull();
      expect(latest(store)).toMatchObject({ action: 'invitation.revoked', objectId: id });
      expect(await store.accounts.join('l', person('x@example.com'), newSession('t'))).toEqual(VOID);
    });

    test.each([{ disabled: true }, { role: 'viewer' as const }])('%p voids what the admin invited', async (change) => {
      const { store } = await world();
      await newUser(store);
      const admin = await newUser(store, 'admin');
      await store.accounts.createLink(link('invitation', 'l', { role: 'admin' }), ROLES, self(admin));
      await store.accounts.updateUser(admin.id, { name: 'still' }, ROLES, cli);
      expect(store.accounts.findLink('l')?.revokedAt).toBeNull();
      await store.accounts.updateUser(admin.id, change, ROLES, cli);
      expect(await store.accounts.join('l', person('x@example.com'), newSession('t'))).toEqual(VOID);
    });

    test('a reset sets the password once, ends every session, and drops the second factor only if it says so', async () => {
      const { store } = await world();
      const user = await newUser(store);
      await withFactor(store, user);
      await store.accounts.startSession(user.id, 'h', newSession('s'), self(user));
      const reset = (hash: string, dropsSecondFactor: boolean) =>
        store.accounts.createLink(link('reset', hash, { userId: user.id, dropsSecondFactor }), ROLES, cli);
      await reset('former', false);
      await reset('l', false);
      expect(await store.accounts.resetPassword('former', 'n', null)).toEqual(VOID);
      const both = await Promise.all(['n1', 'n2'].map((hash) => store.accounts.resetPassword('l', hash, 'a')));
      expect(both.filter((each) => 'refused' in each)).toEqual([VOID]);
      expect(store.accounts.credentials(user.id)).toMatchObject({ passwordHash: 'n1', recoveryCodesLeft: 2 });
      expect(store.accounts.findSession('s')).toBeNull();
      expect(latest(store)).toMatchObject({ action: 'user.password_reset', after: { second_factor_off: false } });
      await reset('l2', true);
      expect(await store.accounts.resetPassword('l2', 'n3', 'a')).toMatchObject({ secondFactor: false });
      expect(store.accounts.credentials(user.id)).toMatchObject({ totpSecret: null, recoveryCodesLeft: 0 });
      // A set-up link or an invitation resets nothing, and a reset lets nobody join.
      await reset('l3', false);
      expect(await store.accounts.join('l3', person('x@example.com'), newSession('t'))).toEqual(VOID);
      // A new password by another way voids it.
      await store.accounts.setPassword(user.id, 'n4', null, self(user));
      expect(await store.accounts.resetPassword('l3', 'n5', null)).toEqual(VOID);
    });
  });

  describe('second factor', () => {
    test('a secret counts once it is confirmed; one proposed later takes its place', async () => {
      const { store } = await world();
      const user = await newUser(store);
      await store.accounts.proposeTotp(user.id, 'first');
      await store.accounts.proposeTotp(user.id, 'second');
      const confirm = (sealed: string) =>
        store.accounts.confirmTotp(user.id, { sealed, step: 5, recoveryHashes: ['c1'] }, self(user));
      expect(await confirm('first')).toBe(false);
      expect(store.accounts.user(user.id)?.secondFactor).toBe(false);
      expect(await confirm('second')).toBe(true);
      expect(await confirm('second')).toBe(false);
      expect(store.accounts.credentials(user.id)).toMatchObject({
        totpSecret: 'second',
        totpPending: null,
        totpStep: 5,
      });
      expect(await store.accounts.replaceRecoveryCodes(user.id, ['d1', 'd2', 'd3'], self(user))).toBe(true);
      expect(store.accounts.credentials(user.id)?.recoveryCodesLeft).toBe(3);
      expect(await store.accounts.dropTotp(user.id, self(user))).toBe(true);
      expect(await store.accounts.dropTotp(user.id, self(user))).toBe(false);
      expect(await store.accounts.replaceRecoveryCodes(user.id, ['x'], self(user))).toBe(false);
      expect(store.accounts.credentials(user.id)?.recoveryCodesLeft).toBe(0);
    });

    test('a session waits for the factor; a code and a recovery code are each taken once, whoever races', async () => {
      const { store, clock } = await world();
      const user = await newUser(store);
      await withFactor(store, user);
      const [a, b, c] = [
        await signIn(store, user, 'a'),
        await signIn(store, user, 'b'),
        await signIn(store, user, 'c'),
      ];
      expect(a.state).toBe('second_factor');
      expect(store.accounts.sessions(user.id)).toEqual([]);
      const pass = (id: string, proof: Parameters<typeof store.accounts.passSecondFactor>[1], hash: string) =>
        store.accounts.passSecondFactor(id, proof, hash, self(user));
      // The step that confirmed it is used up.
      expect(await pass(a.id, { totpStep: 10 }, 'a2')).toBeNull();
      const race = await Promise.all([pass(a.id, { totpStep: 11 }, 'a2'), pass(b.id, { totpStep: 11 }, 'b2')]);
      expect(race.map((each) => each?.state)).toEqual(['open', undefined]);
      expect(store.accounts.findSession('a')).toBeNull();
      expect(store.accounts.findSession('a2')?.session).toMatchObject({ id: a.id, state: 'open' });
      expect(await pass(a.id, { totpStep: 12 }, 'a3')).toBeNull();
      const codes = await Promise.all([
        pass(b.id, { recoveryHash: 'c1' }, 'b2'),
        pass(c.id, { recoveryHash: 'c1' }, 'c2'),
      ]);
      expect(codes.map((each) => each?.state)).toEqual(['open', undefined]);
      expect(latest(store)).toMatchObject({ action: 'session.started', after: { second_factor: 'recovery_code' } });
      expect(await pass(c.id, { recoveryHash: 'other' }, 'c2')).toBeNull();
      clock.advance(10 * MINUTE + 100);
      expect(await pass(c.id, { totpStep: 13 }, 'c2')).toBeNull();
      // A proof that opened nothing is not used up.
      expect(store.accounts.credentials(user.id)).toMatchObject({ totpStep: 11, recoveryCodesLeft: 1 });
    });
  });

  describe('audit log', () => {
    test('pages newest first, of a site, a user or a thing; a secret-free copy of what was given', async () => {
      const { store, siteId, clock } = await world();
      const user = await newUser(store);
      for (let i = 0; i < 5; i++) {
        clock.advance(1);
        const entry = { action: 'key.created', objectId: `key_${i}`, before: null, after: { n: i } } as const;
        await store.audit.record(self(user), { ...entry, siteId: i % 2 === 0 ? siteId : null });
      }
      await store.audit.record(
        { actor: { kind: 'key', id: 'key_9', name: 'Backend' }, addressHash: null },
        { action: 'form.updated', objectId: 'frm_1', siteId, before: { name: 'a' }, after: { name: 'b' } },
      );
      const first = store.audit.list({ limit: 2 });
      expect(first.map(({ objectId }) => objectId)).toEqual(['frm_1', 'key_4', 'key_3']);
      expect(first[0]).toMatchObject({ actor: { kind: 'key', id: 'key_9', name: 'Backend' }, after: { name: 'b' } });
      const rest = store.audit.list({ limit: 9, beforeId: first[1]?.id ?? '' });
      expect(rest.map(({ objectId }) => objectId)).toEqual(['key_3', 'key_2', 'key_1', 'key_0', user.id]);
      expect(store.audit.list({ limit: 9, siteId }).map(({ objectId }) => objectId)).toEqual([
        'frm_1',
        'key_4',
        'key_2',
        'key_0',
      ]);
      expect(store.audit.list({ limit: 9, actorId: 'key_9' })).toHaveLength(1);
      expect(store.audit.list({ limit: 9, objectId: 'key_1' })).toHaveLength(1);
    });
  });
}
