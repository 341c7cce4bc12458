/** @jsxImportSource preact */
import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { type Asset, ICON } from './assets.ts';

export interface PageProps {
  title: string;
  description: string;
  styles: readonly Asset[];
  scripts: readonly Asset[];
  /** Further `<meta>` by name. */
  meta?: Readonly<Record<string, string>>;
  /** English when left out. RFC 5646. */
  lang?: string;
  children: ComponentChildren;
}

/** The frame of every page: what a browser has to know before the first word. */
export function Page({ title, description, styles, scripts, meta = {}, lang = 'en', children }: PageProps) {
  return (
    <html lang={lang} dir={isRightToLeft(lang) ? 'rtl' : undefined}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title}</title>
        <meta name="description" content={description} />
        {Object.entries(meta).map(([name, content]) => (
          <meta key={name} name={name} content={content} />
        ))}
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

/** Languages written from right to left, by their code. */
const RIGHT_TO_LEFT: ReadonlySet<string> = new Set(['ar', 'dv', 'fa', 'he', 'ku', 'ps', 'sd', 'ug', 'ur', 'yi']);

const isRightToLeft = (lang: string) => RIGHT_TO_LEFT.has(lang.split('-', 1)[0]?.toLowerCase() ?? '');

/** A page as text. Whatever stands in it is escaped; there is no raw HTML. */
export function renderPage(page: VNode): string {
  return `<!doctype html>\n${renderToString(page)}\n`;
}
