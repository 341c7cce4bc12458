import { Elysia } from 'elysia';
import { notFound } from '../../lib/errors.ts';
import { once } from '../../lib/once.ts';
import type { Answer } from '../json.ts';
import { PAGE_HEADERS } from '../pages/headers.ts';
import { type Sendable, send } from '../pages/send.ts';
import type { ApiDocument } from './document.ts';
import type { FormLimits } from './forms-page.tsx';
import type { ToolLine } from './mcp-page.tsx';

export interface DocsDeps {
  /** The OpenAPI document that is served. */
  document(): Promise<ApiDocument>;
  /** Where people reach the server, without a slash at the end. */
  publicUrl(): string;
  /** Requests a minute and key; 0: no limit. */
  perMinute: number;
  tools: readonly ToolLine[];
  /** What whoever sends forms may. */
  formLimits: FormLimits;
}

const KEPT_FOR_EVER = 'public, max-age=31536000, immutable';

/**
 * The pages for developers, and the files that they load. Nothing of them depends on who asks: each is made once,
 * when it is first wanted, and what makes it is loaded then.
 */
export function docsRoutes(deps: DocsDeps) {
  const api = once(async () => (await import('./pages.ts')).apiPage(deps));
  const mcp = once(async () => (await import('./pages.ts')).mcpPage(deps));
  const forms = once(async () => (await import('./pages.ts')).formsPage(deps));
  const webhooks = once(async () => (await import('./pages.ts')).webhooksPage(deps));
  return new Elysia()
    .get('/docs', ({ redirect }) => redirect('/docs/api', 302))
    .get('/docs/api', async ({ request, set }) => sendPage(request, set as Answer, await api()))
    .get('/docs/mcp', async ({ request, set }) => sendPage(request, set as Answer, await mcp()))
    .get('/docs/forms', async ({ request, set }) => sendPage(request, set as Answer, await forms()))
    .get('/docs/webhooks', async ({ request, set }) => sendPage(request, set as Answer, await webhooks()))
    .get('/assets/:name', async ({ params, request, set }) => {
      const file = (await import('./pages.ts')).assetAt(`/assets/${params.name}`);
      if (file === null) throw notFound('file');
      set.headers['cache-control'] = KEPT_FOR_EVER;
      return send(request, set as Answer, file);
    });
}

function sendPage(request: Request, set: Answer, page: Sendable): Uint8Array<ArrayBuffer> {
  Object.assign(set.headers, PAGE_HEADERS);
  return send(request, set, page);
}
