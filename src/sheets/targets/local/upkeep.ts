import { unlink } from 'node:fs/promises';
import { moveFile, namesIn, unlessMissing } from '../../../lib/file-system.ts';
import type { SheetTab } from '../../../store/sheets.ts';
import type { FormOutline, Site } from '../../../store/store.ts';
import { asideTitle, fileTitle, foldTitle, freeTitle, isTitleOf } from './file-names.ts';
import { lastRecords, readSlice, sameStamp, stampOf } from './files.ts';
import { headerRow, inFileOrder, isOurTail, leadRow, recordId } from './table.ts';
import { generationPath, siteFolder, tabPath, type Workbook } from './workbook.ts';

/**
 * How a tab's file stands to what is committed.
 * good: it begins with the committed bytes, and what follows is ours and may be cut.
 * missing: there should be one. foreign: somebody changed it.
 */
export type Condition = 'good' | 'missing' | 'foreign';

/** Tails beyond this are not looked at: no flush of ours is that long. */
const MAX_TAIL_BYTES = 64 << 20;
/** Nor do so many leads of one tail get deleted. */
const MAX_REMOVALS = 10_000;

/**
 * Ends what a crash cut short: a generation that was committed takes the file's place, the one after it is removed.
 * There are no others but what `recover` clears away. Safe to repeat.
 */
export async function finishGenerations(book: Workbook, tab: SheetTab): Promise<void> {
  const { generation } = tab;
  if (generation > 0) {
    await unlessMissing(moveFile(generationPath(book.dir, tab, generation), tabPath(book.dir, tab)));
  }
  await unlessMissing(unlink(generationPath(book.dir, tab, generation + 1)));
}

/** What a tab's file is, after whatever a crash left is put right. */
export async function lookAt(book: Workbook, site: Site, tab: SheetTab): Promise<Condition> {
  if (!book.stamps.has(tab.id)) await finishGenerations(book, tab);
  const condition = await inspect(book, site, tab, tabPath(book.dir, tab));
  if (condition !== 'good') book.stamps.delete(tab.id);
  return condition;
}

async function inspect(book: Workbook, site: Site, tab: SheetTab, path: string): Promise<Condition> {
  const stamp = await stampOf(path);
  if (!stamp) return tab.length === 0 ? 'good' : 'missing';
  if (stamp.size < tab.length) return 'foreign';
  if (sameStamp(stamp, book.stamps.get(tab.id))) return 'good';
  const ours = (await beginsAsCommitted(tab, path)) && (await tailIsOurs(book, site, tab, path, stamp.size));
  return ours ? 'good' : 'foreign';
}

/** Whether the header is ours and a record of ours ends where the committed bytes end. */
async function beginsAsCommitted(tab: SheetTab, path: string): Promise<boolean> {
  if (tab.length === 0) return true;
  const columns = inFileOrder(tab.columns);
  const header = headerRow(columns);
  if ((await readSlice(path, 0, header.length)).toString('latin1') !== header) return false;
  if (tab.length === header.length) return true;
  const [last = ''] = await lastRecords(path, header.length, tab.length, 1);
  return last.endsWith('\r\n') && recordId(last, columns) !== null;
}

async function tailIsOurs(book: Workbook, site: Site, tab: SheetTab, path: string, size: number): Promise<boolean> {
  if (size === tab.length) return true;
  if (size - tab.length > MAX_TAIL_BYTES) return false;
  const tail = (await readSlice(path, tab.length, size)).toString('latin1');
  const { sheets } = book.store;
  return isOurTail(tail, tab, {
    isUnsettled(ids) {
      const leads = sheets.leadsByIds(site.id, ids).filter((lead) => lead.syncStatus !== 'synced');
      const waiting = new Set(leads.map((lead) => lead.id));
      // Or deleted, since its row was on its way here.
      const gone = new Set(sheets.nextRemovals(tab.book, MAX_REMOVALS).map((removal) => removal.leadId));
      return ids.every((id) => waiting.has(id) || gone.has(id));
    },
    nextRows() {
      const columns = inFileOrder(tab.columns);
      const leads = sheets.nextLeads(site.id, tab.book, 1_000, 1_500_000);
      return leads.filter((lead) => lead.rowFormId === tab.formId).map((lead) => leadRow(lead, columns, site));
    },
  });
}

/** Renames a file that a person changed, so that nothing of theirs is lost. Returns its new name. */
export async function setAside(book: Workbook, site: Site, title: string): Promise<string> {
  const folder = siteFolder(book.dir, site.id);
  const taken = new Set((await namesIn(folder)).map(foldTitle));
  const wanted = asideTitle(title, book.clock.now(), site.timezone);
  const free = freeTitle(wanted, (folded) => taken.has(`${folded}.csv`));
  await moveFile(tabPath(book.dir, { siteId: site.id, title }), tabPath(book.dir, { siteId: site.id, title: free }));
  return `${free}.csv`;
}

/**
 * Gives a tab's file the name that its form's tab has now. The file first, then the title in the database: after
 * a crash between, the file stands under the new name and is known again by what it holds.
 * @param tabs all tabs of the book, to keep their names apart
 * @returns the tab with its title
 */
export async function followTitle(
  book: Workbook,
  site: Site,
  tab: SheetTab,
  form: FormOutline,
  tabs: readonly SheetTab[],
): Promise<SheetTab> {
  const base = fileTitle(form.sheetTab);
  if (isTitleOf(tab.title, base)) return await named(book, tab, { title: tab.title, namedFor: form.sheetTab });
  if (!book.stamps.has(tab.id)) await finishGenerations(book, tab);
  const title = freeTitle(base, (folded) =>
    tabs.some((other) => other.id !== tab.id && foldTitle(other.title) === folded),
  );
  const renamed = { ...tab, title, namedFor: form.sheetTab };
  const [from, to] = [tabPath(book.dir, tab), tabPath(book.dir, renamed)];
  const [here, there] = [await stampOf(from), await stampOf(to)];
  const alreadyDone = !here && (await inspect(book, site, tab, to)) === 'good';
  if (there && !alreadyDone && !sameStamp(here, there)) {
    const file = await setAside(book, site, title);
    book.log.warn('sheet.local.set_aside', { site: site.id, tab: tab.id, reason: 'name_taken', file });
  }
  if (here) await moveFile(from, to);
  return await named(book, tab, { title, namedFor: form.sheetTab });
}

async function named(book: Workbook, tab: SheetTab, name: Pick<SheetTab, 'title' | 'namedFor'>): Promise<SheetTab> {
  if (tab.namedFor === name.namedFor) return tab;
  await book.store.sheets.updateTab(tab.id, name);
  return { ...tab, ...name };
}
