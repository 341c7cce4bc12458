import type { CellContent, CellUpdate, QueuedCell, RequeueSelection, SheetStore, SiteBacklog } from '../sheets.ts';
import type { Context } from './context.ts';
import type { FormCache } from './form-cache.ts';
import { LEAD_COLUMNS, type LeadRow, type LeadRows } from './lead-rows.ts';
import { FORGET_SETTLED } from './sheet-batches.ts';
import type { PutColumns } from './sheet-tabs.ts';
import { localBook } from './sheet-targets.ts';
import type { SiteCache } from './sites.ts';
import { type TallyStatements, tallyOf } from './tally.ts';
import type { Turn } from './writer.ts';

type Queue = Pick<
  SheetStore,
  | 'backlog'
  | 'waiting'
  | 'nextLeads'
  | 'counts'
  | 'requeue'
  | 'fail'
  | 'markSynced'
  | 'syncedIds'
  | 'syncedLeads'
  | 'leadsByIds'
  | 'settleLocal'
  | 'nextUpdates'
  | 'updatesOf'
  | 'queueUpdates'
  | 'settleUpdates'
>;

interface Deps {
  forms: FormCache;
  sites: SiteCache;
  rows: LeadRows;
  tallies: TallyStatements;
  putColumns: PutColumns;
}

/** Marks leads as standing in the sheet, inside a transaction that is under way. */
export type MarkSynced = (siteId: string, leadIds: readonly string[], turn: Turn) => void;
export type QueueCells = (cells: readonly QueuedCell[], turn: Turn) => void;

/** What a lead's other members add to the size of its row, over its body: a guess on the safe side. Bytes. */
const ROW_OVERHEAD = 300;
/** Waiting cells are counted up to this: that there are many is all anyone needs to know. */
const MAX_COUNTED_CELLS = 1_000;

/** Of one book: what was under way in a book the site has left does not keep a lead from the one it has now. */
const IN_OPEN_BATCH = `EXISTS (SELECT 1 FROM sheet_batch_lead JOIN sheet_batch ON sheet_batch.id = batch_id
  WHERE lead_id = lead.id AND state IN ('planned', 'sending', 'ambiguous') AND book = ?)`;

export function createSheetQueue(
  { db, writer }: Context,
  deps: Deps,
): Queue & { markInTurn: MarkSynced; queueCells: QueueCells } {
  const oldest = db.query<{ id: string; created_at: number }, [string, string]>(
    "SELECT id, created_at FROM lead WHERE site_id = ? AND form_id = ? AND sync_status = 'pending' ORDER BY id LIMIT 1",
  );
  const pendingIds = db.query<{ id: string }, [string, string, string, number]>(
    `SELECT id FROM lead WHERE site_id = ? AND form_id = ? AND sync_status = 'pending' AND NOT ${IN_OPEN_BATCH}
     ORDER BY id LIMIT ?`,
  );
  // Read from the record's head: a long body stays where it is.
  const sizes = db.query<{ id: string; bytes: number }, [string, string]>(
    `SELECT id, octet_length(body) AS bytes FROM lead
     WHERE site_id = ? AND id IN (SELECT value FROM json_each(?)) ORDER BY id`,
  );
  const pausedForms = db.query<{ form_id: string }, [string]>(
    "SELECT form_id FROM sheet_tab WHERE book = ? AND state = 'paused'",
  );
  const syncCounts = db.query<{ status: string; leads: number }, [string]>(
    'SELECT status, leads FROM sync_count WHERE site_id = ?',
  );
  const statuses = db.query<{ sync_status: string; n: number }, [string, string]>(
    'SELECT sync_status, count(*) AS n FROM lead WHERE site_id = ? AND id IN (SELECT value FROM json_each(?)) GROUP BY sync_status',
  );
  const setSynced = db.query<unknown, [number, string, string]>(
    `UPDATE lead SET sync_status = 'synced', sync_problem = NULL, synced_at = ?
     WHERE site_id = ? AND id IN (SELECT value FROM json_each(?))`,
  );
  const touchTarget = db.query<unknown, [number, string]>(
    'UPDATE sheet_target SET last_synced_at = ? WHERE site_id = ?',
  );
  const addTarget = db.query<unknown, [string, string]>(
    "INSERT INTO sheet_target (site_id, kind, book) VALUES (?, 'local', ?) ON CONFLICT DO NOTHING",
  );
  const setPending = db.query<unknown, [string, string]>(
    `UPDATE lead SET sync_status = 'pending', sync_problem = NULL, synced_at = NULL
     WHERE site_id = ? AND id IN (SELECT value FROM json_each(?))`,
  );
  const forgetSettled = db.query<unknown, [string]>(FORGET_SETTLED);
  // Only what still waits: a lead that was marked as spam meanwhile is not wanted in the sheet any more.
  const setFailed = db.query<unknown, [string, string, string]>(
    "UPDATE lead SET sync_status = 'failed', sync_problem = ? WHERE site_id = ? AND id = ? AND sync_status = 'pending'",
  );
  const bookOf = db.query<{ book: string }, [string]>('SELECT book FROM sheet_target WHERE site_id = ?');
  const setLength = db.query<unknown, [number, number, string]>(
    'UPDATE sheet_tab SET length = ?, generation = ? WHERE id = ?',
  );
  const queueCell = db.query<unknown, [string, string, string, string, string | null]>(
    `INSERT INTO sheet_update (site_id, lead_id, form_id, column_key, version, former) VALUES (?, ?, ?, ?, 1, ?)
     ON CONFLICT DO UPDATE SET version = version + 1, former = excluded.former`,
  );
  const formerOf = db.query<{ former: string | null }, [string, string, string]>(
    'SELECT former FROM sheet_update WHERE site_id = ? AND lead_id = ? AND column_key = ?',
  );
  const dropCell = db.query<unknown, [string, string, string, number]>(
    'DELETE FROM sheet_update WHERE site_id = ? AND lead_id = ? AND column_key = ? AND version <= ?',
  );
  const updates = db.query<UpdateRow, [string, number]>(
    `SELECT u.* FROM sheet_update u JOIN lead ON lead.site_id = u.site_id AND lead.id = u.lead_id
     WHERE u.site_id = ? AND lead.sync_status = 'synced' ORDER BY u.lead_id, u.column_key LIMIT ?`,
  );
  const updatesOf = db.query<UpdateRow, [string, string]>(
    'SELECT * FROM sheet_update WHERE site_id = ? AND lead_id IN (SELECT value FROM json_each(?))',
  );
  const updateCount = db.query<{ n: number }, [string, number]>(
    `SELECT count(*) AS n FROM (SELECT 1 FROM sheet_update u JOIN lead ON lead.site_id = u.site_id AND lead.id = u.lead_id
     WHERE u.site_id = ? AND lead.sync_status = 'synced' LIMIT ?)`,
  );
  const synced = db.query<LeadRow, [string, string, string, number]>(
    `SELECT ${LEAD_COLUMNS} FROM lead WHERE site_id = ? AND form_id = ? AND id > ? AND sync_status = 'synced' ORDER BY id LIMIT ?`,
  );
  const syncedIds = db.query<{ id: string }, [string, string, string, number]>(
    "SELECT id FROM lead WHERE site_id = ? AND form_id = ? AND id > ? AND sync_status = 'synced' ORDER BY id LIMIT ?",
  );
  // That a lead goes to no sheet is in the search index.
  const sayAnew = db.query<unknown, [string, string]>(
    `INSERT INTO search_stale (lead_id, site_id) SELECT id, site_id FROM lead
     WHERE site_id = ? AND id IN (SELECT value FROM json_each(?)) AND sync_status = 'skipped'`,
  );
  /** Moves leads to `pending` or `synced` and keeps the counters true. */
  function move(siteId: string, leadIds: readonly string[], to: 'pending' | 'synced', turn: Turn): void {
    const list = JSON.stringify(leadIds);
    const tally = tallyOf(turn, deps.tallies);
    for (const { sync_status: from, n } of statuses.all(siteId, list)) {
      tally.moveSync(siteId, from as 'pending', to, n);
      if (from === 'skipped') sayAnew.run(siteId, list);
    }
    if (to === 'synced') setSynced.run(turn.now, siteId, list);
    else setPending.run(siteId, list);
  }

  const markInTurn: MarkSynced = (siteId, leadIds, turn) => {
    if (leadIds.length === 0) return;
    move(siteId, leadIds, 'synced', turn);
    addTarget.run(siteId, localBook(siteId));
    touchTarget.run(turn.now, siteId);
  };

  /** Leads to send once more: only such as belong in the site's present book. */
  function selectRequeue(siteId: string, which: RequeueSelection, limit: number): { id: string }[] {
    if (deps.sites.get(siteId)?.syncEnabled !== true) return [];
    const book = bookOf.get(siteId)?.book ?? localBook(siteId);
    const [terms, params] = requeueTerms(which);
    return db
      .query<{ id: string }, (string | number)[]>(
        `SELECT id FROM lead WHERE site_id = ? AND ${terms} AND spam = 0
           AND form_id NOT IN (SELECT form.id FROM form JOIN form present ON present.id = coalesce(form.merged_into, form.id)
             WHERE form.site_id = ? AND present.ignored = 1)
           AND NOT ${IN_OPEN_BATCH} ORDER BY id LIMIT ?`,
      )
      .all(siteId, ...params, siteId, book, limit);
  }

  /** What waits for the sheet, by site: one index look-up a form, however many leads there are. */
  function backlog(): SiteBacklog[] {
    return deps.sites.list().flatMap(({ id: siteId }) => {
      const pending = syncCounts.all(siteId).find(({ status }) => status === 'pending')?.leads ?? 0;
      if (pending === 0) return [];
      let oldestCreatedAt = Number.POSITIVE_INFINITY;
      for (const form of deps.forms.site(siteId).all()) {
        oldestCreatedAt = Math.min(oldestCreatedAt, oldest.get(siteId, form.id)?.created_at ?? oldestCreatedAt);
      }
      return [{ siteId, pending, oldestCreatedAt }];
    });
  }

  /** One that is queued already may show what either allows. */
  function queueCells(cells: readonly QueuedCell[]): void {
    for (const { siteId, leadId, formId, columnKey, former } of cells) {
      const queued = formerOf.get(siteId, leadId, columnKey);
      const earlier: readonly CellContent[] | null = queued?.former ? JSON.parse(queued.former) : null;
      const all = queued ? earlier && former && [...new Set([...earlier, ...former])] : former;
      queueCell.run(siteId, leadId, formId, columnKey, all && JSON.stringify(all));
    }
  }

  return {
    markInTurn,
    queueCells,
    backlog,
    waiting() {
      const rows = new Map(backlog().map((each) => [each.siteId, each]));
      return deps.sites.list().flatMap(({ id: siteId }) => {
        const updates = updateCount.get(siteId, MAX_COUNTED_CELLS)?.n ?? 0;
        const { pending, oldestCreatedAt } = rows.get(siteId) ?? { pending: 0, oldestCreatedAt: Infinity };
        return pending === 0 && updates === 0 ? [] : [{ siteId, pending, updates, oldestCreatedAt }];
      });
    },
    nextLeads(siteId, book, limit, maxBytes) {
      const paused = new Set(pausedForms.all(book).map((row) => row.form_id));
      const candidates: string[] = [];
      for (const form of deps.forms.site(siteId).all()) {
        if (paused.has(form.id)) continue;
        for (const row of pendingIds.all(siteId, form.id, book, limit)) candidates.push(row.id);
      }
      // Chosen by size before they are read: a thousand of the largest leads would be a gigabyte.
      let bytes = 0;
      const fitting = sizes.all(siteId, JSON.stringify(candidates.sort().slice(0, limit))).filter((row, i) => {
        bytes += row.bytes + ROW_OVERHEAD;
        return i === 0 || bytes <= maxBytes;
      });
      return deps.rows.findMany(
        siteId,
        fitting.map((row) => row.id),
      );
    },
    counts(siteId) {
      const counts = { pending: 0, synced: 0, failed: 0, skipped: 0 };
      for (const { status, leads } of syncCounts.all(siteId)) counts[status as keyof typeof counts] = leads;
      return counts;
    },
    requeue: (siteId, which, limit) =>
      writer.run((turn) => {
        const found = selectRequeue(siteId, which, limit).map((row) => row.id);
        if (found.length === 0) return { queued: 0, next: null };
        forgetSettled.run(JSON.stringify(found));
        move(siteId, found, 'pending', turn);
        return { queued: found.length, next: found.length < limit ? null : (found.at(-1) ?? null) };
      }),
    fail: (siteId, leadId, reason) =>
      writer.run((turn) => {
        const { changes } = setFailed.run(reason, siteId, leadId);
        tallyOf(turn, deps.tallies).moveSync(siteId, 'pending', 'failed', changes);
      }),
    markSynced: (siteId, leadIds) => writer.run((turn) => markInTurn(siteId, leadIds, turn)),
    syncedIds: (siteId, formId, limit, afterId) =>
      syncedIds.all(siteId, formId, afterId ?? '', limit).map((row) => row.id),
    syncedLeads: (siteId, formId, limit, afterId) =>
      synced.all(siteId, formId, afterId ?? '', limit).map((row) => deps.rows.toLead(row)),
    leadsByIds: (siteId, ids) => deps.rows.findMany(siteId, ids),
    settleLocal: ({ siteId, tabs, leadIds, updates: settled = [] }) =>
      writer.run((turn) => {
        for (const tab of tabs) {
          setLength.run(tab.length, tab.generation, tab.tabId);
          if (tab.columns) deps.putColumns(tab.tabId, tab.columns);
        }
        markInTurn(siteId, leadIds, turn);
        for (const cell of settled) dropCell.run(cell.siteId, cell.leadId, cell.columnKey, cell.version);
      }),
    nextUpdates: (siteId, limit) => updates.all(siteId, limit).map(toUpdate),
    updatesOf: (siteId, leadIds) => updatesOf.all(siteId, JSON.stringify(leadIds)).map(toUpdate),
    queueUpdates: (cells) => writer.run(() => queueCells(cells)),
    settleUpdates: (settled) =>
      writer.run(() => {
        for (const cell of settled) dropCell.run(cell.siteId, cell.leadId, cell.columnKey, cell.version);
      }),
  };
}

interface UpdateRow {
  site_id: string;
  lead_id: string;
  form_id: string;
  column_key: string;
  version: number;
  former: string | null;
}

function toUpdate(row: UpdateRow): CellUpdate {
  const former = row.former === null ? null : JSON.parse(row.former);
  const { site_id: siteId, lead_id: leadId, form_id: formId, column_key: columnKey, version } = row;
  return { siteId, leadId, formId, columnKey, version, former };
}

function requeueTerms(which: RequeueSelection): [terms: string, params: (string | number)[]] {
  if (which.which === 'ids') {
    return ["id IN (SELECT value FROM json_each(?)) AND sync_status <> 'pending'", [JSON.stringify(which.ids)]];
  }
  const afterId = which.afterId ?? '';
  if (which.which === 'failed') return ["id > ? AND sync_status = 'failed'", [afterId]];
  const byForm = which.formId === undefined ? '' : ' AND form_id = ?';
  const formId = which.formId === undefined ? [] : [which.formId];
  return [`id > ? AND sync_status = 'synced' AND synced_at < ?${byForm}`, [afterId, which.syncedBefore, ...formId]];
}
