import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server';
import { MAX_PASSKEYS, type PasskeyProof, type StoredPasskey, type StoredUser } from '../store/accounts.ts';
import type { Refused, Result, SignedIn, Visit, Where } from './accounts.ts';
import { CHALLENGE_MS, createChallenges, type Purpose } from './challenges.ts';
import { askAgain, type Core, newToken, refuse, signedIn, tooMany } from './core.ts';
import { newCodes } from './own.ts';
import { checkName } from './profile.ts';
import { over, waitingSession } from './sign-in.ts';
import {
  ALGORITHMS,
  type Asked,
  type Assertion,
  checkAssertion,
  checkAttestation,
  type Distrust,
  type Party,
  readAssertion,
  readAttestation,
  webauthn,
} from './webauthn.ts';

/** What `navigator.credentials.create` and `get` are called with. */
export type CreateOptions = PublicKeyCredentialCreationOptionsJSON;
export type GetOptions = PublicKeyCredentialRequestOptionsJSON;

/**
 * Passkeys. Each is asked for in two steps: `begin…` gives what the browser is called with, and its answer goes to the
 * call of the same name, within 5 minutes, from the same session or browser, once. `answer` is the JSON of a
 * `PublicKeyCredential` as it was sent, `party` the address that pages are served at now (`partyOf`).
 */
export interface Passkeys {
  /** The user's own, oldest first. */
  list(visit: Visit): StoredPasskey[];
  beginAdd(
    visit: Visit,
    name: string,
    party: Party,
  ): Promise<Result<{ options: CreateOptions }, 'reauthenticate' | 'invalid' | 'too_many'>>;
  /** The first second factor of a user makes recovery codes, to be shown once; null: there are some already. */
  add(
    visit: Visit,
    input: { name: string; answer: string },
    party: Party,
  ): Promise<
    Result<{ recoveryCodes: string[] | null }, 'reauthenticate' | 'invalid' | 'too_many' | 'wrong' | 'rate_limited'>
  >;
  remove(visit: Visit, id: string): Promise<Result<unknown, 'reauthenticate' | 'not_found'>>;

  /** For whoever has one that this address knows. @param browser what this browser alone can repeat */
  beginSignIn(browser: string, party: Party): Promise<GetOptions>;
  /** Password and second factor in one. At most 10 failures per user in 15 minutes, apart from those of passwords. */
  signIn(
    answer: string,
    browser: string,
    party: Party,
    where: Where,
  ): Promise<Result<SignedIn, 'wrong' | 'disabled' | 'rate_limited'>>;
  /** @param token the one that `signIn` with a password gave; null: it is void or over */
  beginSecondFactor(token: string, party: Party): Promise<GetOptions | null>;
  /** Failures are counted with those of codes. */
  secondFactor(
    token: string,
    answer: string,
    party: Party,
    where: Where,
  ): Promise<Result<SignedIn, 'wrong' | 'over' | 'rate_limited'>>;
  beginConfirm(visit: Visit, party: Party): Promise<GetOptions>;
  /** In place of the password where that is wanted again. */
  confirm(visit: Visit, answer: string, party: Party): Promise<Result<unknown, 'wrong' | 'rate_limited'>>;
}

const RP_NAME = 'LeadToSheet';

const wrong = (message: string): Refused<'wrong'> => refuse('wrong', message);
const tooManyPasskeys = () => refuse('too_many', `You have ${MAX_PASSKEYS} passkeys. Remove one first.`);
const unknown = () => wrong('This passkey is not known here: it was removed, or is of another account.');
const copied = () =>
  wrong('This passkey counts less than before, so there may be a copy of it. Remove it, and add a new one.');

const distrusted = (why: Distrust, { id, origin }: Party): Refused<'wrong'> => {
  const messages: Readonly<Record<Distrust, string>> = {
    unreadable: 'What the browser sent could not be read. Load the page again, and repeat.',
    over: 'This took more than five minutes, or was sent twice. Try again.',
    other_origin: `This was made at another address. Open ${origin} and try again.`,
    other_party: `This passkey is for another address than ${id}.`,
    unverified: 'The passkey could not be verified. Try again, and use your fingerprint, face or PIN.',
  };
  return wrong(messages[why]);
};

export function createPasskeys(core: Core): Passkeys {
  const { accounts } = core;
  const challenges = createChallenges(core.clock);

  const issue = (purpose: Purpose, holder: string) =>
    new Uint8Array(Buffer.from(challenges.issue(purpose, holder), 'base64url'));
  const asked = (purpose: Purpose, holder: string, party: Party): Asked => ({
    party,
    take: (challenge) => challenges.take(challenge, purpose, holder),
  });
  const known = (userId: string) =>
    accounts
      .passkeys(userId)
      .map(({ credentialId, transports }) => ({ id: credentialId, transports: [...transports] }));

  /** @param of whose passkeys may answer; null: anybody's */
  async function request(purpose: Purpose, holder: string, { id }: Party, of: string | null): Promise<GetOptions> {
    return (await webauthn()).generateAuthenticationOptions({
      rpID: id,
      challenge: issue(purpose, holder),
      timeout: CHALLENGE_MS,
      userVerification: 'required',
      ...(of === null ? {} : { allowCredentials: known(of) }),
    });
  }

  /** What an answer proves; `user` alone may have given it. */
  async function proofOf(
    assertion: Assertion | null,
    user: Pick<StoredUser, 'id'> | null,
    about: Asked,
  ): Promise<Result<{ proof: PasskeyProof }, 'wrong'>> {
    if (assertion === null) return distrusted('unreadable', about.party);
    const stored = accounts.passkeyByCredential(assertion.credentialId);
    const { userHandle } = assertion;
    if (stored === null || stored.userId !== user?.id || (userHandle ?? user.id) !== user.id) return unknown();
    const checked = await checkAssertion(assertion, stored, about);
    return checked.ok ? { ok: true, proof: checked.value } : distrusted(checked.why, about.party);
  }

  /** Why the store did not take a proof that was right. */
  function untaken({ credentialId, counter }: PasskeyProof): Refused<'wrong'> {
    const last = accounts.passkeyByCredential(credentialId)?.counter ?? 0;
    return last > 0 && counter <= last ? copied() : unknown();
  }

  return {
    list: ({ user }) => accounts.passkeys(user.id),
    async beginAdd(visit, name, party) {
      const { user, session } = visit;
      if (!core.isRecent(visit)) return askAgain();
      const checked = checkName(name);
      if (!checked.ok) return checked;
      if (accounts.passkeys(user.id).length >= MAX_PASSKEYS) return tooManyPasskeys();
      const options = await (await webauthn()).generateRegistrationOptions({
        rpName: RP_NAME,
        rpID: party.id,
        userID: new TextEncoder().encode(user.id),
        userName: user.email,
        userDisplayName: user.name,
        challenge: issue('add', session.id),
        timeout: CHALLENGE_MS,
        attestationType: 'none',
        excludeCredentials: known(user.id),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        supportedAlgorithmIDs: ALGORITHMS,
      });
      return { ok: true, options };
    },
    async add(visit, { name, answer }, party) {
      const { user, session, where } = visit;
      if (!core.isRecent(visit)) return askAgain();
      const checked = checkName(name);
      if (!checked.ok) return checked;
      const attempt = core.attemptFactor(user.id);
      if (!attempt.allowed) return tooMany(attempt.retryAfterSeconds);
      const made = readAttestation(answer);
      if (made === null) return distrusted('unreadable', party);
      const attested = await checkAttestation(made, asked('add', session.id, party));
      if (!attested.ok) return distrusted(attested.why, party);
      attempt.giveBack();
      const { codes, hashes } = newCodes(core, user.id);
      const input = { ...attested.value, name: checked.value };
      const added = await accounts.addPasskey(user.id, input, hashes, core.doerOf(user, where));
      if (added === null) return unknown();
      if ('refused' in added)
        return added.refused === 'too_many' ? tooManyPasskeys() : wrong('This passkey is known here already.');
      return { ok: true, recoveryCodes: added.codesMade ? codes : null };
    },
    async remove(visit, id) {
      if (!core.isRecent(visit)) return askAgain();
      const removed = await accounts.removePasskey(visit.user.id, id, core.doerOf(visit.user, visit.where));
      return removed ? { ok: true } : refuse('not_found', 'There is no such passkey.');
    },

    beginSignIn: (browser, party) => request('sign_in', browser, party, null),
    async signIn(answer, browser, party, where) {
      const assertion = readAssertion(answer);
      const user = accounts.user(accounts.passkeyByCredential(assertion?.credentialId ?? '')?.userId ?? '');
      const attempt = user === null ? core.attemptFrom(where) : core.attemptBy(user.id, where);
      if (!attempt.allowed) return tooMany(attempt.retryAfterSeconds);
      if (assertion === null) return distrusted('unreadable', party);
      // Who nobody has named is named by the authenticator. WebAuthn, 7.2, step 6.
      if (user === null || assertion.userHandle === null) return unknown();
      const proved = await proofOf(assertion, user, asked('sign_in', browser, party));
      if (!proved.ok) return proved;
      if (user.disabled) {
        attempt.giveBack();
        return refuse('disabled', 'This account is disabled. Ask an owner or admin.');
      }
      const token = newToken();
      const opened = await accounts.startPasskeySession(
        proved.proof,
        core.newSession(token, where),
        core.doerOf(user, where),
      );
      if (opened === null) return untaken(proved.proof);
      attempt.giveBack();
      return signedIn(token, opened, user);
    },
    async beginSecondFactor(token, party) {
      const found = waitingSession(core, token);
      return found && request('second_factor', found.session.id, party, found.user.id);
    },
    async secondFactor(token, answer, party, where) {
      const found = waitingSession(core, token);
      if (found === null) return over();
      const { user, session } = found;
      const attempt = core.attemptFactor(user.id);
      if (!attempt.allowed) return tooMany(attempt.retryAfterSeconds);
      const proved = await proofOf(readAssertion(answer), user, asked('second_factor', session.id, party));
      if (!proved.ok) return proved;
      const next = newToken();
      const proof = { passkey: proved.proof };
      const hash = core.vault.hashToken('session', next);
      const opened = await accounts.passSecondFactor(session.id, proof, hash, core.doerOf(user, where));
      if (opened === null) return waitingSession(core, token) === null ? over() : untaken(proved.proof);
      attempt.giveBack();
      return signedIn(next, opened, user);
    },
    beginConfirm: ({ user, session }, party) => request('confirm', session.id, party, user.id),
    async confirm({ user, session, where }, answer, party) {
      const attempt = core.attemptBy(user.id, where);
      if (!attempt.allowed) return tooMany(attempt.retryAfterSeconds);
      const proved = await proofOf(readAssertion(answer), user, asked('confirm', session.id, party));
      if (!proved.ok) return proved;
      const doer = core.doerOf(user, where);
      if (!(await accounts.confirmByPasskey(session.id, proved.proof, doer))) return untaken(proved.proof);
      attempt.giveBack();
      return { ok: true };
    },
  };
}
