import { timePart } from '../../../lib/ids.ts';
import type { LeadFilter } from '../../store.ts';
import { docOf, placeOf, type SearchFile } from './file.ts';
import { countIn, idsIn, listPiece, type Piece, sortIds } from './piece.ts';
import { type Match, matchOf } from './tokens.ts';

/** What is looked for, with a form's leads where they are: some may have come by forms that were merged into it since. */
export type Wanted = Omit<LeadFilter, 'formId' | 'rowFormId'> & { formIds?: readonly string[] };

export interface Look {
  filter: Wanted;
  newestFirst: boolean;
  /** Only what comes after this lead, in that order. */
  afterId?: string | undefined;
  /** Only from the first to the last of these. */
  within?: { first: string; last: string };
}

/** A stretch of ids; neither end belongs to it. */
export interface Range {
  after: string;
  before: string;
}

/** All ids sort between these. */
const [BEFORE_ALL, AFTER_ALL] = ['', '~'] as const;

/** The ids that time, cursor and bounds leave: an id begins with its time. */
export function rangeOf({ filter, newestFirst, afterId, within }: Look): Range {
  // A time is shorter than any id, so an id of that time sorts after it; so does an id after itself without its end.
  const after = [
    filter.createdFrom === undefined ? BEFORE_ALL : `sub_${timePart(filter.createdFrom)}`,
    newestFirst || afterId === undefined ? BEFORE_ALL : afterId,
    within === undefined ? BEFORE_ALL : within.first.slice(0, -1),
  ];
  const before = [
    filter.createdBefore === undefined ? AFTER_ALL : `sub_${timePart(filter.createdBefore)}`,
    newestFirst && afterId !== undefined ? afterId : AFTER_ALL,
    within === undefined ? AFTER_ALL : `${within.last}~`,
  ];
  return { after: after.sort().at(-1) ?? BEFORE_ALL, before: before.sort()[0] ?? AFTER_ALL };
}

/** The parts of an index that may hold what is looked for, in order. */
export function indexPieces(file: SearchFile, siteId: string, look: Look, doubts: Doubts): Piece[] {
  const site = file.site(siteId);
  const match = site === null ? null : matchOf(site, look.filter);
  if (site === null || match === null) return [];
  const [first = [], ...late] = file.reach(site).map(({ run }) => runPieces(file, { site, run, match, look, doubts }));
  if (late.every((pieces) => pieces.length === 0)) return first;
  return [mixed([first, ...late], look.newestFirst)];
}

export interface Doubts {
  /** Looks into the leads themselves: which of these have the words that are searched for. */
  confirm(ids: readonly string[]): string[];
  /** So many leads of a block are looked into, at most. */
  most: number;
}

interface RunLook {
  site: number;
  run: number;
  match: Match;
  look: Look;
  doubts: Doubts;
}

function runPieces(file: SearchFile, { site, run, match, look, doubts }: RunLook): Piece[] {
  const { after, before } = rangeOf(look);
  const end = (order: 'ASC' | 'DESC') =>
    file.db
      .query<{ doc: number }, [number, number, string, string]>(
        `SELECT doc FROM entry WHERE site = ? AND run = ? AND lead_id > ? AND lead_id < ? ORDER BY lead_id ${order} LIMIT 1`,
      )
      .get(site, run, after, before)?.doc;
  const [from, to] = [end('ASC'), end('DESC')];
  if (from === undefined || to === undefined) return [];
  const { newestFirst } = look;
  const blocks = file
    .blocks()
    .filter(({ number, run: each }) => each === run && number >= placeOf(from).block && number <= placeOf(to).block);
  if (newestFirst) blocks.reverse();
  return blocks.map(({ number, slots }) => {
    const ends = {
      from: from > docOf(number, 0) ? placeOf(from).slot : 0,
      to: to < docOf(number, slots) ? placeOf(to).slot : slots,
    };
    const piece = (expression: string) => blockPiece(file, number, { ...ends, newestFirst, match: expression });
    return match.kind === 'plain' ? piece(match.all) : longWordsPiece(match, piece, newestFirst, doubts);
  });
}

/**
 * All words that begin with a long one are not in one list; to merge theirs takes some milliseconds a block. Most who
 * type a long word type all of it, so leads that have just this word are looked up first; then those that have one with
 * the same first letters, which are few as a rule. Where less than all that is asked for leaves few, those are looked
 * into at once.
 */
function longWordsPiece(
  { all, certain, doubtful, wider }: Extract<Match, { kind: 'long' }>,
  piece: (expression: string) => Piece,
  newestFirst: boolean,
  { confirm, most }: Doubts,
): Piece {
  let chosen: { sure: Piece; confirmed: string[] } | null = null;
  function choose(): { sure: Piece; confirmed: string[] } {
    for (const expression of wider) {
      const few = piece(expression).ids(0, most + 1);
      if (few.length <= most) return { sure: listPiece([]), confirmed: few.length === 0 ? [] : confirm(few) };
    }
    const found = piece(doubtful).ids(0, most + 1);
    if (found.length > most) return { sure: piece(all), confirmed: [] };
    return { sure: piece(certain), confirmed: found.length === 0 ? [] : confirm(found) };
  }
  return {
    count(limit) {
      chosen ??= choose();
      return Math.min(limit, chosen.confirmed.length + chosen.sure.count(limit));
    },
    ids(skip, take) {
      chosen ??= choose();
      const { sure, confirmed } = chosen;
      if (confirmed.length === 0) return sure.ids(skip, take);
      return sortIds([...confirmed, ...sure.ids(0, skip + take)], newestFirst).slice(skip, skip + take);
    },
  };
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
