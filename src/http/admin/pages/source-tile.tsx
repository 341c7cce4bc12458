/** @jsxImportSource preact */
import type { ComponentChildren } from 'preact';
import type { Lead } from '../../../store/store.ts';
import { Alert, PostForm } from '../components/form.tsx';
import { Banner, Card, Moment } from '../components/parts.tsx';

/** The test lead that was sent last from the page, and what became of it. */
export type Tested = { way: string } & ({ lead: Lead } | { message: string });

/** What every tile needs to know. */
export interface TilePlace {
  /** The address of the page of sources. */
  base: string;
  publicUrl: string;
  zone: string;
  now: number;
  csrf: string;
  mayEdit: boolean;
  maySend: boolean;
  /** When the last lead came, by way. */
  arrivals: ReadonlyMap<string, number>;
  tested: Tested | null;
}

/** What an address of the page leads to: the tile of a way. */
export const tileId = (way: string): string => `way-${way.replace(':', '-')}`;

/** A way in: what it is, what to copy; when its last lead came, and a button that sends one. */
export function WayTile(props: {
  way: string;
  title: string;
  action?: ComponentChildren;
  place: TilePlace;
  children: ComponentChildren;
}) {
  const { way, title, action, place, children } = props;
  return (
    <Card title={title} id={tileId(way)} action={action}>
      <div class="stacked">
        {children}
        <WayFoot way={way} of={title} place={place} />
      </div>
    </Card>
  );
}

/** The last line of a way. @param of what the button sends to, for those who hear the page; `idle`: what to do without it */
export function WayFoot(props: { way: string; of: string; place: TilePlace; idle?: string | null }) {
  const { way, of, place, idle = null } = props;
  const { base, csrf, now, zone, arrivals, maySend, tested } = place;
  return (
    <>
      {tested?.way === way ? <TestResult tested={tested} leads={base.replace(/sources$/, 'leads')} /> : null}
      <div class="way-foot">
        <span class="muted">
          Last lead: <Moment at={arrivals.get(way) ?? null} now={now} zone={zone} />
        </span>
        {maySend && idle === null ? (
          <PostForm action={`${base}/test#${tileId(way)}`} csrf={csrf} class="inline">
            <input type="hidden" name="way" value={way} />
            <button type="submit" class="button small">
              Send a test lead<span class="unseen"> to {of}</span>
            </button>
          </PostForm>
        ) : null}
      </div>
      {maySend && idle !== null ? <p class="help">{idle}</p> : null}
    </>
  );
}

function TestResult({ tested, leads }: { tested: Tested; leads: string }) {
  if ('message' in tested) return <Alert text={`No test lead was stored. ${tested.message}`} />;
  const { lead } = tested;
  const link = <a href={`${leads}/${lead.id}`}>Open the lead</a>;
  if (lead.spam) {
    return (
      <Banner tone="waiting" title="The test lead is stored, but was taken for spam.">
        {link}
        <p>{lead.spamReason}</p>
      </Banner>
    );
  }
  const skipped = lead.syncStatus === 'skipped' ? ' It goes to no sheet.' : '';
  return (
    <Banner tone="good" title={`The test lead is stored.${skipped}`}>
      {link}
    </Banner>
  );
}
