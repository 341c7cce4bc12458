import { describe, expect, test } from 'bun:test';
import type { Visit } from '../../src/accounts/accounts.ts';
import { expectOk, type House, house, MINUTE, outcome, PASSWORD, someone, vault, visitOf } from './house.ts';
import { codeAt } from './totp-code.ts';

async function withFactor(it: House, visit: Visit): Promise<{ secret: string; codes: string[] }> {
  const { secret } = expectOk(await it.accounts.beginTotp(visit));
  const confirmed = await it.accounts.confirmTotp(visit, codeAt(secret, it.clock.now()));
  // The step that confirmed it is used up.
  it.clock.advance(30_000);
  return { secret, codes: expectOk(confirmed).recoveryCodes };
}

async function waiting(it: House, { user }: Visit): Promise<string> {
  const answer = expectOk(await it.signIn(user));
  expect(answer.state).toBe('second_factor');
  return answer.token;
}

describe('the second factor', () => {
  test('is asked for once it is confirmed; the password alone opens nothing', async () => {
    const it = await house();
    const visit = await it.visitor('owner');
    expect(outcome(await it.accounts.confirmTotp(visit, '123456'))).toBe('none');
    const { secret, uri } = expectOk(await it.accounts.beginTotp(visit));
    expect(uri).toContain(secret);
    const wrong = codeAt(secret, it.clock.now() + 600_000);
    expect(outcome(await it.accounts.confirmTotp(visit, wrong))).toBe('wrong');
    expect(expectOk(await it.signIn(visit.user)).state).toBe('open');
    const sealed = it.store.accounts.credentials(visit.user.id)?.totpPending ?? '';
    expect(sealed).not.toContain(secret);
    // It opens for its own user alone.
    expect(() => vault.open(sealed, 'totp:usr_other')).toThrow();
    const confirmed = expectOk(await it.accounts.confirmTotp(visit, codeAt(secret, it.clock.now())));
    expect(confirmed.recoveryCodes).toHaveLength(10);
    it.clock.advance(30_000);
    const token = await waiting(it, visit);
    expect(it.accounts.visit(token, someone())).toBeNull();
    expect(it.accounts.awaiting(token)?.id).toBe(visit.user.id);
    const code = codeAt(secret, it.clock.now());
    const opened = expectOk(await it.accounts.secondFactor(token, `${code.slice(0, 3)} ${code.slice(3)}`, someone()));
    expect(opened.token).not.toBe(token);
    expect(visitOf(it.accounts, opened).user.secondFactor).toBe(true);
    expect(it.accounts.awaiting(token)).toBeNull();
    expect(outcome(await it.accounts.secondFactor(token, code, someone()))).toBe('over');
    // An open session is none that waits.
    expect(outcome(await it.accounts.secondFactor(opened.token, code, someone()))).toBe('over');
  });

  test('each code works once, also for two at the same moment; a clock one step off is fine', async () => {
    const it = await house();
    const visit = await it.visitor('owner');
    const { secret } = await withFactor(it, visit);
    const [a, b] = [await waiting(it, visit), await waiting(it, visit)];
    const code = codeAt(secret, it.clock.now());
    const both = await Promise.all([a, b].map((token) => it.accounts.secondFactor(token, code, someone())));
    expect(both.map(outcome).sort()).toEqual(['ok', 'wrong']);
    const rest = both[0]?.ok ? b : a;
    const ahead = codeAt(secret, it.clock.now() + 30_000);
    expect(outcome(await it.accounts.secondFactor(rest, ahead, someone()))).toBe('ok');
    // One step back is before the last that was taken.
    it.clock.advance(60_000);
    const third = await waiting(it, visit);
    expect(outcome(await it.accounts.secondFactor(third, codeAt(secret, it.clock.now() - 30_000), someone()))).toBe(
      'wrong',
    );
  });

  test('a recovery code does as well, once, however it is typed; new ones void the old', async () => {
    const it = await house();
    const visit = await it.visitor('owner');
    const { codes } = await withFactor(it, visit);
    const [first = '', second = ''] = codes;
    const pass = async (code: string) =>
      outcome(await it.accounts.secondFactor(await waiting(it, visit), code, someone()));
    expect(await pass(first.toUpperCase().replace('-', ' '))).toBe('ok');
    expect(await pass(first)).toBe('wrong');
    expect(it.accounts.recoveryCodesLeft(visit)).toBe(9);
    const renewed = expectOk(await it.accounts.renewRecoveryCodes(visit)).recoveryCodes;
    expect(it.accounts.recoveryCodesLeft(visit)).toBe(10);
    expect(await pass(second)).toBe('wrong');
    expect(await pass(renewed[0] ?? '')).toBe('ok');
    // Somebody else's don't count.
    const other = await it.visitor('owner');
    await withFactor(it, other);
    const answer = await it.accounts.secondFactor(await waiting(it, other), renewed[1] ?? '', someone());
    expect(outcome(answer)).toBe('wrong');
  });

  test('five wrong codes in 15 minutes, over all of the user’s sign-ins; the right password changes nothing', async () => {
    const it = await house();
    const visit = await it.visitor('owner');
    const { secret } = await withFactor(it, visit);
    for (let i = 0; i < 5; i++) {
      const token = await waiting(it, visit);
      expect(outcome(await it.accounts.secondFactor(token, 'abcdef', someone()))).toBe('wrong');
    }
    const right = async () => {
      const token = await waiting(it, visit);
      return it.accounts.secondFactor(token, codeAt(secret, it.clock.now()), someone());
    };
    expect(await right()).toMatchObject({ refused: 'rate_limited', retryAfterSeconds: 900 });
    it.clock.advance(15 * MINUTE);
    for (let i = 0; i < 7; i++) {
      expect(outcome(await right())).toBe('ok');
      it.clock.advance(30_000);
    }
  });

  test('a right password waits ten minutes, and not for somebody who is disabled', async () => {
    const it = await house();
    const [owner, visit] = [await it.visitor('owner'), await it.visitor('admin')];
    const { secret } = await withFactor(it, visit);
    const late = await waiting(it, visit);
    it.clock.advance(10 * MINUTE + 1_000);
    expect(it.accounts.awaiting(late)).toBeNull();
    expect(outcome(await it.accounts.secondFactor(late, codeAt(secret, it.clock.now()), someone()))).toBe('over');
    const token = await waiting(it, visit);
    expectOk(await it.accounts.updateUser('cli', visit.user.id, { disabled: true }));
    expect(outcome(await it.accounts.secondFactor(token, codeAt(secret, it.clock.now()), someone()))).toBe('over');
    expect(owner.user.role).toBe('owner');
  });

  test('is switched off with a recent password alone; then the password is enough', async () => {
    const it = await house();
    const visit = await it.visitor('owner');
    expect(outcome(await it.accounts.dropTotp(visit))).toBe('none');
    expect(outcome(await it.accounts.renewRecoveryCodes(visit))).toBe('none');
    await withFactor(it, visit);
    it.clock.advance(16 * MINUTE);
    for (const answer of [
      await it.accounts.dropTotp(visit),
      await it.accounts.renewRecoveryCodes(visit),
      await it.accounts.beginTotp(visit),
      await it.accounts.confirmTotp(visit, '123456'),
    ]) {
      expect(outcome(answer)).toBe('reauthenticate');
    }
    expectOk(await it.accounts.confirmPassword(visit, PASSWORD));
    expect(outcome(await it.accounts.dropTotp(visit))).toBe('ok');
    expect(expectOk(await it.signIn(visit.user)).state).toBe('open');
    expect(it.told().filter((action) => action.startsWith('user.second_factor'))).toEqual([
      'user.second_factor_off',
      'user.second_factor_on',
    ]);
  });
});
