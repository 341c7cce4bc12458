import { invalid } from './errors.ts';
import { type Cell, cellAt, plainValue, type SpreadsheetState, type Tab } from './spreadsheet.ts';
import { formatted } from './view.ts';

/** How a person finds his way in a spreadsheet: tabs by title, columns by what stands above them. */

/** A cell as a text; empty for no value. */
export const cellText = (cell: Cell): string => {
  const value = plainValue(cell);
  return value === null ? '' : formatted(value);
};

/** A row as texts, up to its last value. */
export function rowTexts(tab: Tab, row: number): string[] {
  const texts = (tab.rows[row]?.cells ?? []).map(cellText);
  while (texts.length > 0 && texts[texts.length - 1] === '') texts.pop();
  return texts;
}

/** The tab of a title or sheet id; the first one when neither is given. */
export function findTab(state: SpreadsheetState, ref: string | number | undefined): Tab {
  const tab =
    ref === undefined
      ? state.tabs[0]
      : state.tabs.find((each) => (typeof ref === 'number' ? each.sheetId === ref : each.title === ref));
  if (!tab) throw invalid(`There is no tab ${String(ref)}`);
  return tab;
}

/** The column of an index, of a header text, or of the value of a tag. */
export function findColumn(state: SpreadsheetState, tab: Tab, ref: string | number): number {
  if (typeof ref === 'number') return ref;
  for (let column = 0; column < tab.columns.length; column++)
    if (cellText(cellAt(tab, 0, column)) === ref) return column;
  for (const { place, value } of state.metadata) {
    if (value === ref && place.kind === 'dimension' && !place.rows && place.sheetId === tab.sheetId) return place.index;
  }
  throw invalid(`There is no column ${ref} in ${tab.title}`);
}
