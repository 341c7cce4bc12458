import type { NewSheetTab, SheetColumn, SheetProblem, SheetTab } from '../../../store/sheets.ts';
import type { Lead } from '../../../store/store.ts';
import { LEAD_ID_KEY, newTabColumns, QUALITY_KEY } from '../../columns.ts';
import type { FlushOutcome } from '../../target.ts';
import type { BatchRequest, GoogleFailure, SpreadsheetInfo } from './api.ts';
import { drawId, mapTab, originalTabs, TAB_KEY } from './mapping.ts';
import { createColumnTag, createTag, writeCells } from './requests.ts';
import { again, failed, type Look, type Step, wrote } from './step.ts';
import { foldTitle, freeTitle } from './titles.ts';

/**
 * Makes the tabs that leads wait for. A set-up has no guard and needs none: it creates a tab under an id that is
 * stored before the first send, and Google refuses a second tab of that id together with all that came with it.
 * So it may be sent any number of times and is applied once. google-sheets.md 5.4.
 *
 * Killed after the send: the tab is `planned` still, the next look finds its mark and takes it over. Killed before:
 * the look finds nothing and the same ids are sent.
 */

const SUBMITTED_AT_KEY = 's:submitted_at';
const NEW_TAB_ROWS = 50;

/** Null: every tab that these leads need is ready. */
export async function ensureTabs(step: Step, look: Look, leads: readonly Lead[]): Promise<FlushOutcome | null> {
  const byForm = new Map<string, Lead[]>();
  for (const lead of leads) byForm.set(lead.rowFormId, [...(byForm.get(lead.rowFormId) ?? []), lead]);
  const originals = originalTabs(look.tags);
  const missing: { formId: string; tab: SheetTab | null; leads: readonly Lead[] }[] = [];
  for (const [formId, ofForm] of byForm) {
    const tab = step.deps.store.sheets.tabOfForm(step.book, formId);
    if (tab && tab.state !== 'planned') continue;
    const sheetId = originals.get(formId);
    if (sheetId === undefined) missing.push({ formId, tab, leads: ofForm });
    else await adopt(step, look, { formId, tab, sheetId, leads: ofForm });
  }
  if (missing.length === 0) return null;
  const info = await step.api.info(step.book);
  if (!info.ok) return failed(info.failure, step.deps.clock.now());
  const titles = new Set(info.value.tabs.map((each) => foldTitle(each.title)));
  let room = step.limits.tabs - info.value.tabs.length;
  const paused: string[] = [];
  const planned: SheetTab[] = [];
  let columns = 0;
  for (const { formId, tab, leads: ofForm } of missing) {
    if (room <= 0) {
      paused.push(await planFull(step, formId, tab, info.value.tabs.length));
      continue;
    }
    if (planned.length >= step.memory.setUpLimit || columns >= step.limits.setUpColumns) break;
    const ready = tab ? await keepFree(step, tab, info.value, titles) : await planTab(step, formId, ofForm, titles);
    titles.add(foldTitle(ready.title));
    columns += ready.columns.length;
    planned.push(ready);
    room -= 1;
  }
  if (planned.length === 0) return wrote(0, 0, paused);
  return send(step, planned, paused);
}

/** A tab that is in the spreadsheet already: an earlier send got through, or the database was set back. */
export async function adopt(
  step: Step,
  look: Look,
  found: { formId: string; tab: SheetTab | null; sheetId: number; leads: readonly Lead[] },
): Promise<SheetTab> {
  const { sheets } = step.deps.store;
  const tab =
    found.tab ??
    (await sheets.addTab({ ...newTab(step, found.formId, found.leads, new Set()), sheetId: found.sheetId }));
  // A tab is born with all its columns: one of ours that is missing was deleted since. Of a tab that a restored
  // database forgot nothing is known; what is missing there is made again.
  const state = found.tab ? ('active' as const) : ('planned' as const);
  const born = tab.columns.map((column) => ({ ...column, state }));
  const { changed } = mapTab({ sheetId: found.sheetId, columns: born }, look.tags);
  const byKey = new Map(changed.map((column) => [column.key, column]));
  const columns = born.map((column) => byKey.get(column.key) ?? column);
  await sheets.putColumns(tab.id, columns);
  await sheets.updateTab(tab.id, { sheetId: found.sheetId, state: 'ready', problem: null });
  return { ...tab, sheetId: found.sheetId, state: 'ready' };
}

function newTab(step: Step, formId: string, leads: readonly Lead[], titles: ReadonlySet<string>): NewSheetTab {
  const { store, random } = step.deps;
  const { site } = step.at;
  const form = store.forms.outline(site.id, formId);
  const specs = newTabColumns(site, leads, [...(form?.fields ?? [])]);
  const columns = specs.map(
    (spec, position): SheetColumn => ({ ...spec, position, metadataId: drawId(random), state: 'planned' }),
  );
  const title = freeTitle(form?.sheetTab ?? leads[0]?.formName ?? '', titles);
  const named = { title, namedFor: form?.sheetTab ?? null };
  return { siteId: site.id, book: step.book, formId, sheetId: drawId(random), ...named, state: 'planned', columns };
}

async function planTab(
  step: Step,
  formId: string,
  leads: readonly Lead[],
  titles: ReadonlySet<string>,
): Promise<SheetTab> {
  return step.deps.store.sheets.addTab(newTab(step, formId, leads, titles));
}

/** A planned tab that did not arrive: gets another id or title where somebody's tab has it by now. */
async function keepFree(
  step: Step,
  tab: SheetTab,
  info: SpreadsheetInfo,
  titles: ReadonlySet<string>,
): Promise<SheetTab> {
  const change: { sheetId?: number; title?: string } = {};
  if (info.tabs.some((each) => each.sheetId === tab.sheetId)) change.sheetId = drawId(step.deps.random);
  if (titles.has(foldTitle(tab.title))) change.title = freeTitle(tab.title, titles);
  if (Object.keys(change).length > 0) await step.deps.store.sheets.updateTab(tab.id, change);
  return { ...tab, ...change };
}

async function planFull(step: Step, formId: string, tab: SheetTab | null, count: number): Promise<string> {
  const { sheets } = step.deps.store;
  const made = tab ?? (await sheets.addTab(newTab(step, formId, [], new Set())));
  await pauseTab(step, made.id, {
    code: 'tabs_full',
    message: `The spreadsheet has ${count} tabs, and Google takes some 200. This form waits for a tab of its own. Delete tabs you no longer need, or start a new spreadsheet here.`,
    technical: null,
  });
  return made.id;
}

/** The tab waits for a person; what it waits for is tried again after an hour. */
export async function pauseTab(step: Step, tabId: string, problem: SheetProblem): Promise<void> {
  await step.deps.store.sheets.updateTab(tabId, { state: 'paused', problem });
  step.memory.recheckTabs.set(tabId, step.deps.clock.monotonic() + 3_600_000);
  step.deps.log.warn('sheet.tab_paused', { book: step.book, tab: tabId, problem: problem.code });
}

async function send(step: Step, tabs: readonly SheetTab[], paused: readonly string[]): Promise<FlushOutcome> {
  const requests: BatchRequest[] = [];
  const owner: SheetTab[] = [];
  for (const tab of tabs) {
    for (const request of setUpRequests(tab, step.at.site.qualityChoices)) {
      requests.push(request);
      owner.push(tab);
    }
  }
  const reply = await step.api.batchUpdate(step.book, requests);
  if (!reply.ok) return refused(step, tabs, owner, reply.failure);
  for (const tab of tabs) await makeReady(step, tab);
  step.memory.setUpLimit = step.limits.setUpTabs;
  return wrote(0, 0, paused);
}

async function makeReady(step: Step, tab: SheetTab): Promise<void> {
  const { sheets } = step.deps.store;
  await sheets.putColumns(
    tab.id,
    tab.columns.map((column) => ({ ...column, state: 'active' })),
  );
  await sheets.updateTab(tab.id, { state: 'ready', problem: null });
}

async function refused(
  step: Step,
  tabs: readonly SheetTab[],
  owner: readonly SheetTab[],
  failure: GoogleFailure,
): Promise<FlushOutcome> {
  const { problem, requestIndex } = failure;
  const tab = tabs.length === 1 ? tabs[0] : owner[requestIndex ?? -1];
  if (failure.applied === 'maybe') return failed(failure, step.deps.clock.now());
  if (problem.code === 'title_taken' && tab) {
    await step.deps.store.sheets.updateTab(tab.id, { title: freeTitle(tab.title, new Set([foldTitle(tab.title)])) });
    return again(problem);
  }
  // An id is in use: an earlier send got through (the next look shows it), or it is somebody else's.
  if (problem.code === 'sheet_id_taken' || problem.code === 'guard_in_use') {
    if (problem.code === 'guard_in_use' && tab) await redrawColumns(step, tab);
    return again(problem);
  }
  if (problem.code === 'tabs_full' && tab) {
    await pauseTab(step, tab.id, problem);
    return wrote(0, 0, [tab.id]);
  }
  if (failure.kind !== 'request') return failed(failure, step.deps.clock.now());
  // Google does not like one of these tabs: one by one, until it is the only one.
  if (tabs.length > 1) step.memory.setUpLimit = Math.ceil(tabs.length / 2);
  else if (tab) {
    await pauseTab(step, tab.id, problem);
    return wrote(0, 0, [tab.id]);
  }
  return again(problem);
}

/**
 * New ids for the marks of a planned tab. Should the refused ids have been our own after all, the tab is taken over
 * by its mark and the columns by their values.
 */
async function redrawColumns(step: Step, tab: SheetTab): Promise<void> {
  const columns = tab.columns.map((column) => ({ ...column, metadataId: drawId(step.deps.random) }));
  await step.deps.store.sheets.putColumns(tab.id, columns);
}

/** Everything a tab is born with, in one atomic batch. */
export function setUpRequests(tab: SheetTab, qualityChoices: readonly string[]): BatchRequest[] {
  const { sheetId } = tab;
  const columns = [...tab.columns].sort((a, b) => a.position - b.position);
  const place = (key: string) => columns.findIndex((column) => column.key === key);
  const requests: BatchRequest[] = [
    {
      addSheet: {
        properties: {
          sheetId,
          title: tab.title,
          // Google's default of 1000 x 26 would use up the spreadsheet's ten million cells. 2.2.
          gridProperties: { rowCount: NEW_TAB_ROWS, columnCount: columns.length, frozenRowCount: 1 },
        },
      },
    },
    writeCells(
      sheetId,
      0,
      0,
      columns.map((column) => column.header),
    ),
    // The mark's id is the tab's own: a copy of the tab carries another one, and is told apart by it.
    createTag(sheetId, TAB_KEY, tab.formId, { sheetId }),
    ...columns.map((column, index) => createColumnTag(column.metadataId, column.key, sheetId, index)),
    {
      addProtectedRange: {
        protectedRange: {
          range: { sheetId, startRowIndex: 0, endRowIndex: 1 },
          description: 'Column headers of LeadToSheet: rename them as you like',
          warningOnly: true,
        },
      },
    },
  ];
  const times = place(SUBMITTED_AT_KEY);
  if (times >= 0) requests.push(timeFormat(sheetId, times));
  const quality = place(QUALITY_KEY);
  if (quality >= 0 && qualityChoices.length > 0) requests.push(dropDown(sheetId, quality, qualityChoices));
  return requests;
}

export function timeFormat(sheetId: number, column: number): BatchRequest {
  return {
    repeatCell: {
      range: { sheetId, startRowIndex: 1, startColumnIndex: column, endColumnIndex: column + 1 },
      cell: { userEnteredFormat: { numberFormat: { type: 'DATE_TIME', pattern: 'yyyy-mm-dd hh:mm:ss' } } },
      fields: 'userEnteredFormat.numberFormat',
    },
  };
}

/** A choice, not a cage: `strict` is off, the team may write another word. */
export function dropDown(sheetId: number, column: number, choices: readonly string[]): BatchRequest {
  return {
    setDataValidation: {
      range: { sheetId, startRowIndex: 1, startColumnIndex: column, endColumnIndex: column + 1 },
      rule: {
        condition: { type: 'ONE_OF_LIST', values: choices.map((choice) => ({ userEnteredValue: choice })) },
        strict: false,
        showCustomUi: true,
      },
    },
  };
}

/** The metadata id of the Lead ID column, and whether the tab still has one. */
export function leadIdTag(tab: SheetTab, look: Look): number | null {
  const { changed, places } = mapTab(tab, look.tags);
  if (!places.has(LEAD_ID_KEY)) return null;
  const column = [...changed, ...tab.columns].find((each) => each.key === LEAD_ID_KEY);
  return column?.metadataId ?? null;
}
