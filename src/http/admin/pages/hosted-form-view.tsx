/** @jsxImportSource preact */
import {
  HOSTED_KINDS,
  type HostedField,
  type HostedForm,
  type HostedKind,
  MAX_HOSTED_FIELDS,
  MAX_LABEL,
} from '../../../contract/hosted-form.ts';
import type { PageTexts } from '../../../intake/hosted/edit.ts';
import type { Endpoint } from '../../../store/endpoints.ts';
import type { HostedFormState } from '../../../store/hosted-forms.ts';
import { CopyBlock, Secret } from '../components/copy.tsx';
import { AreaField, PostForm, SelectField, Submit, TextField } from '../components/form.tsx';
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

export const KIND_TEXT: Readonly<Record<HostedKind, string>> = {
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
export const KINDS = HOSTED_KINDS.map((value) => ({ value, text: KIND_TEXT[value] }));

export const pageTexts = ({ fields: _, intro, ...words }: HostedForm): PageTexts => ({ ...words, intro: intro ?? '' });

/** HTML to paste into a page. @param form its title becomes the frame's name */
export function embedSnippet(publicUrl: string, endpointId: string, { title, fields }: HostedForm): string {
  const height = 360 + 100 * fields.length;
  const name = title.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return `<iframe src="${publicUrl}/h/${endpointId}" title="${name}"
  width="100%" height="${height}" style="border: 0" loading="lazy"></iframe>`;
}

/** What a field that moves changes: typing elsewhere on the page goes on. */
const [LIST, PREVIEW] = ['hosted-fields', 'hosted-preview'] as const;

interface PageProps {
  endpoint: Endpoint;
  state: HostedFormState;
  base: string;
  publicUrl: string;
  texts: PageTexts;
  /** What the page showed first, for `changedOnly`. */
  shown: string;
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
      <ol class="hosted-fields" id={LIST}>
        {fields.map((field, at) => (
          <li key={field.id} id={`row-${field.id}`}>
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
    <PostForm action={`${base}/fields/${field.id}/move`} csrf={csrf} class="inline" changes={[LIST, PREVIEW]}>
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

function Words({ base, texts, shown, errors, csrf }: PageProps) {
  return (
    <Card title="Words of the page">
      <PostForm action={base} csrf={csrf}>
        <input type="hidden" name="shown" value={shown} />
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
export function Preview({ base, at }: { base: string; at?: string }) {
  return (
    <aside class="preview" aria-label="Preview">
      <iframe id={PREVIEW} title="Preview of the form" src={`${base}/preview${at ? `#field-${at}` : ''}`} sandbox="" />
      <p class="help">As visitors see it, after saving. It is laid out anew for each width; here it can’t be sent.</p>
    </aside>
  );
}
