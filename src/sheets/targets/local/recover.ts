import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError, errorText } from '../../../lib/errors.ts';
import { namesIn } from '../../../lib/file-system.ts';
import type { SheetTab } from '../../../store/sheets.ts';
import type { Site } from '../../../store/store.ts';
import { stampOf, writeAt } from './files.ts';
import { announceRebuild } from './flush.ts';
import { writeGeneration } from './generation.ts';
import { problemOf } from './problems.ts';
import { followTitle, lookAt } from './upkeep.ts';
import { localBook, readGenerationName, siteFolder, tabPath, type Workbook } from './workbook.ts';

/** Puts the files of local workbooks right after a stop of any kind, each site's once and before their first use. */
export interface Recovery {
  /** Resolves once the site's files are right; works on them if nobody does yet. */
  site(site: Site): Promise<void>;
  /** All sites whose rows go to a local workbook, one after another. Never rejects. */
  all(): Promise<void>;
}

/** @param signal ends it between two tabs; whoever waits for a site is refused then */
export function createRecovery(book: Workbook, signal: AbortSignal): Recovery {
  const known = new Map<string, Promise<void>>();

  function site(one: Site): Promise<void> {
    const running = known.get(one.id);
    if (running) return running;
    const started = recoverSite(book, one, signal).catch((error: unknown) => {
      known.delete(one.id);
      throw error;
    });
    known.set(one.id, started);
    return started;
  }

  return {
    site,
    async all() {
      for (const one of book.store.sites.list()) {
        if (signal.aborted) return;
        try {
          if (book.store.sheets.target(one.id).kind === 'local') await site(one);
        } catch (error) {
          // A fault of ours; the site's next flush tries again and says so too. A stop is no fault.
          if (!signal.aborted) book.log.error('sheet.local.not_recovered', { site: one.id, reason: errorText(error) });
        }
      }
    },
  };
}

/**
 * Generations that were committed take their place, what lies beyond the committed bytes is cut, files that are gone
 * or that somebody changed are made anew from the database. A folder that can't be written to is logged and left for
 * the flush.
 */
async function recoverSite(book: Workbook, site: Site, signal: AbortSignal): Promise<void> {
  // At the start of a server, listening comes first.
  await nextTurn();
  const tabs = book.store.sheets.tabs(localBook(site.id));
  await removeStrays(book, site, tabs);
  for (const [i, tab] of tabs.entries()) {
    if (signal.aborted) throw new AppError('unavailable', 'The server is shutting down. Try again.');
    try {
      tabs[i] = await recoverTab(book, site, tab, tabs);
    } catch (error) {
      book.stamps.delete(tab.id);
      const problem = problemOf(error);
      if (!problem) throw error;
      book.log.warn('sheet.local.not_recovered', { site: site.id, tab: tab.id, code: problem.code });
    }
  }
}

async function recoverTab(book: Workbook, site: Site, tab: SheetTab, tabs: readonly SheetTab[]): Promise<SheetTab> {
  const form = book.store.forms.outline(site.id, tab.formId);
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
    const plan = {
      site,
      tab: named,
      columns: named.columns,
      from: 'database',
      updates: [],
      leads: [],
      removals: [],
    } as const;
    await writeGeneration(book, plan);
  }
  return named;
}

/** Generations that no tab has committed: cut short, or of a tab that is no more. */
async function removeStrays(book: Workbook, site: Site, tabs: readonly SheetTab[]): Promise<void> {
  const folder = siteFolder(book.dir, site.id);
  const committed = new Map(tabs.map((tab) => [tab.id, tab.generation]));
  try {
    for (const name of await namesIn(folder)) {
      const found = readGenerationName(name);
      if (found && committed.get(found.tabId) !== found.generation) await unlink(join(folder, name));
    }
  } catch (error) {
    book.log.warn('sheet.local.not_tidied', { site: site.id, reason: errorText(error) });
  }
}
