import { Elysia } from 'elysia';
import { formReads, formWrites } from './forms.ts';
import { openApiRoute } from './openapi.ts';
import { siteReads } from './site.ts';
import { type ApiRoutesDeps, submissionReads, submissionWrites } from './submissions.ts';

export interface ApiDeps extends ApiRoutesDeps {
  /** `LTS_PUBLIC_URL`, where it is set. */
  serverUrl: string | null;
}

/** Every route of the REST API, version 1. Each is in the OpenAPI document by its `detail`. */
export function apiV1(deps: ApiDeps) {
  const api = new Elysia({ prefix: '/api/v1' })
    .use(submissionWrites(deps))
    .use(submissionReads(deps))
    .use(formReads(deps))
    .use(formWrites(deps))
    .use(siteReads(deps));
  return api.use(openApiRoute({ routes: () => api.routes, serverUrl: deps.serverUrl }));
}
