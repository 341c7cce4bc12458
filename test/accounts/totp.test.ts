import { expect, test } from 'bun:test';
import { newRecoveryCodes, newTotpSecret, plainRecoveryCode, totpStep, totpUri } from '../../src/accounts/totp.ts';
import { codeAt } from './totp-code.ts';

/** "12345678901234567890". */
const RFC_SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

// RFC 6238, appendix B, SHA-1: the last six of its eight digits.
const VECTORS: [seconds: number, code: string][] = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
];

test.each(VECTORS)('RFC 6238: at %d s the code is %s, for its own step and one either way', async (seconds, code) => {
  const step = Math.floor(seconds / 30);
  const at = (n: number) => totpStep(RFC_SECRET, code, (step + n) * 30_000 + 15_000);
  expect(await at(0)).toBe(step);
  expect(await at(1)).toBe(step);
  expect(await at(-1)).toBe(step);
  expect(await at(2)).toBeNull();
  expect(await at(-2)).toBeNull();
});

test('only six digits are a code', async () => {
  for (const code of ['', '28708', '2870820', '28708a', '94287082', '２８７０８２']) {
    expect(await totpStep(RFC_SECRET, code, 59_000)).toBeNull();
  }
});

test('a secret has 160 random bits, and its address says what apps need', async () => {
  const [a, b] = [await newTotpSecret(), await newTotpSecret()];
  expect(a).toMatch(/^[A-Z2-7]{32}$/);
  expect(a).not.toBe(b);
  const url = new URL(await totpUri(a, 'alice@example.com'));
  expect([url.protocol, url.host, decodeURIComponent(url.pathname)]).toEqual([
    'otpauth:',
    'totp',
    '/LeadToSheet:alice@example.com',
  ]);
  expect(Object.fromEntries(url.searchParams)).toEqual({
    issuer: 'LeadToSheet',
    secret: a,
    algorithm: 'SHA1',
    digits: '6',
    period: '30',
  });
});

test('recovery codes: ten, all different, read however they are typed', () => {
  const codes = newRecoveryCodes();
  expect(new Set(codes).size).toBe(10);
  for (const code of codes) {
    const plain = plainRecoveryCode(code);
    expect(plain).toBe(code.replace('-', ''));
    const typed = ` ${code.toUpperCase().replace('-', ' ').replace(/0/g, 'O').replace(/1/g, 'l')} `;
    expect(plainRecoveryCode(typed)).toBe(plain);
  }
  for (const text of ['', '123456', 'abcde-fghjkm', 'abcde-fghj!', '00000-0000u'])
    expect(plainRecoveryCode(text)).toBeNull();
});

test.each(VECTORS)('the code of these tests at %d s is the one of the RFC too', (seconds, code) => {
  expect(codeAt(RFC_SECRET, seconds * 1000)).toBe(code);
});
