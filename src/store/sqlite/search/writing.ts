import { idTime } from '../../../lib/ids.ts';
import { BLOCK_LEADS, type Block, firstDocOf, type SearchFile } from './file.ts';
import { type Indexed, tokensOf } from './tokens.ts';

/** So many pages of lists are merged after each transaction: about what it wrote, times the levels they go through. */
const MERGE_PAGES = 16;

/** What one transaction changes of an index. Lives as long as the transaction. */
export class Writing {
  readonly file: SearchFile;
  readonly #blocks: Block[];
  /** By block, how many leads more it has. */
  readonly #grown = new Map<Block, number>();
  #lastMs = -1;
  #lastDoc = 0n;

  constructor(file: SearchFile) {
    this.file = file;
    this.#blocks = file.blocks();
  }

  /** The site's place in the index; made when there is none. */
  site(siteId: string): { number: number; upto: string } {
    const known = this.file.site(siteId);
    if (known) return known;
    this.file.db.query<unknown, [string]>("INSERT INTO site (site_id, upto) VALUES (?, '')").run(siteId);
    return this.file.site(siteId) ?? { number: 0, upto: '' };
  }

  setUpto(site: number, leadId: string): void {
    this.file.db.query<unknown, [string, number]>('UPDATE site SET upto = ? WHERE number = ?').run(leadId, site);
  }

  /** Takes in a lead that is not in the index. */
  add(site: number, lead: Indexed): void {
    const doc = this.#freeDoc(idTime(lead.id));
    this.file.db
      .query<unknown, [bigint, number, string]>('INSERT INTO doc (doc, site, lead_id) VALUES (?, ?, ?)')
      .run(doc, site, lead.id);
    const block = this.#blockToAdd(doc);
    this.#insert(block, doc, site, lead);
    this.#grow(block, 1);
  }

  /** Takes in a lead anew; null: it is gone. */
  renew(site: number, leadId: string, lead: Indexed | null): void {
    const first = firstDocOf(idTime(leadId));
    const doc = this.file.db
      .query<{ doc: bigint }, [bigint, bigint, string]>(
        'SELECT doc FROM doc WHERE doc >= ? AND doc < ? AND lead_id = ?',
      )
      .get(first, firstDocOf(idTime(leadId) + 1), leadId)?.doc;
    if (doc === undefined) {
      if (lead !== null) this.add(site, lead);
      return;
    }
    const block = this.#blockOf(doc);
    if (!block) throw new Error('a document is in no block');
    this.file.db.query<unknown, [bigint]>(`DELETE FROM block_${block.number} WHERE rowid = ?`).run(doc);
    if (lead !== null) {
      this.#insert(block, doc, site, lead);
      return;
    }
    this.file.db.query<unknown, [bigint]>('DELETE FROM doc WHERE doc = ?').run(doc);
    this.#grow(block, -1);
  }

  /** Writes what was counted, and merges a little. To be called last. */
  finish(): void {
    const setLeads = this.file.db.query<unknown, [number, number]>(
      'UPDATE block SET leads = leads + ? WHERE number = ?',
    );
    for (const [block, change] of this.#grown) setLeads.run(change, block.number);
    const touched = [...this.#grown.keys()].at(-1);
    if (touched) mergeLists(this.file, touched.number, MERGE_PAGES);
  }

  /** The next number within the lead's millisecond: leads of one site come in the order of their ids. */
  #freeDoc(ms: number): bigint {
    if (ms === this.#lastMs) {
      this.#lastDoc++;
    } else {
      const [first, end] = [firstDocOf(ms), firstDocOf(ms + 1)];
      const row = this.file.db
        .query<{ doc: bigint | null }, [bigint, bigint]>('SELECT max(doc) AS doc FROM doc WHERE doc >= ? AND doc < ?')
        .get(first, end);
      this.#lastDoc = row?.doc == null ? first : row.doc + 1n;
      this.#lastMs = ms;
    }
    return this.#lastDoc;
  }

  #blockOf(doc: bigint): Block | undefined {
    return this.#blocks.findLast((block) => block.firstDoc <= doc);
  }

  #blockToAdd(doc: bigint): Block {
    const block = this.#blockOf(doc);
    if (!block) return this.#addBlock(this.#blocks.length === 0 ? 0n : doc);
    if (block.leads < BLOCK_LEADS || block !== this.#blocks.at(-1)) return block;
    const newest = this.file.db.query<{ doc: bigint }, []>('SELECT max(doc) AS doc FROM doc').get()?.doc ?? 0n;
    // What is added now is in `doc` already. Only behind all others does a new block begin.
    return newest === doc ? this.#addBlock(doc) : block;
  }

  #addBlock(firstDoc: bigint): Block {
    const last = this.#blocks.at(-1);
    if (last) last.lastDoc = firstDoc - 1n;
    const block = this.file.addBlock(firstDoc);
    this.#blocks.push(block);
    return block;
  }

  #insert(block: Block, doc: bigint, site: number, lead: Indexed): void {
    this.file.db
      .query<unknown, [bigint, string]>(`INSERT INTO block_${block.number} (rowid, tokens) VALUES (?, ?)`)
      .run(doc, tokensOf(site, lead));
  }

  #grow(block: Block, change: number): void {
    block.leads += change;
    this.#grown.set(block, (this.#grown.get(block) ?? 0) + change);
  }
}

/** Merges about so many pages of a block's lists; negative: all of them into one, little by little. */
export function mergeLists(file: SearchFile, block: number, pages: number): void {
  file.db.query<unknown, [number]>(`INSERT INTO block_${block} (block_${block}, rank) VALUES ('merge', ?)`).run(pages);
}
