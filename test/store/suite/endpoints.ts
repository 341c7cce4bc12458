import { describe, expect, test } from 'bun:test';
import type { MakeWorld } from '../store.suite.ts';

export function describeEndpoints(world: MakeWorld): void {
  describe('endpoints', () => {
    test('a site starts with one, by the id it shows; further ones are made and changed, each part alone', async () => {
      const { store, siteId } = await world();
      const [first, ...none] = store.endpoints.list(siteId);
      expect(none).toEqual([]);
      expect(first).toMatchObject({
        id: store.sites.get(siteId)?.endpointId ?? '',
        siteId,
        name: 'Website',
        answer: 'redirect',
        redirectUrl: null,
        thanksTitle: null,
        thanksText: null,
        honeypot: '_gotcha',
      });
      const second = await store.endpoints.create(siteId, 'Landing page');
      expect(second.id).toMatch(/^[0-9a-z]{10}$/);
      expect(store.endpoints.list(siteId).map(({ id }) => id)).toEqual([first?.id ?? '', second.id]);
      let expected = second;
      for (const change of [
        { name: 'Campaign' },
        { answer: 'thanks' },
        { redirectUrl: 'https://example.com/thanks' },
        { thanksTitle: 'Got it', thanksText: 'We call you.' },
        { honeypot: 'website' },
      ] as const) {
        expected = { ...expected, ...change };
        expect(await store.endpoints.update(siteId, second.id, change)).toEqual(expected);
        expect(store.endpoints.get(second.id)).toEqual(expected);
      }
      expect(store.endpoints.get(first?.id ?? '')).toEqual(first ?? null);
    });

    test('another site’s endpoint is not there to be changed', async () => {
      const { store, siteId } = await world();
      const other = await store.sites.create({ name: 'Other' });
      expect(await store.endpoints.update(siteId, other.endpointId, { name: 'mine' })).toBeNull();
      expect(store.endpoints.get(other.endpointId)).toMatchObject({ siteId: other.id, name: 'Website' });
      expect(store.endpoints.list(siteId).map(({ id }) => id)).not.toContain(other.endpointId);
      expect(store.endpoints.get('nothinghere')).toBeNull();
    });
  });
}
