import { and, asc, desc, eq, inArray, isNotNull, lte, sql } from 'drizzle-orm';
import { addressPattern, foldedText } from '../../lib/address-in-text.ts';
import {
  CALL_MEMORY_MS,
  type Hook,
  type HookCall,
  type HookMark,
  type HookStore,
  KEPT_CALLS,
  SEEN_MEMORY_MS,
} from '../hooks.ts';
import type { Context } from './context.ts';
import { keptTable } from './kept-table.ts';
import { hook, hookCall, hookEvent, hookSeen } from './schema-hooks.ts';
import type { Turn } from './writer.ts';

/** The kept calls that made one of the leads: their bodies say what the leads said. */
export const FORGET_CALLS = `DELETE FROM hook_call WHERE hook_id IN (SELECT id FROM hook WHERE site_id = ?)
  AND EXISTS (SELECT 1 FROM json_each(lead_ids) made WHERE made.value IN (SELECT value FROM json_each(?)))`;

/** Statements that other parts run in their own transactions. */
export interface HookUpkeep {
  drop(): void;
  prune(nowMs: number): void;
}

/** All hooks, in memory: there are few, and every call needs one. Their calls are not. */
export function createHooks(context: Context): HookStore & HookUpkeep {
  const { db, orm, writer, ids } = context;
  const { all, drop } = keptTable(() =>
    orm
      .select()
      .from(hook)
      .orderBy(asc(hook.createdAt), asc(hook.id))
      .all()
      .map((row) => [row.id, row]),
  );
  const own = (siteId: string, id: string) => and(eq(hook.id, id), eq(hook.siteId, siteId));
  const ofSite = (siteId: string, id: string) => {
    const found = all().get(id);
    return found?.siteId === siteId ? found : null;
  };
  const pruneCalls = db.query<unknown, [number]>('DELETE FROM hook_call WHERE at < ?');
  const pruneSeen = db.query<unknown, [number]>('DELETE FROM hook_seen WHERE at < ?');

  return {
    drop,
    prune(nowMs) {
      pruneCalls.run(nowMs - CALL_MEMORY_MS);
      pruneSeen.run(nowMs - SEEN_MEMORY_MS);
    },
    findByToken: (tokenHash) => [...all().values()].find((each) => each.tokenHash === tokenHash) ?? null,
    byId: (id) => all().get(id) ?? null,
    get: ofSite,
    list: (siteId) => [...all().values()].filter((each) => each.siteId === siteId),
    create: (input) =>
      writer.run((turn) => {
        const created: Hook = { ...input, id: ids.next('hook', turn.now), createdAt: turn.now, lastCallAt: null };
        orm.insert(hook).values(created).run();
        turn.onCommit(drop);
        return created;
      }),
    update: (siteId, id, change) =>
      writer.run((turn) => {
        if (Object.keys(change).length > 0) orm.update(hook).set(change).where(own(siteId, id)).run();
        turn.onCommit(drop);
        return orm.select().from(hook).where(own(siteId, id)).get() ?? null;
      }),
    remove: (siteId, id) =>
      writer.run((turn) => {
        const removed = orm.delete(hook).where(own(siteId, id)).returning({ id: hook.id }).all();
        turn.onCommit(drop);
        return removed.length > 0;
      }),
    ...createCalls(context, (id) => all().get(id) ?? null),
    ...createEvents(context),
  };
}

type Calls = Pick<HookStore, 'calls' | 'call' | 'callsWith' | 'forgetCalls' | 'note' | 'seen'>;

function createCalls({ db, orm, writer }: Context, find: (id: string) => Hook | null): Calls {
  const trim = db.query<unknown, [string, string, number]>(
    `DELETE FROM hook_call WHERE hook_id = ? AND id NOT IN
       (SELECT id FROM hook_call WHERE hook_id = ? ORDER BY id DESC LIMIT ?)`,
  );

  const hookIds = (siteId: string) => orm.select({ id: hook.id }).from(hook).where(eq(hook.siteId, siteId)).all();

  function noteInTurn(call: HookCall, marks: readonly HookMark[], turn: Turn): void {
    const last = orm.update(hook).set({ lastCallAt: call.at }).where(eq(hook.id, call.hookId)).returning().all();
    if (last.length === 0) return;
    turn.onCommit(() => {
      // Its row in memory alone is changed: a hook may be called many times a second.
      const remembered = find(call.hookId);
      if (remembered) remembered.lastCallAt = call.at;
    });
    const { outcome, message, leadIds } = call;
    orm
      .insert(hookCall)
      .values(call)
      .onConflictDoUpdate({ target: hookCall.id, set: { outcome, message, leadIds } })
      .run();
    trim.run(call.hookId, call.hookId, KEPT_CALLS);
    for (const each of marks) {
      orm
        .insert(hookSeen)
        .values({ ...each, hookId: call.hookId, at: turn.now })
        .onConflictDoNothing()
        .run();
    }
  }

  return {
    calls: (hookId) =>
      orm.select().from(hookCall).where(eq(hookCall.hookId, hookId)).orderBy(desc(hookCall.id)).limit(KEPT_CALLS).all(),
    call: (hookId, id) =>
      orm
        .select()
        .from(hookCall)
        .where(and(eq(hookCall.hookId, hookId), eq(hookCall.id, id)))
        .get() ?? null,
    callsWith(siteId, address) {
      const pattern = addressPattern(address);
      const holds = ({ body, headers, message }: HookCall) =>
        foldedText(`${body} ${JSON.stringify(headers)} ${message}`).search(pattern) >= 0;
      return hookIds(siteId)
        .flatMap(({ id }) => orm.select().from(hookCall).where(eq(hookCall.hookId, id)).all().filter(holds))
        .sort((one, other) => other.at - one.at || (one.id < other.id ? 1 : -1));
    },
    forgetCalls: (siteId, ids) =>
      writer.run(() => {
        const hooksOfSite = hookIds(siteId).map(({ id }) => id);
        const gone = and(inArray(hookCall.id, [...ids]), inArray(hookCall.hookId, hooksOfSite));
        return orm.delete(hookCall).where(gone).returning({ id: hookCall.id }).all().length;
      }),
    note: (call, marks) => writer.run((turn) => noteInTurn(call, marks, turn)),
    seen: (hookId, mark) =>
      orm
        .select({ leadIds: hookSeen.leadIds })
        .from(hookSeen)
        .where(and(eq(hookSeen.hookId, hookId), eq(hookSeen.mark, mark)))
        .get()?.leadIds ?? null,
  };
}

type Events = Pick<HookStore, 'keepEvents' | 'dueEvents' | 'waiting' | 'dropEvent' | 'postponeEvent'>;

function createEvents({ orm, writer }: Context): Events {
  const one = (hookId: string, id: string) => and(eq(hookEvent.hookId, hookId), eq(hookEvent.id, id));
  return {
    keepEvents: (hookId, events) =>
      writer.run(({ now }) => {
        // One that was deleted at this very moment has nothing more to fetch.
        if (!orm.select({ id: hook.id }).from(hook).where(eq(hook.id, hookId)).get()) return;
        for (const { id, detail } of events) {
          const row = { hookId, id, detail, attempts: 0, nextAt: now, problem: null, createdAt: now };
          orm.insert(hookEvent).values(row).onConflictDoNothing().run();
        }
      }),
    dueEvents: (nowMs, limit) =>
      orm
        .select()
        .from(hookEvent)
        .where(lte(hookEvent.nextAt, nowMs))
        .orderBy(asc(hookEvent.nextAt))
        .limit(limit)
        .all(),
    waiting(hookId) {
      const ofHook = eq(hookEvent.hookId, hookId);
      const found = orm.select({ n: sql<number>`count(*)` }).from(hookEvent).where(ofHook).get();
      const failed = orm
        .select({ problem: hookEvent.problem })
        .from(hookEvent)
        .where(and(ofHook, isNotNull(hookEvent.problem)))
        .orderBy(desc(hookEvent.nextAt))
        .limit(1)
        .get();
      return { count: found?.n ?? 0, problem: failed?.problem ?? null };
    },
    dropEvent: (hookId, id) => writer.run(() => void orm.delete(hookEvent).where(one(hookId, id)).run()),
    postponeEvent: (hookId, id, nextAt, problem) =>
      writer.run(() => {
        const attempts = sql`${hookEvent.attempts} + 1`;
        orm.update(hookEvent).set({ attempts, nextAt, problem }).where(one(hookId, id)).run();
      }),
  };
}
