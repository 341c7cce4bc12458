import { DEFAULT_PER_PAGE, MAX_COUNTED } from '../contract/page.ts';
import { SubmissionListQuery } from '../contract/submission-list.ts';
import { parseTime } from '../intake/time.ts';
import { compileContract } from '../intake/validate.ts';
import { type ErrorDetail, invalid } from '../lib/errors.ts';
import { type LeadPageRequest, readCursor } from '../store/paging.ts';
import type { LeadFilter } from '../store/store.ts';

const contract = compileContract(SubmissionListQuery);

/**
 * Reads what is asked of a list of leads. Spec 2, "Lists".
 * @param input an object with members as SubmissionListQuery has them
 * @throws AppError validation_error that names each bad member
 */
export function readListQuery(input: unknown): LeadPageRequest {
  if (!contract.check(input)) throw refused(contract.details(input));
  const { page, cursor } = input;
  const details: ErrorDetail[] = [];
  const newestFirst = input.sort !== 'created_at';
  const perPage = input.per_page ?? DEFAULT_PER_PAGE;
  const afterId = cursor === undefined ? null : readCursor(cursor, newestFirst);
  if (cursor !== undefined && afterId === null) {
    details.push({ path: '/cursor', message: 'is not one this list gave out, or was made for another sort.' });
  }
  if (cursor !== undefined && page !== undefined) {
    details.push({ path: '/page', message: 'can not be used together with cursor.' });
  }
  if (page !== undefined && page * perPage > MAX_COUNTED) {
    const message = `page × per_page ends at ${MAX_COUNTED}: go on with cursor, from next_cursor of the page before.`;
    details.push({ path: '/page', message });
  }
  if (details.length > 0) throw refused(details);
  return { filter: filterOf(input), newestFirst, page: cursor === undefined ? (page ?? 1) : null, perPage, afterId };
}

function filterOf(query: SubmissionListQuery): LeadFilter {
  const filter: LeadFilter = { spam: query.spam ?? 'exclude' };
  if (query.form_id !== undefined) filter.formId = query.form_id;
  if (query.source !== undefined) filter.source = query.source;
  if (query.sync_status !== undefined) filter.syncStatus = query.sync_status;
  if (query.score !== undefined) filter.score = query.score;
  if (query.utm_source !== undefined) filter.utmSource = query.utm_source;
  if (query.utm_campaign !== undefined) filter.utmCampaign = query.utm_campaign;
  if (query.q !== undefined) filter.q = query.q;
  const from = timeOf(query.created_after);
  if (from !== null) filter.createdFrom = from;
  const before = timeOf(query.created_before);
  if (before !== null) filter.createdBefore = before;
  return filter;
}

function timeOf(text: string | undefined): number | null {
  return text === undefined ? null : parseTime(text);
}

function refused(details: readonly ErrorDetail[]) {
  return invalid('The list can not be made: see details.', details);
}
