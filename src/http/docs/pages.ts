import { VERSION } from '../../lib/version.ts';
import { SCOPE_OF } from '../operations.ts';
import { ASSETS } from '../pages/assets.ts';
import { renderPage } from '../pages/page.tsx';
import { type Sendable, sendable } from '../pages/send.ts';
import { ApiPage } from './api-page.tsx';
import { FormsPage } from './forms-page.tsx';
import { McpPage } from './mcp-page.tsx';
import type { DocsDeps } from './routes.ts';
import { WebhooksPage } from './webhooks-page.tsx';

const HTML = 'text/html; charset=utf-8';

/** `/docs/api`. */
export async function apiPage({ document, publicUrl, perMinute }: DocsDeps): Promise<Sendable> {
  const page = ApiPage({ document: await document(), origin: publicUrl(), perMinute, scopes: SCOPE_OF });
  return sendable(HTML, renderPage(page));
}

/** `/docs/mcp`. */
export async function mcpPage({ publicUrl, tools }: DocsDeps): Promise<Sendable> {
  return sendable(HTML, renderPage(McpPage({ url: `${publicUrl()}/api/mcp`, tools, version: VERSION })));
}

/** `/docs/forms`. */
export async function formsPage({ publicUrl, formLimits }: DocsDeps): Promise<Sendable> {
  return sendable(HTML, renderPage(FormsPage({ origin: publicUrl(), limits: formLimits, version: VERSION })));
}

/** `/docs/webhooks`. */
export async function webhooksPage({ publicUrl }: DocsDeps): Promise<Sendable> {
  return sendable(HTML, renderPage(WebhooksPage({ origin: publicUrl(), version: VERSION })));
}

/** A file that pages load; null where there is none of this name. */
export function assetAt(path: string): Sendable | null {
  return ASSETS.find((asset) => asset.path === path) ?? null;
}
