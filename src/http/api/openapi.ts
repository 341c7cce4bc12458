import { createHash } from 'node:crypto';
import { Elysia } from 'elysia';
import { once } from '../../lib/once.ts';
import type { Answer } from '../json.ts';
import { documented } from './openapi-operation.ts';
import { headers, json, type Operation, shared } from './openapi-parts.ts';

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

export interface OpenApiDeps {
  /** Every route of the API, asked for when the document is first wanted. */
  routes(): readonly DocumentedRoute[];
  /** `LTS_PUBLIC_URL`, where it is set; null: the document names the address it came from. */
  serverUrl: string | null;
}

export interface DocumentedRoute {
  method: string;
  path: string;
  hooks: { detail?: object };
}

/** `GET /openapi.json`. The document is made at the first request for it, once; what makes it is loaded then. */
export function openApiRoute(deps: OpenApiDeps) {
  const document = once(make);

  async function make() {
    const { openApiDocument } = await import('./openapi-document.ts');
    const text = `${JSON.stringify(await openApiDocument(deps.routes(), deps.serverUrl))}\n`;
    return { text, etag: `"${createHash('sha256').update(text).digest('hex').slice(0, 16)}"` };
  }

  return new Elysia().get(
    '/openapi.json',
    async ({ request, set }) => {
      const { text, etag } = await document();
      const answer = set as Answer;
      answer.headers.etag = etag;
      answer.headers['cache-control'] = 'no-cache';
      if (matches(request.headers.get('if-none-match'), etag)) {
        answer.status = 304;
        return null;
      }
      answer.headers['content-type'] = 'application/json';
      return text;
    },
    documented(getOpenApi),
  );
}

/** RFC 9110, 13.1.2: weakly compared, any of a list. */
function matches(header: string | null, etag: string): boolean {
  if (header === null) return false;
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}
