import { Elysia } from 'elysia';
import { type Answer, sendJson } from '../json.ts';
import { SCOPE_OF } from '../operations.ts';
import { documented } from './openapi.ts';
import type { ApiRoutesDeps } from './submissions.ts';

export function siteReads({ guard, operations }: ApiRoutesDeps) {
  return new Elysia()
    .use(guard(SCOPE_OF.getSite))
    .get(
      '/site',
      ({ caller, set }) => sendJson(set as Answer, { data: operations.getSite(caller.siteId) }),
      documented('getSite'),
    );
}
