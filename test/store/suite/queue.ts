import { describe, expect, test } from 'bun:test';
import type { Lead } from '../../../src/store/store.ts';
import { newLead } from '../../support/leads.ts';
import type { MakeWorld } from '../store.suite.ts';
import { accept } from './accept.ts';

const many = (n: number, form = 'API') => Array.from({ length: n }, (_, i) => newLead({ n: `${i}` }, { form }));
const NOBODY = {
  match_confidence: 0.5,
  company: null,
  job_title: null,
  linkedin_url: null,
  industry: null,
  company_size: null,
  country: null,
};
const idsOf = (leads: readonly Lead[]) => leads.map((lead) => lead.id);

export function describeQueue(world: MakeWorld): void {
  describe('the queue', () => {
    test('the next rows are the oldest, of all forms, within the limits of count and size', async () => {
      const { store, siteId } = await world();
      const leads: Lead[] = [];
      for (const form of ['B', 'A', 'B', 'C', 'A']) leads.push(...(await accept(store, siteId, ...many(2, form))));
      const book = `local:${siteId}`;
      expect(idsOf(store.sheets.nextLeads(siteId, book, 100, 1e9))).toEqual(idsOf(leads));
      expect(idsOf(store.sheets.nextLeads(siteId, book, 3, 1e9))).toEqual(idsOf(leads.slice(0, 3)));
      expect(idsOf(store.sheets.nextLeads(siteId, book, 100, 1))).toEqual(idsOf(leads.slice(0, 1)));
      // Bytes, not characters.
      const [big] = await accept(store, siteId, newLead({ t: '😀'.repeat(5_000) }));
      await store.sheets.markSynced(siteId, idsOf(leads));
      await accept(store, siteId, ...many(1));
      expect(idsOf(store.sheets.nextLeads(siteId, book, 100, 20_000))).toEqual([big?.id ?? '']);
      expect(store.sheets.nextLeads(siteId, book, 100, 40_000)).toHaveLength(2);
    });

    test('rows of a paused tab wait, the others go on', async () => {
      const { store, siteId } = await world();
      const leads = [
        ...(await accept(store, siteId, ...many(2, 'A'))),
        ...(await accept(store, siteId, ...many(2, 'B'))),
      ];
      const [a] = store.forms.list(siteId);
      const book = `local:${siteId}`;
      const tab = await store.sheets.addTab({
        ...{ siteId, book, formId: a?.id ?? '', sheetId: 0, title: 'A', columns: [] },
        state: 'paused',
      });
      expect(idsOf(store.sheets.nextLeads(siteId, book, 10, 1e9))).toEqual(idsOf(leads.slice(2)));
      expect(store.sheets.nextLeads(siteId, 'another book', 10, 1e9)).toHaveLength(4);
      await store.sheets.updateTab(tab.id, { state: 'ready', problem: null });
      expect(store.sheets.nextLeads(siteId, book, 10, 1e9)).toHaveLength(4);
    });

    test('what waits is told by site, with since when; nothing waits, nothing is told', async () => {
      const { store, siteId, clock } = await world();
      const other = await store.sites.create({ name: 'Other' });
      expect(store.sheets.waiting()).toEqual([]);
      const [first] = await accept(store, siteId, ...many(2, 'B'));
      clock.advance(5_000);
      const [done] = await accept(store, other.id, ...many(1));
      await accept(store, siteId, ...many(1, 'A'));
      await store.sheets.markSynced(other.id, [done?.id ?? '']);
      const backlog = { siteId, pending: 3, oldestCreatedAt: first?.createdAt ?? 0 };
      expect(store.sheets.backlog()).toEqual([backlog]);
      expect(store.sheets.waiting()).toEqual([{ ...backlog, updates: 0 }]);
      await store.leads.amend(other.id, done?.id ?? '', { quality: 'Good' });
      expect(store.sheets.waiting()[1]).toEqual({
        siteId: other.id,
        pending: 0,
        updates: 1,
        oldestCreatedAt: Infinity,
      });
      expect(store.sheets.backlog()).toEqual([backlog]);
    });

    test('a backfill walks all rows once, and never takes what it has sent itself', async () => {
      const { store, siteId, clock } = await world();
      const leads = [
        ...(await accept(store, siteId, ...many(5, 'A'))),
        ...(await accept(store, siteId, ...many(5, 'B'))),
      ];
      await store.sheets.markSynced(siteId, idsOf(leads));
      clock.advance(10_000);
      const syncedBefore = clock.now();
      const taken: string[] = [];
      let next: string | null = '';
      for (let step = 0; step < 20 && next !== null; step++) {
        const result: { queued: number; next: string | null } = await store.sheets.requeue(
          siteId,
          { which: 'synced', syncedBefore, ...(next ? { afterId: next } : {}) },
          3,
        );
        next = result.next;
        // The flush is as fast as the walk: rows are written again between its steps.
        const written = idsOf(store.sheets.nextLeads(siteId, `local:${siteId}`, 100, 1e9));
        taken.push(...written);
        await store.sheets.markSynced(siteId, written);
      }
      expect(taken).toEqual(idsOf(leads));
      expect(next).toBeNull();
      expect(await store.sheets.requeue(siteId, { which: 'synced', syncedBefore }, 100)).toEqual({
        queued: 0,
        next: null,
      });
      const [a] = store.forms.list(siteId);
      const byForm = { which: 'synced', syncedBefore: clock.now() + 1e6, formId: a?.id ?? '' } as const;
      expect(await store.sheets.requeue(siteId, byForm, 100)).toMatchObject({ queued: 5 });
    });

    test('failed leads are sent once more by a walk; leads by id whatever their status', async () => {
      const { store, siteId } = await world();
      const leads = await accept(store, siteId, ...many(4));
      const [a, b, c, d] = idsOf(leads);
      for (const id of [a, b, c]) await store.sheets.fail(siteId, id ?? '', 'refused');
      expect(store.leads.get(siteId, a ?? '')).toMatchObject({ syncStatus: 'failed', syncProblem: 'refused' });
      const first = await store.sheets.requeue(siteId, { which: 'failed' }, 2);
      expect(first).toEqual({ queued: 2, next: b ?? null });
      const rest = { which: 'failed', afterId: b ?? '' } as const;
      expect(await store.sheets.requeue(siteId, rest, 2)).toEqual({ queued: 1, next: null });
      expect(store.leads.get(siteId, a ?? '')).toMatchObject({ syncStatus: 'pending', syncProblem: null });
      await store.sheets.markSynced(siteId, [a ?? '']);
      const ids = { which: 'ids', ids: [a ?? '', d ?? '', 'sub_none'] } as const;
      expect((await store.sheets.requeue(siteId, ids, 10)).queued).toBe(1);
      expect(store.leads.get(siteId, a ?? '')).toMatchObject({ syncStatus: 'pending', syncedAt: null });
    });

    test('spam, ignored forms, another site and sync switched off are not sent once more', async () => {
      const { store, siteId, clock } = await world();
      const [spam, ignored, fine] = await accept(store, siteId, ...many(1), ...many(1, 'Off'), ...many(1));
      const ids = idsOf([spam, ignored, fine].flatMap((lead) => lead ?? []));
      await store.sheets.markSynced(siteId, ids);
      await store.leads.setSpam(siteId, spam?.id ?? '', true);
      await store.forms.update(siteId, ignored?.formId ?? '', { ignored: true });
      const other = await store.sites.create({ name: 'Other' });
      const all = { which: 'ids', ids } as const;
      expect((await store.sheets.requeue(other.id, all, 10)).queued).toBe(0);
      await store.sites.update(siteId, { syncEnabled: false });
      expect((await store.sheets.requeue(siteId, all, 10)).queued).toBe(0);
      await store.sites.update(siteId, { syncEnabled: true });
      const before = clock.now() + 1e6;
      expect((await store.sheets.requeue(siteId, { which: 'synced', syncedBefore: before }, 10)).queued).toBe(1);
      expect(store.leads.get(siteId, fine?.id ?? '')?.syncStatus).toBe('pending');
    });

    test('giving up on a lead that waits no more changes nothing', async () => {
      const { store, siteId } = await world();
      const [a, b] = await accept(store, siteId, ...many(2));
      await store.sheets.markSynced(siteId, [a?.id ?? '']);
      await store.leads.setSpam(siteId, b?.id ?? '', true);
      for (const lead of [a, b]) await store.sheets.fail(siteId, lead?.id ?? '', 'refused');
      await store.sheets.fail(siteId, 'sub_none', 'refused');
      expect(store.sheets.counts(siteId)).toEqual({ pending: 0, synced: 1, failed: 0, skipped: 1 });
    });

    test('what stands in the sheet is read by form, page by page, and by ids', async () => {
      const { store, siteId } = await world();
      const leads = await accept(store, siteId, ...many(5, 'A'), ...many(2, 'B'));
      await store.sheets.markSynced(siteId, idsOf(leads.slice(1)));
      const formId = leads[0]?.formId ?? '';
      const wanted = idsOf(leads.slice(1, 5));
      expect(store.sheets.syncedIds(siteId, formId, 10, null)).toEqual(wanted);
      expect(store.sheets.syncedIds(siteId, formId, 2, wanted[0] ?? null)).toEqual(wanted.slice(1, 3));
      expect(idsOf(store.sheets.syncedLeads(siteId, formId, 2, wanted[1] ?? null))).toEqual(wanted.slice(2, 4));
      const other = await store.sites.create({ name: 'Other' });
      expect(store.sheets.syncedIds(other.id, formId, 10, null)).toEqual([]);
      expect(idsOf(store.sheets.leadsByIds(siteId, [wanted[2] ?? '', 'sub_none', wanted[0] ?? '']))).toEqual([
        wanted[0] ?? '',
        wanted[2] ?? '',
      ]);
      expect(store.sheets.leadsByIds(other.id, wanted)).toEqual([]);
    });

    test('later values wait for their row; a change after the read stays queued when the read is settled', async () => {
      const { store, siteId } = await world();
      const [a, b] = await accept(store, siteId, ...many(2));
      const change = (quality: string) => store.leads.amend(siteId, a?.id ?? '', { quality });
      await change('Good');
      expect(store.sheets.nextUpdates(siteId, 10)).toEqual([]);
      await store.sheets.markSynced(siteId, [a?.id ?? '', b?.id ?? '']);
      const [cell] = store.sheets.nextUpdates(siteId, 10);
      expect(cell).toMatchObject({ siteId, leadId: a?.id, formId: a?.formId, columnKey: 's:quality' });
      await change('Bad');
      await store.sheets.settleUpdates(cell ? [cell] : []);
      const [newer] = store.sheets.nextUpdates(siteId, 10);
      expect(newer?.version).toBeGreaterThan(cell?.version ?? 0);
      await store.sheets.settleUpdates(newer ? [newer] : []);
      expect(store.sheets.nextUpdates(siteId, 10)).toEqual([]);
      const again = { siteId, leadId: a?.id ?? '', formId: a?.formId ?? '', columnKey: 's:quality', former: [] };
      await store.sheets.queueUpdates([again, { ...again, leadId: b?.id ?? '' }, again]);
      expect(store.sheets.nextUpdates(siteId, 10)).toHaveLength(2);
      expect(store.sheets.nextUpdates(siteId, 1)).toHaveLength(1);
    });

    test('a waiting cell knows what it may show: every value it had since it was last written', async () => {
      const { store, siteId } = await world();
      const [lead] = await accept(store, siteId, ...many(1));
      const id = lead?.id ?? '';
      const judge = (score_reason: string | null, company: string | null = null) => {
        const enrichment = company === null ? null : { ...NOBODY, company };
        return store.leads.amend(siteId, id, { judgement: { score: 'hot', score_reason, summary: null, enrichment } });
      };
      const former = () =>
        Object.fromEntries(store.sheets.nextUpdates(siteId, 20).map((cell) => [cell.columnKey, cell.former]));
      await judge('first');
      expect(former()).toEqual({});
      const other = await store.sites.create({ name: 'Other' });
      expect(store.sheets.updatesOf(other.id, [id])).toEqual([]);
      const waiting = store.sheets.updatesOf(siteId, [id, 'sub_none']);
      await store.sheets.markSynced(siteId, [id]);
      expect(waiting).toEqual(store.sheets.nextUpdates(siteId, 20));
      expect(former()).toEqual({ 's:score': [], 's:score_reason': [] });
      await judge('second', 'Example Ltd');
      await judge(null);
      expect(former()).toEqual({
        's:score': [],
        's:score_reason': ['first', 'second'],
        's:company': ['Example Ltd'],
        's:match_confidence': [0.5],
      });
      await store.leads.amend(siteId, id, { quality: 'Good' });
      const cell = { siteId, leadId: id, formId: lead?.formId ?? '', columnKey: 's:quality', former: ['Bad'] };
      await store.sheets.queueUpdates([cell, { ...cell, columnKey: 's:score_reason', former: [true] }]);
      expect(former()).toMatchObject({ 's:quality': null, 's:score_reason': ['first', 'second', true] });
    });

    test('what a driver writes down of a book is there until it is taken away', async () => {
      const { store } = await world();
      expect(store.sheets.journal('book')).toBeNull();
      for (const text of ['first', 'second']) {
        await store.sheets.setJournal('book', Buffer.from(text));
        expect(Buffer.from(store.sheets.journal('book') ?? []).toString()).toBe(text);
      }
      await store.sheets.setJournal('book', null);
      expect(store.sheets.journal('book')).toBeNull();
    });
  });
}
