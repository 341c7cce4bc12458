import type { FieldValue } from '../contract/submission.ts';
import { fieldNamesOf } from '../store/lead-body.ts';
import type { Lead, Site } from '../store/store.ts';
import { fieldKey, fieldOfKey, OTHER_KEY } from './columns.ts';

/** What a cell shows, before a target writes it in its own way. null: an empty cell. */
export type Cell =
  | { kind: 'text'; text: string }
  /** A number that a sheet can hold exactly as JavaScript does. */
  | { kind: 'number'; number: number }
  | { kind: 'bool'; bool: boolean }
  /** A moment, shown as the wall clock of a valid IANA zone. `ms` since the Unix epoch. */
  | { kind: 'time'; ms: number; timezone: string }
  | null;

/** The longest text of a cell, in UTF-16 units, its mark included. Google's own limit is 50,000. Spec 4. */
export const MAX_CELL_TEXT = 49_900;
/** What a text that was cut ends with. */
export const CUT_MARK = ' … [cut here: the whole text is in LeadToSheet]';

/**
 * What a lead shows in one column.
 * @param key the column's key, see `columns.ts`; an unknown one gives an empty cell
 * @param columns all columns of the tab, removed ones too: a field with none of its own goes to `Other fields`.
 *   Pass one and the same array for all rows of a tab: what is found out about it is kept with it.
 */
export function cellOf(lead: Lead, key: string, columns: readonly { key: string }[], site: Site): Cell {
  const system = SYSTEM_CELLS.get(key);
  if (system) return system(lead, site);
  if (key === OTHER_KEY) return textCell(otherFields(lead, columns));
  const name = fieldOfKey(key);
  if (name === null) return null;
  return fileLinks(lead, name) === '' ? fieldCell(typedIn(lead, name)) : textCell(shownText(lead, name));
}

/** A cell as text, as the local workbook writes it: times as `isoLocal`, truth as TRUE or FALSE. */
export function cellText(cell: Cell): string {
  switch (cell?.kind) {
    case 'text':
      return cell.text;
    case 'number':
      return String(cell.number);
    case 'bool':
      return cell.bool ? 'TRUE' : 'FALSE';
    case 'time':
      return isoLocal(cell.ms, cell.timezone);
    default:
      return '';
  }
}

/** A text no longer than `most`; a longer one ends with `CUT_MARK`. Never cuts through a character. */
export function cutText(text: string, most = MAX_CELL_TEXT): string {
  if (text.length <= most) return text;
  let end = most - CUT_MARK.length;
  if (isHighSurrogate(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(0, end) + CUT_MARK;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function textCell(text: string | null | undefined): Cell {
  if (text === null || text === undefined || text === '') return null;
  // Half a surrogate pair can't be written as UTF-8: it becomes U+FFFD here, the same in every target.
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return { kind: 'text', text: cutText(whole) };
}

/** A number beyond 2^53 (or an infinity) is text: a sheet would round it. google-sheets.md 5.5. */
function numberCell(number: number): Cell {
  return Math.abs(number) < 2 ** 53 ? { kind: 'number', number } : textCell(String(number));
}

/** What a field's value shows. */
export function fieldCell(value: FieldValue | undefined): Cell {
  if (typeof value === 'string') return textCell(value);
  if (typeof value === 'number') return numberCell(value);
  if (typeof value === 'boolean') return { kind: 'bool', bool: value };
  return textCell(fieldText(value));
}

/** What was typed in a field. hasOwn: it may be called `constructor`. */
function typedIn({ body: { fields } }: Lead, name: string): FieldValue | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** The links to what was uploaded with a field, one a line. */
function fileLinks({ body: { files } }: Lead, name: string): string {
  if (files.length === 0) return '';
  return files
    .filter(({ field }) => field === name)
    .map(({ url }) => url)
    .join('\n');
}

/** All that a field came with, as text. */
function shownText(lead: Lead, name: string): string {
  return [fieldText(typedIn(lead, name)), fileLinks(lead, name)].filter((text) => text !== '').join('\n');
}

/** A value as text: the items of a list with `, ` between them, without empty ones. */
function fieldText(value: FieldValue | undefined): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value))
    return value
      .filter((item) => item !== null && item !== '')
      .map(itemText)
      .join(', ');
  return itemText(value);
}

function itemText(item: unknown): string {
  return typeof item === 'object' ? JSON.stringify(item) : String(item);
}

const ownColumns = new WeakMap<readonly { key: string }[], { size: number; keys: Set<string> }>();

/** The fields that have no column, one `Name: value` a line. */
function otherFields(lead: Lead, columns: readonly { key: string }[]): string {
  let own = ownColumns.get(columns);
  if (own?.size !== columns.length) {
    own = { size: columns.length, keys: new Set(columns.map((column) => column.key)) };
    ownColumns.set(columns, own);
  }
  const lines: string[] = [];
  for (const name of fieldNamesOf(lead.body)) {
    const text = own.keys.has(fieldKey(name)) ? '' : shownText(lead, name);
    if (text !== '') lines.push(`${name}: ${text}`);
  }
  return lines.join('\n');
}

type SystemCell = (lead: Lead, site: Site) => Cell;

const BODY_TEXTS = [
  'page_url',
  'referrer',
  'utm_source',
  'utm_medium',
  'utm_campaign',
  'utm_term',
  'utm_content',
  'paid_source',
  'click_id',
  'browser',
  'os',
  'device_type',
  'screen_size',
  'language',
  'timezone',
] as const;
const JUDGEMENT_TEXTS = ['score', 'score_reason', 'summary'] as const;
const ENRICHMENT_TEXTS = ['company', 'job_title', 'industry', 'company_size', 'country'] as const;

const SYSTEM_CELLS: ReadonlyMap<string, SystemCell> = new Map<string, SystemCell>([
  ['s:lead_id', (lead) => textCell(lead.id)],
  ['s:quality', (lead) => textCell(lead.quality)],
  ['s:submitted_at', (lead, site) => ({ kind: 'time', ms: lead.submittedAt, timezone: zoneOf(lead, site) })],
  ['s:linkedin', (lead) => textCell(lead.judgement?.enrichment?.linkedin_url)],
  ['s:match_confidence', (lead) => confidenceCell(lead.judgement?.enrichment?.match_confidence)],
  ...BODY_TEXTS.map((name): [string, SystemCell] => [`s:${name}`, (lead) => textCell(lead.body[name])]),
  ...JUDGEMENT_TEXTS.map((name): [string, SystemCell] => [`s:${name}`, (lead) => textCell(lead.judgement?.[name])]),
  ...ENRICHMENT_TEXTS.map((name): [string, SystemCell] => [
    `s:${name}`,
    (lead) => textCell(lead.judgement?.enrichment?.[name]),
  ]),
]);

function confidenceCell(confidence: number | undefined): Cell {
  return confidence === undefined ? null : numberCell(confidence);
}

/** The zone a lead's times are shown in: the visitor's where known, else the site's, else UTC. Always valid. */
export function zoneOf(lead: Lead, site: Pick<Site, 'timezone'>): string {
  const own = lead.body.timezone;
  if (own !== null && zone(own)) return own;
  return zone(site.timezone) ? site.timezone : 'UTC';
}

/** What a clock on the wall shows. Months and days from 1. */
export interface WallClock {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

/** What the clocks of a zone show at a moment. An invalid zone counts as UTC. Fractions of a second are dropped. */
export function wallClock(ms: number, timezone: string): WallClock {
  const local = new Date(localMs(ms, timezone));
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
  };
}

/** `YYYY-MM-DD HH:mm:ss` on the clocks of a zone: what every spreadsheet program reads as a time. */
export function isoLocal(ms: number, timezone: string): string {
  return new Date(localMs(ms, timezone)).toISOString().slice(0, -5).replace('T', ' ');
}

/** Days from 1899-12-30 to what the clocks of a zone show, to the second: Google's date-time serial number. */
export function serialDate(ms: number, timezone: string): number {
  return Math.floor(localMs(ms, timezone) / 1000) / 86_400 + DAYS_1899_TO_1970;
}

const DAYS_1899_TO_1970 = 25_569;

interface Zone {
  format: Intl.DateTimeFormat;
  /** The last minute asked for, and what the zone was ahead of UTC in it. */
  minute: number;
  offset: number;
}

/** Visitors name their zone themselves: there are some 450 real ones, and any number of inventions. */
const MAX_ZONES = 1_000;
const zones = new Map<string, Zone | null>();

function zone(name: string): Zone | null {
  const known = zones.get(name);
  if (known !== undefined) return known;
  if (zones.size >= MAX_ZONES) zones.clear();
  const made = makeZone(name);
  zones.set(name, made);
  return made;
}

function makeZone(timeZone: string): Zone | null {
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    return { format, minute: Number.NaN, offset: 0 };
  } catch (error) {
    // A RangeError is how Intl says that there is no such zone.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/**
 * The moment at which UTC shows what the zone shows at `ms`. Leads of one flush come close together and asking
 * Intl is slow, so the answer is kept for a minute: since 1973 no zone changed its offset within one.
 */
function localMs(ms: number, timezone: string): number {
  const at = zone(timezone);
  if (!at) return ms;
  const minute = Math.floor(ms / 60_000);
  if (minute !== at.minute) {
    at.offset = offsetAt(at.format, ms);
    at.minute = minute;
  }
  return ms + at.offset;
}

function offsetAt(format: Intl.DateTimeFormat, ms: number): number {
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(ms)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  const offset = local - Math.floor(ms / 1000) * 1000;
  // Years before 100 are read as others by Date.UTC: no zone then, rather than a wrong century.
  return Math.abs(offset) <= 86_400_000 ? offset : 0;
}
