import { fieldNamesOf } from '../store/lead-body.ts';
import type { SheetColumn } from '../store/sheets.ts';
import type { Lead, Site } from '../store/store.ts';

/** A column of a tab: what it holds, and what its first cell says. */
export interface ColumnSpec {
  /** `s:<name>` for a column of ours, `f:<field name>`, or `other`. */
  key: string;
  header: string;
}

/** A column of ours. `before` and `after`: which side of the form's fields a new tab has it on. */
export interface SystemColumn extends ColumnSpec {
  key: `s:${string}`;
  side: 'before' | 'after';
}

/** The columns every site may have, in the order of spec 4, "Columns". Keys are stored with each tab: they never change. */
export const SYSTEM_COLUMNS: readonly SystemColumn[] = [
  { key: 's:quality', header: 'Lead Quality', side: 'before' },
  { key: 's:submitted_at', header: 'Submitted at', side: 'before' },
  { key: 's:page_url', header: 'Page URL', side: 'after' },
  { key: 's:referrer', header: 'Referrer', side: 'after' },
  { key: 's:score', header: 'Lead Score', side: 'after' },
  { key: 's:score_reason', header: 'Lead Score Reason', side: 'after' },
  { key: 's:summary', header: 'Lead Summary', side: 'after' },
  { key: 's:match_confidence', header: 'Match Confidence', side: 'after' },
  { key: 's:company', header: 'Company', side: 'after' },
  { key: 's:job_title', header: 'Job Title', side: 'after' },
  { key: 's:linkedin', header: 'LinkedIn', side: 'after' },
  { key: 's:industry', header: 'Industry', side: 'after' },
  { key: 's:company_size', header: 'Company Size', side: 'after' },
  { key: 's:country', header: 'Country', side: 'after' },
  { key: 's:utm_source', header: 'UTM Source', side: 'after' },
  { key: 's:utm_medium', header: 'UTM Medium', side: 'after' },
  { key: 's:utm_campaign', header: 'UTM Campaign', side: 'after' },
  { key: 's:utm_term', header: 'UTM Term', side: 'after' },
  { key: 's:utm_content', header: 'UTM Content', side: 'after' },
  { key: 's:paid_source', header: 'Paid Source', side: 'after' },
  { key: 's:click_id', header: 'Click ID', side: 'after' },
  { key: 's:browser', header: 'Browser', side: 'after' },
  { key: 's:os', header: 'OS', side: 'after' },
  { key: 's:device_type', header: 'Device Type', side: 'after' },
  { key: 's:screen_size', header: 'Screen Size', side: 'after' },
  { key: 's:language', header: 'Language', side: 'after' },
  { key: 's:timezone', header: 'Timezone', side: 'after' },
  { key: 's:lead_id', header: 'Lead ID', side: 'after' },
];

export const LEAD_ID_KEY = 's:lead_id';
export const QUALITY_KEY = 's:quality';
/** The one column that takes the fields beyond the two hundredth. */
export const OTHER_KEY = 'other';
export const OTHER_HEADER = 'Other fields';
/** Spec 4: "A form that would pass 200 field columns puts the rest into one `Other fields` column". */
export const MAX_FIELD_COLUMNS = 200;

const FIELD_PREFIX = 'f:';

/** The key of the column of a form field. */
export function fieldKey(name: string): string {
  return FIELD_PREFIX + name;
}

/** The form field a column shows; null for columns of ours. */
export function fieldOfKey(key: string): string | null {
  return key.startsWith(FIELD_PREFIX) ? key.slice(FIELD_PREFIX.length) : null;
}

/** Whether the site chose this system column. It can't do without `Lead ID`. `site.columns` has the keys without `s:`. */
export function wantsColumn(site: Pick<Site, 'columns'>, key: string): boolean {
  return site.columns === null || key === LEAD_ID_KEY || site.columns.includes(key.replace(/^s:/, ''));
}

/**
 * The columns of a new tab, in order: spec 4, "Columns".
 * @param leads the first leads of the tab; only their fields' names are looked at
 * @param knownFields the form's field names in order of first sight; fields of `leads` not among them come after
 */
export function newTabColumns(site: Site, leads: readonly Lead[], knownFields: readonly string[]): ColumnSpec[] {
  const headers = new HeaderBook([]);
  const names = [...new Set([...knownFields, ...fieldNames(leads)])];
  const fields = names.slice(0, MAX_FIELD_COLUMNS).map((name) => headers.field(name));
  if (names.length > MAX_FIELD_COLUMNS) fields.push({ key: OTHER_KEY, header: OTHER_HEADER });
  const side = (which: SystemColumn['side']): ColumnSpec[] =>
    SYSTEM_COLUMNS.filter((column) => column.side === which && wantsColumn(site, column.key)).map(spec);
  return [...side('before'), ...fields, ...side('after')];
}

/**
 * The columns that a tab lacks for these leads, in the order they are to be added at its right end: fields not
 * seen before, then system columns the site has switched on since. A column the user deleted (state `removed`)
 * does not come back, and its values go nowhere. Switching a system column off does not take it off a tab.
 * @param existing all columns of the tab, whatever their state
 */
export function missingColumns(existing: readonly SheetColumn[], leads: readonly Lead[], site: Site): ColumnSpec[] {
  const known = new Set(existing.map((column) => column.key));
  const headers = new HeaderBook(existing);
  const missing: ColumnSpec[] = [];
  let room = MAX_FIELD_COLUMNS - existing.filter((c) => c.state !== 'removed' && fieldOfKey(c.key) !== null).length;
  for (const name of fieldNames(leads)) {
    if (known.has(fieldKey(name))) continue;
    if (room > 0) {
      room -= 1;
      missing.push(headers.field(name));
    } else {
      if (!known.has(OTHER_KEY)) missing.push({ key: OTHER_KEY, header: OTHER_HEADER });
      break;
    }
  }
  const system = SYSTEM_COLUMNS.filter((column) => !known.has(column.key) && wantsColumn(site, column.key));
  return [...missing, ...system.map(spec)];
}

function spec({ key, header }: ColumnSpec): ColumnSpec {
  return { key, header };
}

/** Every field name of the leads, in order of first sight. */
function fieldNames(leads: readonly Lead[]): Set<string> {
  const names = new Set<string>();
  for (const lead of leads) {
    for (const name of fieldNamesOf(lead.body)) names.add(name);
  }
  return names;
}

/**
 * Gives fields headers that people can tell apart. A header is the field's name, but where another column says
 * the same without regard to case: a field named like one of our columns (present or not: it may be switched on
 * later) is `Company (form)`, the second of two fields that differ in case alone is `email (2)`. Columns are
 * told apart by their key, never by the header, so this is for the eye alone.
 */
class HeaderBook {
  private readonly taken: Set<string>;

  constructor(existing: readonly ColumnSpec[]) {
    this.taken = new Set(existing.map((column) => fold(column.header)));
  }

  field(name: string): ColumnSpec {
    const base = OUR_HEADERS.has(fold(name)) ? `${name} (form)` : name;
    let header = base;
    for (let n = 2; this.taken.has(fold(header)); n++) header = `${base} (${n})`;
    this.taken.add(fold(header));
    return { key: fieldKey(name), header };
  }
}

function fold(header: string): string {
  return header.normalize('NFC').toLowerCase();
}

const OUR_HEADERS: ReadonlySet<string> = new Set(
  [...SYSTEM_COLUMNS.map((column) => column.header), OTHER_HEADER].map(fold),
);
