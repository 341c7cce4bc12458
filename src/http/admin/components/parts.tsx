/** @jsxImportSource preact */
import type { ComponentChildren } from 'preact';

export { count } from '../../pages/count.ts';

/** The title of a page with its one main action. */
export function PageTitle({ title, action, lead }: { title: string; action?: ComponentChildren; lead?: string }) {
  return (
    <header class="page-title">
      <div>
        <h1>{title}</h1>
        {lead ? <p>{lead}</p> : null}
      </div>
      {action ? <div class="actions">{action}</div> : null}
    </header>
  );
}

/** What a page shows that has nothing to show yet: what to do next. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Something that waits for a person. */
export function Banner({
  tone,
  title,
  children,
}: {
  tone: 'bad' | 'waiting' | 'good';
  title: string;
  children?: ComponentChildren;
}) {
  return (
    <div class={`banner ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <strong>{title}</strong>
      {children}
    </div>
  );
}

export function Card({
  title,
  action,
  id,
  children,
}: {
  title: string;
  /** By which addresses lead to it. */
  id?: string;
  action?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="card" id={id}>
      <header>
        <h2>{title}</h2>
        {action}
      </header>
      {children}
    </section>
  );
}

/** Pairs of a name and a value. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const MINUTE = 60_000;

/** A moment in the site's time zone: relative under an hour, the exact one on hover. */
export function Moment({ at, now, zone }: { at: number | null; now: number; zone: string }) {
  if (at === null) return <span class="muted">never</span>;
  return (
    <time dateTime={new Date(at).toISOString()} title={exact(at, zone)}>
      {shortTime(at, now, zone)}
    </time>
  );
}

/** Made once for each zone and look: to make one takes as long as to render many rows. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatted(at: number, zone: string, look: keyof typeof LOOKS): string {
  const name = `${look} ${zone}`;
  const format = formats.get(name) ?? new Intl.DateTimeFormat('en-GB', { ...LOOKS[look], timeZone: zone });
  formats.set(name, format);
  return format.format(at);
}

const SHORT = { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' } as const;
const LOOKS = {
  exact: { dateStyle: 'full', timeStyle: 'medium' },
  short: SHORT,
  withYear: { ...SHORT, year: 'numeric' },
} as const satisfies Readonly<Record<string, Intl.DateTimeFormatOptions>>;

const exact = (at: number, zone: string) => `${formatted(at, zone, 'exact')} (${zone})`;

export function shortTime(at: number, now: number, zone: string): string {
  const ago = now - at;
  if (ago >= 0 && ago < MINUTE) return 'just now';
  if (ago >= 0 && ago < 60 * MINUTE) return `${Math.floor(ago / MINUTE)} min ago`;
  const sameYear = new Date(at).getUTCFullYear() === new Date(now).getUTCFullYear();
  return formatted(at, zone, sameYear ? 'short' : 'withYear');
}

/** The address of a lead as a link, where it is one that a browser opens as a page; else as text. `text`: instead of it. */
export function SafeLink({ href, text }: { href: string | null; text?: string }) {
  if (href === null) return null;
  if (!/^https?:\/\//i.test(href)) return <span>{href}</span>;
  return (
    <a href={href} rel="noopener noreferrer nofollow" target="_blank">
      {text ?? href}
    </a>
  );
}
