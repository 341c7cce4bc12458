import { createHash } from 'node:crypto';
import { Elysia } from 'elysia';
import { once } from '../../lib/once.ts';
import { matchesEtag } from '../etag.ts';
import type { Answer } from '../json.ts';
import type { SCOPE_OF } from '../operations.ts';

/** Every operation there is, by the name it has in the OpenAPI document and for the service behind it. */
export type OperationId = keyof typeof SCOPE_OF | 'getOpenApi';

/**
 * What a route says of itself: the operation of the document that it is. Its words are kept apart, to be loaded with
 * the document: `openapi-operations.ts` has them all.
 */
export const documented = (operationId: OperationId) => ({ detail: { operationId } });

export interface OpenApiDeps {
  /** Every route of the API, asked for when the document is first wanted. */
  routes(): readonly DocumentedRoute[];
  /** `LTS_PUBLIC_URL`, where it is set; null: the document names the address it came from. */
  serverUrl: string | null;
}

export interface DocumentedRoute {
  method: string;
  path: string;
  hooks: { detail?: { operationId?: string; hide?: boolean } };
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
      if (matchesEtag(request.headers.get('if-none-match'), etag)) {
        answer.status = 304;
        return null;
      }
      answer.headers['content-type'] = 'application/json';
      return text;
    },
    documented('getOpenApi'),
  );
}
