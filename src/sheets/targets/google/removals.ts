import type { SheetTab } from '../../../store/sheets.ts';
import { LEAD_ID_KEY } from '../../columns.ts';
import type { FlushOutcome } from '../../target.ts';
import type { BatchRequest, DeveloperMetadata, MarkedRange } from './api.ts';
import { hold, isHeld, type Offline, sendGuarded } from './guarded.ts';
import { readJournal } from './journal.ts';
import { drawId, ROW_KEY } from './mapping.ts';
import { isLeadId } from './match.ts';
import { noteColumns, type TabPlan } from './plan.ts';
import { tabsWithoutMarks } from './recover.ts';
import { deleteTag, type Value } from './requests.ts';
import { deleteRow, hasRows, hideRow, markRow, releaseRow, roomForRows } from './row-requests.ts';
import { failed, type Look, type Step, wrote } from './step.ts';
import { leadIdTag } from './tabs.ts';
import { NO_LEAD_IDS } from './verify.ts';

/**
 * Takes the rows of deleted leads out of a tab. Google deletes rows by number and without conditions, and a user may
 * sort, insert or delete rows between any look and any write of ours; nothing of theirs may ever go. So a row goes in
 * three writes, and those that change it Google itself refuses as a whole if it is not the one that was read:
 *
 * 1. mark: the row gets a mark (developer metadata with an id of its own) that follows it wherever rows are inserted,
 *    moved or deleted, and dies with it;
 * 2. hide: if the marked row was read as the lead's. Sorting leaves hidden rows where they are, so from here on its
 *    cells stay under their mark, whether Google's sorting takes marks along or not;
 * 3. delete: if the marked row was read as the lead's once more. Right after the deletion, in the same batch, a mark of
 *    the same id is made: refused if the row's own is still there, because then another row was hit. And the tab must
 *    have all the rows it had: else somebody deleted the marked row himself, and its mark with it.
 *
 * Each read is one call: the marked rows, the Lead IDs and the number of rows are of one moment. The mark's value says
 * how far its row is, so a crash at any point leaves all that is needed in the spreadsheet. A marked row that is not
 * the lead's is let go. A deletion is settled when no row shows its Lead ID, nor did any land beside its columns.
 *
 * What is left: cells that are moved by themselves ("delete cells and shift up"), or a row that is shown again and
 * sorted, in the moment between the last read and the write.
 */
const HOUR_MS = 3_600_000;
/** Deletions looked at, and rows of one write: their marks share 30,000 characters with those of the columns. */
const QUEUE_LOOK = 5_000;
const ROWS_AT_ONCE = 100;

type Phase = 'marked' | 'hidden';
const markValue = (phase: Phase, leadId: string) => `${phase === 'marked' ? 'm' : 'h'}.${leadId}`;

interface Mark {
  metadataId: number;
  leadId: string;
  phase: Phase;
  /** Zero-based. */
  row: number;
  /** Whether its row is the lead's, as it was read. */
  right: boolean;
}

/** Leads whose rows can be looked for now, by form. Those of tabs that wait for a person wait with them. */
export function rowsToRemove(step: Offline): Map<string, Set<string>> {
  const { sheets } = step.deps.store;
  const waiting = new Map(
    sheets
      .tabs(step.book)
      .filter((tab) => tab.state === 'paused' || isHeld(step, tab))
      .map((tab) => [tab.formId, tab]),
  );
  const found = new Map<string, Set<string>>();
  for (const { formId, leadId } of sheets.nextRemovals(step.book, QUEUE_LOOK)) {
    if (waiting.has(formId)) continue;
    found.set(formId, (found.get(formId) ?? new Set()).add(leadId));
  }
  return found;
}

/** One step for one tab. Null: nothing can be done now. Only while no batch is open: a row of one may still land. */
export async function removeRows(step: Step, look: Look): Promise<FlushOutcome | null> {
  const { sheets } = step.deps.store;
  const wanted = rowsToRemove(step);
  const unchecked = new Set((await readJournal(step)).map((write) => write.tabId));
  for (const tab of sheets.tabs(step.book)) {
    const leadIds = wanted.get(tab.formId) ?? new Set();
    if (tab.state === 'ready') wanted.delete(tab.formId);
    const marked = look.tags.some((tag) => isRowMark(tag, tab));
    // Cells were written by row there, and it is not known yet where they fell.
    if (tab.state !== 'ready' || unchecked.has(tab.id) || isHeld(step, tab) || (leadIds.size === 0 && !marked))
      continue;
    return onTab(step, look, tab, leadIds);
  }
  // Their tab was never made in this book: there is no row.
  const absent = [...wanted.values()].flatMap((ids) => [...ids]);
  if (absent.length === 0) return null;
  await sheets.settleRemovals(step.book, absent);
  return wrote(0, 0);
}

const isRowMark = ({ key, location }: DeveloperMetadata, tab: SheetTab) =>
  key === ROW_KEY && location.type === 'ROW' && location.sheetId === tab.sheetId;

async function onTab(step: Step, look: Look, tab: SheetTab, wanted: ReadonlySet<string>): Promise<FlushOutcome | null> {
  const plan = await noteColumns(step, tab, look);
  if (!plan.map.tagged) return withoutMarks(step, plan, wanted);
  const tag = leadIdTag(tab, look);
  if (tag === null) {
    if (tab.problem === null) await step.deps.store.sheets.updateTab(tab.id, { problem: NO_LEAD_IDS });
    hold(step, tab.id, HOUR_MS);
    return wrote(0, 0);
  }
  const tags = look.tags.filter((each) => isRowMark(each, tab));
  const read = await step.api.ranges(step.book, [tag, ...tags.map((each) => each.metadataId)]);
  if (!read.ok) return failed(read.failure, step.deps.clock.now());
  const column = read.value.get(tag);
  // The column or its mark went since the look.
  if (!column) return wrote(0, 0);
  const shown = column.values.map(([id]) => (typeof id === 'string' ? id : ''));
  const isRow = (cells: readonly Value[], row: number, leadId: string) =>
    shown[row] === leadId || astrayId(cells, new Set([leadId]), plan.map) === leadId;
  const marks = tags.flatMap((each) => markOf(each, read.value.get(each.metadataId), isRow));
  const found = shown.flatMap((leadId, row) => (row > 0 && wanted.has(leadId) ? [{ leadId, row }] : []));
  for (const { leadId } of found) step.chores.rowsFound.add(leadId);
  const round = { wanted, marks, found, rowCount: column.end };
  const requests = roundFor(step, tab, round);
  if (requests.length > 0) return send(step, tab, requests);
  const astray = await findAstray(step, plan, wanted);
  if (!astray.ok) return astray.outcome;
  if (astray.rows.length > 0) return send(step, tab, roundFor(step, tab, { ...round, found: astray.rows }));
  return settle(step, tab, wanted);
}

async function send(step: Step, tab: SheetTab, requests: readonly BatchRequest[]): Promise<FlushOutcome> {
  const sent = await sendGuarded(
    step,
    requests.map((request) => ({ tabId: tab.id, request })),
  );
  return sent.outcome;
}

interface FoundRow {
  leadId: string;
  /** Zero-based. */
  row: number;
}

/**
 * Rows that landed beside their columns, because somebody moved a column as they were written, and whose leads were
 * deleted before they were mended: looked for once in the whole tab, for leads that no row has shown.
 */
async function findAstray(
  step: Step,
  { tab, map }: TabPlan,
  wanted: ReadonlySet<string>,
): Promise<{ ok: true; rows: FoundRow[] } | { ok: false; outcome: FlushOutcome }> {
  const missing = new Set([...wanted].filter((id) => !step.chores.rowsFound.has(id)));
  const rows: FoundRow[] = [];
  const { blockRows } = step.limits;
  for (let start = 1; missing.size > 0; start += blockRows) {
    const block = await step.api.rows(step.book, tab.sheetId, start, blockRows);
    if (!block.ok) return { ok: false, outcome: failed(block.failure, step.deps.clock.now()) };
    // Behind a whole block without a value there is nothing.
    if (block.value.length === 0) break;
    block.value.forEach((cells, n) => {
      const leadId = astrayId(cells, missing, map);
      if (leadId !== undefined) rows.push({ leadId, row: start + n });
    });
  }
  return { ok: true, rows };
}

/**
 * The lead whose ID stands under another column of ours, in a row without one: no person puts it there. In a column of
 * theirs it is theirs.
 */
function astrayId(cells: readonly Value[], ids: ReadonlySet<Value>, { places }: TabPlan['map']): string | undefined {
  if (isLeadId(cells[places.get(LEAD_ID_KEY) ?? -1] ?? '')) return undefined;
  for (const column of places.values()) {
    const value = cells[column];
    if (typeof value === 'string' && ids.has(value)) return value;
  }
  return undefined;
}

/** The rows of a tab that is gone are gone with it; with its marks wiped, it waits for a person. */
async function withoutMarks(step: Step, plan: TabPlan, wanted: ReadonlySet<string>): Promise<FlushOutcome | null> {
  const info = await step.api.info(step.book);
  if (!info.ok) return failed(info.failure, step.deps.clock.now());
  const there = info.value.tabs.some((each) => each.sheetId === plan.tab.sheetId);
  return there ? tabsWithoutMarks(step, [plan]) : settle(step, plan.tab, wanted);
}

async function settle(step: Step, tab: SheetTab, leadIds: ReadonlySet<string>): Promise<FlushOutcome> {
  if (leadIds.size > 0) {
    await step.deps.store.sheets.settleRemovals(step.book, [...leadIds]);
    for (const id of leadIds) step.chores.rowsFound.delete(id);
    step.deps.log.info('sheet.rows_removed', { book: step.book, tab: tab.id, leads: leadIds.size });
  }
  return wrote(0, 0);
}

function markOf(
  { metadataId, value }: DeveloperMetadata,
  range: MarkedRange | undefined,
  isRow: (cells: readonly Value[], row: number, leadId: string) => boolean,
): Mark[] {
  if (!range) return [];
  const phase = value.startsWith('h.') ? 'hidden' : 'marked';
  const [leadId, row] = [value.slice(2), range.start];
  return [{ metadataId, leadId, phase, row, right: row > 0 && isRow(range.values[0] ?? [], row, leadId) }];
}

interface Round {
  wanted: ReadonlySet<string>;
  marks: readonly Mark[];
  /** Their rows as far as they have been found. */
  found: readonly FoundRow[];
  rowCount: number;
}

/** The next write to each row that is to go; none when there is none left. Deletions last, from below. */
function roundFor(step: Step, { sheetId }: SheetTab, { wanted, marks, found, rowCount }: Round): BatchRequest[] {
  const right = (mark: Mark) => mark.right && wanted.has(mark.leadId);
  const at = ({ metadataId, row, leadId }: Mark, phase: Phase) => ({
    sheetId,
    row,
    metadataId,
    value: markValue(phase, leadId),
  });
  const released = marks.filter((mark) => !right(mark));
  // One mark a row: a second one would take the row below it.
  const byRow = Map.groupBy(marks.filter(right), (mark) => mark.row);
  const kept = [...byRow.values()].flatMap((ofRow) => ofRow.slice(0, 1));
  const surplus = [...byRow.values()].flatMap((ofRow) => ofRow.slice(1));
  const hidden = kept.filter((mark) => mark.phase === 'hidden').sort((a, b) => b.row - a.row);
  const fresh = found.filter(({ row }) => !byRow.has(row)).slice(0, Math.max(0, ROWS_AT_ONCE - kept.length));
  const requests = [
    ...surplus.map((mark) => deleteTag(mark.metadataId)),
    ...released.flatMap((mark) => releaseRow(at(mark, 'marked'), mark.phase === 'hidden')),
    ...kept.filter((mark) => mark.phase === 'marked').flatMap((mark) => hideRow(at(mark, 'hidden'))),
    ...fresh.map(({ leadId, row }) =>
      markRow({ sheetId, row, metadataId: drawId(step.deps.random), value: markValue('marked', leadId) }),
    ),
    ...roomForRows(sheetId, rowCount, hidden.length),
    ...hidden.flatMap((mark) => deleteRow(at(mark, 'hidden'))),
  ];
  if (requests.length === 0) return [];
  return [...hasRows(sheetId, rowCount, drawId(step.deps.random)), ...requests];
}
