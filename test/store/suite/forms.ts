import { describe, expect, test } from 'bun:test';
import { newLead } from '../../support/leads.ts';
import type { MakeWorld } from '../store.suite.ts';
import { accept } from './accept.ts';

const DAY = 86_400_000;
const sdkLead = (key: string, name: string) => ({ ...newLead({ a: '1' }), form: { by: 'key' as const, key, name } });

export function describeForms(world: MakeWorld): void {
  describe('forms', () => {
    test('a form is found by its key first, then by its present name, without regard to case', async () => {
      const { store, siteId } = await world();
      const [first] = await accept(store, siteId, newLead({ a: '1' }, { form: 'Contact' }));
      const formId = first?.formId ?? '';
      await store.forms.update(siteId, formId, { name: 'Sales' });
      const names = ['Contact', 'CONTACT', 'Sales', 'sAlEs'];
      const leads = await accept(store, siteId, ...names.map((form) => newLead({ a: '1' }, { form })));
      expect(leads.map((lead) => [lead.formId, lead.formName])).toEqual(names.map(() => [formId, 'Sales']));
      expect(store.forms.list(siteId)).toHaveLength(1);
    });

    test('a name is the same however its accents are encoded, in matching and for a clash', async () => {
      const { store, siteId } = await world();
      const [composed, decomposed] = ['Caf\u00e9', 'Cafe\u0301'];
      const [first] = await accept(store, siteId, newLead({ a: '1' }, { form: 'Contact' }));
      const [other] = await accept(store, siteId, newLead({ a: '1' }, { form: 'Other' }));
      await store.forms.update(siteId, first?.formId ?? '', { name: decomposed, sheet_tab: decomposed });
      const leads = await accept(
        store,
        siteId,
        ...[composed, decomposed, composed.toUpperCase()].map((form) => newLead({ a: '1' }, { form })),
      );
      expect(leads.map((lead) => lead.formId)).toEqual([0, 1, 2].map(() => first?.formId ?? ''));
      for (const change of [{ name: composed }, { sheet_tab: composed.toUpperCase() }]) {
        expect(await store.forms.update(siteId, other?.formId ?? '', change)).toHaveProperty('taken');
      }
      const [clash] = await accept(store, siteId, sdkLead('sdk:1', composed));
      expect(clash?.sheetTab).toBe(`${composed} (2)`);
    });

    test('an outline is what a form is called now, and another site’s is not there', async () => {
      const { store, siteId } = await world();
      const other = await store.sites.create({ name: 'Other' });
      const [lead] = await accept(store, siteId, newLead({ a: '1' }));
      const id = lead?.formId ?? '';
      expect(store.forms.outline(siteId, id)).toMatchObject({ id, name: 'API', sheetTab: 'API', ignored: false });
      await store.forms.update(siteId, id, { name: 'B', sheet_tab: 'C', ignored: true });
      expect(store.forms.outline(siteId, id)).toMatchObject({ name: 'B', sheetTab: 'C', ignored: true });
      expect(store.forms.outlines(siteId).map((form) => form.id)).toEqual([id]);
      expect(store.forms.outline(other.id, id)).toBeNull();
      expect(store.forms.outlines(other.id)).toEqual([]);
    });

    test('a key that is not a name is never matched by name', async () => {
      const { store, siteId } = await world();
      const [named] = await accept(store, siteId, newLead({ a: '1' }, { form: 'Contact' }));
      const [page] = await accept(store, siteId, sdkLead('sdk:1', 'Contact'));
      const [samePage] = await accept(store, siteId, sdkLead('sdk:1', 'Other title'));
      expect(page?.formId).not.toBe(named?.formId);
      expect(samePage?.formId).toBe(page?.formId);
    });

    test('no two forms of a site share a tab: a clash gets a number, whatever the case', async () => {
      const { store, siteId } = await world();
      const keys = ['sdk:1', 'sdk:2', 'sdk:3'];
      const leads = await accept(store, siteId, ...keys.map((key, i) => sdkLead(key, i === 1 ? 'CONTACT' : 'Contact')));
      expect(leads.map((lead) => lead.sheetTab)).toEqual(['Contact', 'CONTACT (2)', 'Contact (3)']);
    });

    test('a thousand new forms of one title in one commit get a tab each; a tab that came free is given again', async () => {
      const { store, siteId } = await world();
      const keys = Array.from({ length: 1_000 }, (_, i) => `sdk:${i}`);
      const leads = await accept(store, siteId, ...keys.map((key) => sdkLead(key, 'Contact')));
      expect(leads.map((lead) => lead.sheetTab)).toEqual(
        keys.map((_, i) => (i === 0 ? 'Contact' : `Contact (${i + 1})`)),
      );
      await store.forms.update(siteId, leads[4]?.formId ?? '', { sheet_tab: 'Moved' });
      const [next, last] = await accept(store, siteId, sdkLead('sdk:next', 'CONTACT'), sdkLead('sdk:last', 'Contact'));
      expect([next?.sheetTab, last?.sheetTab]).toEqual(['CONTACT (5)', 'Contact (1001)']);
    });

    test('a tab taken in the very same commit is taken', async () => {
      const { store, siteId } = await world();
      const [first] = await accept(store, siteId, newLead({ a: '1' }, { form: 'A' }));
      const renamed = store.forms.update(siteId, first?.formId ?? '', { sheet_tab: 'B', name: 'Renamed' });
      const other = accept(store, siteId, newLead({ b: '1' }, { form: 'B' }));
      await Promise.all([renamed, other]);
      expect(store.forms.list(siteId).map((form) => form.sheetTab.toLowerCase())).toEqual(['b', 'b (2)']);
    });

    test('an update is all or nothing, refuses a name or tab of another form, and another site’s form', async () => {
      const { store, siteId } = await world();
      const other = await store.sites.create({ name: 'Other' });
      for (const form of ['A', 'B']) await accept(store, siteId, newLead({ a: '1' }, { form }));
      const [a, b] = store.forms.list(siteId);
      if (!a || !b) throw new Error('two forms were stored');
      expect(await store.forms.update(siteId, a.id, { ignored: true, name: 'b' })).toEqual({ taken: ['name'] });
      expect(await store.forms.update(siteId, a.id, { ignored: true, sheet_tab: 'B' })).toEqual({
        taken: ['sheet_tab'],
      });
      expect(store.forms.get(siteId, a.id)).toEqual(a);
      expect(await store.forms.update(siteId, a.id, { name: 'a', sheet_tab: 'A' })).toMatchObject({ name: 'a' });
      expect(await store.forms.update(other.id, a.id, { name: 'x' })).toBeNull();
      expect(store.forms.get(other.id, a.id)).toBeNull();
      expect(store.forms.list(other.id)).toEqual([]);
    });

    test('fields are remembered in order of first sight, those of one commit too, and survive a rename in it', async () => {
      const { store, siteId, again } = await world();
      const [first] = await accept(store, siteId, newLead({ a: '1' }));
      await Promise.all([
        accept(store, siteId, newLead({ b: '1', a: '1' })),
        store.forms.update(siteId, first?.formId ?? '', { name: 'Renamed' }),
        accept(store, siteId, newLead({ c: '1' })),
      ]);
      await accept(store, siteId, newLead({ d: '1' }));
      const [form] = store.forms.list(siteId);
      expect(form?.fields).toEqual(['a', 'b', 'c', 'd']);
      const reopened = await again();
      expect(reopened.forms.list(siteId)).toEqual(form ? [form] : []);
      await reopened.close();
    });

    test('counts and times are those of its leads; the spam rate is that of seven days', async () => {
      const { store, siteId, clock } = await world();
      await accept(store, siteId, newLead({ a: '1' }, { spamReason: 'x' }));
      clock.advance(8 * DAY);
      const leads = await accept(
        store,
        siteId,
        ...[null, null, null, 'x'].map((spamReason) => newLead({ a: '1' }, { spamReason })),
      );
      const [form] = store.forms.list(siteId);
      expect(form).toMatchObject({ submissionCount: 3, spamRate7d: 0.25, lastSubmissionAt: leads[3]?.createdAt });
    });

    test('a lead of an ignored form is kept, and goes nowhere', async () => {
      const { store, siteId } = await world();
      const [first] = await accept(store, siteId, newLead({ a: '1' }));
      await store.forms.update(siteId, first?.formId ?? '', { ignored: true });
      const [second] = await accept(store, siteId, newLead({ a: '2' }));
      expect(second).toMatchObject({ syncStatus: 'skipped', sheetTab: null, spam: false });
      expect(store.sheets.nextLeads(siteId, `local:${siteId}`, 10, 1e6).map(({ id }) => id)).toEqual([first?.id ?? '']);
    });
  });
}
