import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Source } from '../../contract/source.ts';
import type { Fields, FieldValue, SyncStatus } from '../../contract/submission.ts';
import type { SheetStore } from '../sheets.ts';
import type { LeadStore } from '../store.ts';
import type { Context } from './context.ts';
import { GIVE_UP_FILES } from './files.ts';
import { FORGET_CALLS } from './hooks.ts';
import { FORGET_SETTLED } from './sheet-batches.ts';
import { localBook } from './sheet-targets.ts';
import { type TallyStatements, tallyOf } from './tally.ts';
import type { Turn } from './writer.ts';

/** The parts of the store that take leads away, and that keep what is still to be taken out of sheets. */
export type LeadRemoval = Pick<LeadStore, 'remove' | 'idsByEmail'>;
export type RowRemovals = Pick<SheetStore, 'nextRemovals' | 'removalCounts' | 'hasChores' | 'settleRemovals'>;

interface Row {
  id: string;
  form_id: string;
  source: string;
  created_at: number;
  spam: number;
  ignored: number;
  sync_status: string;
}

/** What an idempotency key remembers of a lead, and what it says once the lead is deleted. */
type Remembered = { id?: string };
const DELETED = {
  refused: {
    code: 'not_found',
    message:
      'The lead that was made with this Idempotency-Key has been deleted. Nothing was stored; use a new key for a new lead.',
    details: [],
  },
};

/** Leads looked through at a time for an address; others get their turn in between. */
const LOOK_AT_ONCE = 2_000;

export function createLeadRemoval(
  { db, writer }: Context,
  deps: { tallies: TallyStatements },
): LeadRemoval & { rows: RowRemovals } {
  const find = db.query<Row, [string, string]>(
    `SELECT id, form_id, source, created_at, spam, ignored, sync_status FROM lead
     WHERE site_id = ? AND id IN (SELECT value FROM json_each(?)) ORDER BY id`,
  );
  const deleteLeads = db.query<unknown, [string, string]>(
    'DELETE FROM lead WHERE site_id = ? AND id IN (SELECT value FROM json_each(?))',
  );
  const deleteCells = db.query<unknown, [string, string]>(
    'DELETE FROM sheet_update WHERE site_id = ? AND lead_id IN (SELECT value FROM json_each(?))',
  );
  const giveUpFiles = db.query<unknown, [string, string]>(GIVE_UP_FILES);
  const deleteCalls = db.query<unknown, [string, string]>(FORGET_CALLS);
  // An open batch keeps its leads: it is known by what it was sent with, and settles without those that are gone.
  const forgetSettled = db.query<unknown, [string]>(FORGET_SETTLED);
  const sayAnew = db.query<unknown, [string, string]>(
    'INSERT INTO search_stale (lead_id, site_id) SELECT value, ? FROM json_each(?)',
  );
  const keysOf = db.query<{ key: string; result: string }, [number, string]>(
    'SELECT key, result FROM idempotency WHERE created_at = ? AND site_id = ?',
  );
  const setResult = db.query<unknown, [string, string, string]>(
    'UPDATE idempotency SET result = ? WHERE site_id = ? AND key = ?',
  );
  const uncountForm = db.query<unknown, [number, number, string]>(
    'UPDATE form SET submission_count = submission_count - ?, spam_count = spam_count - ? WHERE id = ?',
  );
  const noteLast = db.query<unknown, [string]>(
    `UPDATE form SET last_submission_at = (SELECT created_at FROM lead WHERE form_id = form.id ORDER BY id DESC LIMIT 1)
     WHERE id = ?`,
  );
  const bookOf = db.query<{ book: string }, [string]>('SELECT book FROM sheet_target WHERE site_id = ?');
  const booksWithTab = db.query<{ book: string }, [string, string]>(
    'SELECT book FROM sheet_tab WHERE site_id = ? AND form_id = ?',
  );
  const queueRow = db.query<unknown, [string, string, string, string]>(
    'INSERT INTO sheet_removal (book, lead_id, site_id, form_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const rowsOf = db.query<{ lead_id: string; site_id: string; form_id: string }, [string, number]>(
    'SELECT lead_id, site_id, form_id FROM sheet_removal WHERE book = ? ORDER BY lead_id LIMIT ?',
  );
  const settleRows = db.query<unknown, [string, string]>(
    'DELETE FROM sheet_removal WHERE book = ? AND lead_id IN (SELECT value FROM json_each(?))',
  );
  const chores = db.query<{ some: number }, [string]>(
    `SELECT EXISTS (SELECT 1 FROM sheet_removal WHERE book = ?1) OR EXISTS (SELECT 1 FROM sheet_tab tab
       JOIN form ON form.id = tab.form_id WHERE tab.book = ?1 AND tab.named_for IS NOT form.sheet_tab) AS some`,
  );
  const waitingOfSite = db.query<{ book: string; n: number }, [string]>(
    'SELECT book, count(*) AS n FROM sheet_removal WHERE site_id = ? GROUP BY book',
  );
  const presentBook = (siteId: string) => bookOf.get(siteId)?.book ?? localBook(siteId);

  function removeInTurn(siteId: string, ids: readonly string[], withRows: boolean, turn: Turn): string[] {
    const leads = find.all(siteId, JSON.stringify(ids));
    const removed = leads.map((lead) => lead.id);
    if (removed.length === 0) return removed;
    const list = JSON.stringify(removed);
    if (withRows)
      for (const [formId, ofForm] of Map.groupBy(leads, (lead) => lead.form_id)) queue(siteId, formId, ofForm);
    deleteCells.run(siteId, list);
    deleteCalls.run(siteId, list);
    giveUpFiles.run(siteId, list);
    forgetSettled.run(list);
    sayAnew.run(siteId, list);
    forgetReplays(siteId, leads);
    deleteLeads.run(siteId, list);
    uncount(siteId, leads, turn);
    return removed;
  }

  /**
   * Every workbook that has a tab for the form may hold the row. The present one gets the task in any case: a lead
   * that waits, whose tab is not made yet, may be on its way there at this very moment.
   */
  function queue(siteId: string, formId: string, leads: readonly Row[]): void {
    const books = booksWithTab.all(siteId, formId).map((row) => row.book);
    const present = presentBook(siteId);
    for (const { id, sync_status } of leads) {
      const all = new Set(sync_status === 'skipped' ? books : [...books, present]);
      for (const book of all) queueRow.run(book, id, siteId, formId);
    }
  }

  /** A lead has the time-stamp of its commit, and so has the key it came with. */
  function forgetReplays(siteId: string, leads: readonly Row[]): void {
    for (const [createdAt, ofTime] of Map.groupBy(leads, (lead) => lead.created_at)) {
      const gone = new Set(ofTime.map((lead) => lead.id));
      for (const { key, result } of keysOf.all(createdAt, siteId)) {
        const items = JSON.parse(result) as Remembered[];
        if (!items.some(({ id }) => id !== undefined && gone.has(id))) continue;
        const left = items.map((item) => (item.id !== undefined && gone.has(item.id) ? DELETED : item));
        setResult.run(JSON.stringify(left), siteId, key);
      }
    }
  }

  function uncount(siteId: string, leads: readonly Row[], turn: Turn): void {
    const tally = tallyOf(turn, deps.tallies);
    for (const lead of leads) {
      // As it was counted when it came, whatever its form is now.
      const kind = lead.spam === 1 ? 'spam' : lead.ignored === 1 ? 'ignored' : 'submissions';
      const at = { siteId, formId: lead.form_id, source: lead.source as Source, createdAt: lead.created_at };
      tally.countLead(at, kind, -1);
      tally.countSync(siteId, lead.sync_status as SyncStatus, -1);
    }
    for (const [formId, ofForm] of Map.groupBy(leads, (lead) => lead.form_id)) {
      const spam = ofForm.filter((lead) => lead.spam === 1).length;
      uncountForm.run(ofForm.length - spam, spam, formId);
      // As the very last: other work of this commit still adds its leads, and notes when they came.
      turn.beforeCommit(() => turn.beforeCommit(() => noteLast.run(formId)));
    }
  }

  const pageEnd = db.query<{ last: string | null }, [string, string, number]>(
    'SELECT max(id) AS last FROM (SELECT id FROM lead WHERE site_id = ? AND id > ? ORDER BY id LIMIT ?)',
  );
  const likely = db.query<{ id: string; fields: string }, [string, string, string, string]>(
    `SELECT id, body -> 'fields' AS fields FROM lead
     WHERE site_id = ? AND id > ? AND id <= ? AND body LIKE ? ESCAPE '\\'`,
  );

  async function idsByEmail(siteId: string, email: string): Promise<string[]> {
    const wanted = folded(email);
    const found: string[] = [];
    if (wanted === '') return found;
    for (let after = ''; ; ) {
      const last = pageEnd.get(siteId, after, LOOK_AT_ONCE)?.last;
      if (last === null || last === undefined) return found;
      for (const { id, fields } of likely.all(siteId, after, last, likePattern(wanted))) {
        if (Object.values((JSON.parse(fields) ?? {}) as Fields).some((value) => holds(value, wanted))) found.push(id);
      }
      after = last;
      await nextTurn();
    }
  }

  return {
    remove: (siteId, ids, { rows }) =>
      writer.run((turn) => ({ removed: removeInTurn(siteId, [...new Set(ids)], rows, turn) })),
    idsByEmail,
    rows: {
      nextRemovals: (book, limit) =>
        rowsOf.all(book, limit).map((row) => ({ book, leadId: row.lead_id, siteId: row.site_id, formId: row.form_id })),
      removalCounts(siteId) {
        const counts = { here: 0, elsewhere: 0 };
        const present = presentBook(siteId);
        for (const { book, n } of waitingOfSite.all(siteId)) counts[book === present ? 'here' : 'elsewhere'] += n;
        return counts;
      },
      hasChores: (book) => chores.get(book)?.some === 1,
      settleRemovals: (book, leadIds) =>
        writer.run(() => {
          settleRows.run(book, JSON.stringify(leadIds));
        }),
    },
  };
}

const folded = (text: string) => text.normalize('NFC').trim().toLowerCase();

function holds(value: FieldValue, wanted: string): boolean {
  if (Array.isArray(value)) return value.some((each) => holds(each, wanted));
  return typeof value === 'string' && folded(value) === wanted;
}

/** Finds all texts that hold the address, and a few others: LIKE knows no case but that of ASCII, and JSON escapes. */
function likePattern(address: string): string {
  return `%${address.replace(/[^a-z0-9@.+-]+/g, '%')}%`;
}
