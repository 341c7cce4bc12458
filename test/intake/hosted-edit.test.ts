import { describe, expect, test } from 'bun:test';
import { HostedForm } from '../../src/contract/hosted-form.ts';
import { checkHosted } from '../../src/intake/hosted/check.ts';
import {
  type FieldTexts,
  newHostedForm,
  nextFieldId,
  readField,
  readPage,
  withField,
  withMoved,
} from '../../src/intake/hosted/edit.ts';
import { compileContract } from '../../src/intake/validate.ts';
import { HOSTED_FORM, hostedField } from '../support/hosted-form.ts';

const contract = compileContract(HostedForm);
const PLACE = { form: HOSTED_FORM, honeypot: 'website' };
const TEXTS: FieldTexts = {
  ...{ kind: 'text', label: 'Company', name: '', help: '', error: '', autocomplete: '', choices: '', min: '', max: '' },
  ...{ required: false, several: false },
};
const PAGE = {
  ...{ title: 'Contact', intro: '', button: 'Send', lang: 'en' },
  ...{ required_word: 'required', problem_title: 'Please check' },
};

test('what one starts with is as the contract has it, and can be filled in', () => {
  const form = newHostedForm('Shop');
  expect(contract.details(form)).toEqual([]);
  expect(contract.check(HOSTED_FORM)).toBe(true);
  expect([...checkHosted(form, { fields: { 'E-mail': 'alice@example.com' }, files: new Set() })]).toEqual([]);
});

describe('the words of the page', () => {
  test('are cleaned; the intro keeps its paragraphs', () => {
    const read = readPage({ ...PAGE, title: ' Con\u202etact ', intro: ' One\r\n\r\nTwo\u0000 ', lang: ' pt-BR ' });
    expect(read).toEqual({
      ok: true,
      value: { ...PAGE, title: 'Contact', intro: 'One\n\nTwo', lang: 'pt-BR' },
    });
  });

  test('what is wrong is said of each', () => {
    const read = readPage({
      ...PAGE,
      title: '\u200b',
      button: 'x'.repeat(201),
      lang: 'English!',
      intro: 'x'.repeat(5_001),
    });
    expect(read.ok ? [] : Object.keys(read.errors).sort()).toEqual(['button', 'intro', 'lang', 'title']);
  });
});

describe('a field', () => {
  test('is kept under its label unless another name is typed', () => {
    expect(readField('4', TEXTS, PLACE)).toEqual({
      ok: true,
      value: hostedField({ id: '4', kind: 'text', label: 'Company' }),
    });
    const named = readField('4', { ...TEXTS, name: 'company', help: ' As in\nthe register. ' }, PLACE);
    expect(named).toMatchObject({
      ok: true,
      value: { label: 'Company', name: 'company', help: 'As in the register.' },
    });
  });

  test('has what its kind has, and nothing of others', () => {
    const all = {
      ...TEXTS,
      choices: 'A\r\n\r\n B \nA',
      several: true,
      min: '1',
      max: '2.5',
      autocomplete: 'organization',
    };
    const read = (kind: string) => {
      const result = readField('4', { ...all, kind }, PLACE);
      return result.ok ? result.value : result.errors;
    };
    const base = { id: '4', label: 'Company' } as const;
    expect(read('choice')).toEqual(hostedField({ ...base, kind: 'choice', choices: ['A', 'B'], several: true }));
    expect(read('number')).toEqual(hostedField({ ...base, kind: 'number', min: 1, max: 2.5 }));
    expect(read('text')).toEqual(hostedField({ ...base, kind: 'text', autocomplete: 'organization' }));
    expect(read('dance')).toEqual({ kind: 'Choose a kind.' });
  });

  test.each([
    [{ label: ' ' }, 'label', 'visible'],
    [{ label: 'name' }, 'label', 'Another field'],
    [{ name: 'E-MAIL' }, 'name', 'Another field'],
    [{ name: 'password' }, 'name', 'never kept'],
    [{ label: 'Credit card number' }, 'label', 'never kept'],
    [{ name: '_gotcha' }, 'name', 'itself'],
    [{ name: 'website' }, 'name', 'itself'],
    [{ name: '_render' }, 'name', 'itself'],
    [{ name: 'access_key' }, 'name', 'never kept'],
    [{ name: 'cf-turnstile-response' }, 'name', 'itself'],
    [{ kind: 'choice', choices: ' \n' }, 'choices', 'at least one'],
    [{ kind: 'choice', choices: 'x'.repeat(201) }, 'choices', '1 to 200'],
    [{ kind: 'choice', choices: Array.from({ length: 101 }, (_, i) => i).join('\n') }, 'choices', 'at most 100'],
    [{ kind: 'number', min: 'one' }, 'min', 'a number'],
    [{ kind: 'number', min: '2', max: '1' }, 'max', 'less than'],
    [{ help: 'x'.repeat(1_001) }, 'help', 'at most'],
  ] as const)('%j is refused', (wrong, member, said) => {
    const read = readField('4', { ...TEXTS, ...wrong }, PLACE);
    expect(read.ok ? null : Object.keys(read.errors)).toEqual([member]);
    expect(read.ok ? '' : read.errors[member]).toContain(said);
  });

  test('may keep its own name', () => {
    expect(readField('f1', { ...TEXTS, label: 'Your name', name: 'Name' }, PLACE).ok).toBe(true);
  });

  test('moves up and down, and stays at the ends; a new one has an id of its own', () => {
    const ids = (form: { fields: readonly { id: string }[] }) => form.fields.map(({ id }) => id).join(' ');
    const form = newHostedForm('Shop');
    expect(ids(withMoved(form, '2', -1))).toBe('2 1 3');
    expect(ids(withMoved(form, '2', 1))).toBe('1 3 2');
    expect(ids(withMoved(form, '1', -1))).toBe('1 2 3');
    expect(ids(withMoved(form, '3', 1))).toBe('1 2 3');
    expect(ids(withMoved(form, '9', 1))).toBe('1 2 3');
    expect(nextFieldId(form)).toBe('4');
    expect(nextFieldId({ ...form, fields: [] })).toBe('1');
    const full = {
      ...form,
      fields: Array.from({ length: 50 }, (_, i) => hostedField({ id: `${i}`, kind: 'text', label: `F${i}` })),
    };
    expect(withField(full, hostedField({ id: '50', kind: 'text', label: 'one more' }))).toBeNull();
  });
});
