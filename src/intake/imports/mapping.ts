import { CLICK_IDS, DEVICE_TYPES, PAID_SOURCES, UTM_NAMES } from '../../contract/submission.ts';
import type { ImportSettings } from '../../store/imports.ts';
import { MAX_DEPTH, walkFields } from '../normalise.ts';
import { cleanSentence } from '../text.ts';
import type { FileRow } from './rows.ts';
import { readTime } from './times.ts';

/** The parts of a lead, besides its fields, that a column can be. */
export const MEMBERS = [
  'submitted_at',
  'form_name',
  'page_url',
  'page_title',
  'referrer',
  ...UTM_NAMES,
  'paid_source',
  'click_id',
  ...CLICK_IDS,
  'user_agent',
  'browser',
  'os',
  'device_type',
  'screen_size',
  'language',
  'timezone',
] as const;
export type Member = (typeof MEMBERS)[number];

const isMember = (target: string): target is Member => (MEMBERS as readonly string[]).includes(target);

/** What a column becomes: one of `MEMBERS`, a field, or nothing. */
export type Target = Member | `field:${string}` | '';

/** Whether a target is one; a field's name has to have something to see. */
export function isTarget(text: string): boolean {
  if (text === '' || isMember(text)) return true;
  return text.startsWith('field:') && cleanSentence(text.slice(FIELD.length)) !== '';
}

const FIELD = 'field:';

/** Names by which other programs call the parts of a lead; compared by `bare`. */
const OTHER_NAMES: Readonly<Partial<Record<Member, readonly string[]>>> = {
  submitted_at: [
    ...['date', 'time', 'timestamp', 'datetime', 'createdat', 'created', 'createdtime', 'createdon', 'submitted'],
    ...['submittedon', 'submissiondate', 'submissiontime', 'submittime', 'dateadded', 'datum', 'zeitstempel', 'fecha'],
  ],
  form_name: ['form', 'formular', 'formtitle'],
  page_url: ['page', 'url', 'landingpage', 'sourceurl', 'pageaddress'],
  referrer: ['referer'],
  os: ['operatingsystem'],
  screen_size: ['screen'],
};

const bare = (name: string) =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');

const MEMBER_BY_NAME = new Map<string, Member>(
  MEMBERS.flatMap((member): [string, Member][] => [
    [bare(member), member],
    ...(OTHER_NAMES[member] ?? []).map((name): [string, Member] => [name, member]),
  ]),
);
const EMAIL = new Set(['email', 'emailaddress', 'mail', 'emailadresse', 'correo']);

/** What leads of this server hold besides what they were sent with: of no use to whoever takes them in again. */
const OURS = new Set(['id', 'form_id', 'source', 'sync_status', 'synced_at', 'sheet_tab', 'spam', 'created_at']);

/**
 * What columns are taken for by their names. Exact names go before others; each part of a lead is one column alone. A
 * field that the site knows already is taken by the name it has there: `E-Mail` is `Email`.
 */
export function guessTargets(names: readonly string[], knownFields: Iterable<string>): Target[] {
  const known = new Map([...knownFields].map((name): [string, string] => [bare(name), name]));
  const isOurs = names.some((name) => name.startsWith('fields.')) && names.includes('sync_status');
  const used = new Set<Member>();
  const exact = new Set(names.filter(isMember));
  return names.map((name): Target => {
    if (isOurs && OURS.has(name)) return '';
    if (name.startsWith('fields.')) return `field:${name.slice('fields.'.length) || name}`;
    const key = bare(name);
    const member = isMember(name) ? name : MEMBER_BY_NAME.get(key);
    if (member !== undefined && !used.has(member) && (isMember(name) || !exact.has(member))) {
      used.add(member);
      return member;
    }
    const email = EMAIL.has(key) ? (known.get('email') ?? 'Email') : undefined;
    return `field:${known.get(key) ?? email ?? name}`;
  });
}

/** A row as intake takes it; or why not; or nothing, where nothing stands in it. */
export type MappedRow = { lead: Record<string, unknown> } | { problem: string } | null;

/** Makes leads of a file's rows. */
export function rowMapper(settings: ImportSettings): (row: FileRow) => MappedRow {
  const byName = new Map(settings.columns.map(({ name, target }) => [name, target]));
  const forms = new Set<string>();
  return (row) => {
    if (row.kind === 'blank') return null;
    if (row.kind === 'broken') return { problem: row.problem };
    const lead = new Lead(settings);
    if (row.kind === 'cells') {
      const { columns } = settings;
      if (row.cells.slice(columns.length).some((cell) => cell.trim() !== ''))
        return { problem: tooMany(columns.length) };
      for (const [i, cell] of row.cells.slice(0, columns.length).entries()) {
        const column = columns[i];
        if (column && cell.trim() !== '') lead.put(column.name, column.target, cell);
      }
    } else lead.putObject(row.value, byName);
    return lead.result(forms);
  };
}

const tooMany = (columns: number) =>
  `The row has more cells than the ${columns} columns. Put cells that hold the separator in quotes.`;
/** A column of names or messages that is taken for the form would make one for each row. */
export const MAX_FORMS = 100;
const TOO_MANY_FORMS = `The file names more than ${MAX_FORMS} forms. Choose another column for the form.`;
const NO_TIME = 'is no time that can be read. Write it as 2026-11-22T14:05:00Z or 2026-11-22 14:05.';

class Lead {
  private readonly fields = new Map<string, unknown>();
  private readonly members: Partial<Record<Member, unknown>> = {};
  private problem: string | null = null;
  private readonly settings: ImportSettings;

  constructor(settings: ImportSettings) {
    this.settings = settings;
  }

  put(name: string, target: string, value: unknown): void {
    if (target === '' || value === null) return;
    if (!isMember(target)) this.putField(target.startsWith(FIELD) ? target.slice(FIELD.length) : name, value);
    else if (this.members[target] === undefined) this.members[target] = this.memberOf(target, name, value);
  }

  putObject(value: Readonly<Record<string, unknown>>, targets: ReadonlyMap<string, string>): void {
    walkFields(value, {
      leaf: (name, leaf) => {
        const target =
          targets.get(name) ?? (name.startsWith('fields.') ? name.replace('fields.', FIELD) : FIELD + name);
        this.put(name, target, leaf);
        return true;
      },
      tooDeep: () => {
        this.problem ??= `It is nested too deep: send at most ${MAX_DEPTH} levels.`;
        return true;
      },
    });
  }

  result(forms: Set<string>): MappedRow {
    if (this.problem !== null) return { problem: this.problem };
    if (this.fields.size === 0 && Object.keys(this.members).length === 0) return null;
    const form = this.members.form_name;
    if (typeof form === 'string') {
      if (!forms.has(form) && forms.size >= MAX_FORMS) return { problem: TOO_MANY_FORMS };
      forms.add(form);
    }
    return { lead: { fields: Object.fromEntries(this.fields), ...this.members } };
  }

  /** Two columns of one name make a list, as a form's repeated names do. */
  private putField(name: string, value: unknown): void {
    const before = this.fields.get(name);
    this.fields.set(name, before === undefined ? value : ([] as unknown[]).concat(before, value));
  }

  private memberOf(target: Member, name: string, value: unknown): unknown {
    const text = typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : null;
    if (text === null) {
      this.problem ??= `${shortName(name)} must be a text.`;
      return undefined;
    }
    if (text === '') return undefined;
    if (target === 'submitted_at') {
      const time = readTime(text, this.settings);
      if (time === null) this.problem ??= `${shortName(name)} ${NO_TIME}`;
      return time ?? undefined;
    }
    const choices: readonly string[] | null =
      target === 'device_type' ? DEVICE_TYPES : target === 'paid_source' ? PAID_SOURCES : null;
    if (choices === null) return text;
    if (!choices.includes(text.toLowerCase())) {
      this.problem ??= `${shortName(name)} must be one of ${choices.join(', ')}.`;
    }
    return text.toLowerCase();
  }
}

/** A header may be long: a report stays readable. */
const shortName = (name: string) => (name.length > 60 ? `${name.slice(0, 60)}…` : name);
