import { sameText } from '../lib/crypto.ts';
import type { AwaitsSecondFactor, Refused, SignedIn, Visit, Where } from './accounts.ts';
import { awaitsFactor, type Core, newToken, refuse, signedIn, tooMany } from './core.ts';
import { emailTaken, voidLink } from './links.ts';
import { faultSentence, type ProviderFailure, type ProviderFault } from './oidc-faults.ts';
import type { Errand, OidcProvider, ProvenIdentity } from './oidc-provider.ts';
import { checkName, NAME_MAX } from './profile.ts';

/** What somebody goes to the provider for. */
export type Purpose =
  /** `next`: the page to go on to. `another`: not by the account that is signed in there. */
  | { kind: 'sign_in'; next: string; another: boolean }
  /** Joining the team by an invitation's token. */
  | { kind: 'invitation'; token: string }
  /** Linking an account there to the user of this session; after the password was asked for. */
  | { kind: 'link'; sessionId: string }
  /** Proving once more who they are. `repeat`: something was sent, which is not kept. */
  | { kind: 'confirm'; sessionId: string; next: string; repeat: boolean };

/** What came of it. */
export type Arrival =
  | { ok: true; kind: 'signed_in'; signedIn: SignedIn | AwaitsSecondFactor; next: string }
  | { ok: true; kind: 'linked' }
  | { ok: true; kind: 'confirmed'; next: string; repeat: boolean }
  | Setback;

/** `no_account`: nobody here goes by this account. `lost`: the browser brings back something else than it was given. */
export type SetbackReason =
  | ProviderFault
  | 'lost'
  | 'over'
  | 'other_session'
  | 'rate_limited'
  | 'no_account'
  | 'disabled'
  | 'void'
  | 'email_taken'
  | 'no_email'
  | 'taken'
  | 'other_linked'
  | 'other_account';

export interface Setback extends Refused<SetbackReason> {
  /** What it was for; null: nobody knows any more. */
  purpose: Purpose | null;
  /** For the log. */
  technical: string;
}

/** Sign-in by an OpenID Connect provider. It stands in for the password; a second factor is asked for all the same. */
export interface SingleSignOn {
  /** To follow "Sign in with". */
  readonly name: string;
  /** As it is set. */
  readonly issuer: string;
  /**
   * Where to send the browser. @param redirectUri where it is to come back
   * @returns what the browser has to bring back as well, sealed: for a cookie of 10 minutes
   */
  begin(purpose: Purpose, redirectUri: string, hint?: string | null): Promise<({ ok: true } & Departure) | Setback>;
  /** Once for each departure, within 10 minutes. @param query what the provider gave the browser. @param kept the cookie */
  finish(query: URLSearchParams, kept: string | null, visit: Visit | null, where: Where): Promise<Arrival>;
}

export interface Departure {
  url: string;
  kept: string;
}

export const ERRAND_MS = 10 * 60_000;
/** What a departure is sealed for. */
const CONTEXT = 'oidc:errand';
/** So many used ones are remembered; beyond it the oldest are forgotten. The provider takes no code twice either. */
const MAX_USED = 10_000;

type Kept = Errand & { purpose: Purpose };

export function createSingleSignOn(core: Core, provider: OidcProvider): SingleSignOn {
  const { accounts, clock, vault } = core;
  const { name } = provider;
  const used = createUsed(() => clock.monotonic());

  function open(kept: string | null): Kept | null {
    if (kept === null) return null;
    try {
      // Sealed by us, so it is what `begin` made.
      return JSON.parse(vault.open(kept, CONTEXT)) as Kept;
    } catch {
      return null;
    }
  }

  function setback(reason: SetbackReason, message: string, purpose: Purpose | null, technical: string): Setback {
    return { ...refuse(reason, message), purpose, technical };
  }

  const failed = ({ fault, technical }: ProviderFailure, purpose: Purpose) =>
    setback(fault, faultSentence(fault, name), purpose, technical);

  const lost = (purpose: Purpose | null) =>
    setback(
      'lost',
      'This sign-in is not the one that was begun last in this browser. Sign in again.',
      purpose,
      'callback: lost',
    );

  /** Whether what came back is what was sent, for the first time and in time. */
  function check(query: URLSearchParams, { state, askedAt, purpose }: Kept, visit: Visit | null): Setback | null {
    if (!sameText(query.get('state') ?? '', state)) return lost(purpose);
    if (clock.now() >= askedAt + ERRAND_MS || !used.take(state)) {
      return setback('over', faultSentence('code_over', name), purpose, 'callback: over');
    }
    if (!('sessionId' in purpose) || visit?.session.id === purpose.sessionId) return null;
    const message = 'You are not signed in any more as you were when this began. Sign in, and repeat it.';
    return setback('other_session', message, purpose, 'callback: other_session');
  }

  async function arrive(kept: Kept, identity: ProvenIdentity, visit: Visit | null, where: Where): Promise<Arrival> {
    const { purpose } = kept;
    const back = (reason: SetbackReason, message: string) => setback(reason, message, purpose, `arrival: ${reason}`);
    if (purpose.kind === 'sign_in') return signIn(core, identity, where, purpose.next, back, name);
    if (purpose.kind === 'invitation') return join(core, purpose.token, identity, where, back, name);
    // `check` has looked that it is their session.
    if (visit === null) return back('other_session', 'You are signed out. Sign in, and repeat it.');
    if (purpose.kind === 'link') return link(core, visit, identity, back, name);
    const known = accounts.identity(identity.issuer, identity.subject);
    if (known?.userId !== visit.user.id) {
      return back(
        'other_account',
        `This is another account at ${name} than the one that is linked to yours. Repeat it with that one.`,
      );
    }
    await accounts.touchIdentity(identity);
    await accounts.confirmSession(visit.session.id);
    return { ok: true, kind: 'confirmed', next: purpose.next, repeat: purpose.repeat };
  }

  return {
    name,
    issuer: provider.issuer,
    async begin(purpose, redirectUri, hint = null) {
      const errand: Errand = {
        redirectUri,
        state: newToken(),
        nonce: newToken(),
        verifier: newToken(),
        askedAt: clock.now(),
        ask: askOf(purpose),
      };
      const answer = await provider.authorizationUrl(errand, hint);
      if (!answer.ok) return failed(answer, purpose);
      const kept: Kept = { ...errand, purpose };
      return { ok: true, url: answer.url, kept: vault.seal(JSON.stringify(kept), CONTEXT) };
    },
    async finish(query, sealed, visit, where) {
      const kept = open(sealed);
      if (kept === null) return lost(null);
      const wrong = check(query, kept, visit);
      if (wrong !== null) return wrong;
      const attempt = core.attemptFrom(where);
      if (!attempt.allowed) {
        return { ...tooMany(attempt.retryAfterSeconds), purpose: kept.purpose, technical: 'callback: rate_limited' };
      }
      const answer = await provider.identify(kept, query);
      if (!answer.ok) return failed(answer, kept.purpose);
      const arrival = await arrive(kept, answer.identity, visit, where);
      if (arrival.ok) attempt.giveBack();
      return arrival;
    },
  };
}

function askOf(purpose: Purpose): Errand['ask'] {
  if (purpose.kind === 'confirm') return 'again';
  // Which account it is to be is decided now: the one that happens to be signed in there may be the wrong one.
  return purpose.kind === 'sign_in' && !purpose.another ? 'usual' : 'another';
}

type Back = (reason: SetbackReason, message: string) => Setback;

const disabled = (back: Back) => back('disabled', 'This account is disabled. Ask an owner or admin.');

async function signIn(
  core: Core,
  identity: ProvenIdentity,
  where: Where,
  next: string,
  back: Back,
  name: string,
): Promise<Arrival> {
  const token = newToken();
  const came = await core.accounts.signInByIdentity(identity, core.newSession(token, where));
  if (came === null) return back('no_account', noAccount(identity, name));
  if ('refused' in came) return disabled(back);
  const { session, user } = came;
  const entered = session.state === 'open' ? signedIn(token, session, user) : awaitsFactor(token, session);
  return { ok: true, kind: 'signed_in', signedIn: entered, next };
}

/** Whom to ask. Whether an unproven address has a user here is not told. */
function noAccount({ email, emailVerified }: ProvenIdentity, name: string): string {
  const ask = 'Ask an owner or admin of this server to invite you.';
  if (email === null) return `The account at ${name} says no e-mail address, and is linked to nobody here. ${ask}`;
  if (!emailVerified)
    return `${name} has not checked the address ${email}, and the account is linked to nobody here. ${ask}`;
  return `${email} has no account here. ${ask}`;
}

async function join(
  core: Core,
  linkToken: string,
  identity: ProvenIdentity,
  where: Where,
  back: Back,
  name: string,
): Promise<Arrival> {
  const hash = core.hashOf('link', linkToken);
  const { email } = identity;
  // The first user has a password: without one a provider that is out of order would lock everybody out.
  if (hash === null || core.accounts.findLink(hash)?.kind !== 'invitation') return back('void', voidLink().message);
  if (email === null)
    return back('no_email', `The account at ${name} says no e-mail address. Join with a password instead.`);
  const person = { email, name: nameOf(identity, email), passwordHash: null };
  const token = newToken();
  const joined = await core.accounts.join(hash, person, core.newSession(token, where), identity);
  if ('refused' in joined) {
    if (joined.refused === 'void') return back('void', voidLink().message);
    if (joined.refused === 'email_taken') return back('email_taken', `${emailTaken().message} Sign in instead.`);
    return back('taken', `This account at ${name} belongs to a user already. Sign in with it instead.`);
  }
  const { session, user } = joined;
  return { ok: true, kind: 'signed_in', signedIn: signedIn(token, session, user), next: '/admin' };
}

/** What the provider calls them, if it can be shown; else the part of the address before the @. */
function nameOf({ name }: ProvenIdentity, email: string): string {
  const said = checkName([...(name ?? '')].slice(0, NAME_MAX).join(''));
  return said.ok ? said.value : (email.split('@', 1)[0] ?? email).slice(0, NAME_MAX);
}

async function link(core: Core, visit: Visit, identity: ProvenIdentity, back: Back, name: string): Promise<Arrival> {
  const linked = await core.accounts.linkIdentity(visit.user.id, identity, core.doerOf(visit.user, visit.where));
  if (linked === null) return back('other_session', 'There is no such user any more.');
  if (!('refused' in linked)) return { ok: true, kind: 'linked' };
  if (linked.refused === 'taken')
    return back('taken', `This account at ${name} is linked to another user of this server.`);
  return back('other_linked', `Another account at ${name} is linked already. Unlink that one first.`);
}

/** What was used, for as long as it could be used again. In memory: one for each process. */
function createUsed(now: () => number): { take(state: string): boolean } {
  const endsAt = new Map<string, number>();
  return {
    take(state) {
      for (const [each, end] of endsAt) {
        if (end > now() && endsAt.size < MAX_USED) break;
        endsAt.delete(each);
      }
      if (endsAt.has(state)) return false;
      endsAt.set(state, now() + ERRAND_MS);
      return true;
    },
  };
}
