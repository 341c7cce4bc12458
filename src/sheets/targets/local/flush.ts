import { mkdir } from 'node:fs/promises';
import type { CellUpdate, RowRemoval, SheetProblem, SheetTab } from '../../../store/sheets.ts';
import type { FormOutline, Lead, Site } from '../../../store/store.ts';
import { type ColumnSpec, missingColumns, newTabColumns, OTHER_KEY } from '../../columns.ts';
import type { FlushOutcome } from '../../target.ts';
import { fileTitle, foldTitle, freeTitle } from './file-names.ts';
import { stampOf, writeAt } from './files.ts';
import { writeGeneration } from './generation.ts';
import { problemOf, TOUCHED } from './problems.ts';
import { headerRow, inFileOrder, leadRow, withColumns } from './table.ts';
import { type Condition, followTitle, lookAt, setAside } from './upkeep.ts';
import { localBook, rewriteWaitMs, siteFolder, tabPath, type Workbook } from './workbook.ts';

/** Spec 4, "Running". */
const MAX_ROWS = 1_000;
const MAX_BYTES = 1_500_000;
const MAX_UPDATES = 1_000;
const MAX_REMOVALS = 1_000;
/**
 * How a flush rests while leads keep coming, so that they have the machine: so many times as long as it has worked, and
 * long enough for many rows to go together.
 */
const REST = 19;
const LEAST_REST_MS = 200;

/** What one flush has to do on one tab. */
interface TabWork {
  site: Site;
  tab: SheetTab;
  leads: Lead[];
  updates: CellUpdate[];
  /** Deleted leads whose rows are to go. */
  removals: string[];
}

/** Everything that waits for a site's workbook, as far as one step goes. */
interface Waiting {
  leads: readonly Lead[];
  updates: readonly CellUpdate[];
  removals: readonly RowRemoval[];
}

/** What a flush has come to so far. */
interface Tally {
  rows: number;
  cells: number;
  /** When the first tab that has to wait for its next generation may have it. */
  wakeMs: number | null;
  trouble: SheetProblem | null;
}

/** Writes what waits for a site's local workbook. One step: at most a thousand rows, cells and rows to be taken out. */
export async function flushSite(book: Workbook, site: Site): Promise<FlushOutcome> {
  const startedAt = book.clock.monotonic();
  const waiting = whatWaits(book, site);
  if (!waiting) return { kind: 'idle' };
  const tally: Tally = { rows: 0, cells: 0, wakeMs: null, trouble: null };
  try {
    await mkdir(siteFolder(book.dir, site.id), { recursive: true, mode: 0o700 });
    const work = await workPerTab(book, site, waiting, tally);
    const appends: TabWork[] = [];
    for (const item of work) {
      const append = await guarded(tally, () => prepare(book, item, tally));
      if (append) appends.push(append);
    }
    await appendAll(book, site, appends, tally);
  } catch (error) {
    tally.trouble = expectProblem(error);
  }
  return outcomeOf(tally, book.clock.monotonic() - startedAt);
}

/** null: nothing. A tab whose form has another title by now waits too, though there is nothing to write into it. */
function whatWaits({ store: { sheets } }: Workbook, site: Site): Waiting | null {
  const book = localBook(site.id);
  // Updates first: a lead read after them shows at least what they stand for.
  const updates = sheets.nextUpdates(site.id, MAX_UPDATES);
  const leads = sheets.nextLeads(site.id, book, MAX_ROWS, MAX_BYTES);
  const removals = sheets.nextRemovals(book, MAX_REMOVALS);
  const nothing = updates.length + leads.length === 0 && !sheets.hasChores(book);
  return nothing ? null : { leads, updates, removals };
}

/** Those who bring new leads come first: their answers wait for no row. */
function outcomeOf({ rows, cells, wakeMs, trouble }: Tally, workedMs: number): FlushOutcome {
  if (trouble) return { kind: 'retry', trouble, afterMs: null };
  const restMs = Math.max(LEAST_REST_MS, REST * workedMs);
  if (rows > 0 || cells > 0) return { kind: 'wrote', rows, cells, notBeforeMs: 0, restMs };
  return wakeMs === null ? { kind: 'idle' } : { kind: 'idle', wakeMs };
}

/** What is wrong, in plain words; a fault of ours is thrown on. */
function expectProblem(error: unknown): SheetProblem {
  const problem = problemOf(error);
  if (!problem) throw error;
  return problem;
}

/** One tab in trouble holds up no other. */
async function guarded<T>(tally: Tally, task: () => Promise<T | null>): Promise<T | null> {
  try {
    return await task();
  } catch (error) {
    tally.trouble = expectProblem(error);
    return null;
  }
}

/** Sorts what waits by tab, makes the tabs that are missing and gives those that were renamed their new name. */
async function workPerTab(
  book: Workbook,
  site: Site,
  { leads, updates, removals }: Waiting,
  tally: Tally,
): Promise<TabWork[]> {
  const forms = new Map(book.store.forms.outlines(site.id).map((form) => [form.id, form]));
  const tabs = await renamedTabs(book, site, forms, tally);
  const leadsOf = Map.groupBy(leads, (lead) => lead.rowFormId);
  const tabOf = new Map(tabs.map((tab) => [tab.formId, tab]));
  const taken = new Set(tabs.map((tab) => foldTitle(tab.title)));
  const updatesOf = Map.groupBy(updates, (update) => update.formId);
  const removalsOf = Map.groupBy(removals, (removal) => removal.formId);
  const work: TabWork[] = [];
  const pointless: CellUpdate[] = [];
  const absent: string[] = [];
  for (const formId of new Set([...leadsOf.keys(), ...updatesOf.keys(), ...removalsOf.keys()])) {
    const form = forms.get(formId);
    const own = leadsOf.get(formId) ?? [];
    let tab = tabOf.get(formId);
    if (!tab && form && own.length > 0) {
      tab = await addTab(book, site, form, own, taken);
      taken.add(foldTitle(tab.title));
    }
    // A tab without a row shows none of these leads: they were written to another workbook.
    const keys = new Set(tab?.length ? tab.columns.map((column) => column.key) : []);
    const [shown, unseen] = split(updatesOf.get(formId) ?? [], (update) => keys.has(update.columnKey));
    pointless.push(...unseen);
    const gone = (removalsOf.get(formId) ?? []).map((removal) => removal.leadId);
    if (!tab?.length) absent.push(...gone);
    if (tab && tab.state !== 'paused') {
      work.push({ site, tab, leads: own, updates: shown, removals: tab.length > 0 ? gone : [] });
    }
  }
  if (absent.length > 0) await book.store.sheets.settleRemovals(localBook(site.id), absent);
  if (pointless.length > 0) await book.store.sheets.settleUpdates(pointless);
  tally.cells += pointless.length;
  return work;
}

function split<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  const yes: T[] = [];
  const no: T[] = [];
  for (const item of items) (test(item) ? yes : no).push(item);
  return [yes, no];
}

async function renamedTabs(
  book: Workbook,
  site: Site,
  forms: ReadonlyMap<string, FormOutline>,
  tally: Tally,
): Promise<SheetTab[]> {
  const tabs = book.store.sheets.tabs(localBook(site.id));
  for (const [i, tab] of tabs.entries()) {
    const form = forms.get(tab.formId);
    if (!form) continue;
    const renamed = await guarded(tally, () => followTitle(book, site, tab, form, tabs));
    if (renamed) tabs[i] = renamed;
  }
  return tabs;
}

/** @param taken folded titles of the other tabs */
async function addTab(
  book: Workbook,
  site: Site,
  form: FormOutline,
  leads: readonly Lead[],
  taken: ReadonlySet<string>,
) {
  return await book.store.sheets.addTab({
    siteId: site.id,
    book: localBook(site.id),
    formId: form.id,
    sheetId: 0,
    title: freeTitle(fileTitle(form.sheetTab), (folded) => taken.has(folded)),
    state: 'ready',
    namedFor: form.sheetTab,
    columns: withColumns([], newTabColumns(site, leads, [...form.fields])),
  });
}

/**
 * Does what needs a new generation of the file, if one is allowed now.
 * @returns what can simply be appended; null when nothing is left
 */
async function prepare(book: Workbook, work: TabWork, tally: Tally): Promise<TabWork | null> {
  const { site, leads, updates, removals } = work;
  const condition = await lookAt(book, site, work.tab);
  const tab = work.tab.length === 0 ? await startOver(book, work, condition) : work.tab;
  const missing = tab.length === 0 ? [] : missingColumns(tab.columns, leads, site);
  const healthy = condition === 'good' || tab.length === 0;
  if (healthy && missing.length + updates.length + removals.length === 0) return { ...work, tab };
  const wait = rewriteWaitMs(book, tab.id);
  if (wait === 0) return await renew(book, { ...work, tab }, condition, missing, tally);
  tally.wakeMs = Math.min(tally.wakeMs ?? wait, wait);
  if (!healthy) return null;
  return { ...work, tab, leads: leads.filter((lead) => hasAllColumns(lead, tab, site)) };
}

/** A tab without a committed byte: its columns may still change freely; a stranger's file of its name makes room. */
async function startOver(book: Workbook, { site, tab, leads }: TabWork, condition: Condition): Promise<SheetTab> {
  if (condition === 'foreign') {
    const file = await setAside(book, site, tab.title);
    book.log.warn('sheet.local.set_aside', { site: site.id, tab: tab.id, reason: 'name_taken', file });
  }
  const missing = missingColumns(tab.columns, leads, site);
  if (missing.length === 0) return tab;
  const columns = withColumns(tab.columns, missing);
  await book.store.sheets.putColumns(tab.id, columns);
  return { ...tab, columns };
}

function hasAllColumns(lead: Lead, tab: SheetTab, site: Site): boolean {
  const missing = missingColumns(tab.columns, [lead], site);
  return !missing.some(({ key }) => key.startsWith('f:') || key === OTHER_KEY);
}

/**
 * The next generation of a tab's file: with new columns, later values and the rows that wait, without the rows that
 * are to go. All in one commit, but for the note that they are gone: after a crash they are looked for once more.
 */
async function renew(
  book: Workbook,
  { site, tab, leads, updates, removals }: TabWork,
  condition: Condition,
  missing: readonly ColumnSpec[],
  tally: Tally,
): Promise<null> {
  const from = condition === 'good' ? 'file' : 'database';
  if (from === 'database') await announceRebuild(book, site, tab, condition);
  const columns = withColumns(tab.columns, missing);
  if (!(await writeGeneration(book, { site, tab, columns, from, updates, leads, removals }))) {
    tally.trouble = TOUCHED;
    return null;
  }
  if (removals.length > 0) await book.store.sheets.settleRemovals(tab.book, removals);
  tally.rows += leads.length + removals.length;
  tally.cells += updates.length;
  return null;
}

/** Sets a file aside that a person changed, and says that the tab is made anew from the database. */
export async function announceRebuild(book: Workbook, site: Site, tab: SheetTab, condition: Condition): Promise<void> {
  const file = condition === 'foreign' ? await setAside(book, site, tab.title) : null;
  book.log.warn('sheet.local.rebuilt', { site: site.id, tab: tab.id, reason: condition, file });
}

/** Appends rows to all tabs, then settles them together: what a crash leaves between is cut and written again. */
async function appendAll(book: Workbook, site: Site, work: readonly TabWork[], tally: Tally): Promise<void> {
  const written: { tabId: string; length: number; generation: number }[] = [];
  const leadIds: string[] = [];
  for (const item of work) {
    if (item.leads.length === 0) continue;
    const length = await guarded(tally, () => append(book, item));
    if (length === null) continue;
    written.push({ tabId: item.tab.id, length, generation: item.tab.generation });
    for (const lead of item.leads) leadIds.push(lead.id);
  }
  if (written.length === 0) return;
  await book.store.sheets.settleLocal({ siteId: site.id, tabs: written, leadIds });
  tally.rows += leadIds.length;
}

/** Returns the file's new length. */
async function append(book: Workbook, { site, tab, leads }: TabWork): Promise<number> {
  const path = tabPath(book.dir, tab);
  const columns = inFileOrder(tab.columns);
  const rows = leads.map((lead) => leadRow(lead, columns, site)).join('');
  const bytes = Buffer.from(tab.length === 0 ? headerRow(columns) + rows : rows, 'latin1');
  try {
    await writeAt(path, tab.length, bytes);
  } finally {
    // Whatever came of it, the file is now as we left it: half a write may be cut next time.
    const stamp = await stampOf(path).catch(() => null);
    if (stamp) book.stamps.set(tab.id, stamp);
    else book.stamps.delete(tab.id);
  }
  return tab.length + bytes.length;
}
