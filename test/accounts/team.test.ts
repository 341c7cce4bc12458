import { describe, expect, test } from 'bun:test';
import type { By } from '../../src/accounts/accounts.ts';
import { createAccounts } from '../../src/accounts/create.ts';
import { createHasher, type Hasher } from '../../src/accounts/passwords.ts';
import type { Role } from '../../src/contract/user.ts';
import { DAY, expectOk, house, MINUTE, outcome, PASSWORD, someone, vault, visitOf } from './house.ts';

const tokenOf = ({ path }: { path: string }) => path.slice(path.lastIndexOf('/') + 1);
const profile = (email: string) => ({ email, name: ' New\u202e one ', password: 'another four words' });

describe('the first set-up', () => {
  test('only a link leads in; it makes an owner who is signed in, once', async () => {
    const { accounts, told } = await house();
    expect(accounts.needsSetUp()).toBe(true);
    const former = expectOk({ ok: true, ...(await accounts.issueSetUp('server')) }) as { path: string };
    const issued = await accounts.issueSetUp('server');
    expect(issued?.path).toMatch(/^\/admin\/setup\/[\w-]{43}$/);
    const token = tokenOf(issued ?? { path: '' });
    expect(accounts.openLink(tokenOf(former))).toBeNull();
    expect(accounts.openLink(token)).toMatchObject({ kind: 'setup', email: null, role: 'owner' });
    expect(outcome(await accounts.acceptInvitation(token, profile('a@example.com'), someone()))).toBe('void');
    expect(outcome(await accounts.resetPassword(token, PASSWORD, someone()))).toBe('void');
    for (const [wrong, field] of [
      [{ ...profile('a@example.com'), email: 'a b@example.com' }, 'email'],
      [{ ...profile('a@example.com'), name: '\u202e' }, 'name'],
      [{ ...profile('a@example.com'), password: 'short' }, 'password'],
    ] as const) {
      expect(await accounts.setUp(token, wrong, someone())).toMatchObject({ refused: 'invalid', field });
    }
    const race = await Promise.all(
      [1, 2, 3].map((n) => accounts.setUp(token, profile(`u${n}@example.com`), someone())),
    );
    expect(race.map(outcome)).toEqual(['ok', 'void', 'void']);
    expect(accounts.users()).toHaveLength(1);
    const visit = visitOf(accounts, expectOk(race[0] as never));
    expect(visit.user).toMatchObject({ role: 'owner', name: 'New one', siteIds: null });
    expect(accounts.isRecent(visit)).toBe(true);
    expect(accounts.needsSetUp()).toBe(false);
    expect(accounts.openLink(token)).toBeNull();
    expect(await accounts.issueSetUp('cli')).toBeNull();
    expect(told().sort()).toEqual(['session.started', 'setup.link_made', 'setup.link_made', 'user.joined']);
  });

  test('a link lives an hour, and dies with the first user made by command', async () => {
    const { accounts, clock, visitor } = await house();
    const old = tokenOf((await accounts.issueSetUp('server')) ?? { path: '' });
    clock.advance(60 * MINUTE + 1_000);
    expect(accounts.openLink(old)).toBeNull();
    expect(outcome(await accounts.setUp(old, profile('a@example.com'), someone()))).toBe('void');
    const late = tokenOf((await accounts.issueSetUp('server')) ?? { path: '' });
    await visitor('owner');
    expect(accounts.openLink(late)).toBeNull();
    expect(outcome(await accounts.setUp(late, profile('a@example.com'), someone()))).toBe('void');
  });
});

describe('invitations', () => {
  test('give role and sites, live seven days, and can be withdrawn', async () => {
    const { accounts, clock, siteId, visitor } = await house();
    const owner = await visitor('owner');
    const input = { email: 'Bob@example.com', role: 'member' as const, siteIds: [siteId] };
    const issued = expectOk(await accounts.invite(owner, input));
    expect(issued.path).toMatch(/^\/admin\/invite\/[\w-]{43}$/);
    const token = tokenOf(issued);
    expect(JSON.stringify(accounts.invitations())).not.toContain(token);
    expect(accounts.invitations()).toMatchObject([
      { email: 'bob@example.com', role: 'member', createdBy: owner.user.id },
    ]);
    expect(accounts.openLink(token)).toMatchObject({ kind: 'invitation', email: 'bob@example.com', role: 'member' });
    expect(outcome(await accounts.setUp(token, profile('a@example.com'), someone()))).toBe('void');
    expect(outcome(await accounts.acceptInvitation(token, profile(owner.user.email), someone()))).toBe('email_taken');
    const joined = expectOk(await accounts.acceptInvitation(token, profile('bob@work.example.com'), someone()));
    expect(joined.user).toMatchObject({ role: 'member', siteIds: [siteId], email: 'bob@work.example.com' });
    expect(outcome(await accounts.acceptInvitation(token, profile('x@example.com'), someone()))).toBe('void');

    const withdrawn = expectOk(await accounts.invite(owner, { ...input, email: null }));
    expectOk(await accounts.revokeInvitation(owner, withdrawn.link.id));
    expect(outcome(await accounts.revokeInvitation(owner, withdrawn.link.id))).toBe('not_found');
    expect(accounts.openLink(tokenOf(withdrawn))).toBeNull();
    const old = expectOk(await accounts.invite(owner, { ...input, email: null }));
    clock.advance(7 * DAY + 1_000);
    expect(accounts.openLink(tokenOf(old))).toBeNull();
    expect(accounts.invitations()).toEqual([]);
  });

  test('who has an account is not invited; sites must exist; an address must be one', async () => {
    const { accounts, visitor } = await house();
    const owner = await visitor('owner');
    const invite = async (email: string | null, siteIds: string[] = []) =>
      outcome(await accounts.invite(owner, { email, role: 'viewer', siteIds }));
    expect(await invite(owner.user.email.toUpperCase())).toBe('email_taken');
    expect(await invite(null, ['site_none'])).toBe('unknown_site');
    expect(await invite('no address')).toBe('invalid');
    expect(await invite('a@example.com\r\nBcc: b@example.com')).toBe('invalid');
    expect(await invite('grüße@exämple.de')).toBe('ok');
  });
});

describe('who may do what to the team', () => {
  const acts: [name: string, act: (it: Awaited<ReturnType<typeof house>>, by: By, role: Role) => Promise<string>][] = [
    [
      'invite',
      async ({ accounts }, by, role) => outcome(await accounts.invite(by, { email: null, role, siteIds: [] })),
    ],
    [
      'create',
      async ({ accounts }, by, role) =>
        outcome(await accounts.createUser(by, { ...profile('new@example.com'), role, siteIds: [] })),
    ],
    [
      'disable',
      async ({ accounts, visitor }, by, role) => {
        const { user } = await visitor(role);
        return outcome(await accounts.updateUser(by, user.id, { disabled: true }));
      },
    ],
    [
      'give the role',
      async ({ accounts, visitor }, by, role) => {
        const { user } = await visitor('viewer');
        return outcome(await accounts.updateUser(by, user.id, { role }));
      },
    ],
    [
      'delete',
      async ({ accounts, visitor }, by, role) => outcome(await accounts.deleteUser(by, (await visitor(role)).user.id)),
    ],
    [
      'reset',
      async ({ accounts, visitor }, by, role) => outcome(await accounts.issueReset(by, (await visitor(role)).user.id)),
    ],
    [
      'withdraw',
      async ({ accounts }, by, role) => {
        const { link } = expectOk(await accounts.invite('cli', { email: null, role, siteIds: [] }));
        return outcome(await accounts.revokeInvitation(by, link.id));
      },
    ],
  ];
  const may: Readonly<Record<Role | 'cli', readonly Role[]>> = {
    cli: ['owner', 'admin', 'member', 'viewer'],
    owner: ['owner', 'admin', 'member', 'viewer'],
    admin: ['admin', 'member', 'viewer'],
    member: [],
    viewer: [],
  };
  test.each(acts)('%s: owners anybody, admins all but owners, others nobody', async (_name, act) => {
    const it = await house();
    await it.visitor('owner');
    for (const by of ['cli', 'owner', 'admin', 'member', 'viewer'] as const) {
      for (const role of ['owner', 'admin', 'member', 'viewer'] as const) {
        const doer = by === 'cli' ? 'cli' : await it.visitor(by);
        const result = await act(it, doer, role);
        expect([by, role, result]).toEqual([by, role, may[by].includes(role) ? 'ok' : 'forbidden']);
        const made = it.store.accounts.userByEmail('new@example.com');
        if (made) expectOk(await it.accounts.deleteUser('cli', made.id));
      }
    }
  });

  test('each wants the password again after a quarter of an hour; withdrawing does not', async () => {
    const it = await house();
    const [owner, other] = [await it.visitor('owner'), await it.visitor('viewer')];
    const { link } = expectOk(await it.accounts.invite(owner, { email: null, role: 'viewer', siteIds: [] }));
    it.clock.advance(15 * MINUTE + 1_000);
    const { accounts } = it;
    for (const answer of [
      await accounts.invite(owner, { email: null, role: 'viewer', siteIds: [] }),
      await accounts.updateUser(owner, other.user.id, { role: 'member' }),
      await accounts.deleteUser(owner, other.user.id),
      await accounts.issueReset(owner, other.user.id),
      await accounts.createUser(owner, { ...profile('n@example.com'), role: 'viewer', siteIds: [] }),
    ]) {
      expect(outcome(answer)).toBe('reauthenticate');
    }
    expect(outcome(await accounts.revokeInvitation(owner, link.id))).toBe('ok');
    expect(accounts.user(other.user.id)?.role).toBe('viewer');
  });

  test('the last owner stays, and unknown users are not found', async () => {
    const { accounts, visitor } = await house();
    const owner = await visitor('owner');
    const last = await accounts.updateUser(owner, owner.user.id, { role: 'admin' });
    expect(last).toMatchObject({
      refused: 'last_owner',
      message: 'This is the only owner. Make somebody else an owner first.',
    });
    expect(outcome(await accounts.updateUser('cli', owner.user.id, { disabled: true }))).toBe('last_owner');
    expect(outcome(await accounts.deleteUser(owner, owner.user.id))).toBe('last_owner');
    expect(outcome(await accounts.updateUser(owner, 'usr_none', { disabled: true }))).toBe('not_found');
    expect(outcome(await accounts.deleteUser(owner, 'usr_none'))).toBe('not_found');
    expect(outcome(await accounts.issueReset(owner, 'usr_none'))).toBe('not_found');
  });
});

describe('passwords', () => {
  test('a changed one ends all other sessions, and the new one is checked like any', async () => {
    const { accounts, visitor, signIn } = await house();
    const visit = await visitor('owner');
    const other = expectOk(await signIn(visit.user));
    const change = async (current: string, password: string) =>
      outcome(await accounts.changePassword(visit, { current, password }));
    expect(await change('not mine at all', 'another four words')).toBe('wrong');
    expect(await change(PASSWORD, 'short')).toBe('invalid');
    expect(await change(PASSWORD, PASSWORD)).toBe('invalid');
    expect(await change(PASSWORD, visit.user.email)).toBe('invalid');
    expect(accounts.visit(other.token, someone())).not.toBeNull();
    expect(await change(PASSWORD, 'another four words')).toBe('ok');
    expect(accounts.visit(other.token, someone())).toBeNull();
    expect(accounts.sessions(visit).map(({ current }) => current)).toEqual([true]);
    expect(outcome(await signIn(visit.user))).toBe('wrong');
    expect(outcome(await signIn(visit.user, 'another four words'))).toBe('ok');
  });

  test('whoever is shown out while a new password is hashed sets none', async () => {
    const { store, clock, accounts, visitor } = await house();
    const visit = await visitor('owner');
    const real = createHasher({ memory: 8, passes: 1 });
    const hasher: Hasher = {
      ...real,
      async hash(password) {
        const hashed = await real.hash(password);
        await accounts.revokeSession(visit, visit.session.id);
        return hashed;
      },
    };
    const slow = createAccounts({ store, vault, clock, hasher });
    const change = { current: PASSWORD, password: 'another four words' };
    expect(outcome(await slow.changePassword(visit, change))).toBe('wrong');
    expect(outcome(await accounts.signIn({ email: visit.user.email, password: PASSWORD }, someone()))).toBe('ok');
  });

  test('a reset link works once, ends all sessions, signs nobody in, and lives an hour', async () => {
    const { accounts, clock, visitor, signIn } = await house();
    const [owner, visit] = [await visitor('owner'), await visitor('member')];
    const issued = expectOk(await accounts.issueReset(owner, visit.user.id));
    expect(issued.path).toMatch(/^\/admin\/reset\/[\w-]{43}$/);
    const token = tokenOf(issued);
    expect(accounts.openLink(token)).toMatchObject({ kind: 'reset', email: visit.user.email, role: 'member' });
    expect(outcome(await accounts.resetPassword(token, 'short', someone()))).toBe('invalid');
    const race = await Promise.all(
      [1, 2].map((n) => accounts.resetPassword(token, `number ${n} of two words`, someone())),
    );
    expect(race.map(outcome).toSorted()).toEqual(['ok', 'void']);
    expect(accounts.sessions(visit)).toEqual([]);
    const winner = race.findIndex(({ ok }) => ok) + 1;
    expect(outcome(await signIn(visit.user, `number ${winner} of two words`))).toBe('ok');
    const old = tokenOf(expectOk(await accounts.issueReset(owner, visit.user.id)));
    clock.advance(60 * MINUTE + 1_000);
    expect(accounts.openLink(old)).toBeNull();
    expect(outcome(await accounts.resetPassword(old, PASSWORD, someone()))).toBe('void');
  });

  test('a lost second factor is switched off by owners and the command line alone', async () => {
    const { accounts, visitor } = await house();
    const [owner, admin, { user }] = [await visitor('owner'), await visitor('admin'), await visitor('member')];
    const drop = { dropSecondFactor: true };
    expect(outcome(await accounts.issueReset(admin, user.id, drop))).toBe('forbidden');
    expect(outcome(await accounts.issueReset(admin, user.id))).toBe('ok');
    expect(expectOk(await accounts.issueReset(owner, user.id, drop)).link.dropsSecondFactor).toBe(true);
    expect(outcome(await accounts.issueReset('cli', user.id, drop))).toBe('ok');
    expectOk(await accounts.updateUser(owner, user.id, { disabled: true }));
    expect(outcome(await accounts.issueReset(owner, user.id))).toBe('invalid');
  });

  test('a reset link does not outlive the role of the one it is for, nor a time without access', async () => {
    const { accounts, visitor } = await house();
    const [owner, admin] = [await visitor('owner'), await visitor('admin')];
    const { user } = await visitor('member');
    const link = async () => tokenOf(expectOk(await accounts.issueReset(admin, user.id)));
    // An admin may not let himself in as an owner: so not by a link from before either.
    const early = await link();
    expectOk(await accounts.updateUser(owner, user.id, { name: 'Still a member' }));
    expect(accounts.openLink(early)).not.toBeNull();
    expectOk(await accounts.updateUser(owner, user.id, { role: 'owner' }));
    expect(accounts.openLink(early)).toBeNull();
    expect(outcome(await accounts.resetPassword(early, 'an admin knows this one', someone()))).toBe('void');
    expectOk(await accounts.updateUser(owner, user.id, { role: 'member' }));
    const late = await link();
    for (const disabled of [true, false]) expectOk(await accounts.updateUser(owner, user.id, { disabled }));
    expect(outcome(await accounts.resetPassword(late, 'an admin knows this one', someone()))).toBe('void');
  });

  test('a reset link of somebody who is disabled meanwhile opens nothing', async () => {
    const { accounts, visitor } = await house();
    const [owner, { user }] = [await visitor('owner'), await visitor('member')];
    const token = tokenOf(expectOk(await accounts.issueReset(owner, user.id)));
    expectOk(await accounts.updateUser(owner, user.id, { disabled: true }));
    expect(accounts.openLink(token)).toBeNull();
    expect(outcome(await accounts.resetPassword(token, PASSWORD, someone()))).toBe('void');
  });
});

test('the own name is changed by oneself, cleaned like any', async () => {
  const { accounts, visitor } = await house();
  await visitor('owner');
  const visit = await visitor('viewer');
  expect(expectOk(await accounts.rename(visit, ' Zo\u0000ë ')).user).toMatchObject({ name: 'Zoë', role: 'viewer' });
  expect(outcome(await accounts.rename(visit, ' '))).toBe('invalid');
  expect(outcome(await accounts.rename(visit, 'x'.repeat(101)))).toBe('invalid');
});
