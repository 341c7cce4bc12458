/** @jsxImportSource preact */
import type { HostedField, HostedKind } from '../../contract/hosted-form.ts';
import { MAX_TEXT } from '../../contract/submission.ts';
import { TICKED } from '../../intake/hosted/check.ts';

export interface FieldProps {
  field: HostedField;
  /** What was typed before. */
  values: readonly string[];
  problem: string | null;
  requiredWord: string;
  /** It is the first with a problem. */
  focus: boolean;
}

/** Beyond this a list is easier to go through than buttons. */
const MAX_RADIOS = 7;

export const inputId = (id: string) => `field-${id}`;
const helpId = (id: string) => `field-${id}-help`;
const problemId = (id: string) => `field-${id}-problem`;

/** One field of a hosted form: label, help, what is wrong with it, and where to type. */
export function FieldOfForm(props: FieldProps) {
  const { kind, choices, several } = props.field;
  if (kind === 'choice' && (several || choices.length <= MAX_RADIOS)) return <Choices {...props} />;
  if (kind === 'checkbox') return <Box {...props} />;
  const { id } = props.field;
  return (
    <div class={props.problem === null ? 'field' : 'field wrong'}>
      <label for={inputId(id)}>
        <Label {...props} />
      </label>
      <Help {...props} />
      {kind === 'choice' ? <Select {...props} /> : kind === 'long_text' ? <Area {...props} /> : <Input {...props} />}
      <Problem {...props} />
    </div>
  );
}

function Label({ field, requiredWord }: FieldProps) {
  return (
    <>
      <bdi>{field.label}</bdi>
      {field.required ? (
        <>
          {' '}
          <span class="mark">
            (<bdi>{requiredWord}</bdi>)
          </span>
        </>
      ) : null}
    </>
  );
}

function Help({ field: { id, help } }: FieldProps) {
  return help === null ? null : (
    <p class="help" id={helpId(id)} dir="auto">
      {help}
    </p>
  );
}

function Problem({ field: { id }, problem }: FieldProps) {
  return problem === null ? null : (
    <p class="error" id={problemId(id)} dir="auto">
      {problem}
    </p>
  );
}

const describedBy = ({ field: { id, help }, problem }: FieldProps) =>
  [help === null ? '' : helpId(id), problem === null ? '' : problemId(id)].filter(Boolean).join(' ') || undefined;

/** What every place to type has in common. */
function common(props: FieldProps) {
  const { field, problem, focus } = props;
  return {
    id: inputId(field.id),
    name: field.name,
    required: field.required,
    autofocus: focus,
    'aria-invalid': problem === null ? undefined : ('true' as const),
    'aria-describedby': describedBy(props),
  };
}

const TYPES: Readonly<Partial<Record<HostedKind, string>>> = {
  email: 'email',
  phone: 'tel',
  number: 'number',
  date: 'date',
  file: 'file',
};

function Input(props: FieldProps) {
  const { field, values } = props;
  const { kind, min, max, autocomplete } = field;
  const isNumber = kind === 'number';
  return (
    <input
      {...common(props)}
      // The library types each kind of input apart; all of these take the same attributes.
      type={(TYPES[kind] ?? 'text') as 'text'}
      value={kind === 'file' ? undefined : values[0]}
      autocomplete={autocomplete ?? undefined}
      maxlength={kind === 'text' ? MAX_TEXT : undefined}
      min={isNumber ? (min ?? undefined) : undefined}
      max={isNumber ? (max ?? undefined) : undefined}
      step={isNumber ? 'any' : undefined}
      dir={kind === 'text' ? 'auto' : undefined}
    />
  );
}

function Area(props: FieldProps) {
  return (
    <textarea {...common(props)} rows={5} maxlength={MAX_TEXT} dir="auto">
      {`\n${props.values[0] ?? ''}`}
    </textarea>
  );
}

function Select(props: FieldProps) {
  const { field, values } = props;
  return (
    <select {...common(props)}>
      <option value="">–</option>
      {field.choices.map((choice) => (
        <option key={choice} value={choice} selected={values.includes(choice)}>
          {choice}
        </option>
      ))}
    </select>
  );
}

/** One of few, or any of several. */
function Choices(props: FieldProps) {
  const { field, values, problem, focus } = props;
  const { id, name, choices, several, required } = field;
  return (
    <fieldset class={problem === null ? 'field' : 'field wrong'} aria-describedby={describedBy(props)}>
      <legend>
        <Label {...props} />
      </legend>
      <Help {...props} />
      {choices.map((choice, at) => (
        <label key={choice} class="tick">
          <input
            type={several ? 'checkbox' : 'radio'}
            id={at === 0 ? inputId(id) : undefined}
            name={name}
            value={choice}
            checked={values.includes(choice)}
            required={required && !several}
            autofocus={focus && at === 0}
          />
          <bdi>{choice}</bdi>
        </label>
      ))}
      <Problem {...props} />
    </fieldset>
  );
}

function Box(props: FieldProps) {
  return (
    <div class={props.problem === null ? 'field' : 'field wrong'}>
      <label class="tick">
        <input {...common(props)} type="checkbox" value={TICKED} checked={props.values.includes(TICKED)} />
        <span>
          <Label {...props} />
        </span>
      </label>
      <Help {...props} />
      <Problem {...props} />
    </div>
  );
}
