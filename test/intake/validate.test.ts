import { describe, expect, test } from 'bun:test';
import { Type } from '@sinclair/typebox';
import fc from 'fast-check';
import { FormUpdate } from '../../src/contract/form.ts';
import { SubmissionCreate } from '../../src/contract/submission.ts';
import { compileContract } from '../../src/intake/validate.ts';

const contract = compileContract(SubmissionCreate);
const fields = { Email: 'a@b.example' };

describe('the contract of POST /submissions', () => {
  test.each([
    [{ fields }],
    [{ fields: {} }],
    [{ fields: { a: { b: [1, { c: null }] } }, form_id: null, page_url: null, metadata: { any: ['thing'] } }],
    [{ fields, device_type: 'tablet', paid_source: 'meta', submitted_at: '2026-11-22T14:05:00+01:00' }],
    [{ fields: JSON.parse('{"__proto__":1,"new\\nline":2}') }],
  ])('takes %j', (body) => {
    expect(contract.check(body)).toBe(true);
    expect(contract.details(body)).toEqual([]);
  });

  test.each([
    [{ fields, utm_sorce: 'x' }, '/utm_sorce', 'Unknown member. Did you mean `utm_source`?'],
    [{ fields, Form_Name: 'x' }, '/Form_Name', 'Unknown member. Did you mean `form_name`?'],
    [{ fields, whatever: 1 }, '/whatever', 'Unknown member. Remove it, or put it into `fields` or `metadata`.'],
    [{ fields, 'a/b~c': 1 }, '/a~1b~0c', 'Unknown member. Remove it, or put it into `fields` or `metadata`.'],
    [{}, '/fields', 'is missing: it has to be there.'],
    [{ fields: [] }, '/fields', 'must be an object.'],
    [{ fields: null }, '/fields', 'must be an object.'],
    [[], '', 'must be an object.'],
    [null, '', 'must be an object.'],
    ['hunter2', '', 'must be an object.'],
    [{ fields, page_url: 3 }, '/page_url', 'must be a string or null.'],
    [{ fields, form_name: '' }, '/form_name', 'must not be empty.'],
    [{ fields, form_name: 'x'.repeat(201) }, '/form_name', 'must have at most 200 characters.'],
    [{ fields, device_type: 'fridge' }, '/device_type', 'must be one of `desktop`, `mobile`, `tablet`, `other`.'],
    [
      { fields, submitted_at: '2026-02-30T00:00:00Z' },
      '/submitted_at',
      'must be an RFC 3339 time with an offset, such as `2026-11-22T14:05:00Z`.',
    ],
    [{ fields, metadata: 'hunter2' }, '/metadata', 'must be an object or null.'],
    [
      { fields, metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [i, i])) },
      '/metadata',
      'must have at most 50 members.',
    ],
  ])('refuses %j', (body, path, message) => {
    expect(contract.check(body)).toBe(false);
    expect(contract.details(body)).toEqual([{ path, message }]);
  });

  test('an unknown `__proto__` member is refused like any other', () => {
    const body = JSON.parse('{"fields":{"a":1},"__proto__":{"form_id":"x"}}');
    expect(contract.check(body)).toBe(false);
    expect(contract.details(body).map((detail) => detail.path)).toEqual(['/__proto__']);
  });

  test('at most 20 details, with pointers of a bounded length', () => {
    const body = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`${'x'.repeat(5_000)}${i}`, 'hunter2']));
    const details = contract.details(body);
    expect(details.length).toBeLessThanOrEqual(20);
    expect(details.length).toBeGreaterThan(0);
    expect(Math.max(...details.map((detail) => detail.path.length))).toBeLessThan(210);
    expect(JSON.stringify(details)).not.toContain('hunter2');
  });

  test('any JSON is either taken, or refused with a detail', () => {
    const member = fc.oneof(fc.constantFrom(...Object.keys(SubmissionCreate.properties)), fc.string());
    const bodies = fc.oneof(fc.jsonValue(), fc.dictionary(member, fc.jsonValue()));
    fc.assert(
      fc.property(bodies, (body) => expect(contract.details(body).length === 0).toBe(contract.check(body))),
      { numRuns: 1_000 },
    );
  });
});

describe('other contracts', () => {
  test('numbers, patterns and too few members are told in words', () => {
    const other = compileContract(
      Type.Object({
        page: Type.Integer({ minimum: 1, maximum: 9 }),
        code: Type.String({ pattern: '^a$' }),
        list: Type.Array(Type.Boolean(), { minItems: 1 }),
      }),
    );
    expect(other.details({ page: 0, code: 'b', list: [] })).toEqual([
      { path: '/page', message: 'must be at least 1.' },
      { path: '/code', message: 'has not the form it must have.' },
      { path: '/list', message: 'must have at least one item.' },
    ]);
    expect(other.details({ page: 'x', code: 1, list: [1] })).toEqual([
      { path: '/page', message: 'must be a whole number.' },
      { path: '/code', message: 'must be a string.' },
      { path: '/list/0', message: 'must be true or false.' },
    ]);
    expect(compileContract(FormUpdate).details({})).toEqual([{ path: '', message: 'must have at least one member.' }]);
    expect(compileContract(FormUpdate).details({ nam: 'x' })).toEqual([
      { path: '/nam', message: 'Unknown member. Did you mean `name`?' },
    ]);
  });
});
