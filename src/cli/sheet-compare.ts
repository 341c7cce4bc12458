import type { SiteTarget, TabReport } from '../sheets/target.ts';
import type { RequeueSelection, SheetProblem } from '../store/sheets.ts';
import type { Site } from '../store/store.ts';
import type { Context } from './command.ts';
import type { Session } from './session.ts';
import { driversFor, siteTarget } from './sheet-drivers.ts';

/** Leads queued in one transaction: short enough that a running server's writes are not held up. */
const STEP = 500;

/** What `sheet verify --json` prints. */
export interface Comparison {
  /** No row is missing or doubled, and every tab could be compared. */
  ok: boolean;
  tabs: TabView[];
}

interface TabView {
  form_id: string;
  form_name: string;
  tab: string;
  in_database: number;
  in_sheet: number;
  missing: string[];
  doubled: string[];
  unknown: string[];
  problem: SheetProblem | null;
}

/**
 * Database against sheet, tab by tab; changes nothing in either. A running server writes on meanwhile: a row that
 * it adds between the look at the sheet and the look at the database seems to be missing. Only what is missing
 * twice in a row is missing, or `sheet repair` would double it.
 */
export async function compare(
  context: Context,
  session: Session,
  site: Site,
  formId: string | null,
): Promise<Comparison> {
  const { drivers } = await driversFor(context, session);
  const at: SiteTarget = siteTarget(session, site);
  const progress = { signal: new AbortController().signal, report: () => {} };
  const look = async () => (await drivers[at.target.kind].verify(at, formId, progress)).map(viewOfTab);
  let tabs = await look();
  const before = new Set(tabs.flatMap((tab) => tab.missing));
  if (before.size > 0) {
    tabs = (await look()).map((tab) => ({ ...tab, missing: tab.missing.filter((id) => before.has(id)) }));
  }
  const ok = tabs.every((tab) => tab.missing.length === 0 && tab.doubled.length === 0 && tab.problem === null);
  return { ok, tabs };
}

function viewOfTab(report: TabReport): TabView {
  return {
    form_id: report.tab.formId,
    form_name: report.formName,
    tab: report.tab.title,
    in_database: report.inDatabase,
    in_sheet: report.inSheet,
    missing: report.missing,
    doubled: report.doubled,
    unknown: report.unknown,
    problem: report.problem,
  };
}

/** Queues the leads whose rows are missing. Returns how many. */
export async function sendMissing({ store }: Session, site: Site, { tabs }: Comparison): Promise<number> {
  const missing = tabs.flatMap((tab) => tab.missing);
  let queued = 0;
  for (let start = 0; start < missing.length; start += STEP) {
    const ids = missing.slice(start, start + STEP);
    queued += (await store.sheets.requeue(site.id, { which: 'ids', ids }, STEP)).queued;
  }
  return queued;
}

/**
 * Queues every lead that was written to a sheet and does not stand in the present one. A form with a tab there is
 * compared first, so that no row is doubled; one without gets all leads written before this moment: what a running
 * server writes from now on stands in the present sheet.
 */
export async function backfill(context: Context, session: Session, site: Site): Promise<number> {
  const { store } = session;
  const syncedBefore = context.clock.now();
  const comparison = await compare(context, session, site, null);
  const compared = new Set(comparison.tabs.map((tab) => tab.form_id));
  let queued = await sendMissing(session, site, comparison);
  for (const form of store.forms.list(site.id)) {
    if (compared.has(form.id)) continue;
    queued += await walk(session, site, { which: 'synced', syncedBefore, formId: form.id });
  }
  return queued;
}

/** Queues the leads that the sheet refused. Returns how many. */
export function retryFailed(session: Session, site: Site): Promise<number> {
  return walk(session, site, { which: 'failed' });
}

type Walk = Exclude<RequeueSelection, { which: 'ids' }>;

async function walk({ store }: Session, site: Site, which: Walk): Promise<number> {
  let queued = 0;
  let afterId: string | null = null;
  do {
    const step: { queued: number; next: string | null } = await store.sheets.requeue(
      site.id,
      afterId === null ? which : { ...which, afterId },
      STEP,
    );
    queued += step.queued;
    afterId = step.next;
  } while (afterId !== null);
  return queued;
}
