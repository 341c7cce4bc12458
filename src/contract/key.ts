import { type Static, Type } from '@sinclair/typebox';
import { Id, Nullable, OneOf, Time } from './schema.ts';

export const SCOPES = ['submissions:read', 'submissions:write', 'forms:read', 'forms:write'] as const;
export type Scope = (typeof SCOPES)[number];

/** An API key as lists show it: never the key itself. Spec 2, "Keys"; spec 7, "One binary". */
export const Key = Type.Object(
  {
    id: Id('key', 'The key.'),
    name: Type.String({ description: 'What people call it.', examples: ['Website'] }),
    prefix: Type.String({ description: 'Its first 8 characters.', examples: ['lts_8fK2'] }),
    scopes: Type.Array(OneOf(SCOPES, 'One thing it may do.'), { description: 'What it may do.' }),
    expires_at: Nullable(Time('When it stops working.')),
    revoked_at: Nullable(Time('When it was revoked.')),
    last_used_at: Nullable(Time('When it was last used, to the minute.')),
    created_at: Time('When it was made.'),
  },
  { additionalProperties: false, $id: 'Key' },
);
export type Key = Static<typeof Key>;
