import type { Role } from '../contract/user.ts';

/*
 * What is kept of the people who use the admin UI. Secrets come in as hashes or sealed and never leave again but by
 * `credentials`. Every change is told to the audit log in the transaction that makes it.
 */

// ---- audit -----------------------------------------------------------------------------------------------------

/** Who did something. The name is kept with the deed: it is still legible when the user or the key is gone. */
export type Actor =
  | { kind: 'user'; id: string; name: string }
  | { kind: 'key'; id: string; name: string }
  /** Somebody at the command line of the server. */
  | { kind: 'cli' }
  /** The program by itself. */
  | { kind: 'server' };

/** Who, and from where: the keyed hash of an address, null where there is none. */
export interface Doer {
  actor: Actor;
  addressHash: string | null;
}

/** What a thing was like, in few words: JSON without secrets and without what leads say. */
export type AuditValues = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/** What was done, as `noun.verb` in the past tense: `user.invited`, `key.created`. A code once used keeps its meaning. */
export type AuditAction = `${string}.${string}`;

export interface AuditInput {
  action: AuditAction;
  /** What it was done to. */
  objectId: string | null;
  /** The site it belongs to; null: to none. */
  siteId: string | null;
  before: AuditValues | null;
  after: AuditValues | null;
}

export interface AuditEntry extends AuditInput, Doer {
  id: string;
  at: number;
}

export interface AuditStore {
  /** Keeps an entry for a change made elsewhere; to be called once that is done. Nothing is ever pruned. */
  record(doer: Doer, entry: AuditInput): Promise<void>;
  /** Newest first; at most `limit` + 1: one more than asked for says that there are more. */
  list(query: { limit: number; beforeId?: string; siteId?: string; actorId?: string; objectId?: string }): AuditEntry[];
}

// ---- users -----------------------------------------------------------------------------------------------------

export interface StoredUser {
  id: string;
  /** As it was written; unique whatever its case. */
  email: string;
  name: string;
  role: Role;
  /** null: every site, as owners and admins have. */
  siteIds: readonly string[] | null;
  disabled: boolean;
  /** Whether a password alone opens nothing: there is an app that makes codes, or a passkey. */
  secondFactor: boolean;
  /** Whether there is an app that makes codes. */
  totp: boolean;
  /** How many there are. */
  passkeys: number;
  createdAt: number;
  lastSignInAt: number | null;
}

/** What a user proves who they are with. */
export interface Credentials {
  passwordHash: string | null;
  /** Sealed; null: signing in takes no code. */
  totpSecret: string | null;
  /** Sealed: a secret that was shown and not yet confirmed. */
  totpPending: string | null;
  /** The time step of the last code that was taken: none at or before it is taken again. */
  totpStep: number;
  recoveryCodesLeft: number;
}

export interface NewUser {
  email: string;
  name: string;
  role: Role;
  /** For members and viewers; owners and admins have all sites whatever is said. */
  siteIds: readonly string[];
  passwordHash: string | null;
}

export type UserChange = Partial<Pick<StoredUser, 'email' | 'name' | 'role' | 'disabled'>> & {
  siteIds?: readonly string[];
};

/** `last_owner`: it would leave nobody who may do everything. `out_of_reach`: a role the doer may not manage. */
export type UserRefusal = { refused: 'email_taken' | 'last_owner' | 'out_of_reach' | 'unknown_site' };

// ---- sessions --------------------------------------------------------------------------------------------------

/** Signed in for so long without a visit, and at most so long altogether. Spec 7, "Security". */
export const SESSION_IDLE_MS = 14 * 86_400_000;
export const SESSION_MAX_MS = 90 * 86_400_000;
/** How long a right password waits for its code. */
export const SECOND_FACTOR_MS = 10 * 60_000;

export interface StoredSession {
  id: string;
  userId: string;
  /** `second_factor`: the password was right, the code is still asked for. It opens nothing but that question. */
  state: 'open' | 'second_factor';
  browser: string | null;
  os: string | null;
  addressHash: string | null;
  createdAt: number;
  lastSeenAt: number;
  /** When the user last proved who they are. */
  authenticatedAt: number;
  /** How they came in, before the second factor. */
  method: SignInMethod;
}
/** `passkey`: without a password; it stands for the second factor as well. */
export type SignInMethod = 'password' | 'link' | 'oidc' | 'passkey';

export interface NewSession {
  tokenHash: string;
  browser: string | null;
  os: string | null;
  addressHash: string | null;
}

/** What shows that the second factor is at hand: a code of this time step, one of the recovery codes, or a passkey. */
export type FactorProof = { totpStep: number } | { recoveryHash: string } | { passkey: PasskeyProof };

// ---- links -----------------------------------------------------------------------------------------------------

export type LinkKind = 'setup' | 'invitation' | 'reset';

/** A link that works once. Only the hash of its token is kept. */
export interface StoredLink {
  id: string;
  kind: LinkKind;
  /** Whose password it resets. */
  userId: string | null;
  /** Whom it invites; null: whoever has it. */
  email: string | null;
  role: Role | null;
  siteIds: readonly string[];
  /** A reset that also switches the second factor off. */
  dropsSecondFactor: boolean;
  /** Null: made by the server or at its command line. */
  createdBy: string | null;
  createdAt: number;
  expiresAt: number;
  usedAt: number | null;
  revokedAt: number | null;
}

export type NewLink = Pick<StoredLink, 'kind' | 'userId' | 'email' | 'role' | 'siteIds' | 'dropsSecondFactor'> & {
  tokenHash: string;
  /** From the moment it is stored. */
  lifeMs: number;
};

/** `void`: unknown, used, revoked, expired or, for the first set-up, too late. */
export type LinkRefusal = { refused: 'void' | 'email_taken' | 'identity_taken' };

// ---- passkeys --------------------------------------------------------------------------------------------------

export interface StoredPasskey {
  id: string;
  userId: string;
  /** base64url, as WebAuthn gives it. */
  credentialId: string;
  /** COSE, base64url. */
  publicKey: string;
  counter: number;
  transports: readonly string[];
  name: string;
  createdAt: number;
  lastUsedAt: number | null;
}

export type NewPasskey = Pick<StoredPasskey, 'credentialId' | 'publicKey' | 'counter' | 'transports' | 'name'>;

/**
 * An answer of a passkey whose signature was right. It is taken if its counter is beyond the last one, or both are 0:
 * many count nothing. One that doesn't grow is told to the audit log, for there may be a copy. WebAuthn, 6.1.1.
 */
export interface PasskeyProof {
  credentialId: string;
  counter: number;
}

/** More than anybody has devices. */
export const MAX_PASSKEYS = 20;

// ---- identities ------------------------------------------------------------------------------------------------

/** An account at an OpenID Connect provider. Issuer and subject are all that tells it; its e-mail may change. */
export interface Identity {
  issuer: string;
  subject: string;
  /** As the provider says it; null: it doesn't. */
  email: string | null;
}

/** By which account at a provider a user comes in: at most one at each. */
export interface StoredIdentity extends Identity {
  userId: string;
  createdAt: number;
  lastUsedAt: number | null;
}

/** `taken`: somebody else's. `other_linked`: the user has another one at this provider. */
export type IdentityRefusal = { refused: 'taken' | 'other_linked' };

// ---- the store -------------------------------------------------------------------------------------------------

export interface AccountStore {
  /** Whether anybody can sign in at all. */
  isEmpty(): boolean;
  /** Oldest first. */
  users(): StoredUser[];
  user(id: string): StoredUser | null;
  /** Whatever the case of the address. */
  userByEmail(email: string): StoredUser | null;
  credentials(userId: string): Credentials | null;
  createUser(input: NewUser, doer: Doer): Promise<StoredUser | UserRefusal>;
  /**
   * Disabling ends the user's sessions; a new role or other sites hold at once in those that go on.
   * @param reach the roles the doer may manage: both the one the user has and the one they get
   */
  updateUser(
    id: string,
    change: UserChange,
    reach: readonly Role[],
    doer: Doer,
  ): Promise<StoredUser | UserRefusal | null>;
  /** Deletes the user with sessions, links and factors. What they did stays in the audit log. */
  deleteUser(id: string, reach: readonly Role[], doer: Doer): Promise<{ deleted: true } | UserRefusal | null>;
  /**
   * A new password ends every session but `keepSessionId`, and voids the user's reset links. False: there is no such
   * user, or that session has ended since it asked.
   */
  setPassword(userId: string, passwordHash: string, keepSessionId: string | null, doer: Doer): Promise<boolean>;

  /** Keeps a secret that was shown, in place of one before it. */
  proposeTotp(userId: string, sealed: string): Promise<boolean>;
  /** Makes the proposed secret the user's, with these recovery codes. False: another was proposed since. */
  confirmTotp(
    userId: string,
    input: { sealed: string; step: number; recoveryHashes: readonly string[] },
    doer: Doer,
  ): Promise<boolean>;
  /** The recovery codes go with the last second factor. */
  dropTotp(userId: string, doer: Doer): Promise<boolean>;
  /** New recovery codes in place of all others. False: the user has no second factor at all. */
  replaceRecoveryCodes(userId: string, hashes: readonly string[], doer: Doer): Promise<boolean>;

  /**
   * Begins a session for a user whose password was right; with a second factor it waits for that. Null when the user
   * is gone, disabled, or has another password by now.
   */
  startSession(userId: string, passwordHash: string, session: NewSession, doer: Doer): Promise<StoredSession | null>;
  /**
   * Opens a session that waits for its second factor, under a new token. Null when it doesn't wait (any more), or
   * when the proof was used before: each is taken once, however many race.
   */
  passSecondFactor(sessionId: string, proof: FactorProof, tokenHash: string, doer: Doer): Promise<StoredSession | null>;
  /** From memory. Whether it is still valid is the caller's to judge; `lastSeenAt` is up to the minute. */
  findSession(tokenHash: string): { session: StoredSession; user: StoredUser } | null;
  /** As it is now. */
  session(id: string): StoredSession | null;
  /** Notes a visit in memory; written at most once a minute and at close. */
  touchSession(id: string, nowMs: number): void;
  /** The user proved who they are once more. */
  confirmSession(id: string): Promise<void>;
  /** Open ones, newest first. */
  sessions(userId: string): StoredSession[];
  /** False: the user has no such session. */
  endSession(userId: string, id: string, doer: Doer): Promise<boolean>;
  /** @returns how many ended */
  endOtherSessions(userId: string, keepId: string, doer: Doer): Promise<number>;

  /**
   * A link for the first set-up voids those before it, a reset those of the same user, an invitation those to the same
   * address. Null when the user of a reset is out of reach or gone.
   */
  createLink(link: NewLink, reach: readonly Role[], doer: Doer): Promise<StoredLink | null>;
  /** Whether it is still valid is the caller's to judge, and judged again when it is used. */
  findLink(tokenHash: string): StoredLink | null;
  link(id: string): StoredLink | null;
  /** Those that still work, newest first. */
  openLinks(kind: LinkKind, nowMs: number): StoredLink[];
  revokeLink(id: string, reach: readonly Role[], doer: Doer): Promise<StoredLink | UserRefusal | null>;
  /**
   * Uses a link for the first set-up or an invitation: the user is made and signed in. One of those who race gets it.
   * The link says role and sites. @param identity by which the user comes in from now on
   */
  join(
    linkHash: string,
    user: Pick<NewUser, 'email' | 'name' | 'passwordHash'>,
    session: NewSession,
    identity?: Identity,
  ): Promise<{ user: StoredUser; session: StoredSession } | LinkRefusal>;
  /** Uses a reset link: sets the password and ends all the user's sessions. */
  resetPassword(linkHash: string, passwordHash: string, addressHash: string | null): Promise<StoredUser | LinkRefusal>;

  /** Oldest first. */
  identities(userId: string): StoredIdentity[];
  identity(issuer: string, subject: string): StoredIdentity | null;
  /**
   * Begins a session for whom an account at a provider belongs to; with a second factor it waits for that. An account
   * of nobody is linked to the user of its address, if `emailVerified` and that user has none at this provider yet.
   * Null: to nobody. `disabled`: to somebody who may not come in.
   */
  signInByIdentity(
    identity: Identity & { emailVerified: boolean },
    session: NewSession,
  ): Promise<{ user: StoredUser; session: StoredSession } | { refused: 'disabled' } | null>;
  /** Links it to the user, who is signed in; the very same again changes nothing. Null: there is no such user. */
  linkIdentity(userId: string, identity: Identity, doer: Doer): Promise<StoredIdentity | IdentityRefusal | null>;
  /** Notes that the user has proved who they are by it, and which address it has by now. */
  touchIdentity(identity: Identity): Promise<void>;
  /** Null: there is none. `only_way_in`: the user has no password. */
  unlinkIdentity(
    userId: string,
    issuer: string,
    doer: Doer,
  ): Promise<StoredIdentity | { refused: 'only_way_in' } | null>;

  /** Oldest first. */
  passkeys(userId: string): StoredPasskey[];
  passkeyByCredential(credentialId: string): StoredPasskey | null;
  /**
   * @param recoveryHashes become the user's recovery codes if this is the first second factor: `codesMade`
   * `taken`: somebody has this passkey already. Null: the user is gone.
   */
  addPasskey(
    userId: string,
    input: NewPasskey,
    recoveryHashes: readonly string[],
    doer: Doer,
  ): Promise<{ passkey: StoredPasskey; codesMade: boolean } | { refused: 'taken' | 'too_many' } | null>;
  /** The recovery codes go with the last second factor. False: the user has no such passkey. */
  removePasskey(userId: string, id: string, doer: Doer): Promise<boolean>;
  /** Begins a session that is open at once. Null when the passkey is not taken, or its user gone or disabled. */
  startPasskeySession(proof: PasskeyProof, session: NewSession, doer: Doer): Promise<StoredSession | null>;
  /** The user of the session proved who they are once more. False: the passkey is not taken. */
  confirmByPasskey(sessionId: string, proof: PasskeyProof, doer: Doer): Promise<boolean>;
}
