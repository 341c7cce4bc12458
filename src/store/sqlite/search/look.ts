import { timePart } from '../../../lib/ids.ts';
import type { LeadFilter } from '../../store.ts';
import { docOf, placeOf, type SearchFile } from './file.ts';
import { countIn, idsIn, type Piece, sortIds } from './piece.ts';
import { matchOf } from './tokens.ts';

export interface Look {
  filter: LeadFilter;
  newestFirst: boolean;
  /** Only what comes after this lead, in that order. */
  afterId?: string | undefined;
}

/** A stretch of ids; neither end belongs to it. */
export interface Range {
  after: string;
  before: string;
}

/** All ids sort between these. */
const [BEFORE_ALL, AFTER_ALL] = ['', '~'] as const;

/** The ids that time and cursor leave: an id begins with its time. */
export function rangeOf({ filter, newestFirst, afterId }: Look): Range {
  // These are shorter than any id, so an id of that time sorts after them.
  const after = filter.createdFrom === undefined ? BEFORE_ALL : `sub_${timePart(filter.createdFrom)}`;
  const before = filter.createdBefore === undefined ? AFTER_ALL : `sub_${timePart(filter.createdBefore)}`;
  if (afterId === undefined) return { after, before };
  return newestFirst
    ? { after, before: afterId < before ? afterId : before }
    : { after: afterId > after ? afterId : after, before };
}

/** The parts of an index that may hold what is looked for, in order. */
export function indexPieces(file: SearchFile, siteId: string, look: Look): Piece[] {
  const site = file.site(siteId);
  const match = site === null ? null : matchOf(site, look.filter);
  if (site === null || match === null) return [];
  const [first = [], ...late] = file.reach(site).map(({ run }) => runPieces(file, site, run, match, look));
  if (late.every((pieces) => pieces.length === 0)) return first;
  return [mixed([first, ...late], look.newestFirst)];
}

function runPieces(file: SearchFile, site: number, run: number, match: string, look: Look): Piece[] {
  const { after, before } = rangeOf(look);
  const end = (order: 'ASC' | 'DESC') =>
    file.db
      .query<{ doc: number }, [number, number, string, string]>(
        `SELECT doc FROM entry WHERE site = ? AND run = ? AND lead_id > ? AND lead_id < ? ORDER BY lead_id ${order} LIMIT 1`,
      )
      .get(site, run, after, before)?.doc;
  const [from, to] = [end('ASC'), end('DESC')];
  if (from === undefined || to === undefined) return [];
  const blocks = file
    .blocks()
    .filter(({ number, run: each }) => each === run && number >= placeOf(from).block && number <= placeOf(to).block);
  if (look.newestFirst) blocks.reverse();
  return blocks.map(({ number, slots }) =>
    blockPiece(file, number, {
      match,
      newestFirst: look.newestFirst,
      from: from > docOf(number, 0) ? placeOf(from).slot : 0,
      to: to < docOf(number, slots) ? placeOf(to).slot : slots,
    }),
  );
}

interface BlockLook {
  match: string;
  newestFirst: boolean;
  /** Slots; both belong to it. */
  from: number;
  to: number;
}

function blockPiece({ db }: SearchFile, block: number, { match, from, to, newestFirst }: BlockLook): Piece {
  const order = newestFirst ? 'DESC' : 'ASC';
  const hits = `FROM block_${block} WHERE block_${block} MATCH ? AND rowid BETWEEN ? AND ?`;
  const base = docOf(block, 0);
  return {
    count: (limit) =>
      db
        .query<{ n: number }, [string, number, number, number]>(`SELECT count(*) AS n FROM (SELECT 1 ${hits} LIMIT ?)`)
        .get(match, from, to, limit)?.n ?? 0,
    ids: (skip, take) =>
      db
        .query<{ lead_id: string }, [string, number, number, number, number, number]>(
          `SELECT lead_id FROM (SELECT rowid AS slot ${hits} ORDER BY rowid ${order} LIMIT ? OFFSET ?)
           JOIN doc ON doc = ? + slot ORDER BY slot ${order}`,
        )
        .all(match, from, to, take, skip, base)
        .map((row) => row.lead_id),
  };
}

/** What several sequences of pieces have, in one order. */
function mixed(sequences: readonly Piece[][], newestFirst: boolean): Piece {
  return {
    count: (limit) => countIn(sequences.flat(), limit),
    ids(skip, take) {
      const firsts = sequences.flatMap((pieces) => idsIn(pieces, 0, skip + take));
      return sortIds(firsts, newestFirst).slice(skip, skip + take);
    },
  };
}
