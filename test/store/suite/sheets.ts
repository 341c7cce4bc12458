import { describe, expect, test } from 'bun:test';
import { newLead } from '../../support/leads.ts';
import type { MakeWorld, World } from '../store.suite.ts';
import { accept } from './accept.ts';

const BOOK = 'spreadsheet-1';
const GOOGLE = { kind: 'google', book: BOOK, connectionId: null, title: 'Leads', url: 'https://s.example' } as const;
const problem = { code: 'not_shared', message: 'Share it.', technical: null };

async function withBook(make: MakeWorld) {
  const opened = await make();
  const { store, siteId } = opened;
  await store.sheets.setTarget(siteId, GOOGLE);
  const leads = await accept(store, siteId, ...[1, 2, 3].map((n) => newLead({ n: `${n}` })));
  const tab = await store.sheets.addTab({
    ...{ siteId, book: BOOK, formId: leads[0]?.formId ?? '', sheetId: 7, title: 'API', state: 'ready' as const },
    columns: [{ key: 's:lead_id', header: 'Lead ID', position: 0, metadataId: 11, state: 'active' }],
  });
  const entries = leads.map((lead) => ({ leadId: lead.id, tabId: tab.id }));
  const plan = (leadIds = entries, book = BOOK) =>
    store.sheets.planBatch({ siteId, book, guardBase: 1_000, leads: leadIds });
  return { ...opened, leads, tab, entries, plan };
}

const pendingIn = ({ store, siteId }: World, book = BOOK) =>
  store.sheets.nextLeads(siteId, book, 10, 1e9).map((lead) => lead.id);

export function describeSheets(world: MakeWorld): void {
  describe('targets', () => {
    test('every site has its local workbook until it is given another; a spreadsheet belongs to one site for ever', async () => {
      const { store, siteId } = await world();
      const other = await store.sites.create({ name: 'Other' });
      expect(store.sheets.target(siteId)).toMatchObject({ kind: 'local', book: `local:${siteId}`, status: 'ok' });
      expect(await store.sheets.setTarget(siteId, GOOGLE)).toMatchObject({ ...GOOGLE, siteId, status: 'ok' });
      expect(await store.sheets.setTarget(other.id, GOOGLE)).toBe('conflict');
      const local = { ...GOOGLE, kind: 'local', book: `local:${siteId}`, url: null } as const;
      expect(await store.sheets.setTarget(other.id, local)).toBe('conflict');
      await store.sheets.setTarget(siteId, local);
      expect(await store.sheets.setTarget(other.id, GOOGLE)).toBe('conflict');
      expect(store.sheets.target(other.id).kind).toBe('local');
      expect(await store.sheets.setTarget(siteId, GOOGLE)).toMatchObject(GOOGLE);
      expect(store.sheets.targets().map(({ siteId: id, kind }) => [id, kind])).toEqual([
        [siteId, 'google'],
        [other.id, 'local'],
      ]);
    });

    test('a pause is new once; it keeps its beginning, takes the newest problem and ends with resume', async () => {
      const { store, siteId, clock } = await world();
      await store.sheets.noteTrouble(siteId, { ...problem, code: 'google_down' });
      expect(store.sheets.target(siteId).trouble?.code).toBe('google_down');
      const askedAt = clock.now();
      expect(await store.sheets.pause(siteId, problem, null)).toBe(true);
      clock.advance(60_000);
      expect(await store.sheets.pause(siteId, { ...problem, code: 'trashed' }, 99)).toBe(false);
      const paused = store.sheets.target(siteId);
      expect(paused).toMatchObject({ status: 'paused', problem: { code: 'trashed' }, trouble: null, recheckAt: 99 });
      expect((paused.pausedAt ?? 0) - askedAt).toBeLessThan(60_000);
      await store.sheets.resume(siteId);
      expect(store.sheets.target(siteId)).toMatchObject({
        status: 'ok',
        problem: null,
        pausedAt: null,
        recheckAt: null,
      });
    });

    test('a new target starts without the old one’s problem, and remembers when a row was last written', async () => {
      const { store, siteId } = await world();
      const [lead] = await accept(store, siteId, newLead({ a: '1' }));
      await store.sheets.markSynced(siteId, [lead?.id ?? '']);
      const { lastSyncedAt } = store.sheets.target(siteId);
      expect(lastSyncedAt).not.toBeNull();
      await store.sheets.pause(siteId, problem, null);
      expect(await store.sheets.setTarget(siteId, GOOGLE)).toMatchObject({ status: 'ok', problem: null, lastSyncedAt });
    });

    test('connections keep what they are given', async () => {
      const { store } = await world();
      const made = await store.sheets.addConnection({ kind: 'oauth', email: 'a@b.example', secret: 'v1', scopes: 's' });
      expect(store.sheets.connection(made.id)).toEqual(made);
      await store.sheets.updateConnectionSecret(made.id, 'v2');
      expect(store.sheets.connections()).toEqual([{ ...made, secret: 'v2' }]);
      await store.sheets.updateConnectionSecret(made.id, 'v3', 's t');
      expect(store.sheets.connection(made.id)).toEqual({ ...made, secret: 'v3', scopes: 's t' });
      expect(store.sheets.connection('con_none')).toBeNull();
    });

    test('a connection is deleted once no site uses it, and not before', async () => {
      const { store, siteId } = await world();
      const { id } = await store.sheets.addConnection({
        kind: 'oauth',
        email: 'a@b.example',
        secret: 'v',
        scopes: 's',
      });
      await store.sheets.setTarget(siteId, { ...GOOGLE, connectionId: id });
      expect(await store.sheets.removeConnection(id)).toBe(false);
      expect(store.sheets.connections()).toHaveLength(1);
      await store.sheets.setTarget(siteId, { ...GOOGLE, connectionId: null });
      expect(await store.sheets.removeConnection(id)).toBe(true);
      expect(store.sheets.connections()).toEqual([]);
      expect(await store.sheets.removeConnection(id)).toBe(false);
    });
  });

  describe('tabs', () => {
    test('one tab for a form in a book; its columns keep their keys', async () => {
      const { store, tab, siteId } = await withBook(world);
      expect(store.sheets.tabs(BOOK)).toEqual([tab]);
      expect(store.sheets.tabOfForm(BOOK, tab.formId)).toEqual(tab);
      expect(store.sheets.tabOfForm('other', tab.formId)).toBeNull();
      const { id: _id, problem: _problem, generation: _generation, length: _length, auditedAt: _at, ...same } = tab;
      await expect(store.sheets.addTab(same)).rejects.toThrow();
      expect(await store.sheets.addTab({ ...same, siteId, book: 'other' })).toMatchObject({ book: 'other' });
      await store.sheets.putColumns(tab.id, [
        { key: 'f:n', header: 'n', position: 1, metadataId: 12, state: 'planned' },
        { key: 's:lead_id', header: 'ID', position: 0, metadataId: 11, state: 'active' },
      ]);
      await store.sheets.updateTab(tab.id, { title: 'New', state: 'paused', problem, length: 5, generation: 2 });
      const changed = store.sheets.tabOfForm(BOOK, tab.formId);
      expect(changed).toMatchObject({ title: 'New', state: 'paused', problem, length: 5, generation: 2, sheetId: 7 });
      expect(changed?.columns.map((column) => [column.key, column.header])).toEqual([
        ['s:lead_id', 'ID'],
        ['f:n', 'n'],
      ]);
    });

    test('a settled append is one action: rows, length, columns and cells', async () => {
      const { store, siteId, leads, tab } = await withBook(world);
      const ids = leads.map((lead) => lead.id);
      await store.leads.amend(siteId, ids[0] ?? '', { quality: 'Good' });
      await store.sheets.markSynced(siteId, [ids[0] ?? '']);
      const updates = store.sheets.nextUpdates(siteId, 10);
      expect(updates).toHaveLength(1);
      const column = { key: 'f:x', header: 'x', position: 1, metadataId: 0, state: 'active' as const };
      await store.sheets.settleLocal({
        siteId,
        tabs: [{ tabId: tab.id, length: 120, generation: 3, columns: [column] }],
        leadIds: ids.slice(1),
        updates,
      });
      expect(store.sheets.tabs(BOOK)[0]).toMatchObject({ length: 120, generation: 3, columns: [{}, column] });
      expect(store.sheets.counts(siteId)).toEqual({ pending: 0, synced: 3, failed: 0, skipped: 0 });
      expect(store.sheets.nextUpdates(siteId, 10)).toEqual([]);
    });
  });

  describe('batches', () => {
    test('a batch is there before it is sent, its leads are out of the queue, and there is only one', async () => {
      const opened = await withBook(world);
      const { store, entries, plan, siteId, again } = opened;
      const batch = await plan(entries.slice(0, 2));
      expect(batch).toMatchObject({ seq: 1, guardId: 1_001, state: 'sending', attempts: 1, everAmbiguous: false });
      expect(batch.leads).toEqual(entries.slice(0, 2));
      const reopened = await again();
      expect(reopened.sheets.openBatch(BOOK)).toEqual(batch);
      await reopened.close();
      expect(pendingIn(opened)).toEqual([entries[2]?.leadId ?? '']);
      await expect(plan(entries.slice(2))).rejects.toThrow();
      expect(store.sheets.openBatch(BOOK)).toEqual(batch);
      // The refused one took no number and no lead.
      expect(store.sheets.book(BOOK).nextSeq).toBe(2);
      const ids = entries.map((entry) => entry.leadId);
      await store.sheets.markSynced(siteId, ids);
      expect((await store.sheets.requeue(siteId, { which: 'ids', ids }, 10)).queued).toBe(1);
    });

    test('delivered: its leads are synced, and it is the newest known', async () => {
      const opened = await withBook(world);
      const { store, plan, siteId } = opened;
      const { id, guardId } = await plan();
      await store.sheets.settleBatch(id, { state: 'ambiguous', error: 'no answer' });
      expect(store.sheets.openBatch(BOOK)).toMatchObject({ state: 'ambiguous', everAmbiguous: true });
      await store.sheets.settleBatch(id, { state: 'planned', error: 'not applied' });
      expect(store.sheets.openBatch(BOOK)).toMatchObject({ state: 'planned', everAmbiguous: true });
      await store.sheets.resendBatch(id);
      expect(store.sheets.openBatch(BOOK)).toMatchObject({ state: 'sending', attempts: 2, everAmbiguous: true });
      await store.sheets.settleBatch(id, { state: 'delivered' });
      expect(store.sheets.openBatch(BOOK)).toBeNull();
      expect(store.sheets.lastDelivered(BOOK)).toMatchObject({ id, state: 'delivered', everAmbiguous: true });
      expect(store.sheets.batchByGuard(BOOK, guardId)?.id).toBe(id);
      expect(store.sheets.counts(siteId)).toMatchObject({ pending: 0, synced: 3 });
      const [next] = await accept(store, siteId, newLead({ n: '4' }));
      expect(pendingIn(opened)).toEqual([next?.id ?? '']);
      expect((await plan([])).seq).toBe(2);
    });

    test('void: its leads go back to the queue, its number is gone', async () => {
      const opened = await withBook(world);
      const { store, plan, entries } = opened;
      const { id } = await plan();
      await store.sheets.settleBatch(id, { state: 'void', error: 'poisoned' });
      expect(pendingIn(opened)).toEqual(entries.map((entry) => entry.leadId));
      expect(store.sheets.lastDelivered(BOOK)).toBeNull();
      expect(await plan()).toMatchObject({ seq: 2, guardId: 1_002 });
    });

    test('what is settled stays settled: no later word changes it, and it is not sent again', async () => {
      const { store, plan, siteId } = await withBook(world);
      for (const final of [{ state: 'void', error: 'x' } as const, { state: 'delivered' } as const]) {
        const { id, guardId } = await plan();
        await store.sheets.settleBatch(id, final);
        const settled = store.sheets.batchByGuard(BOOK, guardId);
        const counts = store.sheets.counts(siteId);
        await store.sheets.resendBatch(id);
        for (const later of [
          { state: 'delivered' } as const,
          { state: 'void', error: 'y' } as const,
          { state: 'planned', error: 'y' } as const,
          { state: 'ambiguous', error: 'y' } as const,
        ])
          await store.sheets.settleBatch(id, later);
        expect(store.sheets.batchByGuard(BOOK, guardId)).toEqual(settled);
        expect(store.sheets.counts(siteId)).toEqual(counts);
        expect(store.sheets.openBatch(BOOK)).toBeNull();
      }
    });

    test('a lead that left the queue since it was picked is left out; one marked as spam on the way is synced all the same', async () => {
      const { store, plan, siteId, entries, leads } = await withBook(world);
      await store.leads.setSpam(siteId, leads[0]?.id ?? '', true);
      const batch = await plan();
      expect(batch.leads).toEqual(entries.slice(1));
      await store.leads.setSpam(siteId, leads[1]?.id ?? '', true);
      await store.sheets.settleBatch(batch.id, { state: 'delivered' });
      expect(leads.map(({ id }) => store.leads.get(siteId, id)?.syncStatus)).toEqual(['skipped', 'synced', 'synced']);
    });

    test('a batch under way in a book the site has left keeps no lead from its new book', async () => {
      const opened = await withBook(world);
      const { store, plan, siteId, entries } = opened;
      const ids = entries.map((entry) => entry.leadId);
      const old = await plan();
      await store.sheets.settleBatch(old.id, { state: 'ambiguous', error: 'no answer' });
      await store.sheets.setTarget(siteId, { ...GOOGLE, book: 'spreadsheet-2' });
      expect(pendingIn(opened)).toEqual([]);
      expect(pendingIn(opened, 'spreadsheet-2')).toEqual(ids);
      const tab = await store.sheets.addTab({
        ...{ siteId, book: 'spreadsheet-2', formId: store.forms.list(siteId)[0]?.id ?? '', sheetId: 1, title: 'API' },
        ...{ state: 'ready' as const, columns: [] },
      });
      const batch = await plan(
        ids.map((leadId) => ({ leadId, tabId: tab.id })),
        'spreadsheet-2',
      );
      await store.sheets.settleBatch(batch.id, { state: 'delivered' });
      expect((await store.sheets.requeue(siteId, { which: 'ids', ids }, 10)).queued).toBe(3);
      // Back in the old book its fate is still known, and what it carried as well.
      expect(store.sheets.openBatch(BOOK)?.leads).toEqual(entries);
      await store.sheets.settleBatch(old.id, { state: 'delivered' });
      expect(store.sheets.counts(siteId)).toMatchObject({ pending: 0, synced: 3 });
    });

    test('the number of a book is only ever raised; its looks are noted', async () => {
      const { store, plan } = await withBook(world);
      await store.sheets.raiseSeq(BOOK, 50);
      await store.sheets.raiseSeq(BOOK, 7);
      await store.sheets.updateBook(BOOK, { selfTestedAt: 1, checkedAt: 2 });
      expect(store.sheets.book(BOOK)).toMatchObject({ nextSeq: 50, selfTestedAt: 1, checkedAt: 2 });
      expect(await plan()).toMatchObject({ seq: 50, guardId: 1_050 });
      expect(store.sheets.book('none')).toMatchObject({ nextSeq: 1, selfTestedAt: null });
    });

    test('pruning forgets old settled batches, never the newest delivered nor an open one', async () => {
      const { store, plan, clock, entries } = await withBook(world);
      const guards: number[] = [];
      for (const entry of entries) {
        const batch = await plan([entry]);
        guards.push(batch.guardId);
        if (entry !== entries[2]) await store.sheets.settleBatch(batch.id, { state: 'delivered' });
      }
      clock.advance(3 * 86_400_000);
      await store.prune(clock.now());
      expect(guards.map((guard) => store.sheets.batchByGuard(BOOK, guard)?.state ?? null)).toEqual([
        null,
        'delivered',
        'sending',
      ]);
      expect(store.sheets.openBatch(BOOK)?.leads).toEqual(entries.slice(2));
      expect(store.sheets.lastDelivered(BOOK)?.guardId).toBe(guards[1] ?? 0);
    });
  });
}
