import type { SyncStatus } from '../../contract/submission.ts';
import type { CellContent, QueuedCell } from '../sheets.ts';
import type { Judgement, Lead, LeadStore } from '../store.ts';
import { createAccept } from './accept.ts';
import type { Context } from './context.ts';
import type { Files } from './files.ts';
import type { FormCache } from './form-cache.ts';
import type { Imports } from './imports.ts';
import { createLeadLists } from './lead-lists.ts';
import type { LeadRemoval } from './lead-removal.ts';
import type { LeadRows } from './lead-rows.ts';
import type { ListLimits } from './search/limits.ts';
import type { Search } from './search/search.ts';
import type { RememberValues } from './spam-marks.ts';
import { type TallyStatements, tallyOf } from './tally.ts';
import type { Turn } from './writer.ts';

interface Deps {
  forms: FormCache;
  rows: LeadRows;
  tallies: TallyStatements;
  files: Pick<Files, 'keep'>;
  imports: Pick<Imports, 'claim' | 'settle'>;
  search: Pick<Search, 'at'>;
  limits: ListLimits;
  siteSyncs(siteId: string): boolean | null;
  /** Keeps what a person said of a lead's values. */
  remember: RememberValues;
  /** Queues the cells of a synced lead that show what changed. */
  queueCells(cells: readonly QueuedCell[], turn: Turn): void;
}

/** The sheet columns that show each part of a judgement. Keys as in sheets/columns.ts. */
const JUDGEMENT_COLUMNS: Readonly<Record<string, (judgement: Judgement) => CellContent | null | undefined>> = {
  's:score': (judgement) => judgement.score,
  's:score_reason': (judgement) => judgement.score_reason,
  's:summary': (judgement) => judgement.summary,
  's:match_confidence': (judgement) => judgement.enrichment?.match_confidence,
  's:company': (judgement) => judgement.enrichment?.company,
  's:job_title': (judgement) => judgement.enrichment?.job_title,
  's:linkedin': (judgement) => judgement.enrichment?.linkedin_url,
  's:industry': (judgement) => judgement.enrichment?.industry,
  's:company_size': (judgement) => judgement.enrichment?.company_size,
  's:country': (judgement) => judgement.enrichment?.country,
};

/** Cells that show what a change of a lead brings. The quality is set in the UI, and writes over what it finds. */
function changedCells(lead: Lead, change: { quality?: string | null; judgement?: Judgement }): QueuedCell[] {
  const at = { siteId: lead.siteId, leadId: lead.id, formId: lead.rowFormId };
  const cells: QueuedCell[] = change.quality === undefined ? [] : [{ ...at, columnKey: 's:quality', former: null }];
  if (change.judgement === undefined) return cells;
  for (const [columnKey, shown] of Object.entries(JUDGEMENT_COLUMNS)) {
    const was = (lead.judgement && shown(lead.judgement)) ?? null;
    if (was === (shown(change.judgement) ?? null)) continue;
    cells.push({ ...at, columnKey, former: was === null ? [] : [was] });
  }
  return cells;
}

export function createLeads(context: Context, deps: Deps): Omit<LeadStore, keyof LeadRemoval> {
  const { db, writer } = context;
  const amendLead = db.query<unknown, [string | null, string | null, string, string]>(
    'UPDATE lead SET quality = ?, judgement = ? WHERE site_id = ? AND id = ?',
  );
  const setSpam = db.query<unknown, [number, string | null, string, string, string]>(
    'UPDATE lead SET spam = ?, spam_reason = ?, sync_status = ?, sync_problem = NULL WHERE site_id = ? AND id = ?',
  );
  const cameIgnored = db.query<{ ignored: number }, [string, string]>(
    'SELECT ignored FROM lead WHERE site_id = ? AND id = ?',
  );
  const sayAnew = db.query<unknown, [string, string]>('INSERT INTO search_stale (lead_id, site_id) VALUES (?, ?)');

  function amendInTurn(
    siteId: string,
    id: string,
    change: { quality?: string | null; judgement?: Judgement },
    turn: Turn,
  ) {
    const lead = deps.rows.find(siteId, id);
    if (!lead) return null;
    const quality = change.quality === undefined ? lead.quality : change.quality;
    const judgement = change.judgement ?? lead.judgement;
    amendLead.run(quality, judgement === null ? null : JSON.stringify(judgement), siteId, id);
    if (judgement?.score !== lead.judgement?.score) sayAnew.run(id, siteId);
    // A pending lead's row will be written with these values anyway, but its batch may be on its way already.
    if (lead.syncStatus !== 'skipped') deps.queueCells(changedCells(lead, change), turn);
    return deps.rows.find(siteId, id);
  }

  function setSpamInTurn(siteId: string, id: string, spam: boolean, turn: Turn): Lead | null {
    const lead = deps.rows.find(siteId, id);
    if (!lead || lead.spam === spam) return lead;
    const form = deps.forms.site(siteId).byId(lead.formId);
    const wanted = !spam && deps.siteSyncs(siteId) === true && form?.ignored !== true;
    // A lead that already has its row keeps it when it turns out to be spam; it is not written twice on the way back.
    const status: SyncStatus = lead.syncStatus === 'synced' ? 'synced' : wanted ? 'pending' : 'skipped';
    setSpam.run(spam ? 1 : 0, spam ? 'marked by hand' : null, status, siteId, id);
    sayAnew.run(id, siteId);
    const tally = tallyOf(turn, deps.tallies);
    // As it was counted when it came: its form may have been ignored, or not any more, since.
    const counted = cameIgnored.get(siteId, id)?.ignored === 1 ? 'ignored' : 'submissions';
    // Where it was counted: a merged form keeps its counters.
    const at = { ...lead, formId: lead.rowFormId };
    tally.countLead(at, spam ? counted : 'spam', -1);
    tally.countLead(at, spam ? 'spam' : counted, 1);
    tally.countForm(lead.rowFormId, { leads: spam ? -1 : 1, spam: spam ? 1 : -1, lastAt: lead.createdAt });
    tally.moveSync(siteId, lead.syncStatus, status, 1);
    return deps.rows.find(siteId, id);
  }

  return {
    accept: createAccept(context, deps),
    get: (siteId, id) => deps.rows.find(siteId, id),
    ...createLeadLists({ db, forms: deps.forms, rows: deps.rows, search: deps.search, limits: deps.limits }),
    amend: (siteId, id, change) => writer.run((turn) => amendInTurn(siteId, id, change, turn)),
    setSpam: (siteId, id, spam, values = []) =>
      writer.run((turn) => {
        const lead = setSpamInTurn(siteId, id, spam, turn);
        if (lead !== null) deps.remember(siteId, values, spam, turn.now);
        return lead;
      }),
  };
}
