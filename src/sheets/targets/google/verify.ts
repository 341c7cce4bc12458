import type { SheetProblem, SheetTab } from '../../../store/sheets.ts';
import type { FlushOutcome, Progress, SiteTarget, TabReport } from '../../target.ts';
import type { DeveloperMetadata } from './api.ts';
import { FIELD_KEY, mapTab, TAB_KEY } from './mapping.ts';
import type { GoogleDeps, Look, Step } from './step.ts';
import { leadIdTag } from './tabs.ts';

const PAGE = 5_000;

/**
 * Compares each tab's Lead ID column with the database: one read for all marks, one for each
 * group of tabs. Changes nothing in the sheet. A tab that can't be compared says why.
 */
export async function verifyTabs(
  step: Step | FlushOutcome,
  deps: GoogleDeps,
  at: SiteTarget,
  formId: string | null,
  progress: Progress,
): Promise<TabReport[]> {
  const tabs = deps.store.sheets
    .tabs(at.target.book)
    .filter((tab) => tab.state !== 'planned' && (formId === null || tab.formId === formId));
  if ('kind' in step) return tabs.map((tab) => unread(deps, at, tab, problemOf(step)));
  const found = await step.api.search(step.book, [{ metadataKey: FIELD_KEY }, { metadataKey: TAB_KEY }]);
  if (!found.ok) return tabs.map((tab) => unread(deps, at, tab, found.failure.problem));
  const look = lookOf(found.value);
  const reports: TabReport[] = [];
  progress.report(0, tabs.length);
  for (const group of groups(deps, at, tabs)) {
    if (progress.signal.aborted) break;
    reports.push(...(await verifyGroup(step, look, group)));
    progress.report(reports.length, tabs.length);
  }
  return reports;
}

/** Tabs read by one call, and the rows they may have together: an id takes some 30 bytes. */
const GROUP_TABS = 25;
const GROUP_ROWS = 100_000;

function* groups(deps: GoogleDeps, at: SiteTarget, tabs: readonly SheetTab[]): Generator<SheetTab[]> {
  let group: SheetTab[] = [];
  let rows = 0;
  for (const tab of tabs) {
    let own = 0;
    for (const _id of syncedIds(deps, at, tab.formId)) own += 1;
    if (group.length === GROUP_TABS || (group.length > 0 && rows + own > GROUP_ROWS)) {
      yield group;
      group = [];
      rows = 0;
    }
    group.push(tab);
    rows += own;
  }
  if (group.length > 0) yield group;
}

async function verifyGroup(step: Step, look: Look, tabs: readonly SheetTab[]): Promise<TabReport[]> {
  const { deps, at } = step;
  const tags = new Map(tabs.map((tab) => [tab, leadIdTag(tab, look)]));
  const wanted = [...tags.values()].filter((tag) => tag !== null);
  const reply = wanted.length === 0 ? null : await step.api.columns(step.book, wanted);
  const reports: TabReport[] = [];
  for (const [tab, tag] of tags) {
    if (tag === null) {
      const problem = mapTab(tab, look.tags).tagged ? NO_LEAD_IDS : NO_MARKS;
      reports.push(unread(deps, at, tab, tab.state === 'paused' ? tab.problem : problem));
    } else if (!reply?.ok) reports.push(unread(deps, at, tab, reply?.failure.problem ?? NO_LEAD_IDS));
    else reports.push(await compareTab(step, tab, reply.value.get(tag) ?? []));
  }
  return reports;
}

function lookOf(tags: DeveloperMetadata[]): Look {
  return { tags, byId: new Map(tags.map((tag) => [tag.metadataId, tag])), all: false };
}

function problemOf(outcome: FlushOutcome): SheetProblem {
  if (outcome.kind === 'paused') return outcome.problem;
  return { code: 'network', message: 'The spreadsheet could not be read. Try again later.', technical: null };
}

async function compareTab(step: Step, tab: SheetTab, column: readonly unknown[]): Promise<TabReport> {
  const { deps, at } = step;
  const counts = new Map<string, number>();
  for (const value of column.slice(1)) {
    if (typeof value !== 'string' || value === '') continue;
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const report = emptyReport(deps, at, tab, null);
  report.doubled = [...counts].filter(([, count]) => count > 1).map(([id]) => id);
  for (const count of counts.values()) report.inSheet += count;
  const known = new Set<string>();
  for (const id of syncedIds(deps, at, tab.formId)) {
    known.add(id);
    if (!counts.has(id)) report.missing.push(id);
  }
  report.inDatabase = known.size;
  report.unknown = [...counts.keys()].filter((id) => !known.has(id));
  await noteResult(step, tab, report);
  return report;
}

/** When it was last compared; and a notice about missing rows goes away with them. */
async function noteResult(step: Step, tab: SheetTab, report: TabReport): Promise<void> {
  const { store, clock } = step.deps;
  const mended = report.missing.length === 0 && tab.problem?.code === ROWS_MISSING;
  await store.sheets.updateTab(tab.id, { auditedAt: clock.now(), ...(mended ? { problem: null } : {}) });
}

/** A notice on a tab that goes on: rows we delivered are no longer in the sheet. */
export const ROWS_MISSING = 'rows_missing';

export const NO_LEAD_IDS: SheetProblem = {
  code: 'lead_ids_missing',
  message:
    'The Lead ID column was deleted from this tab. New rows still arrive, but the tab cannot be compared with the database, and later values cannot find their rows. Restore the column here.',
  technical: null,
};

const NO_MARKS: SheetProblem = {
  code: 'tab_unreadable',
  message:
    'The tab cannot be recognised: it was deleted, or its hidden marks were. The next row for it finds out which, and says what to do.',
  technical: null,
};

function* syncedIds(deps: GoogleDeps, at: SiteTarget, formId: string): Generator<string> {
  let after: string | null = null;
  for (;;) {
    const page: string[] = deps.store.sheets.syncedIds(at.site.id, formId, PAGE, after);
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1) ?? null;
  }
}

function emptyReport(deps: GoogleDeps, at: SiteTarget, tab: SheetTab, problem: SheetProblem | null): TabReport {
  const formName = deps.store.forms.outline(at.site.id, tab.formId)?.name ?? tab.title;
  return { tab, formName, inDatabase: 0, inSheet: 0, missing: [], doubled: [], unknown: [], problem };
}

function unread(deps: GoogleDeps, at: SiteTarget, tab: SheetTab, problem: SheetProblem | null): TabReport {
  const report = emptyReport(deps, at, tab, problem ?? NO_LEAD_IDS);
  for (const _id of syncedIds(deps, at, tab.formId)) report.inDatabase += 1;
  return report;
}

/** The header and the last rows of a form's tab. Empty when there is no such tab or it can't be read now. */
export async function lastRows(step: Step, formId: string, limit: number): Promise<string[][]> {
  const tab = step.deps.store.sheets.tabOfForm(step.book, formId);
  if (!tab || tab.state === 'planned') return [];
  const found = await step.api.search(step.book, [{ metadataKey: FIELD_KEY }, { metadataKey: TAB_KEY }]);
  if (!found.ok) return [];
  const head = await step.api.head(step.book, tab.sheetId, 1);
  if (!head.ok) return [];
  const tag = leadIdTag(tab, lookOf(found.value));
  const ids = tag === null ? null : await step.api.columns(step.book, [tag]);
  const length = ids?.ok && tag !== null ? (ids.value.get(tag)?.length ?? 1) : 1 + limit;
  const start = Math.max(1, length - limit);
  const block = await step.api.rows(step.book, tab.sheetId, start, limit, 'FORMATTED_VALUE');
  if (!block.ok) return [];
  return [head.value[0] ?? [], ...block.value.map((row) => row.map(String))];
}
