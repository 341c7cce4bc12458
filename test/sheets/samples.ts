import type { FieldValue } from '../../src/contract/submission.ts';
import type { Lead, Site } from '../../src/store/store.ts';

/** A site with every column, in UTC, unless told otherwise. */
export function site(change: Partial<Site> = {}): Site {
  return {
    id: 'site_01jd8x4k2m3n4p5q6r7st',
    name: 'Example',
    client: null,
    timezone: 'UTC',
    endpointId: 'abcdefghij',
    syncEnabled: true,
    columns: null,
    qualityChoices: ['Good', 'Bad'],
    createdAt: 0,
    ...change,
  };
}

/** A lead with these fields; the body's other members are null unless given. */
export function lead(
  fields: Record<string, FieldValue>,
  body: Partial<Lead['body']> = {},
  change: Partial<Lead> = {},
): Lead {
  return {
    id: 'sub_01jd8x4k2m3n4p5q6r7st',
    siteId: 'site_01jd8x4k2m3n4p5q6r7st',
    formId: 'frm_01jd8x4k2m3n4p5q6r7st',
    formName: 'Contact',
    sheetTab: 'Contact',
    source: 'rest_api',
    body: { ...emptyBody(), fields, ...body },
    judgement: null,
    quality: null,
    spam: false,
    syncStatus: 'pending',
    syncProblem: null,
    syncedAt: null,
    submittedAt: 0,
    createdAt: 0,
    ...change,
  };
}

export function emptyBody(): Lead['body'] {
  return {
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
}
