import { and, count, eq, isNotNull } from 'drizzle-orm';
import type { AccountStore, AuditAction, AuditValues, Doer } from '../accounts.ts';
import type { AccountContext, UserRows } from './account-context.ts';
import { recoveryCode, user } from './schema-accounts.ts';
import type { Turn } from './writer.ts';

type Factors = Pick<
  AccountStore,
  'credentials' | 'setPassword' | 'proposeTotp' | 'confirmTotp' | 'dropTotp' | 'replaceRecoveryCodes'
>;

/** Passwords, the second factor and its recovery codes. */
export function createFactors({ orm, writer, audit, changed }: AccountContext, rows: UserRows): Factors {
  function tell(turn: Turn, doer: Doer, action: AuditAction, userId: string, after: AuditValues | null = null): void {
    changed(turn);
    audit.add(turn, doer, { action, objectId: userId, siteId: null, before: null, after });
  }
  return {
    credentials(userId) {
      const row = rows.row(userId);
      if (!row) return null;
      const { passwordHash, totpSecret, totpPending, totpStep } = row;
      const left = orm.select({ left: count() }).from(recoveryCode).where(eq(recoveryCode.userId, userId)).get();
      return { passwordHash, totpSecret, totpPending, totpStep, recoveryCodesLeft: left?.left ?? 0 };
    },
    setPassword: (userId, passwordHash, keepSessionId, doer) =>
      writer.run((turn) => {
        if (keepSessionId !== null && !rows.hasSession(userId, keepSessionId)) return false;
        const found = orm
          .update(user)
          .set({ passwordHash })
          .where(eq(user.id, userId))
          .returning({ id: user.id })
          .get();
        if (!found) return false;
        const ended = rows.endSessions(userId, keepSessionId);
        rows.voidLinks({ for: userId }, turn.now);
        tell(turn, doer, 'user.password_changed', userId, { sessions_ended: ended });
        return true;
      }),
    proposeTotp: (userId, sealed) =>
      writer.run((turn) => {
        const set = { totpPending: sealed };
        changed(turn);
        return orm.update(user).set(set).where(eq(user.id, userId)).returning({ id: user.id }).get() !== undefined;
      }),
    confirmTotp: (userId, { sealed, step, recoveryHashes }, doer) =>
      writer.run((turn) => {
        const done = orm
          .update(user)
          .set({ totpSecret: sealed, totpPending: null, totpStep: step })
          .where(and(eq(user.id, userId), eq(user.totpPending, sealed)))
          .returning({ id: user.id })
          .get();
        if (!done) return false;
        rows.putCodes(userId, recoveryHashes);
        tell(turn, doer, 'user.second_factor_on', userId);
        return true;
      }),
    dropTotp: (userId, doer) =>
      writer.run((turn) => {
        const done = orm
          .update(user)
          .set({ totpSecret: null, totpPending: null })
          .where(and(eq(user.id, userId), isNotNull(user.totpSecret)))
          .returning({ id: user.id })
          .get();
        if (!done) return false;
        rows.dropUselessCodes(userId);
        tell(turn, doer, 'user.second_factor_off', userId);
        return true;
      }),
    replaceRecoveryCodes: (userId, hashes, doer) =>
      writer.run((turn) => {
        const row = rows.row(userId);
        if (!row || !rows.hasFactor(row)) return false;
        rows.putCodes(userId, hashes);
        tell(turn, doer, 'user.recovery_codes_renewed', userId);
        return true;
      }),
  };
}
