import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Lead } from '../../../src/store/store.ts';
import { newLead } from '../../support/leads.ts';
import type { MakeWorld, World } from '../store.suite.ts';
import { accept, allLeads } from './accept.ts';

/** Sequences of that many steps, as many times. A failure prints the seed; LTS_TEST_SEED repeats it. */
const RUNS = 30;
const STEPS = 40;
const SEED = Number(process.env.LTS_TEST_SEED ?? 20_261_122);

const BOOK = 'spreadsheet';
const pick = fc.nat(50);
const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('accept' as const),
      form: fc.nat(2),
      count: fc.integer({ min: 1, max: 4 }),
      spam: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('spam' as const), lead: pick, spam: fc.boolean() }) },
  fc.record({ do: fc.constant('amend' as const), lead: pick }),
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('requeue' as const),
      which: fc.constantFrom('failed', 'synced', 'ids'),
      lead: pick,
      limit: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('plan' as const), limit: fc.integer({ min: 0, max: 5 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      state: fc.constantFrom('delivered', 'void', 'planned', 'ambiguous'),
    }),
  },
  fc.record({ do: fc.constant('fail' as const), lead: pick }),
  fc.record({ do: fc.constant('mark' as const), lead: pick }),
  fc.record({ do: fc.constant('local' as const), lead: pick }),
  fc.record({ do: fc.constant('remove' as const), lead: pick, rows: fc.boolean() }),
);
const alone = fc.oneof(
  fc.record({ do: fc.constant('ignore' as const), form: fc.nat(2), ignored: fc.boolean() }),
  fc.record({ do: fc.constant('sync' as const), enabled: fc.boolean() }),
  fc.record({ do: fc.constant('time' as const), ms: fc.integer({ min: -3_600_000, max: 86_400_000 }) }),
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;
type Alone = typeof alone extends fc.Arbitrary<infer T> ? T : never;
/** Up to three at once, so that they share a commit; or a change that must be told apart in time. */
const step = fc.oneof({ weight: 5, arbitrary: fc.array(action, { minLength: 1, maxLength: 3 }) }, alone);

interface Run extends World {
  /** Ids in the order their commits were answered, and whether their form was ignored then. */
  made: string[];
  cameIgnored: Map<string, boolean>;
}

async function perform(run: Run, it: Action): Promise<unknown> {
  const { store, siteId, made } = run;
  const lead = (n: number) => made[n % Math.max(1, made.length)] ?? 'sub_none';
  switch (it.do) {
    case 'accept': {
      const options = { form: `Form ${it.form}`, spamReason: it.spam ? 'x' : null };
      const ignored = store.forms.list(siteId).find((form) => form.name === options.form)?.ignored ?? false;
      const leads = await accept(
        store,
        siteId,
        ...Array.from({ length: it.count }, () => newLead({ a: '1' }, options)),
      );
      for (const { id } of leads) run.cameIgnored.set(id, ignored);
      return made.push(...leads.map(({ id }) => id));
    }
    case 'spam':
      return store.leads.setSpam(siteId, lead(it.lead), it.spam);
    case 'amend':
      return store.leads.amend(siteId, lead(it.lead), { quality: 'Good' });
    case 'requeue': {
      const syncedBefore = Number.MAX_SAFE_INTEGER;
      const ids = [lead(it.lead), lead(it.lead + 1)];
      const which =
        it.which === 'ids'
          ? { which: it.which, ids }
          : it.which === 'synced'
            ? { which: it.which, syncedBefore }
            : { which: it.which };
      return store.sheets.requeue(siteId, which, it.limit);
    }
    case 'plan': {
      const leads = store.sheets.nextLeads(siteId, BOOK, it.limit, 1e9);
      const entries = leads.map(({ id, formId }) => ({ leadId: id, tabId: `tab of ${formId}` }));
      const planned = store.sheets.planBatch({ siteId, book: BOOK, guardBase: 0, leads: entries });
      // A second open batch is refused; the others of its commit must not notice.
      return planned.catch(() => null);
    }
    case 'settle': {
      const batch = store.sheets.openBatch(BOOK);
      const outcome = it.state === 'delivered' ? { state: it.state } : { state: it.state, error: 'x' };
      return batch ? store.sheets.settleBatch(batch.id, outcome) : null;
    }
    case 'fail':
      return store.sheets.fail(siteId, lead(it.lead), 'refused');
    case 'mark':
      return store.sheets.markSynced(siteId, [lead(it.lead), lead(it.lead), lead(it.lead + 1)]);
    case 'local':
      return store.sheets.settleLocal({ siteId, tabs: [], leadIds: [lead(it.lead)] });
    case 'remove': {
      const { removed } = await store.leads.remove(siteId, [lead(it.lead), lead(it.lead + 1)], { rows: it.rows });
      for (const id of removed) made.splice(made.indexOf(id), 1);
      return removed;
    }
  }
}

async function performAlone({ store, siteId, clock }: Run, it: Alone): Promise<unknown> {
  if (it.do === 'time') return clock.setTime(clock.now() + it.ms);
  if (it.do === 'sync') return store.sites.update(siteId, { syncEnabled: it.enabled });
  const form = store.forms.list(siteId).find((each) => each.name === `Form ${it.form}`);
  return form ? store.forms.update(siteId, form.id, { ignored: it.ignored }) : null;
}

/** Every counter the store keeps, against a count of the leads themselves. */
function check({ store, siteId, made, cameIgnored }: Run): void {
  const leads = allLeads(store, siteId);
  const count = (test: (lead: Lead) => boolean) => leads.filter(test).length;
  expect(leads.map(({ id }) => id)).toEqual([...made].sort());
  const statuses = { pending: 0, synced: 0, failed: 0, skipped: 0 };
  for (const lead of leads) statuses[lead.syncStatus]++;
  expect(store.sheets.counts(siteId)).toEqual(statuses);
  expect(store.sheets.backlog().map(({ pending }) => pending)).toEqual(statuses.pending > 0 ? [statuses.pending] : []);
  for (const form of store.forms.list(siteId)) {
    const own = leads.filter((lead) => lead.formId === form.id);
    expect(form.submissionCount).toBe(own.filter((lead) => !lead.spam).length);
    expect(form.lastSubmissionAt).toBe(own.length === 0 ? null : Math.max(...own.map((lead) => lead.createdAt)));
    const kept = (spam: 'only' | 'include') => store.leads.count(siteId, { formId: form.id, spam }, 1e6);
    expect([kept('only'), kept('include')]).toEqual([own.filter((lead) => lead.spam).length, own.length]);
  }
  expect(store.leads.count(siteId, { spam: 'exclude' }, 1e6)).toBe(count((lead) => !lead.spam));
  for (const month of new Set(leads.map((lead) => new Date(lead.createdAt).toISOString().slice(0, 7)))) {
    const own = leads.filter((lead) => new Date(lead.createdAt).toISOString().startsWith(month));
    const kind = (lead: Lead) => (lead.spam ? 'spam' : cameIgnored.get(lead.id) ? 'ignored' : 'submissions');
    const usage = { month, submissions: 0, spam: 0, ignored: 0 };
    for (const lead of own) usage[kind(lead)]++;
    expect(store.sites.usage(siteId, Date.parse(`${month}-15T00:00:00Z`))).toEqual(usage);
  }
  const inBatch = new Set(store.sheets.openBatch(BOOK)?.leads.map(({ leadId }) => leadId));
  const waiting = leads.filter((lead) => lead.syncStatus === 'pending' && !inBatch.has(lead.id));
  expect(store.sheets.nextLeads(siteId, BOOK, 1e6, 1e9).map(({ id }) => id)).toEqual(waiting.map(({ id }) => id));
}

export function describeCounters(world: MakeWorld): void {
  describe('counters', () => {
    test('always equal a count of the leads, whatever is done, in whatever order and at once', async () => {
      const property = fc.asyncProperty(fc.array(step, { minLength: STEPS / 2, maxLength: STEPS }), async (steps) => {
        const opened = await world();
        await opened.store.sheets.setTarget(opened.siteId, {
          ...{ kind: 'google', book: BOOK, connectionId: null, title: null, url: null },
        });
        const run: Run = { ...opened, made: [], cameIgnored: new Map() };
        for (const each of steps) {
          if (Array.isArray(each)) await Promise.all(each.map((it) => perform(run, it)));
          else await performAlone(run, each);
          check(run);
        }
        await run.store.close();
        const reopened = await run.again();
        check({ ...run, store: reopened });
        await reopened.close();
      });
      await fc.assert(property, { numRuns: RUNS, seed: SEED });
    }, 120_000);
  });
}
