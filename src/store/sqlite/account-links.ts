import { and, desc, eq, gt, isNull, lt, ne } from 'drizzle-orm';
import type { Role } from '../../contract/user.ts';
import type { AccountStore, AuditAction, Doer, LinkKind, NewLink, StoredLink } from '../accounts.ts';
import { type AccountContext, emailKey, hasAllSites, itself, type UserRow, type UserRows } from './account-context.ts';
import type { createIdentities } from './account-identities.ts';
import type { createSessions } from './account-sessions.ts';
import { type createUsers, userValues } from './account-users.ts';
import { oneTimeLink, passkey, user } from './schema-accounts.ts';
import type { Turn } from './writer.ts';

type Row = typeof oneTimeLink.$inferSelect;

/** How long a link that is over can still be told from one that never was. */
const MEMORY_MS = 30 * 86_400_000;

const MADE: Readonly<Record<LinkKind, AuditAction>> = {
  setup: 'setup.link_made',
  invitation: 'user.invited',
  reset: 'user.reset_link_made',
};

type Links = Pick<
  AccountStore,
  'createLink' | 'findLink' | 'link' | 'openLinks' | 'revokeLink' | 'join' | 'resetPassword'
> & { prune(nowMs: number): void };

interface Parts {
  rows: UserRows;
  users: Pick<ReturnType<typeof createUsers>, 'insert'>;
  sessions: Pick<ReturnType<typeof createSessions>, 'open'>;
  identities: Pick<ReturnType<typeof createIdentities>, 'identity' | 'link'>;
}

export function createLinks(context: AccountContext, { rows, users, sessions, identities }: Parts): Links {
  const { orm, writer, ids, audit, changed } = context;
  const byHash = (hash: string) => orm.select().from(oneTimeLink).where(eq(oneTimeLink.tokenHash, hash)).get();
  const byId = (id: string) => orm.select().from(oneTimeLink).where(eq(oneTimeLink.id, id)).get();
  const anyUser = () => orm.select({ id: user.id }).from(user).limit(1).get() !== undefined;
  const unused = and(isNull(oneTimeLink.usedAt), isNull(oneTimeLink.revokedAt));
  const stillOpen = (row: Row, now: number) => row.usedAt === null && row.revokedAt === null && row.expiresAt > now;

  /** Ends the other links that one stands in for. */
  function voidOthers({ id, kind, userId, email }: Pick<Row, 'id' | 'kind' | 'userId' | 'email'>, now: number): void {
    const others = and(eq(oneTimeLink.kind, kind), unused, ne(oneTimeLink.id, id));
    const set = { revokedAt: now };
    if (kind === 'setup') orm.update(oneTimeLink).set(set).where(others).run();
    else if (kind === 'reset')
      orm
        .update(oneTimeLink)
        .set(set)
        .where(and(others, eq(oneTimeLink.userId, userId ?? '')))
        .run();
    else if (email !== null)
      orm
        .update(oneTimeLink)
        .set(set)
        .where(and(others, eq(oneTimeLink.email, emailKey(email))))
        .run();
  }

  /** Whether the doer may make this link, now that it is made. */
  function mayMake({ kind, userId, role }: NewLink, reach: readonly Role[]): boolean {
    if (kind === 'setup') return !anyUser();
    const concerned = kind === 'reset' ? rows.row(userId ?? '')?.role : role;
    return concerned !== undefined && concerned !== null && reach.includes(concerned);
  }

  function insert(turn: Turn, { tokenHash, lifeMs, ...link }: NewLink, doer: Doer): StoredLink {
    const row: Row = {
      ...link,
      id: ids.next('inv', turn.now),
      tokenHash,
      email: link.email === null ? null : emailKey(link.email),
      siteIds: link.role !== null && hasAllSites(link.role) ? [] : rows.knownSites(link.siteIds),
      createdBy: doer.actor.kind === 'user' ? doer.actor.id : null,
      createdAt: turn.now,
      expiresAt: turn.now + lifeMs,
      usedAt: null,
      revokedAt: null,
    };
    orm.insert(oneTimeLink).values(row).run();
    voidOthers(row, turn.now);
    audit.add(turn, doer, {
      action: MADE[row.kind],
      objectId: row.userId ?? row.id,
      siteId: null,
      before: null,
      after: linkValues(row),
    });
    return toStoredLink(row);
  }

  function useUp(row: Row, now: number): void {
    orm.update(oneTimeLink).set({ usedAt: now }).where(eq(oneTimeLink.id, row.id)).run();
    voidOthers(row, now);
  }

  function joinBy(turn: Turn, row: Row, ...[, person, session, identity]: Parameters<Links['join']>) {
    if (identity && identities.identity(identity.issuer, identity.subject)) {
      return { refused: 'identity_taken' as const };
    }
    const siteIds = rows.knownSites(row.siteIds);
    const made = users.insert(turn, { ...person, role: row.role ?? 'owner', siteIds });
    if ('refused' in made) return { refused: 'email_taken' as const };
    useUp(row, turn.now);
    voidOthers({ id: row.id, kind: 'invitation', userId: null, email: made.email }, turn.now);
    const doer = itself(made, session.addressHash);
    const after = { ...userValues(made), link: row.id };
    audit.add(turn, doer, { action: 'user.joined', objectId: made.id, siteId: null, before: null, after });
    if (identity) identities.link(turn, made.id, identity, doer);
    const opened = sessions.open(turn, made, session, doer, identity ? 'oidc' : 'link');
    return { user: { ...made, lastSignInAt: turn.now }, session: opened };
  }

  function reset(turn: Turn, row: Row, target: UserRow, passwordHash: string, addressHash: string | null) {
    const second = row.dropsSecondFactor ? { totpSecret: null, totpPending: null } : {};
    const next = { ...target, passwordHash, ...second };
    orm.update(user).set(next).where(eq(user.id, target.id)).run();
    if (row.dropsSecondFactor) {
      orm.delete(passkey).where(eq(passkey.userId, target.id)).run();
      rows.dropUselessCodes(target.id);
    }
    useUp(row, turn.now);
    const ended = rows.endSessions(target.id, null);
    changed(turn);
    audit.add(turn, itself(target, addressHash), {
      action: 'user.password_reset',
      objectId: target.id,
      siteId: null,
      before: null,
      after: { link: row.id, second_factor_off: row.dropsSecondFactor, sessions_ended: ended },
    });
    return rows.view(next);
  }

  return {
    createLink: (input, reach, doer) =>
      writer.run((turn) => (mayMake(input, reach) ? insert(turn, input, doer) : null)),
    findLink: (hash) => toStoredOrNull(byHash(hash)),
    link: (id) => toStoredOrNull(byId(id)),
    openLinks: (kind, nowMs) =>
      orm
        .select()
        .from(oneTimeLink)
        .where(and(eq(oneTimeLink.kind, kind), unused, gt(oneTimeLink.expiresAt, nowMs)))
        .orderBy(desc(oneTimeLink.id))
        .all()
        .map(toStoredLink),
    revokeLink: (id, reach, doer) =>
      writer.run((turn) => {
        const row = byId(id);
        if (!row || !stillOpen(row, turn.now)) return null;
        if (row.role !== null && !reach.includes(row.role)) return { refused: 'out_of_reach' };
        orm.update(oneTimeLink).set({ revokedAt: turn.now }).where(eq(oneTimeLink.id, id)).run();
        const before = linkValues(row);
        audit.add(turn, doer, { action: 'invitation.revoked', objectId: id, siteId: null, before, after: null });
        return toStoredLink({ ...row, revokedAt: turn.now });
      }),
    join: (...joining) =>
      writer.run((turn) => {
        const row = byHash(joining[0]);
        if (!row || row.kind === 'reset' || !stillOpen(row, turn.now)) return { refused: 'void' as const };
        if (row.kind === 'setup' && anyUser()) return { refused: 'void' as const };
        return joinBy(turn, row, ...joining);
      }),
    resetPassword: (linkHash, passwordHash, addressHash) =>
      writer.run((turn) => {
        const row = byHash(linkHash);
        const target = row?.kind === 'reset' && stillOpen(row, turn.now) ? rows.row(row.userId ?? '') : null;
        if (!row || !target || target.disabled) return { refused: 'void' as const };
        return reset(turn, row, target, passwordHash, addressHash);
      }),
    prune(nowMs) {
      orm
        .delete(oneTimeLink)
        .where(lt(oneTimeLink.expiresAt, nowMs - MEMORY_MS))
        .run();
    },
  };
}

function linkValues({ id, email, role, siteIds, dropsSecondFactor }: Row) {
  return { link: id, email, role, site_ids: siteIds, second_factor_off: dropsSecondFactor };
}

function toStoredLink({ tokenHash: _tokenHash, ...link }: Row): StoredLink {
  return link;
}

const toStoredOrNull = (row: Row | undefined) => (row ? toStoredLink(row) : null);
