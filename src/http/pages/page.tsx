import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { type Asset, ICON } from './assets.ts';

export interface PageProps {
  title: string;
  description: string;
  styles: readonly Asset[];
  scripts: readonly Asset[];
  children: ComponentChildren;
}

/** The frame of every page: what a browser has to know before the first word. */
export function Page({ title, description, styles, scripts, children }: PageProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title}</title>
        <meta name="description" content={description} />
        <link rel="icon" href={ICON.path} type="image/svg+xml" />
        {styles.map(({ path }) => (
          <link key={path} rel="stylesheet" href={path} />
        ))}
        {scripts.map(({ path }) => (
          <script key={path} src={path} type="module" />
        ))}
      </head>
      <body>{children}</body>
    </html>
  );
}

/** A page as text. Whatever stands in it is escaped; there is no raw HTML. */
export function renderPage(page: VNode): string {
  return `<!doctype html>\n${renderToString(page)}\n`;
}

/**
 * What a page may load and do: its own files, and calls to its own server. No inline script or style, no frame
 * around it, no form to anywhere.
 */
export const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'cross-origin-opener-policy': 'same-origin',
} as const;
