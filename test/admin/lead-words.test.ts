import { expect, test } from 'bun:test';
import { dayStart, sameList } from '../../src/http/admin/lead-filter.ts';
import { restOf, whoOf } from '../../src/http/admin/lead-words.ts';

test('a day begins when it does in the zone, also where the clocks change', () => {
  const at = (day: string, later: number) =>
    new Date(dayStart(day, later, 'Europe/Berlin') ?? Number.NaN).toISOString();
  expect(at('2026-11-22', 0)).toBe('2026-11-21T23:00:00.000Z');
  expect(at('2026-03-29', 0)).toBe('2026-03-28T23:00:00.000Z');
  expect(at('2026-03-29', 1)).toBe('2026-03-29T22:00:00.000Z');
  expect(at('2026-10-25', 1)).toBe('2026-10-25T23:00:00.000Z');
  for (const none of ['2026-02-30', '2026-13-01', 'x', '']) expect(dayStart(none, 0, 'UTC')).toBeNull();
});

test('whom a lead is from is read from its fields', () => {
  const who = (fields: Parameters<typeof whoOf>[0]) => [whoOf(fields).name, whoOf(fields).contact];
  expect(who({ email: 'alice@example.com', 'Full name': 'Alice' })).toEqual(['Alice', 'alice@example.com']);
  expect(who({ last_name: 'Example', firstName: 'Alice' })).toEqual(['Alice Example', null]);
  expect(who({ Note: 'Hi', Mail: 'alice@example.com' })).toEqual(['alice@example.com', null]);
  expect(who({ Name: 'Alice', Phone: '030 1' })).toEqual(['Alice', '030 1']);
  expect(who({ constructor: 'x' })).toEqual(['x', null]);
  expect(who({})).toEqual(['', null]);
  expect(restOf({ a: 'x'.repeat(20), b: true }, ['b'], 5)).toBe('xxxxx…');
  expect(restOf({ a: ' x\ny ', b: ['1', null, '2'] }, [], 50)).toBe('x y · 1, 2');
  expect(sameList('q=a&next=//example.com&back=b')).toBe('?q=a&back=b');
});
