import type { SyncStatus } from '../../contract/submission.ts';
import { timePart } from '../../lib/ids.ts';
import type { CellContent, QueuedCell } from '../sheets.ts';
import type { Judgement, Lead, LeadFilter, LeadQuery, LeadStore } from '../store.ts';
import { createAccept } from './accept.ts';
import type { Context } from './context.ts';
import type { FormCache } from './form-cache.ts';
import type { LeadRemoval } from './lead-removal.ts';
import { LEAD_COLUMNS, type LeadRow, type LeadRows } from './lead-rows.ts';
import { type TallyStatements, tallyOf } from './tally.ts';
import type { Turn } from './writer.ts';

interface Deps {
  forms: FormCache;
  rows: LeadRows;
  tallies: TallyStatements;
  siteSyncs(siteId: string): boolean | null;
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
  const at = { siteId: lead.siteId, leadId: lead.id, formId: lead.formId };
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
  const totals = db.query<{ leads: number; spam: number }, [string]>(
    'SELECT coalesce(sum(submission_count), 0) AS leads, coalesce(sum(spam_count), 0) AS spam FROM form WHERE site_id = ?',
  );
  const formTotals = db.query<{ leads: number; spam: number }, [string, string]>(
    'SELECT submission_count AS leads, spam_count AS spam FROM form WHERE site_id = ? AND id = ?',
  );

  const waiting = db.query<{ leads: number }, [string]>(
    "SELECT leads FROM sync_count WHERE site_id = ? AND status = 'pending'",
  );
  const fewWait = (siteId: string) => (waiting.get(siteId)?.leads ?? 0) <= FEW;

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
    const tally = tallyOf(turn, deps.tallies);
    // As it was counted when it came: its form may have been ignored, or not any more, since.
    const counted = cameIgnored.get(siteId, id)?.ignored === 1 ? 'ignored' : 'submissions';
    tally.countLead(lead, spam ? counted : 'spam', -1);
    tally.countLead(lead, spam ? 'spam' : counted, 1);
    tally.countForm(lead.formId, { leads: spam ? -1 : 1, spam: spam ? 1 : -1, lastAt: lead.createdAt });
    tally.moveSync(siteId, lead.syncStatus, status, 1);
    return deps.rows.find(siteId, id);
  }

  return {
    accept: createAccept(context, deps),
    get: (siteId, id) => deps.rows.find(siteId, id),
    list(siteId, query) {
      const { sql, params } = listSql(siteId, query, fewWait(siteId));
      return db
        .query<LeadRow, (string | number)[]>(sql)
        .all(...params)
        .map((row) => deps.rows.toLead(row));
    },
    count(siteId, filter, cap) {
      const kept = keptCount(filter);
      if (kept) {
        const total = filter.formId === undefined ? totals.get(siteId) : formTotals.get(siteId, filter.formId);
        return total ? kept(total) : 0;
      }
      const { where, params } = filterSql(siteId, filter, fewWait(siteId));
      const sql = `SELECT count(*) AS n FROM (SELECT 1 FROM lead WHERE ${where} LIMIT ?)`;
      return db.query<{ n: number }, (string | number)[]>(sql).get(...params, cap + 1)?.n ?? 0;
    },
    amend: (siteId, id, change) => writer.run((turn) => amendInTurn(siteId, id, change, turn)),
    setSpam: (siteId, id, spam) => writer.run((turn) => setSpamInTurn(siteId, id, spam, turn)),
  };
}

/** How a kept counter answers this filter, or null where leads have to be counted. */
function keptCount(filter: LeadFilter): ((total: { leads: number; spam: number }) => number) | null {
  const { spam, formId: _formId, ...others } = filter;
  if (Object.values(others).some((value) => value !== undefined)) return null;
  return ({ leads, spam: marked }) => (spam === 'exclude' ? leads : spam === 'only' ? marked : leads + marked);
}

type Params = (string | number)[];

/** The index of what waits is by form; named here, it serves a site as well. */
const AMONG_WAITING =
  "id IN (SELECT id FROM lead INDEXED BY lead_pending WHERE site_id = ? AND sync_status = 'pending')";
/** Among more than these, those of a page are soon met on the way through all leads. */
const FEW = 10_000;

/** Words of the contract's own lists go into the SQL text: only so can a partial index serve them. */
function filterSql(siteId: string, filter: LeadFilter, fewWait: boolean): { where: string; params: Params } {
  const terms: string[] = ['site_id = ?'];
  const params: Params = [siteId];
  const add = (term: string, ...values: Params) => {
    terms.push(term);
    params.push(...values);
  };
  if (filter.formId !== undefined) add('form_id = ?', filter.formId);
  if (filter.source !== undefined) add('source = ?', filter.source);
  if (filter.syncStatus !== undefined) add(`sync_status = '${filter.syncStatus satisfies SyncStatus}'`);
  if (fewWait && filter.syncStatus === 'pending' && filter.formId === undefined) add(AMONG_WAITING, siteId);
  if (filter.spam !== 'include') add(filter.spam === 'only' ? 'spam = 1' : 'spam = 0');
  // An id begins with its time, so the index on ids serves time ranges too.
  if (filter.createdFrom !== undefined) add('id >= ?', `sub_${timePart(filter.createdFrom)}`);
  if (filter.createdBefore !== undefined) add('id < ?', `sub_${timePart(filter.createdBefore)}`);
  if (filter.score !== undefined) add("judgement ->> 'score' = ?", filter.score);
  if (filter.utmSource !== undefined) add("body ->> 'utm_source' = ?", filter.utmSource);
  if (filter.utmCampaign !== undefined) add("body ->> 'utm_campaign' = ?", filter.utmCampaign);
  return { where: terms.join(' AND '), params };
}

function listSql(siteId: string, query: LeadQuery, fewWait: boolean): { sql: string; params: Params } {
  const { where, params } = filterSql(siteId, query.filter, fewWait);
  const after = query.afterId === undefined ? '' : ` AND id ${query.newestFirst ? '<' : '>'} ?`;
  if (query.afterId !== undefined) params.push(query.afterId);
  params.push(query.limit + 1, query.offset);
  const order = query.newestFirst ? 'DESC' : 'ASC';
  return {
    sql: `SELECT ${LEAD_COLUMNS} FROM lead WHERE ${where}${after} ORDER BY id ${order} LIMIT ? OFFSET ?`,
    params,
  };
}
