import { cellOf, cellText } from '../../../sheets/cells.ts';
import { newTabColumns } from '../../../sheets/columns.ts';
import type { SheetTab } from '../../../store/sheets.ts';
import type { SiteRequest } from '../route.ts';

/** So many rows are shown of a tab, the newest last. */
const ROWS_SHOWN = 20;

export interface ShownRows {
  header: readonly string[];
  rows: readonly (readonly string[])[];
  /** Whether this is what stands in the file itself, or what the database says stands in the spreadsheet. */
  from: 'file' | 'database';
}

/**
 * The newest rows of a form's tab. The local workbook is read itself. Google is not asked on every look at the page:
 * there the leads that are known to be written are shown in the columns of the tab.
 */
export async function shownRows({ site, services }: SiteRequest, tab: SheetTab): Promise<ShownRows> {
  const { store, drivers } = services;
  const target = store.sheets.target(site.id);
  if (target.kind === 'local') {
    const [header = [], ...rows] = await drivers.local.rows({ site, target }, { id: tab.formId }, ROWS_SHOWN);
    return { header, rows, from: 'file' };
  }
  const filter = { formId: tab.formId, syncStatus: 'synced', spam: 'include' } as const;
  const newest = store.leads.list(site.id, { filter, newestFirst: true, limit: ROWS_SHOWN, offset: 0 });
  const leads = newest.slice(0, ROWS_SHOWN).toReversed();
  const known = tab.columns.filter(({ state }) => state !== 'removed').toSorted((a, b) => a.position - b.position);
  const columns = known.length > 0 ? known : newTabColumns(site, leads, []);
  return {
    header: columns.map(({ header }) => header),
    rows: leads.map((lead) => columns.map(({ key }) => cellText(cellOf(lead, key, columns, site)))),
    from: 'database',
  };
}
