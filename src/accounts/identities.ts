import { askAgain, type Core, type Part, refuse } from './core.ts';
import { checkPassword } from './profile.ts';

type Identities = Part<'hasPassword' | 'identities' | 'setFirstPassword' | 'unlinkIdentity'>;

/** What somebody does with their own ways in. */
export function createIdentities(core: Core): Identities {
  const { accounts, hasher } = core;
  const hasPassword: Identities['hasPassword'] = ({ user }) =>
    (accounts.credentials(user.id)?.passwordHash ?? null) !== null;
  return {
    hasPassword,
    identities: ({ user }) => accounts.identities(user.id),
    async setFirstPassword(visit, password) {
      if (!core.isRecent(visit)) return askAgain();
      if (hasPassword(visit)) return refuse('has_password', 'You have a password. Change it instead.', 'password');
      const { user, session, where } = visit;
      const checked = checkPassword(password, user.email);
      if (!checked.ok) return checked;
      const hash = await hasher.hash(password);
      const isSet = await accounts.setPassword(user.id, hash, session.id, core.doerOf(user, where));
      return isSet ? { ok: true } : askAgain();
    },
    async unlinkIdentity(visit, issuer) {
      if (!core.isRecent(visit)) return askAgain();
      const unlinked = await accounts.unlinkIdentity(visit.user.id, issuer, core.doerOf(visit.user, visit.where));
      if (unlinked === null) return refuse('not_found', 'This account is not linked.');
      if (!('refused' in unlinked)) return { ok: true };
      return refuse('only_way_in', 'It is your only way in. Set a password first.');
    },
  };
}
