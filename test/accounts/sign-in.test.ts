import { describe, expect, test } from 'bun:test';
import { createAccounts } from '../../src/accounts/create.ts';
import { createHasher, type Hasher } from '../../src/accounts/passwords.ts';
import { AppError } from '../../src/lib/errors.ts';
import { DAY, expectOk, house, MINUTE, outcome, PASSWORD, someone, vault, visitOf } from './house.ts';

describe('signing in', () => {
  test('by e-mail of any case and password; the token opens, and is nowhere in the store', async () => {
    const { accounts, store, told, visitor, siteId } = await house();
    await visitor('owner');
    const { user } = await visitor('viewer');
    const where = someone();
    const signedIn = expectOk(
      await accounts.signIn({ email: ` ${user.email.toUpperCase()} `, password: PASSWORD }, where),
    );
    expect(signedIn.state).toBe('open');
    expect(signedIn.token).toMatch(/^[\w-]{43}$/);
    const visit = visitOf(accounts, signedIn, where);
    expect(visit.user).toMatchObject({ id: user.id, role: 'viewer', siteIds: [siteId] });
    expect(visit.session).toMatchObject({ browser: 'Firefox 140', os: 'Linux' });
    expect(visit.session.addressHash).toBe(vault.hashAddress(where.address ?? ''));
    expect(signedIn.expiresAt).toBe(visit.session.createdAt + 90 * DAY);
    expect(told()[0]).toBe('session.started');
    const all = JSON.stringify([store.accounts.sessions(user.id), store.audit.list({ limit: 99 })]);
    for (const secret of [signedIn.token, where.address ?? '', PASSWORD]) expect(all).not.toContain(secret);
    for (const token of ['', 'x', `${signedIn.token}x`, `${'A'.repeat(43)}`]) {
      expect(accounts.visit(token, where)).toBeNull();
    }
  });

  test('a wrong password, an unknown user and one without a password get one answer, for the same work', async () => {
    const { store, clock, visitor } = await house();
    const { user } = await visitor('owner');
    await store.accounts.createUser(
      { email: 'oidc@example.com', name: 'O', role: 'admin', siteIds: [], passwordHash: null },
      { actor: { kind: 'cli' }, addressHash: null },
    );
    const asked: (string | null)[] = [];
    const real = createHasher({ memory: 8, passes: 1 });
    const hasher: Hasher = {
      ...real,
      matches(password, hash) {
        asked.push(hash === null ? null : 'hash');
        return real.matches(password, hash);
      },
    };
    const accounts = createAccounts({ store, vault, clock, hasher });
    const answers = [];
    for (const email of [user.email, 'nobody@example.com', 'oidc@example.com', '']) {
      answers.push(await accounts.signIn({ email, password: 'not the right one' }, someone()));
    }
    expect(asked).toEqual(['hash', null, null, null]);
    for (const answer of answers) expect(answer).toEqual(answers[0] as never);
    expect(answers[0]).toMatchObject({ ok: false, refused: 'wrong', message: 'The e-mail or the password is wrong.' });
  });

  test('that an account is disabled is told to who knows the password alone', async () => {
    const { accounts, visitor, signIn } = await house();
    const [owner, { user }] = [await visitor('owner'), await visitor('member')];
    await accounts.updateUser(owner, user.id, { disabled: true });
    expect(outcome(await signIn(user, 'not the right one'))).toBe('wrong');
    expect(outcome(await signIn(user))).toBe('disabled');
  });
});

describe('too many attempts', () => {
  test('ten failures for an e-mail, from wherever; then a sentence with the time, until it has passed', async () => {
    const { clock, visitor, signIn } = await house();
    const [{ user }, { user: other }] = [await visitor('owner'), await visitor('owner')];
    for (let i = 0; i < 10; i++) expect(outcome(await signIn(user, 'wrong wrong wrong'))).toBe('wrong');
    const refused = await signIn(user);
    expect(refused).toMatchObject({ ok: false, refused: 'rate_limited', retryAfterSeconds: 900 });
    expect(refused).toMatchObject({ message: 'Too many attempts. Try again in 900 s.' });
    expect(outcome(await signIn({ ...user, email: user.email.toUpperCase() }))).toBe('rate_limited');
    expect(outcome(await signIn(other))).toBe('ok');
    clock.advance(15 * MINUTE);
    expect(outcome(await signIn(user))).toBe('ok');
  });

  test('at once they are counted as well', async () => {
    const { visitor, signIn } = await house();
    const { user } = await visitor('owner');
    const all = await Promise.all(Array.from({ length: 25 }, () => signIn(user, 'wrong wrong wrong')));
    expect(all.map(outcome).filter((each) => each === 'wrong')).toHaveLength(10);
  });

  test('however an address with accents is written, it is one', async () => {
    const { accounts, signIn } = await house();
    const input = { email: 'zoë@example.com', name: 'Zoë', password: PASSWORD, role: 'owner', siteIds: [] } as const;
    const { user } = expectOk(await accounts.createUser('cli', input));
    for (let i = 0; i < 10; i++) expect(outcome(await signIn(user, 'wrong wrong wrong'))).toBe('wrong');
    for (const form of ['NFD', 'NFC'] as const) {
      expect(outcome(await signIn({ ...user, email: user.email.normalize(form) }))).toBe('rate_limited');
    }
  });

  test('one that could not be looked at, because too many came at once, is none', async () => {
    const { store, clock, visitor } = await house();
    const visit = await visitor('owner');
    const { email } = visit.user;
    const real = createHasher({ memory: 8, passes: 1 });
    let isFull = true;
    const hasher: Hasher = {
      ...real,
      matches: (...asked) => (isFull ? Promise.reject(new AppError('unavailable', 'x')) : real.matches(...asked)),
    };
    const accounts = createAccounts({ store, vault, clock, hasher });
    const tries = [
      () => accounts.signIn({ email, password: PASSWORD }, someone()),
      () => accounts.confirmPassword(visit, PASSWORD),
      () => accounts.changePassword(visit, { current: PASSWORD, password: 'another four words' }),
    ];
    for (const each of tries) for (let i = 0; i < 10; i++) await expect(each()).rejects.toThrow(AppError);
    isFull = false;
    for (const each of tries) expect(outcome(await each())).toBe('ok');
  });

  test('thirty from an address or the /64 it is in, over any e-mails; success does not count', async () => {
    const { accounts, visitor, signIn } = await house();
    const { user } = await visitor('owner');
    const from = (n: number) => ({ ...someone(), address: `2001:db8:1:2::${n.toString(16)}` });
    for (let i = 0; i < 40; i++) expect(outcome(await signIn(user, PASSWORD, from(i)))).toBe('ok');
    for (let i = 0; i < 30; i++) {
      const answer = await accounts.signIn({ email: `u${i}@example.com`, password: 'x' }, from(i));
      expect(outcome(answer)).toBe('wrong');
    }
    expect(outcome(await signIn(user, PASSWORD, from(99)))).toBe('rate_limited');
    expect(outcome(await signIn(user, PASSWORD, { ...someone(), address: '2001:db8:1:3::1' }))).toBe('ok');
    expect(outcome(await signIn(user, PASSWORD, { ...someone(), address: null }))).toBe('ok');
  });

  test('strangers who try passwords lock out nobody who is signed in', async () => {
    const { accounts, visitor, signIn } = await house();
    const visit = await visitor('owner');
    for (let i = 0; i < 10; i++) expect(outcome(await signIn(visit.user, 'wrong wrong wrong'))).toBe('wrong');
    expect(outcome(await signIn(visit.user))).toBe('rate_limited');
    expect(outcome(await accounts.confirmPassword(visit, PASSWORD))).toBe('ok');
    const change = { current: PASSWORD, password: 'another four words' };
    expect(outcome(await accounts.changePassword(visit, change))).toBe('ok');
  });

  test('asking for the password again has ten failures of its own', async () => {
    const { accounts, visitor, signIn } = await house();
    const visit = await visitor('owner');
    for (let i = 0; i < 5; i++) expect(outcome(await accounts.confirmPassword(visit, 'wrong'))).toBe('wrong');
    const change = { current: 'wrong', password: 'another four words' };
    for (let i = 0; i < 5; i++) expect(outcome(await accounts.changePassword(visit, change))).toBe('wrong');
    expect(outcome(await accounts.confirmPassword(visit, PASSWORD))).toBe('rate_limited');
    expect(outcome(await accounts.changePassword(visit, { ...change, current: PASSWORD }))).toBe('rate_limited');
    expect(outcome(await signIn(visit.user))).toBe('ok');
  });
});

describe('a session', () => {
  test('ends after 14 days without a visit; visits keep it, for 90 days at most', async () => {
    const { accounts, clock, visitor, signIn } = await house();
    const { user } = await visitor('owner');
    const [idle, busy] = [expectOk(await signIn(user)), expectOk(await signIn(user))];
    const opens = ({ token }: { token: string }) => accounts.visit(token, someone()) !== null;
    for (let day = 1; day <= 13; day++) {
      clock.advance(DAY);
      expect(opens(busy)).toBe(true);
    }
    clock.advance(DAY + MINUTE);
    expect(opens(idle)).toBe(false);
    for (let day = 15; day <= 90; day++) {
      expect(opens(busy)).toBe(true);
      clock.advance(DAY);
    }
    expect(opens(busy)).toBe(false);
  });

  test('is signed out; a role changes in it at once, a disabled user loses it', async () => {
    const { accounts, visitor, signIn } = await house();
    const owner = await visitor('owner');
    const { user } = await visitor('admin');
    const [a, b] = [expectOk(await signIn(user)), expectOk(await signIn(user))];
    await accounts.signOut(a.token, someone());
    await accounts.signOut('nonsense', someone());
    expect(accounts.visit(a.token, someone())).toBeNull();
    expectOk(await accounts.updateUser(owner, user.id, { role: 'viewer', siteIds: [] }));
    expect(accounts.visit(b.token, someone())?.user).toMatchObject({ role: 'viewer', siteIds: [] });
    expectOk(await accounts.updateUser(owner, user.id, { disabled: true }));
    expect(accounts.visit(b.token, someone())).toBeNull();
  });

  test('is authenticated for 15 minutes, and again once the password is given', async () => {
    const { accounts, clock, visitor } = await house();
    const visit = await visitor('owner');
    expect(accounts.isRecent(visit)).toBe(true);
    clock.advance(15 * MINUTE + 1_000);
    expect(accounts.isRecent(visit)).toBe(false);
    expect(outcome(await accounts.invite(visit, { email: null, role: 'viewer', siteIds: [] }))).toBe('reauthenticate');
    expect(outcome(await accounts.confirmPassword(visit, 'not mine at all'))).toBe('wrong');
    expect(accounts.isRecent(visit)).toBe(false);
    expect(outcome(await accounts.confirmPassword(visit, PASSWORD))).toBe('ok');
    // In the very same request.
    expect(accounts.isRecent(visit)).toBe(true);
    expect(outcome(await accounts.invite(visit, { email: null, role: 'viewer', siteIds: [] }))).toBe('ok');
  });

  test('its forms carry a token of their own, which opens nothing', async () => {
    const { accounts, visitor, signIn } = await house();
    const { user } = await visitor('owner');
    const [a, b] = [expectOk(await signIn(user)), expectOk(await signIn(user))];
    expect(accounts.csrfToken(a.token)).toBe(accounts.csrfToken(a.token));
    expect(accounts.csrfToken(a.token)).not.toBe(accounts.csrfToken(b.token));
    expect(accounts.visit(accounts.csrfToken(a.token), someone())).toBeNull();
  });

  test('a list names the own one; others are revoked one by one or together, and nobody else’s', async () => {
    const { accounts, clock, visitor, signIn } = await house();
    const [visit, stranger] = [await visitor('owner'), await visitor('owner')];
    const [a, b] = [expectOk(await signIn(visit.user)), expectOk(await signIn(visit.user))];
    const listed = accounts.sessions(visit);
    expect(listed.map(({ current }) => current)).toEqual([false, false, true]);
    expect(outcome(await accounts.revokeSession(visit, stranger.session.id))).toBe('not_found');
    const first = listed.find(({ session }) => session.id === visitOf(accounts, a).session.id);
    expect(outcome(await accounts.revokeSession(visit, first?.session.id ?? ''))).toBe('ok');
    expect(accounts.visit(a.token, someone())).toBeNull();
    expect(await accounts.revokeOtherSessions(visit)).toBe(1);
    expect(accounts.visit(b.token, someone())).toBeNull();
    expect(accounts.sessions(visit)).toHaveLength(1);
    expect(accounts.sessions(stranger)).toHaveLength(1);
    clock.advance(15 * DAY);
    expect(accounts.sessions(visit)).toEqual([]);
  });
});

test('when the store can’t be written to, that is said as what it is', async () => {
  const { accounts, store, visitor } = await house();
  const visit = await visitor('owner');
  await store.close();
  const failed = await accounts.revokeOtherSessions(visit).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(AppError);
  expect((failed as AppError).code).toBe('unavailable');
});
