import { describe, expect, test } from 'bun:test';
import type { Lead } from '../../../src/store/store.ts';
import { newLead } from '../../support/leads.ts';
import type { MakeWorld, World } from '../store.suite.ts';

async function add(
  { store, siteId }: Pick<World, 'store' | 'siteId'>,
  spamReason: string | null = null,
): Promise<Lead> {
  const outcome = await store.leads.accept({
    siteId,
    items: [{ lead: newLead({ a: 1 }, { spamReason }) }],
    idempotency: null,
  });
  const [result] = outcome.kind === 'accepted' ? outcome.results : [];
  if (result?.status !== 'created') throw new Error('not taken');
  return result.lead;
}

export function describeSpam(world: MakeWorld): void {
  describe('spam', () => {
    test('what a person says of a lead is remembered with its values; the last word holds', async () => {
      const { store, siteId } = await world();
      const { id } = await add({ store, siteId });
      expect(store.spam.known(siteId, 'h1')).toBeNull();
      await store.leads.setSpam(siteId, id, true, ['h1', 'h2']);
      expect([store.spam.known(siteId, 'h1'), store.spam.known(siteId, 'h2')]).toEqual(['spam', 'spam']);
      await store.leads.setSpam(siteId, id, false, ['h1']);
      expect([store.spam.known(siteId, 'h1'), store.spam.known(siteId, 'h2')]).toEqual(['good', 'spam']);
      // Nothing to move, but something to remember.
      await store.leads.setSpam(siteId, id, false, ['h3']);
      expect(store.spam.known(siteId, 'h3')).toBe('good');
    });

    test('of one site alone, and not with a lead that is not the site’s', async () => {
      const { store, siteId, again } = await world();
      const { id } = await add({ store, siteId });
      const other = (await store.sites.create({ name: 'Other' })).id;
      expect(await store.leads.setSpam(other, id, true, ['h1'])).toBeNull();
      expect(store.spam.known(other, 'h1')).toBeNull();
      await store.leads.setSpam(siteId, id, true, ['h1']);
      expect([store.spam.known(siteId, 'h1'), store.spam.known(other, 'h1')]).toEqual(['spam', null]);
      const reopened = await again();
      expect(reopened.spam.known(siteId, 'h1')).toBe('spam');
      await reopened.close();
    });

    test('the first word about a site that another process keeps is known after a look', async () => {
      const { store, siteId, again } = await world();
      const { id } = await add({ store, siteId });
      expect(store.spam.known(siteId, 'h1')).toBeNull();
      const other = await again();
      await other.leads.setSpam(siteId, id, true, ['h1']);
      store.refresh();
      expect(store.spam.known(siteId, 'h1')).toBe('spam');
      await other.close();
    });

    test('“not spam” asked for many times at once queues the lead once, and counts it once', async () => {
      const { store, siteId, clock } = await world();
      const { id } = await add({ store, siteId }, 'made up');
      const all = await Promise.all(Array.from({ length: 5 }, () => store.leads.setSpam(siteId, id, false, ['h'])));
      for (const lead of all) expect(lead).toMatchObject({ spam: false, spamReason: null, syncStatus: 'pending' });
      expect(store.sheets.counts(siteId)).toEqual({ pending: 1, synced: 0, failed: 0, skipped: 0 });
      expect(store.sites.usage(siteId, clock.now())).toMatchObject({ submissions: 1, spam: 0 });
    });

    test('a site has a level, words and domains', async () => {
      const { store, siteId, again } = await world();
      expect(store.sites.get(siteId)?.spam).toEqual({ level: 'normal', words: [], domains: [] });
      const spam = { level: 'strict', words: ['casino'], domains: ['example.com'] } as const;
      expect((await store.sites.update(siteId, { spam }))?.spam).toEqual(spam);
      expect(store.sites.get(siteId)?.spam).toEqual(spam);
      const reopened = await again();
      expect(reopened.sites.get(siteId)?.spam).toEqual(spam);
      await reopened.close();
    });
  });
}
