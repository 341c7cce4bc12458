import { Elysia } from 'elysia';
import type { Intake } from '../../intake/accept.ts';
import { parseTime } from '../../intake/time.ts';
import { errorText, invalid, notFound } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { leadPage } from '../../store/paging.ts';
import type { FormStore, Lead, LeadStore } from '../../store/store.ts';
import { toSubmission } from '../../store/view.ts';
import { MAX_BATCH_BYTES, MAX_JSON_BYTES, readJson } from '../body.ts';
import { type Answer, sendJson } from '../json.ts';
import { queryParams } from '../request.ts';
import type { Guard } from './guard.ts';
import { parseListQuery } from './list-query.ts';

export interface SubmissionRoutesDeps {
  guard: Guard;
  intake: Intake;
  leads: LeadStore;
  forms: Pick<FormStore, 'outline'>;
  log: Log;
}

/** What a 201 says of a lead that an earlier request with the same key made. */
function markReplay(set: Answer, replayed: boolean): void {
  if (replayed) set.headers['idempotent-replayed'] = 'true';
}

/** A lead that is stored is answered as taken, whatever may go wrong with showing it. Spec 2, "Idempotency-Key". */
function shown(lead: Lead, log: Log): unknown {
  try {
    return toSubmission(lead);
  } catch (error) {
    log.error('http.lead_not_shown', { lead: lead.id, reason: errorText(error) });
    return { id: lead.id };
  }
}

export function submissionWrites({ guard, intake, log }: SubmissionRoutesDeps) {
  return new Elysia()
    .use(guard('submissions:write'))
    .post(
      '/submissions',
      async ({ caller, request, set }) => {
        const body = await readJson(request, MAX_JSON_BYTES);
        const idempotencyKey = request.headers.get('idempotency-key');
        const { lead, replayed } = await intake.submit(body, {
          siteId: caller.siteId,
          source: 'rest_api',
          idempotencyKey,
        });
        set.status = 201;
        markReplay(set as Answer, replayed);
        return sendJson(set as Answer, { data: shown(lead, log) });
      },
      { parse: 'none' },
    )
    .post(
      '/submissions/batch',
      async ({ caller, request, set }) => {
        const body = await readJson(request, MAX_BATCH_BYTES);
        const idempotencyKey = request.headers.get('idempotency-key');
        const { results, replayed } = await intake.submitBatch(body, {
          siteId: caller.siteId,
          source: 'rest_api',
          idempotencyKey,
        });
        markReplay(set as Answer, replayed);
        return sendJson(set as Answer, { data: results });
      },
      { parse: 'none' },
    );
}

export function submissionReads({ guard, leads, forms }: SubmissionRoutesDeps) {
  return new Elysia()
    .use(guard('submissions:read'))
    .get('/submissions', ({ caller, request, set }) => {
      const list = parseListQuery(queryParams(request), parseTime);
      const { formId } = list.filter;
      if (formId !== undefined && forms.outline(caller.siteId, formId) === null) {
        throw invalid('The list can not be made: see details.', [
          { path: '/form_id', message: 'there is no such form' },
        ]);
      }
      return sendJson(set as Answer, leadPage(leads, caller.siteId, list));
    })
    .get('/submissions/:id', ({ caller, params, set }) => {
      const lead = leads.get(caller.siteId, params.id);
      if (!lead) throw notFound('submission');
      return sendJson(set as Answer, { data: toSubmission(lead) });
    });
}
