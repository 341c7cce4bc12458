import type { Visit } from '../../../accounts/accounts.ts';
import { newToken } from '../../../accounts/core.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { CheckReport } from '../../../sheets/target.ts';
import type { OAuthGrant, Reach } from '../../../sheets/targets/google/oauth.ts';
import type { SheetProblem } from '../../../store/sheets.ts';
import type { AdminServices } from '../services.ts';

/** What somebody wants to have connected. */
export type Wish =
  | { what: 'new'; sendEarlier: boolean }
  | { what: 'link'; book: string; sendEarlier: boolean }
  /** The same spreadsheet goes on with a new sign-in. */
  | { what: 'again' };

/** How far one has come. */
export type ConsentPhase =
  /** Somebody is at Google's page, or on the way to it. */
  | { is: 'asked' }
  | { is: 'returned' }
  /** Another account than the one in use: whether that is meant has to be said. */
  | { is: 'other_account'; grant: OAuthGrant; inUse: string }
  /** `grant`: what Google gave, for trying again without asking Google; null: it gave nothing. */
  | { is: 'failed'; problem: SheetProblem; check: CheckReport | null; grant: OAuthGrant | null };

/** One way to Google's consent page and back, by one session and for one site. */
export interface Consent {
  /** In addresses of ours; opens nothing. */
  id: string;
  siteId: string;
  wish: Wish;
  reach: Reach;
  /** The account that is expected; null: any. */
  email: string | null;
  /** PKCE: only who holds it can use the code that Google gives (RFC 7636). */
  verifier: string;
  state: string;
  /** Finds the spreadsheet again whose making got no answer. */
  nonce: string;
  phase: ConsentPhase;
  /** What somebody said to the question whether another account may take over; null: not asked, or not answered. */
  replaces: { inUse: string; isRemoved: boolean } | null;
}

/** What a way to Google begins with. */
export type NewConsent = Pick<Consent, 'siteId' | 'wish' | 'reach' | 'email'>;

/**
 * The ways to Google's consent page that are under way. In memory alone: a sign-in that nobody has confirmed is never on
 * disk, and after a restart people start again. Each belongs to the session that began it, and to no other of the user.
 */
export interface Consents {
  begin(visit: Visit, input: NewConsent): Consent;
  /** The one that Google's answer is for, at the first time of asking; null: there is none, or it came too late. */
  take(visit: Visit, state: string): Consent | null;
  find(visit: Visit, siteId: string, id: string): Consent | null;
  /** Has come so far; counts another 10 minutes from now. Null: it is over. */
  put(consent: Consent, phase: ConsentPhase | null): void;
}

/** How long somebody may take at Google's page, and over each question of ours after it. */
const LIFE_MS = 600_000;
/** More than people ever have open; the oldest goes first. */
const MOST = 1_000;

interface Kept {
  consent: Consent;
  sessionId: string;
  since: number;
}

export function createConsents(clock: Pick<Clock, 'monotonic'>): Consents {
  const all = new Map<string, Kept>();

  function prune(): void {
    for (const [id, { since }] of all) if (clock.monotonic() - since >= LIFE_MS) all.delete(id);
    while (all.size >= MOST) all.delete(all.keys().next().value ?? '');
  }

  function search({ session }: Visit, fits: (consent: Consent) => boolean): Consent | null {
    prune();
    for (const { consent, sessionId } of all.values()) if (sessionId === session.id && fits(consent)) return consent;
    return null;
  }

  return {
    begin({ session }, input) {
      prune();
      const [id, state, verifier, nonce] = [newToken(), newToken(), newToken(), newToken()];
      const consent: Consent = { ...input, id, state, verifier, nonce, phase: { is: 'asked' }, replaces: null };
      all.set(id, { consent, sessionId: session.id, since: clock.monotonic() });
      return consent;
    },
    take(visit, state) {
      const consent = search(visit, (each) => each.state === state && each.phase.is === 'asked');
      if (consent !== null) consent.phase = { is: 'returned' };
      return consent;
    },
    find: (visit, siteId, id) => search(visit, (each) => each.id === id && each.siteId === siteId),
    put(consent, phase) {
      const kept = all.get(consent.id);
      if (kept === undefined) return;
      if (phase === null) all.delete(consent.id);
      else {
        consent.phase = phase;
        kept.since = clock.monotonic();
      }
    },
  };
}

// By server: two of them in one process (tests) know nothing of each other.
const ofServer = new WeakMap<AdminServices, Consents>();

export function consentsOf(services: AdminServices): Consents {
  const known = ofServer.get(services) ?? createConsents(services.clock);
  ofServer.set(services, known);
  return known;
}
