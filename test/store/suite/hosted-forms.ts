import { describe, expect, test } from 'bun:test';
import { HOSTED_FORM } from '../../support/hosted-form.ts';
import type { MakeWorld } from '../store.suite.ts';

export function describeHostedForms(world: MakeWorld): void {
  describe('hosted forms', () => {
    test('an endpoint has none at first; one is made, changed from what is stored then, and seen by others', async () => {
      const { store, siteId, clock, again } = await world();
      const { endpointId } = store.sites.get(siteId) ?? { endpointId: '' };
      expect(store.hostedForms.get(endpointId)).toBeNull();
      const made = await store.hostedForms.change(siteId, endpointId, (before) => {
        expect(before).toBeNull();
        return { published: false, form: HOSTED_FORM };
      });
      expect(made?.before).toBeNull();
      const expected = { endpointId, siteId, published: false, form: HOSTED_FORM };
      expect(store.hostedForms.get(endpointId)).toMatchObject(expected);
      const other = await again();
      expect(other.hostedForms.get(endpointId)).toMatchObject(expected);

      clock.advance(1_000);
      // Two at once: neither undoes the other.
      await Promise.all([
        store.hostedForms.change(siteId, endpointId, (before) => ({
          published: true,
          form: before?.form ?? HOSTED_FORM,
        })),
        store.hostedForms.change(siteId, endpointId, (before) => ({
          published: before?.published ?? false,
          form: { ...(before?.form ?? HOSTED_FORM), title: 'Offer' },
        })),
      ]);
      const changed = store.hostedForms.get(endpointId);
      expect(changed).toMatchObject({ published: true, form: { ...HOSTED_FORM, title: 'Offer' } });
      expect((changed?.updatedAt ?? 0) > (made?.after.updatedAt ?? 0)).toBe(true);
      other.refresh();
      expect(other.hostedForms.get(endpointId)).toEqual(changed);
      await other.close();
    });

    test('what an edit throws changes nothing; another site’s endpoint is not there', async () => {
      const { store, siteId } = await world();
      const other = await store.sites.create({ name: 'Other' });
      const { endpointId } = store.sites.get(siteId) ?? { endpointId: '' };
      const edit = () => ({ published: true, form: HOSTED_FORM });
      expect(await store.hostedForms.change(siteId, other.endpointId, edit)).toBeNull();
      expect(await store.hostedForms.change(siteId, 'nothinghere', edit)).toBeNull();
      expect(store.hostedForms.get(other.endpointId)).toBeNull();
      await store.hostedForms.change(siteId, endpointId, edit);
      const before = store.hostedForms.get(endpointId);
      const refused = store.hostedForms.change(siteId, endpointId, () => {
        throw new Error('not this one');
      });
      expect(refused).rejects.toThrow('not this one');
      await refused.catch(() => {});
      expect(store.hostedForms.get(endpointId)).toEqual(before);
    });
  });

  describe('captchas', () => {
    test('a site has none at first; one is set, replaced and taken away, for that site alone', async () => {
      const { store, siteId, again } = await world();
      const other = await store.sites.create({ name: 'Other' });
      expect(store.captchas.get(siteId)).toBeNull();
      const first = { kind: 'turnstile', siteKey: '1x00', secretSealed: 'v1.a' } as const;
      await store.captchas.set(siteId, first);
      expect(store.captchas.get(siteId)).toEqual(first);
      const second = { kind: 'hcaptcha', siteKey: '10000000', secretSealed: 'v1.b' } as const;
      await store.captchas.set(siteId, second);
      expect(store.captchas.get(siteId)).toEqual(second);
      expect(store.captchas.get(other.id)).toBeNull();
      const reopened = await again();
      expect(reopened.captchas.get(siteId)).toEqual(second);
      await store.captchas.set(siteId, null);
      expect(store.captchas.get(siteId)).toBeNull();
      reopened.refresh();
      expect(reopened.captchas.get(siteId)).toBeNull();
      await reopened.close();
    });
  });
}
