import { describe, expect, test } from 'bun:test';
import { emptyBody } from '../../../src/store/lead-body.ts';
import { newLead } from '../../support/leads.ts';
import type { MakeWorld } from '../store.suite.ts';
import { accept, allLeads, created } from './accept.ts';

const HOUR = 3_600_000;

export function describeLeads(world: MakeWorld): void {
  describe('leads', () => {
    test('what a sender gave comes back as it was, byte for byte', async () => {
      const { store, siteId, again } = await world();
      const fields = {
        'Ünïcode 😀': '\u0000\u2028\ud83d\ude00 "quoted" \\',
        n: 1e21,
        no: false,
        nil: null,
        list: [1, 'a'],
      };
      const body = { page_url: 'https://a.example/?q=1', metadata: { deep: { er: [1] } } };
      const [lead] = await accept(store, siteId, newLead(fields, { body, submittedAt: 1_234 }));
      expect(lead?.body).toEqual({ ...emptyBody(), ...body, fields });
      const reopened = await again();
      expect(reopened.leads.get(siteId, lead?.id ?? '')).toEqual(lead ?? null);
      expect(lead?.submittedAt).toBe(1_234);
      await reopened.close();
    });

    test('ids and times are strictly in the order of commits, whatever the clock does', async () => {
      const { store, siteId, clock, again } = await world();
      const made: { id: string; createdAt: number }[] = [];
      const add = async (to = store) => made.push(...(await accept(to, siteId, newLead({ a: '1' }))));
      for (const back of [0, 1, 999, 1_000, 59_000, 61_000, HOUR, 24 * HOUR]) {
        await add();
        clock.setTime(clock.now() - back);
        await add();
        await add();
      }
      await store.close();
      // A start after the clock was set back goes on where the data ends.
      const reopened = await again();
      await add(reopened);
      clock.advance(48 * HOUR);
      await add(reopened);
      expect(made.at(-1)?.createdAt).toBe(clock.now());
      const ids = made.map((lead) => lead.id);
      expect(ids).toEqual([...ids].sort());
      const times = made.map((lead) => lead.createdAt);
      expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
      expect(allLeads(reopened, siteId).map((lead) => lead.id)).toEqual(ids);
      await reopened.close();
    });

    test('a key is remembered for 24 hours, per site, and then forgotten', async () => {
      const { store, siteId, clock } = await world();
      const other = await store.sites.create({ name: 'Other' });
      const send = (site: string, bodyHash = 'h') =>
        store.leads.accept({
          siteId: site,
          items: [{ lead: newLead({ a: '1' }) }],
          idempotency: { key: 'k', bodyHash },
        });
      const first = await send(siteId);
      expect(first.kind).toBe('accepted');
      expect((await send(other.id, 'other')).kind).toBe('accepted');
      clock.advance(24 * HOUR - 10);
      await store.prune(clock.now());
      expect((await send(siteId)).kind).toBe('replayed');
      expect((await send(siteId, 'other')).kind).toBe('key_reused');
      clock.advance(20);
      expect((await send(siteId, 'other')).kind).toBe('accepted');
      clock.advance(24 * HOUR + 10);
      await store.prune(clock.now());
      expect((await send(siteId)).kind).toBe('accepted');
      expect(allLeads(store, siteId)).toHaveLength(3);
    });

    test('a replay shows each item as it was answered, and the leads as they are now', async () => {
      const { store, siteId } = await world();
      const refused = { code: 'validation_error', message: 'no', details: [{ path: '/fields', message: 'x' }] };
      const request = {
        siteId,
        items: [
          { refused },
          { lead: newLead({ a: '1' }) },
          { lead: { ...newLead({ a: '2' }), form: { by: 'id' as const, id: 'frm_none' } } },
        ],
        idempotency: { key: 'k', bodyHash: 'h' },
      };
      const [lead] = created(await store.leads.accept(request));
      await store.leads.amend(siteId, lead?.id ?? '', { quality: 'Good' });
      const replay = await store.leads.accept(request);
      expect(replay).toEqual({
        kind: 'replayed',
        results: [
          { status: 'refused', refused },
          { status: 'created', lead: { ...(lead ?? expect.anything()), quality: 'Good' } as never },
          { status: 'unknown_form' },
        ],
      });
    });

    test('a request that created nothing is not remembered', async () => {
      const { store, siteId } = await world();
      const refused = { code: 'validation_error', message: 'no', details: [] };
      const send = (items: ({ refused: typeof refused } | { lead: ReturnType<typeof newLead> })[], bodyHash: string) =>
        store.leads.accept({ siteId, items, idempotency: { key: 'k', bodyHash } });
      expect((await send([{ refused }], 'bad')).kind).toBe('accepted');
      expect((await send([{ lead: newLead({ a: '1' }) }], 'mended')).kind).toBe('accepted');
    });

    test('another site’s lead is not there, for reading and for changing', async () => {
      const { store, siteId } = await world();
      const other = await store.sites.create({ name: 'Other' });
      const [lead] = await accept(store, siteId, newLead({ a: '1' }));
      const id = lead?.id ?? '';
      expect(store.leads.get(other.id, id)).toBeNull();
      expect(await store.leads.amend(other.id, id, { quality: 'Bad' })).toBeNull();
      expect(await store.leads.setSpam(other.id, id, true)).toBeNull();
      expect(store.leads.get(siteId, id)).toEqual(lead ?? null);
    });

    test('a judgement and a quality are kept apart from what the sender gave, and can be taken back', async () => {
      const { store, siteId } = await world();
      const [lead] = await accept(store, siteId, newLead({ a: '1' }));
      const id = lead?.id ?? '';
      const judgement = { score: 'hot' as const, score_reason: 'r', summary: 's', enrichment: null };
      await store.leads.amend(siteId, id, { quality: 'Good' });
      expect(await store.leads.amend(siteId, id, { judgement })).toMatchObject({ quality: 'Good', judgement });
      expect(await store.leads.amend(siteId, id, { quality: null })).toMatchObject({ quality: null, judgement });
      expect(store.leads.get(siteId, id)?.body).toEqual(lead?.body ?? emptyBody());
      const filter = { spam: 'include', score: 'hot' } as const;
      expect(store.leads.count(siteId, filter, 10)).toBe(1);
    });

    test('spam leaves the queue and comes back to it; a row that stands keeps its place', async () => {
      const { store, siteId } = await world();
      const [a, b] = await accept(store, siteId, newLead({ a: '1' }), newLead({ a: '2' }));
      if (!a || !b) throw new Error('two leads were stored');
      const status = async (id: string, spam: boolean) => (await store.leads.setSpam(siteId, id, spam))?.syncStatus;
      expect(await status(a.id, true)).toBe('skipped');
      expect(await status(a.id, false)).toBe('pending');
      await store.sheets.markSynced(siteId, [b.id]);
      expect(await status(b.id, true)).toBe('synced');
      expect(await status(b.id, false)).toBe('synced');
      await store.sheets.fail(siteId, a.id, 'refused');
      expect(await store.leads.setSpam(siteId, a.id, true)).toMatchObject({ syncStatus: 'skipped', syncProblem: null });
      await store.sites.update(siteId, { syncEnabled: false });
      expect(await status(a.id, false)).toBe('skipped');
      expect(await store.leads.setSpam(siteId, 'sub_none', true)).toBeNull();
    });

    test('a lead says why it is taken for spam, and nothing once it is not', async () => {
      const { store, siteId } = await world();
      const [lead] = await accept(store, siteId, newLead({ a: '1' }, { spamReason: 'three links' }));
      const id = lead?.id ?? '';
      expect(lead).toMatchObject({ spam: true, spamReason: 'three links' });
      expect(store.leads.get(siteId, id)).toEqual(lead ?? null);
      expect(await store.leads.setSpam(siteId, id, false)).toMatchObject({ spam: false, spamReason: null });
      expect(await store.leads.setSpam(siteId, id, true)).toMatchObject({ spamReason: 'marked by hand' });
    });

    test('lists and counts agree for every filter, in both orders and by cursor', async () => {
      const { store, siteId, clock } = await world();
      for (let i = 0; i < 6; i++) {
        const body = { utm_source: i % 2 ? 'news' : null, utm_campaign: i % 3 ? 'autumn' : null };
        const spamReason = i === 5 ? 'x' : null;
        await accept(store, siteId, newLead({ i: `${i}` }, { form: i < 3 ? 'A' : 'B', spamReason, body }));
        clock.advance(HOUR);
      }
      const all = allLeads(store, siteId);
      await store.sheets.markSynced(siteId, [all[0]?.id ?? '']);
      await store.sheets.fail(siteId, all[1]?.id ?? '', 'no');
      const [a, b] = store.forms.list(siteId);
      const third = all[2]?.createdAt ?? 0;
      const cases: [filter: object, expected: number[]][] = [
        [{}, [0, 1, 2, 3, 4]],
        [{ spam: 'include' }, [0, 1, 2, 3, 4, 5]],
        [{ spam: 'only' }, [5]],
        [{ formId: a?.id }, [0, 1, 2]],
        [{ formId: b?.id, spam: 'only' }, [5]],
        [{ syncStatus: 'pending' }, [2, 3, 4]],
        [{ syncStatus: 'pending', formId: b?.id }, [3, 4]],
        [{ syncStatus: 'synced' }, [0]],
        [{ syncStatus: 'failed' }, [1]],
        [{ syncStatus: 'skipped', spam: 'include' }, [5]],
        [{ source: 'rest_api' }, [0, 1, 2, 3, 4]],
        [{ source: 'mcp' }, []],
        [{ utmSource: 'news' }, [1, 3]],
        [{ utmCampaign: 'autumn', formId: a?.id }, [1, 2]],
        [{ createdFrom: third }, [2, 3, 4]],
        [{ createdFrom: third + 1 }, [3, 4]],
        [{ createdBefore: third }, [0, 1]],
        [{ score: 'hot' }, []],
      ];
      for (const [part, expected] of cases) {
        const filter = { spam: 'exclude' as const, ...part };
        const ids = expected.map((i) => all[i]?.id ?? '');
        const list = (newestFirst: boolean, offset: number, afterId?: string) =>
          store.leads
            .list(siteId, { filter, newestFirst, limit: 10, offset, ...(afterId ? { afterId } : {}) })
            .map((lead) => lead.id);
        expect(list(false, 0)).toEqual(ids);
        expect(list(true, 0)).toEqual([...ids].reverse());
        expect(list(false, 1)).toEqual(ids.slice(1));
        if (ids[0]) expect(list(false, 0, ids[0])).toEqual(ids.slice(1));
        expect(store.leads.count(siteId, filter, 100)).toBe(ids.length);
      }
      expect(store.leads.count(siteId, { spam: 'exclude', source: 'rest_api' }, 3)).toBe(4);
    });
  });
}
