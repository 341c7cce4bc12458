import type { LinkKind, StoredLink } from '../store/accounts.ts';
import type { Profile, Refused, Result, SignedIn, Where } from './accounts.ts';
import { type Core, newToken, type Part, refuse, signedIn } from './core.ts';
import { checkPassword, checkProfile } from './profile.ts';

type Links = Part<'openLink' | 'setUp' | 'acceptInvitation' | 'resetPassword'>;

/** Where the page of each kind is, below the public URL. */
const PATHS: Readonly<Record<LinkKind, string>> = {
  setup: '/admin/setup/',
  invitation: '/admin/invite/',
  reset: '/admin/reset/',
};
export const linkPath = (kind: LinkKind, token: string): string => PATHS[kind] + token;

export const voidLink = (): Refused<'void'> =>
  refuse('void', 'This link works no more: it was used or withdrawn, or is too old. Ask for a new one.');
export const emailTaken = (): Refused<'email_taken'> =>
  refuse('email_taken', 'There is a user with this e-mail address already.', 'email');

/** What one-time links open. */
export function createLinks(core: Core): Links {
  const { accounts, clock, hasher } = core;

  function find(token: string): { link: StoredLink; hash: string } | null {
    const hash = core.hashOf('link', token);
    const link = hash === null ? null : accounts.findLink(hash);
    if (hash === null || link === null) return null;
    const open = link.usedAt === null && link.revokedAt === null && clock.now() < link.expiresAt;
    return open && (link.kind !== 'setup' || accounts.isEmpty()) ? { link, hash } : null;
  }

  async function join(
    kind: 'setup' | 'invitation',
    token: string,
    profile: Profile,
    where: Where,
  ): Promise<Result<SignedIn, 'void' | 'invalid' | 'email_taken'>> {
    const found = find(token);
    if (found?.link.kind !== kind) return voidLink();
    const checked = checkProfile(profile);
    if (!checked.ok) return checked;
    const { email, name, password } = checked.value;
    const person = { email, name, passwordHash: await hasher.hash(password) };
    const sessionToken = newToken();
    const joined = await accounts.join(found.hash, person, core.newSession(sessionToken, where));
    if ('refused' in joined) return joined.refused === 'email_taken' ? emailTaken() : voidLink();
    return signedIn(sessionToken, joined.session, joined.user);
  }

  return {
    openLink(token) {
      const link = find(token)?.link;
      if (!link) return null;
      const { kind, email, role, expiresAt } = link;
      if (kind !== 'reset') return { kind, email, role: role ?? 'owner', expiresAt };
      const user = accounts.user(link.userId ?? '');
      return user === null || user.disabled ? null : { kind, email: user.email, role: user.role, expiresAt };
    },
    setUp: (token, profile, where) => join('setup', token, profile, where),
    acceptInvitation: (token, profile, where) => join('invitation', token, profile, where),
    async resetPassword(token, password, where) {
      const found = find(token);
      const user = found?.link.kind === 'reset' ? accounts.user(found.link.userId ?? '') : null;
      if (!found || !user || user.disabled) return voidLink();
      const checked = checkPassword(password, user.email);
      if (!checked.ok) return checked;
      const hash = await hasher.hash(password);
      const reset = await accounts.resetPassword(found.hash, hash, core.hashAddress(where));
      return 'refused' in reset ? voidLink() : { ok: true, user: reset };
    },
  };
}
