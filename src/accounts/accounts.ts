import type { Role } from '../contract/user.ts';
import type { StoredIdentity, StoredLink, StoredSession, StoredUser, UserChange } from '../store/accounts.ts';
import type { SingleSignOn } from './oidc.ts';
import type { Passkeys } from './passkeys.ts';

/*
 * Who may come in, as the admin UI and the command line see it. Nothing here knows of pages. Outcomes are data: what
 * somebody can do something about is a `Refused` with a sentence to show; what is thrown is AppError `unavailable`
 * (nothing could be written) or a fault.
 */

/** Where a request comes from. Browser and system as `readUserAgent` tells them. */
export interface Where {
  /** The caller's address; kept as a keyed hash. Null where it is not known: then only the e-mail is rate-limited. */
  address: string | null;
  browser: string | null;
  os: string | null;
}

/** Why something was not done: `refused` for programs, `message` to be shown as it is. */
export interface Refused<Reason extends string> {
  ok: false;
  refused: Reason;
  message: string;
  /** The input it is about; null: none in particular. */
  field: Field | null;
  /** Seconds; with `rate_limited` only. */
  retryAfterSeconds: number | null;
}
export type Field = 'email' | 'name' | 'password' | 'current_password' | 'code' | 'role' | 'site_ids';
export type Result<T, Reason extends string> = ({ ok: true } & T) | Refused<Reason>;

/** A signed-in request: who, by which session. Good for this one request: the next looks it up again. */
export interface Visit {
  user: StoredUser;
  session: StoredSession;
  where: Where;
}

/** Who wants a change of the team made. The command line may do everything; its user can read the database anyway. */
export type By = Visit | 'cli';

/** The secret of a session at the only moment it is known: for the cookie, and nothing else. */
export interface SignedIn {
  state: 'open';
  /** 43 characters of base64url. */
  token: string;
  /** When the session ends at the latest. Milliseconds. */
  expiresAt: number;
  user: StoredUser;
}
/** The password was right; the token is good for `secondFactor` alone, for 10 minutes. */
export interface AwaitsSecondFactor {
  state: 'second_factor';
  token: string;
  expiresAt: number;
}

/** A one-time link at the only moment its token is known. */
export interface IssuedLink {
  link: StoredLink;
  /** Below the public URL: `/admin/setup/…`, `/admin/invite/…`, `/admin/reset/…`. */
  path: string;
}

/** What a link that still works is for: what its page shows. */
export interface OpenLink {
  kind: StoredLink['kind'];
  /** Whom it is meant for: fixed for a reset; an invitation's may be changed. Null: nobody in particular. */
  email: string | null;
  role: Role;
  expiresAt: number;
}

export interface Profile {
  email: string;
  name: string;
  password: string;
}

/** Destructive acts and those on users, keys and factors want the password again if it is older. Spec 6. */
export const RECENT_MS = 15 * 60_000;
export const SETUP_LINK_MS = 3_600_000;
export const RESET_LINK_MS = 3_600_000;
export const INVITATION_MS = 7 * 86_400_000;

/** `reauthenticate`: ask for the password (`confirmPassword`), then do the same again. */
export type Guarded = 'forbidden' | 'reauthenticate';
export type UserReason = Guarded | 'not_found' | 'invalid' | 'email_taken' | 'last_owner' | 'unknown_site';

export interface Accounts {
  // ---- coming in -----------------------------------------------------------------------------------------------

  /** True while there is no user: only `setUp` leads in. From memory. */
  needsSetUp(): boolean;
  /**
   * Takes the same work whether the user exists or not. At most 10 failures per e-mail and 30 per address (IPv6: /64)
   * in 15 minutes. `disabled` is only told to who knows the password.
   */
  signIn(
    input: { email: string; password: string },
    where: Where,
  ): Promise<Result<SignedIn | AwaitsSecondFactor, 'wrong' | 'disabled' | 'rate_limited'>>;
  /** The user that a token from `signIn` waits for a code of; null: it is void or over, sign in again. */
  awaiting(token: string): StoredUser | null;
  /**
   * @param code six digits of the app (blanks don't matter; each code works once), or a recovery code
   * `over`: the ten minutes have passed or the token is void: sign in again. At most 5 wrong codes per user in 15 minutes.
   */
  secondFactor(token: string, code: string, where: Where): Promise<Result<SignedIn, 'wrong' | 'over' | 'rate_limited'>>;
  /**
   * The signed-in user behind a cookie; null: ask to sign in. Synchronous and from memory, and notes the visit: call
   * it once a request. 14 days idle, 90 days at most. A changed role, a disabled user, a revoked session hold at once;
   * those made by another process within a second.
   */
  visit(token: string, where: Where): Visit | null;
  /** Ends the session behind a token, of either state. Without one it does nothing. */
  signOut(token: string, where: Where): Promise<void>;
  /** What a form of this session carries against forged requests; compare with `sameText`. */
  csrfToken(token: string): string;
  /** Whether the password was given in the last 15 minutes; also by `confirmPassword` in this same request. */
  isRecent(visit: Visit): boolean;
  /** The password again. At most 10 failures per user in 15 minutes, apart from those of `signIn`. */
  confirmPassword(visit: Visit, password: string): Promise<Result<unknown, 'wrong' | 'rate_limited'>>;

  /** Sign-in by an OpenID Connect provider; null: none is set. */
  singleSignOn: SingleSignOn | null;

  // ---- one-time links ------------------------------------------------------------------------------------------

  /** What a link is for; null: it never was one, was used, revoked or is over. Using nothing up. */
  openLink(token: string): OpenLink | null;
  /** The first user, an owner, by a set-up link. Signed in. `void`: the link works no more. */
  setUp(token: string, profile: Profile, where: Where): Promise<Result<SignedIn, 'void' | 'invalid' | 'email_taken'>>;
  /** A new user by an invitation, with its role and sites. Signed in. */
  acceptInvitation(
    token: string,
    profile: Profile,
    where: Where,
  ): Promise<Result<SignedIn, 'void' | 'invalid' | 'email_taken'>>;
  /** A new password by a reset link. Ends all sessions; the user signs in next, with the second factor if there is one. */
  resetPassword(
    token: string,
    password: string,
    where: Where,
  ): Promise<Result<{ user: StoredUser }, 'void' | 'invalid'>>;

  // ---- one's own account ---------------------------------------------------------------------------------------

  /** Ends every other session. Rate-limited with `confirmPassword`. */
  changePassword(
    visit: Visit,
    input: { current: string; password: string },
  ): Promise<Result<unknown, 'wrong' | 'invalid' | 'rate_limited'>>;
  /** Changes the own name. */
  rename(visit: Visit, name: string): Promise<Result<{ user: StoredUser }, 'invalid'>>;
  /** Shows a new secret. It counts only once `confirmTotp` was given a code of it. */
  beginTotp(visit: Visit): Promise<Result<{ secret: string; uri: string }, 'reauthenticate'>>;
  /** Switches the second factor on. The ten recovery codes are shown once. `none`: begin again. */
  confirmTotp(
    visit: Visit,
    code: string,
  ): Promise<Result<{ recoveryCodes: string[] }, 'reauthenticate' | 'wrong' | 'none' | 'rate_limited'>>;
  dropTotp(visit: Visit): Promise<Result<unknown, 'reauthenticate' | 'none'>>;
  /** New codes in place of all former ones. */
  renewRecoveryCodes(visit: Visit): Promise<Result<{ recoveryCodes: string[] }, 'reauthenticate' | 'none'>>;
  recoveryCodesLeft(visit: Visit): number;
  /** The user's own, newest first; `current`: the one that asks. */
  sessions(visit: Visit): { session: StoredSession; current: boolean }[];
  revokeSession(visit: Visit, id: string): Promise<Result<unknown, 'not_found'>>;
  /** @returns how many ended */
  revokeOtherSessions(visit: Visit): Promise<number>;

  /** False: the user comes in by single sign-on alone. */
  hasPassword(visit: Visit): boolean;
  /** A first password. Ends every other session. */
  setFirstPassword(
    visit: Visit,
    password: string,
  ): Promise<Result<unknown, 'reauthenticate' | 'invalid' | 'has_password'>>;
  /** The accounts at providers by which the user comes in. */
  identities(visit: Visit): StoredIdentity[];
  /** `only_way_in`: there is no password. */
  unlinkIdentity(
    visit: Visit,
    issuer: string,
  ): Promise<Result<unknown, 'reauthenticate' | 'not_found' | 'only_way_in'>>;

  readonly passkeys: Passkeys;

  // ---- the team ------------------------------------------------------------------------------------------------

  /** Everybody, oldest first. Who may see it: `team.read`. */
  users(): StoredUser[];
  user(id: string): StoredUser | null;
  /** For the command line; in the UI people are invited. */
  createUser(
    by: By,
    input: Profile & { role: Role; siteIds: readonly string[] },
  ): Promise<Result<{ user: StoredUser }, UserReason>>;
  /** Role, sites, disabled, name, e-mail of somebody; `forbidden` for who is beyond `manageableRoles`. */
  updateUser(by: By, id: string, change: UserChange): Promise<Result<{ user: StoredUser }, UserReason>>;
  deleteUser(by: By, id: string): Promise<Result<unknown, UserReason>>;
  /** Good for 7 days. Voids an earlier one to the same e-mail. @param email null: for whoever gets the link */
  invite(
    by: By,
    input: { email: string | null; role: Role; siteIds: readonly string[] },
  ): Promise<Result<IssuedLink, UserReason>>;
  /** Those that still work, newest first; without their tokens. */
  invitations(): StoredLink[];
  revokeInvitation(by: By, id: string): Promise<Result<unknown, UserReason>>;
  /** Good for an hour. `dropSecondFactor`: for somebody who lost it; owners and the command line only. */
  issueReset(by: By, userId: string, options?: { dropSecondFactor?: boolean }): Promise<Result<IssuedLink, UserReason>>;
  /** A link for the first user, in place of all before it; null when there is a user. For start and command line. */
  issueSetUp(by: 'server' | 'cli'): Promise<IssuedLink | null>;
}
