import { and, asc, eq } from 'drizzle-orm';
import type { AccountStore, AuditAction, Doer, Identity, IdentityRefusal, StoredIdentity } from '../accounts.ts';
import { type AccountContext, itself, type UserRow, type UserRows } from './account-context.ts';
import type { createSessions } from './account-sessions.ts';
import { identity } from './schema-accounts.ts';
import type { Turn } from './writer.ts';

type Identities = Pick<
  AccountStore,
  'identities' | 'identity' | 'signInByIdentity' | 'linkIdentity' | 'touchIdentity' | 'unlinkIdentity'
> & {
  /** Links in a turn, and tells the audit log. */
  link(turn: Turn, userId: string, input: Identity, doer: Doer): StoredIdentity | IdentityRefusal;
};

/** By which accounts at a provider users come in. */
export function createIdentities(
  { orm, writer, audit }: AccountContext,
  rows: UserRows,
  sessions: Pick<ReturnType<typeof createSessions>, 'begin'>,
): Identities {
  const isIt = ({ issuer, subject }: Pick<Identity, 'issuer' | 'subject'>) =>
    and(eq(identity.issuer, issuer), eq(identity.subject, subject));
  const ofUser = (userId: string, issuer: string) => and(eq(identity.userId, userId), eq(identity.issuer, issuer));
  const find = (which: Pick<Identity, 'issuer' | 'subject'>): StoredIdentity | null =>
    orm.select().from(identity).where(isIt(which)).get() ?? null;
  const has = (userId: string, issuer: string) =>
    orm.select().from(identity).where(ofUser(userId, issuer)).get() !== undefined;

  function tell(turn: Turn, doer: Doer, action: AuditAction, { userId, issuer, email }: StoredIdentity): void {
    const values = { issuer, email };
    const [before, after] = action === 'user.identity_linked' ? [null, values] : [values, null];
    audit.add(turn, doer, { action, objectId: userId, siteId: null, before, after });
  }

  function link(turn: Turn, userId: string, input: Identity, doer: Doer): StoredIdentity | IdentityRefusal {
    const known = find(input);
    if (known) return known.userId === userId ? known : { refused: 'taken' };
    if (has(userId, input.issuer)) return { refused: 'other_linked' };
    const { issuer, subject, email } = input;
    const row: StoredIdentity = { issuer, subject, userId, email, createdAt: turn.now, lastUsedAt: null };
    orm.insert(identity).values(row).run();
    tell(turn, doer, 'user.identity_linked', row);
    return row;
  }

  function used(turn: Turn, input: Identity): void {
    orm.update(identity).set({ email: input.email, lastUsedAt: turn.now }).where(isIt(input)).run();
  }

  /** Whose it is by its address: an address that the provider vouches for, of a user who has no other one there. */
  function byAddress({ issuer, email, emailVerified }: Identity & { emailVerified: boolean }): UserRow | null {
    const row = email !== null && emailVerified ? rows.rowByEmail(email) : null;
    return row && !has(row.id, issuer) ? row : null;
  }

  return {
    link,
    identities: (userId) =>
      orm.select().from(identity).where(eq(identity.userId, userId)).orderBy(asc(identity.createdAt)).all(),
    identity: (issuer, subject) => find({ issuer, subject }),
    signInByIdentity: (input, session) =>
      writer.run((turn) => {
        const known = find(input);
        const row = known ? rows.row(known.userId) : byAddress(input);
        if (!row) return null;
        if (row.disabled) return { refused: 'disabled' as const };
        const doer = itself(row, session.addressHash);
        if (!known) link(turn, row.id, input, doer);
        used(turn, input);
        return { session: sessions.begin(turn, row, session, doer, 'oidc'), user: rows.view(row) };
      }),
    linkIdentity: (userId, input, doer) =>
      writer.run((turn) => (rows.row(userId) ? link(turn, userId, input, doer) : null)),
    touchIdentity: (input) => writer.run((turn) => used(turn, input)),
    unlinkIdentity: (userId, issuer, doer) =>
      writer.run((turn) => {
        const row = orm.select().from(identity).where(ofUser(userId, issuer)).get();
        if (!row) return null;
        if (rows.row(userId)?.passwordHash == null) return { refused: 'only_way_in' as const };
        orm.delete(identity).where(ofUser(userId, issuer)).run();
        tell(turn, doer, 'user.identity_unlinked', row);
        return row;
      }),
  };
}
