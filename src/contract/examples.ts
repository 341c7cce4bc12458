import type { Form } from './form.ts';
import type { Pagination } from './page.ts';
import type { Site } from './site.ts';
import type { Submission, SubmissionCreate } from './submission.ts';
import type { BatchResult } from './submission-batch.ts';

/*
 * One story told by all examples: Alice asks for a quote on the pricing page of an example shop.
 */

export const EXAMPLE_REQUEST_ID = 'req_01jd8x4k2m3n4p5q6r7st';

export const EXAMPLE_SUBMISSION_CREATE: SubmissionCreate = {
  fields: { Email: 'alice@example.com', 'Full name': 'Alice', Message: 'A quote for 20 seats, please.' },
  form_name: 'Contact form',
  page_url: 'https://example.com/pricing?utm_source=google&utm_medium=cpc&utm_campaign=autumn&gclid=Cj0KCQiA',
  page_title: 'Pricing',
  referrer: 'https://www.google.com/',
  user_agent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
  screen_size: '1440x900',
  language: 'en-GB',
  timezone: 'Europe/Paris',
  metadata: { crm_id: '4711' },
};

export const EXAMPLE_SUBMISSION: Submission = {
  id: 'sub_01jd8x4k2m3n4p5q6r7st',
  form_id: 'frm_01jd8x4k2m3n4p5q6r7st',
  form_name: 'Contact form',
  source: 'rest_api',
  fields: { Email: 'alice@example.com', 'Full name': 'Alice', Message: 'A quote for 20 seats, please.' },
  page_url: 'https://example.com/pricing?utm_source=google&utm_medium=cpc&utm_campaign=autumn&gclid=Cj0KCQiA',
  page_title: 'Pricing',
  referrer: 'https://www.google.com/',
  utm_source: 'google',
  utm_medium: 'cpc',
  utm_campaign: 'autumn',
  utm_term: null,
  utm_content: null,
  paid_source: 'google',
  click_id: 'Cj0KCQiA',
  browser: 'Firefox 140',
  os: 'Windows',
  device_type: 'desktop',
  screen_size: '1440x900',
  language: 'en-GB',
  timezone: 'Europe/Paris',
  files: [],
  score: null,
  score_reason: null,
  summary: null,
  enrichment: null,
  quality: null,
  spam: false,
  sync_status: 'pending',
  synced_at: null,
  sheet_tab: 'Contact form',
  warnings: [],
  metadata: { crm_id: '4711' },
  submitted_at: '2026-11-22T14:05:00.000Z',
  created_at: '2026-11-22T14:05:00.000Z',
};

/** The same lead a little later. */
export const EXAMPLE_SYNCED: Submission = {
  ...EXAMPLE_SUBMISSION,
  sync_status: 'synced',
  synced_at: '2026-11-22T14:05:03.000Z',
};

export const EXAMPLE_PAGINATION: Pagination = {
  page: 1,
  per_page: 25,
  total: 128,
  total_capped: false,
  total_pages: 6,
  has_more: true,
  next_cursor: 'ZHN1Yl8wMWpkOHg0azJtM240cDVxNnI3c3Q',
};

export const EXAMPLE_BATCH_RESULTS: BatchResult[] = [
  { index: 0, status: 'created', id: 'sub_01jd8x4k2m3n4p5q6r7st' },
  {
    index: 1,
    status: 'invalid',
    error: {
      code: 'validation_error',
      message: 'The lead was not taken: see details.',
      details: [{ path: '/utm_sorce', message: 'Unknown member. Did you mean `utm_source`?' }],
    },
  },
];

export const EXAMPLE_FORM: Form = {
  id: 'frm_01jd8x4k2m3n4p5q6r7st',
  name: 'Contact form',
  sheet_tab: 'Contact form',
  ignored: false,
  source: 'rest_api',
  fields: ['Email', 'Full name', 'Message'],
  submission_count: 128,
  spam_rate_7d: 0.02,
  last_submission_at: '2026-11-22T14:05:00.000Z',
  created_at: '2026-11-02T09:30:00.000Z',
};

export const EXAMPLE_SITE: Site = {
  id: 'site_01jd8x4k2m3n4p5q6r7st',
  name: 'Example shop',
  client: 'Example Ltd',
  timezone: 'Europe/Paris',
  endpoint_id: 'k3x9w2m7qa',
  created_at: '2026-11-02T09:00:00.000Z',
  usage: { month: '2026-11', submissions: 128, spam: 3, ignored: 0 },
  sheet: {
    target: 'google',
    status: 'ok',
    spreadsheet_url: 'https://docs.google.com/spreadsheets/d/1AbC/edit',
    problem: null,
  },
  sync: { pending: 2, failed: 0, synced: 126, last_synced_at: '2026-11-22T14:05:03.000Z', success_rate: 1 },
};
