/** @jsxImportSource preact */
import { can } from '../../../accounts/permissions.ts';
import { HOOK_KINDS } from '../../../contract/hook.ts';
import { hookPath } from '../../../intake/hooks/secrets.ts';
import { notFound } from '../../../lib/errors.ts';
import type { Endpoint } from '../../../store/endpoints.ts';
import type { StoredKey } from '../../../store/store.ts';
import { record } from '../audit.ts';
import { CopyBlock } from '../components/copy.tsx';
import { PageTitle } from '../components/parts.tsx';
import { Snippets } from '../components/snippets.tsx';
import type { AdminRoute, Outcome, PageOutcome, SiteRequest } from '../route.ts';
import { sendTest } from '../source-test.ts';
import { EndpointTile } from './endpoints-view.tsx';
import { type HostedPlace, HostedTile } from './hosted-tile.tsx';
import { ImportTile } from './imports-view.tsx';
import { KeyList } from './keys-view.tsx';
import { SdkTile } from './sdk-tile.tsx';
import { type HookPlace, ServiceTile } from './service-tile.tsx';
import { restSnippets } from './source-snippets.ts';
import { type Tested, type TilePlace, WayTile } from './source-tile.tsx';

interface SourcesProps {
  place: TilePlace;
  /** null: not for this user. */
  keys: readonly StoredKey[] | null;
  mayEditKeys: boolean;
  endpoints: readonly Endpoint[];
  hosted: readonly HostedPlace[];
  hooks: readonly HookPlace[];
  /** When the last row of a file became a lead; undefined: imports are not for this user. */
  imported: number | null | undefined;
}

/** Where a key of one's own goes. */
const YOUR_KEY = 'lts_…';

/** The ways leads come in, a tile each. */
function Sources({ place, keys, mayEditKeys, endpoints, hosted, hooks, imported }: SourcesProps) {
  const { base, mayEdit, zone, now } = place;
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
      <div class="grid tiles">
        <RestTile place={place} />
        <McpTile place={place} />
        {endpoints.map((endpoint) => (
          <EndpointTile key={endpoint.id} endpoint={endpoint} place={place} />
        ))}
        <SdkTile endpoints={endpoints} place={place} />
        <HostedTile places={hosted} place={place} />
        {imported === undefined ? null : <ImportTile base={base} lastAt={imported} now={now} zone={zone} />}
      </div>
      <section>
        <header class="section-title">
          <h2>Webhooks and other services</h2>
          {mayEdit ? (
            <a class="button" href={`${base}/hooks/new`}>
              New webhook
            </a>
          ) : null}
        </header>
        <div class="grid tiles">
          {HOOK_KINDS.map((kind) => (
            <ServiceTile key={kind} kind={kind} hooks={hooks.filter(({ hook }) => hook.kind === kind)} place={place} />
          ))}
        </div>
      </section>
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

function RestTile({ place }: { place: TilePlace }) {
  const { publicUrl } = place;
  return (
    <WayTile way="rest_api" title="REST API" action={<a href="/docs/api">Documentation</a>} place={place}>
      <p>For shops, servers and programs. Fields may have any names; each new one becomes a column.</p>
      <CopyBlock id="rest-address" text={`${publicUrl}/api/v1/submissions`} label="Address" />
      <Snippets id="rest" of="sends a lead" snippets={restSnippets(publicUrl)} />
      <p class="help">
        Each reads a key of yours from the environment variable <code>LTS_KEY</code>. Keep keys out of web pages.
      </p>
    </WayTile>
  );
}

function McpTile({ place }: { place: TilePlace }) {
  const url = `${place.publicUrl}/api/mcp`;
  const paste = `claude mcp add --transport http leadtosheet \\\n  ${url} \\\n  --header 'Authorization: Bearer ${YOUR_KEY}'`;
  return (
    <WayTile way="mcp" title="MCP" action={<a href="/docs/mcp">Documentation</a>} place={place}>
      <p>
        For assistants: they read leads and forms, and add leads, as far as their key lets them. For Claude Code; the
        documentation has Claude Desktop, Cursor, VS Code and Codex.
      </p>
      <CopyBlock id="mcp-address" text={url} label="Address" />
      <CopyBlock id="mcp" text={paste} label="A command that connects Claude Code" />
    </WayTile>
  );
}

/** As many imports are looked through for the last one that stored something. */
const LAST_IMPORTS = 10;

function importedAt({ services, site }: SiteRequest): number | null {
  const times = services.store.imports
    .list(site.id, LAST_IMPORTS)
    .flatMap(({ taken, finishedAt, beatAt }) => (taken > 0 ? [finishedAt ?? beatAt ?? 0] : []));
  return times.length === 0 ? null : Math.max(...times);
}

function shown(request: SiteRequest, tested: Tested | null): PageOutcome {
  const { site, services, visit, now, csrf } = request;
  const { user } = visit;
  const { store, vault } = services;
  const publicUrl = services.publicUrl();
  const endpoints = store.endpoints.list(site.id);
  const mayEdit = can(user, 'sources.edit', site.id);
  const place: TilePlace = {
    ...{ base: `/admin/s/${site.id}/sources`, publicUrl, zone: site.timezone, now, csrf, tested, mayEdit },
    maySend: can(user, 'leads.edit', site.id),
    arrivals: store.arrivals.of(site.id),
  };
  const body = (
    <Sources
      place={place}
      keys={can(user, 'keys.read', site.id) ? store.keys.list(site.id) : null}
      mayEditKeys={can(user, 'keys.edit', site.id)}
      // Whoever knows the address of a hook can send leads to it: it is for those who may change it alone.
      hooks={store.hooks
        .list(site.id)
        .map((hook) => ({ hook, url: mayEdit ? publicUrl + hookPath(vault, hook) : null }))}
      endpoints={endpoints}
      hosted={endpoints.map((endpoint) => ({ endpoint, hosted: store.hostedForms.get(endpoint.id) }))}
      imported={can(user, 'leads.import', site.id) ? importedAt(request) : undefined}
    />
  );
  return { title: 'Sources', body, status: tested !== null && 'message' in tested ? 422 : 200 };
}

function sourcesPage(request: SiteRequest): PageOutcome {
  const { query, services, site } = request;
  const [way, id] = [query.get('way'), query.get('test')];
  const lead = id === null ? null : services.store.leads.get(site.id, id);
  return shown(request, way === null || lead === null ? null : { way, lead });
}

async function test(request: SiteRequest): Promise<Outcome> {
  const { site, form } = request;
  const way = form.text('way');
  const result = await sendTest(request, way);
  if (result === null) throw notFound('source');
  if (!result.ok) return shown(request, { way, message: result.message });
  await record(request, { action: 'lead.test_sent', objectId: result.leadId, after: { way } });
  return { to: `/admin/s/${site.id}/sources?way=${encodeURIComponent(way)}&test=${result.leadId}` };
}

export const sourceRoutes: readonly AdminRoute[] = [
  { method: 'GET', path: '/admin/s/:site/sources', of: 'site', needs: 'sources.read', run: sourcesPage },
  { method: 'POST', path: '/admin/s/:site/sources/test', of: 'site', needs: 'leads.edit', run: test },
];
