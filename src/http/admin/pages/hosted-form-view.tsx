import {
  AUTOCOMPLETE,
  HOSTED_KINDS,
  type HostedField,
  type HostedForm,
  type HostedKind,
  MAX_HOSTED_FIELDS,
  MAX_LABEL,
} from '../../../contract/hosted-form.ts';
import type { FieldTexts, PageTexts } from '../../../intake/hosted/edit.ts';
import type { Endpoint } from '../../../store/endpoints.ts';
import type { HostedFormState } from '../../../store/hosted-forms.ts';
import { CopyBlock, Secret } from '../components/copy.tsx';
import { AreaField, ChecksField, PostForm, SelectField, Submit, TextField } from '../components/form.tsx';
import { Card, PageTitle } from '../components/parts.tsx';
import { Status } from '../components/status.tsx';

export type HostedErrors<Member extends string> = Readonly<Partial<Record<Member, string>>>;

/** A field to be added, as typed. */
export interface AddTexts {
  kind: string;
  label: string;
  error: string | undefined;
}
export const NO_ADD: AddTexts = { kind: 'text', label: '', error: undefined };

const KIND_TEXT: Readonly<Record<HostedKind, string>> = {
  text: 'Text',
  email: 'E-mail address',
  phone: 'Phone number',
  number: 'Number',
  long_text: 'Long text',
  choice: 'Choice',
  checkbox: 'Checkbox',
  date: 'Date',
  file: 'File',
};
const KINDS = HOSTED_KINDS.map((value) => ({ value, text: KIND_TEXT[value] }));

const FILLED_IN: Readonly<Record<(typeof AUTOCOMPLETE)[number], string>> = {
  name: 'Whole name',
  'given-name': 'First name',
  'family-name': 'Last name',
  'honorific-prefix': 'Title, such as Dr',
  organization: 'Company',
  'organization-title': 'Job title',
  email: 'E-mail address',
  tel: 'Phone number',
  url: 'Web address',
  'street-address': 'Street and number',
  'postal-code': 'Postcode',
  'address-level2': 'Town',
  'country-name': 'Country',
  bday: 'Birthday',
};

export const pageTexts = ({ fields: _, intro, ...words }: HostedForm): PageTexts => ({ ...words, intro: intro ?? '' });

export const fieldTexts = (field: HostedField): FieldTexts => ({
  ...{ kind: field.kind, label: field.label, name: field.name, required: field.required, several: field.several },
  ...{ help: field.help ?? '', error: field.error ?? '', autocomplete: field.autocomplete ?? '' },
  choices: field.choices.join('\n'),
  min: field.min === null ? '' : String(field.min),
  max: field.max === null ? '' : String(field.max),
});

/** HTML to paste into a page. @param form its title becomes the frame's name */
export function embedSnippet(publicUrl: string, endpointId: string, { title, fields }: HostedForm): string {
  const height = 360 + 100 * fields.length;
  const name = title.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return `<iframe src="${publicUrl}/h/${endpointId}" title="${name}"
  width="100%" height="${height}" style="border: 0" loading="lazy"></iframe>`;
}

interface PageProps {
  endpoint: Endpoint;
  state: HostedFormState;
  base: string;
  publicUrl: string;
  texts: PageTexts;
  errors: HostedErrors<keyof PageTexts>;
  add: AddTexts;
  csrf: string;
}

export function HostedFormPage(props: PageProps) {
  const { endpoint, state, base, csrf } = props;
  return (
    <>
      <p class="crumb">
        <a href={base.replace(/\/form$/, '')}>
          <bdi>{endpoint.name}</bdi>
        </a>
      </p>
      <PageTitle
        title="Hosted form"
        lead="A page with a form that this server shows: to link to, or to stand in a frame on your own pages."
        action={<Publish published={state.published} base={base} csrf={csrf} />}
      />
      <div class="two editor">
        <div class="stacked">
          <Where {...props} />
          <Fields {...props} />
          <Words {...props} />
        </div>
        <Preview base={base} />
      </div>
    </>
  );
}

function Publish({ published, base, csrf }: { published: boolean; base: string; csrf: string }) {
  return (
    <PostForm action={`${base}/publish`} csrf={csrf} class="inline">
      <input type="hidden" name="published" value={published ? 'no' : 'yes'} />
      {published ? (
        <button type="submit" class="button">
          Close
        </button>
      ) : (
        <Submit text="Publish" />
      )}
    </PostForm>
  );
}

function Where({ endpoint, state, publicUrl }: PageProps) {
  const url = `${publicUrl}/h/${endpoint.id}`;
  return (
    <Card
      title="Address"
      action={
        state.published ? (
          <a href={`/h/${endpoint.id}`} target="_blank" rel="noopener">
            Open
          </a>
        ) : null
      }
    >
      <div class="stacked">
        <p>
          {state.published ? (
            <Status is="published" />
          ) : (
            <>
              <Status is="unpublished" /> <span class="muted">Visitors find no form there.</span>
            </>
          )}
        </p>
        <Secret id="hosted-address" text={url} />
        <CopyBlock
          id="hosted-embed"
          text={embedSnippet(publicUrl, endpoint.id, state.form)}
          label="A frame to paste into a page"
        />
      </div>
    </Card>
  );
}

function Fields({ state, base, add, csrf }: PageProps) {
  const { fields } = state.form;
  return (
    <Card
      title="Fields"
      action={<span class="muted">{fields.length === 1 ? '1 field' : `${fields.length} fields`}</span>}
    >
      <ol class="hosted-fields">
        {fields.map((field, at) => (
          <li key={field.id}>
            <span class="text">
              <a href={`${base}/fields/${field.id}`}>
                <bdi>{field.label}</bdi>
              </a>
              <small class="muted">
                {KIND_TEXT[field.kind]}
                {field.required ? ', required' : ''}
                {field.name === field.label ? null : (
                  <>
                    , kept as <bdi>{field.name}</bdi>
                  </>
                )}
              </small>
            </span>
            <Move field={field} base={base} csrf={csrf} to="up" idle={at === 0} />
            <Move field={field} base={base} csrf={csrf} to="down" idle={at === fields.length - 1} />
          </li>
        ))}
      </ol>
      {fields.length === 0 ? <p class="muted">No field yet: visitors would have nothing to fill in.</p> : null}
      {fields.length >= MAX_HOSTED_FIELDS ? null : <Add {...add} base={base} csrf={csrf} />}
    </Card>
  );
}

interface MoveProps {
  field: HostedField;
  base: string;
  csrf: string;
  to: 'up' | 'down';
  /** There is no further place. */
  idle: boolean;
}

function Move({ field, base, csrf, to, idle }: MoveProps) {
  return (
    <PostForm action={`${base}/fields/${field.id}/move`} csrf={csrf} class="inline">
      <input type="hidden" name="to" value={to} />
      <button type="submit" class="button small" disabled={idle}>
        <span aria-hidden="true">{to === 'up' ? '↑' : '↓'}</span>
        <span class="unseen">
          Move <bdi>{field.label}</bdi> {to}
        </span>
      </button>
    </PostForm>
  );
}

function Add({ kind, label, error, base, csrf }: AddTexts & { base: string; csrf: string }) {
  return (
    <PostForm action={`${base}/fields`} csrf={csrf} class="form add-field">
      <SelectField name="kind" label="New field" value={kind} choices={KINDS} />
      <TextField name="label" label="Label" value={label} maxlength={MAX_LABEL} required error={error} />
      <button type="submit" class="button">
        Add the field
      </button>
    </PostForm>
  );
}

function Words({ base, texts, errors, csrf }: PageProps) {
  return (
    <Card title="Words of the page">
      <PostForm action={base} csrf={csrf}>
        <TextField name="title" label="Title" value={texts.title} maxlength={MAX_LABEL} required error={errors.title} />
        <AreaField
          name="intro"
          label="Introduction"
          value={texts.intro}
          help="Stands below the title. Each line is a paragraph."
          error={errors.intro}
        />
        <TextField
          name="button"
          label="Button"
          value={texts.button}
          maxlength={MAX_LABEL}
          required
          error={errors.button}
        />
        <TextField
          name="lang"
          label="Language"
          value={texts.lang}
          maxlength={35}
          required
          help="As browsers name it: en, de, pt-BR. Screen readers and spell checkers go by it."
          error={errors.lang}
        />
        <TextField
          name="required_word"
          label="Mark of required fields"
          value={texts.required_word}
          maxlength={MAX_LABEL}
          required
          error={errors.required_word}
        />
        <TextField
          name="problem_title"
          label="Heading when something is wrong"
          value={texts.problem_title}
          maxlength={MAX_LABEL}
          required
          help="What is wrong with each field is said in English, unless the field has words of its own."
          error={errors.problem_title}
        />
        <Submit text="Save words" />
      </PostForm>
    </Card>
  );
}

/** The page as it is saved, where nothing can be done with it. @param at the field to begin with */
function Preview({ base, at }: { base: string; at?: string }) {
  return (
    <aside class="preview" aria-label="Preview">
      <iframe title="Preview of the form" src={`${base}/preview${at ? `#field-${at}` : ''}`} sandbox="" />
      <p class="help">As visitors see it, after saving. It is laid out anew for each width; here it can’t be sent.</p>
    </aside>
  );
}

interface FieldProps {
  field: HostedField;
  texts: FieldTexts;
  errors: HostedErrors<keyof FieldTexts>;
  base: string;
  csrf: string;
}

export function FieldPage(props: FieldProps) {
  const { field, base, csrf } = props;
  const action = `${base}/fields/${field.id}`;
  return (
    <>
      <p class="crumb">
        <a href={base}>Hosted form</a>
      </p>
      <PageTitle title={field.label} lead={`Field of a hosted form: ${KIND_TEXT[field.kind]}`} />
      <div class="two editor">
        <div class="stacked">
          <PostForm action={action} csrf={csrf}>
            <FieldSettings {...props} />
            <Submit text="Save field" />
          </PostForm>
          <details class="ask">
            <summary class="button danger">Delete field …</summary>
            <PostForm action={`${action}/delete`} csrf={csrf}>
              <p>It goes from the form. What was sent so far stays with the leads, and in the sheet.</p>
              <Submit text="Delete field" danger />
            </PostForm>
          </details>
        </div>
        <Preview base={base} at={field.id} />
      </div>
    </>
  );
}

function FieldSettings({ texts, errors }: FieldProps) {
  return (
    <>
      <TextField name="label" label="Label" value={texts.label} maxlength={MAX_LABEL} required error={errors.label} />
      <SelectField name="kind" label="Kind" value={texts.kind} choices={KINDS} error={errors.kind} />
      <ChecksField
        name="required"
        legend="Whether it may be left empty"
        values={texts.required ? ['on'] : []}
        choices={[{ value: 'on', text: 'It has to be filled in' }]}
      />
      <OfKind texts={texts} errors={errors} />
      <TextField
        name="help"
        label="Help"
        value={texts.help}
        help="A line below the label. Empty: none."
        error={errors.help}
      />
      <TextField
        name="error"
        label="What is said when it is wrong or missing"
        value={texts.error}
        help="Empty: our own words, in English."
        error={errors.error}
      />
      <TextField
        name="name"
        label="Kept as"
        value={texts.name}
        maxlength={MAX_LABEL}
        help="The name of its values, and of the column. It stays when the label changes; another name begins another column."
        error={errors.name}
      />
    </>
  );
}

/** What fields of this kind have besides. */
function OfKind({ texts, errors }: Pick<FieldProps, 'texts' | 'errors'>) {
  switch (texts.kind) {
    case 'choice':
      return (
        <>
          <AreaField
            name="choices"
            label="Choices"
            value={texts.choices}
            rows={6}
            help="One a line. Over seven of which one can be chosen become a list to open."
            error={errors.choices}
          />
          <ChecksField
            name="several"
            legend="How many"
            values={texts.several ? ['on'] : []}
            choices={[{ value: 'on', text: 'More than one can be chosen' }]}
          />
        </>
      );
    case 'number':
      return (
        <>
          <TextField name="min" label="Least" value={texts.min} help="Empty: any." error={errors.min} />
          <TextField name="max" label="Greatest" value={texts.max} help="Empty: any." error={errors.max} />
        </>
      );
    case 'checkbox':
    case 'file':
      return null;
    default:
      return (
        <SelectField
          name="autocomplete"
          label="Browsers fill in"
          value={texts.autocomplete}
          choices={[
            { value: '', text: 'As they think fit' },
            ...AUTOCOMPLETE.map((value) => ({ value, text: FILLED_IN[value] })),
          ]}
          help="Saves people typing."
        />
      );
  }
}
