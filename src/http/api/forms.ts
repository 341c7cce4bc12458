import { Elysia } from 'elysia';
import { MAX_JSON_BYTES, readJson } from '../body.ts';
import { type Answer, sendJson } from '../json.ts';
import { SCOPE_OF } from '../operations.ts';
import { documented } from './openapi.ts';
import type { ApiRoutesDeps } from './submissions.ts';

export function formReads({ guard, operations }: ApiRoutesDeps) {
  return new Elysia()
    .use(guard(SCOPE_OF.listForms))
    .get(
      '/forms',
      ({ caller, set }) => sendJson(set as Answer, { data: operations.listForms(caller.siteId) }),
      documented('listForms'),
    )
    .get(
      '/forms/:id',
      ({ caller, params, set }) => sendJson(set as Answer, { data: operations.getForm(caller.siteId, params.id) }),
      documented('getForm'),
    );
}

export function formWrites({ guard, recheck, operations }: ApiRoutesDeps) {
  return new Elysia().use(guard(SCOPE_OF.updateForm)).patch(
    '/forms/:id',
    async ({ caller, params, request, set }) => {
      const change = await readJson(request, MAX_JSON_BYTES);
      recheck(caller);
      return sendJson(set as Answer, { data: await operations.updateForm(caller.siteId, params.id, change) });
    },
    { parse: 'none', ...documented('updateForm') },
  );
}
