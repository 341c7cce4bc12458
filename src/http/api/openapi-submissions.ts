import {
  EXAMPLE_BATCH_RESULTS,
  EXAMPLE_PAGINATION,
  EXAMPLE_SUBMISSION,
  EXAMPLE_SUBMISSION_CREATE,
  EXAMPLE_SYNCED,
} from '../../contract/examples.ts';
import { Page } from '../../contract/page.ts';
import { Data, DataList } from '../../contract/schema.ts';
import { Submission, SubmissionCreate } from '../../contract/submission.ts';
import { BatchResult, SubmissionBatch } from '../../contract/submission-batch.ts';
import { SubmissionListQuery } from '../../contract/submission-list.ts';
import { AppError, type ErrorDetail, invalid, notFound } from '../../lib/errors.ts';
import { operation } from './openapi-operation.ts';
import { IDEMPOTENCY_KEY, idParameter, queryParameters } from './openapi-parts.ts';

/* What the OpenAPI document says of the routes for submissions. */

const TAG = 'Submissions';

const refusal = (message: string, ...details: ErrorDetail[]) => invalid(message, details);
const NOT_TAKEN = 'The lead was not taken: see details.';
const DELETED =
  'The lead that was made with this Idempotency-Key has been deleted. Nothing was stored; use a new key for a new lead.';

const keyReused = {
  description: 'The same `Idempotency-Key` came with another body in the last 24 hours. Nothing was taken.',
  failures: [
    {
      when: 'A key for two different requests',
      error: new AppError(
        'idempotency_key_reused',
        'This Idempotency-Key was used with another body in the last 24 hours. Use a new key for a new lead.',
      ),
    },
  ],
};

const badKey = {
  when: 'An Idempotency-Key that is none',
  error: refusal('The Idempotency-Key must have 1 to 255 characters.', {
    path: '',
    message: 'Idempotency-Key: 1 to 255 characters',
  }),
};

export const createSubmission = operation('createSubmission', {
  tag: TAG,
  summary: 'Create a submission',
  description: `Takes one lead. The answer comes when it is safely on disk; its row is written to the sheet right after.

\`fields\` is the lead itself, everything else is optional. Name the form with \`form_name\`, which makes it if it is new, or with \`form_id\`. UTM and click ids that \`page_url\` carries are filled in where you send none; browser, OS and device type likewise from \`user_agent\`. Any other member is refused by name, so that a typo loses nothing silently.

Send an \`Idempotency-Key\` to be able to repeat the request safely: the lead is taken once. Should showing a stored lead ever fail, \`data\` has its \`id\` alone: it was taken all the same.`,
  parameters: [IDEMPOTENCY_KEY],
  body: {
    description: 'The lead.',
    limitMiB: 1,
    schema: SubmissionCreate,
    examples: {
      minimal: ['Fields alone', { fields: { Email: 'alice@example.com', 'Full name': 'Alice' } }],
      complete: ['With form, page and device', EXAMPLE_SUBMISSION_CREATE],
    },
  },
  reply: {
    status: 201,
    description: 'The lead is stored.',
    media: { schema: Data(Submission), example: { data: EXAMPLE_SUBMISSION } },
    headers: ['Idempotent-Replayed'],
  },
  failures: [
    {
      description: 'A repeated request whose lead was deleted since.',
      failures: [{ when: 'A lead that is deleted', error: new AppError('not_found', DELETED) }],
    },
    keyReused,
    {
      description: 'Something about the lead is wrong; `details` says what and where. Nothing was taken.',
      failures: [
        {
          when: 'A misspelt member',
          error: refusal(NOT_TAKEN, { path: '/utm_sorce', message: 'Unknown member. Did you mean `utm_source`?' }),
        },
        {
          when: 'A form that is not there',
          error: refusal(NOT_TAKEN, {
            path: '/form_id',
            message: 'There is no such form. Leave it out, or send `form_name`.',
          }),
        },
        badKey,
      ],
    },
  ],
});

export const createSubmissions = operation('createSubmissions', {
  tag: TAG,
  summary: 'Create many submissions',
  description: `Takes up to 1,000 leads in one request, for imports. Each is judged for itself, and the good ones are stored together: there is one result for each item, in their order.

One \`Idempotency-Key\` stands for the whole request. A batch counts as one request against the limit.`,
  parameters: [IDEMPOTENCY_KEY],
  body: {
    description: 'The leads.',
    limitMiB: 8,
    schema: SubmissionBatch,
    examples: {
      import: [
        'Two leads of one form',
        {
          submissions: [
            { fields: { Email: 'alice@example.com' }, form_name: 'Newsletter', submitted_at: '2026-11-21T09:00:00Z' },
            { fields: { Email: 'bob@example.com' }, form_name: 'Newsletter', submitted_at: '2026-11-21T09:30:00Z' },
          ],
        },
      ],
    },
  },
  reply: {
    status: 200,
    description: 'What became of each item. The created ones are stored.',
    media: {
      schema: DataList(BatchResult, 'One result for each item, in the order of `submissions`.'),
      example: { data: EXAMPLE_BATCH_RESULTS },
    },
    headers: ['Idempotent-Replayed'],
  },
  failures: [
    keyReused,
    {
      description: 'The request as a whole is no batch. Nothing was taken.',
      failures: [
        {
          when: 'A batch without items',
          error: refusal('The batch was not taken: see details.', {
            path: '/submissions',
            message: 'must have at least one item.',
          }),
        },
        badKey,
      ],
    },
  ],
});

export const listSubmissions = operation('listSubmissions', {
  tag: TAG,
  summary: 'List submissions',
  description: `The leads of the site, newest first, spam left out unless you ask for it. All filters must hold at once.

Walk a long list with \`cursor\`: every page costs the same, and leads that come in meanwhile are neither skipped nor repeated. An unknown parameter is refused by name.`,
  parameters: queryParameters(SubmissionListQuery),
  reply: {
    status: 200,
    description: 'One page of leads.',
    media: { schema: Page(Submission), example: { data: [EXAMPLE_SYNCED], pagination: EXAMPLE_PAGINATION } },
  },
  failures: [
    {
      description: 'A parameter is wrong or unknown; `details` names it.',
      failures: [
        {
          when: 'A page that is out of reach',
          error: refusal('The list can not be made: see details.', {
            path: '/page',
            message: 'page × per_page ends at 10000: go on with cursor, from next_cursor of the page before.',
          }),
        },
        {
          when: 'An unknown parameter',
          error: refusal('The list can not be made: see details.', {
            path: '/formid',
            message: 'Unknown member. Did you mean `form_id`?',
          }),
        },
      ],
    },
  ],
});

export const getSubmission = operation('getSubmission', {
  tag: TAG,
  summary: 'Get a submission',
  description: 'One lead by its id, as it is now: `sync_status` tells whether its row is written.',
  parameters: [idParameter(Submission.properties.id)],
  reply: {
    status: 200,
    description: 'The lead.',
    media: { schema: Data(Submission), example: { data: EXAMPLE_SYNCED } },
  },
  failures: [
    {
      description: 'The site has no such lead.',
      failures: [{ when: "An unknown id, or another site's", error: notFound('submission') }],
    },
  ],
});
