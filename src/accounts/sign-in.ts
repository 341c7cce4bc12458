import { type FactorProof, SECOND_FACTOR_MS, type StoredSession, type StoredUser } from '../store/accounts.ts';
import { awaitsFactor, type Core, isOver, newToken, type Part, refuse, signedIn, tooMany } from './core.ts';
import { plainRecoveryCode, totpStep } from './totp.ts';

type SignIn = Part<
  'signIn' | 'awaiting' | 'secondFactor' | 'visit' | 'signOut' | 'csrfToken' | 'isRecent' | 'confirmPassword'
>;

const wrongPassword = () => refuse('wrong', 'The e-mail or the password is wrong.', 'password');
export const over = () => refuse('over', 'This sign-in took too long. Sign in again.');

/** What the second factor of somebody is sealed for: it opens for nobody else. */
export const totpContext = (userId: string): string => `totp:${userId}`;

/** A code, as the store takes it for a proof; null: it is none. */
export async function proofOf(core: Core, userId: string, code: string): Promise<FactorProof | null> {
  const sealed = core.accounts.credentials(userId)?.totpSecret ?? null;
  if (sealed !== null) {
    const digits = code.replace(/[\s-]/g, '');
    const step = await totpStep(core.vault.open(sealed, totpContext(userId)), digits, core.clock.now());
    if (step !== null) return { totpStep: step };
  }
  const plain = plainRecoveryCode(code);
  return plain === null ? null : { recoveryHash: recoveryHash(core, userId, plain) };
}

/** Bound to its user. `plain` as `plainRecoveryCode` gives it. */
export function recoveryHash({ vault }: Core, userId: string, plain: string): string {
  return vault.hashToken('recovery', `${userId}:${plain}`);
}

type Found = { session: StoredSession; user: StoredUser };

function findSession(core: Core, token: string): Found | null {
  const hash = core.hashOf('session', token);
  const found = hash === null ? null : core.accounts.findSession(hash);
  return found === null || found.user.disabled ? null : found;
}

/** The session that waits for its second factor, as long as it may. */
export function waitingSession(core: Core, token: string): Found | null {
  const found = findSession(core, token);
  const waits = found?.session.state === 'second_factor';
  return waits && core.clock.now() < found.session.createdAt + SECOND_FACTOR_MS ? found : null;
}

export function createSignIn(core: Core): SignIn {
  const { accounts, clock } = core;

  const find = (token: string) => findSession(core, token);
  const waiting = (token: string) => waitingSession(core, token);

  return {
    isRecent: core.isRecent,
    csrfToken: (token) => core.vault.hashToken('csrf', token),
    async signIn({ email, password }, where) {
      const attempt = core.attempt(email.trim(), where);
      if (!attempt.allowed) return tooMany(attempt.retryAfterSeconds);
      const user = accounts.userByEmail(email.trim());
      const hash = user ? (accounts.credentials(user.id)?.passwordHash ?? null) : null;
      if (!(await core.matches(attempt, password, hash)) || !user || hash === null) return wrongPassword();
      attempt.giveBack();
      if (user.disabled) return refuse('disabled', 'This account is disabled. Ask an owner or admin.');
      const token = newToken();
      const session = await accounts.startSession(
        user.id,
        hash,
        core.newSession(token, where),
        core.doerOf(user, where),
      );
      // Deleted, disabled or given another password while this one was looked at.
      if (session === null) return wrongPassword();
      return session.state === 'open' ? signedIn(token, session, user) : awaitsFactor(token, session);
    },
    awaiting: (token) => waiting(token)?.user ?? null,
    async secondFactor(token, code, where) {
      const found = waiting(token);
      if (found === null) return over();
      const { user, session } = found;
      const attempt = core.attemptFactor(user.id);
      if (!attempt.allowed) return tooMany(attempt.retryAfterSeconds);
      const proof = await proofOf(core, user.id, code);
      const next = newToken();
      const hash = core.vault.hashToken('session', next);
      const opened = proof && (await accounts.passSecondFactor(session.id, proof, hash, core.doerOf(user, where)));
      if (opened) {
        attempt.giveBack();
        return signedIn(next, opened, user);
      }
      if (waiting(token) === null) return over();
      return refuse('wrong', 'This code is wrong or was used before. Take the one that is shown now.', 'code');
    },
    visit(token, where) {
      const found = find(token);
      if (found === null || found.session.state !== 'open') return null;
      const { session } = found;
      const now = clock.now();
      if (isOver(session, now)) return null;
      accounts.touchSession(session.id, now);
      return { ...found, where };
    },
    async signOut(token, where) {
      const found = find(token);
      if (found) await accounts.endSession(found.user.id, found.session.id, core.doerOf(found.user, where));
    },
    async confirmPassword({ user, session, where }, password) {
      const attempt = core.attemptBy(user.id, where);
      if (!attempt.allowed) return tooMany(attempt.retryAfterSeconds);
      const hash = accounts.credentials(user.id)?.passwordHash ?? null;
      if (!(await core.matches(attempt, password, hash)))
        return refuse('wrong', 'This is not your password.', 'current_password');
      attempt.giveBack();
      await accounts.confirmSession(session.id);
      return { ok: true };
    },
  };
}
