import { describe, expect, test } from 'bun:test';
import type { Store } from '../../../src/store/store.ts';
import { newLead } from '../../support/leads.ts';
import type { MakeWorld } from '../store.suite.ts';
import { accept, allLeads, created } from './accept.ts';

const ROWS = { rows: true } as const;
const many = (n: number, form = 'API') => Array.from({ length: n }, (_, i) => newLead({ n: `${i}` }, { form }));
const removals = (store: Store, book: string) => store.sheets.nextRemovals(book, 100).map(({ leadId }) => leadId);

export function describeLeadRemoval(world: MakeWorld): void {
  describe('deleting leads', () => {
    test('they are gone from everything that shows or counts them, and the others stay', async () => {
      const { store, siteId, clock } = await world();
      const [a, b, spam] = await accept(store, siteId, ...many(2), newLead({ n: 's' }, { spamReason: 'x' }));
      const ids = [a, b, spam].map((lead) => lead?.id ?? '');
      await store.sheets.markSynced(siteId, [ids[0] ?? '']);
      await store.leads.amend(siteId, ids[0] ?? '', { quality: 'Good' });
      expect(await store.leads.remove(siteId, [ids[2] ?? '', ids[0] ?? '', ids[0] ?? ''], ROWS)).toEqual({
        removed: [ids[0] ?? '', ids[2] ?? ''],
      });
      expect(allLeads(store, siteId).map(({ id }) => id)).toEqual([ids[1] ?? '']);
      expect(store.leads.get(siteId, ids[0] ?? '')).toBeNull();
      expect(store.sheets.counts(siteId)).toEqual({ pending: 1, synced: 0, failed: 0, skipped: 0 });
      expect(store.sites.usage(siteId, clock.now())).toMatchObject({ submissions: 1, spam: 0, ignored: 0 });
      expect(store.sheets.nextUpdates(siteId, 10)).toEqual([]);
      expect(await store.leads.remove(siteId, ids.slice(0, 1), ROWS)).toEqual({ removed: [] });
    });

    test('the form says when its last lead came that is left, and nothing when none is', async () => {
      const { store, siteId, clock } = await world();
      const [first] = await accept(store, siteId, ...many(1));
      clock.advance(5_000);
      const [second] = await accept(store, siteId, ...many(1));
      const last = () => store.forms.list(siteId)[0]?.lastSubmissionAt;
      await store.leads.remove(siteId, [second?.id ?? ''], ROWS);
      expect(last()).toBe(first?.createdAt ?? 0);
      await store.leads.remove(siteId, [first?.id ?? ''], ROWS);
      expect(last()).toBeNull();
      expect(store.forms.list(siteId)[0]?.submissionCount).toBe(0);
    });

    test('a lead is uncounted as what it was counted as, whatever its form is now', async () => {
      const { store, siteId, clock } = await world();
      const [before] = await accept(store, siteId, ...many(1));
      await store.forms.update(siteId, before?.formId ?? '', { ignored: true });
      const [ignored] = await accept(store, siteId, ...many(1));
      await store.forms.update(siteId, before?.formId ?? '', { ignored: false });
      await store.leads.remove(siteId, [ignored?.id ?? ''], ROWS);
      expect(store.sites.usage(siteId, clock.now())).toMatchObject({ submissions: 1, ignored: 0 });
      await store.leads.remove(siteId, [before?.id ?? ''], ROWS);
      expect(store.sites.usage(siteId, clock.now())).toMatchObject({ submissions: 0, ignored: 0 });
    });

    test('another site’s lead is not there', async () => {
      const { store, siteId } = await world();
      const other = await store.sites.create({ name: 'Other' });
      const [theirs] = await accept(store, other.id, newLead({ Email: 'alice@example.com' }));
      expect(await store.leads.remove(siteId, [theirs?.id ?? ''], ROWS)).toEqual({ removed: [] });
      expect(await store.leads.idsByEmail(siteId, 'alice@example.com')).toEqual([]);
      expect(store.leads.get(other.id, theirs?.id ?? '')).not.toBeNull();
    });

    test('rows are taken out of every book that may have them, if that is asked for', async () => {
      const { store, siteId } = await world();
      const [kept, a, b] = await accept(store, siteId, ...many(3));
      const tab = { siteId, formId: a?.formId ?? '', sheetId: 1, title: 'API', state: 'ready', columns: [] } as const;
      await store.sheets.addTab({ ...tab, book: `local:${siteId}` });
      const target = { kind: 'google', book: 'sheet', connectionId: null, title: null, url: null } as const;
      await store.sheets.setTarget(siteId, target);
      await store.leads.remove(siteId, [kept?.id ?? ''], { rows: false });
      expect(store.sheets.hasChores('sheet')).toBe(false);
      const gone = [a?.id ?? '', b?.id ?? ''];
      await store.leads.remove(siteId, gone, ROWS);
      expect(removals(store, 'sheet')).toEqual(gone);
      expect(removals(store, `local:${siteId}`)).toEqual(gone);
      expect(store.sheets.removalCounts(siteId)).toEqual({ here: 2, elsewhere: 2 });
      expect(store.sheets.hasChores('sheet')).toBe(true);
      const [first] = store.sheets.nextRemovals('sheet', 1);
      expect(first).toEqual({ book: 'sheet', siteId, leadId: gone[0] ?? '', formId: a?.formId ?? '' });
      await store.sheets.settleRemovals('sheet', gone);
      expect(store.sheets.removalCounts(siteId)).toEqual({ here: 0, elsewhere: 2 });
      expect(store.sheets.hasChores('sheet')).toBe(false);
    });

    test.each(['delivered', 'void', 'planned', 'ambiguous'] as const)(
      'a lead in an open batch: the batch is %s as if nothing were, and its row goes afterwards',
      async (state) => {
        const { store, siteId } = await world();
        const target = { kind: 'google', book: 'sheet', connectionId: null, title: null, url: null } as const;
        await store.sheets.setTarget(siteId, target);
        const [a, b] = await accept(store, siteId, ...many(2));
        const leads = [a, b].map((lead) => ({ leadId: lead?.id ?? '', tabId: 'tab' }));
        const batch = await store.sheets.planBatch({ siteId, book: 'sheet', guardBase: 0, leads });
        await store.leads.remove(siteId, [a?.id ?? ''], ROWS);
        await store.sheets.settleBatch(batch.id, state === 'delivered' ? { state } : { state, error: 'x' });
        const synced = state === 'delivered' ? 1 : 0;
        expect(store.sheets.counts(siteId)).toEqual({ pending: 1 - synced, synced, failed: 0, skipped: 0 });
        expect(store.sheets.openBatch('sheet')?.leads.length ?? 0).toBe(
          state === 'planned' || state === 'ambiguous' ? 2 : 0,
        );
        expect(removals(store, 'sheet')).toEqual([a?.id ?? '']);
        expect(store.sheets.nextLeads(siteId, 'sheet', 10, 1e9).map(({ id }) => id)).toEqual(
          state === 'void' ? [b?.id ?? ''] : [],
        );
      },
    );

    test('a request that is replayed is told that its lead is gone; its other leads are shown', async () => {
      const { store, siteId } = await world();
      const items = [...many(2).map((lead) => ({ lead })), { refused: { code: 'x', message: 'no', details: [] } }];
      const request = { siteId, items, idempotency: { key: 'k', bodyHash: 'h' } };
      const [a, b] = created(await store.leads.accept(request));
      await store.leads.remove(siteId, [a?.id ?? ''], ROWS);
      const again = await store.leads.accept(request);
      expect(again).toMatchObject({
        kind: 'replayed',
        results: [
          { status: 'refused', refused: { code: 'not_found' } },
          { status: 'created', lead: { id: b?.id ?? '' } },
          { status: 'refused', refused: { code: 'x' } },
        ],
      });
      expect(allLeads(store, siteId)).toHaveLength(1);
    });

    test('by e-mail: in any field, alone or in a list, whatever the case and the blanks; nothing but the address', async () => {
      const { store, siteId } = await world();
      const fields = [
        { Email: ' Alice@Example.com\n' },
        { Contact: ['bob@example.com', 'ALICE@EXAMPLE.COM'] },
        { Email: 'xalice@example.com' },
        { Text: 'write to alice@example.com' },
        { Email: 'alice_example.com' },
        { 'alice@example.com': 'yes' },
        { Email: 'ÄLICE@exämple.com' },
      ];
      const ids = (await accept(store, siteId, ...fields.map((each) => newLead(each)))).map(({ id }) => id);
      expect(await store.leads.idsByEmail(siteId, 'alice@example.COM ')).toEqual(ids.slice(0, 2));
      expect(await store.leads.idsByEmail(siteId, 'älice@exÄmple.com'.normalize('NFD'))).toEqual(ids.slice(6));
      expect(await store.leads.idsByEmail(siteId, 'alice%example.com')).toEqual([]);
      expect(await store.leads.idsByEmail(siteId, ' ')).toEqual([]);
    });

    test('by e-mail: found however many leads there are', async () => {
      const { store, siteId } = await world();
      const wanted: string[] = [];
      for (let round = 0; round < 5; round++) {
        const leads = many(999).concat(newLead({ Email: 'alice@example.com' }));
        const last = (await accept(store, siteId, ...leads)).find((lead) => 'Email' in lead.body.fields);
        wanted.push(last?.id ?? '');
      }
      expect(await store.leads.idsByEmail(siteId, 'alice@example.com')).toEqual(wanted);
    });
  });
}
