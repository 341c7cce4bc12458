import type { FieldValue } from '../../src/contract/submission.ts';
import { emptyBody } from '../../src/store/lead-body.ts';
import { DEFAULT_SPAM } from '../../src/store/spam.ts';
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
    allowedDomains: [],
    spam: DEFAULT_SPAM,
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
    rowFormId: 'frm_01jd8x4k2m3n4p5q6r7st',
    formName: 'Contact',
    sheetTab: 'Contact',
    source: 'rest_api',
    body: { ...emptyBody(), fields, ...body },
    judgement: null,
    quality: null,
    spam: false,
    syncStatus: 'pending',
    spamReason: null,
    syncProblem: null,
    syncedAt: null,
    submittedAt: 0,
    createdAt: 0,
    ...change,
  };
}
