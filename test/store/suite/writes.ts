import { describe, expect, test } from 'bun:test';
import { newLead } from '../../support/leads.ts';
import type { MakeWorld } from '../store.suite.ts';
import { accept, allLeads } from './accept.ts';

export function describeWrites(world: MakeWorld): void {
  describe('writes', () => {
    test('what is asked for at once is committed together: far fewer commits than requests', async () => {
      const { store, siteId, commits } = await world();
      const before = commits();
      const requests = Array.from({ length: 200 }, (_, i) => accept(store, siteId, newLead({ n: `${i}` })));
      expect((await Promise.all(requests)).flat()).toHaveLength(200);
      const taken = commits() - before;
      expect(taken).toBeGreaterThan(0);
      expect(taken).toBeLessThanOrEqual(4);
    });

    test('one that can not be done takes no other of its commit down, and leaves nothing behind', async () => {
      const { store, siteId } = await world();
      const form = (name: string) => newLead({ [name]: '1' }, { form: name });
      const good = [accept(store, siteId, form('A')), store.sites.update(siteId, { name: 'Laden' })];
      const bad = [
        store.leads.accept({ siteId: 'site_none', items: [{ lead: form('Bad') }], idempotency: null }),
        store.sheets.addTab({ ...TAB, siteId, formId: 'frm_none' }),
      ];
      const later = [accept(store, siteId, form('B'), form('A'))];
      const outcomes = await Promise.allSettled([...good, ...bad, ...later]);
      expect(outcomes.map(({ status }) => status)).toEqual([
        'fulfilled',
        'fulfilled',
        'rejected',
        'rejected',
        'fulfilled',
      ]);
      const forms = store.forms.list(siteId).sort((a, b) => a.name.localeCompare(b.name));
      expect(forms.map((each) => [each.name, each.submissionCount, each.fields])).toEqual([
        ['A', 2, ['A']],
        ['B', 1, ['B']],
      ]);
      expect(store.sites.get(siteId)?.name).toBe('Laden');
      expect(store.sheets.counts(siteId)).toEqual({ pending: 3, synced: 0, failed: 0, skipped: 0 });
      expect(store.sites.list()).toHaveLength(1);
    });

    test('closing finishes what was asked for; afterwards everything is refused as unavailable', async () => {
      const { store, siteId, again } = await world();
      const asked = Array.from({ length: 20 }, () => accept(store, siteId, newLead({ a: '1' })));
      const closed = store.close();
      expect((await Promise.all(asked)).flat()).toHaveLength(20);
      await closed;
      const writes = [
        () => accept(store, siteId, newLead({ a: '1' })),
        () => store.sites.create({ name: 'x' }),
        () => store.sheets.resume(siteId),
        () => store.prune(0),
      ];
      for (const write of writes) await expect(write()).rejects.toMatchObject({ code: 'unavailable' });
      const reopened = await again();
      expect(allLeads(reopened, siteId)).toHaveLength(20);
      await reopened.close();
    });

    test('another process’s writes are seen at the next look, and at the next write without one', async () => {
      const { store, siteId, again } = await world();
      const key = await store.keys.create(KEY(siteId));
      store.keys.findByHash('h');
      const other = await again();
      await other.sites.update(siteId, { name: 'Renamed' });
      await other.keys.revoke(key.id);
      const [theirs] = await accept(other, siteId, newLead({ a: '1' }, { form: 'Theirs' }));
      expect(store.refresh()).toBe(true);
      expect(store.refresh()).toBe(false);
      expect(store.sites.get(siteId)?.name).toBe('Renamed');
      expect(store.keys.findByHash('h')?.key.revokedAt).not.toBeNull();
      expect(store.leads.get(siteId, theirs?.id ?? '')).toEqual(theirs ?? null);

      await other.forms.update(siteId, theirs?.formId ?? '', { name: 'Now', sheet_tab: 'Ours' });
      await other.sites.update(siteId, { syncEnabled: false });
      // No refresh in between: the turn itself looks.
      const mine = await accept(
        store,
        siteId,
        newLead({ a: '2' }, { form: 'now' }),
        newLead({ a: '3' }, { form: 'Ours' }),
      );
      expect(mine.map((lead) => [lead.formName, lead.syncStatus])).toEqual([
        ['Now', 'skipped'],
        ['Ours', 'skipped'],
      ]);
      expect(store.forms.list(siteId).map((form) => form.sheetTab)).toEqual(['Ours', 'Ours (2)']);
      await other.close();
    });

    test('what another process wrote is told once, also when a commit of one’s own was the first to see it', async () => {
      const { store, siteId, again } = await world();
      const other = await again();
      store.refresh();
      await other.sites.update(siteId, { name: 'Renamed there' });
      await store.setNotice('untrusted_proxy', '127.0.0.1');
      expect(store.sites.get(siteId)?.name).toBe('Renamed there');
      expect([store.refresh(), store.refresh()]).toEqual([true, false]);
      await store.setNotice('untrusted_proxy', null);
      expect(store.refresh()).toBe(false);
      await other.close();
    });

    test('leads of two processes are in one order, though the clock of one is behind', async () => {
      const { store, siteId, again, clock } = await world();
      const other = await again();
      const made: string[] = [];
      for (let i = 0; i < 10; i++) {
        clock.setTime(clock.now() + (i % 2 ? 5_000 : -5_000));
        for (const lead of await accept(i % 2 ? store : other, siteId, newLead({ n: `${i}` }))) made.push(lead.id);
      }
      expect(made).toEqual([...made].sort());
      await other.close();
    });

    test('health tells the size, the queue and that all is well', async () => {
      const { store, siteId } = await world();
      const asked = accept(store, siteId, newLead({ a: '1' }));
      expect(store.health()).toMatchObject({ writable: true, migrated: true, queued: 1 });
      await asked;
      expect(store.health().queued).toBe(0);
      expect(store.health().bytes).toBeGreaterThan(4_096);
    });
  });
}

const TAB = { book: 'b', sheetId: 1, title: 'T', state: 'ready', columns: [] } as const;
const KEY = (siteId: string) => ({ siteId, name: 'k', prefix: 'lts_', hash: 'h', scopes: [], expiresAt: null });
