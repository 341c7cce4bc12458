import { idPattern } from '../../../lib/ids.ts';
import type { CellUpdate, SheetColumn, SheetTab } from '../../../store/sheets.ts';
import type { Lead, Site } from '../../../store/store.ts';
import { cellOf, cellText } from '../../cells.ts';
import { type ColumnSpec, LEAD_ID_KEY } from '../../columns.ts';
import { csvRow, parseRecord, RecordSplitter } from '../../csv.ts';

const LEAD_ID = new RegExp(idPattern('sub'));
const LEAD_IDS = new RegExp(idPattern('sub').slice(1, -1), 'g');

/** A tab's columns as they stand in its file, from left to right. */
export function inFileOrder(columns: readonly SheetColumn[]): SheetColumn[] {
  return [...columns].sort((a, b) => a.position - b.position);
}

/** The tab's columns with others at their right end. */
export function withColumns(columns: readonly SheetColumn[], more: readonly ColumnSpec[]): SheetColumn[] {
  const ordered = inFileOrder(columns);
  const next = ordered.reduce((top, column) => Math.max(top, column.position + 1), 0);
  const added = more.map(
    ({ key, header }, i): SheetColumn => ({ key, header, position: next + i, metadataId: 0, state: 'active' }),
  );
  return [...ordered, ...added];
}

/** UTF-8 as text of one character a byte, as files are read: see `csv.ts`. */
export function asBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** What a cell or a record read from a file says. */
export function asText(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** The header record, one character a byte. */
export function headerRow(columns: readonly SheetColumn[]): string {
  return asBytes(csvRow(columns.map((column) => column.header)));
}

/** A lead's record, one character a byte. `columns` in file order. */
export function leadRow(lead: Lead, columns: readonly SheetColumn[], site: Site): string {
  return asBytes(csvRow(columns.map((column) => cellText(cellOf(lead, column.key, columns, site)))));
}

/** Where the Lead ID stands in each record. */
export function idPlace(columns: readonly SheetColumn[]): number {
  return inFileOrder(columns).findIndex((column) => column.key === LEAD_ID_KEY);
}

/** The lead a record of ours stands for; null when it is none: too few or many cells, or no id in its place. */
export function recordId(record: string, columns: readonly SheetColumn[]): string | null {
  const cells = parseRecord(record);
  const id = cells[idPlace(columns)];
  return cells.length === columns.length && id !== undefined && LEAD_ID.test(id) ? id : null;
}

/** New texts of cells: by lead id, then by place in the record. */
export type CellChanges = ReadonlyMap<string, ReadonlyMap<number, string>>;

/** What the updates of one tab come to, with the leads as they are now. `columns` in file order. */
export function cellChanges(
  updates: readonly CellUpdate[],
  leads: ReadonlyMap<string, Lead>,
  columns: readonly SheetColumn[],
  site: Site,
): CellChanges {
  const places = new Map(columns.map((column, place) => [column.key, place]));
  const changes = new Map<string, Map<number, string>>();
  for (const { leadId, columnKey } of updates) {
    const lead = leads.get(leadId);
    const place = places.get(columnKey);
    if (!lead || place === undefined) continue;
    const cells = changes.get(leadId) ?? new Map<number, string>();
    cells.set(place, cellText(cellOf(lead, columnKey, columns, site)));
    changes.set(leadId, cells);
  }
  return changes;
}

/**
 * A record with changed cells and with empty cells for the columns added at its right. Without changes its own
 * bytes stay as they are, whoever wrote them.
 */
export function changedRecord(record: string, place: number, added: number, changes: CellChanges): string {
  const cells = changesFor(record, place, changes);
  if (cells) {
    const texts = parseRecord(record).map((cell, i) => cells.get(i) ?? asText(cell));
    return asBytes(csvRow([...texts, ...new Array<string>(added).fill('')]));
  }
  if (added === 0) return record;
  const end = record.length - (/\r?\n$|\r$/.exec(record)?.[0].length ?? 0);
  return `${record.slice(0, end)}${','.repeat(added)}\r\n`;
}

/** Whether a record has one of these ids in the place of its Lead ID. */
export function standsFor(record: string, place: number, leadIds: ReadonlySet<string>): boolean {
  for (const [id] of record.matchAll(LEAD_IDS)) if (leadIds.has(id) && parseRecord(record)[place] === id) return true;
  return false;
}

function changesFor(record: string, place: number, changes: CellChanges): ReadonlyMap<number, string> | undefined {
  if (changes.size === 0) return undefined;
  // Taking every record apart would cost far more than looking for an id that may be one of ours.
  for (const [id] of record.matchAll(LEAD_IDS)) {
    const cells = changes.get(id);
    if (cells && parseRecord(record)[place] === id) return cells;
  }
  return undefined;
}

/** What may have been on its way to the file when the server died. */
export interface Unsettled {
  /** Whether the database knows this lead and does not hold its row for written. */
  isUnsettled(leadIds: readonly string[]): boolean;
  /** The rows that would be written next, one character a byte: the torn one is the beginning of one of them. */
  nextRows(): string[];
}

/**
 * Whether what lies beyond the committed bytes is a write of ours that was never settled, so that cutting it
 * loses nothing: whole rows of unsettled leads, then at most the beginning of such a row. A power cut can leave
 * zeros where bytes should be.
 */
export function isOurTail(tail: string, tab: Pick<SheetTab, 'columns' | 'length'>, unsettled: Unsettled): boolean {
  const splitter = new RecordSplitter();
  const records = splitter.push(tail);
  const torn = splitter.rest().replace(/\0+$/, '');
  const columns = inFileOrder(tab.columns);
  const header = tab.length === 0 ? headerRow(columns) : null;
  if (header !== null && records.length > 0 && records.shift() !== header) return false;
  const ids = records.map((record) => recordId(record, columns));
  const known = ids.filter((id) => id !== null);
  if (known.length < ids.length || !unsettled.isUnsettled(known)) return false;
  if (torn === '' || (header?.startsWith(torn) && ids.length === 0)) return true;
  return unsettled.nextRows().some((row) => row.startsWith(torn));
}
