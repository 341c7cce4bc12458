import { asc, count, eq } from 'drizzle-orm';
import type { AccountStore, AuditValues, Doer, NewUser, StoredUser, UserChange, UserRefusal } from '../accounts.ts';
import {
  type AccountContext,
  emailKey,
  hasAllSites,
  toStoredUser,
  type UserRow,
  type UserRows,
} from './account-context.ts';
import { passkey, user, userSite } from './schema-accounts.ts';
import type { Turn } from './writer.ts';

type Users = Pick<AccountStore, 'users' | 'user' | 'userByEmail' | 'createUser' | 'updateUser' | 'deleteUser'> & {
  /** Makes a user in a turn, if the address is free. Telling the audit log is the caller's. */
  insert(turn: Turn, input: NewUser): StoredUser | UserRefusal;
};

export function createUsers(context: AccountContext, rows: UserRows): Users {
  const { orm, writer, ids, audit, changed } = context;

  function insert(turn: Turn, { email, name, role, siteIds, passwordHash }: NewUser): StoredUser | UserRefusal {
    if (rows.rowByEmail(email)) return { refused: 'email_taken' };
    const sites = hasAllSites(role) ? [] : rows.knownSites(siteIds);
    if (!hasAllSites(role) && sites.length < new Set(siteIds).size) return { refused: 'unknown_site' };
    const row: UserRow = {
      id: ids.next('usr', turn.now),
      email,
      emailKey: emailKey(email),
      name,
      role,
      disabled: false,
      passwordHash,
      totpSecret: null,
      totpPending: null,
      totpStep: 0,
      createdAt: turn.now,
      lastSignInAt: null,
    };
    orm.insert(user).values(row).run();
    rows.putSites(row.id, sites);
    changed(turn);
    return rows.view(row);
  }

  function change(turn: Turn, row: UserRow, { siteIds, ...values }: UserChange, doer: Doer): StoredUser | UserRefusal {
    const next = { ...row, ...values, emailKey: emailKey(values.email ?? row.email) };
    const holder = rows.rowByEmail(next.email);
    if (holder && holder.id !== row.id) return { refused: 'email_taken' };
    if (isOwner(row) && !isOwner(next) && !rows.hasOtherOwner(row.id)) return { refused: 'last_owner' };
    const before = rows.view(row);
    const wanted = hasAllSites(next.role) ? [] : (siteIds ?? before.siteIds ?? []);
    const known = rows.knownSites(wanted);
    if (known.length < new Set(wanted).size) return { refused: 'unknown_site' };
    orm.update(user).set(next).where(eq(user.id, row.id)).run();
    rows.putSites(row.id, known);
    if (next.disabled && !row.disabled) rows.endSessions(row.id, null);
    if (next.disabled || next.role !== row.role) {
      // A link that somebody made with rights they no longer have would bring those rights back; one for somebody is
      // from who could reach what they were, and may not reach what they are.
      rows.voidLinks({ madeBy: row.id }, turn.now);
      rows.voidLinks({ for: row.id }, turn.now);
    }
    changed(turn);
    const after = rows.view(next);
    tell(turn, doer, before, after);
    return after;
  }

  function tell(turn: Turn, doer: Doer, before: StoredUser, after: StoredUser): void {
    const [was, is] = differing(userValues(before), userValues(after));
    if (Object.keys(is).length === 0) return;
    const switched = before.disabled !== after.disabled;
    const action = !switched ? 'user.updated' : after.disabled ? 'user.disabled' : 'user.enabled';
    audit.add(turn, doer, { action, objectId: after.id, siteId: null, before: was, after: is });
  }

  return {
    insert,
    users() {
      const sites = new Map<string, string[]>();
      for (const { userId, siteId } of orm.select().from(userSite).orderBy(asc(userSite.siteId)).all()) {
        sites.set(userId, [...(sites.get(userId) ?? []), siteId]);
      }
      const counted = orm.select({ userId: passkey.userId, n: count() }).from(passkey).groupBy(passkey.userId).all();
      const passkeys = new Map(counted.map(({ userId, n }) => [userId, n]));
      const all = orm.select().from(user).orderBy(asc(user.id)).all();
      return all.map((row) =>
        toStoredUser(row, hasAllSites(row.role) ? null : (sites.get(row.id) ?? []), passkeys.get(row.id) ?? 0),
      );
    },
    user: (id) => viewOrNull(rows, rows.row(id)),
    userByEmail: (email) => viewOrNull(rows, rows.rowByEmail(email)),
    createUser: (input, doer) =>
      writer.run((turn) => {
        const made = insert(turn, input);
        if ('refused' in made) return made;
        audit.add(turn, doer, {
          action: 'user.created',
          objectId: made.id,
          siteId: null,
          before: null,
          after: userValues(made),
        });
        return made;
      }),
    updateUser: (id, values, reach, doer) =>
      writer.run((turn) => {
        const row = rows.row(id);
        if (!row) return null;
        if (!reach.includes(row.role) || !reach.includes(values.role ?? row.role)) return { refused: 'out_of_reach' };
        return change(turn, row, values, doer);
      }),
    deleteUser: (id, reach, doer) =>
      writer.run((turn) => {
        const row = rows.row(id);
        if (!row) return null;
        if (!reach.includes(row.role)) return { refused: 'out_of_reach' };
        if (isOwner(row) && !rows.hasOtherOwner(id)) return { refused: 'last_owner' };
        const before = userValues(rows.view(row));
        rows.voidLinks({ madeBy: id }, turn.now);
        orm.delete(user).where(eq(user.id, id)).run();
        changed(turn);
        audit.add(turn, doer, { action: 'user.deleted', objectId: id, siteId: null, before, after: null });
        return { deleted: true as const };
      }),
  };
}

const isOwner = ({ role, disabled }: Pick<UserRow, 'role' | 'disabled'>) => role === 'owner' && !disabled;

const viewOrNull = (rows: UserRows, row: UserRow | null) => (row ? rows.view(row) : null);

/** What the audit log says of a user. */
export function userValues({ email, name, role, siteIds, disabled }: StoredUser): AuditValues {
  return { email, name, role, site_ids: siteIds, disabled };
}

/** The members in which two differ, of each. */
function differing(before: AuditValues, after: AuditValues): [was: AuditValues, is: AuditValues] {
  const names = Object.keys(after).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  const pick = (values: AuditValues) => Object.fromEntries(names.map((name) => [name, values[name] ?? null]));
  return [pick(before), pick(after)];
}
