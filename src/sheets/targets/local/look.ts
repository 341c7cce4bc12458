import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SheetProblem, SheetTab } from '../../../store/sheets.ts';
import type { Site } from '../../../store/store.ts';
import { parseRecord } from '../../csv.ts';
import type { Progress, TabReport } from '../../target.ts';
import { lastRecords, readRecords, readSlice, stampOf } from './files.ts';
import { problemOf } from './problems.ts';
import { asText, headerRow, inFileOrder, recordId } from './table.ts';
import { localBook, tabPath, type Workbook } from './workbook.ts';

const IDS_A_PAGE = 5_000;
const LEADS_A_PAGE = 500;

export const FILE_GONE: SheetProblem = {
  code: 'file_missing',
  message: 'The file of this tab is gone. It is made anew with the next lead that is written.',
  technical: null,
};
export const FILE_CHANGED: SheetProblem = {
  code: 'file_changed',
  message:
    'The file of this tab was changed by hand. With the next lead that is written it is set aside under another ' +
    'name, and the tab is made anew from the database.',
  technical: null,
};

/** Compares tabs with the database. Stops between two tabs when asked to, with the reports it has. */
export async function verifySite(
  book: Workbook,
  site: Site,
  formId: string | null,
  progress: Progress,
): Promise<TabReport[]> {
  const tabs = book.store.sheets.tabs(localBook(site.id)).filter((tab) => formId === null || tab.formId === formId);
  const reports: TabReport[] = [];
  for (const tab of tabs) {
    if (progress.signal.aborted) break;
    reports.push(await verifyTab(book, site, tab));
    progress.report(reports.length, tabs.length);
  }
  return reports;
}

async function verifyTab(book: Workbook, site: Site, tab: SheetTab): Promise<TabReport> {
  const formName = book.store.forms.outline(site.id, tab.formId)?.name ?? tab.title;
  const none = { tab, formName, inDatabase: 0, inSheet: 0, missing: [], doubled: [], unknown: [] };
  let problem: SheetProblem | null;
  try {
    problem = await fileProblem(book, tab);
    if (!problem) return { ...none, ...(await compare(book, site, tab)), problem: null };
  } catch (error) {
    problem = problemOf(error);
    if (!problem) throw error;
  }
  let inDatabase = 0;
  for await (const ids of idsInDatabase(book, tab)) inDatabase += ids.length;
  return { ...none, inDatabase, problem };
}

/**
 * Reads file and database side by side. Rows stand in about the order of their ids, so what one side has and the
 * other doesn't have yet stays few, however many rows there are.
 */
async function compare(book: Workbook, site: Site, tab: SheetTab) {
  const database = idsInDatabase(book, tab);
  const missing = new Set<string>();
  /** Ids in the file that the database has not named: not yet, not at all, or not so often. */
  const extra = new Map<string, number>();
  let [inSheet, inDatabase] = [0, 0];
  const readDatabase = async (): Promise<boolean> => {
    const page = await database.next();
    if (page.done) return false;
    inDatabase += page.value.length;
    for (const id of page.value) if (!takeOne(extra, id)) missing.add(id);
    return true;
  };
  for await (const ids of idsInFile(book, tab)) {
    inSheet += ids.length;
    for (const id of ids) if (!missing.delete(id)) extra.set(id, (extra.get(id) ?? 0) + 1);
    while (inDatabase < inSheet && (await readDatabase()));
  }
  while (await readDatabase());
  const known = syncedAmong(book, site, tab, [...extra.keys()]);
  const doubled = [...extra].filter(([id, times]) => times > 1 || known.has(id)).map(([id]) => id);
  return {
    inDatabase,
    inSheet,
    missing: [...missing],
    doubled,
    unknown: [...extra.keys()].filter((id) => !known.has(id)),
  };
}

/** Takes one from a count; false when there is none. */
function takeOne(counts: Map<string, number>, id: string): boolean {
  const count = counts.get(id);
  if (count === undefined) return false;
  if (count === 1) counts.delete(id);
  else counts.set(id, count - 1);
  return true;
}

function syncedAmong(book: Workbook, site: Site, tab: SheetTab, ids: readonly string[]): Set<string> {
  const known = new Set<string>();
  for (let at = 0; at < ids.length; at += LEADS_A_PAGE) {
    for (const lead of book.store.sheets.leadsByIds(site.id, ids.slice(at, at + LEADS_A_PAGE))) {
      if (lead.syncStatus === 'synced' && lead.rowFormId === tab.formId) known.add(lead.id);
    }
  }
  return known;
}

/** What is plainly wrong with a tab's file; null: its header is ours and all its committed bytes are there. */
export async function fileProblem(book: Workbook, tab: SheetTab): Promise<SheetProblem | null> {
  if (tab.length === 0) return null;
  const path = tabPath(book.dir, tab);
  const stamp = await stampOf(path);
  if (!stamp) return FILE_GONE;
  const header = headerRow(inFileOrder(tab.columns));
  const begins = (await readSlice(path, 0, header.length)).toString('latin1') === header;
  return begins && stamp.size >= tab.length ? null : FILE_CHANGED;
}

/** The Lead IDs of a tab's file, some at a time. */
async function* idsInFile(book: Workbook, tab: SheetTab): AsyncGenerator<string[]> {
  if (tab.length === 0) return;
  const columns = inFileOrder(tab.columns);
  for await (const records of readRecords(tabPath(book.dir, tab), tab.length)) {
    const ids = records.map((record) => recordId(record, columns)).filter((id) => id !== null);
    // A copy: a piece of a string keeps all of it in memory.
    yield ids.map(asText);
  }
}

/** The ids that should stand there, some at a time; other work gets its turn in between. */
async function* idsInDatabase(book: Workbook, tab: SheetTab): AsyncGenerator<string[]> {
  let after: string | null = null;
  do {
    const page: string[] = book.store.sheets.syncedIds(tab.siteId, tab.formId, IDS_A_PAGE, after);
    yield page;
    after = page.length < IDS_A_PAGE ? null : (page.at(-1) ?? null);
    await nextTurn();
  } while (after !== null);
}

/**
 * The header and the last `limit` rows of a form's tab, as they stand in its file: risky texts with their
 * apostrophe. Nothing where there is no tab or no file.
 */
export async function lastRows(book: Workbook, site: Site, formId: string, limit: number): Promise<string[][]> {
  const tab = book.store.sheets.tabOfForm(localBook(site.id), formId);
  if (!tab || tab.length === 0 || (await fileProblem(book, tab))) return [];
  const header = headerRow(inFileOrder(tab.columns));
  const records = limit > 0 ? await lastRecords(tabPath(book.dir, tab), header.length, tab.length, limit) : [];
  return [header, ...records].map((record) => parseRecord(record).map(asText));
}
