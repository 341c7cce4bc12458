import type { SheetTab } from '../../../store/sheets.ts';
import type { FlushOutcome } from '../../target.ts';
import { isHeld, type Offline, sendGuarded } from './guarded.ts';
import { failed, type Step } from './step.ts';
import { foldTitle, freeTitle, titleFits } from './titles.ts';

/**
 * Gives a tab the title that its form's tab has now, if it still has the one that we gave it: whoever renamed it in
 * the spreadsheet keeps his title. Rows go on meanwhile, for nothing is ever found by a title.
 */
export async function renameTabs(step: Step): Promise<FlushOutcome | null> {
  const due = tabsToRename(step);
  if (due.length === 0) return null;
  const info = await step.api.info(step.book);
  if (!info.ok) return failed(info.failure, step.deps.clock.now());
  const titles = new Map(info.value.tabs.map((each) => [each.sheetId, each.title]));
  const taken = new Set([...titles.values()].map(foldTitle));
  const { sheets } = step.deps.store;
  const renamed: { tab: SheetTab; title: string; namedFor: string }[] = [];
  for (const { tab, namedFor } of due) {
    const now = titles.get(tab.sheetId);
    const title = now === undefined ? tab.title : titleNow(tab, now, namedFor, taken);
    if (now === undefined || title === now || now !== tab.title) await sheets.updateTab(tab.id, { title, namedFor });
    else {
      taken.delete(foldTitle(now));
      taken.add(foldTitle(title));
      renamed.push({ tab, title, namedFor });
    }
  }
  if (renamed.length === 0) return null;
  const sent = await sendGuarded(
    step,
    renamed.map(({ tab, title }) => ({
      tabId: tab.id,
      request: { updateSheetProperties: { properties: { sheetId: tab.sheetId, title }, fields: 'title' } },
    })),
  );
  // Where the answer is lost, the next look finds a title that fits.
  if (sent.applied) for (const { tab, title, namedFor } of renamed) await sheets.updateTab(tab.id, { title, namedFor });
  return sent.outcome;
}

/** The title a tab should have: what it has where that is nobody's but a person's to change. */
function titleNow(tab: SheetTab, now: string, wanted: string, taken: ReadonlySet<string>): string {
  // Ours, by a send whose answer was lost; or somebody's. Or of a tab that was named before this was noted down.
  if (now !== tab.title) return titleFits(now, wanted) ? now : tab.title;
  if (tab.namedFor === null && titleFits(now, wanted)) return now;
  const others = new Set(taken);
  others.delete(foldTitle(now));
  return freeTitle(wanted, others);
}

/** Tabs whose form has another title by now than they were last named for. */
export function tabsToRename(step: Offline): { tab: SheetTab; namedFor: string }[] {
  const { store } = step.deps;
  return store.sheets.tabs(step.book).flatMap((tab) => {
    const wanted = store.forms.outline(step.at.site.id, tab.formId)?.sheetTab;
    if (tab.state !== 'ready' || wanted === undefined || wanted === tab.namedFor || isHeld(step, tab)) return [];
    return [{ tab, namedFor: wanted }];
  });
}
