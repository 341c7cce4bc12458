import { toTime } from '../../lib/time.ts';
import { parseTime } from '../time.ts';

/** What a time means that does not say it all. */
export interface TimeRules {
  /** IANA. */
  timezone: string;
  /** What `04/03/2026` means: `dmy` is 4 March. */
  dateOrder: 'dmy' | 'mdy';
}

interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

const CLOCK = /(?:(?:[T,]\s*|\s+)(?:at\s+)?(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s*([ap]\.?m\.?)?)?$/i;
const ISO = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/;
const PARTS = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})$/;
const DAY_NAME = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+/i;
const DAY_MONTH = /^(\d{1,2})(?:st|nd|rd|th)?\.?[-\s]+([a-z]{3,9})\.?,?[-\s]+(\d{4})$/i;
const MONTH_DAY = /^([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})$/i;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** An offset after a time, as databases and programs write it. */
const OFFSET = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d(?:\.\d+)?)?\s*(Z|UTC|GMT|[+-]\d\d:?(?:\d\d)?)$/i;

/**
 * A time as files have it: RFC 3339; a date with or without a time of day, with numbers or the English month; seconds
 * or milliseconds since 1970. @returns RFC 3339; null for anything else
 */
export function readTime(given: string, rules: TimeRules): string | null {
  const text = given.trim();
  if (parseTime(text) !== null) return text;
  if (/^\d{10}(?:\.\d+)?$|^\d{13}$/.test(text)) return toTime(text.length === 13 ? Number(text) : Number(text) * 1000);
  const offset = OFFSET.exec(text);
  if (offset !== null) return withOffset(offset);
  const wall = wallTime(text, rules.dateOrder);
  return wall === null ? null : toTime(momentOf(wall, rules.timezone));
}

function withOffset([, day = '', time = '', seconds = ':00', zone = '']: RegExpExecArray): string | null {
  const digits = /^[+-]/.test(zone) ? zone.replace(':', '').padEnd(5, '0') : '+0000';
  const text = `${day}T${time}${seconds}${digits.slice(0, 3)}:${digits.slice(3)}`;
  return parseTime(text) === null ? null : text;
}

function wallTime(text: string, order: TimeRules['dateOrder']): Wall | null {
  const clock = CLOCK.exec(text);
  if (clock === null) return null;
  const date = dateOf(text.slice(0, clock.index).replace(DAY_NAME, '').trim(), order);
  if (date === null) return null;
  const [, hourText, minuteText = '0', secondText = '0', half] = clock;
  const [minute, second] = [Number(minuteText), Number(secondText)];
  let hour = Number(hourText ?? 0);
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return null;
    hour = (hour % 12) + (/^p/i.test(half) ? 12 : 0);
  }
  if (hour > 23 || minute > 59 || second > 59) return null;
  return { ...date, hour, minute, second };
}

function dateOf(text: string, order: TimeRules['dateOrder']): Pick<Wall, 'year' | 'month' | 'day'> | null {
  const iso = ISO.exec(text);
  if (iso) return realDate(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const parts = PARTS.exec(text);
  if (parts) {
    const [first, second, year] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
    const [day, month] = order === 'dmy' ? [first, second] : [second, first];
    return realDate(year < 100 ? 2000 + year : year, month, day);
  }
  const named = DAY_MONTH.exec(text) ?? MONTH_DAY.exec(text);
  if (named === null) return null;
  const [, one = '', two = '', year] = named;
  const [day, name] = /^\d/.test(one) ? [one, two] : [two, one];
  return realDate(Number(year), MONTHS.indexOf(name.slice(0, 3).toLowerCase()) + 1, Number(day));
}

function realDate(year: number, month: number, day: number): Pick<Wall, 'year' | 'month' | 'day'> | null {
  const date = new Date(Date.UTC(year, month - 1, day));
  const isReal = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isReal ? { year, month, day } : null;
}

const DAY_MS = 86_400_000;

/** Made once for each zone: to make one takes as long as to read many rows. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** The moment at which clocks in the zone show this; the earlier one where they do so twice. */
function momentOf({ year, month, day, hour, minute, second }: Wall, timezone: string): number {
  const shown = Date.UTC(year, month - 1, day, hour, minute, second);
  const before = shown - offsetAt(shown - DAY_MS, timezone);
  const after = shown - offsetAt(shown + DAY_MS, timezone);
  const fits = [before, after].filter((at) => shown - at === offsetAt(at, timezone));
  // Where clocks go forward no clock shows it: what it would have been without.
  return fits.length > 0 ? Math.min(...fits) : before;
}

/** How far the zone's clocks are ahead of UTC at a moment. Milliseconds. */
function offsetAt(ms: number, timeZone: string): number {
  const known = formats.get(timeZone);
  const format = known ?? new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  if (!known) formats.set(timeZone, format);
  const name = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const found = /([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name);
  if (found === null) return 0;
  const [, sign, hours, minutes, seconds = '0'] = found;
  const size = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  return sign === '-' ? -size : size;
}

/** What the dates of a column can only mean; null: they say nothing, or both. */
export function dateOrderOf(texts: readonly string[]): TimeRules['dateOrder'] | null {
  let found: TimeRules['dateOrder'] | null = null;
  for (const text of texts) {
    const [, first, second] = /^\s*(\d{1,2})[-/.](\d{1,2})[-/.]\d{2,4}/.exec(text) ?? [];
    if (first === undefined) continue;
    const order = Number(first) > 12 ? 'dmy' : Number(second) > 12 ? 'mdy' : text.includes('.') ? 'dmy' : null;
    if (order === null) continue;
    if (found !== null && found !== order) return null;
    found = order;
  }
  return found;
}
