import { MAX_SPAM_MARKS, type SpamStore } from '../spam.ts';
import type { Context } from './context.ts';

/** Remembers values, inside a transaction that is under way; what was said last holds. */
export type RememberValues = (siteId: string, hashes: readonly string[], spam: boolean, now: number) => void;

export interface SpamMarks extends SpamStore {
  /** Forgets what is remembered of the table: another process wrote to it, or a commit was undone. */
  drop(): void;
  remember: RememberValues;
  /** Forgets the oldest values of each site beyond `MAX_SPAM_MARKS`; inside a transaction that is under way. */
  prune(siteIds: readonly string[]): void;
}

/** So many are forgotten in one transaction: leads that come in wait for it. */
const FORGOTTEN_AT_ONCE = 5_000;

export function createSpamMarks({ db, writer }: Pick<Context, 'db' | 'writer'>): SpamMarks {
  const find = db.query<{ spam: number }, [string, string]>(
    'SELECT spam FROM spam_mark WHERE site_id = ? AND hash = ?',
  );
  const put = db.query<unknown, [string, string, number, number]>(
    `INSERT INTO spam_mark (site_id, hash, spam, marked_at) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET spam = excluded.spam, marked_at = excluded.marked_at`,
  );
  const forget = db.query<unknown, [string, string, number, number]>(
    `DELETE FROM spam_mark WHERE site_id = ? AND hash IN (SELECT hash FROM
       (SELECT hash, marked_at FROM spam_mark WHERE site_id = ? ORDER BY marked_at DESC LIMIT -1 OFFSET ?)
       ORDER BY marked_at LIMIT ?)`,
  );
  const forgetOne = db.query<unknown, [string, string]>('DELETE FROM spam_mark WHERE site_id = ? AND hash = ?');
  const anyOf = db.query<{ one: number }, [string]>('SELECT 1 AS one FROM spam_mark WHERE site_id = ? LIMIT 1');
  const marked = new Map<string, boolean>();

  return {
    drop: () => marked.clear(),
    hasMarks(siteId) {
      let has = marked.get(siteId);
      if (has === undefined) {
        has = anyOf.get(siteId) !== null;
        marked.set(siteId, has);
      }
      return has;
    },
    known(siteId, hash) {
      const mark = find.get(siteId, hash);
      if (mark === null) return null;
      return mark.spam === 1 ? 'spam' : 'good';
    },
    forget: (siteId, hashes) =>
      writer.run((turn) => {
        for (const hash of hashes) forgetOne.run(siteId, hash);
        turn.onCommit(() => marked.delete(siteId));
      }),
    remember(siteId, hashes, spam, now) {
      if (hashes.length > 0) marked.delete(siteId);
      for (const hash of hashes) put.run(siteId, hash, spam ? 1 : 0, now);
    },
    prune(siteIds) {
      for (const siteId of siteIds) forget.run(siteId, siteId, MAX_SPAM_MARKS, FORGOTTEN_AT_ONCE);
    },
  };
}
