import type { SheetBatch, SheetProblem } from '../../../store/sheets.ts';
import type { FlushOutcome } from '../../target.ts';
import type { DeveloperMetadata } from './api.ts';
import { lookAtAll } from './look.ts';
import { guardId, guardsOf, isGuardOf, isOurs, VOID } from './mapping.ts';
import type { TabPlan } from './plan.ts';
import { readLeadIds, reconcile } from './reconcile.ts';
import { failed, type Look, pausedBook, type Step, wrote } from './step.ts';
import { pauseTab } from './tabs.ts';
import { ROWS_MISSING } from './verify.ts';

/**
 * Compares what the spreadsheet shows with what the store remembers, before anything is sent. google-sheets.md 5.7.
 * Null: they agree, or the difference needs nothing.
 *
 * Why this is safe whoever else writes: guards are numbered without a gap, each batch takes the number after the
 * newest its sender has seen, and a sender that meets a newer one reads the Lead IDs before it goes on. So of two
 * writers that believe a lead to be theirs, one is refused, and finds the row of the other.
 */
export async function recover(
  step: Step,
  look: Look,
  open: SheetBatch | null,
  last: SheetBatch | null,
): Promise<FlushOutcome | null> {
  const { nextSeq } = step.deps.store.sheets.book(step.book);
  const openGuard = open ? look.byId.get(open.guardId) : undefined;
  const taken = open && openGuard && openGuard.value !== VOID && !isGuardOf(openGuard.value, open.id);
  const newest = guardsOf(look.tags)[0];
  if (taken || (newest && newest.metadataId >= guardId(nextSeq))) return otherWriter(step, look, open);
  if (last && !look.byId.has(last.guardId)) return lastMissing(step, look, open, last);
  return null;
}

/** The spreadsheet is ahead of the store: set back from a backup, new in an old house, or not the only one. */
async function otherWriter(step: Step, look: Look, open: SheetBatch | null): Promise<FlushOutcome | null> {
  const all = await complete(step, look);
  if (!all.ok) return all.outcome;
  const newest = guardsOf(all.look.tags)[0];
  if (!newest) return null;
  if (isForeign(step, newest)) {
    const { sheets } = step.deps.store;
    const fresh = sheets.book(step.book).nextSeq === 1 && sheets.tabs(step.book).length === 0;
    if (fresh) return pausedBook(USED_BEFORE, null);
    const { foreign } = step.memory;
    const advanced = foreign !== null && newest.metadataId > foreign.newest;
    step.memory.foreign = { newest: newest.metadataId, times: (foreign?.times ?? 0) + 1 };
    // Once may be a last word of our own former self, before a restore. Twice is somebody who is at work.
    if (advanced) return pausedBook(OTHER_SERVER);
  }
  return reconcile(step, all.look, open, newest);
}

const isForeign = (step: Step, guard: DeveloperMetadata) =>
  guard.value !== VOID && !isOurs(guard.value, step.deps.instanceId);

const USED_BEFORE: SheetProblem = {
  code: 'used_before',
  message:
    'Another LeadToSheet has written to this spreadsheet, and this one knows nothing of it. If the other one is gone for good, confirm here that this server takes over. If it still runs, give this site a spreadsheet of its own.',
  technical: null,
};

const OTHER_SERVER: SheetProblem = {
  code: 'other_server',
  message:
    'Another server is writing to this spreadsheet with the same data, probably a copy of this one. Nothing is lost or doubled, but only one may go on: stop the other server, or give one of them another spreadsheet.',
  technical: null,
};

async function complete(step: Step, look: Look) {
  return look.all ? ({ ok: true, look } as const) : lookAtAll(step);
}

/** The newest guard we know to be delivered is not there: an earlier version was restored, or marks were wiped. */
async function lastMissing(
  step: Step,
  look: Look,
  open: SheetBatch | null,
  last: SheetBatch,
): Promise<FlushOutcome | null> {
  const all = await complete(step, look);
  if (!all.ok) return all.outcome;
  if (all.look.byId.has(last.guardId)) return null;
  if (all.look.tags.length === 0) return wiped(step);
  // The open batch's guard may be among those that are gone. Its rows are all there or none, so one is proof.
  if (open && open.leads.length > 0 && !all.look.byId.has(open.guardId)) {
    const found = await readLeadIds(step, all.look, step.deps.store.sheets.tabs(step.book));
    if (!found.ok) return found.outcome;
    if (open.leads.some((lead) => found.ids.has(lead.leadId))) {
      await step.deps.store.sheets.settleBatch(open.id, { state: 'delivered' });
      return wrote(open.leads.length, 0);
    }
  }
  if (step.memory.reportedMissing !== last.guardId) {
    step.memory.reportedMissing = last.guardId;
    await noteMissing(step);
  }
  return null;
}

/** People see the notice on each tab; new rows go on, and those that are gone come back only when asked for. */
async function noteMissing(step: Step): Promise<void> {
  const { sheets } = step.deps.store;
  step.deps.log.warn('sheet.rows_missing', { book: step.book });
  for (const tab of sheets.tabs(step.book)) {
    if (tab.state !== 'ready') continue;
    await sheets.updateTab(tab.id, {
      problem: {
        code: ROWS_MISSING,
        message:
          'The spreadsheet seems to have been set back to an earlier version: rows that were written are no longer in it. New rows go on. "Verify" lists what is missing, and sends it again if you want.',
        technical: null,
      },
    });
  }
}

/** No mark of ours is left. With our tabs there, somebody wiped them; without, each tab is found gone by itself. */
async function wiped(step: Step): Promise<FlushOutcome | null> {
  const info = await step.api.info(step.book);
  if (!info.ok) return failed(info.failure, step.deps.clock.now());
  const there = new Set(info.value.tabs.map((tab) => tab.sheetId));
  const ours = step.deps.store.sheets.tabs(step.book).some((tab) => tab.state !== 'planned' && there.has(tab.sheetId));
  return ours ? pausedBook(TAGS_WIPED, null) : null;
}

const TAGS_WIPED: SheetProblem = {
  code: 'tags_wiped',
  message:
    'The hidden marks by which columns are known were removed from the spreadsheet, by a script or an add-on. Confirm here that the columns be recognised by their headers; nothing is written until then.',
  technical: null,
};

/** Tabs of a plan that show no column mark: paused, as gone or as wiped. Null: there are none. */
export async function tabsWithoutMarks(step: Step, plans: readonly TabPlan[]): Promise<FlushOutcome | null> {
  const bare = plans.filter((plan) => !plan.map.tagged);
  if (bare.length === 0) return null;
  const info = await step.api.info(step.book);
  if (!info.ok) return failed(info.failure, step.deps.clock.now());
  const there = new Set(info.value.tabs.map((tab) => tab.sheetId));
  for (const { tab } of bare) await pauseTab(step, tab.id, there.has(tab.sheetId) ? TAGS_WIPED : TAB_GONE);
  return wrote(
    0,
    0,
    bare.map((plan) => plan.tab.id),
  );
}

const TAB_GONE: SheetProblem = {
  code: 'tab_gone',
  message:
    'The tab is no longer in the spreadsheet: somebody deleted it. Bring it back in Google Sheets (File, Version history), or have a new tab made here.',
  technical: null,
};
