import { AppError } from '../../lib/errors.ts';
import { wallClock } from '../../sheets/cells.ts';
import { cursorFor, type LeadPageRequest } from '../../store/paging.ts';
import type { FormStore, Site } from '../../store/store.ts';
import { readListQuery } from '../list-query.ts';

/** What the address of the list may say, besides where in it one is. The names are those of the API. */
export const FILTER_NAMES = [
  'q',
  'form_id',
  'source',
  'sync_status',
  'score',
  'spam',
  'utm_source',
  'utm_campaign',
  'from',
  'to',
  'sort',
] as const;
export type FilterName = (typeof FILTER_NAMES)[number];
export type FilterValues = Readonly<Partial<Record<FilterName, string>>>;

const WORDS: Readonly<Record<string, string>> = {
  q: 'Search',
  form_id: 'Form',
  source: 'Source',
  sync_status: 'Status',
  score: 'Score',
  spam: 'Spam',
  utm_source: 'UTM source',
  utm_campaign: 'UTM campaign',
  from: 'From',
  to: 'To',
  sort: 'Order',
  cursor: 'Page',
};

/** How many leads a page has. */
export const LEADS_A_PAGE = 50;

/** What is asked of the list. */
export interface Asked {
  /** What was understood, as it came: for links and for the fields of the form. */
  values: FilterValues;
  /** The same, checked by the rules of the API. For a walk back its order is the other one. */
  request: LeadPageRequest;
  /** Whether the page is the one before `request.afterId`, and is shown in reverse. */
  isBack: boolean;
  /** Which lead of the list the first one shown is, from 1, as the link counted it. */
  position: number;
  /** What was not understood and left out, in words. */
  notes: readonly string[];
}

/**
 * Reads the address of a list of leads by the rules of the API; what can't be understood is left out, and said.
 * A page is a place to look at leads: an old bookmark is no reason to show none.
 * @param formName what the form was called when the address was kept, for when it is gone
 */
export function readAsked(
  query: URLSearchParams,
  site: Pick<Site, 'id' | 'timezone'>,
  forms: FormsKnown,
  formName: string | null = null,
): Asked {
  const values = readValues(query);
  const left = new Set<string>();
  const leave = (name: string) => {
    left.add(name);
    delete values[name as FilterName];
  };
  const days = readDays(values, site.timezone, leave);
  const form = values.form_id === undefined ? null : forms.outline(site.id, values.form_id);
  if (form !== null) values.form_id = form.mergedInto ?? form.id;
  else if (values.form_id !== undefined) leave('form_id');
  const back = query.get('back');
  const place = { cursor: back ?? query.get('cursor') ?? undefined };
  const request = readLeaving({ ...values, ...days }, place, back !== null, leave);
  const position = request.afterId === null ? 1 : Number(/^[1-9]\d{0,8}$/.exec(query.get('n') ?? '')?.[0] ?? 1);
  return {
    values,
    request,
    isBack: back !== null && request.afterId !== null,
    position,
    notes: [...left].map((name) => (name === 'form_id' && formName !== null ? goneText(formName) : leftText(name))),
  };
}

const leftText = (name: string) => `${WORDS[name] ?? name} was left out: there is no such value.`;
const goneText = (formName: string) =>
  `The form “${formName}” is gone: it was deleted, or merged into another. Leads of all forms are shown.`;

type FormsKnown = Pick<FormStore, 'outline'>;

/** Reads until what can't be read is left out: the contract names all of it at once, then the cursor is looked at. */
function readLeaving(
  input: FilterValues & { created_after?: string; created_before?: string },
  place: { cursor?: string | undefined },
  isBack: boolean,
  leave: (name: string) => void,
): LeadPageRequest {
  const { from: _from, to: _to, ...members } = input;
  const asked = new Map<string, unknown>([...Object.entries(members), ['per_page', LEADS_A_PAGE]]);
  if (place.cursor !== undefined) asked.set('cursor', place.cursor);
  for (;;) {
    const sort = asked.get('sort') ?? '-created_at';
    const other = sort === 'created_at' ? '-created_at' : 'created_at';
    const turned = isBack && asked.has('cursor') && (sort === 'created_at' || sort === '-created_at');
    try {
      return readListQuery({ ...Object.fromEntries(asked), ...(turned ? { sort: other } : {}) });
    } catch (error) {
      const names = error instanceof AppError ? error.details.map(({ path }) => path.slice(1)) : [];
      const known = names.filter((name) => asked.delete(name));
      if (known.length === 0) throw error;
      known.forEach(leave);
    }
  }
}

/** The days of `from` and `to`, both included, as the moments they begin and end at in the site's time zone. */
function readDays(values: FilterValues, zone: string, leave: (name: string) => void) {
  const days: { created_after?: string; created_before?: string } = {};
  const from = values.from === undefined ? null : dayStart(values.from, 0, zone);
  const end = values.to === undefined ? null : dayStart(values.to, 1, zone);
  if (from !== null) days.created_after = new Date(from).toISOString();
  else if (values.from !== undefined) leave('from');
  if (end !== null) days.created_before = new Date(end).toISOString();
  else if (values.to !== undefined) leave('to');
  return days;
}

/** When a day (`2026-11-22`), or the one so many days later, begins in a zone; null for what is no day. */
export function dayStart(day: string, later: number, zone: string): number | null {
  if (!/^[12]\d{3}-\d\d-\d\d$/.test(day)) return null;
  const utc = Date.parse(`${day}T00:00:00Z`);
  // JavaScript takes 31 February for a day of March.
  if (Number.isNaN(utc) || !new Date(utc).toISOString().startsWith(day)) return null;
  const wanted = utc + later * 86_400_000;
  // The clocks may change between the guess and the moment itself: the second look is at the right side of it.
  const first = wanted - aheadOfUtc(wanted, zone);
  return wanted - aheadOfUtc(first, zone);
}

function aheadOfUtc(ms: number, zone: string): number {
  const { year, month, day, hour, minute, second } = wallClock(ms, zone);
  return Date.UTC(year, month - 1, day, hour, minute, second) - ms;
}

/** The part of an address that says these filters; '' for none. */
export function filterQuery(values: FilterValues, further: Readonly<Record<string, string>> = {}): string {
  const said = FILTER_NAMES.flatMap((name): [string, string][] => {
    const value = values[name];
    return value === undefined ? [] : [[name, value]];
  });
  // Beside a view it has to be said that there are no filters: else they are those of the view.
  if (said.length === 0 && further.view !== undefined) said.push(['q', '']);
  const text = new URLSearchParams([...said, ...Object.entries(further)]).toString();
  return text === '' ? '' : `?${text}`;
}

/** What a form carried along of the list it was on, as an address again: nothing but filters and place gets in. */
export function sameList(carried: string): string {
  const params = new URLSearchParams(carried);
  const place = ['view', 'cursor', 'back', 'n'].flatMap((name): [string, string][] => {
    const value = params.get(name);
    return value === null || value === '' ? [] : [[name, value]];
  });
  const values = readValues(params);
  const further = Object.fromEntries(place);
  // A view alone brings its filters by itself.
  if (further.view === undefined || saysFilters(params)) return filterQuery(values, further);
  return `?${new URLSearchParams(place)}`;
}

/** Whether an address says filters of its own; an empty one says that there are none. */
export const saysFilters = (query: URLSearchParams): boolean => FILTER_NAMES.some((name) => query.has(name));

function readValues(query: URLSearchParams): Partial<Record<FilterName, string>> {
  const values: Partial<Record<FilterName, string>> = {};
  for (const name of FILTER_NAMES) {
    const text = query.get(name)?.trim() ?? '';
    if (text !== '') values[name] = text;
  }
  return values;
}

/** The filters in words, for a question about all they find. What was left out as unknown is not among them. */
export function filterWords(values: FilterValues, formName: string | null): [name: string, value: string][] {
  return FILTER_NAMES.flatMap((name): [string, string][] => {
    const value = values[name];
    if (value === undefined || name === 'sort') return [];
    return [[WORDS[name] ?? name, name === 'form_id' ? (formName ?? value) : value]];
  });
}

/** Whether anything narrows the list. */
export const isNarrowed = ({ sort: _sort, ...filters }: FilterValues): boolean => Object.keys(filters).length > 0;

/** Where a walk goes on after a lead, or back before it. */
export const placeAfter = (id: string, newestFirst: boolean, n: number) => ({
  cursor: cursorFor(id, newestFirst),
  n: String(n),
});
export const placeBefore = (id: string, newestFirst: boolean, n: number) => ({
  back: cursorFor(id, !newestFirst),
  n: String(Math.max(1, n)),
});
