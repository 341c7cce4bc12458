import { EXAMPLE_FORM, EXAMPLE_SITE } from '../../contract/examples.ts';
import { Form, FormUpdate } from '../../contract/form.ts';
import { Data, DataList } from '../../contract/schema.ts';
import { Site } from '../../contract/site.ts';
import { invalid, notFound } from '../../lib/errors.ts';
import { operation } from './openapi-operation.ts';
import { idParameter } from './openapi-parts.ts';

/* What the OpenAPI document says of the routes for forms and the site. */

const noSuchForm = {
  description: 'The site has no such form.',
  failures: [{ when: "An unknown id, or another site's", error: notFound('form') }],
};

export const listForms = operation('listForms', {
  tag: 'Forms',
  summary: 'List forms',
  description: 'All forms of the site. A form is made by its first lead.',
  reply: {
    status: 200,
    description: 'The forms.',
    media: { schema: DataList(Form, 'All of them.'), example: { data: [EXAMPLE_FORM] } },
  },
});

export const getForm = operation('getForm', {
  tag: 'Forms',
  summary: 'Get a form',
  description: 'One form by its id.',
  parameters: [idParameter(Form.properties.id)],
  reply: {
    status: 200,
    description: 'The form.',
    media: { schema: Data(Form), example: { data: EXAMPLE_FORM } },
  },
  failures: [noSuchForm],
});

export const updateForm = operation('updateForm', {
  tag: 'Forms',
  summary: 'Update a form',
  description: `Changes a form's name, its tab, or whether it is ignored; send only what is to change.

Leads that still name the form by its former name find it all the same. A new \`sheet_tab\` renames the tab in the sheet, unless somebody has renamed it there.`,
  parameters: [idParameter(Form.properties.id)],
  body: {
    description: 'What is to change.',
    limitMiB: 1,
    schema: FormUpdate,
    examples: {
      rename: ['Another name and tab', { name: 'Contact', sheet_tab: 'Contact' }],
      ignore: ['Keep its leads out of the sheet', { ignored: true }],
    },
  },
  reply: {
    status: 200,
    description: 'The form as it is now.',
    media: {
      schema: Data(Form),
      example: { data: { ...EXAMPLE_FORM, name: 'Contact', sheet_tab: 'Contact' } },
    },
  },
  failures: [
    noSuchForm,
    {
      description: 'Something about the change is wrong; `details` says what. Nothing was changed.',
      failures: [
        {
          when: 'A name that is taken',
          error: invalid('The form was not changed: see details.', [
            { path: '/name', message: 'another form of this site has it' },
          ]),
        },
        {
          when: 'A body without members',
          error: invalid('The form was not changed: see details.', [
            { path: '', message: 'must have at least one member.' },
          ]),
        },
      ],
    },
  ],
});

export const getSite = operation('getSite', {
  tag: 'Site',
  summary: 'Get the site',
  description:
    'The site the key belongs to: what came in this month, and how writing to its sheet goes. Any valid key.',
  reply: {
    status: 200,
    description: 'The site.',
    media: { schema: Data(Site), example: { data: EXAMPLE_SITE } },
  },
});
