import { type Static, Type } from '@sinclair/typebox';
import { ERROR_CODES } from '../lib/errors.ts';
import { OneOf } from './schema.ts';

/** The one shape of every error under /api. Spec 2, "Errors". */
export const ErrorBody = Type.Object(
  {
    error: Type.Object(
      {
        code: OneOf(ERROR_CODES, 'What went wrong, for programs.'),
        message: Type.String({ description: 'What to do about it, for people.' }),
        details: Type.Array(
          Type.Object(
            { path: Type.String({ description: 'A JSON pointer into the request.' }), message: Type.String() },
            { additionalProperties: false },
          ),
        ),
        request_id: Type.String(),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false, $id: 'Error' },
);
export type ErrorBody = Static<typeof ErrorBody>;
