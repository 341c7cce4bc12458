/** @jsxImportSource preact */
import { AUTOCOMPLETE, type HostedField, MAX_LABEL } from '../../../contract/hosted-form.ts';
import type { FieldTexts } from '../../../intake/hosted/edit.ts';
import { AreaField, ChecksField, PostForm, SelectField, Submit, TextField } from '../components/form.tsx';
import { PageTitle } from '../components/parts.tsx';
import { type HostedErrors, KIND_TEXT, KINDS, Preview } from './hosted-form-view.tsx';

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

export const fieldTexts = (field: HostedField): FieldTexts => ({
  ...{ kind: field.kind, label: field.label, name: field.name, required: field.required, several: field.several },
  ...{ help: field.help ?? '', error: field.error ?? '', autocomplete: field.autocomplete ?? '' },
  choices: field.choices.join('\n'),
  min: field.min === null ? '' : String(field.min),
  max: field.max === null ? '' : String(field.max),
});

export interface FieldProps {
  field: HostedField;
  texts: FieldTexts;
  /** What the page showed first, for `changedOnly`. */
  shown: string;
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
            <input type="hidden" name="shown" value={props.shown} />
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
