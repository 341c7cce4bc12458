import type { HostedField, HostedForm } from '../../src/contract/hosted-form.ts';

/** A field of a hosted form with nothing set but this. */
export function hostedField(given: Partial<HostedField> & Pick<HostedField, 'id' | 'kind' | 'label'>): HostedField {
  return {
    name: given.label,
    help: null,
    required: false,
    error: null,
    autocomplete: null,
    choices: [],
    several: false,
    min: null,
    max: null,
    ...given,
  };
}

/** A hosted form with a field of every kind but `file`. */
export const HOSTED_FORM: HostedForm = {
  title: 'Contact us',
  intro: 'We answer within a day.\n\nOn weekends it may take longer.',
  button: 'Send',
  lang: 'en',
  required_word: 'required',
  problem_title: 'Please check what you typed',
  fields: [
    hostedField({ id: 'f1', kind: 'text', label: 'Name', required: true, autocomplete: 'name' }),
    hostedField({ id: 'f2', kind: 'email', label: 'E-mail', required: true, autocomplete: 'email' }),
    hostedField({ id: 'f3', kind: 'phone', label: 'Phone', autocomplete: 'tel', help: 'Only if we may call you.' }),
    hostedField({ id: 'f4', kind: 'number', label: 'Seats', min: 1, max: 100 }),
    hostedField({ id: 'f5', kind: 'choice', label: 'Plan', choices: ['Small', 'Medium', 'Large'], required: true }),
    hostedField({ id: 'f6', kind: 'choice', label: 'Topics', choices: ['Prices', 'Help & advice'], several: true }),
    hostedField({ id: 'f7', kind: 'date', label: 'Call me on' }),
    hostedField({ id: 'f8', kind: 'long_text', label: 'Message' }),
    hostedField({ id: 'f9', kind: 'checkbox', label: 'I agree to the terms', required: true }),
  ],
};
