/** @jsxImportSource preact */
import { MAX_FIELD_NAME } from '../../../contract/submission.ts';
import { MEMBERS, type Member } from '../../../intake/imports/mapping.ts';
import type { FileRow } from '../../../intake/imports/rows.ts';
import type { ImportSettings, LeadImport } from '../../../store/imports.ts';
import { Alert, PostForm, SelectField, TextField } from '../components/form.tsx';
import { Banner, count, Facts, Moment, PageTitle } from '../components/parts.tsx';
import { StackTable } from '../components/table.tsx';
import type { CheckWork } from '../import-work.ts';
import { cut } from '../lead-words.ts';
import { CheckPart } from './import-check-view.tsx';
import { fileTitle, type ImportPlace } from './imports-view.tsx';

/** As many columns can be changed on a page; those behind become what they were taken for. */
export const SHOWN_COLUMNS = 200;
const SHOWN_VALUES = 3;
const MAX_VALUE = 60;

/** The separators by names that forms can hold. */
export const SEPARATOR_NAMES = { comma: ',', semicolon: ';', tab: '\t', bar: '|' } as const;

const ENCODING_TEXT: Readonly<Record<ImportSettings['encoding'], string>> = {
  'utf-8': 'UTF-8',
  'utf-16le': 'UTF-16 (little-endian)',
  'utf-16be': 'UTF-16 (big-endian)',
  'windows-1252': 'Windows-1252 (Western European)',
};
const FORMAT_TEXT: Readonly<Record<ImportSettings['format'], string>> = {
  csv: 'CSV',
  json_lines: 'JSON lines',
  json: 'JSON',
  json_wrapped: 'JSON',
};

const MEMBER_TEXT: Readonly<Partial<Record<Member, string>>> = {
  submitted_at: 'Time it was sent',
  form_name: 'Form',
  page_url: 'Page address',
  page_title: 'Page title',
  referrer: 'Referrer',
  paid_source: 'Ad network',
  click_id: 'Click id',
  user_agent: 'User agent',
  browser: 'Browser',
  os: 'Operating system',
  device_type: 'Device type',
  screen_size: 'Screen size',
  language: 'Language',
  timezone: 'Time zone of the visitor',
};

/** What is wrong with a form, by the name of the field. */
export type DraftErrors = Readonly<Partial<Record<'form' | 'timezone' | 'twice', string>>>;

/** What stands in the fields of the form: what was typed, when it is shown again. */
export interface DraftTexts {
  form: string;
  timezone: string;
}

export interface DraftProps extends ImportPlace {
  job: LeadImport;
  sample: readonly FileRow[];
  /** An import of the same file that was begun. */
  earlier: LeadImport | null;
  check: CheckWork | null;
  formNames: readonly string[];
  texts: DraftTexts;
  errors: DraftErrors;
  refusal: string | null;
}

/** A file that was not begun: how it is read, what each column becomes, and what it would come to. */
export function DraftPage(props: DraftProps) {
  const { base, csrf, now, zone, job, earlier, refusal, errors, check } = props;
  const here = `${base}/${job.id}`;
  return (
    <>
      <PageTitle
        title={fileTitle(job)}
        lead="Nothing is stored yet. See what becomes of each column, check, then import."
        action={<a href={base}>All imports</a>}
      />
      {refusal === null ? null : <Alert text={refusal} />}
      {earlier === null ? null : (
        <Banner tone="waiting" title="This file was imported before">
          <p>
            <Moment at={earlier.startedAt} now={now} zone={zone} />: {count(earlier.taken)} leads.{' '}
            <a href={`${base}/${earlier.id}`}>Show it</a>. If you import it again, each of them is there twice.
          </p>
        </Banner>
      )}
      <PostForm action={here} csrf={csrf} class="import">
        <HowRead {...props} />
        <ColumnTable {...props} />
        {earlier === null ? null : (
          <div class={errors.twice ? 'field checks wrong' : 'field checks'}>
            <label>
              <input type="checkbox" name="twice" value="yes" />
              <span>Import it again all the same</span>
            </label>
            {errors.twice ? <p class="error">{errors.twice}</p> : null}
          </div>
        )}
        <div class="actions">
          <button type="submit" class="button primary" name="next" value="start">
            Import
          </button>
          <button type="submit" class="button" name="next" value="check">
            Check all rows
          </button>
          <button type="submit" class="button" name="next" value="look">
            Save
          </button>
        </div>
      </PostForm>
      <CheckPart here={here} csrf={csrf} check={check} />
      <div class="after">
        <PostForm action={`${here}/remove`} csrf={csrf} class="inline">
          <button type="submit" class="button small danger">
            Discard this file
          </button>
        </PostForm>
      </div>
    </>
  );
}

function HowRead({ job, formNames, texts, errors }: DraftProps) {
  const { settings } = job;
  const { format, encoding, separator, header, dateOrder } = settings;
  const name = Object.entries(SEPARATOR_NAMES).find(([, char]) => char === separator)?.[0] ?? 'other';
  return (
    <>
      <Facts
        facts={[
          ['Format', FORMAT_TEXT[format]],
          ['Size', `${count(Math.max(1, Math.round(job.fileSize / 1000)))} KB`],
          ['Columns', count(settings.columns.length)],
        ]}
      />
      <div class="grid">
        <TextField
          name="form"
          label="Form"
          value={texts.form}
          placeholder="Import"
          maxlength={MAX_FIELD_NAME}
          suggestions={formNames}
          help="Of rows that name none. A new name makes a new form."
          error={errors.form}
        />
        <TextField
          name="timezone"
          label="Time zone"
          value={texts.timezone}
          help="Of times that name none, such as Europe/Paris."
          error={errors.timezone}
        />
        <SelectField
          name="dateOrder"
          label="04/03/2026 is"
          value={dateOrder}
          choices={[
            { value: 'dmy', text: '4 March' },
            { value: 'mdy', text: 'April 3' },
          ]}
        />
        <SelectField
          name="encoding"
          label="Encoding"
          value={encoding}
          choices={Object.entries(ENCODING_TEXT).map(([value, text]) => ({ value, text }))}
          help="If letters look wrong below, try another."
        />
        {format === 'csv' ? (
          <>
            <SelectField
              name="separator"
              label="Separator"
              value={name}
              choices={[
                { value: 'comma', text: 'Comma' },
                { value: 'semicolon', text: 'Semicolon' },
                { value: 'tab', text: 'Tab' },
                { value: 'bar', text: 'Bar |' },
                ...(name === 'other' ? [{ value: 'other', text: separator }] : []),
              ]}
            />
            <SelectField
              name="header"
              label="First row"
              value={header ? 'yes' : 'no'}
              choices={[
                { value: 'yes', text: 'Names of the columns' },
                { value: 'no', text: 'A lead already' },
              ]}
            />
          </>
        ) : null}
      </div>
    </>
  );
}

function ColumnTable({ job, sample }: DraftProps) {
  const { columns } = job.settings;
  const rest = columns.length - SHOWN_COLUMNS;
  return (
    <section>
      <header class="section-title">
        <h2>Columns</h2>
      </header>
      <StackTable columns={['In the file', 'First values', 'Becomes', 'Name of the field']}>
        {columns.slice(0, SHOWN_COLUMNS).map(({ name, target }, i) => (
          // Two columns may have one name.
          <tr key={`${i} ${name}`}>
            <td data-label="In the file">
              <bdi>{cut(name, MAX_VALUE)}</bdi>
            </td>
            <td data-label="First values" class="muted">
              <bdi>{valuesOf(sample, name, i)}</bdi>
            </td>
            <td data-label="Becomes">
              <TargetSelect index={i} name={name} target={target} />
            </td>
            <td data-label="Name of the field">
              <input
                name={`name-${i}`}
                value={target.startsWith('field:') ? target.slice('field:'.length) : name}
                maxlength={MAX_FIELD_NAME}
                aria-label={`Name of the field for ${cut(name, MAX_VALUE)}`}
              />
            </td>
          </tr>
        ))}
      </StackTable>
      {rest > 0 ? (
        <p class="help">
          And {count(rest)} more columns, which become fields under their names. To change those, use the command line.
        </p>
      ) : null}
    </section>
  );
}

function TargetSelect({ index, name, target }: { index: number; name: string; target: string }) {
  const value = target.startsWith('field:') ? 'field' : target;
  const choices = [
    ['field', 'A field'],
    ['', 'Leave out'],
    ...MEMBERS.map((member) => [member, MEMBER_TEXT[member] ?? member]),
  ];
  return (
    <select name={`target-${index}`} aria-label={`What ${cut(name, MAX_VALUE)} becomes`}>
      {choices.map(([each, text]) => (
        <option key={each} value={each} selected={each === value}>
          {text}
        </option>
      ))}
    </select>
  );
}

function valuesOf(sample: readonly FileRow[], name: string, index: number): string {
  const found: string[] = [];
  for (const row of sample) {
    const value = row.kind === 'cells' ? row.cells[index] : row.kind === 'object' ? memberAt(row.value, name) : '';
    if (value !== undefined && value.trim() !== '') found.push(cut(value, MAX_VALUE));
    if (found.length === SHOWN_VALUES) break;
  }
  return found.join(' · ');
}

/** The member that a flattened name stands for. */
function memberAt(value: Readonly<Record<string, unknown>>, name: string): string | undefined {
  if (Object.hasOwn(value, name)) return typeof value[name] === 'string' ? value[name] : JSON.stringify(value[name]);
  for (let dot = name.indexOf('.'); dot > 0; dot = name.indexOf('.', dot + 1)) {
    const inner = Object.hasOwn(value, name.slice(0, dot)) ? value[name.slice(0, dot)] : null;
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) continue;
    const found = memberAt(inner as Record<string, unknown>, name.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}
