import { cellOf, cellText } from '../../sheets/cells.ts';
import { fieldKey, fieldOfKey, SYSTEM_COLUMNS } from '../../sheets/columns.ts';
import type { Lead, Site } from '../../store/store.ts';
import { valueText } from './lead-words.ts';

/** At most so many beside "Who", which is always there: it leads to the lead. */
export const MAX_COLUMNS = 20;
/** Fields that are offered to choose from: strangers may invent any number of them. */
const MAX_OFFERED = 200;
const MAX_KEY = 1_000;

/** Columns that only this list has, besides those of a sheet (`s:…`) and of forms' fields (`f:…`). */
const OWN = { time: 'Time', what: 'What', form: 'Form', source: 'Source', score: 'Score', status: 'Status' } as const;
export type OwnColumn = keyof typeof OWN;

export const DEFAULT_COLUMNS: readonly string[] = ['time', 'what', 'form', 'score', 'status'];

const FOUND_OUT = new Set(
  ['score_reason', 'summary', 'match_confidence', 'company', 'job_title', 'linkedin', 'industry', 'company_size'].map(
    (name) => `s:${name}`,
  ),
).add('s:country');
/** Of the lead itself; the other columns of a sheet say where it came from. The score has a column of its own here. */
const OF_LEAD = ['s:quality', 's:submitted_at', 's:lead_id'];

const titles: ReadonlyMap<string, string> = new Map([
  ...Object.entries(OWN),
  ...SYSTEM_COLUMNS.filter(({ key }) => key !== 's:score').map(({ key, header }) => [key, header] as const),
]);

const own = Object.keys(OWN);
const system = [...titles.keys()].filter((key) => !Object.hasOwn(OWN, key));
const foundOut = system.filter((key) => FOUND_OUT.has(key));
const origin = system.filter((key) => !FOUND_OUT.has(key) && !OF_LEAD.includes(key));

/** What a column is called above it. */
export const columnTitle = (key: string): string => titles.get(key) ?? fieldOfKey(key) ?? key;

export const isOwnColumn = (key: string): key is OwnColumn => Object.hasOwn(OWN, key);

/** Of what was sent or kept, the columns that there can be, each once, in the order of the table. */
export function readColumns(keys: readonly string[]): string[] {
  const fields = keys.filter((key) => fieldOfKey(key) !== null && key.length <= MAX_KEY);
  const order = ['time', 'what', ...fields, ...own, ...OF_LEAD, ...origin, ...foundOut];
  const wanted = new Set(keys);
  return [...new Set(order)].filter((key) => wanted.has(key));
}

export interface ColumnGroup {
  title: string;
  keys: readonly string[];
}

/**
 * What one can choose from.
 * @param forms those whose fields are offered, the first ones first
 * @param chosen is offered in any case
 */
export function columnGroups(forms: readonly { fields: ReadonlySet<string> }[], chosen: readonly string[]) {
  const fields = new Set(chosen.filter((key) => fieldOfKey(key) !== null));
  let left = 0;
  for (const name of new Set(forms.flatMap((form) => [...form.fields]))) {
    const key = fieldKey(name);
    if (fields.has(key) || key.length > MAX_KEY) continue;
    if (fields.size < MAX_OFFERED) fields.add(key);
    else left += 1;
  }
  const groups: ColumnGroup[] = [
    { title: 'The lead', keys: [...own, ...OF_LEAD] },
    { title: 'Fields of the forms', keys: [...fields] },
    { title: 'Where it came from', keys: origin },
    { title: 'Found out about it', keys: foundOut },
  ];
  return { groups: groups.filter(({ keys }) => keys.length > 0), left };
}

const NO_COLUMNS: readonly { key: string }[] = [];

/** What a lead shows in a column that is none of the list's own; '' for nothing. */
export function columnText(lead: Lead, key: string, site: Site): string {
  const field = fieldOfKey(key);
  if (field === null) return cellText(cellOf(lead, key, NO_COLUMNS, site));
  const { fields, files } = lead.body;
  // hasOwn: a field may be called `constructor`.
  const typed = Object.hasOwn(fields, field) ? [valueText(fields[field])] : [];
  const names = files.filter((file) => file.field === field).map(({ name }) => name);
  return [...typed, ...names].filter((text) => text !== '').join(', ');
}
