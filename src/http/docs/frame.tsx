/** @jsxImportSource preact */
import type { ComponentChildren } from 'preact';
import { DOCS_CSS, DOCS_JS } from '../pages/assets.ts';
import { Page } from '../pages/page.tsx';

export interface NavGroup {
  title: string;
  links: { href: string; text: string; method?: string }[];
}

const PAGES = [
  ['/docs/api', 'API'],
  ['/docs/mcp', 'MCP'],
  ['/docs/forms', 'Forms'],
  ['/docs/webhooks', 'Webhooks'],
] as const;
/** The pages of the documentation. */
export type DocsPath = (typeof PAGES)[number][0];

/** The frame of the documentation: what there is on the left, the text beside it. */
export function DocsFrame(props: {
  title: string;
  description: string;
  current: DocsPath;
  groups: readonly NavGroup[];
  version: string;
  children: ComponentChildren;
}) {
  const { title, description, current, groups, version, children } = props;
  return (
    <Page title={title} description={description} styles={[DOCS_CSS]} scripts={[DOCS_JS]}>
      <a class="skip" href="#main">
        Skip to the text
      </a>
      <header class="top">
        <p class="brand">
          LeadToSheet <span>docs</span>
        </p>
        <nav aria-label="Documentation">
          {PAGES.map(([path, name]) => (
            <a key={path} href={path} aria-current={current === path ? 'page' : undefined}>
              {name}
            </a>
          ))}
          <a href="/api/v1/openapi.json">OpenAPI</a>
        </nav>
        <p class="version">{version}</p>
      </header>
      <div class="frame">
        <details class="contents" open>
          <summary>On this page</summary>
          <nav aria-label="On this page">
            {groups.map((group) => (
              <div key={group.title}>
                <h2>{group.title}</h2>
                <ul>
                  {group.links.map(({ href, text, method }) => (
                    <li key={href}>
                      <a href={href}>
                        {text}
                        {method ? <span class={`method ${method.toLowerCase()}`}>{method}</span> : null}
                      </a>
                    </li>
                  ))}
                </ul>
              </div>
            ))}
          </nav>
        </details>
        <main id="main">{children}</main>
      </div>
    </Page>
  );
}
