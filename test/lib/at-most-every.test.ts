import { expect, test } from 'bun:test';
import { atMostEvery } from '../../src/lib/at-most-every.ts';
import { TestClock } from '../support/clock.ts';

test('work is done anew only when what it found is too old; a failure is not kept', async () => {
  const clock = new TestClock();
  let times = 0;
  const ask = atMostEvery(1_000, clock, async () => {
    times++;
    if (times === 2) throw new Error('not now');
    return times;
  });
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  clock.advance(999);
  expect(await ask()).toBe(1);
  clock.advance(1);
  expect(ask()).rejects.toThrow('not now');
  await Promise.resolve();
  expect(await ask()).toBe(3);
  expect(await ask()).toBe(3);
});
