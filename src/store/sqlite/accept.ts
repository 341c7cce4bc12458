import type { Warning } from '../../contract/submission.ts';
import { fieldNamesOf } from '../lead-body.ts';
import type {
  AcceptItem,
  AcceptOutcome,
  AcceptResult,
  FormRef,
  Lead,
  LeadStore,
  NewLead,
  RefusedItem,
} from '../store.ts';
import type { Context } from './context.ts';
import type { Files } from './files.ts';
import type { FormCache, KnownForm } from './form-cache.ts';
import type { Imports } from './imports.ts';
import { bodyText, type LeadRows } from './lead-rows.ts';
import { type TallyStatements, tallyOf } from './tally.ts';
import type { Turn } from './writer.ts';

/** How many field names a form remembers; more are stored with their leads all the same. */
export const MAX_KNOWN_FIELDS = 1_000;
/** With so many forms, a site gets no more by leads that anybody may send: a workbook takes 180 tabs, and people need some. */
export const MAX_OPEN_FORMS = 100;
/** For how long an idempotency key is remembered. Spec 2. */
export const IDEMPOTENCY_MS = 24 * 3_600_000;

/** What an idempotency key remembers of each item of its request. */
type Remembered = { id: string } | { unknownForm: true } | { refused: RefusedItem };

interface Deps {
  forms: FormCache;
  rows: LeadRows;
  tallies: TallyStatements;
  files: Pick<Files, 'keep'>;
  imports: Pick<Imports, 'claim' | 'settle'>;
  /** Whether the site's leads go to a sheet at all; null: there is no such site. */
  siteSyncs(siteId: string): boolean | null;
}

const NO_NEW_FORM: Warning = {
  code: 'form_replaced',
  field: '_form',
  message: `It named a new form, but the site has ${MAX_OPEN_FORMS} already. Send one lead of that form over the API: then its name is known here too.`,
};

/** How many leads one statement inserts: the most that fit. */
const ROWS_AT_ONCE = [32, 8, 2, 1] as const;
type LeadValue = string | number | null;

type AcceptRequest = Parameters<LeadStore['accept']>[0];

/** The hot path of the store: prepared statements only. */
export function createAccept({ db, ids, writer }: Context, deps: Deps): LeadStore['accept'] {
  // FAIL: what a statement did before it failed is undone with the whole turn. Else SQLite keeps pages for each statement.
  const insertSql = (rows: number) =>
    `INSERT OR FAIL INTO lead (site_id, id, form_id, source, created_at, submitted_at, spam, spam_reason, ignored, sync_status, body)
     VALUES ${Array(rows).fill('(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').join(', ')}`;
  const inserts = ROWS_AT_ONCE.map((rows) => ({ rows, insert: db.query<unknown, LeadValue[]>(insertSql(rows)) }));
  const WAITING = Symbol('leads to insert');

  /** The leads of this turn that no statement took yet; the last of them go in before the commit. */
  function waitingIn(turn: Turn): LeadValue[][] {
    return turn.shared(WAITING, () => {
      const rows: LeadValue[][] = [];
      turn.beforeCommit(() => insertWaiting(rows));
      return rows;
    });
  }

  /** The leads of a turn go in together, as many a statement as there are: cheaper than one by one. */
  function insertLead(turn: Turn, row: LeadValue[]): void {
    const waiting = waitingIn(turn);
    waiting.push(row);
    if (waiting.length === ROWS_AT_ONCE[0]) insertWaiting(waiting);
  }

  function insertWaiting(waiting: LeadValue[][]): void {
    for (const { rows, insert } of inserts) {
      while (waiting.length >= rows) insert.run(...waiting.splice(0, rows).flat());
    }
  }

  const insertForm = db.query<unknown, [string, string, string, string, string, string, number]>(
    'INSERT INTO form (id, site_id, discovery_key, name, sheet_tab, source, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const updateFields = db.query<unknown, [string, string]>('UPDATE form SET fields = ? WHERE id = ?');
  const findKey = db.query<{ body_hash: string; result: string }, [string, string, number]>(
    'SELECT body_hash, result FROM idempotency WHERE site_id = ? AND key = ? AND created_at > ?',
  );
  const insertKey = db.query<unknown, [string, string, string, string, number]>(
    'INSERT OR REPLACE INTO idempotency (site_id, key, body_hash, result, created_at) VALUES (?, ?, ?, ?, ?)',
  );
  // The search index goes by ids, and is past these.
  const sayAnew = db.query<unknown, [string, string]>('INSERT INTO search_stale (lead_id, site_id) VALUES (?, ?)');
  const GROWN = Symbol('forms with new fields');

  function knownForm(siteId: string, ref: FormRef): KnownForm | null {
    const forms = deps.forms.site(siteId);
    if (ref.by === 'id') return forms.byId(ref.id) ?? null;
    return forms.byKey(ref.key) ?? (ref.key.startsWith('name:') ? forms.byName(ref.name) : undefined) ?? null;
  }

  /** The form of a lead, made where it is the first one; null: there is none with its id. */
  function resolveForm(siteId: string, ref: FormRef, lead: NewLead, turn: Turn): KnownForm | null {
    const known = knownForm(siteId, ref);
    if (known !== null || ref.by === 'id') return known;
    const forms = deps.forms.site(siteId);
    const created: KnownForm = {
      id: ids.next('frm', turn.now),
      siteId,
      discoveryKey: ref.key,
      name: ref.name,
      sheetTab: forms.freeTitle(ref.name),
      ignored: false,
      source: lead.source,
      fields: new Set(),
      mergedInto: null,
    };
    insertForm.run(created.id, siteId, created.discoveryKey, created.name, created.sheetTab, created.source, turn.now);
    forms.put(created);
    return created;
  }

  /** Notes field names not seen before; written once per form and turn. */
  function noteFields(form: KnownForm, lead: NewLead, turn: Turn): void {
    const fields = form.fields as Set<string>;
    for (const name of fieldNamesOf(lead.body)) {
      if (fields.has(name) || fields.size >= MAX_KNOWN_FIELDS) continue;
      fields.add(name);
      const grown = turn.shared(GROWN, () => {
        const forms = new Set<KnownForm>();
        turn.beforeCommit(() => {
          for (const each of forms) updateFields.run(JSON.stringify([...each.fields]), each.id);
        });
        return forms;
      });
      grown.add(form);
    }
  }

  /** The lead, with another form where the one it names would be one too many. */
  function withinLimit(siteId: string, lead: NewLead): NewLead {
    const { form, otherwise, body } = lead;
    if (otherwise === undefined || deps.forms.site(siteId).size < MAX_OPEN_FORMS) return lead;
    if (isSame(form, otherwise) || knownForm(siteId, form) !== null) return lead;
    return { ...lead, form: otherwise, body: { ...body, warnings: [...body.warnings, NO_NEW_FORM] } };
  }

  function store(siteId: string, id: string, given: NewLead, syncs: boolean, turn: Turn): AcceptResult {
    const lead = withinLimit(siteId, given);
    const form = resolveForm(siteId, lead.form, lead, turn);
    if (!form) return { status: 'unknown_form' };
    const spam = lead.spamReason !== null;
    const syncStatus = syncs && !spam && !form.ignored ? 'pending' : 'skipped';
    const stored: Lead = {
      id,
      siteId,
      formId: form.id,
      rowFormId: form.id,
      formName: form.name,
      sheetTab: syncStatus === 'skipped' ? null : form.sheetTab,
      source: lead.source,
      body: deps.rows.shown(lead.body),
      judgement: null,
      quality: null,
      spam,
      spamReason: lead.spamReason,
      syncStatus,
      syncProblem: null,
      syncedAt: null,
      submittedAt: lead.submittedAt ?? turn.now,
      createdAt: turn.now,
    };
    insertLead(turn, [
      siteId,
      id,
      form.id,
      lead.source,
      turn.now,
      stored.submittedAt,
      spam ? 1 : 0,
      lead.spamReason,
      form.ignored ? 1 : 0,
      syncStatus,
      bodyText(lead.body),
    ]);
    if (turn.late) sayAnew.run(id, siteId);
    if (lead.files !== undefined) deps.files.keep(stored, lead.files, turn);
    noteFields(form, lead, turn);
    const tally = tallyOf(turn, deps.tallies);
    tally.countLead(stored, spam ? 'spam' : form.ignored ? 'ignored' : 'submissions', 1);
    tally.countForm(form.id, { leads: spam ? 0 : 1, spam: spam ? 1 : 0, lastAt: turn.now });
    tally.countSync(siteId, syncStatus, 1);
    return { status: 'created', lead: stored };
  }

  function acceptAll(siteId: string, items: readonly AcceptItem[], syncs: boolean, turn: Turn): AcceptResult[] {
    // Sorted: the leads of one request keep their order, although all share one millisecond.
    const leadIds = items.map(() => ids.next('sub', turn.now));
    if (leadIds.length > 1) leadIds.sort();
    return items.map((item, i) => {
      if ('refused' in item) return { status: 'refused', refused: item.refused };
      return store(siteId, leadIds[i] ?? ids.next('sub', turn.now), item.lead, syncs, turn);
    });
  }

  function replay(siteId: string, remembered: readonly Remembered[], turn: Turn): AcceptResult[] {
    // The lead may have come in this very turn.
    insertWaiting(waitingIn(turn));
    return remembered.map((item): AcceptResult => {
      if ('refused' in item) return { status: 'refused', refused: item.refused };
      const lead = 'id' in item ? deps.rows.find(siteId, item.id) : null;
      return lead ? { status: 'created', lead } : { status: 'unknown_form' };
    });
  }

  function acceptInTurn(request: AcceptRequest, turn: Turn): AcceptOutcome {
    const { siteId, items, idempotency, step } = request;
    const syncs = deps.siteSyncs(siteId);
    if (syncs === null) throw new Error('no such site');
    if (idempotency) {
      const earlier = findKey.get(siteId, idempotency.key, turn.now - IDEMPOTENCY_MS);
      if (earlier && earlier.body_hash !== idempotency.bodyHash) return { kind: 'key_reused' };
      if (earlier)
        return { kind: 'replayed', results: replay(siteId, JSON.parse(earlier.result) as Remembered[], turn) };
    }
    if (step && !deps.imports.claim(siteId, step, turn)) return { kind: 'import_over' };
    const results = acceptAll(siteId, items, syncs, turn);
    if (step) deps.imports.settle(step, results, turn);
    // Only successes are remembered: a request that created nothing may be tried again.
    if (idempotency && results.some((result) => result.status === 'created')) {
      insertKey.run(siteId, idempotency.key, idempotency.bodyHash, JSON.stringify(results.map(remember)), turn.now);
    }
    return { kind: 'accepted', results };
  }

  return (request) => writer.run((turn) => acceptInTurn(request, turn));
}

const isSame = (one: FormRef, other: FormRef) => one.by === 'key' && other.by === 'key' && one.key === other.key;

function remember(result: AcceptResult): Remembered {
  if (result.status === 'created') return { id: result.lead.id };
  return result.status === 'refused' ? { refused: result.refused } : { unknownForm: true };
}
