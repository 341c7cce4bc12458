import { eq } from 'drizzle-orm';
import type { KeyStore, RotationRefusal, StoredKey } from '../store.ts';
import type { Context } from './context.ts';
import { apiKey } from './schema.ts';

type Row = typeof apiKey.$inferSelect;
type Found = { key: StoredKey; validUntil: number | null };

/** How many hashes are remembered; beyond it the oldest go. Unknown ones are never remembered. */
const CACHE_SIZE = 10_000;
const TOUCH_EVERY_MS = 60_000;

function toStoredKey(row: Row): StoredKey {
  const { hash: _hash, formerHash: _formerHash, formerUntil: _formerUntil, ...key } = row;
  return key;
}

function refusalOf(
  { revokedAt, expiresAt, formerUntil }: Row,
  now: number,
  overlapUntil: number,
): RotationRefusal | null {
  if (revokedAt !== null) return { refused: 'revoked', at: revokedAt };
  if (expiresAt !== null && expiresAt <= now) return { refused: 'expired', at: expiresAt };
  if (overlapUntil <= now || formerUntil === null || formerUntil <= now) return null;
  return { refused: 'overlapping', at: formerUntil };
}

export interface Keys extends KeyStore {
  drop(): void;
  /** Writes the times of use that are only in memory yet. */
  flushTouches(): Promise<void>;
}

export function createKeys({ orm, db, writer, ids }: Context): Keys {
  const cache = new Map<string, Found>();
  const lastUse = new Map<string, number>();
  const written = new Map<string, number>();
  const touchKey = db.query<unknown, [number, string]>(
    'UPDATE api_key SET last_used_at = max(coalesce(last_used_at, 0), ?) WHERE id = ?',
  );
  const drop = () => cache.clear();
  const find = (id: string) => orm.select().from(apiKey).where(eq(apiKey.id, id)).get();

  function lookUp(hash: string): Found | null {
    const current = orm.select().from(apiKey).where(eq(apiKey.hash, hash)).get();
    if (current) return { key: toStoredKey(current), validUntil: current.expiresAt };
    const former = orm.select().from(apiKey).where(eq(apiKey.formerHash, hash)).get();
    if (!former) return null;
    const until = former.formerUntil ?? 0;
    return {
      key: toStoredKey(former),
      validUntil: former.expiresAt === null ? until : Math.min(until, former.expiresAt),
    };
  }

  function writeTouches(touched: readonly (readonly [id: string, at: number])[]): Promise<void> {
    for (const [id] of touched) lastUse.delete(id);
    if (touched.length === 0) return Promise.resolve();
    return writer.run(() => {
      for (const [id, at] of touched) touchKey.run(at, id);
    });
  }

  return {
    drop,
    flushTouches: () => writeTouches([...lastUse]),
    create: ({ siteId, name, prefix, hash, scopes, expiresAt }) =>
      writer.run((turn) => {
        const row: Row = {
          id: ids.next('key', turn.now),
          siteId,
          name,
          prefix,
          hash,
          formerHash: null,
          formerUntil: null,
          scopes: [...scopes],
          expiresAt,
          revokedAt: null,
          lastUsedAt: null,
          createdAt: turn.now,
        };
        orm.insert(apiKey).values(row).run();
        return toStoredKey(row);
      }),
    list: (siteId) =>
      orm.select().from(apiKey).where(eq(apiKey.siteId, siteId)).orderBy(apiKey.id).all().map(toStoredKey),
    get(id) {
      const row = find(id);
      return row ? toStoredKey(row) : null;
    },
    findByHash(hash) {
      const known = cache.get(hash);
      if (known) return known;
      const found = lookUp(hash);
      if (!found) return null;
      if (cache.size >= CACHE_SIZE) cache.delete(cache.keys().next().value ?? '');
      cache.set(hash, found);
      return found;
    },
    rotate: (id, { prefix, hash, overlapUntil }) =>
      writer.run((turn) => {
        const row = find(id);
        if (!row) return null;
        const refusal = refusalOf(row, turn.now, overlapUntil);
        if (refusal) return refusal;
        const change = { prefix, hash, formerHash: row.hash, formerUntil: overlapUntil };
        orm.update(apiKey).set(change).where(eq(apiKey.id, id)).run();
        turn.onCommit(drop);
        return toStoredKey({ ...row, ...change });
      }),
    revoke: (id) =>
      writer.run((turn) => {
        const row = find(id);
        if (!row) return null;
        const revokedAt = row.revokedAt ?? turn.now;
        orm.update(apiKey).set({ revokedAt }).where(eq(apiKey.id, id)).run();
        turn.onCommit(drop);
        return toStoredKey({ ...row, revokedAt });
      }),
    touch(id, nowMs) {
      lastUse.set(id, nowMs);
      const last = written.get(id) ?? 0;
      if (nowMs - last < TOUCH_EVERY_MS && nowMs >= last) return;
      written.set(id, nowMs);
      // A failed write of this loses nothing that matters; the next use tries again.
      writeTouches([[id, nowMs]]).catch(() => written.delete(id));
    },
  };
}
