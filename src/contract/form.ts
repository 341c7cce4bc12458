import { type Static, Type } from '@sinclair/typebox';
import { Id, Nullable, OneOf, Time } from './schema.ts';
import { SOURCES } from './source.ts';
import { MAX_FIELD_NAME } from './submission.ts';

/** What a lead was submitted with. Spec 2, "Types". */
export const Form = Type.Object(
  {
    id: Id('frm', 'The form.'),
    name: Type.String({ description: 'What people call it.', examples: ['Contact form'] }),
    sheet_tab: Type.String({ description: "The title of its tab in the site's sheet.", examples: ['Contact'] }),
    ignored: Type.Boolean({ description: 'Its leads are kept and counted apart, and go nowhere.' }),
    source: OneOf(SOURCES, 'The way its first lead came in.'),
    fields: Type.Array(Type.String(), {
      description: 'The field names seen, in order of first sight.',
      examples: [['Email', 'Full name']],
    }),
    submission_count: Type.Integer({
      minimum: 0,
      description: 'How many leads it has, without spam.',
      examples: [128],
    }),
    spam_rate_7d: Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'The share of spam among what came in the last 7 days.',
      examples: [0.02],
    }),
    last_submission_at: Nullable(Time('When its last lead came in.')),
    created_at: Time('When its first lead came in.'),
  },
  {
    additionalProperties: false,
    $id: 'Form',
    description: 'What leads are submitted with. It is made by its first one.',
  },
);
export type Form = Static<typeof Form>;

/** In characters; Google takes no more. */
export const MAX_TAB_TITLE = 100;

/** What may be changed of a form. */
export const FormUpdate = Type.Object(
  {
    name: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_FIELD_NAME,
        description: 'What people call it. Leads that still name it by its former name find it all the same.',
        examples: ['Contact form'],
      }),
    ),
    sheet_tab: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_TAB_TITLE,
        description: "The title of its tab in the site's sheet.",
        examples: ['Contact'],
      }),
    ),
    ignored: Type.Optional(
      Type.Boolean({ description: 'true: leads that come from now on are kept and counted apart, and go nowhere.' }),
    ),
  },
  {
    additionalProperties: false,
    minProperties: 1,
    $id: 'FormUpdate',
    description: 'What is to change; what is not named stays as it is.',
  },
);
export type FormUpdate = Static<typeof FormUpdate>;
