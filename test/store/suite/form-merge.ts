import { describe, expect, test } from 'bun:test';
import type { FormRef, Lead, LeadFilter, NewLead } from '../../../src/store/store.ts';
import { newLead } from '../../support/leads.ts';
import type { MakeWorld, World } from '../store.suite.ts';

type Data = Pick<World, 'store' | 'siteId'>;

async function add({ store, siteId }: Data, ...leads: readonly NewLead[]): Promise<Lead[]> {
  const outcome = await store.leads.accept({ siteId, items: leads.map((lead) => ({ lead })), idempotency: null });
  if (outcome.kind !== 'accepted') throw new Error(outcome.kind);
  return outcome.results.map((result) => {
    if (result.status !== 'created') throw new Error(result.status);
    return result.lead;
  });
}

const of = (form: string, n: number, spam = false) =>
  newLead({ [`n${n % 3}`]: `word${n}` }, { form, spamReason: spam ? 'test' : null });
const byRef = (form: FormRef): NewLead => ({ ...of('x', 9), form });

function found({ store, siteId }: Data, filter: Partial<LeadFilter>): string[] {
  const whole: LeadFilter = { spam: 'exclude', ...filter };
  const leads = store.leads.list(siteId, { filter: whole, newestFirst: false, limit: 100, offset: 0 });
  expect(store.leads.count(siteId, whole, 100)).toBe(leads.length);
  return leads.map(({ id }) => id);
}

/** Three forms with leads: `Old` with spam among them, `New`, and one that nothing is done with. */
async function scene(world: MakeWorld) {
  const data = await world();
  const old = await add(data, of('Old', 1), of('Old', 2, true), of('Old', 3));
  const new_ = await add(data, of('New', 4));
  const other = await add(data, of('Other', 5));
  return { ...data, old, new_, other, from: old[0]?.formId ?? '', into: new_[0]?.formId ?? '' };
}

export function describeFormMerge(world: MakeWorld): void {
  describe('merged forms', () => {
    test('leads, counts and fields are the other’s; the merged one is no longer listed', async () => {
      const s = await scene(world);
      const { store, siteId, from, into, clock } = s;
      const merged = await store.forms.merge(siteId, from, into);
      expect(merged).toMatchObject({ id: into, name: 'New', sheetTab: 'New', submissionCount: 3, spamRate7d: 0.25 });
      expect(merged?.fields).toEqual(['n1', 'n2', 'n0']);
      expect(store.forms.list(siteId).map(({ id }) => id)).toEqual([into, s.other[0]?.formId ?? '']);
      expect(store.forms.list(siteId)[0]).toEqual(merged as NonNullable<typeof merged>);
      expect(store.forms.merged(siteId, into)).toEqual([{ id: from, name: 'Old', sheetTab: 'Old' }]);
      for (const { id } of s.old) {
        expect(store.leads.get(siteId, id)).toMatchObject({ formId: into, rowFormId: from, formName: 'New' });
      }
      const ofForms = Map.groupBy(store.sites.daily(siteId, clock.now(), 1), ({ formId }) => formId);
      expect([...ofForms.keys()].sort()).toEqual([into, s.other[0]?.formId ?? ''].sort());
      expect(ofForms.get(into)).toMatchObject([{ submissions: 3, spam: 1, ignored: 0 }]);
    });

    test('its id stands for the other’s: read, changed, filtered by, and sent leads to', async () => {
      const s = await scene(world);
      const { store, siteId, from, into } = s;
      const merged = await store.forms.merge(siteId, from, into);
      expect(store.forms.get(siteId, from)).toEqual(merged);
      expect(await store.forms.update(siteId, from, { name: 'Newer' })).toMatchObject({ id: into, name: 'Newer' });
      const [lead] = await add(s, byRef({ by: 'id', id: from }));
      expect(lead).toMatchObject({ formId: into, rowFormId: into });
      const all = [...s.old, ...s.new_].filter(({ spam }) => !spam).map(({ id }) => id);
      for (const formId of [from, into]) expect(found(s, { formId })).toEqual([...all, lead?.id ?? '']);
    });

    test('whatever it was known by leads new leads to the other, for ever; its name may be taken by another', async () => {
      const s = await scene(world);
      const { store, siteId, from, into } = s;
      const sdk: FormRef = { by: 'key', key: 'sdk:abcdefgh', name: 'Found' };
      const [found_] = await add(s, byRef(sdk));
      await store.forms.merge(siteId, found_?.formId ?? '', from);
      await store.forms.merge(siteId, from, into);
      const name = (text: string): FormRef => ({ by: 'key', key: `name:${text.toLowerCase()}`, name: text });
      const reopened = await s.again();
      for (const store_ of [store, reopened]) {
        for (const form of [sdk, name('Found'), name('Old'), name('OLD'), name('New')]) {
          const [lead] = await add({ store: store_, siteId }, byRef(form));
          expect(lead).toMatchObject({ formId: into, rowFormId: into, sheetTab: 'New' });
        }
        store.refresh();
      }
      await reopened.close();
      const other = s.other[0]?.formId ?? '';
      expect(await store.forms.update(siteId, other, { name: 'Found' })).toMatchObject({ name: 'Found' });
      // Its tab is still there.
      expect(await store.forms.update(siteId, other, { sheet_tab: 'Old' })).toEqual({ taken: ['sheet_tab'] });
      const [again] = await add(s, byRef(name('Found')));
      expect(again?.formId).toBe(other);
    });

    test('lists find the same leads by every way there is', async () => {
      const s = await scene(world);
      const { store, siteId, from, into } = s;
      const ids = (spam: boolean) => [...s.old, ...s.new_].filter((lead) => lead.spam === spam).map(({ id }) => id);
      const check = () => {
        expect(found(s, { formId: into })).toEqual(ids(false));
        expect(found(s, { formId: into, spam: 'only' })).toEqual(ids(true));
        expect(found(s, { formId: into, syncStatus: 'pending' })).toEqual(ids(false));
        expect(found(s, { formId: into, syncStatus: 'skipped', spam: 'include' })).toEqual(ids(true));
        expect(found(s, { formId: into, q: 'word' })).toEqual(ids(false));
        expect(found(s, { formId: into, q: 'word3' })).toEqual([s.old[2]?.id ?? '']);
        expect(found(s, { formId: into, source: 'rest_api' })).toEqual(ids(false));
        expect(found(s, { rowFormId: from, spam: 'include' })).toEqual(s.old.map(({ id }) => id));
        expect(found(s, { formId: s.other[0]?.formId ?? '' })).toEqual(s.other.map(({ id }) => id));
        expect(found(s, { formId: 'frm_none' })).toEqual([]);
      };
      await store.forms.merge(siteId, from, into);
      check();
      store.tendSearch(() => {});
      check();
    });

    test('a lead moved in and out of spam, or deleted, is counted where it was counted', async () => {
      const s = await scene(world);
      const { store, siteId, from, into } = s;
      await store.forms.merge(siteId, from, into);
      const [first, spam, last] = s.old.map(({ id }) => id);
      await store.leads.setSpam(siteId, first ?? '', true);
      expect(store.forms.get(siteId, into)).toMatchObject({ submissionCount: 2, spamRate7d: 0.5 });
      await store.leads.setSpam(siteId, spam ?? '', false);
      await store.leads.setSpam(siteId, first ?? '', false);
      expect(store.forms.get(siteId, into)).toMatchObject({ submissionCount: 4, spamRate7d: 0 });
      await store.leads.remove(siteId, [first ?? '', last ?? ''], { rows: false });
      expect(store.forms.get(siteId, into)).toMatchObject({ submissionCount: 2, spamRate7d: 0 });
      expect(store.sheets.counts(siteId)).toMatchObject({ pending: 3, skipped: 0 });
    });

    test('parted again, a form has its key, its id, its tab and what came before; what came meanwhile stays', async () => {
      const s = await scene(world);
      const { store, siteId, from, into } = s;
      const before = store.forms.get(siteId, from);
      await store.forms.merge(siteId, from, into);
      const byName = byRef({ by: 'key', key: 'name:old', name: 'Old' });
      const [meanwhile] = await add(s, byName);
      expect(await store.forms.part(siteId, from)).toEqual(before);
      const reopened = await s.again();
      for (const store_ of [store, reopened]) {
        const [lead] = await add({ store: store_, siteId }, byName);
        expect(lead).toMatchObject({ formId: from, rowFormId: from, sheetTab: 'Old' });
        store.refresh();
      }
      await reopened.close();
      expect(store.leads.get(siteId, meanwhile?.id ?? '')).toMatchObject({ formId: into, formName: 'New' });
      expect(store.leads.get(siteId, s.old[0]?.id ?? '')).toMatchObject({ formId: from, formName: 'Old' });
      expect(store.forms.merged(siteId, into)).toEqual([]);
      expect(store.forms.get(siteId, from)).toMatchObject({ submissionCount: 4, spamRate7d: 0.2 });
      expect(store.forms.get(siteId, into)).toMatchObject({ submissionCount: 2, spamRate7d: 0 });
      expect(found(s, { formId: into })).toEqual([s.new_[0]?.id ?? '', meanwhile?.id ?? '']);
      store.tendSearch(() => {});
      expect(found(s, { formId: from, q: 'word' })).toHaveLength(4);
    });

    test('parted again, its name gets a number where another form has it; what is not merged can not be parted', async () => {
      const s = await scene(world);
      const { store, siteId, from, into } = s;
      expect(await store.forms.part(siteId, from)).toBeNull();
      expect(await store.forms.part(siteId, 'frm_none')).toBeNull();
      await store.forms.merge(siteId, from, into);
      await store.forms.update(siteId, s.other[0]?.formId ?? '', { name: 'OLD' });
      const other = await store.sites.create({ name: 'Other' });
      expect(await store.forms.part(other.id, from)).toBeNull();
      expect(await store.forms.part(siteId, from)).toMatchObject({ id: from, name: 'Old (2)', sheetTab: 'Old' });
      expect(await store.forms.part(siteId, from)).toBeNull();
      expect(await store.forms.merge(siteId, from, into)).toMatchObject({ id: into });
    });

    test('what can not be merged stays as it was', async () => {
      const s = await scene(world);
      const { store, siteId, from, into } = s;
      const other = await store.sites.create({ name: 'Other' });
      expect(await store.forms.merge(siteId, from, from)).toBeNull();
      expect(await store.forms.merge(siteId, from, 'frm_none')).toBeNull();
      expect(await store.forms.merge(other.id, from, into)).toBeNull();
      expect(store.forms.list(siteId)).toHaveLength(3);
      await store.forms.merge(siteId, from, into);
      expect(await store.forms.merge(siteId, from, into)).toBeNull();
      expect(await store.forms.merge(siteId, into, from)).toBeNull();
      expect(store.forms.list(siteId)).toHaveLength(2);
    });

    test('what waits goes to the tab of the form it came by; what is sent again too', async () => {
      const s = await scene(world);
      const { store, siteId, from, into } = s;
      await store.forms.merge(siteId, from, into);
      const { book } = store.sheets.target(siteId);
      const waiting = store.sheets.nextLeads(siteId, book, 10, 1e6);
      expect(waiting.map(({ rowFormId, sheetTab }) => [rowFormId, sheetTab])).toEqual([
        [from, 'Old'],
        [from, 'Old'],
        [into, 'New'],
        [s.other[0]?.formId ?? '', 'Other'],
      ]);
      await store.sheets.markSynced(
        siteId,
        waiting.map(({ id }) => id),
      );
      expect(store.sheets.syncedIds(siteId, from, 10, null)).toHaveLength(2);
      expect(store.sheets.syncedIds(siteId, into, 10, null)).toHaveLength(1);
      await store.leads.amend(siteId, s.old[0]?.id ?? '', { quality: 'Good' });
      expect(store.sheets.nextUpdates(siteId, 10)).toMatchObject([{ formId: from }]);
      await store.forms.update(siteId, into, { ignored: true });
      const ids = s.old.map(({ id }) => id);
      expect((await store.sheets.requeue(siteId, { which: 'ids', ids }, 10)).queued).toBe(0);
    });
  });
}
