import type { SheetBatch } from '../../../store/sheets.ts';
import type { Lead } from '../../../store/store.ts';
import type { FlushOutcome } from '../../target.ts';
import { unseenByDrive } from './check.ts';
import { choresFirst, choresWait, doChore } from './chores.ts';
import { settleLanded } from './landed.ts';
import { takeLook } from './look.ts';
import { GUARD_BASE, VOID } from './mapping.ts';
import type { BookMemory } from './memory.ts';
import { addColumns, buildBatch, fitting, noteColumns, readWidths, type TabPlan, type Width } from './plan.ts';
import { recover, tabsWithoutMarks } from './recover.ts';
import { afterWrite, giveUp } from './settle.ts';
import { again, failed, type Look, pausedBook, type Step, wrote } from './step.ts';
import { ensureTabs } from './tabs.ts';
import { writeUpdates } from './updates.ts';

const HOUR = 3_600_000;

/** Whether anything waits that could be written. Costs no call. */
export function hasWork(
  step: Pick<Step, 'deps' | 'at' | 'book' | 'chores'> & { memory: BookMemory | undefined },
): boolean {
  const { sheets } = step.deps.store;
  return (
    sheets.openBatch(step.book) !== null ||
    sheets.nextLeads(step.at.site.id, step.book, 1, 1).length > 0 ||
    cellsWait(step) ||
    choresWait(step)
  );
}

/** Cells to write, to read back, or to put back. */
function cellsWait({ deps, at, memory }: Pick<Step, 'deps' | 'at'> & { memory: BookMemory | undefined }): boolean {
  if (memory?.unchecked && memory.unchecked.length > 0) return true;
  return deps.store.sheets.nextUpdates(at.site.id, 1).length > 0;
}

/**
 * One step: at most one write to the spreadsheet, and everything a later step needs is in the store before this
 * one returns. google-sheets.md 5.5. The order is what makes rows arrive exactly once:
 *
 * 1. look at the marks; an open batch is settled, given up or sent again before anything new is planned, so one
 *    write at most is under way whose fate is open;
 * 2. commit the new batch (which leads, which guard) before its first byte is sent, so that whoever comes after a
 *    crash knows the guard to ask for;
 * 3. send guard and rows in one atomic call: Google applies the guard once, and the rows with it;
 * 4. let the leads leave the queue when the guard is known to be there, and only then.
 */
export async function flushStep(step: Step): Promise<FlushOutcome> {
  const asleep = await checkFile(step);
  if (asleep) return asleep;
  const { sheets } = step.deps.store;
  const open = sheets.openBatch(step.book);
  const last = sheets.lastDelivered(step.book);
  const looked = await takeLook(step, open, last);
  if (!looked.ok) return looked.outcome;
  const trouble = await recover(step, looked.look, open, last);
  if (trouble) return trouble;
  if (open) return settleOpen(step, open, looked.look);
  const chore = choresFirst(step) ? await doChore(step, looked.look) : null;
  if (chore) return chore;
  const first = await writeRowsOrCells(step, looked.look);
  if (first.kind === 'idle') return (await doChore(step, looked.look)) ?? first;
  step.chores.passedOver += 1;
  return first;
}

async function writeRowsOrCells(step: Step, look: Look): Promise<FlushOutcome> {
  const updatesWait = cellsWait(step);
  // Every other turn is for cell updates, so that neither starves the other.
  if (updatesWait && step.memory.wroteRows) {
    step.memory.wroteRows = false;
    const cells = await writeUpdates(step, look);
    if (cells.kind !== 'idle') return cells;
  }
  const rows = await writeNewRows(step, look);
  if (rows) {
    step.memory.wroteRows = true;
    return rows;
  }
  return updatesWait ? writeUpdates(step, look) : { kind: 'idle' };
}

/**
 * A spreadsheet in the trash takes rows as if nothing were: asked for before the first flush of an hour.
 * google-sheets.md 4, pitfall 8.
 */
async function checkFile(step: Step): Promise<FlushOutcome | null> {
  const { store, clock } = step.deps;
  const { checkedAt } = store.sheets.book(step.book);
  const age = checkedAt === null ? HOUR : clock.now() - checkedAt;
  // A clock that jumped back must not put the question off.
  if (age >= 0 && age < HOUR) return null;
  const file = await step.api.file(step.book);
  if (!file.ok && !unseenByDrive(step.api, file.failure)) return failed(file.failure, clock.now());
  if (file.ok && file.value.trashed) {
    return pausedBook({
      code: 'trashed',
      message:
        'The spreadsheet is in the trash. Google would still take rows and throw them away with it later. Restore it in Google Drive (Trash), or connect another one.',
      technical: null,
    });
  }
  await store.sheets.updateBook(step.book, { checkedAt: clock.now() });
  return null;
}

/** What becomes of the batch whose fate was open. */
async function settleOpen(step: Step, open: SheetBatch, look: Look): Promise<FlushOutcome> {
  const { sheets } = step.deps.store;
  const guard = look.byId.get(open.guardId);
  if (guard?.value === VOID) {
    await sheets.settleBatch(open.id, { state: 'void', error: open.lastError ?? 'given_up' });
    step.memory.narrow = false;
    return wrote(0, 0);
  }
  if (guard) return settleLanded(step, open, look);
  if (step.memory.held?.guardId === open.guardId && step.memory.held.times >= 2) return skipHeld(step, open);
  // Found `sending`: the process was killed in between, so the send may be under way. Written down, because a later
  // refusal must not be taken for the whole truth.
  let batch = open;
  if (open.state === 'sending' && !open.everAmbiguous) {
    await sheets.settleBatch(open.id, { state: 'ambiguous', error: 'interrupted' });
    batch = { ...open, everAmbiguous: true };
  }
  if (mustGiveUp(step, batch)) return giveUp(step, batch);
  const ready = await prepare(step, look, leadsOf(step, batch));
  if ('kind' in ready) return ready;
  await sheets.resendBatch(batch.id);
  return sendBatch(step, { ...batch, attempts: batch.attempts + 1 }, ready);
}

/**
 * Google calls the guard in use and shows it to nobody: metadata of another Cloud project holds the number. Refused
 * twice, seconds apart, so nothing of the batch was applied or can be; the next number is tried. 5.5, step 4.
 */
async function skipHeld(step: Step, open: SheetBatch): Promise<FlushOutcome> {
  await step.deps.store.sheets.settleBatch(open.id, { state: 'void', error: 'guard_held' });
  step.memory.held = null;
  return wrote(0, 0);
}

/** Whether this batch can't or shouldn't go out again as it is. */
function mustGiveUp(step: Step, batch: SheetBatch): boolean {
  // Cell updates are addressed by place, and places age.
  if (batch.leads.length === 0 || step.memory.narrow) return true;
  const ready = new Set(
    step.deps.store.sheets
      .tabs(step.book)
      .filter((tab) => tab.state === 'ready')
      .map((tab) => tab.id),
  );
  return batch.leads.some((lead) => !ready.has(lead.tabId));
}

/** Null: no lead waits that could go out. */
async function writeNewRows(step: Step, look: Look): Promise<FlushOutcome | null> {
  const { sheets } = step.deps.store;
  const site = step.at.site;
  const leads = sheets.nextLeads(site.id, step.book, step.memory.rowLimit, step.limits.bytes);
  if (leads.length === 0) return null;
  const setUp = await ensureTabs(step, look, leads);
  if (setUp) return setUp;
  const ready = await prepare(step, look, leads);
  if ('kind' in ready) return ready;
  const chosen = fitting(leads, ready.tabs, site, step.limits.bytes);
  const pairs = chosen.flatMap((lead) => {
    const plan = ready.tabs.get(lead.rowFormId);
    return plan ? [{ leadId: lead.id, tabId: plan.tab.id }] : [];
  });
  if (pairs.length === 0) return again(NO_TAB);
  // The durable commit: from here on these leads and this guard belong together.
  const batch = await sheets.planBatch({ siteId: site.id, book: step.book, guardBase: GUARD_BASE, leads: pairs });
  return sendBatch(step, batch, ready);
}

const NO_TAB = { code: 'tabs_changing', message: 'A tab is being set up. Rows follow.', technical: null };

function leadsOf(step: Step, batch: SheetBatch): Lead[] {
  return step.deps.store.sheets.leadsByIds(
    step.at.site.id,
    batch.leads.map((lead) => lead.leadId),
  );
}

/** What has to be known of the tabs before rows are sent to them. */
interface Ready {
  /** By form id. */
  tabs: ReadonlyMap<string, TabPlan>;
  widths: ReadonlyMap<string, Width>;
}

/** Finds the columns of each tab these leads go to, and adds those for new fields. Everything but the write. */
async function prepare(step: Step, look: Look, leads: readonly Lead[]): Promise<Ready | FlushOutcome> {
  const tabs = new Map<string, TabPlan>();
  for (const formId of new Set(leads.map((lead) => lead.rowFormId))) {
    const tab = step.deps.store.sheets.tabOfForm(step.book, formId);
    if (tab?.state !== 'ready') continue;
    const ofForm = leads.filter((lead) => lead.rowFormId === formId);
    tabs.set(formId, await addColumns(step, await noteColumns(step, tab, look), ofForm));
  }
  const lost = await tabsWithoutMarks(step, [...tabs.values()]);
  if (lost) return lost;
  const widths = await readWidths(step, [...tabs.values()]);
  if (!widths.ok) return failed(widths.failure, step.deps.clock.now());
  // Columns were deleted since the look: a new one would be planned where an old one is believed to be.
  if (!widths.fit) return wrote(0, 0);
  return { tabs, widths: widths.widths };
}

/**
 * Sends a committed batch. The rows are built from the store as it is now: a lead that changed since it was
 * planned goes out as it is, and a change made after this read is queued as a cell update.
 */
async function sendBatch(step: Step, batch: SheetBatch, { tabs, widths }: Ready): Promise<FlushOutcome> {
  const built = buildBatch(step, batch, tabs, leadsOf(step, batch), widths);
  const reply = await step.api.batchUpdate(step.book, built.requests);
  return afterWrite(step, batch, built, reply);
}
