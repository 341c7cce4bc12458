import { expect, test } from 'bun:test';
import { sleep } from '../../src/lib/clock.ts';
import { TestClock } from './clock.ts';

test('timers fire in the order they are due, each at its own time, those they set too', () => {
  const clock = new TestClock(1_000);
  const seen: string[] = [];
  const note = (name: string) => () => seen.push(`${name}@${clock.now()}`);
  clock.after(30, note('c'));
  clock.after(10, () => {
    note('a')();
    clock.after(10, note('b'));
  });
  clock.after(30, note('d'));
  clock.after(20, note('never'))();
  clock.after(41, note('later'));
  clock.advance(40);
  expect(seen).toEqual(['a@1010', 'b@1020', 'c@1030', 'd@1030']);
  expect([clock.now(), clock.monotonic(), clock.pending, clock.nextInMs]).toEqual([1_040, 40, 1, 1]);
});

test('what waits on the clock goes on while it advances', async () => {
  const clock = new TestClock();
  let rounds = 0;
  const work = (async () => {
    for (; rounds < 3; rounds++) await sleep(clock, 1_000);
  })();
  await clock.advanceAndSettle(3_000);
  expect(rounds).toBe(3);
  await work;
});

test('setting the time moves no timer', () => {
  const clock = new TestClock(0);
  let fired = false;
  clock.after(10, () => {
    fired = true;
  });
  clock.setTime(1_000_000);
  expect([fired, clock.monotonic()]).toEqual([false, 0]);
  clock.advance(10);
  expect([fired, clock.now()]).toEqual([true, 1_000_010]);
});
