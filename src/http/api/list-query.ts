import { DEFAULT_PER_PAGE, MAX_COUNTED, MAX_PER_PAGE } from '../../contract/page.ts';
import { SOURCES } from '../../contract/source.ts';
import { SCORES, SYNC_STATUSES } from '../../contract/submission.ts';
import { type ErrorDetail, invalid } from '../../lib/errors.ts';
import { type LeadPageRequest, readCursor } from '../../store/paging.ts';
import type { LeadFilter } from '../../store/store.ts';

export const LIST_PARAMETERS = [
  'page',
  'per_page',
  'cursor',
  'sort',
  'form_id',
  'source',
  'sync_status',
  'score',
  'spam',
  'created_after',
  'created_before',
  'utm_source',
  'utm_campaign',
] as const;
type Parameter = (typeof LIST_PARAMETERS)[number];

const SORTS = ['-created_at', 'created_at'] as const;
const SPAM = ['exclude', 'only', 'include'] as const;

/**
 * Reads the parameters of a list. Spec 2, "Lists".
 * @param parseTime RFC 3339 to milliseconds, or null
 * @throws AppError validation_error that names each bad parameter
 */
export function parseListQuery(params: URLSearchParams, parseTime: (text: string) => number | null): LeadPageRequest {
  const details: ErrorDetail[] = [];
  const bad = (name: string, message: string) => {
    details.push({ path: `/${name}`, message });
    return undefined;
  };
  for (const name of new Set(params.keys())) {
    if (!LIST_PARAMETERS.includes(name as Parameter))
      bad(name, `unknown parameter; known are ${LIST_PARAMETERS.join(', ')}`);
    else if (params.getAll(name).length > 1) bad(name, 'is given more than once');
  }
  const text = (name: Parameter) => params.get(name) ?? undefined;
  const oneOf = <T extends string>(name: Parameter, known: readonly T[]): T | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    return known.find((each) => each === value) ?? bad(name, `must be one of ${known.join(', ')}`);
  };
  const whole = (name: Parameter, max: number): number | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    const n = /^\d{1,9}$/.test(value) ? Number(value) : 0;
    return n >= 1 && n <= max ? n : bad(name, `must be a whole number from 1 to ${max}`);
  };
  const time = (name: Parameter): number | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    // An offset's `+` that nobody escaped has become a space on the way.
    return (
      parseTime(value.replace(/ (?=\d{2}:\d{2}$)/, '+')) ??
      bad(name, 'must be an RFC 3339 time, like 2026-11-22T14:05:00Z')
    );
  };
  const newestFirst = oneOf('sort', SORTS) !== 'created_at';
  const perPage = whole('per_page', MAX_PER_PAGE) ?? DEFAULT_PER_PAGE;
  const page = whole('page', 999_999_999);
  const cursor = text('cursor');
  const afterId = cursor === undefined ? null : readCursor(cursor, newestFirst);
  if (cursor !== undefined && afterId === null)
    bad('cursor', 'is not one this list gave out, or was made for another sort');
  if (cursor !== undefined && page !== undefined) bad('page', 'can not be used together with cursor');
  if (page !== undefined && page * perPage > MAX_COUNTED) {
    bad('page', `page × per_page ends at ${MAX_COUNTED}: go on with cursor, from next_cursor of the page before`);
  }
  const filter = {
    formId: text('form_id'),
    source: oneOf('source', SOURCES),
    syncStatus: oneOf('sync_status', SYNC_STATUSES),
    score: oneOf('score', SCORES),
    spam: oneOf('spam', SPAM) ?? 'exclude',
    createdFrom: time('created_after'),
    createdBefore: time('created_before'),
    utmSource: text('utm_source'),
    utmCampaign: text('utm_campaign'),
  };
  if (details.length > 0) throw invalid('The list can not be made: see details.', details);
  return { filter: present(filter), newestFirst, page: cursor === undefined ? (page ?? 1) : null, perPage, afterId };
}

function present(
  filter: { [K in keyof LeadFilter]: LeadFilter[K] | undefined } & { spam: LeadFilter['spam'] },
): LeadFilter {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as unknown as LeadFilter;
}
