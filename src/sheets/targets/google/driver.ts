import type { FlushOutcome, SiteTarget, TargetDriver } from '../../target.ts';
import { checkAccess } from './check.ts';
import { flushStep, hasWork } from './flush.ts';
import { type BookMemory, newMemory } from './memory.ts';
import { GOOGLE_LIMITS, type GoogleDeps, type GoogleLimits, pausedBook, type Step } from './step.ts';
import { lastRows, verifyTabs } from './verify.ts';

export type { ApiFor, GoogleDeps, GoogleLimits } from './step.ts';

/**
 * Writes rows to Google spreadsheets, each exactly once. Everything that has to survive is in the store; what is
 * kept here per book may be lost at any moment. `sync.ts` calls at most once per book at a time.
 */
export function createGoogleDriver(deps: GoogleDeps): TargetDriver {
  const limits: GoogleLimits = { ...GOOGLE_LIMITS, ...deps.limits };
  const memories = new Map<string, BookMemory>();

  async function stepFor(at: SiteTarget): Promise<Step | FlushOutcome> {
    const found = await deps.apiFor(at.target);
    if (!found.ok) return pausedBook(found.problem);
    const { book } = at.target;
    const memory = memories.get(book) ?? newMemory(limits.rows, limits.setUpTabs);
    memories.set(book, memory);
    return { deps, limits, at, book, api: found.api, memory };
  }

  return {
    kind: 'google',
    async flush(at) {
      await retryPausedTabs(deps, at, memories.get(at.target.book));
      if (!hasWork({ deps, at, book: at.target.book })) return { kind: 'idle' };
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
  };
}

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
