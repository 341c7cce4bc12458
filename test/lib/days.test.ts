import { expect, test } from 'bun:test';
import { daysUntil } from '../../src/lib/days.ts';

const iso = (ms: number) => new Date(ms).toISOString();

test.each([
  ['UTC', '2026-11-22T23:59:59.999Z', '2026-11-22', '2026-11-22T00:00:00.000Z', '2026-11-23T00:00:00.000Z'],
  ['Asia/Kathmandu', '2026-11-22T18:15:00Z', '2026-11-23', '2026-11-22T18:15:00.000Z', '2026-11-23T18:15:00.000Z'],
  ['Asia/Kathmandu', '2026-11-22T18:14:59Z', '2026-11-22', '2026-11-21T18:15:00.000Z', '2026-11-22T18:15:00.000Z'],
  // The clocks go back: a day of 25 hours. And forward: one of 23.
  ['Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-25', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
  ['Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-29', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
  // A day without a midnight.
  ['America/Asuncion', '2023-10-01T12:00:00Z', '2023-10-01', '2023-10-01T04:00:00.000Z', '2023-10-02T03:00:00.000Z'],
])('in %s %s is in the day %s', (zone, at, day, from, before) => {
  const [found] = daysUntil(Date.parse(at), 1, zone);
  expect(found && { ...found, from: iso(found.from), before: iso(found.before) }).toEqual({ day, from, before });
});

test('days follow each other without a gap, oldest first, through both changes of the clocks', () => {
  for (const zone of ['America/New_York', 'Australia/Lord_Howe', 'Atlantic/Azores', 'Pacific/Kiritimati']) {
    const days = daysUntil(Date.parse('2026-12-31T12:00:00Z'), 400, zone);
    expect(days).toHaveLength(400);
    expect(new Set(days.map(({ day }) => day)).size).toBe(400);
    for (const [n, { from }] of days.entries()) if (n > 0) expect(days[n - 1]?.before).toBe(from);
    const lengths = new Set(days.map(({ from, before }) => (before - from) / 3_600_000));
    expect([...lengths].every((hours) => hours >= 23 && hours <= 25)).toBe(true);
  }
});
