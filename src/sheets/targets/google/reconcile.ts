import type { SheetBatch, SheetProblem, SheetTab } from '../../../store/sheets.ts';
import { LEAD_ID_KEY } from '../../columns.ts';
import type { FlushOutcome } from '../../target.ts';
import type { DeveloperMetadata } from './api.ts';
import { displacedKeys, expectedOf, wholeRow } from './landed.ts';
import { GUARD_BASE, isGuardOf, mapTab, originalTabs } from './mapping.ts';
import { isLeadId } from './match.ts';
import { failed, type Look, type Step, wrote } from './step.ts';
import { adopt, leadIdTag, pauseTab } from './tabs.ts';

const CHUNK = 1_000;
/** Columns read by one call. */
const COLUMNS_AT_ONCE = 25;

/**
 * Makes the store believe the spreadsheet: leads whose rows are there leave the queue, tabs and columns that are
 * there are taken over, and the next guard follows the newest. One read for all marks was made; one more for the
 * Lead IDs of all tabs.
 *
 * A crash in between: the newest guard is still ahead of the store, so it is all done again; each part of it may be
 * done twice. The seq is raised last, because it is what ends the repetition.
 */
export async function reconcile(
  step: Step,
  look: Look,
  open: SheetBatch | null,
  newest: DeveloperMetadata,
): Promise<FlushOutcome> {
  const { sheets } = step.deps.store;
  const tabs = await adoptTabs(step, look);
  const unreadable = tabs.filter((tab) => tab.state === 'ready' && leadIdTag(tab, look) === null);
  const found = await readLeadIds(step, look, tabs);
  if (!found.ok) return found.outcome;
  const astray = await queueAstray(step, look, tabs, found.ids);
  if (astray) return astray;
  let marked = 0;
  for (const chunk of chunks([...found.ids], CHUNK)) {
    const queued = sheets
      .leadsByIds(step.at.site.id, chunk)
      .filter((lead) => lead.syncStatus === 'pending' || lead.syncStatus === 'failed')
      .map((lead) => lead.id);
    if (queued.length > 0) await sheets.markSynced(step.at.site.id, queued);
    marked += queued.length;
  }
  // Without Lead IDs nobody can tell which of a tab's leads are there.
  for (const tab of unreadable) {
    if (mapTab(tab, look.tags).tagged) await pauseTab(step, tab.id, UNREADABLE);
  }
  if (open) {
    const guard = look.byId.get(open.guardId);
    // If it was applied, the next look settles it, as any other.
    const ours = guard !== undefined && isGuardOf(guard.value, open.id);
    if (!ours) await sheets.settleBatch(open.id, { state: 'void', error: 'reconciled' });
  }
  await sheets.raiseSeq(step.book, newest.metadataId - GUARD_BASE + 1);
  step.memory.narrow = false;
  step.deps.log.warn('sheet.reconciled', { book: step.book, found: found.ids.size, marked });
  return wrote(
    0,
    0,
    unreadable.map((tab) => tab.id),
  );
}

const UNREADABLE: SheetProblem = {
  code: 'lead_ids_unreadable',
  message:
    'The database was set back, and the Lead ID column of this tab was deleted, so nobody can tell which leads it holds already. Bring the column back in Google Sheets (File, Version history), or confirm here that all waiting leads be sent.',
  technical: null,
};

/**
 * Rows that landed beside their columns and were not all put right before the database was set back: what it would
 * send again stands in the sheet under other columns. Their cells are queued, and their ids added to `ids`.
 */
async function queueAstray(
  step: Step,
  look: Look,
  tabs: readonly SheetTab[],
  ids: Set<string>,
): Promise<FlushOutcome | null> {
  const { sheets } = step.deps.store;
  for (const tab of tabs) {
    const { places } = mapTab(tab, look.tags);
    if (tab.state !== 'ready' || !places.has(LEAD_ID_KEY)) continue;
    for (let start = 1, count = 1; count > 0; start += step.limits.blockRows) {
      const block = await step.api.rows(step.book, tab.sheetId, start, step.limits.blockRows);
      if (!block.ok) return failed(block.failure, step.deps.clock.now());
      count = block.value.length;
      const rows = new Map(block.value.map((cells) => [cells.find(isLeadId) ?? '', cells]));
      for (const chunk of chunks([...rows.keys()], CHUNK)) {
        const astray = sheets.leadsByIds(step.at.site.id, chunk).filter((lead) => {
          if (lead.rowFormId !== tab.formId || lead.syncStatus === 'synced') return false;
          return displacedKeys(rows.get(lead.id) ?? [], expectedOf(step, lead, tab), places).length > 0;
        });
        if (astray.length === 0) continue;
        await sheets.queueUpdates(astray.flatMap((lead) => wholeRow(step, tab, lead, places)));
        for (const lead of astray) ids.add(lead.id);
      }
    }
  }
  return null;
}

/** Tabs that a restored database forgot, for forms it knows. */
async function adoptTabs(step: Step, look: Look): Promise<SheetTab[]> {
  const { store } = step.deps;
  for (const [formId, sheetId] of originalTabs(look.tags)) {
    const tab = store.sheets.tabOfForm(step.book, formId);
    if ((tab && tab.state !== 'planned') || !store.forms.outline(step.at.site.id, formId)) continue;
    await adopt(step, look, { formId, tab, sheetId, leads: [] });
  }
  return store.sheets.tabs(step.book).filter((tab) => tab.state !== 'planned');
}

/** Every Lead ID that stands under a Lead ID column of these tabs. */
export async function readLeadIds(
  step: Step,
  look: Look,
  tabs: readonly SheetTab[],
): Promise<{ ok: true; ids: Set<string> } | { ok: false; outcome: FlushOutcome }> {
  const tags = tabs.map((tab) => leadIdTag(tab, look)).filter((tag) => tag !== null);
  const ids = new Set<string>();
  for (const chunk of chunks(tags, COLUMNS_AT_ONCE)) {
    const reply = await step.api.columns(step.book, chunk);
    if (!reply.ok) return { ok: false, outcome: failed(reply.failure, step.deps.clock.now()) };
    for (const values of reply.value.values()) {
      for (const value of values) if (typeof value === 'string') ids.add(value);
    }
  }
  return { ok: true, ids };
}

function* chunks<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}
