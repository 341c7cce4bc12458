import { and, desc, eq, lt } from 'drizzle-orm';
import type { Actor, AuditEntry, AuditInput, AuditStore, Doer } from '../accounts.ts';
import type { Context } from './context.ts';
import { audit } from './schema-accounts.ts';
import type { Turn } from './writer.ts';

type Row = typeof audit.$inferSelect;

export interface Audit extends AuditStore {
  /** An entry in the transaction that makes the change. */
  add(turn: Turn, doer: Doer, entry: AuditInput): void;
}

export function createAudit({ orm, writer, ids }: Context): Audit {
  function add(turn: Turn, { actor, addressHash }: Doer, entry: AuditInput): void {
    const row: Row = {
      id: ids.next('aud', turn.now),
      createdAt: turn.now,
      actorKind: actor.kind,
      actorId: 'id' in actor ? actor.id : null,
      actorName: 'name' in actor ? actor.name : null,
      addressHash,
      ...entry,
    };
    orm.insert(audit).values(row).run();
  }
  return {
    add,
    record: (doer, entry) => writer.run((turn) => add(turn, doer, entry)),
    list: ({ limit, beforeId, siteId, actorId, objectId }) =>
      orm
        .select()
        .from(audit)
        .where(
          and(
            beforeId === undefined ? undefined : lt(audit.id, beforeId),
            siteId === undefined ? undefined : eq(audit.siteId, siteId),
            actorId === undefined ? undefined : eq(audit.actorId, actorId),
            objectId === undefined ? undefined : eq(audit.objectId, objectId),
          ),
        )
        .orderBy(desc(audit.id))
        .limit(limit + 1)
        .all()
        .map(toEntry),
  };
}

function toEntry({ createdAt, actorKind, actorId, actorName, ...entry }: Row): AuditEntry {
  return { ...entry, at: createdAt, actor: toActor(actorKind, actorId ?? '', actorName ?? '') };
}

function toActor(kind: Actor['kind'], id: string, name: string): Actor {
  return kind === 'user' || kind === 'key' ? { kind, id, name } : { kind };
}
