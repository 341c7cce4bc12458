import { type Static, Type } from '@sinclair/typebox';
import { Id, Nullable, OneOf, Time } from './schema.ts';

/** From the one who may do everything to the one who may only look. Spec 6, "Team". */
export const ROLES = ['owner', 'admin', 'member', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

/** A person who signs in to the admin UI, as lists show one: nothing that proves who they are. */
export const User = Type.Object(
  {
    id: Id('usr', 'The user.'),
    email: Type.String({ description: 'What they sign in with.', examples: ['alice@example.com'] }),
    name: Type.String({ description: 'What people call them.', examples: ['Alice'] }),
    role: OneOf(ROLES, 'What they may do.'),
    site_ids: Nullable(
      Type.Array(Id('site', 'A site.'), { description: 'The sites they see; null: all, as owners and admins do.' }),
    ),
    disabled: Type.Boolean({ description: 'Whether they are kept from signing in.' }),
    second_factor: Type.Boolean({
      description: 'Whether their password alone is not enough: it takes a code or a passkey too.',
    }),
    created_at: Time('When they joined.'),
    last_sign_in_at: Nullable(Time('When they last signed in.')),
  },
  { additionalProperties: false, $id: 'User' },
);
export type User = Static<typeof User>;
