/** @jsxImportSource preact */
import type { Actor, AuditEntry, AuditValues } from '../../../store/accounts.ts';
import { Empty, Moment, PageTitle } from '../components/parts.tsx';
import { StackTable } from '../components/table.tsx';
import type { AdminRoute, PageOutcome, UserRequest } from '../route.ts';

const PAGE_SIZE = 50;
/** Enough of the hash of an address to tell one from another. */
const MARK_LENGTH = 8;

/** What the list is narrowed to, as its address says it. */
interface Narrowed {
  who?: string;
  object?: string;
  site?: string;
}

interface AuditProps {
  entries: readonly AuditEntry[];
  narrowed: Narrowed;
  /** Whether this is not the newest page. */
  later: boolean;
  /** Where older ones begin; null: there are none. */
  next: string | null;
  siteName(id: string): string | null;
  now: number;
}

function AuditLog({ entries, narrowed, later, next, siteName, now }: AuditProps) {
  const isNarrowed = Object.keys(narrowed).length > 0;
  return (
    <>
      <PageTitle title="Audit log" lead="Every change: who made it, when, and what it was before. Times are in UTC." />
      {isNarrowed ? (
        <p class="filters">
          <span>Only what you chose.</span> <a href="/admin/audit">Show everything</a>
        </p>
      ) : null}
      {entries.length === 0 ? (
        <Empty title="Nothing here">
          <p>What you and your team change is listed here.</p>
        </Empty>
      ) : (
        <StackTable columns={['When', 'Who', 'What', 'Change', 'Site']}>
          {entries.map((entry) => (
            <Entry key={entry.id} entry={entry} narrowed={narrowed} siteName={siteName} now={now} />
          ))}
        </StackTable>
      )}
      <nav class="under" aria-label="Pages">
        {later ? <a href={addressOf(narrowed)}>Newest</a> : <span />}
        {next === null ? <span>Nothing older</span> : <a href={addressOf({ ...narrowed, before: next })}>Older</a>}
      </nav>
    </>
  );
}

function Entry({
  entry,
  narrowed,
  siteName,
  now,
}: Pick<AuditProps, 'narrowed' | 'siteName' | 'now'> & { entry: AuditEntry }) {
  const { at, actor, addressHash, action, objectId, siteId, before, after } = entry;
  return (
    <tr>
      <td data-label="When">
        <Moment at={at} now={now} zone="UTC" />
      </td>
      <td data-label="Who" class="breaks">
        <Who actor={actor} narrowed={narrowed} />
        {addressHash === null ? null : (
          <div class="help" title="Stands for an address: the same one has the same mark.">
            from <code>{addressHash.slice(0, MARK_LENGTH)}</code>
          </div>
        )}
      </td>
      <td data-label="What" class="breaks">
        <span title={action}>{actionText(action)}</span>
        {objectId === null ? null : (
          <div class="help">
            <a href={addressOf({ ...narrowed, object: objectId })}>
              <code>{objectId}</code>
            </a>
          </div>
        )}
      </td>
      <td data-label="Change" class="breaks">
        <Changes before={before} after={after} now={now} />
      </td>
      <td data-label="Site" class="breaks">
        {siteId === null ? (
          <span class="muted">–</span>
        ) : (
          <a href={addressOf({ ...narrowed, site: siteId })}>
            <bdi>{siteName(siteId) ?? siteId}</bdi>
          </a>
        )}
      </td>
    </tr>
  );
}

function Who({ actor, narrowed }: { actor: Actor; narrowed: Narrowed }) {
  if (actor.kind === 'cli') return <>Command line</>;
  if (actor.kind === 'server') return <>The server</>;
  return (
    <>
      <a href={addressOf({ ...narrowed, who: actor.id })}>
        <bdi>{actor.name}</bdi>
      </a>
      {actor.kind === 'key' ? <span class="muted"> (key)</span> : null}
    </>
  );
}

/** What differs; of what was made or is gone, all that is known. */
function Changes({ before, after, now }: Pick<AuditEntry, 'before' | 'after'> & { now: number }) {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const changes = names
    .map((name) => ({ name, from: textOf(before, name), to: textOf(after, name) }))
    .filter(({ from, to }) => from !== to);
  if (changes.length === 0) return <span class="muted">–</span>;
  return (
    <ul class="changes">
      {changes.map(({ name, from, to }) => (
        <li key={name}>
          <span class="muted">{name.replaceAll('_', ' ')}</span>{' '}
          {from === null ? null : <Old text={from} gone={to === null} now={now} />}
          {from !== null && to !== null ? ' → ' : null}
          {to === null ? null : <Value text={to} now={now} />}
        </li>
      ))}
    </ul>
  );
}

function Old({ text, gone, now }: { text: string; gone: boolean; now: number }) {
  const value = <Value text={text} now={now} />;
  return gone ? value : <del>{value}</del>;
}

/** As the log keeps moments: ISO 8601, in UTC. */
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function Value({ text, now }: { text: string; now: number }) {
  return MOMENT.test(text) ? <Moment at={Date.parse(text)} now={now} zone="UTC" /> : <bdi>{text}</bdi>;
}

/** A value in words; null where there is none of this name. */
function textOf(values: AuditValues | null, name: string): string | null {
  if (values === null || !Object.hasOwn(values, name)) return null;
  const value = values[name];
  if (value === null || value === undefined || value === '') return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'object' ? value.join(', ') || 'none' : String(value);
}

/** `key.created` becomes `Key created`. */
function actionText(action: string): string {
  const words = action.replace(/[._]/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function addressOf(query: Narrowed & { before?: string }): string {
  const text = new URLSearchParams(Object.entries(query)).toString();
  return text === '' ? '/admin/audit' : `/admin/audit?${text}`;
}

function auditPage({ services, query, now }: UserRequest): PageOutcome {
  const [who, object, site, before] = ['who', 'object', 'site', 'before'].map((name) => query.get(name) || undefined);
  const found = services.store.audit.list({
    limit: PAGE_SIZE,
    ...(before === undefined ? {} : { beforeId: before }),
    ...(site === undefined ? {} : { siteId: site }),
    ...(who === undefined ? {} : { actorId: who }),
    ...(object === undefined ? {} : { objectId: object }),
  });
  const entries = found.slice(0, PAGE_SIZE);
  const body = (
    <AuditLog
      entries={entries}
      narrowed={{ ...(who ? { who } : {}), ...(object ? { object } : {}), ...(site ? { site } : {}) }}
      later={before !== undefined}
      next={found.length > PAGE_SIZE ? (entries.at(-1)?.id ?? null) : null}
      siteName={(id) => services.store.sites.get(id)?.name ?? null}
      now={now}
    />
  );
  return { title: 'Audit log', body };
}

export const auditRoutes: readonly AdminRoute[] = [
  { method: 'GET', path: '/admin/audit', needs: 'audit.read', run: auditPage },
];
