import type { Pagination } from '../../contract/page.ts';
import type { FieldValue, Submission } from '../../contract/submission.ts';
import { cursorFor } from '../../store/paging.ts';

/** How much of a model's attention one page may take: roughly 12,000 tokens of JSON, in bytes. Spec 2, "MCP". */
export const PAGE_BYTES = 48 * 1024;
/** Of these, what pagination and notice may need. */
const FRAME_BYTES = 1024;
const LEADS_BYTES = PAGE_BYTES - FRAME_BYTES;

export interface LeadPage {
  data: Submission[];
  pagination: Pagination;
  /** Only where something was left out: what, and how to get it. */
  notice?: string;
}

/**
 * A page of leads, ended where the budget is: `next_cursor` then goes on from there, so nothing is skipped. There is
 * always one lead, for a walk has to get on; one that is too large on its own is shown in part, and `notice` says so.
 */
export function withinBudget(
  { data, pagination }: { data: Submission[]; pagination: Pagination },
  newestFirst: boolean,
): LeadPage {
  const page = { ...pagination, page: null };
  const fitting = countFitting(data);
  const [first] = data;
  if (fitting === data.length || first === undefined) return { data, pagination: page };
  const whole = fitting > 0;
  const shown = whole ? data.slice(0, fitting) : [inPart(first)];
  const last = data[shown.length - 1] ?? first;
  const more = shown.length < data.length || pagination.has_more;
  const notice = whole
    ? `This page ends early, after ${fitting} leads: it is full. Go on with next_cursor.`
    : `The lead ${first.id} is too large for a list and shown in part. get_submission has all of it.`;
  const next = more ? cursorFor(last.id, newestFirst) : null;
  return { data: shown, pagination: { ...page, has_more: more, next_cursor: next }, notice };
}

/** How many of the leads or forms go into the budget, from the first on. */
export function countFitting(items: readonly object[]): number {
  let bytes = 0;
  const over = items.findIndex((item) => {
    bytes += jsonBytes(item) + 1;
    return bytes > LEADS_BYTES;
  });
  return over < 0 ? items.length : over;
}

export const jsonBytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

/** The largest text and the longest list of a lead in part. */
const PART_TEXT = 200;
const PART_ITEMS = 3;
/** What the fields of a lead or form in part may take; its other members stay below the rest. */
export const PART_BYTES = LEADS_BYTES / 4;

/** A lead that fits, whatever it holds: the beginnings of its texts, as many of its fields as there is room for. */
function inPart(lead: Submission): Submission {
  // What is a text stays one, and what is null stays null.
  const rest = shorten({ ...lead, fields: {}, metadata: {} }) as Submission;
  return { ...rest, fields: firstFields(lead.fields) };
}

function shorten(value: unknown): unknown {
  if (typeof value === 'string') return cutText(value);
  if (Array.isArray(value)) return value.slice(0, PART_ITEMS).map(shorten);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shorten(member)]));
}

function firstFields(fields: Submission['fields']): Submission['fields'] {
  let bytes = 0;
  const kept: [name: string, value: FieldValue][] = [];
  for (const [name, value] of Object.entries(fields)) {
    const short = shortValue(value);
    bytes += jsonBytes([name, short]);
    if (bytes > PART_BYTES) break;
    kept.push([name, short]);
  }
  return Object.fromEntries(kept);
}

function shortValue(value: FieldValue): FieldValue {
  if (Array.isArray(value)) return cutText(JSON.stringify(value));
  return typeof value === 'string' ? cutText(value) : value;
}

export const cutText = (text: string) => (text.length <= PART_TEXT ? text : `${text.slice(0, PART_TEXT)}…`);
