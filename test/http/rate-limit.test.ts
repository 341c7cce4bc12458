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
