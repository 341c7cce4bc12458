import { describe, expect, test } from 'bun:test';
import { judgeName } from '../../src/intake/names.ts';

// biome-ignore format: a table
const DROPPED = [
  'password', 'Password', 'PASSWORD', 'user_password', 'userPassword', 'password1', 'Password confirmation', 'pass-word',
  'passwd', 'pwd', 'cvc', 'CVC2', 'cvv', 'card-cvv', 'cardCvc', 'card number', 'Card Number', 'cardNumber', 'cardnumber',
  'card_no', 'cc-number', 'ccnum', 'cc_exp', 'cc-exp-month', 'card expiry', 'cardExpiry', 'card_expiration_date',
  'ssn', 'SSN', 'Your SSN?', 'social security', 'Social Security Number', 'socialSecurityNumber', 'iban', 'IBAN', 'pin',
  'PIN', 'userPIN', 'card pin', 'secret', 'client_secret', 'token', 'CSRFToken', 'CSRFtoken', 'csrf', '_csrf',
  'csrfmiddlewaretoken', 'authenticity_token', '__RequestVerificationToken', 'xsrf-token', 'api_key', 'apiKey',
  'login.password', 'payment.card.number', 'Passwort', 'contraseña', 'CONTRASEN\u0303A', 'пароль', 'ｐａｓｓｗｏｒｄ', 'Pass\u00adwort', 'pass\u200bword',
];
// biome-ignore format: a table
const KEPT = [
  'Shipping', 'Opinion', 'Secretary', 'Spinning class', 'Pinterest', 'Tokenomics', 'Passport', 'Compass', 'Ribank',
  'Card holder', 'Card type', 'Number of cards', 'Security', 'Social media', 'Business card', 'Discount', 'Email', 'Name',
  'Credit card', 'Expiry', 'Account', 'Compiling', 'cardiology number', '密',
];
// biome-ignore format: a table
const PHONES = [
  'phone', 'Phone', 'Phone number', 'phone_1', 'homePhone', 'telephone', 'Tel.', 'tel', 'Mobile', 'mobileNumber', 'cell',
  'Cell phone', 'WhatsApp', 'whatsapp_number', 'Fax', 'contact.phone', 'Telefon', 'Téléphone', 'teléfono', 'Handynummer',
  'Mobilnummer', 'Celular', 'Телефон', '手机号码', '電話番号', 'contact number', 'Phone (work)',
];
const NO_PHONES = ['Hotel', 'Intel', 'Cellar', 'Excellent', 'Fond', 'Number', 'Card', 'Contact', 'Title', 'immobile'];

describe('judgeName', () => {
  for (const name of DROPPED) {
    test(`${JSON.stringify(name)} is sensitive`, () => expect(judgeName(name).sensitive).toBe(true));
  }
  for (const name of KEPT) {
    test(`${JSON.stringify(name)} stays: whole words alone count`, () => expect(judgeName(name).sensitive).toBe(false));
  }
  for (const name of PHONES) {
    test(`${JSON.stringify(name)} is a phone's`, () => expect(judgeName(name).phone).toBe(true));
  }
  for (const name of NO_PHONES) {
    test(`${JSON.stringify(name)} is no phone's`, () => expect(judgeName(name).phone).toBe(false));
  }

  test.each([
    ['  Email ', 'Email', false],
    ['\u200bEmail\ufeff', 'Email', true],
    ['Na\u0000me', 'Name', true],
    ['Na\u0085me', 'Name', true],
    ['a\nb', 'ab', true],
    ['safe\u202egnp', 'safegnp', true],
    ['half \ud83d', 'half \ufffd', true],
    ['می\u200cخواهم', 'می\u200cخواهم', false],
    ['👨‍👩‍👧', '👨‍👩‍👧', false],
    ['__proto__', '__proto__', false],
    ['4111111111111111', '************1111', true],
  ])('%j is stored as %j', (raw, name, changed) => {
    expect(judgeName(raw)).toMatchObject({ name, changed, tooLong: false });
  });

  test('200 characters fit, also such as take two units; 201 do not', () => {
    expect(judgeName('😀'.repeat(200))).toMatchObject({ tooLong: false, name: '😀'.repeat(200) });
    expect(judgeName('😀'.repeat(201))).toMatchObject({ tooLong: true, name: '😀'.repeat(200) });
  });

  test.each(['', '   ', '\u0000\u0007', '\u200b\u2060'])('%j is no name', (raw) => {
    expect(judgeName(raw).name).toBe('');
  });

  test('more names than the cache holds are judged as the first ones were', () => {
    for (let i = 0; i < 10_000; i++) expect(judgeName(`made up ${i} pin`).sensitive).toBe(true);
    expect(judgeName('Email')).toMatchObject({ name: 'Email', sensitive: false });
  });
});
