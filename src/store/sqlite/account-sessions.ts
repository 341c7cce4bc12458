import { and, desc, eq, isNotNull, lt, or, sql } from 'drizzle-orm';
import {
  type AccountStore,
  type Doer,
  type FactorProof,
  type NewSession,
  SECOND_FACTOR_MS,
  SESSION_IDLE_MS,
  SESSION_MAX_MS,
  type SignInMethod,
  type StoredSession,
  type StoredUser,
} from '../accounts.ts';
import type { AccountContext, UserRow, UserRows } from './account-context.ts';
import type { createPasskeys } from './account-passkeys.ts';
import type { Context } from './context.ts';
import { recoveryCode, session, user } from './schema-accounts.ts';
import { createTouches } from './touches.ts';
import type { Turn } from './writer.ts';

type Row = typeof session.$inferSelect;
type Found = { session: StoredSession; user: StoredUser };

/** How many hashes are remembered; beyond it the oldest go. Unknown ones are never remembered. */
const CACHE_SIZE = 10_000;

type Sessions = Pick<
  AccountStore,
  | 'startSession'
  | 'passSecondFactor'
  | 'findSession'
  | 'session'
  | 'touchSession'
  | 'confirmSession'
  | 'startPasskeySession'
  | 'confirmByPasskey'
  | 'sessions'
  | 'endSession'
  | 'endOtherSessions'
> & {
  drop(): void;
  flushTouches(): Promise<void>;
  /** Forgets sessions that are over. */
  prune(turn: Turn, nowMs: number): void;
  /** Begins a session in a turn. */
  open(turn: Turn, user: Pick<UserRow, 'id'>, input: NewSession, doer: Doer, method: SignInMethod): StoredSession;
  /** The same for who has come in but for the second factor: with one it waits for that. */
  begin(turn: Turn, user: UserRow, input: NewSession, doer: Doer, method: SignInMethod): StoredSession;
};

interface Parts {
  rows: UserRows;
  passkeys: Pick<ReturnType<typeof createPasskeys>, 'take' | 'passkeyByCredential'>;
}

export function createSessions(context: AccountContext & Pick<Context, 'db'>, { rows, passkeys }: Parts): Sessions {
  const { orm, writer, ids, audit, changed } = context;
  const cache = new Map<string, Found>();
  const touchSession = context.db.query<unknown, [number, string]>(
    'UPDATE session SET last_seen_at = max(last_seen_at, ?) WHERE id = ?',
  );
  const touches = createTouches(context, (id, at) => void touchSession.run(at, id));
  // Prepared: whoever sends a made-up cookie costs one look here.
  const byHash = orm
    .select()
    .from(session)
    .where(eq(session.tokenHash, sql.placeholder('hash')))
    .prepare();

  function insert(turn: Turn, userId: string, input: NewSession, as: Pick<Row, 'state' | 'method'>): StoredSession {
    const row: Row = {
      id: ids.next('ses', turn.now),
      userId,
      ...as,
      createdAt: turn.now,
      lastSeenAt: turn.now,
      authenticatedAt: turn.now,
      ...input,
    };
    orm.insert(session).values(row).run();
    return toStoredSession(row);
  }

  function started(turn: Turn, { id, userId, method }: StoredSession, doer: Doer, factor: string | null): void {
    orm.update(user).set({ lastSignInAt: turn.now }).where(eq(user.id, userId)).run();
    changed(turn);
    const after = { method, second_factor: factor };
    audit.add(turn, doer, { action: 'session.started', objectId: id, siteId: null, before: null, after });
  }

  const open: Sessions['open'] = (turn, { id }, input, doer, method) => {
    const made = insert(turn, id, input, { state: 'open', method });
    started(turn, made, doer, null);
    return made;
  };

  const begin: Sessions['begin'] = (turn, row, input, doer, method) =>
    rows.hasFactor(row)
      ? insert(turn, row.id, input, { state: 'second_factor', method })
      : open(turn, row, input, doer, method);

  /** Uses the proof up. False: it was used before, or never was one. */
  function use(turn: Turn, proof: FactorProof, userId: string, doer: Doer): boolean {
    if ('passkey' in proof) return passkeys.take(turn, userId, proof.passkey, doer);
    if ('totpStep' in proof) {
      const unused = and(eq(user.id, userId), isNotNull(user.totpSecret), lt(user.totpStep, proof.totpStep));
      return orm.update(user).set(proof).where(unused).returning({ id: user.id }).get() !== undefined;
    }
    const code = and(eq(recoveryCode.userId, userId), eq(recoveryCode.hash, proof.recoveryHash));
    return orm.delete(recoveryCode).where(code).returning({ hash: recoveryCode.hash }).get() !== undefined;
  }

  function prove(turn: Turn, id: string): void {
    orm.update(session).set({ authenticatedAt: turn.now }).where(eq(session.id, id)).run();
    changed(turn);
  }

  function lookUp(hash: string): Found | null {
    const row = byHash.get({ hash });
    const owner = row && rows.row(row.userId);
    return row && owner ? { session: toStoredSession(row), user: rows.view(owner) } : null;
  }

  const withTouch = (each: StoredSession): StoredSession => {
    const seen = touches.lastOf(each.id);
    return seen > each.lastSeenAt ? { ...each, lastSeenAt: seen } : each;
  };

  return {
    open,
    begin,
    drop: () => cache.clear(),
    flushTouches: touches.flush,
    startSession: (userId, passwordHash, input, doer) =>
      writer.run((turn) => {
        const row = rows.row(userId);
        if (!row || row.disabled || row.passwordHash !== passwordHash) return null;
        return begin(turn, row, input, doer, 'password');
      }),
    passSecondFactor: (sessionId, proof, tokenHash, doer) =>
      writer.run((turn) => {
        const row = orm.select().from(session).where(eq(session.id, sessionId)).get();
        if (row?.state !== 'second_factor' || row.createdAt + SECOND_FACTOR_MS <= turn.now) return null;
        if (rows.row(row.userId)?.disabled !== false || !use(turn, proof, row.userId, doer)) return null;
        const [at, state] = [turn.now, 'open' as const];
        const opened = { tokenHash, state, createdAt: at, lastSeenAt: at, authenticatedAt: at };
        orm.update(session).set(opened).where(eq(session.id, sessionId)).run();
        const passed = toStoredSession({ ...row, ...opened });
        started(turn, passed, doer, factorOf(proof));
        return passed;
      }),
    findSession(hash) {
      let found = cache.get(hash) ?? null;
      if (!found) {
        found = lookUp(hash);
        if (!found) return null;
        if (cache.size >= CACHE_SIZE) cache.delete(cache.keys().next().value ?? '');
        cache.set(hash, found);
      }
      return { session: withTouch(found.session), user: found.user };
    },
    session(id) {
      const row = orm.select().from(session).where(eq(session.id, id)).get();
      return row ? withTouch(toStoredSession(row)) : null;
    },
    touchSession: touches.touch,
    confirmSession: (id) => writer.run((turn) => prove(turn, id)),
    startPasskeySession: (proof, input, doer) =>
      writer.run((turn) => {
        const owner = rows.row(passkeys.passkeyByCredential(proof.credentialId)?.userId ?? '');
        if (!owner || owner.disabled || !passkeys.take(turn, owner.id, proof, doer)) return null;
        return open(turn, owner, input, doer, 'passkey');
      }),
    confirmByPasskey: (sessionId, proof, doer) =>
      writer.run((turn) => {
        const row = orm.select().from(session).where(eq(session.id, sessionId)).get();
        if (row?.state !== 'open' || !passkeys.take(turn, row.userId, proof, doer)) return false;
        prove(turn, sessionId);
        return true;
      }),
    sessions: (userId) =>
      orm
        .select()
        .from(session)
        .where(and(eq(session.userId, userId), eq(session.state, 'open')))
        .orderBy(desc(session.id))
        .all()
        .map(toStoredSession)
        .map(withTouch),
    endSession: (userId, id, doer) =>
      writer.run((turn) => {
        const which = and(eq(session.id, id), eq(session.userId, userId));
        const ended = orm.delete(session).where(which).returning({ state: session.state }).get();
        if (!ended) return false;
        changed(turn);
        // Who never came in leaves nothing to tell of.
        if (ended.state === 'open')
          audit.add(turn, doer, { action: 'session.ended', objectId: id, siteId: null, before: null, after: null });
        return true;
      }),
    endOtherSessions: (userId, keepId, doer) =>
      writer.run((turn) => {
        const ended = rows.endSessions(userId, keepId);
        changed(turn);
        const after = { sessions_ended: ended };
        audit.add(turn, doer, { action: 'user.sessions_ended', objectId: userId, siteId: null, before: null, after });
        return ended;
      }),
    prune(turn, nowMs) {
      touches.writeInTurn();
      turn.onCommit(touches.forget);
      changed(turn);
      orm
        .delete(session)
        .where(
          or(
            lt(session.lastSeenAt, nowMs - SESSION_IDLE_MS),
            lt(session.createdAt, nowMs - SESSION_MAX_MS),
            and(eq(session.state, 'second_factor'), lt(session.createdAt, nowMs - SECOND_FACTOR_MS)),
          ),
        )
        .run();
    },
  };
}

/** What the audit log calls it. */
function factorOf(proof: FactorProof): string {
  if ('totpStep' in proof) return 'totp';
  return 'passkey' in proof ? 'passkey' : 'recovery_code';
}

function toStoredSession({ tokenHash: _tokenHash, ...stored }: Row): StoredSession {
  return stored;
}
