import { expect, test } from 'bun:test';
import { backoffMs } from '../../src/lib/backoff.ts';

test('doubles from one second, with up to a second of chance, capped at 64 s; after ten tries every five minutes', () => {
  const lowest = Array.from({ length: 12 }, (_, i) => backoffMs(i + 1, () => 0));
  expect(lowest).toEqual([
    ...[1_000, 2_000, 4_000, 8_000, 16_000, 32_000],
    ...[64_000, 64_000, 64_000, 64_000],
    ...[300_000, 300_000],
  ]);
  expect(backoffMs(1, () => 0.999)).toBe(1_999);
  expect(backoffMs(6, () => 0.5)).toBe(32_500);
  for (const attempt of [7, 10]) expect(backoffMs(attempt, () => 0.999)).toBe(64_000);
  // For ever: no attempt makes a number that a timer does not take.
  for (const attempt of [0, 1_000, 1e9]) {
    const wait = backoffMs(attempt, () => 0.5);
    expect(wait >= 1_000 && wait <= 300_000).toBe(true);
  }
});
