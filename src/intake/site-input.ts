import { didYouMean } from '../lib/near.ts';
import { timeZoneOf, timeZones } from '../lib/time-zone.ts';
import { cleanName, cutText } from './text.ts';

/** Characters of a name that people give to a site, a key, a client. */
export const MAX_NAME = 200;

/** A name as people give one: without what can't be seen, not empty, not endless; null: it is none. */
export function readName(text: string): string | null {
  const name = cleanName(text);
  return name !== '' && name === cutText(name, MAX_NAME) ? name : null;
}

/** The time zone that a text names, in its proper spelling; `near` ends a sentence about one that is none. */
export function readTimeZone(text: string): { ok: true; zone: string } | { ok: false; near: string } {
  const zone = timeZoneOf(text.trim());
  return zone === null ? { ok: false, near: didYouMean(text, timeZones()) } : { ok: true, zone };
}
