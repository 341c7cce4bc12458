import { describe, expect, test } from 'bun:test';
import type { Visit } from '../../src/accounts/accounts.ts';
import { type Party, partyOf } from '../../src/accounts/webauthn.ts';
import { MAX_PASSKEYS } from '../../src/store/accounts.ts';
import { authenticator, type Faults, type Passkey } from '../support/authenticator.ts';
import { expectOk, type House, house, MINUTE, outcome, PASSWORD, someone, visitOf } from './house.ts';
import { codeAt } from './totp-code.ts';

const PARTY: Party = { id: 'leads.example.com', origin: 'https://leads.example.com' };
const device = (counts = true) => authenticator({ origin: PARTY.origin, counts });

async function add(it: House, visit: Visit, counts = true, name = 'Laptop') {
  const { options } = expectOk(await it.accounts.passkeys.beginAdd(visit, name, PARTY));
  const { answer, passkey } = device(counts).create(options);
  const { recoveryCodes } = expectOk(await it.accounts.passkeys.add(visit, { name, answer }, PARTY));
  return { passkey, codes: recoveryCodes };
}

async function signIn(it: House, passkey: Passkey, faults?: Partial<Faults>, where = someone()) {
  const options = await it.accounts.passkeys.beginSignIn('browser', PARTY);
  return it.accounts.passkeys.signIn(passkey.get(options, faults), 'browser', PARTY, where);
}

async function waiting(it: House, { user }: Visit): Promise<string> {
  const answer = expectOk(await it.signIn(user));
  expect(answer.state).toBe('second_factor');
  return answer.token;
}

test('passkeys are for hosts with a name and HTTPS, or this machine', () => {
  expect(partyOf('https://leads.example.com')).toEqual(PARTY);
  expect(partyOf('https://leads.example.com:8443/')).toEqual({
    id: 'leads.example.com',
    origin: 'https://leads.example.com:8443',
  });
  expect(partyOf('http://localhost:3000')).toEqual({ id: 'localhost', origin: 'http://localhost:3000' });
  for (const url of ['http://leads.example.com', 'https://192.0.2.1', 'http://127.0.0.1:3000', 'https://[::1]:3000']) {
    expect(partyOf(url)).toBeNull();
  }
});

describe('adding a passkey', () => {
  test('asks for a discoverable one that verifies its user, and not for one that is here already', async () => {
    const it = await house();
    const visit = await it.visitor('owner');
    const { options } = expectOk(await it.accounts.passkeys.beginAdd(visit, 'Laptop', PARTY));
    expect(options).toMatchObject({
      rp: { id: 'leads.example.com' },
      user: { name: visit.user.email },
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    });
    expect(Buffer.from(options.user.id, 'base64url').toString()).toBe(visit.user.id);
    const { answer, passkey } = device().create(options);
    const added = await it.accounts.passkeys.add(visit, { name: ' Laptop ', answer }, PARTY);
    expect(expectOk(added).recoveryCodes).toHaveLength(10);
    expect(it.accounts.passkeys.list(visit)).toMatchObject([
      { name: 'Laptop', credentialId: passkey.id, transports: ['internal', 'hybrid'], lastUsedAt: null },
    ]);
    expect(it.told()[0]).toBe('passkey.added');
    const next = expectOk(await it.accounts.passkeys.beginAdd(visit, 'Phone', PARTY));
    expect(next.options.excludeCredentials).toMatchObject([{ id: passkey.id }]);
    // The codes there are stay: the second makes none.
    expect((await add(it, visit)).codes).toBeNull();
    expect(it.accounts.recoveryCodesLeft(visit)).toBe(10);
  });

  test('the maker’s statement is not read: its certificate can name nothing that we fetch', async () => {
    const it = await house();
    const visit = await it.visitor('owner');
    const { options } = expectOk(await it.accounts.passkeys.beginAdd(visit, 'Key', PARTY));
    const { answer, passkey } = device().create(options, { format: 'packed' });
    expect(outcome(await it.accounts.passkeys.add(visit, { name: 'Key', answer }, PARTY))).toBe('ok');
    expect(outcome(await signIn(it, passkey))).toBe('ok');
  });

  const WRONG: readonly [why: string, faults: Partial<Faults>, message: string][] = [
    ['another origin', { origin: 'https://evil.example.com' }, 'another address'],
    ['another host', { rpId: 'evil.example.com' }, 'for another address'],
    ['no verified user', { verified: false }, 'fingerprint'],
    ['another challenge', { challenge: 'AAAA' }, 'five minutes'],
    ['another ceremony', { type: 'webauthn.get' }, 'could not be verified'],
  ];
  test.each(WRONG)('%s: refused, and nothing is kept', async (_why, faults, message) => {
    const it = await house();
    const visit = await it.visitor('owner');
    const { options } = expectOk(await it.accounts.passkeys.beginAdd(visit, 'Laptop', PARTY));
    const { answer } = device().create(options, faults);
    const refused = await it.accounts.passkeys.add(visit, { name: 'Laptop', answer }, PARTY);
    expect(refused).toMatchObject({ ok: false, refused: 'wrong', message: expect.stringContaining(message) });
    expect(it.accounts.passkeys.list(visit)).toEqual([]);
    expect(it.accounts.user(visit.user.id)?.secondFactor).toBe(false);
  });

  test('an answer is taken once, by the session that asked, within five minutes', async () => {
    const it = await house();
    const [visit, other] = [await it.visitor('owner'), await it.visitor('owner')];
    const { options } = expectOk(await it.accounts.passkeys.beginAdd(visit, 'Laptop', PARTY));
    const first = device().create(options);
    const input = { name: 'Laptop', answer: first.answer };
    expect(outcome(await it.accounts.passkeys.add(other, input, PARTY))).toBe('wrong');
    expect(outcome(await it.accounts.passkeys.add(visit, input, PARTY))).toBe('ok');
    const again = device().create(options);
    expect(outcome(await it.accounts.passkeys.add(visit, { ...input, answer: again.answer }, PARTY))).toBe('wrong');
    const later = expectOk(await it.accounts.passkeys.beginAdd(visit, 'Late', PARTY));
    it.clock.advance(5 * MINUTE);
    const late = device().create(later.options);
    expect(outcome(await it.accounts.passkeys.add(visit, { ...input, answer: late.answer }, PARTY))).toBe('wrong');
    expect(it.accounts.passkeys.list(visit)).toHaveLength(1);
  });

  test('what is none is refused without a fault, and too many of them for a while', async () => {
    const it = await house();
    const visit = await it.visitor('owner');
    const { options } = expectOk(await it.accounts.passkeys.beginAdd(visit, 'Laptop', PARTY));
    const { answer } = device().create(options);
    const made = JSON.parse(answer);
    const broken = [
      '',
      '[]',
      JSON.stringify({ ...made, id: 5 }),
      JSON.stringify({ ...made, response: { ...made.response, clientDataJSON: 'AAAA' } }),
      JSON.stringify({ ...made, response: { ...made.response, attestationObject: 'AAAA' } }),
    ];
    for (const each of broken) {
      expect(outcome(await it.accounts.passkeys.add(visit, { name: 'X', answer: each }, PARTY))).toBe('wrong');
    }
    expect(outcome(await it.accounts.passkeys.add(visit, { name: 'X', answer }, PARTY))).toBe('rate_limited');
  });

  test('wants a recent password, a name, and no more than there may be', async () => {
    const it = await house();
    const visit = await it.visitor('owner');
    expect(outcome(await it.accounts.passkeys.beginAdd(visit, ' ', PARTY))).toBe('invalid');
    for (let i = 0; i < MAX_PASSKEYS; i++) await add(it, visit);
    expect(outcome(await it.accounts.passkeys.beginAdd(visit, 'One more', PARTY))).toBe('too_many');
    it.clock.advance(16 * MINUTE);
    const [first] = it.accounts.passkeys.list(visit);
    for (const answer of [
      await it.accounts.passkeys.beginAdd(visit, 'X', PARTY),
      await it.accounts.passkeys.add(visit, { name: 'X', answer: '' }, PARTY),
      await it.accounts.passkeys.remove(visit, first?.id ?? ''),
    ]) {
      expect(outcome(answer)).toBe('reauthenticate');
    }
  });
});

describe('signing in by a passkey', () => {
  test('names the user, stands for both factors, and is told as other sign-ins are', async () => {
    const it = await house();
    const visit = await it.visitor('owner');
    const { passkey } = await add(it, visit);
    const { secret } = expectOk(await it.accounts.beginTotp(visit));
    expectOk(await it.accounts.confirmTotp(visit, codeAt(secret, it.clock.now())));
    const options = await it.accounts.passkeys.beginSignIn('browser', PARTY);
    expect(options).toMatchObject({ rpId: PARTY.id, userVerification: 'required' });
    expect(options.allowCredentials).toBeUndefined();
    const opened = expectOk(await signIn(it, passkey));
    const came = visitOf(it.accounts, opened);
    expect(came.user.id).toBe(visit.user.id);
    expect(came.session.method).toBe('passkey');
    expect(it.accounts.isRecent(came)).toBe(true);
    expect(it.told()[0]).toBe('session.started');
    expect(it.store.audit.list({ limit: 1 })[0]?.after).toMatchObject({ method: 'passkey' });
    expect(it.accounts.passkeys.list(visit)[0]?.lastUsedAt).toBeGreaterThan(0);
  });

  const WRONG: readonly [why: string, faults: Partial<Faults>, message: string][] = [
    ['a forged signature', { forged: true }, 'could not be verified'],
    ['another origin', { origin: 'https://evil.example.com' }, 'Open https://leads.example.com'],
    ['another host', { rpId: 'evil.example.com' }, 'another address than leads.example.com'],
    ['no verified user', { verified: false }, 'fingerprint'],
    ['another challenge', { challenge: 'AAAA' }, 'five minutes'],
    ['another ceremony', { type: 'webauthn.create' }, 'could not be verified'],
    ['a counter that goes back', { counter: 0 }, 'there may be a copy'],
    ['no user named', { userHandle: undefined }, 'not known here'],
    ['another user named', { userHandle: 'dXNyX290aGVy' }, 'not known here'],
  ];
  test.each(WRONG)('%s: refused in plain words, and opens nothing', async (_why, faults, message) => {
    const it = await house();
    const { passkey } = await add(it, await it.visitor('owner'));
    expectOk(await signIn(it, passkey));
    const refused = await signIn(it, passkey, faults);
    expect(refused).toMatchObject({ ok: false, refused: 'wrong', message: expect.stringContaining(message) });
    expect(it.told()[0]).toBe(faults.counter === 0 ? 'passkey.refused' : 'session.started');
    expect(it.told().filter((each) => each === 'session.started')).toHaveLength(2);
  });

  test('an answer opens one session, in the browser that asked, within five minutes', async () => {
    const it = await house();
    // One that counts nothing: its answers are told apart by their challenge alone.
    const { passkey } = await add(it, await it.visitor('owner'), false);
    const { passkeys } = it.accounts;
    const answer = passkey.get(await passkeys.beginSignIn('browser', PARTY));
    expect(outcome(await passkeys.signIn(answer, 'another', PARTY, someone()))).toBe('wrong');
    const both = [1, 2].map(() => passkeys.signIn(answer, 'browser', PARTY, someone()));
    expect((await Promise.all(both)).map(outcome).sort()).toEqual(['ok', 'wrong']);
    expect(await passkeys.signIn('{}', 'browser', PARTY, someone())).toMatchObject({
      refused: 'wrong',
      message: expect.stringContaining('could not be read'),
    });
    const late = passkey.get(await passkeys.beginSignIn('browser', PARTY));
    it.clock.advance(5 * MINUTE);
    expect(outcome(await passkeys.signIn(late, 'browser', PARTY, someone()))).toBe('wrong');
    const second = passkey.get(await passkeys.beginSecondFactor(await waitingOf(it, passkey), PARTY).then(required));
    expect(outcome(await passkeys.signIn(second, 'browser', PARTY, someone()))).toBe('wrong');
    expect(outcome(await signIn(it, passkey))).toBe('ok');
  });

  test('a removed passkey and one of a disabled user open nothing', async () => {
    const it = await house();
    const [owner, visit] = [await it.visitor('owner'), await it.visitor('admin')];
    const [kept, gone] = [await add(it, visit), await add(it, visit)];
    const list = it.accounts.passkeys.list(visit);
    expect(outcome(await it.accounts.passkeys.remove(owner, list[1]?.id ?? ''))).toBe('not_found');
    expect(outcome(await it.accounts.passkeys.remove(visit, list[1]?.id ?? ''))).toBe('ok');
    expect(it.told()[0]).toBe('passkey.removed');
    expect(await signIn(it, gone.passkey)).toMatchObject({ message: expect.stringContaining('removed') });
    expectOk(await it.accounts.updateUser('cli', visit.user.id, { disabled: true }));
    expect(outcome(await signIn(it, kept.passkey))).toBe('disabled');
    expectOk(await it.accounts.updateUser('cli', visit.user.id, { disabled: false }));
    expect(outcome(await signIn(it, kept.passkey))).toBe('ok');
  });

  test('failures are counted by user and by address; wrong passwords keep nobody out who has a passkey', async () => {
    const it = await house();
    const visit = await it.visitor('owner');
    const { passkey } = await add(it, visit);
    for (let i = 0; i < 10; i++) expect(outcome(await signIn(it, passkey, { forged: true }))).toBe('wrong');
    expect(await signIn(it, passkey)).toMatchObject({ refused: 'rate_limited', retryAfterSeconds: 900 });
    expect(outcome(await it.signIn(visit.user))).toBe('ok');
    const other = await it.visitor('owner');
    const { passkey: theirs } = await add(it, other);
    for (let i = 0; i < 11; i++) await it.signIn(other.user, 'wrong wrong wrong');
    expect(outcome(await it.signIn(other.user))).toBe('rate_limited');
    expect(outcome(await signIn(it, theirs))).toBe('ok');
    const where = someone();
    const stranger = async () => {
      const options = await it.accounts.passkeys.beginSignIn('browser', PARTY);
      const made = device().create({ challenge: 'x', rp: PARTY, user: { id: 'eA' } });
      return outcome(await it.accounts.passkeys.signIn(made.passkey.get(options), 'browser', PARTY, where));
    };
    for (let i = 0; i < 30; i++) expect(await stranger()).toBe('wrong');
    expect(await stranger()).toBe('rate_limited');
    it.clock.advance(15 * MINUTE);
    for (let i = 0; i < 12; i++) expect(outcome(await signIn(it, passkey))).toBe('ok');
  });
});

const required = <T>(value: T | null): T => {
  if (value === null) throw new Error('nothing there');
  return value;
};

/** Somebody whose password was right, by the passkey that is theirs. */
async function waitingOf(it: House, passkey: Passkey): Promise<string> {
  const owner = it.store.accounts.user(it.store.accounts.passkeyByCredential(passkey.id)?.userId ?? '');
  const answer = expectOk(await it.signIn(required(owner)));
  return answer.token;
}

describe('a passkey as the second factor', () => {
  async function pass(it: House, token: string, passkey: Passkey, faults?: Partial<Faults>) {
    const options = required(await it.accounts.passkeys.beginSecondFactor(token, PARTY));
    return it.accounts.passkeys.secondFactor(token, passkey.get(options, faults), PARTY, someone());
  }

  test('is asked for after the password, without an app too; the codes are the way out', async () => {
    const it = await house();
    const visit = await it.visitor('owner');
    const { passkey, codes } = await add(it, visit);
    const token = await waiting(it, visit);
    expect(it.accounts.awaiting(token)).toMatchObject({ totp: false, passkeys: 1 });
    const options = required(await it.accounts.passkeys.beginSecondFactor(token, PARTY));
    expect(options.allowCredentials).toMatchObject([{ id: passkey.id, transports: ['internal', 'hybrid'] }]);
    const opened = expectOk(await pass(it, token, passkey));
    expect(opened.token).not.toBe(token);
    expect(visitOf(it.accounts, opened).session.method).toBe('password');
    expect(it.store.audit.list({ limit: 1 })[0]?.after).toMatchObject({ second_factor: 'passkey' });
    expect(await it.accounts.passkeys.beginSecondFactor(token, PARTY)).toBeNull();
    const lost = await waiting(it, visit);
    expect(outcome(await it.accounts.secondFactor(lost, '123456', someone()))).toBe('wrong');
    expect(outcome(await it.accounts.secondFactor(lost, codes?.[0] ?? '', someone()))).toBe('ok');
    expect(it.accounts.recoveryCodesLeft(visit)).toBe(9);
    expect(expectOk(await it.accounts.renewRecoveryCodes(visit)).recoveryCodes).toHaveLength(10);
  });

  test('another user’s is refused, and failures are counted with those of codes', async () => {
    const it = await house();
    const [visit, other] = [await it.visitor('owner'), await it.visitor('owner')];
    const [own, theirs] = [await add(it, visit), await add(it, other)];
    const token = await waiting(it, visit);
    expect(outcome(await pass(it, token, theirs.passkey))).toBe('wrong');
    expect(outcome(await pass(it, token, own.passkey, { counter: 0, verified: false }))).toBe('wrong');
    for (let i = 0; i < 3; i++) expect(outcome(await pass(it, token, own.passkey, { forged: true }))).toBe('wrong');
    expect(outcome(await pass(it, token, own.passkey))).toBe('rate_limited');
    expect(outcome(await it.accounts.secondFactor(token, '123456', someone()))).toBe('rate_limited');
    it.clock.advance(15 * MINUTE);
    expect(outcome(await pass(it, await waiting(it, visit), own.passkey))).toBe('ok');
  });

  test('a token that is over asks nobody; an answer is of its own sign-in alone', async () => {
    const it = await house();
    const visit = await it.visitor('owner');
    const { passkey } = await add(it, visit, false);
    const [a, b] = [await waiting(it, visit), await waiting(it, visit)];
    const answer = passkey.get(required(await it.accounts.passkeys.beginSecondFactor(a, PARTY)));
    expect(outcome(await it.accounts.passkeys.secondFactor(b, answer, PARTY, someone()))).toBe('wrong');
    expect(outcome(await it.accounts.passkeys.secondFactor(a, answer, PARTY, someone()))).toBe('ok');
    it.clock.advance(11 * MINUTE);
    expect(await it.accounts.passkeys.beginSecondFactor(b, PARTY)).toBeNull();
    expect(outcome(await it.accounts.passkeys.secondFactor(b, answer, PARTY, someone()))).toBe('over');
  });

  test('a reset that drops the second factor brings back who has lost everything', async () => {
    const it = await house();
    const [owner, visit] = [await it.visitor('owner'), await it.visitor('admin')];
    const { passkey } = await add(it, visit);
    const reset = expectOk(await it.accounts.issueReset(owner, visit.user.id, { dropSecondFactor: true }));
    const token = reset.path.split('/').at(-1) ?? '';
    expect(outcome(await it.accounts.resetPassword(token, 'another four words', someone()))).toBe('ok');
    expect(expectOk(await it.signIn(visit.user, 'another four words')).state).toBe('open');
    expect(outcome(await signIn(it, passkey))).toBe('wrong');
  });
});

describe('a passkey in place of the password', () => {
  test('confirms who is there, once more', async () => {
    const it = await house();
    const [first, other] = [await it.visitor('owner'), await it.visitor('owner')];
    const [{ passkey }, theirs] = [await add(it, first), await add(it, other)];
    const visit = visitOf(it.accounts, expectOk(await signIn(it, passkey)));
    it.clock.advance(16 * MINUTE);
    expect(it.accounts.isRecent(visit)).toBe(false);
    const confirm = async (by: Passkey, faults?: Partial<Faults>) => {
      const options = await it.accounts.passkeys.beginConfirm(visit, PARTY);
      expect(options.allowCredentials).toMatchObject([{ id: passkey.id }]);
      return outcome(await it.accounts.passkeys.confirm(visit, by.get(options, faults), PARTY));
    };
    expect(await confirm(theirs.passkey)).toBe('wrong');
    expect(await confirm(passkey, { forged: true })).toBe('wrong');
    expect(it.accounts.isRecent(visit)).toBe(false);
    expect(await confirm(passkey)).toBe('ok');
    expect(it.accounts.isRecent(visit)).toBe(true);
    expect(outcome(await it.accounts.passkeys.remove(visit, it.accounts.passkeys.list(visit)[0]?.id ?? ''))).toBe('ok');
    expect(expectOk(await it.signIn(visit.user, PASSWORD)).state).toBe('open');
  });
});
