import { idTime } from '../../../lib/ids.ts';
import type { LeadFilter } from '../../store.ts';
import { type Block, firstDocOf, LAST_DOC, type SearchFile } from './file.ts';
import { matchOf } from './tokens.ts';

/** Where leads can be looked up in an order, piece by piece: a block of the index, or a stretch of the table. */
export interface Piece {
  /** How many match; at most `limit` are counted. */
  count(limit: number): number;
  /** Ids of those that match, from the `skip`-th on, at most `take`, in the order asked for. */
  ids(skip: number, take: number): string[];
}

export interface Look {
  filter: LeadFilter;
  newestFirst: boolean;
  /** Only what comes after this lead, in that order. */
  afterId?: string | undefined;
}

/** The blocks of an index that may hold what is looked for, in order. */
export function blockPieces(file: SearchFile, siteId: string, look: Look): Piece[] {
  const site = file.site(siteId);
  const match = site && matchOf(site.number, look.filter);
  if (!site || match === null) return [];
  const { from, to } = rangeOf(file, site.number, look);
  if (from > to) return [];
  const blocks = file.blocks().filter(({ firstDoc, lastDoc }) => firstDoc <= to && lastDoc >= from);
  if (look.newestFirst) blocks.reverse();
  return blocks.map((block) => blockPiece(file, block, { match, from, to, newestFirst: look.newestFirst }));
}

interface BlockLook {
  match: string;
  from: bigint;
  to: bigint;
  newestFirst: boolean;
}

function blockPiece({ db }: SearchFile, { number }: Block, { match, from, to, newestFirst }: BlockLook): Piece {
  const order = newestFirst ? 'DESC' : 'ASC';
  const hits = `FROM block_${number} WHERE block_${number} MATCH ? AND rowid BETWEEN ? AND ?`;
  return {
    count(limit) {
      const row = db
        .query<{ n: bigint }, [string, bigint, bigint, number]>(`SELECT count(*) AS n FROM (SELECT 1 ${hits} LIMIT ?)`)
        .get(match, from, to, limit);
      return Number(row?.n ?? 0n);
    },
    ids: (skip, take) =>
      db
        .query<{ lead_id: string }, [string, bigint, bigint, number, number]>(
          `SELECT lead_id FROM (SELECT rowid AS hit ${hits} ORDER BY rowid ${order} LIMIT ? OFFSET ?)
           JOIN doc ON doc = hit ORDER BY hit ${order}`,
        )
        .all(match, from, to, take, skip)
        .map((row) => row.lead_id),
  };
}

/** The documents that time and cursor leave; both ends belong to it. */
function rangeOf(file: SearchFile, site: number, { filter, newestFirst, afterId }: Look): { from: bigint; to: bigint } {
  let from = filter.createdFrom === undefined ? 0n : firstDocOf(filter.createdFrom);
  let to = filter.createdBefore === undefined ? LAST_DOC : firstDocOf(filter.createdBefore) - 1n;
  if (afterId === undefined) return { from, to };
  const ms = idTime(afterId);
  const [first, end] = [firstDocOf(ms), firstDocOf(ms + 1)];
  // The lead itself may be gone: then its neighbours within the millisecond say where it was.
  const neighbour = (which: 'min' | 'max', side: '>=' | '<=') =>
    file.db
      .query<{ doc: bigint | null }, [bigint, bigint, number, string]>(
        `SELECT ${which}(doc) AS doc FROM doc WHERE doc >= ? AND doc < ? AND site = ? AND lead_id ${side} ?`,
      )
      .get(first, end, site, afterId)?.doc ?? null;
  if (newestFirst) {
    const last = (neighbour('min', '>=') ?? end) - 1n;
    to = last < to ? last : to;
  } else {
    const next = (neighbour('max', '<=') ?? first - 1n) + 1n;
    from = next > from ? next : from;
  }
  return { from, to };
}
