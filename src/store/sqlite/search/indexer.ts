import type { Database } from 'bun:sqlite';
import { idTime, timePart } from '../../../lib/ids.ts';
import type { SearchFile } from './file.ts';
import { INDEXED_COLUMNS, type Indexed } from './tokens.ts';
import { Writing } from './writing.ts';

/** Sites are indexed side by side, so that blocks go by time; this much, at most, a site may run ahead. */
const AHEAD_MS = 60_000;
/** How many changes a slice takes at most. */
const STALE_AT_ONCE = 32;

interface Stale {
  seq: number;
  lead_id: string;
  site_id: string;
}

/** What an index knows of a site. */
export interface Known {
  /** All leads of the site are in it. */
  complete: boolean;
  /** And as they are now. */
  current: boolean;
}

/** Up to which change the index has taken in what the database noted in `search_stale`. */
const STALE_UPTO = 'stale_upto';

/** Brings an index up to date with the leads. Everything is done in small transactions of the index's file alone. */
export class Indexer {
  readonly #siteIds: () => readonly string[];
  readonly #blockLeads: number;
  readonly #newLeads;
  readonly #oneLead;
  readonly #anyNewer;
  readonly #lag;
  readonly #stale;
  readonly #anyStale;
  readonly #lastSeq;
  readonly #newestBefore;
  /** Sites with leads to index and the first of these; looked up anew when there is none left. */
  readonly #queue = new Map<string, string>();

  constructor(main: Database, siteIds: () => readonly string[], blockLeads: number) {
    this.#blockLeads = blockLeads;
    this.#siteIds = siteIds;
    this.#newLeads = main.query<Indexed, [string, string, string, number]>(
      `SELECT ${INDEXED_COLUMNS} FROM lead WHERE site_id = ? AND id > ? AND id < ? ORDER BY id LIMIT ?`,
    );
    this.#oneLead = main.query<Indexed, [string, string]>(
      `SELECT ${INDEXED_COLUMNS} FROM lead WHERE site_id = ? AND id = ?`,
    );
    this.#anyNewer = main.query<{ id: string }, [string, string]>(
      'SELECT id FROM lead WHERE site_id = ? AND id > ? ORDER BY id LIMIT 1',
    );
    this.#lag = main.query<{ leads: number }, [string, string, number]>(
      'SELECT count(*) AS leads FROM (SELECT 1 FROM lead WHERE site_id = ? AND id > ? LIMIT ?)',
    );
    this.#stale = main.query<Stale, [number, number]>(
      'SELECT seq, lead_id, site_id FROM search_stale WHERE seq > ? ORDER BY seq LIMIT ?',
    );
    this.#anyStale = main.query<{ seq: number }, [number]>('SELECT seq FROM search_stale WHERE seq > ? LIMIT 1');
    this.#lastSeq = main.query<{ seq: number }, []>("SELECT seq FROM sqlite_sequence WHERE name = 'search_stale'");
    this.#newestBefore = main.query<{ id: string | null }, [string, string]>(
      'SELECT max(id) AS id FROM lead WHERE site_id = ? AND id < ?',
    );
  }

  /** Whether the index knows what the database does not: that one was put back to an earlier state. */
  isAheadOfLeads(file: SearchFile): boolean {
    const staleUpto = file.number(STALE_UPTO);
    if (staleUpto > (this.#lastSeq.get()?.seq ?? 0)) return true;
    // The newest leads may have been deleted, and the index not yet know.
    if (this.#anyStale.get(staleUpto) !== null) return false;
    return this.#siteIds().some((siteId) => file.upto(siteId) > (this.#newestBefore.get(siteId, '~')?.id ?? ''));
  }

  /**
   * Takes in what is new of a site and what changed of any, if that is not more than `limit` leads each.
   */
  bring(file: SearchFile, siteId: string, limit: number): Known {
    const upto = file.upto(siteId);
    const staleUpto = file.number(STALE_UPTO);
    const lag = this.#lag.get(siteId, upto, limit + 1)?.leads ?? 0;
    const stale = this.#anyStale.get(staleUpto) === null ? [] : this.#stale.all(staleUpto, limit + 1);
    const takeNew = lag > 0 && lag <= limit;
    const takeStale = stale.length > 0 && stale.length <= limit;
    if (takeNew || takeStale) {
      file.write(() => {
        const writing = new Writing(file, this.#blockLeads);
        if (takeStale) this.#takeStale(writing, limit);
        if (takeNew) this.#takeNew(writing, siteId, '~', limit);
        writing.finish();
      });
    }
    return { complete: lag <= limit, current: lag <= limit && stale.length <= limit };
  }

  /** Takes in what waits longest, at most `leads` of it. @returns how many leads it were; 0: nothing waits */
  slice(file: SearchFile, leads: number): number {
    const staleWaits = this.#anyStale.get(file.number(STALE_UPTO)) !== null;
    const next = this.#nextSite(file);
    if (!staleWaits && next === null) return 0;
    return file.write(() => {
      const writing = new Writing(file, this.#blockLeads);
      let taken = staleWaits ? this.#takeStale(writing, STALE_AT_ONCE) : 0;
      if (next !== null) taken += this.#takeNew(writing, next.siteId, next.before, leads);
      writing.finish();
      return taken;
    });
  }

  /** Nothing that was found out about a file holds for the next one. */
  forget(): void {
    this.#queue.clear();
  }

  /** Changes that the index has taken in, and that the database need not remember once the index is on disk. */
  settledSeq(file: SearchFile): number | null {
    const upto = file.number(STALE_UPTO);
    return (this.#anyStale.get(0)?.seq ?? Number.POSITIVE_INFINITY) <= upto ? upto : null;
  }

  /** The site whose next lead is oldest, and the id before which its leads may go in now. */
  #nextSite(file: SearchFile): { siteId: string; before: string } | null {
    if (this.#queue.size === 0) {
      for (const siteId of this.#siteIds()) this.#look(file, siteId);
    }
    let siteId: string | null = null;
    let [oldest, second] = ['~', '~'];
    for (const [each, id] of this.#queue) {
      if (id < oldest) [siteId, oldest, second] = [each, id, oldest];
      else if (id < second) second = id;
    }
    if (siteId === null) return null;
    return { siteId, before: second === '~' ? second : `sub_${timePart(idTime(second) + AHEAD_MS)}` };
  }

  #look(file: SearchFile, siteId: string): void {
    const next = this.#anyNewer.get(siteId, file.upto(siteId))?.id;
    if (next === undefined) this.#queue.delete(siteId);
    else this.#queue.set(siteId, next);
  }

  #takeNew(writing: Writing, siteId: string, before: string, limit: number): number {
    // Read inside the transaction: another process may have gone on from where this one last looked.
    const rows = this.#newLeads.all(siteId, writing.file.upto(siteId), before, limit);
    if (rows.length > 0) writing.append(siteId, rows);
    this.#look(writing.file, siteId);
    return rows.length;
  }

  #takeStale(writing: Writing, limit: number): number {
    const rows = this.#stale.all(writing.file.number(STALE_UPTO), limit);
    const last = rows.at(-1)?.seq;
    if (last === undefined) return 0;
    for (const row of new Map(rows.map((each) => [each.lead_id, each])).values()) this.#renew(writing, row);
    writing.file.setNumber(STALE_UPTO, last);
    return rows.length;
  }

  #renew(writing: Writing, { lead_id: id, site_id: siteId }: Stale): void {
    const upto = writing.file.upto(siteId);
    // Not come to yet: it will be taken in as it is then.
    if (id > upto) return;
    const lead = this.#oneLead.get(siteId, id);
    writing.renew(siteId, id, lead);
    // So the index never names a lead as its last that is not there: see `isAheadOfLeads`.
    if (lead === null && id === upto) writing.setUpto(siteId, this.#newestBefore.get(siteId, id)?.id ?? '');
  }
}
