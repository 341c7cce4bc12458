import { expect, test } from 'bun:test';
import { fieldsOf } from '../../src/intake/hooks/sender.ts';

test('what has no name is an answer, what has no value is nothing, and what comes again is a list', () => {
  const list = ['b', 'c'];
  const fields = fieldsOf([
    ['Topic', 'a'],
    [null, 'x'],
    ['Empty', null],
    ['Topic', list],
    ['Topic', 'd'],
    ['Alone', list],
  ]);
  expect(fields).toEqual({ Topic: ['a', 'b', 'c', 'd'], Answer: 'x', Alone: ['b', 'c'] });
  expect(list).toEqual(['b', 'c']);
});

test('a name that comes as often as a body has room for costs no more than other names', () => {
  const many = 349_000;
  const long = Array.from({ length: many }, () => '');
  expect(fieldsOf(long.map((value) => ['a', value] as const)).a).toHaveLength(many);
  expect(
    fieldsOf([
      ['a', 'x'],
      ['a', long],
    ]).a,
  ).toHaveLength(many + 1);
});
