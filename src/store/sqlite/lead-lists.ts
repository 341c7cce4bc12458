import type { Database } from 'bun:sqlite';
import type { LeadFilter, LeadQuery, LeadStore } from '../store.ts';
import type { FormCache } from './form-cache.ts';
import { tablePiece } from './lead-pieces.ts';
import type { LeadRow, LeadRows } from './lead-rows.ts';
import { createStatusLook } from './lead-status.ts';
import { createMemo } from './memo.ts';
import type { ListLimits } from './search/limits.ts';
import { indexPieces, type Look, rangeOf, type Wanted } from './search/look.ts';
import { countIn, idsIn, type Piece } from './search/piece.ts';
import type { Search } from './search/search.ts';
import { hasWords, queryWords, wordsOf } from './search/words.ts';

interface Deps {
  db: Database;
  forms: FormCache;
  rows: LeadRows;
  search: Pick<Search, 'at'>;
  limits: ListLimits;
}

/** A list is gone on with so often, at most, where leads have changed since they went into the index. */
const MAX_ROUNDS = 20;

/**
 * Lists and counts of leads. Each filter goes the way that looks at the fewest leads: kept counters, an index of the
 * table, or the search index. What that one does not know yet is looked up in the table.
 */
export function createLeadLists({ db, forms, rows, search, limits }: Deps): Pick<LeadStore, 'list' | 'count'> {
  const totals = db.query<{ leads: number; spam: number }, [string]>(
    'SELECT coalesce(sum(submission_count), 0) AS leads, coalesce(sum(spam_count), 0) AS spam FROM form WHERE site_id = ?',
  );
  const formTotals = db.query<{ leads: number | null; spam: number | null }, [string, string]>(
    `SELECT sum(submission_count) AS leads, sum(spam_count) AS spam FROM form
     WHERE site_id = ? AND id IN (SELECT value FROM json_each(?))`,
  );
  const counts = createMemo<number>(db);
  /** Whether what was looked up since this was set is true until the database changes. */
  let lasting = true;
  const lookByStatus = createStatusLook({ db, forms, limits, lookInIndex });

  /** A form that there is not has no leads. */
  function wantedOf(siteId: string, { formId, rowFormId, ...others }: LeadFilter): Wanted {
    if (rowFormId !== undefined) return { ...others, formIds: [rowFormId] };
    if (formId === undefined) return others;
    const members = forms.site(siteId).membersOf(formId);
    return { ...others, formIds: members.length > 0 ? members.map(({ id }) => id) : [formId] };
  }

  /** Runs `work` on where the leads are that are looked for. */
  function look<T>(siteId: string, at: Look, work: (pieces: Piece[]) => T): T {
    const { syncStatus } = at.filter;
    if (syncStatus !== undefined && syncStatus !== 'skipped') return lookByStatus(siteId, syncStatus, at, work);
    if (isPlain(at.filter) && !isMostlySpam(siteId, at.filter)) return work([tablePiece(db, siteId, at, rangeOf(at))]);
    return lookInIndex(siteId, at, work);
  }

  /** Whether a walk past the spam would be a long one. */
  function isMostlySpam(siteId: string, { spam }: Wanted): boolean {
    const total = spam === 'exclude' ? totals.get(siteId) : null;
    return total !== null && total.spam > total.leads;
  }

  function lookInIndex<T>(siteId: string, at: Look, work: (pieces: Piece[], whole: boolean) => T): T {
    const found = search.at(siteId, (file, { complete, current }) => {
      lasting &&= current;
      const pieces = indexPieces(file, siteId, at, {
        confirm: (ids) => withWords(siteId, ids, at.filter),
        most: limits.doubts,
      });
      if (complete) return { result: work(pieces, true) };
      const { after, before } = rangeOf(at);
      const [rangeStart] = [file.upto(siteId), after].sort().reverse();
      const rest = tablePiece(db, siteId, at, { after: rangeStart ?? after, before });
      return { result: work(at.newestFirst ? [rest, ...pieces] : [...pieces, rest], false) };
    });
    if (found) return found.result;
    lasting = false;
    return work([tablePiece(db, siteId, at, rangeOf(at))], false);
  }

  /** Of some leads, those that have the words searched for. */
  function withWords(siteId: string, ids: readonly string[], { q = '' }: Wanted): string[] {
    const asked = queryWords(q);
    const found = rows.findManyRows(siteId, ids);
    return found.filter((row) => hasWords(wordsOf(JSON.parse(row.body).fields), asked)).map((row) => row.id);
  }

  function readRows(siteId: string, ids: readonly string[], filter: Wanted): LeadRow[] {
    const found = new Map(rows.findManyRows(siteId, ids).map((row) => [row.id, row]));
    return ids.flatMap((id) => {
      const row = found.get(id);
      return row && isStill(row, filter) ? [row] : [];
    });
  }

  return {
    list(siteId, { filter: asked, newestFirst, limit, offset, afterId }: LeadQuery) {
      const filter = wantedOf(siteId, asked);
      const found: LeadRow[] = [];
      let at: Look = { filter, newestFirst, afterId };
      let skip = offset;
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const take = (limit + 1 - found.length) * 2 ** round;
        const ids = look(siteId, at, (pieces) => idsIn(pieces, skip, take));
        found.push(...readRows(siteId, ids, filter));
        if (ids.length < take || found.length > limit) break;
        at = { ...at, afterId: ids.at(-1) };
        skip = 0;
      }
      return found.slice(0, limit + 1).map((row) => rows.toLead(row));
    },
    count(siteId, asked, cap) {
      const filter = wantedOf(siteId, asked);
      const kept = keptCount(filter);
      if (kept) {
        const total =
          filter.formIds === undefined ? totals.get(siteId) : formTotals.get(siteId, JSON.stringify(filter.formIds));
        return total ? kept({ leads: total.leads ?? 0, spam: total.spam ?? 0 }) : 0;
      }
      const key = JSON.stringify([siteId, filter, cap]);
      const known = counts.get(key);
      if (known !== undefined) return known;
      lasting = true;
      const counted = look(siteId, { filter, newestFirst: true }, (pieces) => countIn(pieces, cap + 1));
      if (lasting) counts.set(key, counted);
      return counted;
    },
  };
}

/** How a kept counter answers this filter, or null where leads have to be counted. */
function keptCount(filter: Wanted): ((total: { leads: number; spam: number }) => number) | null {
  const { spam, formIds: _formIds, ...others } = filter;
  if (Object.values(others).some((value) => value !== undefined)) return null;
  return ({ leads, spam: marked }) => (spam === 'exclude' ? leads : spam === 'only' ? marked : leads + marked);
}

/** Whether the table's own indexes have nearly all of what is asked for in a row. */
function isPlain({ spam: _spam, ...others }: Wanted): boolean {
  return Object.values(others).every((value) => value === undefined);
}

/** Whether a lead still is what the filter wants, in what may have changed since it went into the index. */
function isStill(row: LeadRow, { spam, score, syncStatus }: Wanted): boolean {
  if (spam !== 'include' && row.spam !== (spam === 'only' ? 1 : 0)) return false;
  if (syncStatus !== undefined && row.sync_status !== syncStatus) return false;
  return score === undefined || (row.judgement !== null && JSON.parse(row.judgement).score === score);
}
