import { Elysia } from 'elysia';
import { formReads, formWrites } from './forms.ts';
import { siteReads } from './site.ts';
import { type ApiRoutesDeps, submissionReads, submissionWrites } from './submissions.ts';

/** Every route of the REST API, version 1. */
export function apiV1(deps: ApiRoutesDeps) {
  return new Elysia({ prefix: '/api/v1' })
    .use(submissionWrites(deps))
    .use(submissionReads(deps))
    .use(formReads(deps))
    .use(formWrites(deps))
    .use(siteReads(deps));
}
