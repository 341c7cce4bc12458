import { describe, expect, test } from 'bun:test';
import type { MakeWorld } from '../store.suite.ts';

const MINUTE = 60_000;
const input = (siteId: string, hash: string, expiresAt: number | null = null) => ({
  siteId,
  name: 'Backend',
  prefix: 'lts_abcd',
  hash,
  scopes: ['forms:read', 'submissions:write'] as const,
  expiresAt,
});

export function describeKeys(world: MakeWorld): void {
  describe('keys', () => {
    test('a key is found by its hash alone, and belongs to its site', async () => {
      const { store, siteId } = await world();
      const other = await store.sites.create({ name: 'Other' });
      const key = await store.keys.create(input(siteId, 'h1', 5_000));
      expect(key).toMatchObject({ siteId, name: 'Backend', prefix: 'lts_abcd', revokedAt: null, lastUsedAt: null });
      expect(key.scopes).toEqual(['forms:read', 'submissions:write']);
      expect(store.keys.findByHash('h1')).toEqual({ key, validUntil: 5_000 });
      expect(store.keys.findByHash('h2')).toBeNull();
      expect(store.keys.get(key.id)).toEqual(key);
      expect(store.keys.get('key_none')).toBeNull();
      expect(store.keys.list(siteId)).toEqual([key]);
      expect(store.keys.list(other.id)).toEqual([]);
      // The hash is not among what is given out.
      expect(JSON.stringify(store.keys.list(siteId))).not.toContain('h1');
    });

    test('two keys never share a hash', async () => {
      const { store, siteId } = await world();
      await store.keys.create(input(siteId, 'h1'));
      await expect(store.keys.create(input(siteId, 'h1'))).rejects.toThrow();
      expect(store.keys.list(siteId)).toHaveLength(1);
    });

    test('a revoked key says so at once, and keeps its first time of revocation', async () => {
      const { store, siteId, clock } = await world();
      const { id } = await store.keys.create(input(siteId, 'h1'));
      store.keys.findByHash('h1');
      const first = await store.keys.revoke(id);
      expect(first?.revokedAt).toBeGreaterThanOrEqual(clock.now());
      expect(store.keys.findByHash('h1')?.key.revokedAt).toBe(first?.revokedAt ?? 0);
      clock.advance(MINUTE);
      expect(await store.keys.revoke(id)).toEqual(first);
      expect(await store.keys.revoke('key_none')).toBeNull();
    });

    test('after a rotation the old secret is valid for the overlap, never longer than the key itself', async () => {
      const { store, siteId, clock } = await world();
      const [end, overlapUntil] = [clock.now() + 3 * MINUTE, clock.now() + 5 * MINUTE];
      const endless = await store.keys.create(input(siteId, 'old'));
      const ending = await store.keys.create(input(siteId, 'old2', end));
      const change = { prefix: 'lts_wxyz', overlapUntil };
      expect(await store.keys.rotate(endless.id, { ...change, hash: 'new' })).toMatchObject({ prefix: 'lts_wxyz' });
      await store.keys.rotate(ending.id, { ...change, hash: 'new2' });
      expect(store.keys.findByHash('new')?.validUntil).toBeNull();
      expect(store.keys.findByHash('old')).toMatchObject({ key: { id: endless.id }, validUntil: overlapUntil });
      expect(store.keys.findByHash('new2')?.validUntil).toBe(end);
      expect(store.keys.findByHash('old2')?.validUntil).toBe(end);
      expect(await store.keys.rotate('key_none', { ...change, hash: 'x' })).toBeNull();
    });

    test('an overlap that was promised is not cut short by a second rotation, but by one without an overlap', async () => {
      const { store, siteId, clock } = await world();
      const { id } = await store.keys.create(input(siteId, 'first'));
      const overlapUntil = clock.now() + 5 * MINUTE;
      await store.keys.rotate(id, { prefix: 'p', hash: 'second', overlapUntil });
      const again = { prefix: 'p', hash: 'third', overlapUntil: overlapUntil + MINUTE };
      expect(await store.keys.rotate(id, again)).toEqual({ refused: 'overlapping', at: overlapUntil });
      expect(store.keys.findByHash('first')?.validUntil).toBe(overlapUntil);
      expect(store.keys.findByHash('second')?.validUntil).toBeNull();
      expect(store.keys.findByHash('third')).toBeNull();

      clock.advance(6 * MINUTE);
      expect(await store.keys.rotate(id, { ...again, overlapUntil: clock.now() + MINUTE })).toMatchObject({ id });
      expect(store.keys.findByHash('first')).toBeNull();
      expect(await store.keys.rotate(id, { prefix: 'p', hash: 'fourth', overlapUntil: clock.now() })).toMatchObject({
        id,
      });
      expect(store.keys.findByHash('second')).toBeNull();
      expect(store.keys.findByHash('third')?.validUntil).toBeLessThanOrEqual(clock.now());
      expect(store.keys.findByHash('fourth')?.validUntil).toBeNull();
    });

    test('a key that has ended gets no new secret', async () => {
      const { store, siteId, clock } = await world();
      const end = clock.now() + MINUTE;
      const expiring = await store.keys.create(input(siteId, 'h1', end));
      const revoked = await store.keys.create(input(siteId, 'h2'));
      const at = (await store.keys.revoke(revoked.id))?.revokedAt ?? 0;
      clock.advance(MINUTE);
      const change = { prefix: 'p', hash: 'new', overlapUntil: clock.now() };
      expect(await store.keys.rotate(expiring.id, change)).toEqual({ refused: 'expired', at: end });
      expect(await store.keys.rotate(revoked.id, change)).toEqual({ refused: 'revoked', at });
      expect(store.keys.findByHash('new')).toBeNull();
    });

    test('use is noted at most once a minute, and the last one at close', async () => {
      const { store, again, siteId, clock, commits } = await world();
      const { id } = await store.keys.create(input(siteId, 'h1'));
      const start = clock.now();
      const before = commits();
      for (let i = 0; i < 30; i++) {
        store.keys.touch(id, start + i * 1_000);
        await store.prune(0);
      }
      const pruneOnly = 30;
      expect(commits() - before).toBeLessThanOrEqual(pruneOnly + 1);
      expect(store.keys.get(id)?.lastUsedAt).toBe(start);
      store.keys.touch(id, start + MINUTE);
      await store.prune(0);
      expect(store.keys.get(id)?.lastUsedAt).toBe(start + MINUTE);
      store.keys.touch(id, start + MINUTE + 5_000);
      await store.close();
      const reopened = await again();
      expect(reopened.keys.get(id)?.lastUsedAt).toBe(start + MINUTE + 5_000);
      await reopened.close();
    });
  });
}
