import { Elysia } from 'elysia';
import { type SubmissionRoutesDeps, submissionReads, submissionWrites } from './submissions.ts';

/** Every route of the REST API, version 1. */
export function apiV1(deps: SubmissionRoutesDeps) {
  return new Elysia({ prefix: '/api/v1' }).use(submissionWrites(deps)).use(submissionReads(deps));
}
