import { cellOf, cellText } from '../../../sheets/cells.ts';
import { newTabColumns } from '../../../sheets/columns.ts';
import type { SiteTarget } from '../../../sheets/target.ts';
import type { SheetTab } from '../../../store/sheets.ts';
import type { SiteRequest } from '../route.ts';
import type { AdminServices } from '../services.ts';

/** So many rows are shown of a tab, the newest last. */
const ROWS_SHOWN = 20;

export interface ShownRows {
  header: readonly string[];
  rows: readonly (readonly string[])[];
  /** What stands there itself, or what the database says was written to it. */
  from: 'file' | 'spreadsheet' | 'database';
}

/** The newest rows of a form's tab, where they can be had without asking anybody outside; else null. */
export async function rowsAtHand({ site, services }: SiteRequest, tab: SheetTab): Promise<ShownRows | null> {
  const { store, drivers } = services;
  const target = store.sheets.target(site.id);
  if (target.kind !== 'local') return null;
  const [header = [], ...rows] = await drivers.local.rows({ site, target }, { id: tab.formId }, ROWS_SHOWN);
  return { header, rows, from: 'file' };
}

/** How long what was read of a tab is shown again: Google counts each look, and rows need them more. */
const FRESH_MS = 10_000;

interface Reading {
  since: number;
  rows: Promise<ShownRows>;
}

// By server: two of them in one process (tests) know nothing of each other.
const ofServer = new WeakMap<AdminServices, Map<string, Reading>>();

/**
 * The lowest rows of a tab of a spreadsheet, read at most every 10 s however many look, and not beside a flush. A
 * spreadsheet that can't be read shows what was written to it.
 */
export async function rowsRead(request: SiteRequest, tab: SheetTab): Promise<ShownRows> {
  const { services } = request;
  const known = ofServer.get(services) ?? new Map<string, Reading>();
  ofServer.set(services, known);
  const now = services.clock.monotonic();
  for (const [id, { since }] of known) if (now - since >= FRESH_MS) known.delete(id);
  const reading = known.get(tab.id) ?? { since: now, rows: read(request, tab) };
  known.set(tab.id, reading);
  try {
    return await reading.rows;
  } catch (error) {
    known.delete(tab.id);
    throw error;
  }
}

async function read({ site, services }: SiteRequest, tab: SheetTab): Promise<ShownRows> {
  const { sync, drivers } = services;
  const look = (at: SiteTarget) => drivers[at.target.kind].rows(at, { id: tab.formId }, ROWS_SHOWN);
  const [header, ...rows] = await sync.exclusively(site.id, look);
  return header === undefined ? written(services, site, tab) : { header, rows, from: 'spreadsheet' };
}

function written({ store }: AdminServices, site: SiteRequest['site'], tab: SheetTab): ShownRows {
  const filter = { rowFormId: tab.formId, syncStatus: 'synced', spam: 'include' } as const;
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
