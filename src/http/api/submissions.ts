import { Elysia } from 'elysia';
import { SubmissionListQuery } from '../../contract/submission-list.ts';
import type { Auth, Caller } from '../auth.ts';
import { MAX_BATCH_BYTES, MAX_JSON_BYTES, readJson } from '../body.ts';
import { type Answer, sendJson } from '../json.ts';
import { type Operations, SCOPE_OF } from '../operations.ts';
import { queryObject } from '../query.ts';
import { queryParams } from '../request.ts';
import type { Guard } from './guard.ts';
import { documented } from './openapi.ts';

export interface ApiRoutesDeps {
  guard: Guard;
  recheck: Auth['recheck'];
  operations: Operations;
}

/** What a 201 says of a lead that an earlier request with the same key made. */
function markReplay(set: Answer, replayed: boolean): void {
  if (replayed) set.headers['idempotent-replayed'] = 'true';
}

function taking({ siteId }: Caller, request: Request) {
  return { siteId, source: 'rest_api', idempotencyKey: request.headers.get('idempotency-key') } as const;
}

export function submissionWrites({ guard, recheck, operations }: ApiRoutesDeps) {
  return new Elysia()
    .use(guard(SCOPE_OF.createSubmission))
    .post(
      '/submissions',
      async ({ caller, request, set }) => {
        const body = await readJson(request, MAX_JSON_BYTES);
        recheck(caller);
        const { submission, replayed } = await operations.createSubmission(body, taking(caller, request));
        set.status = 201;
        markReplay(set as Answer, replayed);
        return sendJson(set as Answer, { data: submission });
      },
      { parse: 'none', ...documented('createSubmission') },
    )
    .post(
      '/submissions/batch',
      async ({ caller, request, set }) => {
        const body = await readJson(request, MAX_BATCH_BYTES);
        recheck(caller);
        const { results, replayed } = await operations.createSubmissions(body, taking(caller, request));
        markReplay(set as Answer, replayed);
        return sendJson(set as Answer, { data: results });
      },
      { parse: 'none', ...documented('createSubmissions') },
    );
}

export function submissionReads({ guard, operations }: ApiRoutesDeps) {
  return new Elysia()
    .use(guard(SCOPE_OF.listSubmissions))
    .get(
      '/submissions',
      ({ caller, request, set }) => {
        const query = queryObject(queryParams(request), SubmissionListQuery);
        return sendJson(set as Answer, operations.listSubmissions(caller.siteId, query));
      },
      documented('listSubmissions'),
    )
    .get(
      '/submissions/:id',
      ({ caller, params, set }) =>
        sendJson(set as Answer, { data: operations.getSubmission(caller.siteId, params.id) }),
      documented('getSubmission'),
    );
}
