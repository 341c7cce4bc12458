/** Where leads can be looked up in an order, piece by piece: a block of the index, or a stretch of the table. */
export interface Piece {
  /** How many match; at most `limit` are counted. */
  count(limit: number): number;
  /** Ids of those that match, from the `skip`-th on, at most `take`, in the order asked for. */
  ids(skip: number, take: number): string[];
}

/** At most `limit` of what the pieces have altogether. */
export function countIn(pieces: readonly Piece[], limit: number): number {
  let counted = 0;
  for (const piece of pieces) {
    if (counted >= limit) break;
    counted += piece.count(limit - counted);
  }
  return counted;
}

/** Ids from the pieces, one after the other. */
export function idsIn(pieces: readonly Piece[], skip: number, take: number): string[] {
  const ids: string[] = [];
  let left = skip;
  for (const piece of pieces) {
    if (ids.length >= take) break;
    const passed = left > 0 ? piece.count(left) : 0;
    left -= passed;
    if (left === 0) ids.push(...piece.ids(passed, take - ids.length));
  }
  return ids;
}

/** Several pieces as one. */
export function joined(pieces: readonly Piece[]): Piece {
  return { count: (limit) => countIn(pieces, limit), ids: (skip, take) => idsIn(pieces, skip, take) };
}

/** What is known already. */
export function listPiece(ids: readonly string[]): Piece {
  return {
    count: (limit) => Math.min(limit, ids.length),
    ids: (skip, take) => ids.slice(skip, skip + take),
  };
}

export function sortIds(ids: string[], newestFirst: boolean): string[] {
  ids.sort();
  return newestFirst ? ids.reverse() : ids;
}
