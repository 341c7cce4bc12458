import { type Block, docOf, placeOf, type SearchFile } from './file.ts';
import { type Indexed, tokensOf } from './tokens.ts';

/** So many pages of lists are merged after each transaction: about what it wrote, times the levels they go through. */
const MERGE_PAGES = 16;

/** What one transaction changes of an index. Lives as long as the transaction. */
export class Writing {
  readonly file: SearchFile;
  readonly #blocks: Block[];
  readonly #touched = new Set<Block>();
  readonly #blockLeads: number;

  /** `blockLeads`: see ListLimits. */
  constructor(file: SearchFile, blockLeads: number) {
    this.file = file;
    this.#blockLeads = blockLeads;
    this.#blocks = file.blocks();
  }

  /** Takes in leads that follow on those of the site that are in the index, in the order of their ids. */
  append(siteId: string, leads: readonly Indexed[]): void {
    const site = this.#siteNumber(siteId);
    for (const lead of leads) this.#add(site, 0, lead);
    this.#setReach(site, 0, leads.at(-1)?.id ?? '');
  }

  /** Says that the site's leads are in the index up to this one. */
  setUpto(siteId: string, leadId: string): void {
    this.#setReach(this.#siteNumber(siteId), 0, leadId);
  }

  /** Takes in a lead anew, wherever it is or belongs; null: it is gone. */
  renew(siteId: string, leadId: string, lead: Indexed | null): void {
    const site = this.#siteNumber(siteId);
    const runs = this.file.reach(site);
    for (const { run } of runs) {
      const doc = this.#entry(site, run, leadId);
      if (doc === null) continue;
      const { block, slot } = placeOf(doc);
      this.file.db.query<unknown, [number]>(`DELETE FROM block_${block} WHERE rowid = ?`).run(slot);
      if (lead !== null) this.#insert(block, slot, site, lead);
      else this.#forget(site, run, leadId, doc);
      return;
    }
    if (lead === null) return;
    // It came late: behind the others it would be out of their order.
    const run = runs.find((each) => each.run > 0 && each.upto < leadId)?.run ?? (runs.at(-1)?.run ?? 0) + 1;
    this.#add(site, run, lead);
    this.#setReach(site, run, leadId);
  }

  /** Notes what was given out, and merges a little. To be called last. */
  finish(): void {
    const setSlots = this.file.db.query<unknown, [number, number]>('UPDATE block SET slots = ? WHERE number = ?');
    for (const { number, slots } of this.#touched) {
      setSlots.run(slots, number);
      mergeLists(this.file, number, MERGE_PAGES);
    }
  }

  #siteNumber(siteId: string): number {
    const known = this.file.site(siteId);
    if (known !== null) return known;
    const row = this.file.db
      .query<{ number: number }, [string]>('INSERT INTO site (site_id) VALUES (?) RETURNING number')
      .get(siteId);
    if (!row) throw new Error('a site was not added');
    return row.number;
  }

  #setReach(site: number, run: number, upto: string): void {
    this.file.db
      .query<unknown, [number, number, string]>('INSERT OR REPLACE INTO reach (site, run, upto) VALUES (?, ?, ?)')
      .run(site, run, upto);
  }

  #entry(site: number, run: number, leadId: string): number | null {
    const row = this.file.db
      .query<{ doc: number }, [number, number, string]>(
        'SELECT doc FROM entry WHERE site = ? AND run = ? AND lead_id = ?',
      )
      .get(site, run, leadId);
    return row?.doc ?? null;
  }

  #add(site: number, run: number, lead: Indexed): void {
    const { db } = this.file;
    const block = this.#blockWithRoom(run);
    block.slots++;
    const doc = docOf(block.number, block.slots);
    db.query<unknown, [number, string]>('INSERT INTO doc (doc, lead_id) VALUES (?, ?)').run(doc, lead.id);
    db.query<unknown, [number, number, string, number]>(
      'INSERT INTO entry (site, run, lead_id, doc) VALUES (?, ?, ?, ?)',
    ).run(site, run, lead.id, doc);
    this.#insert(block.number, block.slots, site, lead);
  }

  #forget(site: number, run: number, leadId: string, doc: number): void {
    const { db } = this.file;
    db.query<unknown, [number]>('DELETE FROM doc WHERE doc = ?').run(doc);
    db.query<unknown, [number, number, string]>('DELETE FROM entry WHERE site = ? AND run = ? AND lead_id = ?').run(
      site,
      run,
      leadId,
    );
  }

  #blockWithRoom(run: number): Block {
    const last = this.#blocks.findLast((block) => block.run === run);
    if (last && last.slots < this.#blockLeads) return last;
    const block = this.file.addBlock(run);
    this.#blocks.push(block);
    return block;
  }

  #insert(number: number, slot: number, site: number, lead: Indexed): void {
    this.file.db
      .query<unknown, [number, string]>(`INSERT INTO block_${number} (rowid, tokens) VALUES (?, ?)`)
      .run(slot, tokensOf(site, lead));
    const block = this.#blocks.find((each) => each.number === number);
    if (block) this.#touched.add(block);
  }
}

/** Merges about so many pages of a block's lists; negative: all of them into one, little by little. */
export function mergeLists(file: SearchFile, block: number, pages: number): void {
  file.db.query<unknown, [number]>(`INSERT INTO block_${block} (block_${block}, rank) VALUES ('merge', ?)`).run(pages);
}
