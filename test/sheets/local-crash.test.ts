import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import {
  appendFileSync,
  copyFileSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Lead } from '../../src/store/store.ts';
import { type LocalHarness, localHarness } from './local-harness.ts';
import { add, cellIn, column, flushAll, idsOf, siteTarget, sortedIds } from './target.suite.ts';

let h: LocalHarness;
beforeEach(async () => {
  h = await localHarness();
});
afterEach(() => h.close());

const warnings = () => h.events.map(({ event }) => event);
const temporary = () => h.files().filter((file) => file.endsWith('.tmp'));

/** Flushes once and dies before the rows are settled: they stand in the file beyond what is committed. */
async function flushAndDie(): Promise<void> {
  h.faults.failNext('settleLocal');
  await expect(h.driver.flush(siteTarget(h))).rejects.toThrow('settleLocal');
}

describe('a write cut short', () => {
  // Every length from nothing to all of it would be slow; these hit each kind of place.
  for (const share of [0, 0.01, 0.3, 0.5, 0.77, 0.99, 1]) {
    for (const first of [true, false]) {
      test(`after ${share * 100} % of its bytes, ${first ? 'the file being new' : 'rows being there'}: each lead once`, async () => {
        const leads = first ? [] : await add(h, 'Contact', { n: '1' });
        await flushAll(h);
        leads.push(...(await add(h, 'Contact', { n: 'a\r\nb,"c"' }, { n: '😀' }, { n: '3' })));
        await flushAndDie();
        const path = h.path('Contact');
        const { length } = h.tab('Contact');
        truncateSync(path, length + Math.floor((statSync(path).size - length) * share));
        await h.restart();
        expect(statSync(path).size).toBe(length);
        await flushAll(h);
        expect(idsOf(await h.readTab('Contact'))).toEqual(sortedIds(leads));
        expect(h.files()).toEqual(['Contact.csv']);
        expect(warnings()).toEqual([]);
      });
    }
  }

  test('and filled with zeros by a power cut: each lead once', async () => {
    const leads = await add(h, 'Contact', { n: '1' });
    await flushAll(h);
    appendFileSync(h.path('Contact'), Buffer.alloc(4096));
    await h.restart();
    leads.push(...(await add(h, 'Contact', { n: '2' })));
    await flushAll(h);
    expect(idsOf(await h.readTab('Contact'))).toEqual(sortedIds(leads));
    expect(h.files()).toEqual(['Contact.csv']);
  });

  test('and not restarted, the database having refused: the next flush writes each lead once', async () => {
    const leads = await add(h, 'Contact', { n: '1' }, { n: '2' });
    await flushAndDie();
    await flushAll(h);
    expect(idsOf(await h.readTab('Contact'))).toEqual(sortedIds(leads));
    expect(warnings()).toEqual([]);
  });

  test('rows of leads that an older database knows nothing of are kept, not cut', async () => {
    const leads = await add(h, 'Contact', { n: '1' });
    await flushAll(h);
    const path = h.path('Contact');
    const last = readFileSync(path, 'utf8').split('\r\n').at(-2) ?? '';
    appendFileSync(path, `${last.replace(/sub_\w{4}/, 'sub_0000')}\r\n`);
    const theirs = readFileSync(path, 'utf8');
    await h.restart();
    expect(idsOf(await h.readTab('Contact'))).toEqual(sortedIds(leads));
    const kept = h.files().filter((file) => file !== 'Contact.csv');
    expect(kept.map((file) => readFileSync(join(h.folder, file), 'utf8'))).toEqual([theirs]);
  });
});

describe('a new generation', () => {
  async function rewritten(): Promise<Lead[]> {
    const leads = await add(h, 'Contact', { n: '1' });
    await flushAll(h);
    copyFileSync(h.path('Contact'), join(h.folder, 'old'));
    leads.push(...(await add(h, 'Contact', { n: '2', m: 'x' })));
    return leads;
  }

  test('committed, but not in its place: the next start puts it there', async () => {
    const leads = await rewritten();
    await flushAll(h);
    const tab = h.tab('Contact');
    renameSync(h.path('Contact'), join(h.folder, `.${tab.id}.${tab.generation}.tmp`));
    renameSync(join(h.folder, 'old'), h.path('Contact'));
    await h.restart();
    expect(h.files()).toEqual(['Contact.csv']);
    expect(idsOf(await h.readTab('Contact'))).toEqual(sortedIds(leads));
    expect(column(await h.readTab('Contact'), 'm')).toEqual(['', 'x']);
    expect(warnings()).toEqual([]);
  });

  test('not committed: the next start removes it, and the leads are written again', async () => {
    const leads = await rewritten();
    rmSync(join(h.folder, 'old'));
    await flushAndDie();
    expect(temporary()).toHaveLength(1);
    await h.restart();
    expect(temporary()).toEqual([]);
    expect(column(await h.readTab('Contact'), 'n')).toEqual(['1']);
    await flushAll(h);
    expect(idsOf(await h.readTab('Contact'))).toEqual(sortedIds(leads));
  });

  test('half-written, of a tab that is no more, or of any number: removed at the start', async () => {
    await rewritten();
    rmSync(join(h.folder, 'old'));
    for (const name of [`.${h.tab('Contact').id}.99.tmp`, '.tab_gone.1.tmp']) writeFileSync(join(h.folder, name), 'x');
    await h.restart();
    expect(h.files()).toEqual(['Contact.csv']);
  });

  test('the whole folder gone, as after a restore: the next start makes it anew from the database', async () => {
    const leads = await add(h, 'Contact', ...Array.from({ length: 1_200 }, (_, i) => ({ n: `${i}` })));
    await flushAll(h);
    await h.store.leads.amend(h.site.id, leads[7]?.id ?? '', { quality: 'Good' });
    await flushAll(h);
    const before = await h.readTab('Contact');
    rmSync(h.folder, { recursive: true });
    await h.restart();
    expect(await h.readTab('Contact')).toEqual(before);
  });
});

test('killed at any store action, with anything going on: each lead once, with its newest values', async () => {
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('add' as const), form: fc.nat(2), field: fc.nat(5) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('flush' as const),
        fail: fc.nat(6),
        cut: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('quality' as const),
        lead: fc.nat(50),
        to: fc.constantFrom('Good', 'Bad'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('rename' as const),
        form: fc.nat(2),
        to: fc.constantFrom('A', 'B', 'C', 'a'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 25 }), async (actions) => {
      const own = await localHarness();
      try {
        await playOut(own, actions);
      } finally {
        await own.close();
      }
    }),
    { numRuns: 25 },
  );
}, 120_000);

type Action =
  | { do: 'add'; form: number; field: number }
  | { do: 'flush'; fail: number; cut: number }
  | { do: 'quality'; lead: number; to: string }
  | { do: 'rename'; form: number; to: string }
  | { do: 'restart' }
  | { do: 'wait' };

async function playOut(own: LocalHarness, actions: readonly Action[]): Promise<void> {
  const leads: Lead[] = [];
  const quality = new Map<string, string>();
  for (const action of actions) {
    if (action.do === 'add') {
      leads.push(...(await add(own, `Form ${action.form}`, { n: `${leads.length}`, [`f${action.field}`]: 'x' })));
    } else if (action.do === 'quality') {
      const id = leads[action.lead]?.id;
      if (id) {
        await own.store.leads.amend(own.site.id, id, { quality: action.to });
        quality.set(id, action.to);
      }
    } else if (action.do === 'rename') {
      const form = own.store.forms.list(own.site.id)[action.form];
      if (form) await own.store.forms.update(own.site.id, form.id, { sheet_tab: action.to });
    } else if (action.do === 'wait') own.clock.advance(60_000);
    else if (action.do === 'restart') await own.restart();
    else await flushWithFault(own, action);
  }
  await flushAll(own);
  for (const form of own.store.forms.list(own.site.id)) {
    const rows = await own.readTab(form.name);
    const expected = leads.filter((lead) => lead.formId === form.id);
    expect(idsOf(rows)).toEqual(sortedIds(expected));
    for (const lead of expected) {
      expect(cellIn(rows, lead.id, 'Lead Quality')).toBe(quality.get(lead.id) ?? '');
      expect(cellIn(rows, lead.id, 'n')).toBe(String(lead.body.fields.n));
    }
  }
  expect(own.events.filter(({ event }) => event === 'sheet.local.rebuilt')).toEqual([]);
  expect(own.files().filter((file) => file.endsWith('.tmp'))).toEqual([]);
}

/** A flush whose n-th store action fails; what it left beyond the committed bytes is torn; then a new start. */
async function flushWithFault(own: LocalHarness, { fail, cut }: { fail: number; cut: number }): Promise<void> {
  let left = fail;
  own.faults.failWhen(() => left-- === 0);
  const died = await own.driver.flush(siteTarget(own)).then(
    () => false,
    () => true,
  );
  own.faults.failWhen(null);
  if (!died) return;
  for (const tab of own.store.sheets.tabs(siteTarget(own).target.book)) {
    const path = join(own.folder, `${tab.title}.csv`);
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size > tab.length) truncateSync(path, tab.length + Math.floor((size - tab.length) * cut));
  }
  await own.restart();
}
