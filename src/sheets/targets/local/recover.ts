import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errorText } from '../../../lib/errors.ts';
import type { SheetTab } from '../../../store/sheets.ts';
import type { Site } from '../../../store/store.ts';
import { namesIn, stampOf, writeAt } from './files.ts';
import { announceRebuild } from './flush.ts';
import { writeGeneration } from './generation.ts';
import { problemOf } from './problems.ts';
import { followTitle, lookAt } from './upkeep.ts';
import { localBook, readGenerationName, siteFolder, tabPath, type Workbook } from './workbook.ts';

/**
 * Puts every local workbook right after a stop of any kind, before the first flush: generations that were
 * committed take their place, what lies beyond the committed bytes is cut, files that are gone or that somebody
 * changed are made anew from the database. A folder that can't be written to is logged and left for the flush.
 */
export async function recoverAll(book: Workbook): Promise<void> {
  for (const site of book.store.sites.list()) {
    const tabs = book.store.sheets.tabs(localBook(site.id));
    for (const [i, tab] of tabs.entries()) {
      try {
        tabs[i] = await recoverTab(book, site, tab, tabs);
      } catch (error) {
        book.stamps.delete(tab.id);
        const problem = problemOf(error);
        if (!problem) throw error;
        book.log.warn('sheet.local.not_recovered', { site: site.id, tab: tab.id, code: problem.code });
      }
    }
    await removeStrays(book, site, tabs);
  }
}

async function recoverTab(book: Workbook, site: Site, tab: SheetTab, tabs: readonly SheetTab[]): Promise<SheetTab> {
  const form = book.store.forms.get(site.id, tab.formId);
  const named = form ? await followTitle(book, site, tab, form, tabs) : tab;
  const condition = await lookAt(book, site, named);
  const path = tabPath(book.dir, named);
  if (condition === 'good') {
    const stamp = await stampOf(path);
    if (stamp && stamp.size > named.length) await writeAt(path, named.length, Buffer.alloc(0));
    const settled = await stampOf(path);
    if (settled) book.stamps.set(named.id, settled);
  } else if (named.length > 0) {
    await announceRebuild(book, site, named, condition);
    const plan = { site, tab: named, columns: named.columns, from: 'database', updates: [], leads: [] } as const;
    await writeGeneration(book, plan);
  }
  return named;
}

/** Generations of tabs that are no more. */
async function removeStrays(book: Workbook, site: Site, tabs: readonly SheetTab[]): Promise<void> {
  const folder = siteFolder(book.dir, site.id);
  try {
    for (const name of await namesIn(folder)) {
      const found = readGenerationName(name);
      if (found && !tabs.some((tab) => tab.id === found.tabId)) await unlink(join(folder, name));
    }
  } catch (error) {
    book.log.warn('sheet.local.not_tidied', { site: site.id, reason: errorText(error) });
  }
}
