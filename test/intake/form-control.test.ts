import { expect, test } from 'bun:test';
import { readFormParts } from '../../src/intake/forms/control.ts';

const read = (entries: [string, unknown][], honeypot = '_gotcha') => readFormParts(entries, honeypot);

test('repeated names become an array, in order; other names stay as they are', () => {
  const { fields } = read([
    ['Topic', 'a'],
    ['Name', 'Alice'],
    ['Topic', 'b'],
    ['Topic', 'c'],
    ['__proto__', 'x'],
    ['subject', 'My question'],
    ['redirect', 'a field here'],
  ]);
  expect(Object.entries(fields)).toEqual([
    ['Topic', ['a', 'b', 'c']],
    ['Name', 'Alice'],
    ['__proto__', 'x'],
    ['subject', 'My question'],
    ['redirect', 'a field here'],
  ]);
});

test('control fields say what to do, and are no fields', () => {
  const { fields, control } = read([
    ['email', 'alice@example.com'],
    ['_form', 'Contact'],
    ['_redirect', 'https://example.com/a'],
    ['_next', 'https://example.com/b'],
    ['_subject', 'New lead'],
    ['_replyto', 'alice@example.com'],
    ['_idempotency_key', 'k1'],
    ['cf-turnstile-response', 'token'],
    ['_render', 'shown'],
    ['g-recaptcha-response', 'token'],
    ['_language', 'de'],
  ]);
  expect(fields).toEqual({ email: 'alice@example.com' });
  expect(control).toMatchObject({
    formName: 'Contact',
    redirect: 'https://example.com/a',
    subject: 'New lead',
    replyTo: 'alice@example.com',
    idempotencyKey: 'k1',
    captcha: 'token',
    renderToken: 'shown',
    isTrapped: false,
  });
});

test('a form written for Web3Forms keeps what the visitor typed, and loses what was for Web3Forms', () => {
  const { fields, control } = read([
    ['access_key', '0000'],
    ['name', 'Alice'],
    ['subject', 'A question'],
    ['from_name', 'Shop'],
    ['redirect', 'https://example.com/thanks'],
    ['botcheck', false],
    ['ccemail', 'bob@example.com'],
  ]);
  expect(fields).toEqual({ name: 'Alice', subject: 'A question' });
  expect(control).toMatchObject({ redirect: 'https://example.com/thanks', isTrapped: false });
});

test.each([
  [[['_gotcha', 'x']], '_gotcha', true],
  [[['_gotcha', '  ']], '_gotcha', false],
  [[['website', 'http://spam.example']], 'website', true],
  [[['website', 'https://example.com']], '_gotcha', false],
  [[['_gotcha', 'x']], 'website', true],
  [[['botcheck', 'on']], '_gotcha', true],
  [[['_honeypot', '']], '_gotcha', false],
] as [[string, unknown][], string, boolean][])('%j with the trap %s: %p', (entries, honeypot, trapped) => {
  const { fields, control } = read(entries, honeypot);
  expect(control.isTrapped).toBe(trapped);
  expect(Object.keys(fields)).not.toContain(honeypot);
});

test('a name that comes as often as a form has room for costs no more than other names', () => {
  const many = 349_000;
  const { fields } = read(Array.from({ length: many }, (): [string, unknown] => ['a', '']));
  expect(fields.a).toHaveLength(many);
});
