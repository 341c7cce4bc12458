import { expect, test } from 'bun:test';
import { createRateLimiter } from '../../src/http/rate-limit.ts';
import { systemClock } from '../../src/lib/clock.ts';

test('a new minute has 60 seconds, at whatever fraction of a millisecond it begins', () => {
  // At the second moment adding a minute and taking the moment away again gives more than a minute.
  const moments = [0, 989_545.2283377665];
  const [, odd = 0] = moments;
  expect(odd + 60_000 - odd).toBeGreaterThan(60_000);
  for (const moment of moments) {
    let now = moment;
    const limiter = createRateLimiter(2, { ...systemClock, monotonic: () => now });
    expect(limiter.take('key')).toEqual({ allowed: true, limit: 2, remaining: 1, resetSeconds: 60 });
    now += 59_999.5;
    expect(limiter.take('key')).toEqual({ allowed: true, limit: 2, remaining: 0, resetSeconds: 1 });
    expect(limiter.take('key')).toEqual({ allowed: false, limit: 2, remaining: 0, resetSeconds: 1 });
    now += 1;
    expect(limiter.take('key')).toEqual({ allowed: true, limit: 2, remaining: 1, resetSeconds: 60 });
  }
});

test('whoever calls from very many addresses fills no memory: the oldest minutes are forgotten', () => {
  let now = 0;
  const limiter = createRateLimiter(1, { ...systemClock, monotonic: () => now });
  const asks = (who: string) => limiter.take(who)?.allowed;
  expect([asks('first'), asks('first')]).toEqual([true, false]);
  for (let n = 1; n < 100_000; n++) limiter.take(`2001:db8:0:${n}::/64`);
  expect(asks('first')).toBe(false);
  now += 1_000;
  expect([asks('late'), asks('late')]).toEqual([true, false]);
  expect(asks('first')).toBe(true);
  expect(asks('late')).toBe(false);
});
