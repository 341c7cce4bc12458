import { sameText, type Vault } from '../../lib/crypto.ts';

/** A link to a file needs nothing else to open it: whoever has it may see the file. */
export interface FileLinks {
  /** Path and query of a link, good until `untilMs`; null: as long as the file is kept and links without end are. */
  to(id: string, untilMs: number | null): string;
  /**
   * Whether a link that was asked for is one of ours and holds.
   * @param storedAt when the file came: links without end may be given one, see `lifetimeMs`
   */
  holds(link: { id: string; until: string | null; signature: string }, storedAt: number, nowMs: number): boolean;
}

/** The id of the file that a link of ours leads to; null for any other address. */
export function linkedFile(url: string): string | null {
  return /\/files\/(file_\w+)\?/.exec(url)?.[1] ?? null;
}

/** 128 bits: as many as can't be guessed, and a link that still fits a cell. RFC 2104, 5. */
const SIGNATURE_LENGTH = 32;

/** @param lifetimeMs how long links without an end of their own hold, from the lead on; null: for good */
export function createFileLinks(vault: Pick<Vault, 'hashToken'>, lifetimeMs: number | null): FileLinks {
  const sign = (id: string, until: string) => vault.hashToken('file', `${id}:${until}`).slice(0, SIGNATURE_LENGTH);
  return {
    to(id, untilMs) {
      const until = untilMs === null ? '' : String(Math.ceil(untilMs / 1000));
      return `/files/${id}?${until === '' ? '' : `until=${until}&`}sig=${sign(id, until)}`;
    },
    holds({ id, until, signature }, storedAt, nowMs) {
      if (!sameText(signature, sign(id, until ?? ''))) return false;
      const end = until !== null ? Number(until) * 1000 : lifetimeMs === null ? Infinity : storedAt + lifetimeMs;
      return nowMs < end;
    },
  };
}
