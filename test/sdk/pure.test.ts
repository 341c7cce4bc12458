import { describe, expect, test } from 'bun:test';
import { hashOf } from '../../src/sdk/forms.ts';
import { completesSecret, isCardNumber, isSecretName } from '../../src/sdk/secrets.ts';
import { daysOf } from '../../src/sdk/settings.ts';
import { afterVisit, type Touches, touchOf } from '../../src/sdk/touches.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 22);

describe('what is private', () => {
  test.each([
    ...['password', 'userPassword', 'pass_word', 'Passwort', 'pwd2', 'pass-phrase', 'passcode'],
    ...['cvc', 'cvv2', 'cc-cvc', 'cardNumber', 'Card number', 'card_no', 'ccnum', 'cc_exp_month', 'cardExpiry', 'CSC'],
    ...['Security code', 'kreditkartennummer', 'creditCardNumber', 'card-verification-value'],
  ])('%s by its name', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  test.each([
    ...['Email', 'Shipping', 'Passenger name', 'Compass', 'Passport country', 'Discard note', 'Card design', 'Account'],
    ...['accnum', 'Business card', 'Dashboard', 'Number of seats', 'Country code', 'Account number', 'Succession'],
  ])('%s is not', (name) => {
    expect(isSecretName(name)).toBe(false);
  });

  test('what the browser fills in, and card numbers wherever they are typed', () => {
    const asked = ['cc-number', 'section-a cc-csc', 'current-password', 'new-password', 'one-time-code'];
    expect(asked.map(completesSecret)).toEqual(asked.map(() => true));
    expect(['email', 'tel', 'name', null].map(completesSecret)).toEqual([false, false, false, false]);
    const cards = ['4111 1111 1111 1111', '5555-5555-5555-4444', '378282246310005', '2223003122003222'];
    expect(cards.map(isCardNumber)).toEqual([true, true, true, true]);
    const others = ['4111111111111112', '+49 151 12345678', '1234567890', '9111111111111111', '4111 1111 1111 1111 1'];
    expect(others.map(isCardNumber)).toEqual([false, false, false, false, false]);
  });
});

describe('how a visitor came', () => {
  const visit = (address: string, referrer = '', at = NOW) => touchOf(new URL(address), referrer, at);
  const AD = visit(
    'https://example.com/a?utm_source=News&UTM_Medium=mail&utm_source=2&gclid=x&id=7#b',
    '',
    NOW - 5 * DAY,
  );

  test('a visit is known by its campaign and click ids, without the rest of its address', () => {
    expect(AD).toEqual({
      at: NOW - 5 * DAY,
      url: 'https://example.com/a',
      utm_source: 'News',
      utm_medium: 'mail',
      gclid: 'x',
    } as never);
    expect(visit('https://example.com/', 'https://www.google.com/')).toMatchObject({ ref: 'https://www.google.com/' });
    expect(visit('https://example.com/', 'https://example.com/b')).not.toHaveProperty('ref');
    const hostile = visit('https://example.com/?at=1&url=x&ref=y&__proto__=z');
    expect(hostile).toEqual({ at: NOW, url: 'https://example.com/' });
  });

  test('the first is kept, the last is the last that led here', () => {
    const first: Touches = afterVisit(null, AD, 90);
    expect(first).toEqual({ first: AD, last: AD });
    expect(afterVisit(first, visit('https://example.com/b'), 90)).toEqual(first);
    const link = visit('https://example.com/c', 'https://blog.example/');
    const second = afterVisit(first, link, 90);
    expect(second).toEqual({ first: AD, last: link });
    // Loaded anew, the page has the same referrer.
    expect(afterVisit(second, visit('https://example.com/d', 'https://blog.example/', NOW + 1), 90)).toEqual(second);
    const ad = visit('https://example.com/e?msclkid=1', '', NOW + 2);
    expect(afterVisit(second, ad, 90)).toEqual({ first: AD, last: ad });
  });

  test('what is older than so many days is forgotten; what was never kept right, too', () => {
    const plain = visit('https://example.com/b');
    expect(afterVisit({ first: AD, last: AD }, plain, 5)).toEqual({ first: plain, last: plain });
    const broken = [{ first: 7 }, {}, 'x', 7, { first: { at: 'x' }, last: null }] as never[];
    for (const each of broken) expect(afterVisit(each, plain, 90)).toEqual({ first: plain, last: plain });
  });

  test('for how many days, as the tag says', () => {
    expect([null, '30', '0.5', 'off', '', 'soon'].map(daysOf)).toEqual([90, 30, 0.5, 0, 0, 0]);
  });
});

test('a hash stays what it is, takes any letter, and tells apart what is alike', () => {
  // FNV-1a's own test vectors.
  const vectors = [0x811c9dc5, 0xe40c292c, 0xbf9cf968].map((hash) => hash.toString(36).padStart(8, '0'));
  expect(['', 'a', 'foobar'].map(hashOf)).toEqual(vectors);
  const names = Array.from({ length: 2_000 }, (_, i) => `form ${i} ä 😀`);
  const hashes = names.map(hashOf);
  expect(new Set(hashes).size).toBe(names.length);
  expect(hashes.every((hash) => /^[a-z0-9]{8}$/.test(hash))).toBe(true);
});
