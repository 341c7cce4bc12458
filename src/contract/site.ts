import { type Static, Type } from '@sinclair/typebox';
import { Id, Nullable, OneOf, Time } from './schema.ts';

const count = (description: string, example: number) => Type.Integer({ minimum: 0, description, examples: [example] });

const usage = Type.Object(
  {
    month: Type.String({
      pattern: '^\\d{4}-\\d{2}$',
      description: "The month, in the site's time zone.",
      examples: ['2026-11'],
    }),
    submissions: count('Leads taken, without spam and ignored ones.', 128),
    spam: count('Leads taken for spam.', 3),
    ignored: count('Leads of ignored forms.', 0),
  },
  { additionalProperties: false, description: 'What came in this month.' },
);

const sheet = Type.Object(
  {
    target: OneOf(['local', 'google'], 'Where rows go: files on the server, or Google Sheets.'),
    status: OneOf(['ok', 'paused'], '`paused`: it waits for a person.'),
    spreadsheet_url: Nullable(
      Type.String({
        description: 'The spreadsheet; null for local files.',
        examples: ['https://docs.google.com/spreadsheets/d/1AbC/edit'],
      }),
    ),
    problem: Nullable(
      Type.String({
        description: 'What is wrong and what to do, in plain words.',
        examples: ['The spreadsheet is no longer shared with this server. Share it again.'],
      }),
    ),
  },
  { additionalProperties: false, description: 'The sheet its leads are written to.' },
);

const sync = Type.Object(
  {
    pending: count('Leads that wait for their row.', 2),
    failed: count('Leads whose row was given up.', 0),
    synced: count('Leads whose row is written.', 126),
    last_synced_at: Nullable(Time('When a row was last written.')),
    success_rate: Nullable(
      Type.Number({ minimum: 0, maximum: 1, description: '`synced` / (`synced` + `failed`).', examples: [1] }),
    ),
  },
  { additionalProperties: false, description: 'How writing to the sheet goes.' },
);

/** The unit that owns everything else. Spec 2, "Types". */
export const Site = Type.Object(
  {
    id: Id('site', 'The site.'),
    name: Type.String({ description: 'What people call it.', examples: ['Example shop'] }),
    client: Nullable(Type.String({ description: 'Whom it is run for.', examples: ['Example Ltd'] })),
    timezone: Type.String({ description: 'An IANA time zone.', examples: ['Europe/Paris'] }),
    endpoint_id: Type.String({
      pattern: '^[0-9a-z]{10}$',
      description: 'The public id of its form endpoint.',
      examples: ['k3x9w2m7qa'],
    }),
    created_at: Time('When it was made.'),
    usage,
    sheet,
    sync,
  },
  {
    additionalProperties: false,
    $id: 'Site',
    description: 'What a key belongs to: its leads, forms and sheet are the only ones the key can reach.',
  },
);
export type Site = Static<typeof Site>;
