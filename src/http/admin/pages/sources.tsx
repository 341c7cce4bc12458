import { can } from '../../../accounts/permissions.ts';
import { curlLine } from '../../../contract/curl.ts';
import type { Endpoint } from '../../../store/endpoints.ts';
import type { Hook } from '../../../store/hooks.ts';
import type { StoredKey } from '../../../store/store.ts';
import { CopyBlock } from '../components/copy.tsx';
import { Card, Facts, PageTitle } from '../components/parts.tsx';
import type { AdminRoute, PageOutcome, SiteRequest } from '../route.ts';
import { EndpointTile } from './endpoints-view.tsx';
import { HookList } from './hooks-view.tsx';
import { type HostedPlace, HostedTile } from './hosted-tile.tsx';
import { ImportTile } from './imports-view.tsx';
import { KeyList } from './keys-view.tsx';
import { SdkTile } from './sdk-tile.tsx';

interface SourcesProps {
  base: string;
  publicUrl: string;
  zone: string;
  now: number;
  /** null: not for this user. */
  keys: readonly StoredKey[] | null;
  mayEditKeys: boolean;
  endpoints: readonly Endpoint[];
  hosted: readonly HostedPlace[];
  hooks: readonly Hook[];
  mayEdit: boolean;
  mayImport: boolean;
}

/** Where a key of one's own goes. */
const YOUR_KEY = 'lts_…';

/** The ways leads come in, a tile each. */
function Sources(props: SourcesProps) {
  const { base, publicUrl, zone, now, keys, mayEditKeys, endpoints, hooks, mayEdit, mayImport } = props;
  return (
    <>
      <PageTitle
        title="Sources"
        lead="The ways leads come in."
        action={
          mayEdit ? (
            <a class="button" href={`${base}/endpoints/new`}>
              New form endpoint
            </a>
          ) : null
        }
      />
      <div class="grid">
        <RestTile publicUrl={publicUrl} />
        <McpTile publicUrl={publicUrl} />
        <SdkTile endpoints={endpoints} publicUrl={publicUrl} />
        <HostedTile places={props.hosted} base={base} publicUrl={publicUrl} mayEdit={mayEdit} />
        {endpoints.map((endpoint) => (
          <EndpointTile key={endpoint.id} endpoint={endpoint} base={base} publicUrl={publicUrl} mayEdit={mayEdit} />
        ))}
        {mayImport ? <ImportTile base={base} /> : null}
      </div>
      <HookList hooks={hooks} base={base} mayEdit={mayEdit} zone={zone} now={now} />
      {keys === null ? (
        <p class="muted">An owner or admin makes the keys.</p>
      ) : (
        <section>
          <header class="section-title">
            <h2>Keys</h2>
            {mayEditKeys ? (
              <a class="button primary" href={`${base}/keys/new`}>
                Create key
              </a>
            ) : null}
          </header>
          <KeyList keys={keys} base={base} zone={zone} now={now} mayEdit={mayEditKeys} />
        </section>
      )}
    </>
  );
}

function RestTile({ publicUrl }: { publicUrl: string }) {
  return (
    <Card title="REST API" action={<a href="/docs/api">Documentation</a>}>
      <div class="stacked">
        <p>For web sites, shops and programs. Fields may have any names; each new one becomes a column.</p>
        <Facts facts={[['Address', <code key="url">{`${publicUrl}/api/v1`}</code>]]} />
        <CopyBlock id="rest" text={curlLine(publicUrl, YOUR_KEY)} label="A command that sends a lead" />
      </div>
    </Card>
  );
}

function McpTile({ publicUrl }: { publicUrl: string }) {
  const url = `${publicUrl}/api/mcp`;
  const paste = `claude mcp add --transport http leadtosheet \\\n  ${url} \\\n  --header 'Authorization: Bearer ${YOUR_KEY}'`;
  return (
    <Card title="MCP" action={<a href="/docs/mcp">Documentation</a>}>
      <div class="stacked">
        <p>
          For assistants: they read leads and forms, and add leads, as far as their key lets them. For Claude Code; the
          documentation has Claude Desktop, Cursor, VS Code and Codex.
        </p>
        <Facts facts={[['Address', <code key="url">{url}</code>]]} />
        <CopyBlock id="mcp" text={paste} label="A command that connects Claude Code" />
      </div>
    </Card>
  );
}

function sourcesPage({ site, services, visit, now }: SiteRequest): PageOutcome {
  const { user } = visit;
  const endpoints = services.store.endpoints.list(site.id);
  const body = (
    <Sources
      base={`/admin/s/${site.id}/sources`}
      publicUrl={services.publicUrl()}
      zone={site.timezone}
      now={now}
      keys={can(user, 'keys.read', site.id) ? services.store.keys.list(site.id) : null}
      mayEditKeys={can(user, 'keys.edit', site.id)}
      hooks={services.store.hooks.list(site.id)}
      endpoints={endpoints}
      hosted={endpoints.map((endpoint) => ({ endpoint, hosted: services.store.hostedForms.get(endpoint.id) }))}
      mayEdit={can(user, 'sources.edit', site.id)}
      mayImport={can(user, 'leads.import', site.id)}
    />
  );
  return { title: 'Sources', body };
}

export const sourceRoutes: readonly AdminRoute[] = [
  { method: 'GET', path: '/admin/s/:site/sources', of: 'site', needs: 'sources.read', run: sourcesPage },
];
