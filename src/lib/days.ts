/** A day on the calendar of a time zone. */
export interface Day {
  /** `2026-11-22` */
  day: string;
  /** Its first moment, and the first one after it. Milliseconds. */
  from: number;
  before: number;
}

/** All time zones agree on quarters of an hour. */
const QUARTER_MS = 900_000;
/** The longest day there is: one on which the clocks go back. */
const LONGEST_MS = 26 * 3_600_000;

/** The last `days` days in a time zone, oldest first; the last one holds `nowMs`. */
export function daysUntil(nowMs: number, days: number, timezone: string): Day[] {
  const dayOf = dayIn(timezone);
  const found: Day[] = [];
  let before = endOfDay(nowMs, dayOf);
  for (let n = 0; n < days; n++) {
    const day = dayOf(before - 1);
    const from = startOfDay(before, day, dayOf);
    found.unshift({ day, from, before });
    before = from;
  }
  return found;
}

/** From a moment to its day, as `2026-11-22`. */
function dayIn(timezone: string): (ms: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return (ms) => format.format(ms);
}

function endOfDay(ms: number, dayOf: (ms: number) => string): number {
  const today = dayOf(ms);
  return firstQuarter(ms, ms + LONGEST_MS, (at) => dayOf(at) > today);
}

function startOfDay(before: number, day: string, dayOf: (ms: number) => string): number {
  return firstQuarter(before - LONGEST_MS, before, (at) => dayOf(at) >= day);
}

/** The first quarter of an hour of which this holds; it holds of none at `after` and of all from `until` on. */
function firstQuarter(after: number, until: number, holds: (ms: number) => boolean): number {
  let low = Math.floor(after / QUARTER_MS);
  let high = Math.ceil(until / QUARTER_MS);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle * QUARTER_MS)) high = middle;
    else low = middle;
  }
  return high * QUARTER_MS;
}
