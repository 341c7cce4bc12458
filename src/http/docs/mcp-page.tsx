/** @jsxImportSource preact */
import type { Scope } from '../../contract/key.ts';
import { Code, Words } from './code.tsx';
import { DocsFrame, type NavGroup } from './frame.tsx';
import { Chapter } from './guide.tsx';

/** What the page says of a tool. */
export interface ToolLine {
  name: string;
  title: string;
  description: string;
  scope: Scope | null;
}

/** A client, and what to paste into it. */
interface Client {
  id: string;
  name: string;
  /** Where the text goes. */
  place: string;
  text(url: string): string;
  notes: string[];
}

/** How clients write "the value of this" in their settings. */
const variable = (name: string) => `\${${name}}`;

const CLIENTS: readonly Client[] = [
  {
    id: 'claude-code',
    name: 'Claude Code',
    place: 'In a terminal',
    text: (url) => `claude mcp add --transport http leadtosheet ${url} \\\n  --header "Authorization: Bearer $LTS_KEY"`,
    notes: ['Add `--scope user` to have it in all your projects. `/mcp` shows whether it is connected.'],
  },
  {
    id: 'claude-desktop',
    name: 'Claude Desktop',
    place: 'claude_desktop_config.json (Settings, Developer, Edit config)',
    text: (url) =>
      json({
        mcpServers: {
          leadtosheet: {
            command: 'npx',
            args: ['-y', 'mcp-remote', url, '--header', `Authorization:${variable('LTS_AUTHORIZATION')}`],
            env: { LTS_AUTHORIZATION: 'Bearer lts_…' },
          },
        },
      }),
    notes: [
      'It starts `mcp-remote`, which needs Node on your computer. Restart Claude Desktop afterwards.',
      'Where your plan lets custom connectors send request headers, you can add this server as a connector instead, with the header `Authorization`.',
    ],
  },
  {
    id: 'cursor',
    name: 'Cursor',
    place: '~/.cursor/mcp.json, or .cursor/mcp.json in a project',
    text: (url) =>
      json({ mcpServers: { leadtosheet: { url, headers: { Authorization: `Bearer ${variable('env:LTS_KEY')}` } } } }),
    notes: ['It reads the key from the environment variable `LTS_KEY`.'],
  },
  {
    id: 'vs-code',
    name: 'VS Code',
    place: '.vscode/mcp.json, or the user configuration (MCP: Open User Configuration)',
    text: (url) =>
      json({
        inputs: [{ type: 'promptString', id: 'lts-key', description: 'LeadToSheet API key', password: true }],
        servers: {
          leadtosheet: { type: 'http', url, headers: { Authorization: `Bearer ${variable('input:lts-key')}` } },
        },
      }),
    notes: ['It asks for the key once and keeps it safe.'],
  },
  {
    id: 'codex',
    name: 'Codex',
    place: '~/.codex/config.toml',
    text: (url) => `[mcp_servers.leadtosheet]\nurl = "${url}"\nbearer_token_env_var = "LTS_KEY"`,
    notes: ['It reads the key from the environment variable `LTS_KEY` when it starts.'],
  },
];

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

export interface McpPageProps {
  /** The address of the endpoint. */
  url: string;
  tools: readonly ToolLine[];
  version: string;
}

/** How to connect an assistant. Spec 2, "MCP". */
export function McpPage({ url, tools, version }: McpPageProps) {
  const groups: NavGroup[] = [
    { title: 'Start', links: [{ href: '#key', text: 'Make a key' }] },
    { title: 'Connect', links: CLIENTS.map(({ id, name }) => ({ href: `#${id}`, text: name })) },
    {
      title: 'Reference',
      links: [
        { href: '#tools', text: 'Tools' },
        { href: '#safety', text: 'Text of strangers' },
        { href: '#trouble', text: 'When it does not connect' },
      ],
    },
  ];
  return (
    <DocsFrame
      title="LeadToSheet MCP"
      description="Let an assistant read your leads and manage your forms."
      current="/docs/mcp"
      groups={groups}
      version={`v${version}`}
    >
      <div class="intro">
        <h1>Leads for your assistant</h1>
        <p class="lead">
          This server speaks the Model Context Protocol. Connect Claude, Cursor, VS Code, Codex or any other client, and
          ask it for last week’s leads, or to add one.
        </p>
        <dl class="facts">
          <div>
            <dt>Address</dt>
            <dd>
              <code>{url}</code>
            </dd>
          </div>
          <div>
            <dt>Transport</dt>
            <dd>Streamable HTTP, stateless</dd>
          </div>
          <div>
            <dt>Sign-in</dt>
            <dd>API key in the Authorization header</dd>
          </div>
        </dl>
      </div>
      <MakeKey />
      {CLIENTS.map((client) => (
        <ClientChapter key={client.id} client={client} url={url} />
      ))}
      <Tools tools={tools} />
      <Safety />
      <Trouble url={url} />
    </DocsFrame>
  );
}

function MakeKey() {
  const example = [
    '# may read, and nothing else',
    'leadtosheet key create --name "Assistant" \\\n  --scopes submissions:read,forms:read',
    '',
    "export LTS_KEY='lts_…'",
  ].join('\n');
  return (
    <Chapter id="key" title="Make a key" example={<Code text={example} label="Command that makes a key" />}>
      <p>
        An assistant uses an API key, the same kind as the <a href="/docs/api#authentication">REST API</a>. It sees one
        site, and only the tools that the key’s scopes allow. Give it what it needs: to read,{' '}
        <code>submissions:read</code> and <code>forms:read</code>; to add leads, <code>submissions:write</code>; to
        rename or ignore forms, <code>forms:write</code>.
      </p>
      <p>The key is shown once. Rotate or revoke it at any time; a revoked key is refused at once.</p>
    </Chapter>
  );
}

function ClientChapter({ client, url }: { client: Client; url: string }) {
  const { id, name, place, text, notes } = client;
  return (
    <Chapter id={id} title={name} example={<Code text={text(url)} label={`What to paste for ${name}`} />}>
      <p class="note">{place}</p>
      {notes.map((note) => (
        <p key={note}>
          <Words text={note} />
        </p>
      ))}
    </Chapter>
  );
}

function Tools({ tools }: { tools: readonly ToolLine[] }) {
  return (
    <Chapter id="tools" title="Tools">
      <dl class="members">
        {tools.map(({ name, description, scope }) => (
          <div key={name}>
            <dt>
              <code>{name}</code> <span class="type">{scope ?? 'any valid key'}</span>
            </dt>
            <dd>
              <Words text={description} />
            </dd>
          </div>
        ))}
      </dl>
    </Chapter>
  );
}

function Safety() {
  return (
    <Chapter id="safety" title="Text of strangers">
      <p>
        What stands in a lead was typed by visitors of your site. The tools say so to the assistant: it is data, never
        an instruction. Still, give a key that only reads to an assistant that also can send mail or change files, and
        look at what it is about to do.
      </p>
    </Chapter>
  );
}

function Trouble({ url }: { url: string }) {
  const probe = [
    `curl ${url} \\`,
    '  -H "Authorization: Bearer $LTS_KEY" \\',
    "  -H 'Content-Type: application/json' \\",
    `  -d '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'`,
  ].join('\n');
  return (
    <Chapter id="trouble" title="When it does not connect" example={<Code text={probe} label="A request by hand" />}>
      <dl class="members">
        <div>
          <dt>401, or a sign-in page that leads nowhere</dt>
          <dd>
            The key did not arrive, or is mistyped, expired or revoked. This server has no OAuth sign-in: a client that
            can’t send an Authorization header can’t connect.
          </dd>
        </div>
        <div>
          <dt>A tool is missing</dt>
          <dd>The key lacks its scope. The assistant can call get_site to see which scopes it has.</dd>
        </div>
        <div>
          <dt>403 about the origin</dt>
          <dd>
            A browser sent the request from another site. Set LTS_PUBLIC_URL to the address that people reach this
            server at.
          </dd>
        </div>
        <div>
          <dt>Nothing answers</dt>
          <dd>
            Clients outside this machine need HTTPS in front of the server. The request beside this must work first.
          </dd>
        </div>
      </dl>
    </Chapter>
  );
}
