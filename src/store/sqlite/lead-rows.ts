import type { Database } from 'bun:sqlite';
import type { Source } from '../../contract/source.ts';
import type { SyncStatus } from '../../contract/submission.ts';
import { emptyBody } from '../lead-body.ts';
import type { Judgement, Lead, LeadBody } from '../store.ts';
import type { FormCache } from './form-cache.ts';

/** A lead as the table has it, named as in SQL: what the prepared statements of the hot path return. */
export interface LeadRow {
  site_id: string;
  id: string;
  form_id: string;
  source: string;
  created_at: number;
  submitted_at: number;
  spam: number;
  spam_reason: string | null;
  sync_status: string;
  sync_problem: string | null;
  synced_at: number | null;
  quality: string | null;
  judgement: string | null;
  body: string;
}

export const LEAD_COLUMNS =
  'site_id, id, form_id, source, created_at, submitted_at, spam, spam_reason, sync_status, sync_problem, synced_at, quality, judgement, body';

const BODY_NAMES = Object.keys(emptyBody()) as (keyof LeadBody)[];

/** A body as it is stored: absent members are left out, which halves what a typical lead takes on disk. */
export function bodyText(body: LeadBody): string {
  const kept: Partial<Record<keyof LeadBody, unknown>> = {};
  for (const name of BODY_NAMES) {
    const value = body[name];
    if (value !== null && !(Array.isArray(value) && value.length === 0)) kept[name] = value;
  }
  return JSON.stringify(kept);
}

/** Reads rows as leads: the form's present name and tab come from the cache. */
export class LeadRows {
  readonly #forms: FormCache;
  readonly #publicUrl: () => string;
  readonly #one;
  readonly #many;

  /** @param publicUrl where the server is reached now, whatever it was when a lead came */
  constructor(db: Database, forms: FormCache, publicUrl: () => string) {
    this.#forms = forms;
    this.#publicUrl = publicUrl;
    this.#one = db.query<LeadRow, [string, string]>(`SELECT ${LEAD_COLUMNS} FROM lead WHERE site_id = ? AND id = ?`);
    this.#many = db.query<LeadRow, [string, string]>(
      `SELECT ${LEAD_COLUMNS} FROM lead WHERE site_id = ? AND id IN (SELECT value FROM json_each(?)) ORDER BY id`,
    );
  }

  find(siteId: string, id: string): Lead | null {
    const row = this.#one.get(siteId, id);
    return row ? this.toLead(row) : null;
  }

  /** Those of `ids` that are the site's, oldest first. */
  findMany(siteId: string, ids: readonly string[]): Lead[] {
    return this.findManyRows(siteId, ids).map((row) => this.toLead(row));
  }

  findManyRows(siteId: string, ids: readonly string[]): LeadRow[] {
    return this.#many.all(siteId, JSON.stringify(ids));
  }

  /** The body with whole addresses for its files: stored are their paths. */
  shown(body: LeadBody): LeadBody {
    if (body.files.length === 0) return body;
    const base = this.#publicUrl();
    return { ...body, files: body.files.map((file) => ({ ...file, url: base + file.url })) };
  }

  toLead(row: LeadRow): Lead {
    const forms = this.#forms.site(row.site_id);
    const form = forms.byId(row.form_id);
    const syncStatus = row.sync_status as SyncStatus;
    return {
      id: row.id,
      siteId: row.site_id,
      formId: form?.id ?? row.form_id,
      rowFormId: row.form_id,
      formName: form?.name ?? '',
      sheetTab: syncStatus === 'skipped' ? null : (forms.itself(row.form_id)?.sheetTab ?? null),
      source: row.source as Source,
      body: this.shown({ ...emptyBody(), ...(JSON.parse(row.body) as Partial<LeadBody>) }),
      judgement: row.judgement === null ? null : (JSON.parse(row.judgement) as Judgement),
      quality: row.quality,
      spam: row.spam === 1,
      spamReason: row.spam_reason,
      syncStatus,
      syncProblem: row.sync_problem,
      syncedAt: row.synced_at,
      submittedAt: row.submitted_at,
      createdAt: row.created_at,
    };
  }
}
