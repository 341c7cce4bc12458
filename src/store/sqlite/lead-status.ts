import type { Database } from 'bun:sqlite';
import type { SyncStatus } from '../../contract/submission.ts';
import type { FormCache } from './form-cache.ts';
import { conditionsOf, idsOf, orderOf, type Params } from './lead-pieces.ts';
import type { ListLimits } from './search/limits.ts';
import { type Look, rangeOf } from './search/look.ts';
import { countIn, idsIn, joined, listPiece, type Piece, sortIds } from './search/piece.ts';
import { INDEXED_COLUMNS, type Indexed } from './search/tokens.ts';
import { hasWords, queryWords, wordsOf } from './search/words.ts';

/*
 * Lists by sheet status. A flush changes the status of many leads at once, so the search index does not know it, but for
 * `skipped`; the tables have indexes by status. Where both have a say, the smaller side is held against the other.
 */

export type StatusOfRow = Exclude<SyncStatus, 'skipped'>;

interface Deps {
  db: Database;
  forms: FormCache;
  limits: Pick<ListLimits, 'few' | 'many'>;
  /**
   * Runs `work` on where the index has what is looked for whatever its status, but for `skipped`; `whole`: no part of
   * it is the table's, which goes by the status.
   */
  lookInIndex<T>(siteId: string, at: Look, work: (pieces: Piece[], whole: boolean) => T): T;
}

/** Runs `work` on where the leads of one status are that are looked for. */
export function createStatusLook({ db, forms, limits: { few, many }, lookInIndex }: Deps) {
  const total = db.query<{ leads: number }, [string, string]>(
    'SELECT leads FROM sync_count WHERE site_id = ? AND status = ?',
  );
  const inStatus = (siteId: string, status: SyncStatus) => total.get(siteId, status)?.leads ?? 0;
  const hasStatus = db.query<{ id: string }, Params>(
    'SELECT id FROM lead WHERE site_id = ? AND id IN (SELECT value FROM json_each(?)) AND sync_status = ?',
  );

  function check(siteId: string, status: StatusOfRow, ids: readonly string[]): string[] {
    const good = new Set(hasStatus.all(siteId, JSON.stringify(ids), status).map((row) => row.id));
    return ids.filter((id) => good.has(id));
  }

  function look<T>(siteId: string, status: StatusOfRow, at: Look, work: (pieces: Piece[]) => T): T {
    if (inStatus(siteId, status) <= few) return work([fewPiece(db, siteId, status, at)]);
    const { formIds } = at.filter;
    if (!needsIndex(at)) {
      const ofForms = formIds ?? [...forms.site(siteId).all()].map((form) => form.id);
      if (status === 'pending') return work([pendingPiece(db, siteId, ofForms, at)]);
      if (formIds === undefined) return work([statusPiece(db, siteId, status, at)]);
    }
    const through = (range: Look, keep: Keep) =>
      lookInIndex(siteId, range, (pieces) => work(pieces.map((piece) => checkedPiece(piece, keep))));
    // Most leads are in the sheet, and few are not.
    if (status === 'synced' && inStatus(siteId, 'pending') + inStatus(siteId, 'failed') <= many) {
      let others: Set<string> | null = null;
      const keep: Keep = (ids) => {
        if (ids.length < BITES[0]) return check(siteId, status, ids);
        others ??= new Set([...idsOfStatus(db, siteId, 'pending', at), ...idsOfStatus(db, siteId, 'failed', at)]);
        return ids.filter((id) => others?.has(id) !== true);
      };
      const few = inStatus(siteId, 'pending') + inStatus(siteId, 'failed');
      const countOthers = () => countOf(siteId, 'pending', at) + countOf(siteId, 'failed', at);
      return lookInIndex(siteId, at, (pieces, whole) => {
        const kept = pieces.map((piece) => checkedPiece(piece, keep));
        return work(whole ? [exceptFew(pieces, kept, few, countOthers)] : kept);
      });
    }
    if (inStatus(siteId, status) <= many) {
      const ids = sortIds(idsOfStatus(db, siteId, status, at), false);
      const [first, last] = [ids[0], ids.at(-1)];
      if (first === undefined || last === undefined) return work([]);
      const wanted = new Set(ids);
      return through({ ...at, within: { first, last } }, (found) => found.filter((id) => wanted.has(id)));
    }
    return through(at, (ids) => check(siteId, status, ids));
  }

  const countOf = (siteId: string, status: StatusOfRow, { filter, ...at }: Look) =>
    look(siteId, status, { ...at, filter: { ...filter, syncStatus: status } }, (pieces) => countIn(pieces, many));

  return look;
}

/** Whether something is asked for that no index of the table knows. */
function needsIndex({ filter: { source, score, utmSource, utmCampaign, q } }: Look): boolean {
  return [source, score, utmSource, utmCampaign, q].some((value) => value !== undefined);
}

/** The index of a status, as the source of a query. */
const fromIndex = (status: StatusOfRow) =>
  status === 'pending'
    ? "lead INDEXED BY lead_pending WHERE site_id = ? AND sync_status = 'pending'"
    : `lead INDEXED BY lead_sync WHERE site_id = ? AND sync_status = '${status}' AND sync_status <> 'pending'`;

/** Ids of all leads of a status within the time and cursor of a look, in no order. */
function idsOfStatus(db: Database, siteId: string, status: StatusOfRow, look: Look): string[] {
  const { after, before } = rangeOf(look);
  return idsOf(db, `SELECT id FROM ${fromIndex(status)} AND id > ? AND id < ?`, [siteId, after, before]);
}

/** Leads of a status that few have, looked at one by one; what is searched for too. */
function fewPiece(db: Database, siteId: string, status: StatusOfRow, look: Look): Piece {
  const words = look.filter.q === undefined ? null : queryWords(look.filter.q);
  if (words?.length === 0) return listPiece([]);
  const { after, before } = rangeOf(look);
  const { terms, params } = conditionsOf({ ...look.filter, syncStatus: status });
  const among = `id IN (SELECT id FROM ${fromIndex(status)} AND id > ? AND id < ?)`;
  const rows = db
    .query<Indexed, Params>(
      `SELECT ${words ? INDEXED_COLUMNS : 'id'} FROM lead WHERE ${['site_id = ?', among, ...terms].join(' AND ')}`,
    )
    .all(siteId, siteId, after, before, ...params);
  const found = words === null ? rows : rows.filter((row) => hasWords(wordsOf(JSON.parse(row.body).fields), words));
  const ids = found.map((row) => row.id);
  return listPiece(sortIds(ids, look.newestFirst));
}

/** Leads of one sheet status, by its index; `pending` has its own. */
function statusPiece(db: Database, siteId: string, status: Exclude<StatusOfRow, 'pending'>, look: Look): Piece {
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
function pendingPiece(db: Database, siteId: string, formIds: readonly string[], look: Look): Piece {
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

/** Those of some ids that are wanted, in their order. */
type Keep = (ids: readonly string[]) => string[];
/** Ids are looked at in growing bites. */
const BITES = [256, 2_048, 65_536] as const;

/** What pieces have but for a few others, which are counted by themselves. `kept`: the pieces without those. */
function exceptFew(pieces: readonly Piece[], kept: readonly Piece[], few: number, countOthers: () => number): Piece {
  if (few === 0) return joined(pieces);
  return {
    count(limit) {
      const all = countIn(pieces, limit + few);
      if (all === limit + few) return limit;
      return all < BITES[0] ? countIn(kept, limit) : Math.min(limit, all - countOthers());
    },
    ids: (skip, take) => idsIn(kept, skip, take),
  };
}

/** Of a piece, what `keep` leaves. */
function checkedPiece(inner: Piece, keep: Keep): Piece {
  function* found(): Generator<string> {
    for (let seen = 0, bite = 0; ; bite++) {
      const size = BITES[bite] ?? 65_536;
      const ids = inner.ids(seen, size);
      yield* keep(ids);
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
