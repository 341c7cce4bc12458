import { describe, expect, test } from 'bun:test';
import { ACCOUNT_LIMIT, createQuotaBook, nextMinute, PROJECT_LIMIT } from '../../src/sheets/targets/google/quota.ts';
import { TestClock } from '../support/clock.ts';

function setUp(project: string | null = null) {
  const clock = new TestClock(Date.parse('2026-11-22T12:00:20Z'));
  const book = createQuotaBook(clock);
  return { clock, book, quota: book.account('a@example.test', project) };
}

/** Takes `count` places at once and tells how many were given so far. */
function takes(quota: { take(kind: 'read' | 'write'): Promise<void> }, kind: 'read' | 'write', count: number) {
  const got: number[] = [];
  for (let i = 0; i < count; i++) void quota.take(kind).then(() => got.push(i));
  return got;
}

describe('quota', () => {
  test('at most 54 calls of a kind go out in any 60 s, wherever the minute begins', async () => {
    const { clock, quota } = setUp();
    const stamps: number[] = [];
    for (let i = 0; i < 200; i++) void quota.take('write').then(() => stamps.push(clock.monotonic()));
    await clock.advanceAndSettle(0);
    for (let i = 0; i < 400; i++) await clock.advanceAndSettle(1000);
    expect(stamps).toHaveLength(200);
    const most = Math.max(...stamps.map((from) => stamps.filter((at) => at >= from && at < from + 60_000).length));
    expect(most).toBe(ACCOUNT_LIMIT);
    // No slower than the limit asks for: 200 calls are three full windows and a rest.
    expect(Math.max(...stamps)).toBe(180_000);
  });

  test('reads and writes are counted apart', async () => {
    const { clock, quota } = setUp();
    const writes = takes(quota, 'write', 60);
    const reads = takes(quota, 'read', 10);
    await clock.advanceAndSettle(0);
    expect([writes.length, reads.length]).toEqual([54, 10]);
  });

  test('places are given in the order they were asked for, so nobody is passed over', async () => {
    const { clock, quota } = setUp();
    const order: string[] = [];
    const sheet = (name: string, left: number): void => {
      if (left === 0) return;
      void quota.take('write').then(() => {
        order.push(name);
        sheet(name, left - 1);
      });
    };
    for (const name of ['a', 'b', 'c']) sheet(name, 40);
    await clock.advanceAndSettle(0);
    await clock.advanceAndSettle(200_000);
    expect(order).toHaveLength(120);
    expect(order.slice(60, 66)).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  test('one account is the same quota for everybody who asks; another is not', async () => {
    const { clock, book, quota } = setUp();
    takes(quota, 'read', 54);
    const again = takes(book.account('a@example.test', null), 'read', 1);
    const other = takes(book.account('b@example.test', null), 'read', 1);
    await clock.advanceAndSettle(0);
    expect([again.length, other.length]).toEqual([0, 1]);
  });

  test('accounts of one OAuth client share 270 a minute', async () => {
    const { clock, book } = setUp();
    const got = Array.from({ length: 10 }, (_, i) => takes(book.account(`${i}@example.test`, 'client'), 'write', 54));
    await clock.advanceAndSettle(0);
    const total = () => got.reduce((sum, each) => sum + each.length, 0);
    expect(total()).toBe(PROJECT_LIMIT);
    await clock.advanceAndSettle(60_000);
    expect(total()).toBe(540);
  });

  test('after a 429 nothing of that kind goes out before the time given; the other kind goes on', async () => {
    const { clock, quota } = setUp();
    quota.penalise('write', nextMinute(clock.now()), 'account');
    const writes = takes(quota, 'write', 1);
    const reads = takes(quota, 'read', 1);
    await clock.advanceAndSettle(40_999);
    expect([writes.length, reads.length]).toEqual([0, 1]);
    await clock.advanceAndSettle(1);
    expect(writes).toHaveLength(1);
  });

  test('a 429 of the project stops its other accounts too', async () => {
    const { clock, book } = setUp();
    const neighbour = book.account('b@example.test', 'client');
    book.account('a@example.test', 'client').penalise('read', clock.now() + 30_000, 'account');
    expect(neighbour.wait('read')).toBe(0);
    book.account('a@example.test', 'client').penalise('read', clock.now() + 30_000, 'project');
    expect(neighbour.wait('read')).toBe(30_000);
  });

  test('a clock that is set back by a day stops nothing', async () => {
    const { clock, quota } = setUp();
    takes(quota, 'write', 54);
    const late = takes(quota, 'write', 1);
    clock.setTime(clock.now() - 86_400_000);
    await clock.advanceAndSettle(60_000);
    expect(late).toHaveLength(1);
  });

  test('tells how long the next call would wait, those before it counted', async () => {
    const { clock, quota } = setUp();
    expect(quota.wait('write')).toBe(0);
    takes(quota, 'write', 30);
    await clock.advanceAndSettle(10_000);
    takes(quota, 'write', 24);
    await clock.advanceAndSettle(0);
    expect(quota.wait('write')).toBe(50_000);
    takes(quota, 'write', 30);
    // Thirty leave the window after 50 s and are taken at once; the next leaves 10 s later.
    expect(quota.wait('write')).toBe(60_000);
  });

  test('whoever gives up leaves the queue and takes no place', async () => {
    const { clock, quota } = setUp();
    takes(quota, 'write', 54);
    const giveUp = new AbortController();
    const gone = quota.take('write', giveUp.signal).then(
      () => 'taken',
      () => 'gone',
    );
    const next = takes(quota, 'write', 54);
    giveUp.abort();
    expect(await gone).toBe('gone');
    await clock.advanceAndSettle(60_000);
    expect(next).toHaveLength(54);
    await expect(quota.take('write', AbortSignal.abort(new Error('stopping')))).rejects.toThrow('stopping');
  });

  test('the next minute begins a second late, for two clocks never agree', () => {
    expect(new Date(nextMinute(Date.parse('2026-11-22T12:00:59.999Z'))).toISOString()).toBe('2026-11-22T12:01:01.000Z');
    expect(new Date(nextMinute(Date.parse('2026-11-22T12:01:00.000Z'))).toISOString()).toBe('2026-11-22T12:02:01.000Z');
  });
});
