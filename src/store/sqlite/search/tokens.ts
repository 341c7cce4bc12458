import { createHash } from 'node:crypto';
import type { Judgement, LeadBody } from '../../store.ts';
import type { LeadRow } from '../lead-rows.ts';
import { LONGEST_BEGINNING } from './file.ts';
import type { Wanted } from './look.ts';
import { queryWords, wordsOf } from './words.ts';

/*
 * What the index knows a lead by: tokens, each of which begins with one character that stands for the site, so that
 * another site's leads are never touched. Words follow it as they are; what is filtered by is a hash, written in
 * characters of private use, which no word has.
 */

/** What the index has to be told of a lead. */
export type Indexed = Pick<LeadRow, 'id' | 'form_id' | 'source' | 'spam' | 'sync_status' | 'judgement' | 'body'>;
export const INDEXED_COLUMNS = 'id, form_id, source, spam, sync_status, judgement, body';

type Kind = 'form' | 'source' | 'score' | 'utm_source' | 'utm_campaign' | 'spam' | 'skipped';

/** All leads of a site have it. */
const ALL = '\u{f0000}';
const PRIVATE = 0xf0001;
const SURROGATES = 0xd800;

/** The character of the site with this number in the index, from 1. There are over a million. */
function siteMark(number: number): string {
  return String.fromCodePoint(number + 0xff < SURROGATES ? number + 0xff : number + 0x20ff);
}

const KEPT_MARKS = 2_000;
const marks = new Map<string, string>();

/** 56 bits of SHA-256 in three characters: tokens of few characters take less room. */
function filterMark(kind: Kind, value: string): string {
  const key = `${kind} ${value}`;
  const known = marks.get(key);
  if (known !== undefined) return known;
  const hash = createHash('sha256').update(key).digest();
  const mark = String.fromCodePoint(
    PRIVATE + hash.readUInt16BE(0),
    0x10000 + (hash.readUInt32BE(2) >>> 12),
    0x10000 + (hash.readUInt32BE(6) >>> 12),
  );
  if (marks.size >= KEPT_MARKS) marks.clear();
  marks.set(key, mark);
  return mark;
}

/** The text of a lead for the index. */
export function tokensOf(siteNumber: number, row: Indexed): string {
  const body = JSON.parse(row.body) as Partial<LeadBody>;
  const site = siteMark(siteNumber);
  const tokens = [ALL, filterMark('form', row.form_id), filterMark('source', row.source)];
  const { utm_source: utmSource, utm_campaign: utmCampaign } = body;
  if (typeof utmSource === 'string') tokens.push(filterMark('utm_source', utmSource));
  if (typeof utmCampaign === 'string') tokens.push(filterMark('utm_campaign', utmCampaign));
  const score = row.judgement === null ? null : (JSON.parse(row.judgement) as Judgement).score;
  if (score !== null) tokens.push(filterMark('score', score));
  if (row.spam === 1) tokens.push(filterMark('spam', ''));
  if (row.sync_status === 'skipped') tokens.push(filterMark('skipped', ''));
  for (const word of wordsOf(body.fields ?? {})) tokens.push(word);
  return site + tokens.join(` ${site}`);
}

/** FTS5 expressions for what is looked for. */
export type Match =
  | { kind: 'plain'; all: string }
  /**
   * A word is longer than the beginnings that have lists. `all` finds the leads, with some work; `certain` those that
   * have just this word; `doubtful` all others that may have a longer one. `wider`: what is found with one
   * long word's beginning alone, or with none of the words.
   */
  | { kind: 'long'; all: string; certain: string; doubtful: string; wider: readonly string[] };

/**
 * What a filter asks the index for, but for its time and for `pending`, `synced` and `failed`, which the index does not
 * know. Tokens hold letters, digits, marks and characters of private use alone, so nothing in them is syntax.
 * @returns null when nothing can match: a search without a word
 */
export function matchOf(siteNumber: number, filter: Wanted): Match | null {
  const site = siteMark(siteNumber);
  const words = filter.q === undefined ? [] : queryWords(filter.q);
  if (filter.q !== undefined && words.length === 0) return null;
  const token = (mark: string) => `"${site}${mark}"`;
  const ofForms = (filter.formIds ?? []).map((id) => token(filterMark('form', id)));
  const marks = [...(ofForms.length > 0 ? [`(${ofForms.join(' OR ')})`] : []), ...wantedMarks(filter).map(token)];
  const not = unwantedMarks(filter).map((mark) => ` NOT "${site}${mark}"`);
  const expression = (ofWords: readonly string[]) => {
    const wanted = [...marks, ...ofWords];
    return `(${wanted.length > 0 ? wanted.join(' AND ') : `"${site}${ALL}"`})${not.join('')}`;
  };
  const starting = (word: string) => `"${site}${word}"*`;
  const all = expression(words.map(starting));
  const long = words.filter((word) => beginning(word) !== word);
  if (long.length === 0) return { kind: 'plain', all };
  const exact = (word: string) => (long.includes(word) ? `"${site}${word}"` : starting(word));
  const likely = expression(words.map((word) => starting(beginning(word))));
  return {
    kind: 'long',
    all,
    certain: expression(words.map(exact)),
    wider: [...(marks.length > 0 ? [[]] : []), ...long.map((word) => [starting(beginning(word))])].map(expression),
    doubtful: `(${likely}) NOT (${long.map(exact).join(' AND ')})`,
  };
}

/** As much of a word as has a list of its own. */
const beginning = (word: string) => [...word].slice(0, LONGEST_BEGINNING).join('');

function wantedMarks(filter: Wanted): string[] {
  const { utmCampaign, utmSource, score, source, syncStatus, spam } = filter;
  return [
    ...(utmCampaign === undefined ? [] : [filterMark('utm_campaign', utmCampaign)]),
    ...(utmSource === undefined ? [] : [filterMark('utm_source', utmSource)]),
    ...(score === undefined ? [] : [filterMark('score', score)]),
    ...(source === undefined ? [] : [filterMark('source', source)]),
    ...(syncStatus === 'skipped' ? [filterMark('skipped', '')] : []),
    ...(spam === 'only' ? [filterMark('spam', '')] : []),
  ];
}

function unwantedMarks({ spam, syncStatus }: Wanted): string[] {
  return [
    ...(spam === 'exclude' ? [filterMark('spam', '')] : []),
    ...(syncStatus === 'synced' ? [filterMark('skipped', '')] : []),
  ];
}
