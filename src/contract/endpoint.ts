import { type Static, Type } from '@sinclair/typebox';
import { Nullable, OneOf, Time } from './schema.ts';

/** What a visitor sees after sending a form. Spec 3, "Form endpoint". */
export const ENDPOINT_ANSWERS = ['redirect', 'thanks', 'json'] as const;

export const MAX_THANKS_TITLE = 200;
export const MAX_THANKS_TEXT = 5_000;
const MAX_NAME = 200;

const parts = {
  name: Type.String({ minLength: 1, maxLength: MAX_NAME, description: 'What people call it.' }),
  answer: OneOf(ENDPOINT_ANSWERS, 'What a visitor sees after a form.'),
  redirect_url: Nullable(
    Type.String({ maxLength: 2_000, description: 'Where `redirect` leads; null: back to the page of the form.' }),
  ),
  thanks_title: Nullable(Type.String({ maxLength: MAX_THANKS_TITLE, description: 'The title of the thanks page.' })),
  thanks_text: Nullable(Type.String({ maxLength: MAX_THANKS_TEXT, description: 'What the thanks page says.' })),
  honeypot: Type.String({
    minLength: 1,
    maxLength: MAX_NAME,
    description: 'The field that people leave empty and bots fill in.',
  }),
};

/** An address that web forms are sent to. */
export const Endpoint = Type.Object(
  { id: Type.String({ pattern: '^[0-9a-z]{10}$' }), ...parts, created_at: Time('When it was made.') },
  { additionalProperties: false, $id: 'Endpoint' },
);
export type Endpoint = Static<typeof Endpoint>;

/** What may be changed of an endpoint; what is not named stays as it is. */
export const EndpointUpdate = Type.Partial(Type.Object(parts), { additionalProperties: false, $id: 'EndpointUpdate' });
export type EndpointUpdate = Static<typeof EndpointUpdate>;
