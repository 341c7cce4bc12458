import type { Database } from 'bun:sqlite';
import type { SyncStatus } from '../../contract/submission.ts';
import type { LeadFilter } from '../store.ts';
import { type Look, type Range, rangeOf } from './search/look.ts';
import { listPiece, type Piece, sortIds } from './search/piece.ts';
import { INDEXED_COLUMNS, type Indexed } from './search/tokens.ts';
import { hasWords, queryWords, wordsOf } from './search/words.ts';

/*
 * Leads looked up in the tables themselves, by their indexes: what no search index is needed for, and what has to do
 * while there is none.
 */

type Params = (string | number)[];

/** All conditions of a filter but time, for the table `lead`. What is searched for can't be said in SQL. */
function conditionsOf(filter: LeadFilter): { terms: string[]; params: Params } {
  const terms: string[] = [];
  const params: Params = [];
  const add = (term: string, ...values: Params) => {
    terms.push(term);
    params.push(...values);
  };
  if (filter.formId !== undefined) add('form_id = ?', filter.formId);
  if (filter.source !== undefined) add('source = ?', filter.source);
  // A word of the contract's own list: only so can a partial index serve it.
  if (filter.syncStatus !== undefined) add(`sync_status = '${filter.syncStatus satisfies SyncStatus}'`);
  if (filter.spam !== 'include') add(filter.spam === 'only' ? 'spam = 1' : 'spam = 0');
  if (filter.score !== undefined) add("judgement ->> 'score' = ?", filter.score);
  if (filter.utmSource !== undefined) add("body ->> 'utm_source' = ?", filter.utmSource);
  if (filter.utmCampaign !== undefined) add("body ->> 'utm_campaign' = ?", filter.utmCampaign);
  return { terms, params };
}

const orderOf = (newestFirst: boolean) => (newestFirst ? 'DESC' : 'ASC');

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

/** Leads of one sheet status, by its index; `pending` has its own. */
export function statusPiece(db: Database, siteId: string, status: Exclude<SyncStatus, 'pending'>, look: Look): Piece {
  const { after, before } = rangeOf(look);
  const spam = { exclude: [0], only: [1], include: [0, 1] }[look.filter.spam];
  const one = `SELECT id FROM lead INDEXED BY lead_sync WHERE site_id = ? AND sync_status = '${status}'
    AND sync_status <> 'pending' AND spam = ? AND id > ? AND id < ?`;
  const found = spam.map(() => one).join(' UNION ALL ');
  const all = spam.flatMap((flag) => [siteId, flag, after, before]);
  return {
    count: (limit) =>
      db.query<{ n: number }, Params>(`SELECT count(*) AS n FROM (${found} LIMIT ?)`).get(...all, limit)?.n ?? 0,
    ids: (skip, take) =>
      idsOf(db, `${found} ORDER BY id ${orderOf(look.newestFirst)} LIMIT ? OFFSET ?`, [...all, take, skip]),
  };
}

/** Leads that wait for the sheet, by their index, which goes by form. None of them is spam: that leaves the queue. */
export function pendingPiece(db: Database, siteId: string, formIds: readonly string[], look: Look): Piece {
  if (look.filter.spam === 'only') return listPiece([]);
  const { after, before } = rangeOf(look);
  const where = `lead INDEXED BY lead_pending
    WHERE site_id = ? AND form_id = ? AND sync_status = 'pending' AND id > ? AND id < ?`;
  const count = db.query<{ n: number }, Params>(`SELECT count(*) AS n FROM (SELECT 1 FROM ${where} LIMIT ?)`);
  const ids = `SELECT id FROM ${where} ORDER BY id ${orderOf(look.newestFirst)} LIMIT ?`;
  return {
    count(limit) {
      let counted = 0;
      for (const formId of formIds) {
        if (counted >= limit) break;
        counted += count.get(siteId, formId, after, before, limit - counted)?.n ?? 0;
      }
      return counted;
    },
    ids(skip, take) {
      const found = formIds.flatMap((formId) => idsOf(db, ids, [siteId, formId, after, before, skip + take]));
      return sortIds(found, look.newestFirst).slice(skip, skip + take);
    },
  };
}

/** Leads of a status that few have, looked at one by one; what is searched for too. */
export function fewPiece(db: Database, siteId: string, status: SyncStatus, look: Look): Piece {
  const words = look.filter.q === undefined ? null : queryWords(look.filter.q);
  if (words?.length === 0) return listPiece([]);
  const { after, before } = rangeOf(look);
  const { terms, params } = conditionsOf({ ...look.filter, syncStatus: status });
  const index =
    status === 'pending'
      ? "INDEXED BY lead_pending WHERE site_id = ? AND sync_status = 'pending'"
      : `INDEXED BY lead_sync WHERE site_id = ? AND sync_status = '${status}' AND sync_status <> 'pending'`;
  const among = ['site_id = ?', `id IN (SELECT id FROM lead ${index})`, ...terms, 'id > ?', 'id < ?'].join(' AND ');
  const rows = db
    .query<Indexed, Params>(`SELECT ${words ? INDEXED_COLUMNS : 'id'} FROM lead WHERE ${among}`)
    .all(siteId, siteId, ...params, after, before);
  const found = words === null ? rows : rows.filter((row) => hasWords(wordsOf(JSON.parse(row.body).fields), words));
  return listPiece(
    sortIds(
      found.map((row) => row.id),
      look.newestFirst,
    ),
  );
}

/** Of a piece, those whose sheet status is this one. They are looked at in growing bites. */
export function checkedPiece(db: Database, siteId: string, status: SyncStatus, inner: Piece): Piece {
  const check = db.query<{ id: string }, Params>(
    `SELECT id FROM lead WHERE site_id = ? AND id IN (SELECT value FROM json_each(?)) AND sync_status = ?`,
  );
  const BITES = [256, 2_048, 65_536];
  function* found(): Generator<string> {
    for (let seen = 0, bite = 0; ; bite++) {
      const size = BITES[Math.min(bite, BITES.length - 1)] ?? 0;
      const ids = inner.ids(seen, size);
      const good = new Set(check.all(siteId, JSON.stringify(ids), status).map((row) => row.id));
      for (const id of ids) if (good.has(id)) yield id;
      if (ids.length < size) return;
      seen += size;
    }
  }
  return {
    count: (limit) =>
      found()
        .take(limit)
        .reduce((n) => n + 1, 0),
    ids: (skip, take) => found().drop(skip).take(take).toArray(),
  };
}

function idsOf(db: Database, sql: string, params: Params): string[] {
  return db
    .query<{ id: string }, Params>(sql)
    .all(...params)
    .map((row) => row.id);
}
