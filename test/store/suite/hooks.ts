import { describe, expect, test } from 'bun:test';
import { CALL_MEMORY_MS, type HookCall, KEPT_CALLS, type NewHook, SEEN_MEMORY_MS } from '../../../src/store/hooks.ts';
import { newLead } from '../../support/leads.ts';
import type { MakeWorld } from '../store.suite.ts';
import { created } from './accept.ts';

const input = (siteId: string, more: Partial<NewHook> = {}): NewHook => ({
  siteId,
  kind: 'webhook',
  name: 'Shop',
  tokenHash: 'hash-1',
  tokenSealed: 'sealed',
  mapping: { rows: [{ field: 'Email', path: 'data.email' }], rest: true },
  settings: { check: { type: 'none' }, eventHeader: null, eventPath: 'id' },
  secrets: { secret: 'sealed too' },
  active: true,
  ...more,
});

const callOf = (hookId: string, at: number, more: Partial<HookCall> = {}): HookCall => ({
  id: `call_${String(at).padStart(6, '0')}`,
  hookId,
  at,
  method: 'POST',
  headers: [['content-type', 'application/json']],
  body: '{"a":1}',
  bytes: 7,
  verified: true,
  outcome: 'taken',
  message: 'One lead.',
  leadIds: ['sub_1'],
  ...more,
});

export function describeHooks(world: MakeWorld): void {
  describe('hooks', () => {
    async function withHook() {
      const made = await world();
      return { ...made, hooks: made.store.hooks, hook: await made.store.hooks.create(input(made.siteId)) };
    }

    test('a hook is kept as it was made, found by its token, and changed, each part alone', async () => {
      const { hooks, siteId, hook, again } = await withHook();
      expect(hook).toMatchObject({ ...input(siteId), lastCallAt: null });
      expect(hook.id).toMatch(/^hook_/);
      expect(hooks.findByToken('hash-1')).toEqual(hook);
      expect(hooks.findByToken('hash-2')).toBeNull();
      let expected = hook;
      for (const change of [
        { name: 'Orders' },
        { mapping: { rows: [], rest: false } },
        { settings: { check: { type: 'basic', username: 'x' } as const, eventHeader: 'X-Id', eventPath: null } },
        { secrets: {} },
        { active: false },
      ]) {
        expected = { ...expected, ...change };
        expect(await hooks.update(siteId, hook.id, change)).toEqual(expected);
        expect(hooks.get(siteId, hook.id)).toEqual(expected);
        expect(hooks.byId(hook.id)).toEqual(expected);
      }
      const other = await again();
      expect(other.hooks.list(siteId)).toEqual([expected]);
      await other.close();
    });

    test('another site’s hook is not there', async () => {
      const { store, hooks, hook } = await withHook();
      const { id } = await store.sites.create({ name: 'Other' });
      expect(hooks.get(id, hook.id)).toBeNull();
      expect(await hooks.update(id, hook.id, { name: 'mine' })).toBeNull();
      expect(await hooks.remove(id, hook.id)).toBe(false);
      expect(hooks.list(id)).toEqual([]);
      expect(hooks.byId(hook.id)?.name).toBe('Shop');
    });

    test('the last calls are kept, newest first; one that is sent again gets its new outcome', async () => {
      const { hooks, hook, siteId } = await withHook();
      for (let at = 1; at <= KEPT_CALLS + 3; at++) await hooks.note(callOf(hook.id, at), []);
      const calls = hooks.calls(hook.id);
      expect(calls.map(({ at }) => at)).toEqual(Array.from({ length: KEPT_CALLS }, (_, i) => KEPT_CALLS + 3 - i));
      expect(calls[0]).toEqual(callOf(hook.id, KEPT_CALLS + 3));
      expect(hooks.get(siteId, hook.id)?.lastCallAt).toBe(KEPT_CALLS + 3);
      const refused = callOf(hook.id, 100, { outcome: 'refused', leadIds: [], body: null });
      await hooks.note(refused, []);
      await hooks.note({ ...refused, outcome: 'taken', message: 'Now.', leadIds: ['sub_9'], verified: false }, []);
      expect(hooks.call(hook.id, refused.id)).toEqual({
        ...refused,
        outcome: 'taken',
        message: 'Now.',
        leadIds: ['sub_9'],
      });
      expect(hooks.call('hook_other', refused.id)).toBeNull();
    });

    test('what came once is known, for its hook alone, with what it made first; calls and marks are forgotten in time', async () => {
      const { store, hooks, hook, siteId, clock } = await withHook();
      const now = clock.now();
      await hooks.note(callOf(hook.id, now), [{ mark: 'm', leadIds: ['sub_1'] }]);
      await hooks.note(callOf(hook.id, now + 1), [{ mark: 'm', leadIds: [] }]);
      expect(hooks.seen(hook.id, 'm')).toEqual(['sub_1']);
      expect(hooks.seen(hook.id, 'n')).toBeNull();
      const second = await hooks.create(input(siteId, { tokenHash: 'hash-2' }));
      expect(hooks.seen(second.id, 'm')).toBeNull();
      await store.prune(now + CALL_MEMORY_MS - 10);
      expect(hooks.calls(hook.id)).toHaveLength(2);
      await store.prune(now + CALL_MEMORY_MS + 10);
      expect(hooks.calls(hook.id)).toEqual([]);
      expect(hooks.seen(hook.id, 'm')).toEqual(['sub_1']);
      await store.prune(now + SEEN_MEMORY_MS + 60_000);
      expect(hooks.seen(hook.id, 'm')).toBeNull();
    });

    test('a deleted hook takes its calls, marks and events along; a call that ends after that is kept nowhere', async () => {
      const { hooks, hook, siteId, clock } = await withHook();
      await hooks.note(callOf(hook.id, 1), [{ mark: 'm', leadIds: [] }]);
      await hooks.keepEvents(hook.id, [{ id: 'e', detail: {} }]);
      expect(await hooks.remove(siteId, hook.id)).toBe(true);
      await hooks.note(callOf(hook.id, 2), [{ mark: 'm', leadIds: [] }]);
      await hooks.keepEvents(hook.id, [{ id: 'e', detail: {} }]);
      expect([hooks.findByToken('hash-1'), hooks.seen(hook.id, 'm')]).toEqual([null, null]);
      expect([hooks.calls(hook.id), hooks.dueEvents(clock.now() + 1e9, 10)]).toEqual([[], []]);
    });

    test('a deleted lead takes the calls along that say what it said', async () => {
      const { store, hooks, hook, siteId } = await withHook();
      const items = [{ lead: newLead({ a: '1' }) }, { lead: newLead({ a: '2' }) }];
      const made = created(await store.leads.accept({ siteId, items, idempotency: null }));
      const [gone = '', kept = ''] = made.map(({ id }) => id);
      await hooks.note(callOf(hook.id, 1, { leadIds: [gone] }), []);
      await hooks.note(callOf(hook.id, 2, { leadIds: [kept] }), []);
      await store.leads.remove(siteId, [gone], { rows: false });
      expect(hooks.calls(hook.id).map(({ at }) => at)).toEqual([2]);
    });

    test('what is to be fetched waits its turn, once, whatever happens to the server', async () => {
      const { hooks, hook, clock, again } = await withHook();
      await hooks.keepEvents(hook.id, [
        { id: 'a', detail: { form: '1' } },
        { id: 'b', detail: {} },
      ]);
      await hooks.keepEvents(hook.id, [{ id: 'a', detail: { form: '2' } }]);
      const now = clock.now() + 1_000;
      expect(hooks.dueEvents(now, 10).map(({ id, attempts }) => [id, attempts])).toEqual([
        ['a', 0],
        ['b', 0],
      ]);
      await hooks.postponeEvent(hook.id, 'a', now + 5_000, 'no answer');
      expect(hooks.dueEvents(now, 10).map(({ id }) => id)).toEqual(['b']);
      expect(hooks.waiting(hook.id)).toEqual({ count: 2, problem: 'no answer' });
      const other = await again();
      expect(other.hooks.dueEvents(now + 5_000, 10)).toMatchObject([
        { id: 'b' },
        { id: 'a', detail: { form: '1' }, attempts: 1, problem: 'no answer' },
      ]);
      expect(other.hooks.dueEvents(now + 5_000, 1)).toHaveLength(1);
      await other.close();
      await hooks.dropEvent(hook.id, 'b');
      expect(hooks.waiting(hook.id).count).toBe(1);
    });
  });
}
