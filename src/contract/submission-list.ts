import { type Static, Type } from '@sinclair/typebox';
import { DEFAULT_PER_PAGE, MAX_COUNTED, MAX_PER_PAGE } from './page.ts';
import { OneOf } from './schema.ts';
import { SOURCES } from './source.ts';
import { SCORES, SYNC_STATUSES } from './submission.ts';

export const SORTS = ['-created_at', 'created_at'] as const;
export const SPAM_FILTERS = ['exclude', 'only', 'include'] as const;
/** How long a search may be, in characters. */
export const MAX_QUERY = 500;

const time = (description: string) =>
  Type.String({ format: 'date-time', description, examples: ['2026-11-01T00:00:00Z'] });

const paging = {
  per_page: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: MAX_PER_PAGE,
      default: DEFAULT_PER_PAGE,
      description: 'How many leads a page has.',
    }),
  ),
  cursor: Type.Optional(
    Type.String({
      maxLength: 100,
      description: '`next_cursor` of the page before. Keep filters and sort as they were.',
    }),
  ),
  sort: Type.Optional(
    OneOf(SORTS, 'Newest first (`-created_at`) or oldest first (`created_at`).', { default: '-created_at' }),
  ),
};

const filters = {
  form_id: Type.Optional(Type.String({ maxLength: 100, description: 'Only leads of this form.' })),
  source: Type.Optional(OneOf(SOURCES, 'Only leads that came in this way.')),
  sync_status: Type.Optional(OneOf(SYNC_STATUSES, 'Only leads whose sheet row stands so.')),
  score: Type.Optional(OneOf(SCORES, 'Only leads with this score.')),
  spam: Type.Optional(OneOf(SPAM_FILTERS, 'Whether spam is shown.', { default: 'exclude' })),
  created_after: Type.Optional(time('Only leads stored at this time or later. RFC 3339, any offset.')),
  created_before: Type.Optional(time('Only leads stored before this time. RFC 3339, any offset.')),
  utm_source: Type.Optional(
    Type.String({ maxLength: 10_000, description: 'Only leads with exactly this UTM source.' }),
  ),
  utm_campaign: Type.Optional(
    Type.String({ maxLength: 10_000, description: 'Only leads with exactly this UTM campaign.' }),
  ),
  q: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: MAX_QUERY,
      description:
        'Full-text search over field values: each word must be in the lead, by its start. A new lead is found within 2 seconds.',
      examples: ['alice example'],
    }),
  ),
};

/** What GET /submissions takes. Spec 2, "Lists". */
export const SubmissionListQuery = Type.Object(
  {
    page: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 999_999_999,
        default: 1,
        description: `From 1; not together with \`cursor\`. \`page\` × \`per_page\` ends at ${MAX_COUNTED}: \`cursor\` goes on from there.`,
      }),
    ),
    ...paging,
    ...filters,
  },
  { additionalProperties: false },
);
export type SubmissionListQuery = Static<typeof SubmissionListQuery>;

/** The same without page numbers: where a page may be cut short, only a cursor goes on without skipping. */
export const SubmissionWalkQuery = Type.Object({ ...paging, ...filters }, { additionalProperties: false });
