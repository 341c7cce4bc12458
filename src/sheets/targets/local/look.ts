import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SheetColumn, SheetProblem, SheetTab } from '../../../store/sheets.ts';
import type { Site } from '../../../store/store.ts';
import { parseRecord, RecordSplitter } from '../../csv.ts';
import type { Progress, TabReport } from '../../target.ts';
import { readRecords, readSlice, stampOf } from './files.ts';
import { problemOf } from './problems.ts';
import { asText, headerRow, inFileOrder, recordId } from './table.ts';
import { localBook, tabPath, type Workbook } from './workbook.ts';

const IDS_A_PAGE = 5_000;
/** What is read from the end of a file to find its last rows. */
const WINDOW_BYTES = 1 << 20;
/** Line ends tried as the beginning of a record, from the window's start on. */
const MAX_TRIES = 200;

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
  const formName = book.store.forms.get(site.id, tab.formId)?.name ?? tab.title;
  const report: TabReport = {
    tab,
    formName,
    inDatabase: 0,
    inSheet: 0,
    missing: [],
    doubled: [],
    unknown: [],
    problem: null,
  };
  const inSheet = new Set<string>();
  const doubled = new Set<string>();
  try {
    report.problem = await fileProblem(book, tab);
    if (!report.problem) {
      for await (const id of idsInFile(book, tab)) {
        report.inSheet += 1;
        if (inSheet.has(id)) doubled.add(id);
        inSheet.add(id);
      }
    }
  } catch (error) {
    report.problem = problemOf(error);
    if (!report.problem) throw error;
  }
  for await (const id of idsInDatabase(book, tab)) {
    report.inDatabase += 1;
    if (!inSheet.delete(id) && !report.problem) report.missing.push(id);
  }
  return { ...report, doubled: [...doubled], unknown: [...inSheet] };
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

async function* idsInFile(book: Workbook, tab: SheetTab): AsyncGenerator<string> {
  if (tab.length === 0) return;
  const columns = inFileOrder(tab.columns);
  for await (const records of readRecords(tabPath(book.dir, tab), tab.length)) {
    for (const record of records) {
      const id = recordId(record, columns);
      if (id !== null) yield id;
    }
  }
}

async function* idsInDatabase(book: Workbook, tab: SheetTab): AsyncGenerator<string> {
  let after: string | null = null;
  do {
    const page: string[] = book.store.sheets.syncedIds(tab.siteId, tab.formId, IDS_A_PAGE, after);
    yield* page;
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
  const columns = inFileOrder(tab.columns);
  const header = headerRow(columns);
  const records = limit > 0 ? await lastRecords(tabPath(book.dir, tab), header.length, tab, columns, limit) : [];
  return [header, ...records].map((record) => parseRecord(record).map(asText));
}

async function lastRecords(
  path: string,
  first: number,
  tab: SheetTab,
  columns: readonly SheetColumn[],
  limit: number,
): Promise<string[]> {
  const start = Math.max(first, tab.length - WINDOW_BYTES);
  const window = (await readSlice(path, start, tab.length)).toString('latin1');
  const found = start === first ? split(window) : recordsAtEnd(window, columns);
  if (found && (found.length >= limit || start === first)) return found.slice(-limit);
  let last: string[] = [];
  for await (const records of readRecords(path, tab.length)) last = [...last, ...records].slice(-limit);
  return last;
}

/**
 * The records that a piece out of a file's middle ends with. A line end may stand inside quotes, so a beginning
 * counts only if all that follows are rows of ours; null when none was found.
 */
function recordsAtEnd(window: string, columns: readonly SheetColumn[]): string[] | null {
  for (let at = window.indexOf('\n'), tries = 0; at >= 0 && tries < MAX_TRIES; at = window.indexOf('\n', at + 1)) {
    const records = split(window.slice(at + 1));
    if (records.length > 0 && records.every((record) => recordId(record, columns) !== null)) return records;
    tries += 1;
  }
  return null;
}

function split(text: string): string[] {
  const splitter = new RecordSplitter();
  return [...splitter.push(text), ...splitter.end()];
}
