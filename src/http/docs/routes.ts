import { Elysia } from 'elysia';
import { VERSION } from '../../lib/version.ts';
import type { Answer } from '../json.ts';
import { SCOPE_OF } from '../operations.ts';
import { ASSETS } from '../pages/assets.ts';
import { PAGE_HEADERS, renderPage } from '../pages/page.tsx';
import { type Sendable, send, sendable } from '../pages/send.ts';
import { ApiPage } from './api-page.tsx';
import type { ApiDocument } from './document.ts';
import { McpPage, type ToolLine } from './mcp-page.tsx';

export interface DocsDeps {
  /** The OpenAPI document that is served. */
  document(): Promise<ApiDocument>;
  /** Where people reach the server, without a slash at the end. */
  origin: string;
  /** Requests a minute and key; 0: no limit. */
  perMinute: number;
  tools: readonly ToolLine[];
}

const KEPT_FOR_EVER = 'public, max-age=31536000, immutable';

/** The pages for developers, and the files that they load. Nothing of them depends on who asks: each is made once. */
export function docsRoutes({ document, origin, perMinute, tools }: DocsDeps) {
  const api = once(async () => ApiPage({ document: await document(), origin, perMinute, scopes: SCOPE_OF }));
  const mcp = once(async () => McpPage({ url: `${origin}/api/mcp`, tools, version: VERSION }));
  const routes = new Elysia()
    .get('/docs', ({ redirect }) => redirect('/docs/api', 302))
    .get('/docs/api', async ({ request, set }) => sendPage(request, set as Answer, await api()))
    .get('/docs/mcp', async ({ request, set }) => sendPage(request, set as Answer, await mcp()));
  for (const asset of ASSETS) {
    routes.get(asset.path, ({ request, set }) => {
      set.headers['cache-control'] = KEPT_FOR_EVER;
      return send(request, set as Answer, asset);
    });
  }
  return routes;
}

function sendPage(request: Request, set: Answer, page: Sendable): Uint8Array<ArrayBuffer> {
  Object.assign(set.headers, PAGE_HEADERS);
  return send(request, set, page);
}

/** The page, made when it is first asked for. One that failed is tried again. */
function once(make: () => Promise<Parameters<typeof renderPage>[0]>): () => Promise<Sendable> {
  let made: Promise<Sendable> | null = null;
  return () => {
    made ??= make().then(
      (page) => sendable('text/html; charset=utf-8', renderPage(page)),
      (error: unknown) => {
        made = null;
        throw error;
      },
    );
    return made;
  };
}
