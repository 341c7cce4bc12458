import type { Database } from 'bun:sqlite';
import type { SyncStatus } from '../../contract/submission.ts';
import type { Look, Range, Wanted } from './search/look.ts';
import { listPiece, type Piece } from './search/piece.ts';

/*
 * Leads looked up in the tables themselves, by their indexes: what no search index is needed for, and what has to do
 * while there is none.
 */

export type Params = (string | number)[];

/** All conditions of a filter but time, for the table `lead`. What is searched for can't be said in SQL. */
export function conditionsOf(filter: Wanted): { terms: string[]; params: Params } {
  const terms: string[] = [];
  const params: Params = [];
  const add = (term: string, ...values: Params) => {
    terms.push(term);
    params.push(...values);
  };
  const [formId, ...merged] = filter.formIds ?? [];
  if (formId !== undefined && merged.length === 0) add('form_id = ?', formId);
  else if (filter.formIds !== undefined)
    add(`form_id IN (${filter.formIds.map(() => '?').join(', ')})`, ...filter.formIds);
  if (filter.source !== undefined) add('source = ?', filter.source);
  // A word of the contract's own list: only so can a partial index serve it.
  if (filter.syncStatus !== undefined) add(`sync_status = '${filter.syncStatus satisfies SyncStatus}'`);
  if (filter.spam !== 'include') add(filter.spam === 'only' ? 'spam = 1' : 'spam = 0');
  if (filter.score !== undefined) add("judgement ->> 'score' = ?", filter.score);
  if (filter.utmSource !== undefined) add("body ->> 'utm_source' = ?", filter.utmSource);
  if (filter.utmCampaign !== undefined) add("body ->> 'utm_campaign' = ?", filter.utmCampaign);
  return { terms, params };
}

export const orderOf = (newestFirst: boolean) => (newestFirst ? 'DESC' : 'ASC');

/** Leads of a stretch of ids, one after the other: quick where most of them match. */
export function tablePiece(db: Database, siteId: string, look: Look, { after, before }: Range): Piece {
  if (look.filter.q !== undefined) return listPiece([]);
  const { terms, params } = conditionsOf(look.filter);
  const where = ['site_id = ?', ...terms, 'id > ?', 'id < ?'].join(' AND ');
  const all = [siteId, ...params, after, before];
  return {
    count(limit) {
      const sql = `SELECT count(*) AS n FROM (SELECT 1 FROM lead WHERE ${where} LIMIT ?)`;
      return db.query<{ n: number }, Params>(sql).get(...all, limit)?.n ?? 0;
    },
    ids(skip, take) {
      const sql = `SELECT id FROM lead WHERE ${where} ORDER BY id ${orderOf(look.newestFirst)} LIMIT ? OFFSET ?`;
      return idsOf(db, sql, [...all, take, skip]);
    },
  };
}

export function idsOf(db: Database, sql: string, params: Params): string[] {
  return db
    .query<{ id: string }, Params>(sql)
    .all(...params)
    .map((row) => row.id);
}
