/** @jsxImportSource preact */
import type { HookKind } from '../../../contract/hook.ts';
import { senderOf } from '../../../intake/hooks/calls.ts';
import { hookWay } from '../../../intake/ways.ts';
import type { Hook } from '../../../store/hooks.ts';
import { CopyBlock } from '../components/copy.tsx';
import { Card } from '../components/parts.tsx';
import { Snippets } from '../components/snippets.tsx';
import { Status } from '../components/status.tsx';
import { cut, SOURCE_WORDS } from '../lead-words.ts';
import { hookSnippets } from './source-snippets.ts';
import { type TilePlace, tileId, WayFoot } from './source-tile.tsx';

/** A hook with where it is called; null: that is not for this user. */
export interface HookPlace {
  hook: Hook;
  url: string | null;
}

const ANY =
  'For any service that can call an address: shops, booking tools, automations. You say which of its values become which fields.';
/** Code for more addresses would make a page without end. */
const WITH_CODE = 3;

/** The tile of a service that calls hooks, with the hooks it has. */
export function ServiceTile({ kind, hooks, place }: { kind: HookKind; hooks: readonly HookPlace[]; place: TilePlace }) {
  const { base, mayEdit } = place;
  const title = kind === 'webhook' ? 'Custom webhook' : SOURCE_WORDS[kind];
  return (
    <Card
      title={title}
      id={`service-${kind}`}
      action={
        mayEdit ? (
          <a href={`${base}/hooks/new?kind=${kind}`}>
            {hooks.length === 0 ? 'Connect' : 'Add another'}
            <span class="unseen"> {title}</span>
          </a>
        ) : null
      }
    >
      <div class="stacked">
        <p>{senderOf({ kind })?.setUp ?? ANY}</p>
        {hooks.length === 0 ? <p class="muted">Not connected yet.</p> : null}
        {hooks.map((each) => (
          <HookOfTile key={each.hook.id} {...each} place={place} hasCode={hooks.length <= WITH_CODE} />
        ))}
      </div>
    </Card>
  );
}

function HookOfTile({ hook, url, place, hasCode }: HookPlace & { place: TilePlace; hasCode: boolean }) {
  const { base, mayEdit } = place;
  const { id, name, active } = hook;
  const sender = senderOf(hook);
  const snippets = url === null || sender !== null || !hasCode ? [] : hookSnippets(url, hook.settings.check);
  return (
    <div class="stacked way-of-tile" id={tileId(hookWay(id))}>
      <p class="way-head">
        <strong>
          <bdi>{cut(name, 80)}</bdi>
        </strong>
        <Status is={active ? 'active' : 'disabled'} />
        {mayEdit ? (
          <a href={`${base}/hooks/${id}`}>
            Open<span class="unseen"> the webhook {cut(name, 80)}</span>
          </a>
        ) : null}
      </p>
      {url === null ? null : <CopyBlock id={`hook-${id}`} text={url} label="Address" />}
      {snippets.length > 0 ? <Snippets id={`hook-code-${id}`} of={`calls ${name}`} snippets={snippets} /> : null}
      {snippets.length > 0 && hook.settings.check.type !== 'none' ? (
        <p class="help">
          Each reads the secret from the environment variable <code>LTS_SECRET</code>.
        </p>
      ) : null}
      <WayFoot way={hookWay(id)} of={name} place={place} idle={idleOf(hook)} />
    </div>
  );
}

/** What to do where no test lead can be sent; null: it can. */
function idleOf(hook: Hook): string | null {
  const sender = senderOf(hook);
  if (!hook.active) return 'Switch it on to send a test lead.';
  const isMissing = sender?.secrets.some(({ name }) => !Object.hasOwn(hook.secrets, name)) ?? false;
  if (isMissing) return 'It takes no calls yet: open it, and save its secrets.';
  return typeof sender?.sample === 'string' ? sender.sample : null;
}
