import { expect, test } from 'bun:test';
import type { Judgement } from '../../src/store/store.ts';
import type { UserAction } from '../support/google/control-types.ts';
import { Bench } from './google-harness.ts';

/** Values that come after the row. The user's hands get in between the look and the write. */

async function withRows(n: number) {
  const bench = await Bench.start();
  const leads = await bench.acceptAll(
    Array.from({ length: n }, (_, i) => ({ Email: `lead${i}@example.com` })),
    { form: 'Contact' },
  );
  await bench.drain();
  return { bench, leads };
}

/** Does something in the sheet just before the next write of single cells is applied. */
function beforeWrite(bench: Bench, action: UserAction) {
  const { hands } = bench.google.world;
  const original = hands.beforeCall.bind(hands);
  hands.beforeCall = (call) => {
    if (call.requests.includes('updateCells')) {
      hands.beforeCall = original;
      bench.user(action);
    }
    original(call);
  };
}

const scored = (reason: string) => ({
  judgement: { score: 'hot' as const, score_reason: reason, summary: 'S', enrichment: null },
});

test('a sort between look and write: the value ends in its own row, and what it fell upon comes back', async () => {
  const { bench, leads } = await withRows(4);
  const [first, , , last] = leads;
  bench.user({ type: 'editCell', tab: 'Contact', row: 4, column: 's:quality', value: 'Mine' });
  beforeWrite(bench, { type: 'sort', tab: 'Contact', column: 'f:Email', descending: true });
  await bench.store.leads.amend(bench.site.id, first?.id ?? '', { quality: 'Good' });
  await bench.drain();
  const quality = new Map(
    bench.column('s:lead_id', 'Contact').map((id, n) => [id, bench.column('s:quality', 'Contact')[n]]),
  );
  expect(quality.get(first?.id ?? '')).toBe('Good');
  expect(quality.get(last?.id ?? '')).toBe('Mine');
  expect([...quality.values()].filter((text) => text === 'Good')).toHaveLength(1);
});

test('a row of theirs that a value fell into is put right again', async () => {
  const { bench, leads } = await withRows(2);
  bench.user({ type: 'typeUnderLastRow', tab: 'Contact', values: ['their own words'] });
  const target = leads[0]?.id ?? '';
  beforeWrite(bench, { type: 'sort', tab: 'Contact', column: 's:quality', descending: false });
  await bench.store.leads.amend(bench.site.id, target, { quality: 'Good' });
  await bench.drain();
  const rows = bench.rows('Contact');
  expect(rows.filter((row) => row[0] === 'their own words')).toHaveLength(1);
  expect(bench.column('s:quality', 'Contact').filter((text) => text === 'Good')).toHaveLength(1);
});

test.each([
  ['moved', { type: 'moveColumn', tab: 'Contact', column: 'f:Email', to: 8 }],
  ['inserted', { type: 'insertColumn', tab: 'Contact', at: 1, header: 'Theirs' }],
] as [string, UserAction][])(
  'a column %s between look and write: nothing stays beside its column',
  async (_, action) => {
    const { bench, leads } = await withRows(3);
    bench.user({ type: 'insertColumn', tab: 'Contact', at: 5, header: 'Notes' });
    bench.user({ type: 'editCell', tab: 'Contact', row: 2, column: 'Notes', value: 'call on Monday' });
    const before = bench.rows('Contact').map((row) => row.filter((cell) => cell !== '').sort());
    beforeWrite(bench, action);
    await bench.store.leads.amend(bench.site.id, leads[1]?.id ?? '', scored('because'));
    await bench.drain();
    expect(bench.column('s:score_reason', 'Contact')).toEqual(['Lead Score Reason', '', 'because', '']);
    expect(bench.column('s:score', 'Contact')).toEqual(['Lead Score', '', 'hot', '']);
    const after = bench.rows('Contact').map((row) => row.filter((cell) => cell !== '').sort());
    expect(after[2]).toEqual([...(before[2] ?? []), 'because', 'hot', 'S'].sort());
    expect([after[1], after[3]]).toEqual([before[1], before[3]]);
  },
);

/** Three rows, of which the last landed one column beside, because one was inserted just before it was written. */
async function withStrayRow(judgement: Judgement | null = null, at = 1) {
  const { bench, leads } = await withRows(2);
  const { hands } = bench.google.world;
  const original = hands.beforeCall.bind(hands);
  hands.beforeCall = (call) => {
    if (call.requests.includes('appendCells')) {
      hands.beforeCall = original;
      bench.user({ type: 'insertColumn', tab: 'Contact', at, header: 'Theirs' });
    }
    original(call);
  };
  const lead = await bench.accept({ Email: 'stray@example.com', Name: 'Alice' }, { form: 'Contact' });
  if (judgement) await bench.store.leads.amend(bench.site.id, lead.id, { judgement });
  const backup = `${bench.path}.before`;
  bench.backup(backup);
  await bench.flush();
  await bench.advance(5_000);
  const ids = [...leads, lead].map((each) => each.id);
  const row = bench.rows('Contact')[3] ?? [];
  expect(row[bench.rows('Contact')[0]?.indexOf('Lead ID') ?? -1]).not.toBe(lead.id);
  return { bench, ids, at: row.indexOf(lead.id), backup };
}

async function inOrder(bench: Bench, ids: readonly string[], emails: readonly string[]) {
  await bench.drain();
  expect(bench.ids('Contact')).toEqual([...ids]);
  expect(bench.column('f:Email', 'Contact')).toEqual(['Email', ...emails]);
  expect(bench.column('f:Name', 'Contact').at(-1)).toBe('Alice');
  const theirs = bench.rows('Contact')[0]?.indexOf('Theirs') ?? -1;
  const words = bench.rows('Contact').map((row) => row[theirs]);
  expect(words.filter((text) => text !== '' && text !== 'Mine')).toEqual(['Theirs']);
  const count = bench.rows('Contact').flat();
  for (const id of ids) expect(count.filter((text) => text === id)).toHaveLength(1);
}

const EMAILS = ['lead0@example.com', 'lead1@example.com', 'stray@example.com'];

test('a row that landed beside its columns is put right', async () => {
  const { bench, ids } = await withStrayRow();
  await inOrder(bench, ids, EMAILS);
});

test('a value that changes while it stands in a column of theirs is taken out of it all the same', async () => {
  const { bench, ids } = await withStrayRow({ score: 'hot', enrichment: null, score_reason: null, summary: null }, 5);
  await bench.flush();
  const unscored = { score: null, enrichment: null, score_reason: null, summary: null };
  await bench.store.leads.amend(bench.site.id, ids[2] ?? '', { judgement: unscored });
  await inOrder(bench, ids, EMAILS);
  expect(bench.rows('Contact').flat()).not.toContain('hot');
});

test('values that change after the row was sent and before it is found astray: the new ones stand where they belong', async () => {
  const judgement = { score: 'hot' as const, enrichment: null, score_reason: 'First', summary: null };
  const { bench, ids } = await withStrayRow(judgement, 5);
  const later = { ...judgement, score: null, score_reason: 'Second' };
  await bench.store.leads.amend(bench.site.id, ids[2] ?? '', { judgement: later });
  await inOrder(bench, ids, EMAILS);
  expect(bench.column('s:score', 'Contact')[3]).toBe('');
  expect(bench.column('s:score_reason', 'Contact')[3]).toBe('Second');
  expect(bench.rows('Contact').flat()).not.toContain('First');
});

test.each(['before it is settled', 'before it is mended'])(
  'its Lead ID is typed over %s: the row is known by its other values, and the word stays',
  async (when) => {
    const { bench, ids, at } = await withStrayRow();
    if (when === 'before it is mended') await bench.flush();
    bench.user({ type: 'editCell', tab: 'Contact', row: 3, column: at, value: 'Mine' });
    // Values that are not in the sheet yet don't make the row another one.
    await bench.store.leads.amend(bench.site.id, ids[2] ?? '', enriched('Example Ltd'));
    await inOrder(bench, ids, EMAILS);
    expect(bench.rows('Contact')[3]?.[at]).toBe('Mine');
  },
);

test('a row is deleted just before it is mended: what is written below it goes, and nothing deleted comes back', async () => {
  const { bench, ids } = await withStrayRow();
  beforeWrite(bench, { type: 'deleteRow', tab: 'Contact', row: 1 });
  await inOrder(bench, ids.slice(1), EMAILS.slice(1));
});

test('a sort just before it is mended: the row it was taken for is itself again', async () => {
  const { bench, ids } = await withStrayRow();
  beforeWrite(bench, { type: 'sort', tab: 'Contact', column: 's:submitted_at', descending: true });
  await bench.drain();
  expect(new Set(bench.ids('Contact'))).toEqual(new Set(ids));
  const emails = new Map(
    bench.column('s:lead_id', 'Contact').map((id, n) => [id, bench.column('f:Email', 'Contact')[n]]),
  );
  expect(ids.map((id) => emails.get(id))).toEqual(EMAILS);
});

test.each([0, 3])(
  'the database is set back after %d steps: the row is not sent again, and put right',
  async (steps) => {
    const { bench, ids, backup } = await withStrayRow();
    for (let n = 0; n < steps; n++) {
      await bench.flush();
      await bench.advance(5_000);
    }
    await bench.reopen(backup, 'inst02abc');
    await inOrder(bench, ids, EMAILS);
  },
);

test('a row that was deleted is left alone, and the update leaves the queue', async () => {
  const { bench, leads } = await withRows(2);
  bench.user({ type: 'deleteRow', tab: 'Contact', row: 1 });
  await bench.store.leads.amend(bench.site.id, leads[0]?.id ?? '', { quality: 'Good' });
  await bench.drain();
  expect(bench.ids('Contact')).toEqual([leads[1]?.id ?? '']);
  expect(bench.column('s:quality', 'Contact')).not.toContain('Good');
  expect(bench.store.sheets.nextUpdates(bench.site.id, 10)).toEqual([]);
});

test("the team's own quality stays when the AI speaks, and gives way to a change made in the UI", async () => {
  const { bench, leads } = await withRows(1);
  const id = leads[0]?.id ?? '';
  bench.user({ type: 'editCell', tab: 'Contact', row: 1, column: 's:quality', value: 'Ours' });
  await bench.store.leads.amend(bench.site.id, id, scored('because'));
  await bench.drain();
  expect(bench.column('s:quality', 'Contact')).toEqual(['Lead Quality', 'Ours']);
  await bench.store.leads.amend(bench.site.id, id, { quality: 'From the UI' });
  await bench.drain();
  expect(bench.column('s:quality', 'Contact')).toEqual(['Lead Quality', 'From the UI']);
});

const enriched = (company: string) => ({
  judgement: {
    ...scored('because').judgement,
    enrichment: { ...NOBODY, company },
  },
});
const NOBODY = {
  match_confidence: 0.5,
  company: null,
  job_title: null,
  linkedin_url: null,
  industry: null,
  company_size: null,
  country: null,
};

test('what somebody wrote into a column of ours stays; what we wrote there gives way', async () => {
  const { bench, leads } = await withRows(2);
  const [first, second] = leads.map((lead) => lead.id);
  bench.user({ type: 'editCell', tab: 'Contact', row: 1, column: 's:company', value: 'They know better' });
  for (const id of [first, second]) await bench.store.leads.amend(bench.site.id, id ?? '', enriched('Guess Ltd'));
  await bench.drain();
  expect(bench.column('s:company', 'Contact')).toEqual(['Company', 'They know better', 'Guess Ltd']);
  for (const id of [first, second]) await bench.store.leads.amend(bench.site.id, id ?? '', enriched('Example Ltd'));
  await bench.store.leads.amend(bench.site.id, second ?? '', enriched('Example Inc'));
  await bench.reopen();
  await bench.drain();
  expect(bench.column('s:company', 'Contact')).toEqual(['Company', 'They know better', 'Example Inc']);
  for (const id of [first, second]) await bench.store.leads.amend(bench.site.id, id ?? '', scored('because'));
  bench.user({ type: 'editCell', tab: 'Contact', row: 2, column: 's:match_confidence', value: 'sure' });
  await bench.drain();
  expect(bench.column('s:company', 'Contact')).toEqual(['Company', 'They know better', '']);
  expect(bench.column('s:match_confidence', 'Contact')).toEqual(['Match Confidence', '', 'sure']);
  expect(bench.store.sheets.nextUpdates(bench.site.id, 10)).toEqual([]);
});

test('an answer that gets lost is never repeated by place: the send is voided, and the cells are read again', async () => {
  const { bench, leads } = await withRows(3);
  await bench.store.leads.amend(bench.site.id, leads[1]?.id ?? '', { quality: 'Good' });
  bench.google.world.faults.add([{ match: { kind: 'batchUpdate' }, fault: { kind: 'lateApply', end: 'release' } }]);
  await bench.flush();
  bench.user({ type: 'sort', tab: 'Contact', column: 'f:Email', descending: true });
  await bench.advance(5_000);
  await bench.drain();
  expect(bench.control<{ applied: boolean }[]>('releaseLate')).toMatchObject([{ applied: false }]);
  const n = bench.column('s:lead_id', 'Contact').indexOf(leads[1]?.id ?? '');
  expect(bench.column('s:quality', 'Contact')).toEqual(
    ['Lead Quality', '', '', ''].map((text, row) => (row === n ? 'Good' : text)),
  );
});

test('killed after a write that fell beside: the next process puts back what it fell upon', async () => {
  const { bench, leads } = await withRows(4);
  const [first, , , last] = leads.map((lead) => lead.id);
  bench.user({ type: 'editCell', tab: 'Contact', row: 4, column: 's:quality', value: 'Mine' });
  beforeWrite(bench, { type: 'sort', tab: 'Contact', column: 'f:Email', descending: true });
  await bench.store.leads.amend(bench.site.id, first ?? '', { quality: 'Good' });
  await bench.flush();
  expect(bench.column('s:quality', 'Contact')).toEqual(['Lead Quality', 'Good', '', '', '']);
  await bench.reopen();
  await bench.drain();
  expect(bench.column('s:lead_id', 'Contact').indexOf(last ?? '')).toBe(1);
  expect(bench.column('s:quality', 'Contact')).toEqual(['Lead Quality', 'Mine', '', '', 'Good']);
  expect(bench.store.sheets.journal(bench.book)).toBeNull();
});

test('what another instance wrote down is of another time, and is not put back', async () => {
  const { bench, leads } = await withRows(2);
  await bench.store.leads.amend(bench.site.id, leads[0]?.id ?? '', { quality: 'Good' });
  await bench.flush();
  bench.user({ type: 'editCell', tab: 'Contact', row: 1, column: 's:quality', value: '' });
  bench.user({ type: 'editCell', tab: 'Contact', row: 2, column: 's:quality', value: 'Good' });
  await bench.reopen(null, 'inst02abc');
  await bench.drain();
  expect(bench.column('s:quality', 'Contact')).toEqual(['Lead Quality', 'Good', 'Good']);
});

test('a large tab is read in parts: a value still ends in its own row, and a sort is undone', async () => {
  const bench = await Bench.start({ limits: { blockRows: 3 } });
  const all = Array.from({ length: 20 }, (_, i) => ({ Email: `lead${String(i).padStart(2, '0')}@example.com` }));
  const leads = await bench.acceptAll(all, { form: 'Contact' });
  await bench.drain();
  bench.user({ type: 'editCell', tab: 'Contact', row: 20, column: 's:quality', value: 'Mine' });
  beforeWrite(bench, { type: 'sort', tab: 'Contact', column: 'f:Email', descending: true });
  await bench.store.leads.amend(bench.site.id, leads[0]?.id ?? '', { quality: 'Good' });
  await bench.store.leads.amend(bench.site.id, leads[10]?.id ?? '', scored('because'));
  await bench.drain();
  const shown = bench.column('s:lead_id', 'Contact').map((id, n) => [id, bench.column('s:quality', 'Contact')[n]]);
  expect(shown[1]).toEqual([leads[19]?.id ?? '', 'Mine']);
  expect(shown[20]).toEqual([leads[0]?.id ?? '', 'Good']);
  expect(shown.slice(2, 20).every(([, quality]) => quality === '')).toBe(true);
  expect(bench.column('s:score_reason', 'Contact').filter((text) => text === 'because')).toHaveLength(1);
  expect(bench.column('s:score_reason', 'Contact')[10]).toBe('because');
});

test('a protected tab holds its updates back until it is open again', async () => {
  const { bench, leads } = await withRows(1);
  bench.user({ type: 'protect', tab: 'Contact' });
  await bench.store.leads.amend(bench.site.id, leads[0]?.id ?? '', { quality: 'Good' });
  await bench.drain();
  expect(bench.store.sheets.nextUpdates(bench.site.id, 10)).toHaveLength(1);
  bench.user({ type: 'unprotect', tab: 'Contact' });
  await bench.advance(3_600_000);
  await bench.drain();
  expect(bench.column('s:quality', 'Contact')).toEqual(['Lead Quality', 'Good']);
});
