/** @jsxImportSource preact */
import type { ComponentChildren } from 'preact';
import type { Refused } from '../../../accounts/accounts.ts';
import { LIVE } from './live.ts';

/** A form of the admin UI: it always carries what tells it from one of another page. */
export function PostForm(props: {
  action: string;
  csrf: string;
  class?: string;
  upload?: boolean;
  /**
   * The ids of what it changes, the first of them where it stands itself: with scripts these alone are taken from the
   * page that it leads to, and what is typed elsewhere stays.
   */
  changes?: readonly [id: string, ...others: string[]];
  children: ComponentChildren;
}) {
  const { action, csrf, upload, changes, children } = props;
  const [own, ...others] = (changes ?? []).map((id) => `#${id}`);
  const inPlace = own && {
    'hx-post': action,
    'hx-target': own,
    'hx-select': own,
    'hx-select-oob': others.join() || undefined,
    'hx-swap': LIVE,
  };
  return (
    <form
      method="post"
      action={action}
      class={props.class ?? 'form'}
      enctype={upload ? 'multipart/form-data' : undefined}
      {...inPlace}
    >
      <input type="hidden" name="csrf" value={csrf} />
      {children}
    </form>
  );
}

interface FieldProps {
  name: string;
  label: string;
  help?: ComponentChildren;
  /** What is wrong with it and what to do. */
  error?: string | undefined;
}

/** Label above, help below, error below in words. */
function Field({ name, label, help, error, children }: FieldProps & { children: ComponentChildren }) {
  return (
    <div class={error ? 'field wrong' : 'field'}>
      <label for={`f-${name}`}>{label}</label>
      {children}
      {help ? (
        <p class="help" id={`f-${name}-help`}>
          {help}
        </p>
      ) : null}
      {error ? (
        <p class="error" id={`f-${name}-error`}>
          {error}
        </p>
      ) : null}
    </div>
  );
}

const described = ({ name, help, error }: FieldProps) =>
  [help ? `f-${name}-help` : '', error ? `f-${name}-error` : ''].filter(Boolean).join(' ') || undefined;

export function TextField(
  props: FieldProps & {
    value?: string;
    type?: 'text' | 'email' | 'password' | 'url' | 'number' | 'search' | 'date';
    required?: boolean;
    autocomplete?: string;
    placeholder?: string;
    autofocus?: boolean;
    inputmode?: 'numeric';
    maxlength?: number;
    /** What is offered while typing; anything else may be typed as well. */
    suggestions?: readonly string[];
  },
) {
  const {
    name,
    value,
    type = 'text',
    required,
    autocomplete,
    placeholder,
    autofocus,
    inputmode,
    maxlength,
    suggestions,
  } = props;
  return (
    <Field {...props}>
      <input
        id={`f-${name}`}
        name={name}
        // The library types each kind of input apart; all of these take the same attributes.
        type={type as 'text'}
        value={type === 'password' ? undefined : value}
        required={required}
        autocomplete={autocomplete}
        placeholder={placeholder}
        autofocus={autofocus}
        inputmode={inputmode}
        maxlength={maxlength}
        list={suggestions ? `f-${name}-list` : undefined}
        aria-invalid={props.error ? 'true' : undefined}
        aria-describedby={described(props)}
      />
      {suggestions ? (
        <datalist id={`f-${name}-list`}>
          {suggestions.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      ) : null}
    </Field>
  );
}

export function AreaField(props: FieldProps & { value?: string; rows?: number; placeholder?: string; code?: boolean }) {
  const { name, value, rows = 4, placeholder, code } = props;
  return (
    <Field {...props}>
      <textarea
        id={`f-${name}`}
        name={name}
        rows={rows}
        placeholder={placeholder}
        class={code ? 'mono' : undefined}
        spellcheck={!code}
        aria-invalid={props.error ? 'true' : undefined}
        aria-describedby={described(props)}
      >
        {value}
      </textarea>
    </Field>
  );
}

export interface Choice {
  value: string;
  text: string;
  help?: string;
}

export function SelectField(props: FieldProps & { value?: string; choices: readonly Choice[] }) {
  const { name, value, choices } = props;
  return (
    <Field {...props}>
      <select
        id={`f-${name}`}
        name={name}
        aria-invalid={props.error ? 'true' : undefined}
        aria-describedby={described(props)}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value} selected={choice.value === value}>
            {choice.text}
          </option>
        ))}
      </select>
    </Field>
  );
}

/** Some of several. */
export function ChecksField(props: {
  name: string;
  legend: string;
  values: readonly string[];
  choices: readonly Choice[];
  help?: string;
  error?: string | undefined;
}) {
  const { name, legend, values, choices, help, error } = props;
  return (
    <fieldset class={error ? 'field checks wrong' : 'field checks'}>
      <legend>{legend}</legend>
      {choices.map((choice) => (
        <label key={choice.value}>
          <input type="checkbox" name={name} value={choice.value} checked={values.includes(choice.value)} />
          <span>
            {choice.text}
            {choice.help ? <small>{choice.help}</small> : null}
          </span>
        </label>
      ))}
      {help ? <p class="help">{help}</p> : null}
      {error ? <p class="error">{error}</p> : null}
    </fieldset>
  );
}

/** Why something was not done, where it is about no field in particular. */
export function Refusal({ refused }: { refused: Refused<string> | null }) {
  return refused === null || refused.field !== null ? null : <Alert text={refused.message} />;
}

/** What went wrong with a form as a whole; said aloud where pages are heard. */
export function Alert({ text }: { text: string }) {
  return (
    <p class="error" role="alert">
      {text}
    </p>
  );
}

/** Why something was not done, where it is about this field. */
export const errorOf = (refused: Refused<string> | null, field: Refused<string>['field']): string | undefined =>
  refused?.field === field ? refused.message : undefined;

export function Submit({ text, danger }: { text: string; danger?: boolean }) {
  return (
    <button type="submit" class={danger ? 'button danger' : 'button primary'}>
      {text}
    </button>
  );
}
