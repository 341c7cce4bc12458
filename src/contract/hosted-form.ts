import { type Static, Type } from '@sinclair/typebox';
import { Nullable, OneOf } from './schema.ts';

/** The kinds of field that a hosted form has. Spec 3, "Hosted form". */
export const HOSTED_KINDS = [
  'text',
  'email',
  'phone',
  'number',
  'long_text',
  'choice',
  'checkbox',
  'date',
  'file',
] as const;
export type HostedKind = (typeof HOSTED_KINDS)[number];

/** What a browser may fill in by itself. HTML, 4.10.18.7.1: those that a lead has. */
export const AUTOCOMPLETE = [
  'name',
  'given-name',
  'family-name',
  'honorific-prefix',
  'organization',
  'organization-title',
  'email',
  'tel',
  'url',
  'street-address',
  'postal-code',
  'address-level2',
  'country-name',
  'bday',
] as const;

export const MAX_HOSTED_FIELDS = 50;
export const MAX_CHOICES = 100;
export const MAX_LABEL = 200;
export const MAX_HELP = 1_000;
export const MAX_INTRO = 5_000;
/** A language as HTML names it. RFC 5646, as far as pages use it. */
export const LANGUAGE = '^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$';

const Label = (description: string) => Type.String({ minLength: 1, maxLength: MAX_LABEL, description });
const Words = (description: string) => Nullable(Type.String({ maxLength: MAX_HELP, description }));

/** What people fill in at one place of a hosted form. */
export const HostedField = Type.Object(
  {
    id: Type.String({ pattern: '^[0-9a-z]{1,10}$', description: 'Stays the same, whatever else changes.' }),
    kind: OneOf(HOSTED_KINDS, 'What is asked for.'),
    label: Label('What people read above it.'),
    name: Label('The name that its values are kept under: stays when the label changes.'),
    help: Words('A line below the label.'),
    required: Type.Boolean({ description: 'Whether it has to be filled in.' }),
    error: Words('What is said when it is not filled in as it has to be; null: words of ours.'),
    autocomplete: Nullable(OneOf(AUTOCOMPLETE, 'What the browser may fill in.')),
    choices: Type.Array(Label('One that can be chosen.'), { maxItems: MAX_CHOICES, description: 'For `choice`.' }),
    several: Type.Boolean({ description: 'Whether more than one can be chosen.' }),
    min: Nullable(Type.Number({ description: 'The least `number`.' })),
    max: Nullable(Type.Number({ description: 'The greatest `number`.' })),
  },
  { additionalProperties: false, $id: 'HostedField' },
);
export type HostedField = Static<typeof HostedField>;

/** A page with a form that this server shows. */
export const HostedForm = Type.Object(
  {
    title: Label('The heading of the page.'),
    intro: Nullable(Type.String({ maxLength: MAX_INTRO, description: 'What stands below it.' })),
    button: Label('What the button says.'),
    lang: Type.String({ pattern: LANGUAGE, description: 'The language of the page.' }),
    required_word: Label('What stands beside a field that has to be filled in.'),
    problem_title: Label('What stands above the list of what is wrong.'),
    fields: Type.Array(HostedField, { maxItems: MAX_HOSTED_FIELDS }),
  },
  { additionalProperties: false, $id: 'HostedForm' },
);
export type HostedForm = Static<typeof HostedForm>;
