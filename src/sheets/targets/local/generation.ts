import { mkdir, unlink } from 'node:fs/promises';
import { moveFile } from '../../../lib/file-system.ts';
import type { CellUpdate, SheetColumn, SheetTab } from '../../../store/sheets.ts';
import type { Lead, Site } from '../../../store/store.ts';
import { inChunks, readRecords, sameStamp, stampOf, writeFile } from './files.ts';
import {
  type CellChanges,
  cellChanges,
  changedRecord,
  headerRow,
  idPlace,
  inFileOrder,
  leadRow,
  standsFor,
} from './table.ts';
import { generationPath, siteFolder, tabPath, type Workbook } from './workbook.ts';

/** What a new generation of a tab's file is to hold. */
export interface GenerationPlan {
  site: Site;
  tab: SheetTab;
  /** All columns of it, the tab's own first. */
  columns: readonly SheetColumn[];
  /** file: what stands there, with changes. database: every lead that should stand there. */
  from: 'file' | 'database';
  updates: readonly CellUpdate[];
  /** Leads to add at its end. */
  leads: readonly Lead[];
  /** Deleted leads: their rows are left out. */
  removals: readonly string[];
}

const LEADS_A_PAGE = 500;

/**
 * Writes a new generation beside a tab's file, commits it and puts it in the file's place. Memory stays flat
 * however many rows there are. A crash at any point leaves either the old generation with its leads still
 * waiting, or the new one, which `finishGenerations` puts in place.
 * @returns false when somebody wrote to the file meanwhile: nothing is changed then
 */
export async function writeGeneration(book: Workbook, plan: GenerationPlan): Promise<boolean> {
  const { site, tab } = plan;
  const path = tabPath(book.dir, tab);
  const generation = tab.generation + 1;
  const next = generationPath(book.dir, tab, generation);
  const before = await stampOf(path);
  let length: number;
  await mkdir(siteFolder(book.dir, site.id), { recursive: true, mode: 0o700 });
  try {
    length = await writeFile(next, inChunks(plan.from === 'file' ? fromFile(book, plan, path) : fromStore(book, plan)));
    const after = await stampOf(path);
    if (before ? !sameStamp(before, after) : after) {
      await unlink(next);
      return false;
    }
  } catch (error) {
    await discard(next);
    throw error;
  }
  // From here on the database decides which of the two counts, also if this very call is what fails.
  book.stamps.delete(tab.id);
  await book.store.sheets.settleLocal({
    siteId: site.id,
    tabs: [{ tabId: tab.id, length, generation, columns: plan.columns }],
    leadIds: plan.leads.map((lead) => lead.id),
    updates: plan.updates,
  });
  await moveFile(next, path);
  const stamp = await stampOf(path);
  if (stamp) book.stamps.set(tab.id, stamp);
  book.rewrittenAt.set(tab.id, book.clock.monotonic());
  return true;
}

/** Removes a half-written file, as far as possible: what is left is removed at the next look. */
async function discard(path: string): Promise<void> {
  await unlink(path).catch(() => undefined);
}

async function* fromFile(book: Workbook, plan: GenerationPlan, path: string): AsyncGenerator<string> {
  const { site, tab, leads } = plan;
  const columns = inFileOrder(plan.columns);
  const place = idPlace(columns);
  const added = plan.columns.length - tab.columns.length;
  const changes = changesOf(book, plan, columns);
  const gone = new Set(plan.removals);
  yield headerRow(columns);
  let header = true;
  for await (const records of readRecords(path, tab.length)) {
    const kept = header ? records.slice(1) : records;
    if (records.length > 0) header = false;
    const staying = gone.size === 0 ? kept : kept.filter((record) => !standsFor(record, place, gone));
    yield staying.map((record) => changedRecord(record, place, added, changes)).join('');
  }
  yield leads.map((lead) => leadRow(lead, columns, site)).join('');
}

async function* fromStore(book: Workbook, plan: GenerationPlan): AsyncGenerator<string> {
  const { site, tab, leads } = plan;
  const columns = inFileOrder(plan.columns);
  yield headerRow(columns);
  let after: string | null = null;
  do {
    const page: Lead[] = book.store.sheets.syncedLeads(site.id, tab.formId, LEADS_A_PAGE, after);
    yield page.map((lead) => leadRow(lead, columns, site)).join('');
    after = page.length < LEADS_A_PAGE ? null : (page.at(-1)?.id ?? null);
  } while (after !== null);
  yield leads.map((lead) => leadRow(lead, columns, site)).join('');
}

function changesOf(book: Workbook, plan: GenerationPlan, columns: readonly SheetColumn[]): CellChanges {
  const ids = [...new Set(plan.updates.map((update) => update.leadId))];
  const leads = new Map(book.store.sheets.leadsByIds(plan.site.id, ids).map((lead) => [lead.id, lead]));
  return cellChanges(plan.updates, leads, columns, plan.site);
}
