import { sha256 } from '../../../lib/crypto.ts';
import type { SheetColumn, SheetTab } from '../../../store/sheets.ts';
import type { DeveloperMetadata } from './api.ts';

/**
 * The hidden marks (developer metadata) by which sheet sync finds its way: never a title, a letter, a header or
 * a row number. A column's mark follows the column wherever people move it, and dies with it. google-sheets.md 1.5.
 */
export const GUARD_KEY = 'lc.g';
export const FIELD_KEY = 'lc.f';
export const TAB_KEY = 'lc.t';
/** On rows of deleted leads, while they are taken out. Else rows are never marked. */
export const ROW_KEY = 'lc.r';

/** The guard of batch `seq` has the id GUARD_BASE + seq. google-sheets.md 5.3. */
export const GUARD_BASE = 1_000_000_000;
/** Ids of tabs and column marks are drawn from here on, so that no guard ever meets one. */
const FIRST_DRAWN_ID = 1_500_000_000;
const LAST_ID = 2_147_483_646;
/** The value of a guard that was created to make sure a batch can never be applied. */
export const VOID = 'void';

export function guardId(seq: number): number {
  return GUARD_BASE + seq;
}

/** A positive int32 for a tab or a column mark. */
export function drawId(random: () => number): number {
  return FIRST_DRAWN_ID + Math.floor(random() * (LAST_ID - FIRST_DRAWN_ID));
}

const batchPart = (batchId: string) => batchId.slice(-10);
const instancePart = (instanceId: string) => instanceId.slice(0, 6);

/** `<instance 6>.<batch 10>.<seconds base 36>`: some 25 characters, so that a thousand guards fit a spreadsheet. */
export function guardValue(instanceId: string, batchId: string, nowMs: number): string {
  return `${instancePart(instanceId)}.${batchPart(batchId)}.${Math.floor(nowMs / 1000).toString(36)}`;
}

/**
 * Whether a guard was made by this batch. By the batch alone: a restored database has a new instance id, and may
 * still hold a batch that its former self has sent.
 */
export function isGuardOf(value: string, batchId: string): boolean {
  return value.split('.')[1] === batchPart(batchId);
}

/** Whether a guard was made by this installation, as it is now. */
export function isOurs(value: string, instanceId: string): boolean {
  return value.split('.')[0] === instancePart(instanceId);
}

const LONGEST_TAG = 48;

/**
 * The value of a column's mark. A tab's marks share 30,000 characters, which 200 field names of 200 characters
 * would pass: a long key is cut, and kept apart from its like by its hash.
 */
export function tagValue(key: string): string {
  return key.length <= LONGEST_TAG ? key : `${key.slice(0, 24).toWellFormed()}~${sha256(key).slice(0, 16)}`;
}

/** The tab marks of a spreadsheet that are originals: a tab that people duplicated carries a copy under other ids. */
export function originalTabs(tags: readonly DeveloperMetadata[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const tag of tags) {
    const { location } = tag;
    if (tag.key !== TAB_KEY || location.type !== 'SHEET' || location.sheetId !== tag.metadataId) continue;
    if (!found.has(tag.value)) found.set(tag.value, location.sheetId);
  }
  return found;
}

/** Where the columns of one tab are now. */
export interface TabMap {
  /** Whether the tab shows any column mark of ours. If not, it is gone or somebody wiped the marks. */
  tagged: boolean;
  /** Zero-based places of the columns that are there, by key. */
  places: ReadonlyMap<string, number>;
  /** Columns that are not what the store believes: appeared, or deleted by somebody. */
  changed: SheetColumn[];
  /** Marks of this tab that belong to no column we know, by value: left by a newer state of a restored database. */
  unknown: ReadonlyMap<string, { metadataId: number; index: number }>;
}

/**
 * Finds a tab's columns among all marks of the spreadsheet. Only this tab's own count: a duplicated tab has the
 * same values. First by id, then by value (a restored database may have forgotten the id).
 */
export function mapTab(tab: Pick<SheetTab, 'sheetId' | 'columns'>, tags: readonly DeveloperMetadata[]): TabMap {
  const byId = new Map<number, number>();
  const byValue = new Map<string, { metadataId: number; index: number }>();
  let tagged = false;
  for (const { key, metadataId, value, location } of tags) {
    if (location.type === 'SPREADSHEET' || location.sheetId !== tab.sheetId) continue;
    if (key !== FIELD_KEY || location.type !== 'COLUMN') continue;
    tagged = true;
    byId.set(metadataId, location.index);
    const rival = byValue.get(value);
    if (!rival || metadataId < rival.metadataId) byValue.set(value, { metadataId, index: location.index });
  }
  const unknown = new Map(byValue);
  for (const column of tab.columns) {
    if (byId.has(column.metadataId)) unknown.delete(tagValue(column.key));
  }
  const places = new Map<string, number>();
  const changed: SheetColumn[] = [];
  for (const column of tab.columns) {
    const value = tagValue(column.key);
    let index = byId.get(column.metadataId);
    let metadataId = column.metadataId;
    if (index === undefined) {
      const other = unknown.get(value);
      if (other) ({ index, metadataId } = other);
      unknown.delete(value);
    }
    const state = stateNow(column, index !== undefined, tagged);
    if (index !== undefined) places.set(column.key, index);
    if (state !== column.state || metadataId !== column.metadataId) changed.push({ ...column, metadataId, state });
  }
  return { tagged, places, changed, unknown };
}

/** A column without its mark was deleted, unless it was never made; on a tab without any mark nothing can be said. */
function stateNow(column: SheetColumn, there: boolean, tagged: boolean): SheetColumn['state'] {
  if (there) return 'active';
  return column.state === 'active' && tagged ? 'removed' : column.state;
}

/** The guards among the marks, newest first. */
export function guardsOf(tags: readonly DeveloperMetadata[]): DeveloperMetadata[] {
  return tags
    .filter((tag) => tag.key === GUARD_KEY && tag.metadataId > GUARD_BASE && tag.metadataId < FIRST_DRAWN_ID)
    .sort((a, b) => b.metadataId - a.metadataId);
}
