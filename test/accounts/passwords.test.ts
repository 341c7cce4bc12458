import { describe, expect, test } from 'bun:test';
import { createHasher, HASH_COST, passwordProblem } from '../../src/accounts/passwords.ts';
import type { AppError } from '../../src/lib/errors.ts';

const cheap = { memory: 8, passes: 1 };

describe('a new password', () => {
  test.each([
    ['four words by chance', null],
    ['Tr0ub4dor&3 and more', null],
    ['密码密码长一点的密码短语啊', null],
    ['x'.repeat(11), 'at least 12'],
    ['🦊🐻🐼🐨🐯🦁🐮🐷', 'at least 12'],
    [`a1b2${'xyz!'.repeat(64)}`, 'at most 256'],
    ['Alice.Example@example.com', 'must not be the e-mail'],
    ['alice.EXAMPLE', 'must not be the e-mail'],
    ['Password123!', 'first that are guessed'],
    ['Welcome-2026-Admin', 'first that are guessed'],
    ['leadtosheet1', 'first that are guessed'],
    ['aaaaaaaaaaaa', 'first that are guessed'],
    ['abcabcabcabcabc', 'first that are guessed'],
    ['12345678901234', 'first that are guessed'],
    ['0987654321098', 'first that are guessed'],
    ['QWERTYUIOPAS', 'first that are guessed'],
    ['1q2w3e4r5t6y', 'first that are guessed'],
    ['111222333111', 'first that are guessed'],
  ])('%p: %p', (password, problem) => {
    const found = passwordProblem(password, 'alice.example@example.com');
    if (problem === null) expect(found).toBeNull();
    else expect(found).toContain(problem);
  });

  test('exactly 12 and exactly 256 characters are allowed', () => {
    expect(passwordProblem('zw4lf lange!', 'a@example.com')).toBeNull();
    const long = `${'k9-Zt'.repeat(51)}!`;
    expect(long).toHaveLength(256);
    expect(passwordProblem(long, 'a@example.com')).toBeNull();
    expect(passwordProblem(`${long}!`, 'a@example.com')).toContain('at most');
  });
});

describe('hashing', () => {
  test('argon2id at the cost that OWASP asks for, another salt each time', async () => {
    const hasher = createHasher();
    const [a, b] = [await hasher.hash('four words by chance'), await hasher.hash('four words by chance')];
    expect(a).toStartWith(`$argon2id$v=19$m=${HASH_COST.memory},t=${HASH_COST.passes},p=1$`);
    expect(HASH_COST).toEqual({ memory: 19_456, passes: 2 });
    expect(a).not.toBe(b);
    expect(await hasher.matches('four words by chance', a)).toBe(true);
    expect(await hasher.matches('four words by chancE', a)).toBe(false);
  });

  test('no password is right for nobody, and the work is the same: a hash is computed at the same cost', async () => {
    const hasher = createHasher();
    for (const password of ['', 'x', 'four words by chance']) expect(await hasher.matches(password, null)).toBe(false);
    // Were it refused unread, a thousand would take no time; this much memory can't be filled twice in a fraction of a ms.
    const started = performance.now();
    await hasher.matches('x', null);
    expect(performance.now() - started).toBeGreaterThan(1);
  });

  test('an accent written as one character or two is the same; what is cut is not taken for the rest', async () => {
    const hasher = createHasher(cheap);
    const hash = await hasher.hash('caf\u00e9 au lait noir');
    expect(await hasher.matches('cafe\u0301 au lait noir', hash)).toBe(true);
    const long = 'a'.repeat(1024);
    const hashOfLong = await hasher.hash(long);
    expect(await hasher.matches(long, hashOfLong)).toBe(true);
    expect(await hasher.matches(`${long}b`, hashOfLong)).toBe(false);
  });

  test('the thread that takes leads goes on meanwhile, and too many at once are refused', async () => {
    const hasher = createHasher();
    const hash = await hasher.hash('four words by chance');
    let turns = 0;
    let on = true;
    const spin = () => {
      turns++;
      if (on) setImmediate(spin);
    };
    setImmediate(spin);
    // Two at work and fifty that wait; the second time as well: each place is handed on, once.
    for (let round = 0; round < 2; round++) {
      const all = await Promise.allSettled(Array.from({ length: 60 }, () => hasher.matches('x', hash)));
      const refused = all.filter((each) => each.status === 'rejected');
      expect(refused).toHaveLength(60 - 52);
      for (const { reason } of refused) expect((reason as AppError).code).toBe('unavailable');
    }
    on = false;
    expect(turns).toBeGreaterThan(60);
    expect(await hasher.matches('four words by chance', hash)).toBe(true);
  });
});
