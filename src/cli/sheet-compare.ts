import { compareTwice, isWell, type Look, lookBy, sendEarlier } from '../sheets/compare.ts';
import type { TabReport } from '../sheets/target.ts';
import type { SheetProblem } from '../store/sheets.ts';
import type { Site } from '../store/store.ts';
import type { Context } from './command.ts';
import type { Session } from './session.ts';
import { driversFor, siteTarget } from './sheet-drivers.ts';

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

/** Database against sheet, tab by tab. */
export async function compare(
  context: Context,
  session: Session,
  site: Site,
  formId: string | null,
): Promise<{ reports: TabReport[]; view: Comparison }> {
  const reports = await compareTwice(await lookOf(context, session, site), formId);
  return { reports, view: { ok: isWell(reports), tabs: reports.map(viewOfTab) } };
}

async function lookOf(context: Context, session: Session, site: Site): Promise<Look> {
  const { drivers } = await driversFor(context, session);
  const at = siteTarget(session, site);
  const progress = { signal: new AbortController().signal, report: () => {} };
  return lookBy(drivers[at.target.kind], at, progress);
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

/** Queues every lead that was written to a sheet and does not stand in the present one. Returns how many. */
export async function backfill(context: Context, session: Session, site: Site): Promise<number> {
  const look = await lookOf(context, session, site);
  return sendEarlier(session.store, context.clock, site.id, look, new AbortController().signal);
}
