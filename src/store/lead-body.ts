import type { LeadBody } from './store.ts';

/** A body in which everything is absent; a new one each time, to be filled. */
export function emptyBody(): LeadBody {
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

/** The fields of a lead, each once: those with a value, and those that files came with. */
export function fieldNamesOf({ fields, files }: Pick<LeadBody, 'fields' | 'files'>): string[] {
  const names = Object.keys(fields);
  return files.length === 0 ? names : [...new Set([...names, ...files.map(({ field }) => field)])];
}
