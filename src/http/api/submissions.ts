import { Elysia } from 'elysia';
import type { Intake } from '../../intake/accept.ts';
import { parseTime } from '../../intake/time.ts';
import { notFound } from '../../lib/errors.ts';
import { leadPage } from '../../store/paging.ts';
import type { LeadStore } from '../../store/store.ts';
import { toSubmission } from '../../store/view.ts';
import { MAX_BATCH_BYTES, MAX_JSON_BYTES, readJson } from '../body.ts';
import { type Answer, sendJson } from '../json.ts';
import type { Guard } from './guard.ts';
import { parseListQuery } from './list-query.ts';

export interface SubmissionRoutesDeps {
  guard: Guard;
  intake: Intake;
  leads: LeadStore;
}

/** What a 201 says of a lead that an earlier request with the same key made. */
function markReplay(set: Answer, replayed: boolean): void {
  if (replayed) set.headers['idempotent-replayed'] = 'true';
}

export function submissionWrites({ guard, intake }: SubmissionRoutesDeps) {
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
        return sendJson(set as Answer, { data: toSubmission(lead) });
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

export function submissionReads({ guard, leads }: SubmissionRoutesDeps) {
  return new Elysia()
    .use(guard('submissions:read'))
    .get('/submissions', ({ caller, request, set }) => {
      const list = parseListQuery(new URL(request.url).searchParams, parseTime);
      return sendJson(set as Answer, leadPage(leads, caller.siteId, list));
    })
    .get('/submissions/:id', ({ caller, params, set }) => {
      const lead = leads.get(caller.siteId, params.id);
      if (!lead) throw notFound('submission');
      return sendJson(set as Answer, { data: toSubmission(lead) });
    });
}
