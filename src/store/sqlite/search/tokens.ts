import { createHash } from 'node:crypto';
import type { Judgement, LeadBody, LeadFilter } from '../../store.ts';
import type { LeadRow } from '../lead-rows.ts';
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

/**
 * The FTS5 expression for a filter, but for its time and for `pending`, `synced` and `failed`, which the index does not
 * know. Tokens hold letters, digits, marks and characters of private use alone, so nothing in them is syntax.
 * @returns null when nothing can match: a search without a word
 */
export function matchOf(siteNumber: number, filter: LeadFilter): string | null {
  const site = siteMark(siteNumber);
  const mark = (kind: Kind, value = '') => `"${site}${filterMark(kind, value)}"`;
  const wanted: string[] = [];
  if (filter.formId !== undefined) wanted.push(mark('form', filter.formId));
  if (filter.utmCampaign !== undefined) wanted.push(mark('utm_campaign', filter.utmCampaign));
  if (filter.utmSource !== undefined) wanted.push(mark('utm_source', filter.utmSource));
  if (filter.score !== undefined) wanted.push(mark('score', filter.score));
  if (filter.source !== undefined) wanted.push(mark('source', filter.source));
  if (filter.syncStatus === 'skipped') wanted.push(mark('skipped'));
  if (filter.spam === 'only') wanted.push(mark('spam'));
  if (filter.q !== undefined) {
    const words = queryWords(filter.q);
    if (words.length === 0) return null;
    wanted.push(...words.map((word) => `"${site}${word}"*`));
  }
  if (wanted.length === 0) wanted.push(`"${site}${ALL}"`);
  const unwanted = [
    ...(filter.spam === 'exclude' ? [mark('spam')] : []),
    ...(filter.syncStatus === 'synced' ? [mark('skipped')] : []),
  ];
  return `(${wanted.join(' AND ')})${unwanted.map((each) => ` NOT ${each}`).join('')}`;
}
