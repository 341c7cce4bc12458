import { FormatRegistry } from '@sinclair/typebox';

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d{0,40})?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const MINUTE = 60_000;

/**
 * Reads an RFC 3339 time: a date of the real calendar, an offset, upper or lower case `T` and `Z`. A leap
 * second, which is only taken where one can be (23:59:60 UTC), is the second after it.
 * @returns milliseconds since the Unix epoch, finer parts dropped; null for anything else
 */
export function parseTime(text: string): number | null {
  const parts = RFC_3339.exec(text);
  if (parts === null) return null;
  const part = (index: number) => Number(parts[index] ?? 0);
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)];
  const [offsetHour, offsetMinute] = [part(9), part(10)];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return null;
  const offset = (offsetHour * 60 + offsetMinute) * (parts[8] === '-' ? -1 : 1);
  if (second === 60 && (((hour * 60 + minute - offset) % 1440) + 1440) % 1440 !== 1439) return null;
  const date = new Date(0);
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, Math.floor(Number(`0.${parts[7] ?? '0'}`) * 1000));
  return date.getTime() - offset * MINUTE;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/**
 * Makes `format: 'date-time'` mean RFC 3339 in every contract. The registry is the library's own and global;
 * this is the one place that writes to it. Calling it again changes nothing.
 */
export function registerFormats(): void {
  FormatRegistry.Set('date-time', (text) => parseTime(text) !== null);
}
