import type { FlushOutcome } from '../../target.ts';
import type { Offline } from './guarded.ts';
import { removeRows, rowsToRemove } from './removals.ts';
import { renameTabs, tabsToRename } from './renames.ts';
import type { Look, Step } from './step.ts';

/** What is done when rows and cells leave time for it: tabs get their form's title, rows of deleted leads go. */

/** So that a backlog of rows doesn't put them off for ever. */
const MOST_PASSED_OVER = 5;

/** Whether there is a chore that can be done now. Costs no call. */
export function choresWait(step: Offline): boolean {
  if (step.chores.marksSeen) return true;
  if (!step.deps.store.sheets.hasChores(step.book)) return false;
  return tabsToRename(step).length > 0 || rowsToRemove(step).size > 0;
}

/** Whether it is their turn, though there are rows or cells to write. */
export function choresFirst(step: Step): boolean {
  return step.chores.passedOver >= MOST_PASSED_OVER;
}

/** One chore, with at most one write. Null: there is none that can be done now. */
export async function doChore(step: Step, look: Look): Promise<FlushOutcome | null> {
  step.chores.passedOver = 0;
  const done = (await renameTabs(step)) ?? (await removeRows(step, look));
  // Marks on tabs that are none of ours, or that wait for a person.
  if (!done) step.chores.marksSeen = false;
  return done;
}
