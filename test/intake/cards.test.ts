import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { maskAndCut, maskCards } from '../../src/intake/cards.ts';

/** The numbers that the issuers and payment providers publish for tests. */
const CARDS = {
  'Visa 16': '4111111111111111',
  'Visa 13': '4222222222222',
  'Visa 19': '4000000000000000006',
  'Mastercard 5': '5555555555554444',
  'Mastercard 2': '2223003122003222',
  'American Express 37': '378282246310005',
  'American Express 34': '343434343434343',
  Discover: '6011111111111117',
  JCB: '3566002020360505',
  'Diners 30': '30569309025904',
  'Diners 38': '38520000023237',
  UnionPay: '6200000000000005',
  Maestro: '6759649826438453',
};
const hide = (number: string) => '*'.repeat(number.length - 4) + number.slice(-4);

describe('maskCards', () => {
  for (const [issuer, number] of Object.entries(CARDS)) {
    test(`${issuer}: alone, in a sentence, in quotes`, () => {
      expect(maskCards(number)).toBe(hide(number));
      expect(maskCards(`my card is ${number}, thanks`)).toBe(`my card is ${hide(number)}, thanks`);
      expect(maskCards(`"${number}"`)).toBe(`"${hide(number)}"`);
    });
    test(`${issuer}: with spaces or dashes between its digits`, () => {
      for (const gap of [' ', '-', '\u00a0', '\u2013', ' - ']) {
        const spaced = number.match(/.{1,4}/g)!.join(gap);
        const masked = maskCards(spaced);
        expect(masked.replace(/[^*0-9]/g, '')).toBe(hide(number));
        expect(masked.replace(/[*0-9]/g, '')).toBe(spaced.replace(/[0-9]/g, ''));
      }
      expect(maskCards([...number].join(' ')).replaceAll(' ', '')).toBe(hide(number));
    });
    test(`${issuer}: another last digit fails the check and stays`, () => {
      const other = number.slice(0, -1) + ((Number(number.at(-1)) + 1) % 10);
      expect(maskCards(other)).toBe(other);
    });
    test(`${issuer}: stays inside a longer run of digits, and after a plus`, () => {
      // 30 digits: no issuer has as many, so that neither side can join it.
      const long = `${'9'.repeat(10)}${number}${'9'.repeat(10)}`;
      expect(maskCards(long)).toBe(long);
      expect(maskCards(`+${number}`)).toBe(`+${number}`);
      expect(maskCards(`+ ${number}`)).toBe(`+ ${number}`);
    });
  }

  test.each([
    ['4111 1111 1111 1111 12/27 123', '**** **** **** 1111 12/27 123'],
    ['7 4111 1111 1111 1111', '7 **** **** **** 1111'],
    ['4111111111111111\n5555555555554444', '************1111\n************4444'],
    ['4111111111111111 5555555555554444', '************1111 ************4444'],
    ['4111111111111111,5555555555554444', '************1111,************4444'],
    ['Visa4111111111111111', 'Visa************1111'],
    ['It is 4111111111111111. Thanks', 'It is ************1111. Thanks'],
    ['+49 30 1234567 and 4111111111111111', '+49 30 1234567 and ************1111'],
    ['+49 4111111111111111', '+49 ************1111'],
  ])('%j becomes %j', (text, masked) => expect(maskCards(text)).toBe(masked));

  test.each([
    '4111\n1111\n1111\n1111',
    '4111.1111.1111.1111',
    '0.4111111111111111',
    '4111111111111111.5',
    '+1 (411) 111-1111',
    '+49 151 1234 5678 90',
    '1234567812345670', // passes Luhn; no issuer
    '9111111111111111111',
    '2026-11-22 14:05:00',
    '550e8400-e29b-41d4-a716-446655440000',
    '１２３４',
    '',
  ])('%j stays', (text) => expect(maskCards(text)).toBe(text));

  const pieces = fc.array(
    fc.oneof(
      fc.constantFrom(...Object.values(CARDS)),
      fc.constantFrom(' ', '-', '+', ', ', '.', 'a', '4242', '4', '\n'),
      fc.stringMatching(/^[0-9 -]{0,24}$/),
    ),
    { maxLength: 12 },
  );
  test('masking twice is masking once; nothing but digits changes, and the length stays', () => {
    fc.assert(
      fc.property(pieces, (parts) => {
        const text = parts.join('');
        const masked = maskCards(text);
        expect(maskCards(masked)).toBe(masked);
        expect(masked.length).toBe(text.length);
        for (let i = 0; i < text.length; i++) {
          if (masked[i] !== text[i]) expect([masked[i], /[0-9]/.test(text[i]!)]).toEqual(['*', true]);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('a cut through a long run of digits leaves no card number at the end', () => {
    const text = `4111111111111111${'7'.repeat(20)}`;
    expect(maskCards(text)).toBe(text);
    expect(maskAndCut(text, 16)).toBe('************1111');
  });

  test('a megabyte made to be slow is masked in one pass', () => {
    // Each would take minutes if the work grew with the square of the length.
    for (const unit of ['4 ', '4242 4242 4242 ', '4111-', `${'1'.repeat(11)}x`, '   1', '+1 ']) {
      const text = unit.repeat(Math.ceil(1_000_000 / unit.length));
      expect(maskCards(text).length).toBe(text.length);
    }
  });
});
