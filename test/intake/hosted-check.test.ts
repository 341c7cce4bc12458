import { describe, expect, test } from 'bun:test';
import type { HostedField } from '../../src/contract/hosted-form.ts';
import { checkHosted, hostedValues, textsOf } from '../../src/intake/hosted/check.ts';
import { HOSTED_FORM, hostedField } from '../support/hosted-form.ts';

const GOOD = {
  Name: 'Alice',
  'E-mail': 'alice@example.com',
  Plan: 'Small',
  'I agree to the terms': 'Yes',
};

const problems = (fields: Record<string, unknown>, files: string[] = [], form = HOSTED_FORM) =>
  Object.fromEntries(checkHosted(form, { fields, files: new Set(files) }));

/** What is said of one value of one field. */
function said(field: Partial<HostedField> & Pick<HostedField, 'kind'>, value: unknown, files: string[] = []) {
  const form = { ...HOSTED_FORM, fields: [hostedField({ id: 'a', label: 'A', ...field })] };
  const fields = value === undefined ? { Other: 'x' } : { A: value, Other: 'x' };
  return problems(fields, files, form).a ?? null;
}

describe('the rules of a hosted form', () => {
  test('what is filled in as wanted passes; what may be left empty may be', () => {
    expect(problems(GOOD)).toEqual({});
    expect(problems({ ...GOOD, Phone: '', Seats: '', Message: '', 'Call me on': '' })).toEqual({});
  });

  test('what has to be filled in is asked for, each in its own words', () => {
    expect(problems({ Name: ' \n', Seats: '3' })).toEqual({
      f1: 'Fill this in.',
      f2: 'Enter your e-mail address.',
      f5: 'Choose one.',
      f9: 'Tick this box to go on.',
    });
    expect(said({ kind: 'choice', several: true, choices: ['x'], required: true }, [])).toBe('Choose at least one.');
    expect(said({ kind: 'text', required: true, error: 'Wie heißen Sie?' }, '')).toBe('Wie heißen Sie?');
  });

  test.each([
    ['alice@example.com', true],
    ["o'hara+x@mail.example.co.uk", true],
    ['alice', false],
    ['alice@localhost', false],
    ['alice@example..com', false],
    ['a b@example.com', false],
    [`${'x'.repeat(250)}@example.com`, false],
  ])('an e-mail address: %s %p', (text, ok) => {
    expect(said({ kind: 'email' }, text) === null).toBe(ok);
  });

  test.each([
    ['1', true],
    ['100', true],
    [' 3.5 ', true],
    ['0', false],
    ['100.01', false],
    ['1e1', false],
    ['0x10', false],
    ['NaN', false],
    ['1,5', false],
    ['', true],
  ])('a number from 1 to 100: "%s" %p', (text, ok) => {
    expect(said({ kind: 'number', min: 1, max: 100 }, text)).toBe(ok ? null : 'Enter a number from 1 to 100.');
  });

  test('a number with one bound, or none', () => {
    expect(said({ kind: 'number', min: 5 }, '4')).toBe('Enter a number of at least 5.');
    expect(said({ kind: 'number', max: 5 }, '6')).toBe('Enter a number of at most 5.');
    expect(said({ kind: 'number' }, 'six')).toBe('Enter a number, such as 12 or 3.5.');
    expect(said({ kind: 'number', min: 0 }, '-0.1')).toBe('Enter a number of at least 0.');
  });

  test.each([
    ['2026-11-22', true],
    ['2024-02-29', true],
    ['0099-01-01', true],
    ['2023-02-29', false],
    ['2026-13-01', false],
    ['2026-00-10', false],
    ['2026-04-31', false],
    ['22.11.2026', false],
    ['2026-11-22T00:00', false],
  ])('a date: %s %p', (text, ok) => {
    expect(said({ kind: 'date' }, text) === null).toBe(ok);
  });

  test('only what is offered, and one of it unless several may be chosen', () => {
    const choices = ['Prices', 'Help & advice'];
    expect(said({ kind: 'choice', choices }, 'Help & advice')).toBeNull();
    expect(said({ kind: 'choice', choices }, 'prices')).toBe('Choose from the list.');
    expect(said({ kind: 'choice', choices }, choices)).toBe('Enter one value.');
    expect(said({ kind: 'choice', choices, several: true }, choices)).toBeNull();
    expect(said({ kind: 'choice', choices, several: true }, ['Prices', 'Else'])).toBe('Choose from the list.');
  });

  test('what would be cut is asked to be shortened', () => {
    expect(said({ kind: 'long_text' }, 'x'.repeat(10_000))).toBeNull();
    expect(said({ kind: 'long_text' }, 'x'.repeat(10_001))).toBe('Use at most 10,000 characters.');
  });

  test('a file, where one has to come', () => {
    expect(said({ kind: 'file', required: true }, undefined)).toBe('Choose a file.');
    expect(said({ kind: 'file', required: true }, 'a name that is no file')).toBe('Choose a file.');
    expect(said({ kind: 'file', required: true }, undefined, ['A'])).toBeNull();
  });

  test('a form without anything in it is not sent', () => {
    const form = { ...HOSTED_FORM, fields: HOSTED_FORM.fields.map((field) => ({ ...field, required: false })) };
    expect(problems({ Name: ' ', Message: '' }, [], form)).toEqual({ f1: 'Fill in at least one field.' });
    expect(problems({}, [], form)).toEqual({ f1: 'Fill in at least one field.' });
    expect(problems({ Message: 'x' }, [], form)).toEqual({});
    expect(problems({}, ['CV'], form)).toEqual({});
  });

  test('names that objects have are fields like any other', () => {
    expect(textsOf({}, 'constructor')).toEqual([]);
    const form = {
      ...HOSTED_FORM,
      fields: [hostedField({ id: 'a', kind: 'text', label: '__proto__', required: true })],
    };
    expect(problems({ x: '1' }, [], form)).toEqual({ a: 'Fill this in.' });
  });
});

test('what is stored: numbers, lists of choices, and No for a box that was left empty', () => {
  const fields = { ...GOOD, Seats: '12', Topics: 'Prices', Extra: 'kept', 'I agree to the terms': '' };
  expect(hostedValues(HOSTED_FORM, fields)).toEqual({
    ...GOOD,
    Seats: 12,
    Topics: ['Prices'],
    Extra: 'kept',
    'I agree to the terms': 'No',
  });
  expect(hostedValues(HOSTED_FORM, { Seats: '007' })).toEqual({ Seats: '007', 'I agree to the terms': 'No' });
  expect(hostedValues(HOSTED_FORM, { Seats: '1.10' }).Seats).toBe('1.10');
});
