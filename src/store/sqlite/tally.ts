import type { Database } from 'bun:sqlite';
import type { Source } from '../../contract/source.ts';
import type { SyncStatus } from '../../contract/submission.ts';
import type { Turn } from './writer.ts';

/** Leads are counted by quarter of an hour, the unit all time zones agree on. */
export const QUARTER_MS = 900_000;

export type CountKind = 'submissions' | 'spam' | 'ignored';

interface LeadCount {
  siteId: string;
  quarter: number;
  formId: string;
  source: Source;
  submissions: number;
  spam: number;
  ignored: number;
}

interface FormCount {
  leads: number;
  spam: number;
  lastAt: number;
}

/**
 * The counters of one turn: all its leads add to them in memory, and each counter is written once, in the same
 * transaction. So counting costs a row a commit, not a row a lead, and never disagrees with the leads.
 */
export class Tally {
  readonly #leads = new Map<string, LeadCount>();
  #last: LeadCount | null = null;
  readonly #sync = new Map<string, { siteId: string; status: SyncStatus; change: number }>();
  readonly #forms = new Map<string, FormCount>();

  countLead(
    lead: { siteId: string; formId: string; source: Source; createdAt: number },
    kind: CountKind,
    change: 1 | -1,
  ): void {
    const quarter = Math.floor(lead.createdAt / QUARTER_MS);
    const last = this.#last;
    // Leads of one turn are mostly of one kind: no key need be made for those.
    if (last && last.formId === lead.formId && last.source === lead.source && last.quarter === quarter) {
      last[kind] += change;
      return;
    }
    const key = `${lead.siteId} ${quarter} ${lead.formId} ${lead.source}`;
    let count = this.#leads.get(key);
    if (!count) {
      const { siteId, formId, source } = lead;
      count = { siteId, quarter, formId, source, submissions: 0, spam: 0, ignored: 0 };
      this.#leads.set(key, count);
    }
    count[kind] += change;
    this.#last = count;
  }

  countForm(formId: string, change: { leads: number; spam: number; lastAt: number }): void {
    const count = this.#forms.get(formId);
    if (!count) {
      this.#forms.set(formId, { ...change });
      return;
    }
    count.leads += change.leads;
    count.spam += change.spam;
    count.lastAt = Math.max(count.lastAt, change.lastAt);
  }

  countSync(siteId: string, status: SyncStatus, change: number): void {
    const key = `${siteId} ${status}`;
    const count = this.#sync.get(key);
    if (count) count.change += change;
    else this.#sync.set(key, { siteId, status, change });
  }

  moveSync(siteId: string, from: SyncStatus, to: SyncStatus, leads: number): void {
    if (from === to || leads === 0) return;
    this.countSync(siteId, from, -leads);
    this.countSync(siteId, to, leads);
  }

  write(statements: TallyStatements): void {
    for (const c of this.#leads.values()) {
      statements.lead.run(c.siteId, c.quarter, c.formId, c.source, c.submissions, c.spam, c.ignored);
    }
    for (const c of this.#sync.values()) statements.sync.run(c.siteId, c.status, c.change);
    for (const [formId, c] of this.#forms) statements.form.run(c.leads, c.spam, c.lastAt, formId);
  }
}

export type TallyStatements = ReturnType<typeof tallyStatements>;

export function tallyStatements(db: Database) {
  return {
    lead: db.query<unknown, [string, number, string, string, number, number, number]>(
      `INSERT INTO lead_count (site_id, quarter, form_id, source, submissions, spam, ignored) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET submissions = submissions + excluded.submissions, spam = spam + excluded.spam,
         ignored = ignored + excluded.ignored`,
    ),
    sync: db.query<unknown, [string, string, number]>(
      `INSERT INTO sync_count (site_id, status, leads) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET leads = leads + excluded.leads`,
    ),
    form: db.query<unknown, [number, number, number, string]>(
      `UPDATE form SET submission_count = submission_count + ?, spam_count = spam_count + ?,
         last_submission_at = max(coalesce(last_submission_at, 0), ?) WHERE id = ?`,
    ),
  };
}

const TALLY = Symbol('tally');

/** The counters of this turn. */
export function tallyOf(turn: Turn, statements: TallyStatements): Tally {
  return turn.shared(TALLY, () => {
    const tally = new Tally();
    turn.beforeCommit(() => tally.write(statements));
    return tally;
  });
}
