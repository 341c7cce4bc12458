/** @jsxImportSource preact */
import type { ComponentChildren, VNode } from 'preact';
import { FORMS_CSS } from '../pages/assets.ts';
import { Page, renderPage } from '../pages/page.tsx';

/** A page for visitors of a site: light, in its name, and none of a search engine's business. */
export function visitorPage(
  siteName: string | null,
  title: string,
  children: VNode,
  options: { lang?: string; wide?: boolean } = {},
): string {
  const { lang = 'en', wide = false } = options;
  return renderPage(
    <Page
      title={siteName === null ? title : `${title} · ${siteName}`}
      description={siteName ?? title}
      styles={[FORMS_CSS]}
      scripts={[]}
      meta={{ robots: 'noindex' }}
      lang={lang}
    >
      <main class={wide ? 'card wide' : 'card'}>
        {siteName === null ? null : (
          <p class="site">
            <bdi>{siteName}</bdi>
          </p>
        )}
        {children}
      </main>
    </Page>,
  );
}

/** What somebody of the site wrote, line by line. */
export function Paragraphs({ text }: { text: string }): ComponentChildren {
  return text.split(/\n+/).map((line, at) => (
    <p key={at} dir="auto">
      {line}
    </p>
  ));
}
