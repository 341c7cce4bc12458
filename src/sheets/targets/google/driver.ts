import type { SheetProblem } from '../../../store/sheets.ts';
import type { FlushOutcome, SiteTarget, TargetDriver } from '../../target.ts';
import { checkAccess } from './check.ts';
import { flushStep, hasWork } from './flush.ts';
import { type ChoreMemory, newChores } from './guarded.ts';
import { type BookMemory, newMemory } from './memory.ts';
import { type Done, release, remakeTab, restoreColumn, retag, takeOver } from './operator.ts';
import { GOOGLE_LIMITS, type GoogleDeps, type GoogleLimits, pausedBook, type Step } from './step.ts';
import { lastRows, verifyTabs } from './verify.ts';

export type { Done, RetaggedTab } from './operator.ts';
export type { ApiFor, GoogleDeps, GoogleLimits } from './step.ts';

/** What a person may ask for beside the flushing. Call them under `sync.exclusively`. */
export interface GoogleDriver extends TargetDriver {
  /** After `tags_wiped`: columns are recognised by their headers and marked again. Then resume the site. */
  retag(at: SiteTarget): ReturnType<typeof retag>;
  /** After `used_before`: this server writes here from now on. Then resume the site. */
  takeOver(at: SiteTarget): Promise<Done>;
  /** Before the site turns to another target: settles the batch whose fate is open, or says why it can't yet. */
  release(at: SiteTarget): Promise<Done>;
  /** Brings back a column that was deleted in the sheet, and its values. False: it is not deleted. */
  restoreColumn(at: SiteTarget, formId: string, key: string): Promise<boolean>;
  /** After `tab_gone`: a new tab for the waiting leads. False: the tab is not paused. */
  remakeTab(at: SiteTarget, formId: string): Promise<boolean>;
  /** Tries a paused tab again at the next flush. */
  resumeTab(at: SiteTarget, formId: string): Promise<boolean>;
}

/**
 * Writes rows to Google spreadsheets, each exactly once. Everything that has to survive is in the store; what is
 * kept here per book may be lost at any moment. `sync.ts` calls at most once per book at a time.
 */
export function createGoogleDriver(deps: GoogleDeps): GoogleDriver {
  const limits: GoogleLimits = { ...GOOGLE_LIMITS, ...deps.limits };
  const memories = new Map<string, BookMemory>();
  const allChores = new Map<string, ChoreMemory>();
  const choresOf = (book: string) => {
    const chores = allChores.get(book) ?? newChores();
    allChores.set(book, chores);
    return chores;
  };

  async function stepFor(at: SiteTarget): Promise<Step | FlushOutcome> {
    const found = await deps.apiFor(at.target);
    if (!found.ok) return pausedBook(found.problem);
    const { book } = at.target;
    const memory = memories.get(book) ?? newMemory(limits.rows, limits.setUpTabs);
    memories.set(book, memory);
    return { deps, limits, at, book, api: found.api, memory, chores: choresOf(book) };
  }

  async function withStep<T>(at: SiteTarget, work: (step: Step) => Promise<T>): Promise<T | Failed> {
    const step = await stepFor(at);
    if (!('kind' in step)) return work(step);
    const problem = step.kind === 'paused' ? step.problem : NOT_NOW;
    return { ok: false, problem };
  }

  return {
    kind: 'google',
    async flush(at) {
      const memory = memories.get(at.target.book);
      await retryPausedTabs(deps, at, memory);
      if (!hasWork({ deps, at, book: at.target.book, memory, chores: choresOf(at.target.book) }))
        return { kind: 'idle' };
      const step = await stepFor(at);
      return 'kind' in step ? step : flushStep(step);
    },
    async verify(at, formId, progress) {
      const step = await stepFor(at);
      return verifyTabs(step, deps, at, formId, progress);
    },
    async check(at) {
      const found = await deps.apiFor(at.target);
      if (!found.ok) {
        return { ok: false, shareWith: null, steps: [{ name: 'Sign in', ok: false, problem: found.problem }] };
      }
      const tabs = deps.store.sheets.tabs(at.target.book).filter((tab) => tab.state !== 'planned');
      const { clock, random } = deps;
      const report = await checkAccess(found.api, at.target.book, { clock, random, selfTest: true, tabs });
      if (report.ok) await deps.store.sheets.updateBook(at.target.book, { selfTestedAt: clock.now() });
      return report;
    },
    async rows(at, form, limit) {
      const step = await stepFor(at);
      return 'kind' in step ? [] : lastRows(step, form.id, limit);
    },
    retag: (at) => withStep(at, retag),
    takeOver: (at) => withStep(at, takeOver),
    release: (at) => withStep(at, release),
    async restoreColumn(at, formId, key) {
      const tab = deps.store.sheets.tabOfForm(at.target.book, formId);
      return tab !== null && restoreColumn(deps.store, tab, key, deps.random);
    },
    async remakeTab(at, formId) {
      const tab = deps.store.sheets.tabOfForm(at.target.book, formId);
      if (tab?.state !== 'paused') return false;
      await remakeTab(deps.store, tab, deps.random);
      return true;
    },
    async resumeTab(at, formId) {
      const tab = deps.store.sheets.tabOfForm(at.target.book, formId);
      if (tab?.state !== 'paused') return false;
      await deps.store.sheets.updateTab(tab.id, { state: 'ready', problem: null });
      return true;
    },
  };
}

type Failed = { ok: false; problem: SheetProblem };
const NOT_NOW: SheetProblem = { code: 'network', message: 'Google could not be reached. Try again.', technical: null };

/** Troubles of a tab that may have been mended in the spreadsheet without anybody telling us. */
const MENDS_ITSELF = new Set(['protected', 'tabs_full', 'tab_gone']);

/**
 * Gives tabs that wait for a person another try: once at the start, then hourly. Costs nothing by itself; the next
 * flush finds out.
 */
async function retryPausedTabs(deps: GoogleDeps, at: SiteTarget, memory: BookMemory | undefined): Promise<void> {
  const { sheets } = deps.store;
  for (const tab of sheets.tabs(at.target.book)) {
    if (tab.state !== 'paused' || !MENDS_ITSELF.has(tab.problem?.code ?? '')) continue;
    const due = memory?.recheckTabs.get(tab.id) ?? Number.NEGATIVE_INFINITY;
    if (deps.clock.monotonic() < due) continue;
    memory?.recheckTabs.set(tab.id, deps.clock.monotonic() + 3_600_000);
    // A tab that was never made is planned again; one that was made is tried as it is.
    const state = tab.problem?.code === 'tabs_full' ? 'planned' : 'ready';
    await sheets.updateTab(tab.id, { state });
  }
}
