import type { SheetColumn, SheetProblem, SheetTab } from '../../../store/sheets.ts';
import type { Store } from '../../../store/store.ts';
import type { BatchRequest } from './api.ts';
import { lookAtAll } from './look.ts';
import { drawId, guardsOf, mapTab, TAB_KEY, VOID } from './mapping.ts';
import { reconcile } from './reconcile.ts';
import { createColumnTag, createGuard, createTag } from './requests.ts';
import type { Step } from './step.ts';
import { freeTitle } from './titles.ts';

/**
 * What a person decides: each only on an explicit word by the UI or the CLI, and while no flush of the site is under
 * way (`sync.exclusively`).
 */

export type Done = { ok: true } | { ok: false; problem: SheetProblem };

/** What was recognised on one tab, by header. */
export interface RetaggedTab {
  formId: string;
  found: string[];
  missing: string[];
}

/**
 * After all marks were wiped: marks our tabs (by their numbers) and columns (by their header texts) again. A column
 * whose header nobody recognises counts as deleted. Rows are reconciled by Lead ID at the next flush, because the
 * guards are gone too. May be repeated: what has its mark already is left alone.
 */
export async function retag(
  step: Step,
): Promise<{ ok: true; tabs: RetaggedTab[] } | { ok: false; problem: SheetProblem }> {
  const { sheets } = step.deps.store;
  const looked = await lookAtAll(step);
  if (!looked.ok) return { ok: false, problem: problemOf(looked.outcome) };
  const info = await step.api.info(step.book);
  if (!info.ok) return { ok: false, problem: info.failure.problem };
  const there = new Set(info.value.tabs.map((tab) => tab.sheetId));
  const report: RetaggedTab[] = [];
  const requests: BatchRequest[] = [];
  const changes: { tab: SheetTab; columns: SheetColumn[] }[] = [];
  for (const tab of sheets.tabs(step.book)) {
    if (tab.state === 'planned' || !there.has(tab.sheetId) || mapTab(tab, looked.look.tags).tagged) continue;
    const head = await step.api.head(step.book, tab.sheetId, 1);
    if (!head.ok) return { ok: false, problem: head.failure.problem };
    const { places, columns } = byHeader(tab, head.value[0] ?? []);
    if (!looked.look.byId.has(tab.sheetId)) {
      requests.push(createTag(tab.sheetId, TAB_KEY, tab.formId, { sheetId: tab.sheetId }));
    }
    for (const column of columns) {
      const index = places.get(column.key);
      if (index !== undefined) requests.push(createColumnTag(column.metadataId, column.key, tab.sheetId, index));
    }
    changes.push({ tab, columns });
    const missing = columns.filter((column) => !places.has(column.key)).map((column) => column.header);
    report.push({ formId: tab.formId, found: [...places.keys()], missing });
  }
  if (requests.length > 0) {
    const reply = await step.api.batchUpdate(step.book, requests);
    if (!reply.ok) return { ok: false, problem: reply.failure.problem };
  }
  for (const { tab, columns } of changes) {
    await sheets.putColumns(tab.id, columns);
    await sheets.updateTab(tab.id, { state: 'ready', problem: null });
  }
  return { ok: true, tabs: report };
}

function byHeader(tab: SheetTab, head: readonly string[]): { places: Map<string, number>; columns: SheetColumn[] } {
  const fold = (text: string) => text.normalize('NFC').trim().toLowerCase();
  const headers = head.map(fold);
  const places = new Map<string, number>();
  const columns = tab.columns.map((column): SheetColumn => {
    const index = headers.indexOf(fold(column.header));
    if (index < 0) return { ...column, state: column.state === 'planned' ? 'planned' : 'removed' };
    places.set(column.key, index);
    return { ...column, state: 'active' };
  });
  return { places, columns };
}

function problemOf(outcome: { kind: string; trouble?: SheetProblem; problem?: SheetProblem }): SheetProblem {
  return (
    outcome.problem ??
    outcome.trouble ?? { code: 'network', message: 'The spreadsheet could not be read. Try again.', technical: null }
  );
}

/** This installation takes over a spreadsheet that another one wrote to: its newest guard and its tabs. */
export async function takeOver(step: Step): Promise<Done> {
  const looked = await lookAtAll(step);
  if (!looked.ok) return { ok: false, problem: problemOf(looked.outcome) };
  const newest = guardsOf(looked.look.tags)[0];
  if (!newest) return { ok: true };
  const outcome = await reconcile(step, looked.look, step.deps.store.sheets.openBatch(step.book), newest);
  if (outcome.kind !== 'wrote') return { ok: false, problem: problemOf(outcome) };
  step.memory.foreign = { newest: newest.metadataId, times: 0 };
  return { ok: true };
}

/**
 * Lets go of a spreadsheet before its site turns to another: the guard of a batch whose fate is open is taken from
 * it, so that its leads may go elsewhere without ever standing in both. Repeat until it says ok.
 */
export async function release(step: Step): Promise<Done> {
  const { sheets } = step.deps.store;
  const open = sheets.openBatch(step.book);
  if (!open) return { ok: true };
  const reply = await step.api.batchUpdate(step.book, [createGuard(open.guardId, VOID)]);
  if (reply.ok) {
    await sheets.settleBatch(open.id, { state: 'void', error: 'released' });
    return { ok: true };
  }
  if (reply.failure.problem.code !== 'guard_in_use') return { ok: false, problem: reply.failure.problem };
  const guard = await step.api.metadata(step.book, open.guardId);
  if (!guard.ok) return { ok: false, problem: guard.failure.problem };
  const void_ = guard.value === null || guard.value.value === VOID;
  await sheets.settleBatch(open.id, void_ ? { state: 'void', error: 'released' } : { state: 'delivered' });
  return { ok: true };
}

/**
 * Brings back a column that was deleted in the sheet: it is made again at the right end with the next write, and
 * later leads fill it. Rows that stand there already get their values too, found by Lead ID.
 * False: there is no such column, or it is not deleted.
 */
export async function restoreColumn(store: Store, tab: SheetTab, key: string, random: () => number): Promise<boolean> {
  const column = tab.columns.find((each) => each.key === key);
  if (column?.state !== 'removed') return false;
  const position = 1 + Math.max(...tab.columns.map((each) => each.position));
  await store.sheets.putColumns(tab.id, [{ ...column, position, metadataId: drawId(random), state: 'planned' }]);
  let after: string | null = null;
  for (;;) {
    const ids: string[] = store.sheets.syncedIds(tab.siteId, tab.formId, 1_000, after);
    if (ids.length === 0) return true;
    const cell = { siteId: tab.siteId, formId: tab.formId, columnKey: key, former: [] };
    await store.sheets.queueUpdates(ids.map((leadId) => ({ ...cell, leadId })));
    after = ids.at(-1) ?? null;
  }
}

/**
 * A tab that was deleted is made anew, with all its columns, for the leads that wait. Sending earlier ones again is
 * `store.sheets.requeue` with the form's id.
 */
export async function remakeTab(store: Store, tab: SheetTab, random: () => number): Promise<void> {
  const columns = tab.columns.map(
    (column): SheetColumn => ({ ...column, metadataId: drawId(random), state: 'planned' }),
  );
  await store.sheets.putColumns(tab.id, columns);
  const namedFor = store.forms.outline(tab.siteId, tab.formId)?.sheetTab ?? tab.title;
  const title = freeTitle(namedFor, new Set());
  await store.sheets.updateTab(tab.id, { sheetId: drawId(random), title, namedFor, state: 'planned', problem: null });
}
