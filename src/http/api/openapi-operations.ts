import type { OperationId } from './openapi.ts';
import * as forms from './openapi-forms.ts';
import { headers, json, type Operation, shared } from './openapi-parts.ts';
import * as submissions from './openapi-submissions.ts';

const part = (description: string) => ({ type: 'object', description, additionalProperties: true });

const DOCUMENT_SCHEMA = {
  type: 'object',
  description: 'An OpenAPI 3.1 document.',
  required: ['openapi', 'info', 'paths', 'components'],
  properties: {
    openapi: { type: 'string', description: 'The version of OpenAPI it is written in.', examples: ['3.1.0'] },
    info: part('What the API is, and its version.'),
    paths: part('The operations, by path and method.'),
    components: part('What the operations share.'),
  },
  additionalProperties: true,
};

const getOpenApi: Operation = {
  tags: ['Document'],
  summary: 'Get this document',
  description: 'The description of this API as OpenAPI 3.1, for client generators and for `/docs/api`. Needs no key.',
  operationId: 'getOpenApi',
  security: [],
  parameters: [
    {
      name: 'If-None-Match',
      in: 'header',
      required: false,
      description: 'The `ETag` of the copy you have.',
      schema: { type: 'string' },
    },
  ],
  responses: {
    200: {
      description: 'The document.',
      headers: headers('ETag', 'Cache-Control'),
      content: json({ schema: DOCUMENT_SCHEMA }),
    },
    304: { description: 'Your copy is still good.', headers: headers('ETag', 'Cache-Control') },
    400: shared('BadRequest'),
    500: shared('InternalError'),
  },
};

/** What the OpenAPI document says of each operation. */
export const OPERATIONS: Readonly<Record<OperationId, Operation>> = { ...submissions, ...forms, getOpenApi };
