import { describe, expect, test } from 'bun:test';
import { backoffMs } from '../../src/lib/backoff.ts';
import type { FlushOutcome } from '../../src/sheets/target.ts';
import { settle } from '../support/clock.ts';
import { IDLE, later, paused, problem, retry, syncHarness, wrote } from './sync-harness.ts';

const MINUTE = 60_000;

describe('when a flush starts', () => {
  test('two seconds after the first row, however many follow it', async () => {
    const { leads, pass, callTimes, siteId, store } = await syncHarness();
    await leads(siteId, 1);
    await pass(1_500);
    await leads(siteId, 1);
    await pass(499);
    expect(callTimes(siteId)).toEqual([]);
    await pass(1);
    expect(callTimes(siteId)[0]).toBe(2_000);
    expect(store.sheets.counts(siteId)).toMatchObject({ pending: 0, synced: 2 });
  });

  test('at once when 500 rows wait, and not for 499', async () => {
    const { leads, pass, callTimes, siteId } = await syncHarness();
    await leads(siteId, 499);
    await pass(100);
    expect(callTimes(siteId)).toEqual([]);
    await leads(siteId, 1);
    await pass(0);
    expect(callTimes(siteId)[0]).toBe(100);
  });

  test('a backlog goes on at once, batch after batch, at the pace the driver asks for', async () => {
    const { leads, pass, script, callTimes, siteId } = await syncHarness();
    script(siteId, wrote(1_000, 1_000), wrote(1_000, 1_000), wrote(1_000, 0));
    await leads(siteId, 600);
    await pass(10_000);
    // The fourth writes the rows, the fifth finds nothing more.
    expect(callTimes(siteId)).toEqual([0, 1_000, 2_000, 2_000, 2_000]);
  });

  test('a flush rests while leads keep coming, and goes on at once when they stop', async () => {
    const resting: FlushOutcome = { kind: 'wrote', rows: 1_000, cells: 0, notBeforeMs: 0, restMs: 5_000 };
    const { leads, pass, script, callTimes, siteId } = await syncHarness();
    const slow = later<FlushOutcome>();
    script(siteId, slow.promise, resting, wrote(1));
    await leads(siteId, 600);
    await pass(0);
    await leads(siteId, 600);
    slow.resolve(resting);
    await pass(4_999);
    expect(callTimes(siteId)).toEqual([0]);
    await pass(1);
    // Nobody came during the second one: the third follows it.
    expect(callTimes(siteId).slice(0, 3)).toEqual([0, 5_000, 5_000]);
  });

  test('rows that come in during a flush wait no longer than two seconds from when they came', async () => {
    const { leads, pass, script, callTimes, siteId, store } = await syncHarness();
    const slow = later<FlushOutcome>();
    script(siteId, slow.promise);
    await leads(siteId, 500);
    await pass(0);
    await store.sheets.markSynced(
      siteId,
      store.sheets.nextLeads(siteId, `local:${siteId}`, 1_000, 1e9).map((lead) => lead.id),
    );
    await pass(1_000);
    await leads(siteId, 1);
    await pass(500);
    slow.resolve(wrote(500));
    await pass(1_499);
    expect(callTimes(siteId)).toEqual([0]);
    await pass(1);
    expect(callTimes(siteId)[1]).toBe(3_000);
  });

  test('never twice at once for a site, whatever wakes it', async () => {
    const { leads, pass, script, sync, siteId, calls, mostAtOnce } = await syncHarness();
    const slow = later<FlushOutcome>();
    script(siteId, slow.promise);
    await leads(siteId, 500);
    await pass(0);
    for (let i = 0; i < 20; i++) {
      await leads(siteId, 500);
      sync.sweep();
      await pass(3_000);
    }
    expect(calls).toHaveLength(1);
    slow.resolve(wrote(500));
    await pass(1);
    expect(calls.length).toBeGreaterThan(1);
    expect(mostAtOnce()).toBe(1);
  });

  test('the sweep finds a site that has nothing but rows to take out', async () => {
    const { leads, pass, sync, siteId, store, calls } = await syncHarness();
    await leads(siteId, 1);
    await pass(3_000);
    const before = calls.length;
    sync.sweep();
    await pass(0);
    expect(calls).toHaveLength(before);
    const [lead] = store.leads.list(siteId, { filter: { spam: 'include' }, newestFirst: true, limit: 1, offset: 0 });
    await store.leads.remove(siteId, [lead?.id ?? ''], { rows: true });
    sync.sweep();
    await pass(0);
    expect(calls).toHaveLength(before + 1);
  });

  test('a lost wake-up is found by the sweep', async () => {
    const { leadsUnnoticed, pass, sync, siteId, store, calls } = await syncHarness();
    await leadsUnnoticed(siteId, 3);
    await pass(10 * MINUTE);
    expect(calls).toEqual([]);
    sync.sweep();
    await pass(0);
    expect(store.sheets.counts(siteId).pending).toBe(0);
  });

  test('with nothing to do nobody is asked, and no timer is left behind', async () => {
    const { leads, pass, sync, siteId, calls, clock } = await syncHarness();
    await leads(siteId, 1);
    await pass(MINUTE);
    const before = calls.length;
    for (let i = 0; i < 12; i++) {
      sync.sweep();
      await pass(5 * MINUTE);
    }
    expect(calls).toHaveLength(before);
    expect(clock.pending).toBe(0);
  });

  test('a driver that can write only later is asked again then', async () => {
    const { leads, pass, script, siteId, callTimes } = await syncHarness();
    script(siteId, { kind: 'idle', wakeMs: 40_000 });
    await leads(siteId, 1);
    await pass(41_999);
    expect(callTimes(siteId)).toEqual([2_000]);
    await pass(1);
    expect(callTimes(siteId)[1]).toBe(42_000);
  });

  test('a site whose sync is switched off is left alone until it is switched on', async () => {
    const { leads, pass, sync, siteId, store, calls } = await syncHarness();
    await leads(siteId, 1);
    await store.sites.update(siteId, { syncEnabled: false });
    await pass(MINUTE);
    expect(calls).toEqual([]);
    await store.sites.update(siteId, { syncEnabled: true });
    sync.sweep();
    await pass(0);
    expect(store.sheets.counts(siteId).synced).toBe(1);
  });
});

describe('trouble that passes by itself', () => {
  test('is retried for ever by the capped backoff, which rows and sweeps do not shorten', async () => {
    const { leads, pass, script, sync, siteId, callTimes, clock, store } = await syncHarness();
    script(siteId, ...Array.from({ length: 13 }, () => retry()));
    await leads(siteId, 1);
    await pass(2_000);
    for (let i = 0; i < 40; i++) {
      await leads(siteId, 500);
      sync.sweep();
      await pass(MINUTE);
    }
    const times = callTimes(siteId).slice(0, 14);
    const waits = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(waits).toEqual(Array.from({ length: 13 }, (_, i) => backoffMs(i + 1, () => 0)));
    expect(waits.at(-1)).toBe(300_000);
    expect(store.sheets.counts(siteId).pending).toBe(0);
    expect(store.sheets.target(siteId).trouble).toBeNull();
    expect(clock.pending).toBe(0);
  });

  test('is shown while it lasts and gone with the first flush that works', async () => {
    const { leads, pass, script, siteId, store } = await syncHarness();
    script(siteId, retry('google_down'), retry('google_down'));
    await leads(siteId, 1);
    await pass(2_000);
    expect(store.sheets.target(siteId)).toMatchObject({ status: 'ok', trouble: { code: 'google_down' } });
    await pass(10_000);
    expect(store.sheets.target(siteId).trouble).toBeNull();
  });

  test('a wait that Google names is kept to, at least a second, and makes no later wait longer', async () => {
    const { leads, pass, script, siteId, callTimes } = await syncHarness();
    script(siteId, retry('quota', 45_000), retry('quota', 0), retry('quota', 45_000), retry('google_down'), IDLE);
    await leads(siteId, 1);
    await pass(5 * MINUTE);
    expect(callTimes(siteId)).toEqual([2_000, 47_000, 48_000, 93_000, 94_000]);
  });

  test('a driver that throws is a fault of ours: retried like any trouble, and no other site notices', async () => {
    const { leads, pass, script, siteId, store } = await syncHarness();
    const other = await store.sites.create({ name: 'Other' });
    script(siteId, new Error('boom'), new Error('boom'));
    await leads(siteId, 1);
    await leads(other.id, 1);
    await pass(2_000);
    expect(store.sheets.target(siteId).trouble).toMatchObject({ code: 'fault', technical: 'boom' });
    expect(store.sheets.counts(other.id)).toMatchObject({ pending: 0, synced: 1 });
    await pass(10_000);
    expect(store.sheets.counts(siteId)).toMatchObject({ pending: 0, synced: 1 });
  });

  test('a sheet that hangs, and one that is refused, delay no other site', async () => {
    const { leads, pass, script, siteId, store, callTimes } = await syncHarness();
    const [refused, healthy] = [await store.sites.create({ name: 'B' }), await store.sites.create({ name: 'C' })];
    script(siteId, later<FlushOutcome>().promise);
    script(refused.id, paused());
    for (const id of [siteId, refused.id, healthy.id]) await leads(id, 1);
    await pass(2_000);
    expect(callTimes(healthy.id)[0]).toBe(2_000);
    expect(store.sheets.counts(healthy.id).synced).toBe(1);
  });

  test('a store that can not note what came of a flush stops nothing: it is tried again', async () => {
    let failing = true;
    const { leads, pass, script, siteId, store, callTimes } = await syncHarness({
      wrap(real) {
        const sheets = new Proxy(real.sheets, {
          get(target, name, receiver) {
            const value: unknown = Reflect.get(target, name, receiver);
            const fails = failing && (name === 'noteTrouble' || name === 'pause');
            return fails ? () => Promise.reject(new Error('disk full')) : value;
          },
        });
        return { ...real, sheets };
      },
    });
    script(siteId, retry(), paused(), retry());
    await leads(siteId, 1);
    await pass(20_000);
    expect(callTimes(siteId).length).toBeGreaterThanOrEqual(3);
    failing = false;
    await pass(5 * MINUTE);
    expect(store.sheets.counts(siteId)).toMatchObject({ pending: 0, synced: 1 });
  });
});

describe('what needs a person', () => {
  test('pauses the site: one incident, no flush by wakes or sweeps, and one word when it is over', async () => {
    const { leads, pass, script, sync, siteId, callTimes, incidents, store } = await syncHarness();
    script(siteId, paused('not_shared', 30 * MINUTE), paused('trashed', 30 * MINUTE));
    await leads(siteId, 1);
    await pass(2_000);
    expect(store.sheets.target(siteId)).toMatchObject({ status: 'paused', problem: { code: 'not_shared' } });
    for (let i = 0; i < 5; i++) {
      await leads(siteId, 500);
      sync.sweep();
      await pass(5 * MINUTE);
    }
    expect(callTimes(siteId)).toEqual([2_000]);
    await pass(5 * MINUTE);
    // Looked at again exactly when due; what is wrong has changed, and that is no new incident.
    expect(callTimes(siteId)[1]).toBe(2_000 + 30 * MINUTE);
    expect(store.sheets.target(siteId).problem?.code).toBe('trashed');
    expect(incidents).toEqual([{ siteId, code: 'not_shared', tab: null }]);
    await pass(31 * MINUTE);
    expect(store.sheets.target(siteId)).toMatchObject({ status: 'ok', problem: null, pausedAt: null });
    expect(store.sheets.counts(siteId).pending).toBe(0);
    expect(incidents.slice(1)).toEqual([{ siteId, code: null, tab: null }]);
  });

  test('without a recheck it waits until asked: retryNow looks at once and goes on', async () => {
    const { leads, pass, script, sync, siteId, calls, incidents, clock, store } = await syncHarness();
    script(siteId, paused('key_revoked', null));
    await leads(siteId, 1);
    await pass(2_000);
    sync.sweep();
    await pass(7 * 24 * 60 * MINUTE);
    expect(calls).toHaveLength(1);
    expect(clock.pending).toBe(0);
    expect(await sync.retryNow(siteId)).toMatchObject({ kind: 'wrote', rows: 1 });
    await pass(MINUTE);
    expect(store.sheets.counts(siteId).synced).toBe(1);
    expect(incidents.map(({ code }) => code)).toEqual(['key_revoked', null]);
  });

  test('a pause that was there before the start is looked at by the first sweep after it is due', async () => {
    const { leadsUnnoticed, pass, sync, siteId, store, clock, callTimes } = await syncHarness();
    await leadsUnnoticed(siteId, 1);
    await store.sheets.pause(siteId, problem('not_shared'), clock.now() + 10 * MINUTE);
    sync.sweep();
    await pass(10 * MINUTE - 1);
    expect(callTimes(siteId)).toEqual([]);
    await pass(1);
    expect(callTimes(siteId)[0]).toBe(10 * MINUTE);
  });

  test('a tab that is paused in a step is one incident of its own; the book goes on', async () => {
    const { leads, pass, script, siteId, store, incidents } = await syncHarness();
    await leads(siteId, 2);
    const [form] = store.forms.list(siteId);
    const book = `local:${siteId}`;
    const tab = await store.sheets.addTab({
      siteId,
      book,
      formId: form?.id ?? '',
      sheetId: 0,
      title: 'API',
      state: 'ready',
      columns: [],
    });
    script(siteId, async () => {
      await store.sheets.updateTab(tab.id, { state: 'paused', problem: problem('no_lead_ids') });
      return { kind: 'wrote', rows: 0, cells: 0, notBeforeMs: 0, pausedTabs: [tab.id] };
    });
    await pass(2_000);
    await pass(10 * MINUTE);
    expect(incidents).toEqual([{ siteId, code: 'no_lead_ids', tab: 'API' }]);
    expect(store.sheets.target(siteId).status).toBe('ok');
    await leads(siteId, 1, 'Other');
    await pass(2_000);
    expect(store.sheets.counts(siteId)).toMatchObject({ pending: 2, synced: 1 });
  });
});

describe('exclusively', () => {
  test('no flush runs meanwhile; what came in is flushed right after', async () => {
    const { leads, pass, sync, siteId, calls, store } = await syncHarness();
    const work = later<string>();
    const result = sync.exclusively(siteId, () => work.promise);
    await leads(siteId, 500);
    sync.sweep();
    await pass(5 * MINUTE);
    expect(calls).toEqual([]);
    work.resolve('done');
    expect(await result).toBe('done');
    await pass(0);
    expect(store.sheets.counts(siteId).pending).toBe(0);
  });

  test('works of one site run one after the other, in the order they came, and never beside a flush', async () => {
    const { leads, pass, script, sync, siteId, mostAtOnce } = await syncHarness();
    const flush = later<FlushOutcome>();
    script(siteId, flush.promise);
    await leads(siteId, 500);
    await pass(0);
    const seen: string[] = [];
    let inside = 0;
    let most = 0;
    const work = (name: string) =>
      sync.exclusively(siteId, async () => {
        most = Math.max(most, ++inside);
        seen.push(name);
        await settle(2);
        inside--;
      });
    const first = ['a', 'b', 'c'].map(work);
    flush.resolve(wrote(500));
    // Asked for at every point of the turn in which the lane changes hands.
    const more: Promise<void>[] = [];
    for (let depth = 0; depth < 60; depth++) {
      await null;
      more.push(work(`later ${depth}`));
    }
    await Promise.all([...first, ...more]);
    expect(seen).toEqual(['a', 'b', 'c', ...more.map((_, depth) => `later ${depth}`)]);
    expect(most).toBe(1);
    expect(mostAtOnce()).toBe(1);
  });

  test('work that fails says so to its caller alone, and the lane is free again', async () => {
    const { leads, pass, sync, siteId, store } = await syncHarness();
    await expect(sync.exclusively(siteId, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(sync.exclusively('site_none', async () => 1)).rejects.toMatchObject({ code: 'not_found' });
    await leads(siteId, 1);
    await pass(2_000);
    expect(store.sheets.counts(siteId).synced).toBe(1);
  });
});

describe('stop', () => {
  test('waits for the flush under way and the work that waits for it, and starts nothing more', async () => {
    const { leads, pass, script, sync, siteId, calls, clock } = await syncHarness();
    const flush = later<FlushOutcome>();
    script(siteId, flush.promise);
    await leads(siteId, 500);
    await pass(0);
    const order: string[] = [];
    const work = sync.exclusively(siteId, async () => void order.push('work'));
    const stopped = sync.stop().then(() => order.push('stopped'));
    await leads(siteId, 500);
    sync.sweep();
    await pass(10 * MINUTE);
    expect(order).toEqual([]);
    flush.resolve(wrote(500));
    await Promise.all([work, stopped]);
    expect(order).toEqual(['work', 'stopped']);
    await pass(10 * MINUTE);
    expect(calls).toHaveLength(1);
    expect(clock.pending).toBe(0);
    await expect(sync.exclusively(siteId, async () => 1)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('cancels what was planned', async () => {
    const { leads, pass, sync, siteId, calls, clock } = await syncHarness();
    await leads(siteId, 1);
    await sync.stop();
    expect(clock.pending).toBe(0);
    await pass(MINUTE);
    expect(calls).toEqual([]);
  });
});
