import { describe, expect, test } from 'bun:test';
import { createThrottle, takeAll } from '../../src/accounts/throttle.ts';
import { networkOf } from '../../src/lib/networks.ts';
import { TestClock } from '../support/clock.ts';

describe('attempts', () => {
  test('so many in each window; then it says how long to wait, and waiting is enough', () => {
    const clock = new TestClock();
    const throttle = createThrottle(3, 60_000, clock);
    for (let i = 0; i < 3; i++) {
      expect(throttle.take('a').allowed).toBe(true);
      clock.advance(1_000);
    }
    expect(throttle.take('a')).toEqual({ allowed: false, retryAfterSeconds: 57 });
    expect(throttle.take('b').allowed).toBe(true);
    clock.advance(56_999);
    expect(throttle.take('a')).toEqual({ allowed: false, retryAfterSeconds: 1 });
    // The machine's clock means nothing here.
    clock.setTime(0);
    clock.advance(1);
    expect(throttle.take('a').allowed).toBe(true);
  });

  test('one that was no failure is given back', () => {
    const clock = new TestClock();
    const throttle = createThrottle(1, 60_000, clock);
    for (let i = 0; i < 5; i++) {
      const attempt = throttle.take('a');
      if (!attempt.allowed) throw new Error('not allowed');
      expect(throttle.take('a').allowed).toBe(false);
      attempt.giveBack();
    }
    clock.advance(30_000);
    expect(throttle.take('a').allowed).toBe(true);
    expect(throttle.take('a')).toEqual({ allowed: false, retryAfterSeconds: 60 });
  });

  test('several limits: all or none is counted', () => {
    const [wide, narrow] = [createThrottle(5, 1_000, new TestClock()), createThrottle(2, 1_000, new TestClock())];
    const both = () => takeAll([() => wide.take('x'), () => narrow.take('x')]).allowed;
    expect([both(), both(), both(), both(), both()]).toEqual([true, true, false, false, false]);
    const left = [wide.take('x'), wide.take('x'), wide.take('x'), wide.take('x')];
    expect(left.map(({ allowed }) => allowed)).toEqual([true, true, true, false]);
  });
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:c000:207', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002:ffff::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['no address', 'no address'],
])('%s is counted as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
