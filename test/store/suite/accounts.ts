import { describe, expect, test } from 'bun:test';
import { ROLES, type Role } from '../../../src/contract/user.ts';
import type { Doer, NewLink, NewSession, StoredUser } from '../../../src/store/accounts.ts';
import type { Store } from '../../../src/store/store.ts';
import type { MakeWorld } from '../store.suite.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
export const cli: Doer = { actor: { kind: 'cli' }, addressHash: null };

let made = 0;
export async function newUser(store: Store, role: Role = 'owner', siteIds: string[] = []): Promise<StoredUser> {
  const email = `user${++made}@example.com`;
  const user = await store.accounts.createUser({ email, name: 'A', role, siteIds, passwordHash: 'h' }, cli);
  if ('refused' in user) throw new Error(user.refused);
  return user;
}
export const self = ({ id, email }: StoredUser): Doer => ({
  actor: { kind: 'user', id, name: email },
  addressHash: 'from',
});
export const newSession = (tokenHash: string): NewSession => ({
  tokenHash,
  browser: 'Firefox 140',
  os: 'Linux',
  addressHash: 'a',
});
export async function signIn(store: Store, user: StoredUser, tokenHash: string) {
  const session = await store.accounts.startSession(user.id, 'h', newSession(tokenHash), self(user));
  if (!session) throw new Error('no session');
  return session;
}
export const link = (kind: NewLink['kind'], tokenHash: string, more: Partial<NewLink> = {}): NewLink => ({
  kind,
  tokenHash,
  userId: null,
  email: null,
  role: null,
  siteIds: [],
  dropsSecondFactor: false,
  lifeMs: 60 * MINUTE,
  ...more,
});
const latest = (store: Store) => store.audit.list({ limit: 1 })[0];

export function describeAccounts(world: MakeWorld): void {
  describe('users', () => {
    test('a user is found by id and by e-mail of any case, without what proves who they are', async () => {
      const { store, siteId } = await world();
      expect(store.accounts.isEmpty()).toBe(true);
      const input = { email: 'Alice@Example.com', name: 'Alice', role: 'member', passwordHash: 'secret-hash' } as const;
      const user = await store.accounts.createUser({ ...input, siteIds: [siteId] }, cli);
      if ('refused' in user) throw new Error(user.refused);
      expect(user).toMatchObject({ email: 'Alice@Example.com', role: 'member', siteIds: [siteId], disabled: false });
      expect(user).toMatchObject({ secondFactor: false, lastSignInAt: null });
      expect(store.accounts.isEmpty()).toBe(false);
      expect(store.accounts.user(user.id)).toEqual(user);
      expect(store.accounts.userByEmail('aLICE@eXAMPLE.COM')).toEqual(user);
      expect(store.accounts.users()).toEqual([user]);
      expect(JSON.stringify(store.accounts.users())).not.toContain('secret-hash');
      expect(store.accounts.credentials(user.id)).toMatchObject({ passwordHash: 'secret-hash', totpSecret: null });
      const again = await store.accounts.createUser({ ...input, email: 'ALICE@example.com', siteIds: [] }, cli);
      expect(again).toEqual({ refused: 'email_taken' });
      expect(store.accounts.user('usr_none')).toBeNull();
      expect(store.accounts.userByEmail('bob@example.com')).toBeNull();
      expect(store.accounts.credentials('usr_none')).toBeNull();
    });

    test('owners and admins have every site whatever is said; others those they are given, which must exist', async () => {
      const { store, siteId } = await world();
      const owner = await newUser(store, 'owner', [siteId]);
      expect(owner.siteIds).toBeNull();
      const user = { email: 'm@example.com', name: 'M', role: 'viewer', passwordHash: null } as const;
      const wrong = await store.accounts.createUser({ ...user, siteIds: [siteId, 'site_none'] }, cli);
      expect(wrong).toEqual({ refused: 'unknown_site' });
      expect(store.accounts.userByEmail('m@example.com')).toBeNull();
      const viewer = await newUser(store, 'viewer', [siteId]);
      const update = (change: object) => store.accounts.updateUser(viewer.id, change, ROLES, cli);
      expect(await update({ siteIds: ['site_none'] })).toEqual({ refused: 'unknown_site' });
      expect(await update({ role: 'admin' })).toMatchObject({ siteIds: null });
      expect(await update({ role: 'member' })).toMatchObject({ siteIds: [] });
      expect(await update({ siteIds: [siteId] })).toMatchObject({ siteIds: [siteId] });
      expect(store.accounts.users().map((each) => each.siteIds)).toEqual([null, [siteId]]);
    });

    test('there is always an enabled owner, however the last one would go', async () => {
      const { store } = await world();
      const [a, b, c] = [await newUser(store), await newUser(store), await newUser(store, 'admin')];
      const update = (id: string, change: object) => store.accounts.updateUser(id, change, ROLES, cli);
      expect(await update(a.id, { disabled: true })).toMatchObject({ disabled: true });
      for (const change of [{ disabled: true }, { role: 'admin' }, { role: 'viewer', siteIds: [] }]) {
        expect(await update(b.id, change)).toEqual({ refused: 'last_owner' });
      }
      expect(await store.accounts.deleteUser(b.id, ROLES, cli)).toEqual({ refused: 'last_owner' });
      expect(await store.accounts.deleteUser(a.id, ROLES, cli)).toEqual({ deleted: true });
      expect(await update(c.id, { role: 'owner' })).toMatchObject({ role: 'owner', siteIds: null });
      // Two that race to be the last but one: one of them stays.
      const gone = await Promise.all([update(b.id, { disabled: true }), update(c.id, { role: 'admin' })]);
      expect(gone.filter((each) => each && 'refused' in each)).toEqual([{ refused: 'last_owner' }]);
      expect(store.accounts.users().filter(({ role, disabled }) => role === 'owner' && !disabled)).toHaveLength(1);
    });

    test('who is out of reach is not changed, and nobody is lifted out of it', async () => {
      const { store } = await world();
      const [owner, admin] = [await newUser(store), await newUser(store, 'admin')];
      await newUser(store);
      const reach = ['admin', 'member', 'viewer'] as const;
      const refused = { refused: 'out_of_reach' } as const;
      expect(await store.accounts.updateUser(owner.id, { name: 'x' }, reach, cli)).toEqual(refused);
      expect(await store.accounts.updateUser(admin.id, { role: 'owner' }, reach, cli)).toEqual(refused);
      expect(await store.accounts.deleteUser(owner.id, reach, cli)).toEqual(refused);
      expect(await store.accounts.updateUser(admin.id, { name: 'x' }, reach, cli)).toMatchObject({ name: 'x' });
      expect(await store.accounts.updateUser('usr_none', { name: 'x' }, reach, cli)).toBeNull();
      expect(await store.accounts.deleteUser('usr_none', reach, cli)).toBeNull();
      const other = await store.accounts.updateUser(admin.id, { email: owner.email.toUpperCase() }, reach, cli);
      expect(other).toEqual({ refused: 'email_taken' });
    });

    test('every change is told, with what differs alone; one that changes nothing is not', async () => {
      const { store } = await world();
      const [owner, user] = [await newUser(store), await newUser(store, 'viewer')];
      await store.accounts.updateUser(user.id, { name: 'B', role: 'admin' }, ROLES, self(owner));
      expect(latest(store)).toMatchObject({ action: 'user.updated', objectId: user.id, addressHash: 'from' });
      expect(latest(store)?.actor).toEqual({ kind: 'user', id: owner.id, name: owner.email });
      expect(latest(store)?.before).toEqual({ name: 'A', role: 'viewer', site_ids: [] });
      expect(latest(store)?.after).toEqual({ name: 'B', role: 'admin', site_ids: null });
      const before = latest(store)?.id;
      await store.accounts.updateUser(user.id, { name: 'B' }, ROLES, self(owner));
      await store.accounts.updateUser(owner.id, { disabled: true }, ROLES, self(owner));
      expect(latest(store)?.id).toBe(before ?? '');
      await store.accounts.updateUser(user.id, { disabled: true }, ROLES, cli);
      expect(latest(store)).toMatchObject({
        action: 'user.disabled',
        actor: { kind: 'cli' },
        after: { disabled: true },
      });
      await store.accounts.deleteUser(user.id, ROLES, cli);
      expect(latest(store)).toMatchObject({ action: 'user.deleted', before: { email: user.email }, after: null });
    });
  });

  describe('sessions', () => {
    test('a session is found by its hash alone, with its user, and drops what a change of either makes void', async () => {
      const { store, siteId } = await world();
      const [user, owner] = [await newUser(store, 'viewer', [siteId]), await newUser(store)];
      const session = await signIn(store, user, 's1');
      expect(session).toMatchObject({ userId: user.id, state: 'open', browser: 'Firefox 140', os: 'Linux' });
      expect(store.accounts.findSession('s1')?.session).toEqual(session);
      expect(store.accounts.findSession('s1')?.user.lastSignInAt).toBeGreaterThan(0);
      expect(store.accounts.findSession('s2')).toBeNull();
      expect(JSON.stringify(store.accounts.sessions(user.id))).not.toContain('s1');
      await store.accounts.updateUser(user.id, { role: 'admin' }, ROLES, self(owner));
      expect(store.accounts.findSession('s1')?.user.role).toBe('admin');
      await store.accounts.updateUser(user.id, { disabled: true }, ROLES, self(owner));
      expect(store.accounts.findSession('s1')).toBeNull();
      expect(await store.accounts.startSession(user.id, 'h', newSession('s3'), self(user))).toBeNull();
      expect(await store.accounts.startSession(owner.id, 'other', newSession('s3'), self(owner))).toBeNull();
      await store.accounts.updateUser(user.id, { disabled: false }, ROLES, self(owner));
      expect(store.accounts.findSession('s1')).toBeNull();
      await signIn(store, user, 's4');
      await store.accounts.deleteUser(user.id, ROLES, cli);
      expect(store.accounts.findSession('s4')).toBeNull();
    });

    test('each is ended alone by its user, or all others at once, or all but one by a new password', async () => {
      const { store } = await world();
      const [user, other] = [await newUser(store), await newUser(store)];
      const [a, b, c] = [
        await signIn(store, user, 'a'),
        await signIn(store, user, 'b'),
        await signIn(store, user, 'c'),
      ];
      const theirs = await signIn(store, other, 'd');
      expect(store.accounts.sessions(user.id).map(({ id }) => id)).toEqual([c.id, b.id, a.id]);
      expect(await store.accounts.endSession(user.id, theirs.id, self(user))).toBe(false);
      expect(await store.accounts.endSession(user.id, a.id, self(user))).toBe(true);
      expect(store.accounts.findSession('a')).toBeNull();
      expect(await store.accounts.endSession(user.id, a.id, self(user))).toBe(false);
      expect(await store.accounts.endOtherSessions(user.id, b.id, self(user))).toBe(1);
      await signIn(store, user, 'e');
      expect(await store.accounts.setPassword(user.id, 'new', b.id, self(user))).toBe(true);
      expect(latest(store)).toMatchObject({ action: 'user.password_changed', after: { sessions_ended: 1 } });
      expect(store.accounts.sessions(user.id).map(({ id }) => id)).toEqual([b.id]);
      expect(store.accounts.findSession('d')).not.toBeNull();
      expect(await store.accounts.setPassword('usr_none', 'new', null, cli)).toBe(false);
      // Whoever was shown out, or comes from somebody else's session, sets no password any more.
      for (const session of [a, theirs]) {
        expect(await store.accounts.setPassword(user.id, 'late', session.id, self(user))).toBe(false);
      }
      expect(store.accounts.credentials(user.id)?.passwordHash).toBe('new');
      expect(store.accounts.sessions(user.id).map(({ id }) => id)).toEqual([b.id]);
    });

    test('visits are noted at most once a minute, and the last one at close', async () => {
      const { store, again, clock, commits } = await world();
      const user = await newUser(store);
      const { id } = await signIn(store, user, 's');
      const start = clock.now() + MINUTE;
      const before = commits();
      for (let i = 0; i < 30; i++) {
        store.accounts.touchSession(id, start + i * 1_000);
        await store.setNotice('untrusted_proxy', `${i}`);
      }
      expect(commits() - before).toBeLessThanOrEqual(31);
      expect(store.accounts.findSession('s')?.session.lastSeenAt).toBe(start + 29_000);
      const elsewhere = await again();
      expect(elsewhere.accounts.findSession('s')?.session.lastSeenAt).toBe(start);
      await elsewhere.close();
      await store.close();
      const reopened = await again();
      expect(reopened.accounts.findSession('s')?.session.lastSeenAt).toBe(start + 29_000);
      await reopened.close();
    });

    test('what another process ended is gone after a refresh', async () => {
      const { store, again } = await world();
      const user = await newUser(store);
      await newUser(store);
      await signIn(store, user, 's');
      expect(store.accounts.findSession('s')).not.toBeNull();
      const elsewhere = await again();
      await elsewhere.accounts.updateUser(user.id, { disabled: true }, ROLES, cli);
      await elsewhere.close();
      expect(store.refresh()).toBe(true);
      expect(store.accounts.findSession('s')).toBeNull();
    });

    test('those that are over are forgotten, others not; the audit log is kept', async () => {
      const { store, clock, again } = await world();
      const user = await newUser(store);
      await signIn(store, user, 'idle');
      const busy = await signIn(store, user, 'busy');
      await store.accounts.createLink(link('reset', 'l', { userId: user.id }), ROLES, cli);
      const entries = store.audit.list({ limit: 100 }).length;
      for (let day = 0; day < 20; day++) {
        clock.advance(DAY);
        store.accounts.touchSession(busy.id, clock.now());
      }
      await store.prune(clock.now());
      expect(store.accounts.findSession('idle')).toBeNull();
      expect(store.accounts.findSession('busy')).not.toBeNull();
      expect(store.accounts.findLink('l')).not.toBeNull();
      // What was in memory alone is on disk now.
      store.accounts.touchSession(busy.id, clock.now() + 1_000);
      store.accounts.touchSession(busy.id, clock.now() + 2_000);
      await store.prune(clock.now());
      const elsewhere = await again();
      expect(elsewhere.accounts.findSession('busy')?.session.lastSeenAt).toBe(clock.now() + 2_000);
      await elsewhere.close();
      for (let day = 0; day < 71; day++) {
        clock.advance(DAY);
        store.accounts.touchSession(busy.id, clock.now());
      }
      await store.prune(clock.now());
      expect(store.accounts.findSession('busy')).toBeNull();
      expect(store.accounts.findLink('l')).toBeNull();
      expect(store.audit.list({ limit: 100 })).toHaveLength(entries);
    });
  });
}
