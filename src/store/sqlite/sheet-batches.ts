import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import type { SheetBatch, SheetStore } from '../sheets.ts';
import type { Context } from './context.ts';
import { sheetBatch, sheetBook } from './schema.ts';
import type { MarkSynced } from './sheet-queue.ts';

type Batches = Pick<
  SheetStore,
  'openBatch' | 'lastDelivered' | 'batchByGuard' | 'planBatch' | 'resendBatch' | 'settleBatch'
>;

const OPEN = ['planned', 'sending', 'ambiguous'] as const;

/**
 * Takes leads (a JSON list of ids) out of settled batches. By lead, not by batch: a book may have tens of thousands of
 * settled ones, and this runs inside the commit that leads wait for.
 */
export const FORGET_SETTLED = `DELETE FROM sheet_batch_lead WHERE lead_id IN (SELECT value FROM json_each(?))
  AND NOT EXISTS (SELECT 1 FROM sheet_batch WHERE id = batch_id AND state IN ('planned', 'sending', 'ambiguous'))`;

export function createSheetBatches({ orm, db, writer, ids }: Context, markSynced: MarkSynced): Batches {
  type Row = typeof sheetBatch.$inferSelect;
  // A lead that left the queue since it was picked (marked as spam, found in the sheet) is left out.
  const insertLead = db.query<unknown, [string, string, string, string, string]>(
    `INSERT INTO sheet_batch_lead (batch_id, lead_id, tab_id) SELECT ?, ?, ? WHERE EXISTS
       (SELECT 1 FROM lead WHERE site_id = ? AND id = ? AND sync_status = 'pending')`,
  );
  const leadsOf = db.query<{ leadId: string; tabId: string }, [string]>(
    'SELECT lead_id AS leadId, tab_id AS tabId FROM sheet_batch_lead WHERE batch_id = ? ORDER BY lead_id',
  );
  // Left over from batches that are settled: their leads were queued anew, or the batch was given up.
  const forgetSettled = db.query<unknown, [string]>(FORGET_SETTLED);
  const dropLeads = db.query<unknown, [string]>('DELETE FROM sheet_batch_lead WHERE batch_id = ?');

  const toBatch = ({ settledAt: _settledAt, ...row }: Row): SheetBatch => ({ ...row, leads: leadsOf.all(row.id) });
  const find = (id: string) => orm.select().from(sheetBatch).where(eq(sheetBatch.id, id)).get();
  const one = (row: Row | undefined) => (row ? toBatch(row) : null);

  return {
    openBatch: (book) =>
      one(
        orm
          .select()
          .from(sheetBatch)
          .where(and(eq(sheetBatch.book, book), inArray(sheetBatch.state, [...OPEN])))
          .get(),
      ),
    lastDelivered: (book) =>
      one(
        orm
          .select()
          .from(sheetBatch)
          .where(and(eq(sheetBatch.book, book), eq(sheetBatch.state, 'delivered')))
          .orderBy(desc(sheetBatch.seq))
          .limit(1)
          .get(),
      ),
    batchByGuard: (book, guardId) =>
      one(
        orm
          .select()
          .from(sheetBatch)
          .where(and(eq(sheetBatch.book, book), eq(sheetBatch.guardId, guardId)))
          .get(),
      ),
    planBatch: ({ siteId, book, guardBase, leads }) =>
      writer.run((turn) => {
        const seq = orm.select().from(sheetBook).where(eq(sheetBook.book, book)).get()?.nextSeq ?? 1;
        const row: Row = {
          id: ids.next('bat', turn.now),
          siteId,
          book,
          seq,
          guardId: guardBase + seq,
          state: 'sending',
          everAmbiguous: false,
          attempts: 1,
          firstSentAt: turn.now,
          lastError: null,
          settledAt: null,
        };
        orm
          .insert(sheetBook)
          .values({ book, siteId, nextSeq: seq + 1 })
          .onConflictDoUpdate({
            target: sheetBook.book,
            set: { nextSeq: seq + 1 },
          })
          .run();
        orm.insert(sheetBatch).values(row).run();
        forgetSettled.run(JSON.stringify(leads.map((lead) => lead.leadId)));
        for (const lead of leads) insertLead.run(row.id, lead.leadId, lead.tabId, siteId, lead.leadId);
        return toBatch(row);
      }),
    resendBatch: (id) =>
      writer.run(() => {
        const attempts = sql`${sheetBatch.attempts} + 1`;
        // A settled one stays settled: opened again, its rows could be sent twice.
        orm
          .update(sheetBatch)
          .set({ state: 'sending', attempts })
          .where(and(eq(sheetBatch.id, id), inArray(sheetBatch.state, [...OPEN])))
          .run();
      }),
    settleBatch: (id, outcome) =>
      writer.run((turn) => {
        const row = find(id);
        if (!row || row.state === 'delivered' || row.state === 'void') return;
        const settled = outcome.state === 'delivered' || outcome.state === 'void';
        orm
          .update(sheetBatch)
          .set({
            state: outcome.state,
            everAmbiguous: row.everAmbiguous || outcome.state === 'ambiguous',
            lastError: 'error' in outcome ? outcome.error : null,
            settledAt: settled ? turn.now : null,
          })
          .where(eq(sheetBatch.id, id))
          .run();
        if (outcome.state === 'delivered')
          markSynced(
            row.siteId,
            leadsOf.all(id).map((lead) => lead.leadId),
            turn,
          );
        if (outcome.state === 'void') dropLeads.run(id);
      }),
  };
}

/** Leads of settled batches need not be remembered for ever; the newest delivered batch of a book always is. */
export const PRUNE_BATCHES = [
  `DELETE FROM sheet_batch_lead WHERE batch_id IN (SELECT id FROM sheet_batch WHERE settled_at < ?1)`,
  `DELETE FROM sheet_batch WHERE settled_at < ?1 AND seq < (SELECT max(seq) FROM sheet_batch newest
     WHERE newest.book = sheet_batch.book AND newest.state = 'delivered')`,
] as const;
