/** @jsxImportSource preact */
import type { ComponentChildren } from 'preact';
import type { Site } from '../../store/store.ts';
import { ADMIN_CSS, ADMIN_JS, type Asset, HTMX_JS } from '../pages/assets.ts';
import { Page } from '../pages/page.tsx';

/** What the frame around every page needs to know. */
export interface FrameProps {
  title: string;
  /** The address of the page's place in the sidebar. */
  current: string;
  user: { name: string; email: string };
  /** Whether the user sees what is of the whole server. */
  runsServer: boolean;
  /** The site that is looked at; null on pages about none. */
  site: Pick<Site, 'id' | 'name'> | null;
  sites: readonly Pick<Site, 'id' | 'name'>[];
  csrf: string;
  /** Said once after something was done. */
  notice: string | null;
  /** Besides those of every page. */
  scripts: readonly Asset[];
  children: ComponentChildren;
}

const SITE_LINKS = [
  ['', 'Dashboard'],
  ['/leads', 'Leads'],
  ['/sheet', 'Sheet'],
  ['/forms', 'Forms'],
  ['/sources', 'Sources'],
] as const;

/** The frame of the admin UI: where one is on the left, the page beside it. */
export function AdminFrame(props: FrameProps) {
  const { title, current, user, runsServer, site, sites, csrf, notice, scripts, children } = props;
  return (
    <Page
      title={`${title} · ${site?.name ?? 'LeadToSheet'}`}
      description="LeadToSheet"
      styles={[ADMIN_CSS]}
      scripts={[HTMX_JS, ADMIN_JS, ...scripts]}
      meta={{ 'htmx-config': HTMX_CONFIG }}
    >
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <div class="app">
        <details class="drawer" open>
          <summary>
            <span class="brand">{site?.name ?? 'LeadToSheet'}</span>
            <span class="menu">Menu</span>
          </summary>
          <div class="sidebar">
            <SiteSwitcher site={site} sites={sites} />
            {site ? <SiteNav site={site} current={current} /> : null}
            <div class="foot">
              <nav aria-label="Server and account">
                {runsServer ? (
                  <>
                    <NavLink href="/admin/team" text="Team" current={current} />
                    <NavLink href="/admin/system" text="System" current={current} />
                  </>
                ) : null}
                <NavLink href="/admin/account" text={user.name || user.email} current={current} />
              </nav>
              <form method="post" action="/admin/sign-out">
                <input type="hidden" name="csrf" value={csrf} />
                <button type="submit" class="link">
                  Sign out
                </button>
              </form>
            </div>
          </div>
        </details>
        <main id="main">
          {notice ? (
            <p class="toast" role="status">
              {notice}
            </p>
          ) : null}
          {children}
        </main>
      </div>
    </Page>
  );
}

/**
 * No style of its own making and nothing that needs eval: the policy of pages forbids both. A refusal, or a server
 * that is away, leaves what is there; so does looking again what somebody opened.
 */
const HTMX_CONFIG = JSON.stringify({
  includeIndicatorCSS: false,
  history: 'reload',
  noSwap: [204, 304, '4xx', '5xx'],
  morphIgnore: ['data-htmx-powered', 'open'],
});

function SiteSwitcher({ site, sites }: Pick<FrameProps, 'site' | 'sites'>) {
  return (
    <details class="switcher">
      <summary>
        <span>{site?.name ?? 'Choose a site'}</span>
      </summary>
      <ul>
        {sites.map(({ id, name }) => (
          <li key={id}>
            <a href={`/admin/s/${id}`} aria-current={id === site?.id ? 'true' : undefined}>
              {name}
            </a>
          </li>
        ))}
        <li class="all">
          <a href="/admin/sites">All sites</a>
        </li>
      </ul>
    </details>
  );
}

function SiteNav({ site, current }: { site: Pick<Site, 'id'>; current: string }) {
  const base = `/admin/s/${site.id}`;
  return (
    <nav aria-label="Site">
      {SITE_LINKS.map(([path, text]) => (
        <NavLink key={path} href={`${base}${path}`} text={text} current={current} />
      ))}
      <NavLink href={`${base}/settings`} text="Settings" current={current} />
    </nav>
  );
}

function NavLink({ href, text, current }: { href: string; text: string; current: string }) {
  return (
    <a href={href} aria-current={href === current ? 'page' : undefined}>
      {text}
    </a>
  );
}

/** The frame of pages for people who have not signed in. */
export function PlainFrame(props: {
  title: string;
  lead?: string;
  scripts: readonly Asset[];
  children: ComponentChildren;
}) {
  const { title, lead, scripts, children } = props;
  return (
    <Page title={`${title} · LeadToSheet`} description="LeadToSheet" styles={[ADMIN_CSS]} scripts={scripts}>
      <main class="plain" id="main">
        <p class="brand">LeadToSheet</p>
        <h1>{title}</h1>
        {lead ? <p class="muted">{lead}</p> : null}
        {children}
      </main>
    </Page>
  );
}
