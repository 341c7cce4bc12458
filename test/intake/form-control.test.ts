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
  expect(control).toMatchObject({ redirect: 'https://example.com/thanks', isTrapped: false, hasAccessKey: true });
  expect(read([['name', 'Alice']]).control.hasAccessKey).toBe(false);
});

test.each([
  [
    'the only address',
    [
      ['name', 'Alice'],
      ['_replyto', ' alice@example.com '],
    ],
    { name: 'Alice', Email: 'alice@example.com' },
  ],
  [
    'one beside the same in a field',
    [
      ['contact', ['Bob', 'alice@example.com']],
      ['_replyto', 'alice@example.com'],
    ],
    { contact: ['Bob', 'alice@example.com'] },
  ],
  [
    'one beside a field for it that was left empty',
    [
      ['Your e-mail', ''],
      ['_replyto', 'team@example.com'],
    ],
    { 'Your e-mail': '' },
  ],
  [
    'what is no address',
    [
      ['name', 'Alice'],
      ['_replyto', 'email'],
    ],
    { name: 'Alice' },
  ],
] as [string, [string, unknown][], Record<string, unknown>][])(
  'a reply address is a field where nothing else is: %s',
  (_, entries, expected) => {
    expect(read(entries).fields).toEqual(expected);
  },
);

test('JSON that is nested without end is no trouble, wherever it stands', () => {
  const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
  const { control } = read([
    ['_gotcha', deep],
    ['_form', deep],
    ['_replyto', 'alice@example.com'],
    ['x', deep],
  ]);
  expect(control).toMatchObject({ isTrapped: true, formName: null, replyTo: 'alice@example.com' });
  expect(read([['_gotcha', ['', null]]]).control.isTrapped).toBe(false);
});

test('control that is neither text nor a number says nothing', () => {
  const { control } = read([
    ['_form', { a: 1 }],
    ['_subject', ['a', 'b']],
    ['_form', 7],
  ]);
  expect(control).toMatchObject({ formName: '7', subject: null });
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
