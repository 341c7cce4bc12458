import { expect, test } from 'bun:test';
import { createSlots } from '../../src/intake/files/slots.ts';
import { AppError } from '../../src/lib/errors.ts';
import { TestClock } from '../support/clock.ts';

/** Two places, and who was told to leave one. */
function world() {
  const clock = new TestClock();
  const slots = createSlots(2, clock);
  const told: string[] = [];
  return { clock, told, enter: (name: string) => slots.enter(() => told.push(name)) };
}

const isBusy = (work: () => unknown) => {
  try {
    work();
    return false;
  } catch (error) {
    return error instanceof AppError && error.code === 'unavailable' && error.options.retryAfterSeconds === 10;
  }
};

test('a place that is left is free; more than there are places, nobody gets in', () => {
  const { enter, told } = world();
  const first = enter('a');
  enter('b');
  expect(isBusy(() => enter('c'))).toBe(true);
  first.leave();
  expect(isBusy(() => enter('c'))).toBe(false);
  expect(told).toEqual([]);
});

test('the slowest gives way once it had its time, whoever came first; the honest never do', () => {
  for (const slowFirst of [true, false]) {
    const { clock, enter, told } = world();
    const names = slowFirst ? ['slow', 'slower'] : ['slower', 'slow'];
    for (const name of names) enter(name).got(name === 'slow' ? 5_000 : 1_000);
    clock.advance(9_999);
    expect(isBusy(() => enter('new'))).toBe(true);
    clock.advance(1);
    enter('fast').got(100_000);
    expect(told).toEqual(['slower']);
    clock.advance(10_000);
    enter('also fast').got(100_000);
    expect(told).toEqual(['slower', 'slow']);
    clock.advance(10_000);
    expect(isBusy(() => enter('new'))).toBe(true);
    expect(told).toHaveLength(2);
  }
});
