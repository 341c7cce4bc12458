import type { Fields } from '../../src/contract/submission.ts';
import type { LeadBody, NewLead } from '../../src/store/store.ts';

interface LeadOptions extends Partial<Omit<NewLead, 'form' | 'body'>> {
  form?: string;
  body?: Partial<LeadBody>;
}

/** A lead as intake hands it to the store; `body` members win over the empty ones. */
export function newLead(fields: Fields, options: LeadOptions = {}): NewLead {
  const { form = 'API', body, ...rest } = options;
  return {
    source: 'rest_api',
    form: { by: 'key', key: `name:${form.toLowerCase()}`, name: form },
    submittedAt: null,
    spamReason: null,
    ...rest,
    body: { ...EMPTY_BODY, fields, ...body },
  };
}

export const EMPTY_BODY: LeadBody = {
  fields: {},
  page_url: null,
  page_title: null,
  referrer: null,
  utm_source: null,
  utm_medium: null,
  utm_campaign: null,
  utm_term: null,
  utm_content: null,
  paid_source: null,
  click_id: null,
  browser: null,
  os: null,
  device_type: null,
  screen_size: null,
  language: null,
  timezone: null,
  files: [],
  metadata: {},
  warnings: [],
};
