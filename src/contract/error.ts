import { type Static, Type } from '@sinclair/typebox';
import { ERROR_CODES } from '../lib/errors.ts';
import { OneOf } from './schema.ts';

/** One thing that is wrong with a request. */
export const ErrorDetail = Type.Object(
  {
    path: Type.String({
      description:
        'Where: a JSON pointer into the request body, or `/` and the name of a parameter; empty for the whole.',
      examples: ['/fields/Email'],
    }),
    message: Type.String({
      description: 'What is wrong there, for people.',
      examples: ['must have at most 10,000 characters.'],
    }),
  },
  { additionalProperties: false, $id: 'ErrorDetail', description: 'One thing that is wrong with the request.' },
);

/** The one shape of every error under /api. Spec 2, "Errors". */
export const ErrorBody = Type.Object(
  {
    error: Type.Object(
      {
        code: OneOf(ERROR_CODES, 'What went wrong, for programs.'),
        message: Type.String({
          description: 'What to do about it, for people.',
          examples: ['The lead was not taken: see details.'],
        }),
        details: Type.Array(ErrorDetail, {
          description: 'Each thing that is wrong, at most 20; empty where the message says it all.',
        }),
        request_id: Type.String({
          description: 'The same as the header `X-Request-Id`: it finds the request in the log of the server.',
          examples: ['req_01jd8x4k2m3n4p5q6r7st'],
        }),
      },
      { additionalProperties: false, description: 'What went wrong.' },
    ),
  },
  { additionalProperties: false, $id: 'Error', description: 'The one shape of every error.' },
);
export type ErrorBody = Static<typeof ErrorBody>;
