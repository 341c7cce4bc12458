import { join } from 'node:path';
import type { Clock } from '../../../lib/clock.ts';
import type { Log } from '../../../lib/log.ts';
import type { SheetTab } from '../../../store/sheets.ts';
import type { Store } from '../../../store/store.ts';
import type { Stamp } from './files.ts';

export interface LocalOptions {
  store: Pick<Store, 'sheets' | 'forms' | 'sites'>;
  /** `DATA_DIR/sheets`. */
  dir: string;
  clock: Clock;
  log: Log;
}

/** What the parts of the driver share. */
export interface Workbook extends LocalOptions {
  /**
   * How each tab's file looked when we last wrote to it, by tab id. None: not looked at since the start, or
   * something went wrong half-way.
   */
  stamps: Map<string, Stamp>;
  /** When each tab last got a new generation, on the monotonic clock. */
  rewrittenAt: Map<string, number>;
}

/** Spec 4: new columns and later values are applied "at most once a minute per tab". */
export const REWRITE_EVERY_MS = 60_000;

/** The local workbook of a site, as the store names it. */
export function localBook(siteId: string): string {
  return `local:${siteId}`;
}

/** The folder of a site's files. */
export function siteFolder(dir: string, siteId: string): string {
  return join(dir, siteId);
}

/** A tab's file. What counts of it is its first `tab.length` bytes: anything beyond is not settled. */
export function tabPath(dir: string, tab: Pick<SheetTab, 'siteId' | 'title'>): string {
  return join(siteFolder(dir, tab.siteId), `${tab.title}.csv`);
}

const GENERATION_FILE = /^\.(tab_[0-9a-z]+)\.(\d+)\.tmp$/;

/** A generation of a tab on its way. Named by id: the tab may be renamed meanwhile. */
export function generationPath(dir: string, tab: Pick<SheetTab, 'siteId' | 'id'>, generation: number): string {
  return join(siteFolder(dir, tab.siteId), `.${tab.id}.${generation}.tmp`);
}

/** Which generation of which tab a file name stands for; null when for none. */
export function readGenerationName(name: string): { tabId: string; generation: number } | null {
  const match = GENERATION_FILE.exec(name);
  return match?.[1] === undefined ? null : { tabId: match[1], generation: Number(match[2]) };
}

/** Milliseconds until the tab may have its next generation. */
export function rewriteWaitMs(book: Workbook, tabId: string): number {
  const last = book.rewrittenAt.get(tabId);
  return last === undefined ? 0 : Math.max(0, last + REWRITE_EVERY_MS - book.clock.monotonic());
}
