import { expect, test } from 'bun:test';
import { STATUS } from '../../src/http/errors.ts';
import { AppError, ERROR_CODES, errorText, invalid, notFound } from '../../src/lib/errors.ts';

test('an error keeps its public text, its inner text and its cause apart', () => {
  const cause = new Error('inner');
  const error = new AppError('unavailable', 'Try again.', { internal: 'SQLITE_FULL', cause, retryAfterSeconds: 30 });
  expect(error).toBeInstanceOf(Error);
  expect([error.message, error.code, error.options.internal]).toEqual(['Try again.', 'unavailable', 'SQLITE_FULL']);
  expect(error.cause).toBe(cause);
  expect(error.details).toEqual([]);
  expect('cause' in new AppError('conflict', 'x')).toBe(false);
});

test('the short forms say what they are for', () => {
  expect(notFound('site')).toMatchObject({ code: 'not_found', message: 'There is no such site.' });
  const details = [{ path: '/fields', message: 'must be an object' }];
  expect(invalid('No.', details)).toMatchObject({ code: 'validation_error', details });
});

test('whatever was thrown has a text, and an object without one gives nothing away', () => {
  expect(errorText(new Error('boom'))).toBe('boom');
  expect(errorText(new RangeError(''))).toBe('RangeError');
  expect(errorText('plain')).toBe('plain');
  for (const thrown of [undefined, null, 7, { message: 'secret' }]) expect(errorText(thrown)).toBe('unknown error');
});

test('every code has one status, an error’s', () => {
  expect(Object.keys(STATUS).sort()).toEqual([...ERROR_CODES].sort());
  for (const status of Object.values(STATUS)) expect(status >= 400 && status < 600).toBe(true);
});
