import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Nullable } from './schema.ts';

export const DEFAULT_PER_PAGE = 25;
export const MAX_PER_PAGE = 100;
/** Beyond this many, totals are capped and paging goes by cursor. Spec 2, "Lists". */
export const MAX_COUNTED = 10_000;

export const Pagination = Type.Object(
  {
    page: Nullable(Type.Integer({ minimum: 1, description: 'This page, from 1; null when walking by cursor.' })),
    per_page: Type.Integer({ minimum: 1, maximum: MAX_PER_PAGE, description: 'How many a page has at most.' }),
    total: Type.Integer({ minimum: 0, description: 'How many there are altogether, as far as they are counted.' }),
    total_capped: Type.Boolean({ description: 'true: there are more than `total`.' }),
    total_pages: Type.Integer({ minimum: 0, description: 'How many pages `total` makes.' }),
    has_more: Type.Boolean({ description: 'Whether more follow this page.' }),
    next_cursor: Nullable(
      Type.String({
        description: 'Pass it as `cursor` to go on; null at the end.',
        examples: ['ZHN1Yl8wMWpkOHg0azJtM240cDVxNnI3c3Q'],
      }),
    ),
  },
  { additionalProperties: false, $id: 'Pagination', description: 'Where a page of a list stands.' },
);
export type Pagination = Static<typeof Pagination>;

export const Page = <T extends TSchema>(item: T) =>
  Type.Object(
    { data: Type.Array(item, { description: 'This page.' }), pagination: Pagination },
    { additionalProperties: false },
  );
