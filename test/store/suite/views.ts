import { describe, expect, test } from 'bun:test';
import { MAX_VIEWS, type NewLeadView } from '../../../src/store/views.ts';
import type { MakeWorld } from '../store.suite.ts';
import { cli, newUser } from './accounts.ts';

const input = (siteId: string, makerId: string, more: Partial<NewLeadView> = {}): NewLeadView => ({
  siteId,
  makerId,
  name: 'Hot ones',
  shared: false,
  filter: { score: 'hot' },
  formName: null,
  columns: ['time', 'f:Budget'],
  ...more,
});

export function describeViews(world: MakeWorld): void {
  describe('views', () => {
    async function withPeople() {
      const made = await world();
      const { store, siteId } = made;
      const [a, b] = [await newUser(store, 'member', [siteId]), await newUser(store, 'member', [siteId])];
      const make = async (more: Partial<NewLeadView> = {}, by = a.id) => {
        const view = await store.views.create(input(siteId, by, more));
        if ('refused' in view) throw new Error(view.refused);
        return view;
      };
      return { ...made, views: store.views, a, b, make };
    }

    test('a view is kept as it was saved, and found by its id', async () => {
      const { siteId, a, views, make, again } = await withPeople();
      const view = await make({ formName: 'Contact', filter: { form_id: 'frm_x', q: 'ä "x"' } });
      expect(view.id).toMatch(/^view_/);
      expect(view).toMatchObject({
        ...input(siteId, a.id),
        formName: 'Contact',
        filter: { form_id: 'frm_x', q: 'ä "x"' },
      });
      expect(views.get(siteId, a.id, view.id)).toEqual(view);
      const other = await again();
      expect(other.views.list(siteId, a.id)).toEqual([view]);
      await other.close();
    });

    test('shared ones are seen by all and stand first, others by their owner alone, each only in its site', async () => {
      const { store, siteId, a, b, views, make } = await withPeople();
      const mine = await make();
      const all = await make({ name: 'All', shared: true });
      const theirs = await make({}, b.id);
      expect(views.list(siteId, a.id).map(({ id }) => id)).toEqual([all.id, mine.id]);
      expect(views.list(siteId, b.id).map(({ id }) => id)).toEqual([all.id, theirs.id]);
      const other = await store.sites.create({ name: 'Two' });
      for (const [site, user] of [
        [siteId, b.id],
        [other.id, a.id],
      ] as const) {
        expect(views.get(site, user, mine.id)).toBeNull();
        expect(await views.update(site, user, mine.id, { name: 'x' })).toBeNull();
        expect(await views.remove(site, user, mine.id)).toBe(false);
      }
      expect(views.list(other.id, a.id)).toEqual([]);
      expect(views.get(siteId, a.id, mine.id)).toEqual(mine);
    });

    test('names are told apart without regard to case where they stand in one row', async () => {
      const { siteId, a, b, views, make } = await withPeople();
      const mine = await make({ name: 'Été' });
      const taken = { refused: 'name_taken' } as const;
      expect(await views.create(input(siteId, a.id, { name: 'e\u0301TE\u0301' }))).toEqual(taken);
      await make({ name: 'été', shared: true });
      await make({ name: 'été' }, b.id);
      const second = await make({ name: 'Second' });
      expect(await views.update(siteId, a.id, second.id, { name: 'ÉTÉ' })).toEqual(taken);
      expect(views.get(siteId, a.id, second.id)?.name).toBe('Second');
      expect(await views.update(siteId, a.id, mine.id, { name: 'ÉTÉ' })).toMatchObject({ name: 'ÉTÉ' });
    });

    test('each part changes by itself, and a removed view is gone', async () => {
      const { siteId, a, views, make } = await withPeople();
      let expected = await make();
      for (const change of [
        { name: 'New' },
        { filter: {} },
        { columns: [] },
        { formName: 'Contact' },
        { formName: null },
      ]) {
        expected = { ...expected, ...change };
        expect(await views.update(siteId, a.id, expected.id, change)).toEqual(expected);
        expect(views.get(siteId, a.id, expected.id)).toEqual(expected);
      }
      expect(await views.remove(siteId, a.id, expected.id)).toBe(true);
      expect(await views.remove(siteId, a.id, expected.id)).toBe(false);
      expect(views.list(siteId, a.id)).toEqual([]);
    });

    test(`a user has at most ${MAX_VIEWS} of their own in a site, which holds up nobody else`, async () => {
      const { siteId, a, b, views, make } = await withPeople();
      for (let n = 0; n < MAX_VIEWS; n++) await make({ name: `${n}` });
      expect(await views.create(input(siteId, a.id, { name: 'more' }))).toEqual({ refused: 'too_many' });
      await make({ name: 'more' }, b.id);
      await make({ name: 'more', shared: true });
      await views.remove(siteId, a.id, views.list(siteId, a.id)[1]?.id ?? '');
      await make({ name: 'more' });
    });

    test('with a user go their own views and columns; what they shared stays', async () => {
      const { store, siteId, a, b, views, make } = await withPeople();
      const mine = await make();
      const shared = await make({ name: 'Shared', shared: true });
      await views.setColumns(siteId, a.id, ['form']);
      await store.accounts.deleteUser(a.id, ['member'], cli);
      expect(views.list(siteId, b.id)).toEqual([{ ...shared, makerId: null }]);
      expect(views.get(siteId, a.id, mine.id)).toBeNull();
      expect(views.columns(siteId, a.id)).toBeNull();
    });

    test('columns are kept for each user and site, until they are taken back', async () => {
      const { store, siteId, a, b, views } = await withPeople();
      const other = await store.sites.create({ name: 'Two' });
      expect(views.columns(siteId, a.id)).toBeNull();
      await views.setColumns(siteId, a.id, ['f:Budget', 'time']);
      await views.setColumns(siteId, a.id, ['time']);
      expect(views.columns(siteId, a.id)).toEqual(['time']);
      expect(views.columns(siteId, b.id)).toBeNull();
      expect(views.columns(other.id, a.id)).toBeNull();
      await views.setColumns(siteId, a.id, []);
      expect(views.columns(siteId, a.id)).toEqual([]);
      await views.setColumns(siteId, a.id, null);
      expect(views.columns(siteId, a.id)).toBeNull();
    });
  });
}
