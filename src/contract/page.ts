import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Nullable } from './schema.ts';

export const DEFAULT_PER_PAGE = 25;
export const MAX_PER_PAGE = 100;
/** Beyond this many, totals are capped and paging goes by cursor. Spec 2, "Lists". */
export const MAX_COUNTED = 10_000;

export const Pagination = Type.Object(
  {
    page: Nullable(Type.Integer({ minimum: 1, description: 'null when walking by cursor.' })),
    per_page: Type.Integer({ minimum: 1, maximum: MAX_PER_PAGE }),
    total: Type.Integer({ minimum: 0 }),
    total_capped: Type.Boolean({ description: 'true: there are more than `total`.' }),
    total_pages: Type.Integer({ minimum: 0 }),
    has_more: Type.Boolean(),
    next_cursor: Nullable(Type.String({ description: 'Pass it as `cursor` to go on.' })),
  },
  { additionalProperties: false, $id: 'Pagination' },
);
export type Pagination = Static<typeof Pagination>;

export const Page = <T extends TSchema>(item: T) =>
  Type.Object({ data: Type.Array(item), pagination: Pagination }, { additionalProperties: false });
