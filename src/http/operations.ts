import type { Form as FormView } from '../contract/form.ts';
import type { Scope } from '../contract/key.ts';
import type { Pagination } from '../contract/page.ts';
import type { Site as SiteView } from '../contract/site.ts';
import type { Source } from '../contract/source.ts';
import type { Submission } from '../contract/submission.ts';
import type { Intake } from '../intake/accept.ts';
import { readFormUpdate } from '../intake/form-update.ts';
import type { Clock } from '../lib/clock.ts';
import { errorText, invalid, notFound } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { leadPage } from '../store/paging.ts';
import type { Lead, Store } from '../store/store.ts';
import { toForm, toSite, toSubmission } from '../store/view.ts';
import { readListQuery } from './list-query.ts';

/**
 * What a key may do with its site: the same functions behind REST and MCP, so that a rule of one is a rule of the
 * other. Inputs are as the caller sent them; each operation checks its own. Another site's object is "not found".
 */
export interface Operations {
  getSite(siteId: string): SiteView;
  /** @param query members as SubmissionListQuery has them @throws AppError validation_error naming each bad one */
  listSubmissions(siteId: string, query: unknown): { data: Submission[]; pagination: Pagination };
  /** @throws AppError not_found */
  getSubmission(siteId: string, id: string): Submission;
  /**
   * Resolves when the lead is on disk. Where it can't be shown, its id alone is.
   * @throws AppError validation_error, idempotency_key_reused, unavailable; then nothing was stored
   */
  createSubmission(
    input: unknown,
    context: Taking,
  ): Promise<{ submission: Submission | { id: string }; replayed: boolean }>;
  /** @throws as `createSubmission`, for the whole request */
  createSubmissions: Intake['submitBatch'];
  listForms(siteId: string): FormView[];
  /** @throws AppError not_found */
  getForm(siteId: string, id: string): FormView;
  /** @throws AppError not_found; validation_error, also for a name or tab that another form has */
  updateForm(siteId: string, id: string, change: unknown): Promise<FormView>;
}

/** Where a lead comes from. */
export interface Taking {
  siteId: string;
  source: Source;
  idempotencyKey: string | null;
}

/** The scope each operation needs; null: any valid key. Spec 2, "Endpoints". */
export const SCOPE_OF = {
  getSite: null,
  listSubmissions: 'submissions:read',
  getSubmission: 'submissions:read',
  createSubmission: 'submissions:write',
  createSubmissions: 'submissions:write',
  listForms: 'forms:read',
  getForm: 'forms:read',
  updateForm: 'forms:write',
} as const satisfies Record<keyof Operations, Scope | null>;

export interface OperationsDeps {
  store: Pick<Store, 'sites' | 'forms' | 'leads' | 'sheets'>;
  intake: Intake;
  clock: Clock;
  log: Log;
}

export function createOperations({ store, intake, clock, log }: OperationsDeps): Operations {
  const { sites, forms, leads, sheets } = store;

  /** A lead that is stored is answered as taken, whatever may go wrong with showing it. Spec 2, "Idempotency-Key". */
  function shown(lead: Lead): Submission | { id: string } {
    try {
      return toSubmission(lead);
    } catch (error) {
      log.error('http.lead_not_shown', { lead: lead.id, reason: errorText(error) });
      return { id: lead.id };
    }
  }

  return {
    getSite(siteId) {
      const site = sites.get(siteId);
      if (!site) throw notFound('site');
      return toSite(site, sites.usage(siteId, clock.now()), sheets.target(siteId), sheets.counts(siteId));
    },
    listSubmissions(siteId, query) {
      const request = readListQuery(query);
      const { formId } = request.filter;
      if (formId !== undefined && forms.outline(siteId, formId) === null) {
        throw invalid('The list can not be made: see details.', [
          { path: '/form_id', message: 'there is no such form' },
        ]);
      }
      return leadPage(leads, siteId, request);
    },
    getSubmission(siteId, id) {
      const lead = leads.get(siteId, id);
      if (!lead) throw notFound('submission');
      return toSubmission(lead);
    },
    async createSubmission(input, context) {
      const { lead, replayed } = await intake.submit(input, context);
      return { submission: shown(lead), replayed };
    },
    createSubmissions: (input, context) => intake.submitBatch(input, context),
    listForms: (siteId) => forms.list(siteId).map(toForm),
    getForm(siteId, id) {
      const form = forms.get(siteId, id);
      if (!form) throw notFound('form');
      return toForm(form);
    },
    async updateForm(siteId, id, change) {
      // A form that isn't there is reported as such, whatever the change looks like.
      if (forms.outline(siteId, id) === null) throw notFound('form');
      const updated = await forms.update(siteId, id, readFormUpdate(change));
      if (updated === null) throw notFound('form');
      if ('taken' in updated) {
        const details = updated.taken.map((name) => ({
          path: `/${name}`,
          message: 'another form of this site has it',
        }));
        throw invalid('The form was not changed: see details.', details);
      }
      return toForm(updated);
    },
  };
}
