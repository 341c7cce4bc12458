import { ROLES, type Role } from '../contract/user.ts';
import type { Doer, NewLink, UserChange, UserRefusal } from '../store/accounts.ts';
import {
  type By,
  INVITATION_MS,
  type IssuedLink,
  RESET_LINK_MS,
  type Refused,
  SETUP_LINK_MS,
  type UserReason,
} from './accounts.ts';
import { askAgain, type Core, newToken, type Part, refuse } from './core.ts';
import { emailTaken, linkPath } from './links.ts';
import { can, manageableRoles } from './permissions.ts';
import { type Checked, checkEmail, checkName, checkProfile } from './profile.ts';

type Team = Part<
  | 'users'
  | 'user'
  | 'createUser'
  | 'updateUser'
  | 'deleteUser'
  | 'invite'
  | 'invitations'
  | 'revokeInvitation'
  | 'issueReset'
  | 'issueSetUp'
>;

/** What somebody may do to the team: as whom, and to which roles. */
interface Grant {
  ok: true;
  reach: readonly Role[];
  doer: Doer;
}

const CLI: Doer = { actor: { kind: 'cli' }, addressHash: null };
const SERVER: Doer = { actor: { kind: 'server' }, addressHash: null };

const forbidden = () => refuse('forbidden', 'Your role does not allow this. Ask an owner.');
const noSuch = (what: string) => refuse('not_found', `There is no such ${what}.`);

const REFUSALS: Readonly<Record<UserRefusal['refused'], () => Refused<UserReason>>> = {
  email_taken: emailTaken,
  last_owner: () => refuse('last_owner', 'This is the only owner. Make somebody else an owner first.', 'role'),
  out_of_reach: forbidden,
  unknown_site: () => refuse('unknown_site', 'There is no such site.', 'site_ids'),
};

/** Users and invitations. */
export function createTeam(core: Core): Team {
  const { accounts, sites, clock, hasher } = core;

  function grant(by: By, recent: boolean): Grant | Refused<'forbidden' | 'reauthenticate'> {
    if (by === 'cli') return { ok: true, reach: ROLES, doer: CLI };
    if (!can(by.user, 'team.edit')) return forbidden();
    if (recent && !core.isRecent(by)) return askAgain();
    return { ok: true, reach: manageableRoles(by.user), doer: core.doerOf(by.user, by.where) };
  }

  async function issue(
    link: Omit<NewLink, 'tokenHash'>,
    { reach, doer }: Pick<Grant, 'reach' | 'doer'>,
  ): Promise<({ ok: true } & IssuedLink) | null> {
    const token = newToken();
    const stored = await accounts.createLink({ ...link, tokenHash: core.vault.hashToken('link', token) }, reach, doer);
    return stored && { ok: true, link: stored, path: linkPath(link.kind, token) };
  }

  const allSites = (siteIds: readonly string[]) => siteIds.every((id) => sites.get(id) !== null);

  return {
    users: () => accounts.users(),
    user: (id) => accounts.user(id),
    async createUser(by, { role, siteIds, ...profile }) {
      const granted = grant(by, true);
      if (!granted.ok) return granted;
      if (!granted.reach.includes(role)) return forbidden();
      const checked = checkProfile(profile);
      if (!checked.ok) return checked;
      const { email, name, password } = checked.value;
      if (accounts.userByEmail(email)) return emailTaken();
      const user = { email, name, role, siteIds, passwordHash: await hasher.hash(password) };
      const made = await accounts.createUser(user, granted.doer);
      return 'refused' in made ? REFUSALS[made.refused]() : { ok: true, user: made };
    },
    async updateUser(by, id, change) {
      const granted = grant(by, true);
      if (!granted.ok) return granted;
      const checked = checkChange(change);
      if (!checked.ok) return checked;
      const updated = await accounts.updateUser(id, checked.value, granted.reach, granted.doer);
      if (updated === null) return noSuch('user');
      return 'refused' in updated ? REFUSALS[updated.refused]() : { ok: true, user: updated };
    },
    async deleteUser(by, id) {
      const granted = grant(by, true);
      if (!granted.ok) return granted;
      const deleted = await accounts.deleteUser(id, granted.reach, granted.doer);
      if (deleted === null) return noSuch('user');
      return 'refused' in deleted ? REFUSALS[deleted.refused]() : { ok: true };
    },
    async invite(by, { email, role, siteIds }) {
      const granted = grant(by, true);
      if (!granted.ok) return granted;
      const checked = email === null ? null : checkEmail(email);
      if (checked?.ok === false) return checked;
      const address = checked?.value ?? null;
      if (address !== null && accounts.userByEmail(address)) return emailTaken();
      if (!allSites(siteIds)) return REFUSALS.unknown_site();
      const link = { kind: 'invitation', userId: null, email: address, role, siteIds } as const;
      const issued = await issue({ ...link, dropsSecondFactor: false, lifeMs: INVITATION_MS }, granted);
      return issued ?? forbidden();
    },
    invitations: () => accounts.openLinks('invitation', clock.now()),
    async revokeInvitation(by, id) {
      const granted = grant(by, false);
      if (!granted.ok) return granted;
      if (accounts.link(id)?.kind !== 'invitation') return noSuch('invitation');
      const revoked = await accounts.revokeLink(id, granted.reach, granted.doer);
      if (revoked === null) return noSuch('invitation');
      return 'refused' in revoked ? REFUSALS[revoked.refused]() : { ok: true };
    },
    async issueReset(by, userId, { dropSecondFactor = false } = {}) {
      const granted = grant(by, true);
      if (!granted.ok) return granted;
      const user = accounts.user(userId);
      if (user === null) return noSuch('user');
      if (dropSecondFactor && by !== 'cli' && by.user.role !== 'owner') return forbidden();
      if (user.disabled) return refuse('invalid', 'This account is disabled. Enable it first.');
      const link = { kind: 'reset', userId, email: user.email, role: null, siteIds: [] } as const;
      const issued = await issue({ ...link, dropsSecondFactor: dropSecondFactor, lifeMs: RESET_LINK_MS }, granted);
      return issued ?? forbidden();
    },
    async issueSetUp(by) {
      const link = { kind: 'setup', userId: null, email: null, role: null, siteIds: [] } as const;
      const doer = by === 'cli' ? CLI : SERVER;
      return issue({ ...link, dropsSecondFactor: false, lifeMs: SETUP_LINK_MS }, { reach: ROLES, doer });
    },
  };
}

function checkChange(change: UserChange): Checked<UserChange> {
  const value = { ...change };
  if (change.email !== undefined) {
    const email = checkEmail(change.email);
    if (!email.ok) return email;
    value.email = email.value;
  }
  if (change.name !== undefined) {
    const name = checkName(change.name);
    if (!name.ok) return name;
    value.name = name.value;
  }
  return { ok: true, value };
}
