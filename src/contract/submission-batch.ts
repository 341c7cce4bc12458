import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { ErrorDetail } from './error.ts';
import { Id, OneOf } from './schema.ts';
import { MAX_BATCH, SubmissionCreate } from './submission.ts';

/** A batch of whatever its items are. */
const batchOf = <T extends TSchema>(item: T, options: { $id?: string } = {}) =>
  Type.Object(
    {
      submissions: Type.Array(item, {
        minItems: 1,
        maxItems: MAX_BATCH,
        description: `The leads, at most ${MAX_BATCH.toLocaleString('en')}. Each is judged for itself: one that is wrong keeps no other out.`,
      }),
    },
    { additionalProperties: false, description: 'Many leads in one request, for imports.', ...options },
  );

/** What POST /submissions/batch takes. Spec 2. */
export const SubmissionBatch = batchOf(SubmissionCreate, { $id: 'SubmissionBatch' });

/** The batch as a whole: its items are judged one by one, each with a result of its own. */
export const BatchOfAnything = batchOf(Type.Unknown());

const index = Type.Integer({
  minimum: 0,
  maximum: MAX_BATCH - 1,
  description: 'The place of the item in `submissions`, from 0.',
});

const BatchCreated = Type.Object(
  { index, status: Type.Literal('created', { description: 'The lead is stored.' }), id: Id('sub', 'The lead.') },
  { additionalProperties: false, $id: 'BatchCreated', description: 'An item that was taken.' },
);

/** What an item can be refused with. */
const REFUSAL_CODES = ['validation_error', 'not_found'] as const;

const BatchInvalid = Type.Object(
  {
    index,
    status: Type.Literal('invalid', { description: 'The lead was not taken.' }),
    error: Type.Object(
      {
        code: OneOf(
          REFUSAL_CODES,
          'What went wrong, for programs. `not_found`: a repeated request whose lead was deleted since.',
        ),
        message: Type.String({
          description: 'What to do about it, for people.',
          examples: ['The lead was not taken: see details.'],
        }),
        details: Type.Array(ErrorDetail, {
          description: 'Each thing that is wrong, at most 20. Paths are those of the item.',
        }),
      },
      { additionalProperties: false, description: 'Why it was not taken.' },
    ),
  },
  { additionalProperties: false, $id: 'BatchInvalid', description: 'An item that was refused.' },
);

/** One result of a batch, in the order of its items. Spec 2, POST /submissions/batch. */
export const BatchResult = Type.Union([BatchCreated, BatchInvalid], {
  $id: 'BatchResult',
  description: 'What became of one item of a batch.',
});
export type BatchResult = Static<typeof BatchResult>;
