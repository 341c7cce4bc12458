import { type Static, Type } from '@sinclair/typebox';
import { Id, Nullable, OneOf, Time } from './schema.ts';

const count = Type.Integer({ minimum: 0 });

/** The unit that owns everything else. Spec 2, "Types". */
export const Site = Type.Object(
  {
    id: Id('site', 'The site.'),
    name: Type.String(),
    client: Nullable(Type.String()),
    timezone: Type.String({ description: 'An IANA time zone.' }),
    endpoint_id: Type.String({ pattern: '^[0-9a-z]{10}$', description: 'The public id of its form endpoint.' }),
    created_at: Time('When it was made.'),
    usage: Type.Object(
      { month: Type.String({ pattern: '^\\d{4}-\\d{2}$' }), submissions: count, spam: count, ignored: count },
      { additionalProperties: false },
    ),
    sheet: Type.Object(
      {
        target: OneOf(['local', 'google'], 'Where rows go.'),
        status: OneOf(['ok', 'paused'], 'Paused: it waits for a person.'),
        spreadsheet_url: Nullable(Type.String()),
        problem: Nullable(Type.String({ description: 'What is wrong and what to do, in plain words.' })),
      },
      { additionalProperties: false },
    ),
    sync: Type.Object(
      {
        pending: count,
        failed: count,
        synced: count,
        last_synced_at: Nullable(Time('When a row was last written.')),
        success_rate: Nullable(Type.Number({ minimum: 0, maximum: 1, description: 'synced / (synced + failed).' })),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false, $id: 'Site' },
);
export type Site = Static<typeof Site>;
