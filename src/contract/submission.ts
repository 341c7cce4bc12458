import { type Static, Type } from '@sinclair/typebox';
import { FreeMap, Id, MapOf, Nullable, OneOf, Time } from './schema.ts';
import { SOURCES } from './source.ts';

export const MAX_FIELDS = 200;
export const MAX_FIELD_NAME = 200;
export const MAX_TEXT = 10_000;
export const MAX_METADATA = 50;
export const MAX_BATCH = 1_000;

export const SYNC_STATUSES = ['pending', 'synced', 'failed', 'skipped'] as const;
export type SyncStatus = (typeof SYNC_STATUSES)[number];

export const DEVICE_TYPES = ['desktop', 'mobile', 'tablet', 'other'] as const;
export const PAID_SOURCES = ['google', 'meta', 'microsoft', 'tiktok', 'linkedin'] as const;
export const SCORES = ['hot', 'warm', 'cold'] as const;

/** The raw click ids a caller may send; the first that is set becomes `click_id`. Spec 2. */
export const CLICK_IDS = ['gclid', 'gbraid', 'wbraid', 'fbclid', 'msclkid', 'ttclid', 'li_fat_id'] as const;
export type ClickIdName = (typeof CLICK_IDS)[number];

export const UTM_NAMES = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content'] as const;

/** A lead's field after normalising: nested objects are flattened before. Spec 1, "Sanitising". */
const Scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]);
export const FieldValue = Type.Union([Scalar, Type.Array(Scalar)]);
export type FieldScalar = string | number | boolean | null;
export type FieldValue = FieldScalar | FieldScalar[];
export type Fields = Record<string, FieldValue>;

const text = (description: string, example?: string) =>
  Type.Optional(Nullable(Type.String({ description, ...(example ? { examples: [example] } : {}) })));

const attributionInput = {
  page_url: text('The page the lead was submitted on.', 'https://example.com/pricing?utm_source=google'),
  page_title: text('The title of that page.'),
  referrer: text('The page that led there.'),
  utm_source: text('Filled in from `page_url` when absent.'),
  utm_medium: text('Filled in from `page_url` when absent.'),
  utm_campaign: text('Filled in from `page_url` when absent.'),
  utm_term: text('Filled in from `page_url` when absent.'),
  utm_content: text('Filled in from `page_url` when absent.'),
  paid_source: Type.Optional(Nullable(OneOf(PAID_SOURCES, 'The ad network. Derived from the click id when absent.'))),
  click_id: text('The ad click. Filled in from `page_url` when absent.'),
  gclid: text('Google click id.'),
  gbraid: text('Google click id (app to web).'),
  wbraid: text('Google click id (web to app).'),
  fbclid: text('Meta click id.'),
  msclkid: text('Microsoft click id.'),
  ttclid: text('TikTok click id.'),
  li_fat_id: text('LinkedIn click id.'),
  user_agent: text('Browser, OS and device type are derived from it when absent. Not stored.'),
  browser: text('For example `Firefox 140`.'),
  os: text('For example `Windows`.'),
  device_type: Type.Optional(Nullable(OneOf(DEVICE_TYPES, 'What kind of device.'))),
  screen_size: text('Width x height.', '1440x900'),
  language: text('A BCP 47 tag.', 'en-GB'),
  timezone: text('An IANA time zone.', 'Europe/Paris'),
} as const;

/** What POST /submissions takes. Closed: a typo must not lose data silently. Spec 2. */
export const SubmissionCreate = Type.Object(
  {
    fields: FreeMap({
      description: 'The lead itself, by field name. Objects are flattened as `address.city`.',
      examples: [{ Email: 'alice@example.com', 'Full name': 'Alice' }],
    }),
    form_id: Type.Optional(Nullable(Type.String({ description: 'An existing form. Not together with `form_name`.' }))),
    form_name: Type.Optional(
      Nullable(
        Type.String({
          minLength: 1,
          maxLength: 200,
          description: 'Matched without regard to case; an unknown name creates the form.',
        }),
      ),
    ),
    ...attributionInput,
    submitted_at: Type.Optional(
      Nullable(Type.String({ format: 'date-time', description: 'RFC 3339. Default now; at most 24 hours ahead.' })),
    ),
    metadata: Type.Optional(
      Nullable(
        FreeMap({
          maxProperties: MAX_METADATA,
          description: 'A free object, kept beside the lead.',
        }),
      ),
    ),
  },
  { additionalProperties: false, $id: 'SubmissionCreate' },
);
export type SubmissionCreate = Static<typeof SubmissionCreate>;

export const WARNING_CODES = [
  'field_dropped',
  'field_masked',
  'field_cut',
  'field_renamed',
  'field_cleaned',
  'number_rounded',
  'metadata_cut',
  'too_many_fields',
] as const;

/** What was dropped, masked or cut, without its value. Spec 1. */
export const Warning = Type.Object(
  { code: OneOf(WARNING_CODES, 'What was done.'), field: Type.String(), message: Type.String() },
  { additionalProperties: false },
);
export type Warning = Static<typeof Warning>;

export const Enrichment = Type.Object(
  {
    match_confidence: Type.Number({ minimum: 0, maximum: 1 }),
    company: Nullable(Type.String()),
    job_title: Nullable(Type.String()),
    linkedin_url: Nullable(Type.String()),
    industry: Nullable(Type.String()),
    company_size: Nullable(Type.String()),
    country: Nullable(Type.String()),
  },
  { additionalProperties: false },
);
export type Enrichment = Static<typeof Enrichment>;

export const FileRef = Type.Object(
  {
    field: Type.String(),
    name: Type.String(),
    size: Type.Integer({ minimum: 0, description: 'Bytes.' }),
    content_type: Type.String(),
    url: Type.String(),
  },
  { additionalProperties: false },
);

const nullableText = Nullable(Type.String());

/** One lead, as every interface shows it. Spec 2, "Submission". */
export const Submission = Type.Object(
  {
    id: Id('sub', 'The lead.'),
    form_id: Id('frm', 'The form it was submitted with.'),
    form_name: Type.String(),
    source: OneOf(SOURCES, 'The way it came in.'),
    fields: MapOf(FieldValue),
    page_url: nullableText,
    page_title: nullableText,
    referrer: nullableText,
    utm_source: nullableText,
    utm_medium: nullableText,
    utm_campaign: nullableText,
    utm_term: nullableText,
    utm_content: nullableText,
    paid_source: Nullable(OneOf(PAID_SOURCES, 'The ad network.')),
    click_id: nullableText,
    browser: nullableText,
    os: nullableText,
    device_type: Nullable(OneOf(DEVICE_TYPES, 'What kind of device.')),
    screen_size: nullableText,
    language: nullableText,
    timezone: nullableText,
    files: Type.Array(FileRef),
    score: Nullable(OneOf(SCORES, 'How promising the lead is.')),
    score_reason: nullableText,
    summary: nullableText,
    enrichment: Nullable(Enrichment),
    quality: Nullable(Type.String({ description: "The team's own word for it." })),
    spam: Type.Boolean(),
    sync_status: OneOf(SYNC_STATUSES, 'Where its sheet row stands.'),
    synced_at: Nullable(Time('When its row was written.')),
    sheet_tab: Nullable(Type.String({ description: 'The tab its row is on.' })),
    warnings: Type.Array(Warning),
    metadata: FreeMap(),
    submitted_at: Time('When the visitor sent it.'),
    created_at: Time('When it was stored here.'),
  },
  { additionalProperties: false, $id: 'Submission' },
);
export type Submission = Static<typeof Submission>;
