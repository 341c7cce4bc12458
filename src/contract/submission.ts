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
export const FieldValue = Type.Union([Scalar, Type.Array(Scalar)], {
  $id: 'FieldValue',
  description: 'What one field holds: text, a number, true or false, nothing, or a list of these.',
});
export type FieldScalar = string | number | boolean | null;
export type FieldValue = FieldScalar | FieldScalar[];
export type Fields = Record<string, FieldValue>;

const text = (description: string, example: string) =>
  Type.Optional(Nullable(Type.String({ description, examples: [example] })));
const utm = (name: string, example: string) => text(`The ${name}. Filled in from \`page_url\` when absent.`, example);
const clickId = (network: string, example: string) => text(`${network} click id. Becomes \`click_id\`.`, example);

const attributionInput = {
  page_url: text('The page the lead was submitted on.', 'https://example.com/pricing?utm_source=google&gclid=Cj0KCQiA'),
  page_title: text('The title of that page.', 'Pricing'),
  referrer: text('The page that led there.', 'https://www.google.com/'),
  utm_source: utm('UTM source', 'google'),
  utm_medium: utm('UTM medium', 'cpc'),
  utm_campaign: utm('UTM campaign', 'autumn'),
  utm_term: utm('UTM term', 'crm for dentists'),
  utm_content: utm('UTM content', 'headline-b'),
  paid_source: Type.Optional(Nullable(OneOf(PAID_SOURCES, 'The ad network. Derived from the click id when absent.'))),
  click_id: text('The id of the ad click. Filled in from `page_url` when absent.', 'Cj0KCQiA'),
  gclid: clickId('Google', 'Cj0KCQiA'),
  gbraid: clickId('Google (app to web)', '0AAAAAo4mICF'),
  wbraid: clickId('Google (web to app)', 'CjgKCAjw'),
  fbclid: clickId('Meta', 'IwAR0h3Z'),
  msclkid: clickId('Microsoft', '8f1c2d3e4b5a'),
  ttclid: clickId('TikTok', 'E.C.P.abc123'),
  li_fat_id: clickId('LinkedIn', '3f2b8c1a'),
  user_agent: text(
    'Browser, OS and device type are derived from it when absent. Not stored.',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
  ),
  browser: text('Name and version.', 'Firefox 140'),
  os: text('The operating system.', 'Windows'),
  device_type: Type.Optional(Nullable(OneOf(DEVICE_TYPES, 'What kind of device.'))),
  screen_size: text('Width x height, in pixels.', '1440x900'),
  language: text('A BCP 47 tag.', 'en-GB'),
  timezone: text('An IANA time zone.', 'Europe/Paris'),
};

/** What POST /submissions takes. Closed: a typo must not lose data silently. Spec 2. */
export const SubmissionCreate = Type.Object(
  {
    fields: FreeMap({
      description: `The lead itself, by field name: at most ${MAX_FIELDS} fields, names of 1 to ${MAX_FIELD_NAME} characters, texts of at most ${MAX_TEXT}. Objects are flattened, as \`address.city\`. Passwords and card numbers are left out or masked, with a warning.`,
      examples: [{ Email: 'alice@example.com', 'Full name': 'Alice' }],
    }),
    form_id: Type.Optional(
      Nullable(
        Type.String({
          description: 'An existing form. Not together with `form_name`; without either, the form is `API`.',
          examples: ['frm_01jd8x4k2m3n4p5q6r7st'],
        }),
      ),
    ),
    form_name: Type.Optional(
      Nullable(
        Type.String({
          minLength: 1,
          maxLength: 200,
          description: 'The form by its name, matched without regard to case; an unknown name creates the form.',
          examples: ['Contact form'],
        }),
      ),
    ),
    ...attributionInput,
    submitted_at: Type.Optional(
      Nullable(
        Type.String({
          format: 'date-time',
          description: 'When the visitor sent it: RFC 3339 with any offset, at most 24 hours ahead. Now, when absent.',
          examples: ['2026-11-22T15:05:00+01:00'],
        }),
      ),
    ),
    metadata: Type.Optional(
      Nullable(
        FreeMap({
          maxProperties: MAX_METADATA,
          description: 'A free object, kept beside the lead and not written to the sheet.',
          examples: [{ crm_id: '4711' }],
        }),
      ),
    ),
  },
  {
    additionalProperties: false,
    $id: 'SubmissionCreate',
    description: 'A lead as it is sent. A member that is null counts as absent; an unknown one is refused by name.',
  },
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
  'captcha_unchecked',
  'file_dropped',
  'form_replaced',
] as const;

/** What was dropped, masked or cut, without its value. Spec 1. */
export const Warning = Type.Object(
  {
    code: OneOf(WARNING_CODES, 'What was done.'),
    field: Type.String({ description: 'The name of the field.', examples: ['Password'] }),
    message: Type.String({
      description: 'The same in words.',
      examples: ['Left out: the name says it is sensitive.'],
    }),
  },
  { additionalProperties: false, $id: 'Warning', description: 'What was changed on the way in, never with its value.' },
);
export type Warning = Static<typeof Warning>;

const found = (description: string, example: string) => Nullable(Type.String({ description, examples: [example] }));

export const Enrichment = Type.Object(
  {
    match_confidence: Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'How sure it is that this is the same person and company.',
      examples: [0.9],
    }),
    company: found('The company the lead works for.', 'Example Ltd'),
    job_title: found('What the lead does there.', 'Head of Marketing'),
    linkedin_url: found("The lead's LinkedIn profile.", 'https://www.linkedin.com/in/example'),
    industry: found('The line of business.', 'Software'),
    company_size: found('How many people work there.', '11-50'),
    country: found('Where the company is.', 'France'),
  },
  { additionalProperties: false, $id: 'Enrichment', description: 'What was found out about the lead.' },
);
export type Enrichment = Static<typeof Enrichment>;

export const FileRef = Type.Object(
  {
    field: Type.String({ description: 'The field it was uploaded with.', examples: ['CV'] }),
    name: Type.String({ description: 'The name of the file.', examples: ['cv.pdf'] }),
    size: Type.Integer({ minimum: 0, description: 'Bytes.', examples: [48_213] }),
    content_type: Type.String({ description: 'Its media type.', examples: ['application/pdf'] }),
    url: Type.String({
      description: 'Where it can be fetched; it leads on to Google Drive where the site keeps its files there.',
      examples: ['https://example.com/files/cv.pdf'],
    }),
  },
  { additionalProperties: false, $id: 'File', description: 'A file that came with the lead.' },
);

/** One lead, as every interface shows it. Spec 2, "Submission". */
export const Submission = Type.Object(
  {
    id: Id('sub', 'The lead.'),
    form_id: Id('frm', 'The form it was submitted with.'),
    form_name: Type.String({ description: 'What that form is called now.', examples: ['Contact form'] }),
    source: OneOf(SOURCES, 'The way it came in.'),
    fields: MapOf(FieldValue, {
      description:
        'The lead itself, by field name, in the order sent; names that are whole numbers come first, ascending.',
      examples: [{ Email: 'alice@example.com', 'Full name': 'Alice' }],
    }),
    page_url: found('The page it was submitted on.', 'https://example.com/pricing'),
    page_title: found('The title of that page.', 'Pricing'),
    referrer: found('The page that led there.', 'https://www.google.com/'),
    utm_source: found('The UTM source.', 'google'),
    utm_medium: found('The UTM medium.', 'cpc'),
    utm_campaign: found('The UTM campaign.', 'autumn'),
    utm_term: found('The UTM term.', 'crm for dentists'),
    utm_content: found('The UTM content.', 'headline-b'),
    paid_source: Nullable(OneOf(PAID_SOURCES, 'The ad network that led to it.')),
    click_id: found('The id of the ad click.', 'Cj0KCQiA'),
    browser: found('Browser and version.', 'Firefox 140'),
    os: found('The operating system.', 'Windows'),
    device_type: Nullable(OneOf(DEVICE_TYPES, 'What kind of device.')),
    screen_size: found('Width x height, in pixels.', '1440x900'),
    language: found("The browser's language, a BCP 47 tag.", 'en-GB'),
    timezone: found("The visitor's IANA time zone.", 'Europe/Paris'),
    files: Type.Array(FileRef, { description: 'The files that came with it.' }),
    score: Nullable(OneOf(SCORES, 'How promising it is.')),
    score_reason: found('Why it has this score.', 'Asks for a quote and names a budget.'),
    summary: found('The lead in a sentence.', 'Alice wants a quote for 20 seats.'),
    enrichment: Nullable(Enrichment),
    quality: found("The team's own word for it.", 'Qualified'),
    spam: Type.Boolean({ description: 'true: it looks like spam, is kept, and goes nowhere.' }),
    sync_status: OneOf(
      SYNC_STATUSES,
      'Where its sheet row stands: `pending` waits to be written, `synced` is written, `failed` was given up, `skipped` gets none.',
    ),
    synced_at: Nullable(Time('When its row was written.')),
    sheet_tab: found('The tab its row is on.', 'Contact'),
    warnings: Type.Array(Warning, { description: 'What was left out, masked or cut on the way in.' }),
    metadata: FreeMap({
      description: 'What was sent as `metadata`; empty when nothing was.',
      examples: [{ crm_id: '4711' }],
    }),
    submitted_at: Time('When the visitor sent it.'),
    created_at: Time('When it was stored here.'),
  },
  {
    additionalProperties: false,
    $id: 'Submission',
    description: 'One lead. Every member is there; what is not known is null.',
  },
);
export type Submission = Static<typeof Submission>;
