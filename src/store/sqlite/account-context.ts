import { and, asc, count, eq, inArray, isNull, ne } from 'drizzle-orm';
import type { Role } from '../../contract/user.ts';
import type { Doer, StoredUser } from '../accounts.ts';
import type { Audit } from './audit.ts';
import type { Context } from './context.ts';
import { site } from './schema.ts';
import { oneTimeLink, passkey, recoveryCode, session, user, userSite } from './schema-accounts.ts';
import type { Turn } from './writer.ts';

export type UserRow = typeof user.$inferSelect;

/** What every file of accounts works with. */
export interface AccountContext extends Pick<Context, 'orm' | 'writer' | 'ids'> {
  audit: Audit;
  /** What is remembered of users and sessions is void once this turn is on disk. */
  changed(turn: Turn): void;
}

/** Owners and admins have every site. */
export const hasAllSites = (role: Role): boolean => role === 'owner' || role === 'admin';

/** Addresses are compared in this form. */
export const emailKey = (email: string): string => email.normalize('NFC').toLowerCase();

/** What somebody does who comes in. */
export function itself({ id, email }: Pick<UserRow, 'id' | 'email'>, addressHash: string | null): Doer {
  return { actor: { kind: 'user', id, name: email }, addressHash };
}

/** What several files ask and do within a turn. */
export function createUserRows({ orm }: Pick<AccountContext, 'orm'>) {
  const row = (id: string) => orm.select().from(user).where(eq(user.id, id)).get() ?? null;
  const sitesOf = (id: string) =>
    orm
      .select({ siteId: userSite.siteId })
      .from(userSite)
      .where(eq(userSite.userId, id))
      .orderBy(asc(userSite.siteId))
      .all()
      .map(({ siteId }) => siteId);
  const passkeysOf = (id: string) =>
    orm.select({ n: count() }).from(passkey).where(eq(passkey.userId, id)).get()?.n ?? 0;
  const hasFactor = (found: Pick<UserRow, 'id' | 'totpSecret'>) =>
    found.totpSecret !== null || passkeysOf(found.id) > 0;
  function putCodes(userId: string, hashes: readonly string[]): void {
    orm.delete(recoveryCode).where(eq(recoveryCode.userId, userId)).run();
    for (const hash of hashes) orm.insert(recoveryCode).values({ userId, hash }).run();
  }
  return {
    row,
    passkeysOf,
    /** Whether a password alone opens nothing. */
    hasFactor,
    putCodes,
    /** Recovery codes stand in for a second factor: they go with the last one. */
    dropUselessCodes(id: string): void {
      const found = row(id);
      if (!found || !hasFactor(found)) putCodes(id, []);
    },
    rowByEmail: (email: string) =>
      orm
        .select()
        .from(user)
        .where(eq(user.emailKey, emailKey(email)))
        .get() ?? null,
    view: (found: UserRow): StoredUser =>
      toStoredUser(found, hasAllSites(found.role) ? null : sitesOf(found.id), passkeysOf(found.id)),
    /** Those of the ids that are sites. */
    knownSites(siteIds: readonly string[]): string[] {
      const wanted = [...new Set(siteIds)];
      if (wanted.length === 0) return [];
      return orm
        .select({ id: site.id })
        .from(site)
        .where(inArray(site.id, wanted))
        .orderBy(site.id)
        .all()
        .map(({ id }) => id);
    },
    putSites(userId: string, siteIds: readonly string[]): void {
      orm.delete(userSite).where(eq(userSite.userId, userId)).run();
      for (const siteId of siteIds) orm.insert(userSite).values({ userId, siteId }).run();
    },
    /** Whether somebody else could still do everything. */
    hasOtherOwner: (id: string): boolean =>
      orm
        .select({ id: user.id })
        .from(user)
        .where(and(eq(user.role, 'owner'), eq(user.disabled, false), ne(user.id, id)))
        .limit(1)
        .get() !== undefined,
    hasSession: (userId: string, id: string): boolean =>
      orm
        .select({ id: session.id })
        .from(session)
        .where(and(eq(session.id, id), eq(session.userId, userId)))
        .get() !== undefined,
    endSessions(userId: string, keepId: string | null): number {
      const mine = eq(session.userId, userId);
      const which = keepId === null ? mine : and(mine, ne(session.id, keepId));
      return orm.delete(session).where(which).returning({ id: session.id }).all().length;
    },
    /** Ends the links of somebody that are still open: made by them, or for them. */
    voidLinks(by: { madeBy: string } | { for: string }, now: number): void {
      const whose = 'for' in by ? eq(oneTimeLink.userId, by.for) : eq(oneTimeLink.createdBy, by.madeBy);
      orm
        .update(oneTimeLink)
        .set({ revokedAt: now })
        .where(and(whose, isNull(oneTimeLink.usedAt), isNull(oneTimeLink.revokedAt)))
        .run();
    },
  };
}
export type UserRows = ReturnType<typeof createUserRows>;

export function toStoredUser(row: UserRow, siteIds: readonly string[] | null, passkeys: number): StoredUser {
  const { id, email, name, role, disabled, createdAt, lastSignInAt } = row;
  const totp = row.totpSecret !== null;
  const secondFactor = totp || passkeys > 0;
  return { id, email, name, role, siteIds, disabled, secondFactor, totp, passkeys, createdAt, lastSignInAt };
}
