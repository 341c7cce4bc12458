import { and, asc, eq } from 'drizzle-orm';
import {
  type AccountStore,
  type AuditAction,
  type AuditValues,
  type Doer,
  MAX_PASSKEYS,
  type PasskeyProof,
  type StoredPasskey,
} from '../accounts.ts';
import type { AccountContext, UserRows } from './account-context.ts';
import { passkey } from './schema-accounts.ts';
import type { Turn } from './writer.ts';

type Passkeys = Pick<AccountStore, 'passkeys' | 'passkeyByCredential' | 'addPasskey' | 'removePasskey'> & {
  /** Uses a proof in a turn. False: it is no passkey of this user, or its counter did not grow. */
  take(turn: Turn, userId: string, proof: PasskeyProof, doer: Doer): boolean;
};

export function createPasskeys({ orm, writer, ids, audit, changed }: AccountContext, rows: UserRows): Passkeys {
  const byCredential = (credentialId: string) =>
    orm.select().from(passkey).where(eq(passkey.credentialId, credentialId)).get() ?? null;

  function tell(turn: Turn, doer: Doer, action: AuditAction, id: string, values: Partial<Change>): void {
    changed(turn);
    audit.add(turn, doer, { action, objectId: id, siteId: null, before: null, after: null, ...values });
  }

  return {
    passkeys: (userId) => orm.select().from(passkey).where(eq(passkey.userId, userId)).orderBy(asc(passkey.id)).all(),
    passkeyByCredential: byCredential,
    addPasskey: (userId, input, recoveryHashes, doer) =>
      writer.run((turn) => {
        const owner = rows.row(userId);
        if (!owner) return null;
        if (byCredential(input.credentialId)) return { refused: 'taken' as const };
        if (rows.passkeysOf(userId) >= MAX_PASSKEYS) return { refused: 'too_many' as const };
        const codesMade = !rows.hasFactor(owner);
        if (codesMade) rows.putCodes(userId, recoveryHashes);
        const made: StoredPasskey = {
          ...input,
          id: ids.next('psk', turn.now),
          userId,
          createdAt: turn.now,
          lastUsedAt: null,
        };
        orm
          .insert(passkey)
          .values({ ...made, transports: [...made.transports] })
          .run();
        tell(turn, doer, 'passkey.added', made.id, { after: { name: made.name, user: userId } });
        return { passkey: made, codesMade };
      }),
    removePasskey: (userId, id, doer) =>
      writer.run((turn) => {
        const which = and(eq(passkey.id, id), eq(passkey.userId, userId));
        const removed = orm.delete(passkey).where(which).returning({ name: passkey.name }).get();
        if (!removed) return false;
        rows.dropUselessCodes(userId);
        tell(turn, doer, 'passkey.removed', id, { before: { name: removed.name, user: userId } });
        return true;
      }),
    take(turn, userId, { credentialId, counter }, doer) {
      const found = byCredential(credentialId);
      if (found?.userId !== userId) return false;
      if (counter <= found.counter && (counter > 0 || found.counter > 0)) {
        tell(turn, doer, 'passkey.refused', found.id, { before: { counter: found.counter }, after: { counter } });
        return false;
      }
      orm.update(passkey).set({ counter, lastUsedAt: turn.now }).where(eq(passkey.id, found.id)).run();
      return true;
    },
  };
}

interface Change {
  before: AuditValues;
  after: AuditValues;
}
