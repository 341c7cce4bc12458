import { ROLES } from '../contract/user.ts';
import type { Visit } from './accounts.ts';
import { askAgain, type Core, isOver, type Part, refuse, tooMany } from './core.ts';
import { plainPassword } from './passwords.ts';
import { checkName, checkPassword } from './profile.ts';
import { recoveryHash, totpContext } from './sign-in.ts';
import { newRecoveryCodes, newTotpSecret, plainRecoveryCode, totpStep, totpUri } from './totp.ts';

type Own = Part<
  | 'changePassword'
  | 'rename'
  | 'beginTotp'
  | 'confirmTotp'
  | 'dropTotp'
  | 'renewRecoveryCodes'
  | 'recoveryCodesLeft'
  | 'sessions'
  | 'revokeSession'
  | 'revokeOtherSessions'
>;

const noFactor = () => refuse('none', 'There is no second factor. Set one up first.');

/** Ten recovery codes, and what is stored in their place. */
export function newCodes(core: Core, userId: string): { codes: string[]; hashes: string[] } {
  const codes = newRecoveryCodes();
  return { codes, hashes: codes.map((code) => recoveryHash(core, userId, plainRecoveryCode(code) ?? '')) };
}

/** What somebody does with their own account. */
export function createOwn(core: Core): Own {
  const { accounts, vault, clock, hasher } = core;
  const doer = ({ user, where }: Visit) => core.doerOf(user, where);

  return {
    async changePassword(visit, { current, password }) {
      const { user, session, where } = visit;
      const attempt = core.attemptBy(user.id, where);
      if (!attempt.allowed) return tooMany(attempt.retryAfterSeconds);
      const hash = accounts.credentials(user.id)?.passwordHash ?? null;
      if (!(await core.matches(attempt, current, hash)))
        return refuse('wrong', 'This is not your password.', 'current_password');
      attempt.giveBack();
      const checked = checkPassword(password, user.email);
      if (!checked.ok) return checked;
      if (plainPassword(current) === plainPassword(password))
        return refuse('invalid', 'The new password is the same as the old one.', 'password');
      const isSet = await accounts.setPassword(user.id, await hasher.hash(password), session.id, doer(visit));
      if (!isSet) return refuse('wrong', 'This session has ended. Sign in again.', 'current_password');
      await accounts.confirmSession(session.id);
      return { ok: true };
    },
    async rename(visit, name) {
      const checked = checkName(name);
      if (!checked.ok) return checked;
      const updated = await accounts.updateUser(visit.user.id, { name: checked.value }, ROLES, doer(visit));
      if (updated === null || 'refused' in updated) return refuse('invalid', 'There is no such user any more.');
      return { ok: true, user: updated };
    },
    async beginTotp(visit) {
      if (!core.isRecent(visit)) return askAgain();
      const { id, email } = visit.user;
      const secret = await newTotpSecret();
      await accounts.proposeTotp(id, vault.seal(secret, totpContext(id)));
      return { ok: true, secret, uri: await totpUri(secret, email) };
    },
    async confirmTotp(visit, code) {
      if (!core.isRecent(visit)) return askAgain();
      const { id } = visit.user;
      const sealed = accounts.credentials(id)?.totpPending ?? null;
      if (sealed === null) return refuse('none', 'There is nothing to confirm. Begin again.');
      const attempt = core.attemptFactor(id);
      if (!attempt.allowed) return tooMany(attempt.retryAfterSeconds);
      const step = await totpStep(vault.open(sealed, totpContext(id)), code.replace(/\s/g, ''), clock.now());
      if (step === null)
        return refuse('wrong', 'This code is wrong. Take the one that is shown now, and check the clock.', 'code');
      attempt.giveBack();
      const { codes, hashes } = newCodes(core, id);
      const done = await accounts.confirmTotp(id, { sealed, step, recoveryHashes: hashes }, doer(visit));
      return done ? { ok: true, recoveryCodes: codes } : refuse('none', 'Another code was set up since. Begin again.');
    },
    async dropTotp(visit) {
      if (!core.isRecent(visit)) return askAgain();
      return (await accounts.dropTotp(visit.user.id, doer(visit))) ? { ok: true } : noFactor();
    },
    async renewRecoveryCodes(visit) {
      if (!core.isRecent(visit)) return askAgain();
      const { codes, hashes } = newCodes(core, visit.user.id);
      const done = await accounts.replaceRecoveryCodes(visit.user.id, hashes, doer(visit));
      return done ? { ok: true, recoveryCodes: codes } : noFactor();
    },
    recoveryCodesLeft: ({ user }) => accounts.credentials(user.id)?.recoveryCodesLeft ?? 0,
    sessions: ({ user, session }) =>
      accounts
        .sessions(user.id)
        .filter((each) => !isOver(each, clock.now()))
        .map((each) => ({ session: each, current: each.id === session.id })),
    async revokeSession(visit, id) {
      const ended = await accounts.endSession(visit.user.id, id, doer(visit));
      return ended ? { ok: true } : refuse('not_found', 'There is no such session.');
    },
    revokeOtherSessions: (visit) => accounts.endOtherSessions(visit.user.id, visit.session.id, doer(visit)),
  };
}
