import { describe, expect, test } from 'bun:test';
import type { FaultKind } from '../support/google/control-types.ts';
import { Bench } from './google-harness.ts';

/** google-sheets.md 5.7: every event of the table, and what has to come of it. */

const sorted = (ids: readonly string[]) => [...ids].sort();

/** A bench with a tab `Contact` that has `n` rows. */
async function withRows(n: number, options: Parameters<typeof Bench.start>[0] = {}) {
  const bench = await Bench.start(options);
  const leads = await bench.acceptAll(
    Array.from({ length: n }, (_, i) => ({ Email: `old${i}@example.com`, City: `City ${i}` })),
    { form: 'Contact' },
  );
  await bench.drain();
  return { bench, leads, ids: leads.map((lead) => lead.id) };
}

function fault(bench: Bench, kind: FaultKind, more: object = {}) {
  bench.google.world.faults.add([{ match: { kind: 'batchUpdate' }, fault: { kind, ...more } }]);
}

describe('answers that get lost', () => {
  const AFTER: FaultKind[] = ['503After', 'resetAfter', 'cutBodyAfter', 'nonJsonAfter'] as FaultKind[];
  test.each(AFTER)('%s: applied, and not sent again', async (kind) => {
    const { bench, ids } = await withRows(2);
    const lead = await bench.accept({ Email: 'new@example.com' }, { form: 'Contact' });
    fault(bench, kind);
    const outcomes = await bench.drain();
    expect(outcomes[0]?.kind).toBe('retry');
    expect(bench.ids('Contact')).toEqual([...ids, lead.id]);
    expect(bench.violations()).toEqual([]);
  });

  const BEFORE: FaultKind[] = ['500', '503', '503html', '502html', 'reset', 'refuse', '429', '401', '504'];
  test.each(BEFORE)('%s: not applied, and sent again', async (kind) => {
    const { bench, ids } = await withRows(2);
    const lead = await bench.accept({ Email: 'new@example.com' }, { form: 'Contact' });
    fault(bench, kind);
    await bench.drain({ pauseMs: 70_000 });
    expect(bench.ids('Contact')).toEqual([...ids, lead.id]);
  });

  test('applied later than the retry: the second to arrive is refused whole', async () => {
    const { bench, ids } = await withRows(2);
    const lead = await bench.accept({ Email: 'new@example.com' }, { form: 'Contact' });
    fault(bench, 'lateApply', { end: 'afterNext' });
    await bench.drain();
    expect(bench.ids('Contact')).toEqual([...ids, lead.id]);
  });

  test('applied between the look and the retry: the retry is refused, and the rows are found', async () => {
    const { bench, ids } = await withRows(2);
    const lead = await bench.accept({ Email: 'new@example.com' }, { form: 'Contact' });
    fault(bench, 'lateApply', { end: 'beforeNext' });
    await bench.drain();
    expect(bench.ids('Contact')).toEqual([...ids, lead.id]);
    expect(bench.status(lead)).toBe('synced');
  });

  test('applied an hour after the retry succeeded: refused', async () => {
    const { bench, ids } = await withRows(1);
    const lead = await bench.accept({ Email: 'new@example.com' }, { form: 'Contact' });
    fault(bench, 'lateApply', { end: 'release' });
    await bench.drain();
    await bench.advance(3_600_000);
    const late = bench.control<{ applied: boolean }[]>('releaseLate');
    expect(late).toMatchObject([{ applied: false }]);
    expect(bench.ids('Contact')).toEqual([...ids, lead.id]);
  });

  test('a set-up whose answer got lost makes one tab', async () => {
    const bench = await Bench.start();
    const lead = await bench.accept({ Email: 'a@example.com' }, { form: 'Contact' });
    fault(bench, 'lateApply', { end: 'afterNext' });
    await bench.drain();
    expect(bench.view().tabs.map((tab) => tab.title)).toEqual(['Sheet1', 'Contact']);
    expect(bench.ids('Contact')).toEqual([lead.id]);
  });

  test('killed after the send and before the commit: the guard tells the next start', async () => {
    const { bench, ids } = await withRows(1);
    const lead = await bench.accept({ Email: 'new@example.com' }, { form: 'Contact' });
    fault(bench, '503After');
    await bench.flush();
    await bench.reopen();
    await bench.drain();
    expect(bench.ids('Contact')).toEqual([...ids, lead.id]);
  });

  test('hours of 503: rows wait, nothing is lost', async () => {
    const { bench, ids } = await withRows(1);
    const leads = await bench.acceptAll([{ Email: 'b@example.com' }, { Email: 'c@example.com' }], { form: 'Contact' });
    bench.google.world.faults.add([{ times: 20, fault: { kind: '503' } }]);
    await bench.drain({ pauseMs: 300_000 });
    expect(bench.ids('Contact')).toEqual([...ids, ...leads.map((lead) => lead.id)]);
  });
});

describe("people's hands in the sheet", () => {
  test('a renamed header and a renamed tab change nothing', async () => {
    const { bench, ids } = await withRows(1);
    bench.user({ type: 'renameHeader', column: 'Email', to: 'Courriel', tab: 'Contact' });
    bench.user({ type: 'renameTab', tab: 'Contact', to: "O'Brien's leads" });
    const lead = await bench.accept({ Email: 'new@example.com' }, { form: 'Contact' });
    await bench.drain();
    expect(bench.ids("O'Brien's leads")).toEqual([...ids, lead.id]);
    expect(bench.column('f:Email', "O'Brien's leads")).toEqual(['Courriel', 'old0@example.com', 'new@example.com']);
  });

  test('moved, inserted and hidden columns: values under their headers, none in a column of theirs', async () => {
    const { bench, ids } = await withRows(1);
    bench.user({ type: 'moveColumn', column: 's:lead_id', to: 0, tab: 'Contact' });
    bench.user({ type: 'insertColumn', at: 2, header: 'Our notes', tab: 'Contact' });
    bench.user({ type: 'hideColumn', column: 'f:City', tab: 'Contact' });
    bench.user({ type: 'sort', column: 'f:Email', descending: true, tab: 'Contact' });
    const lead = await bench.accept({ Email: 'new@example.com', City: 'Oslo' }, { form: 'Contact' });
    await bench.drain();
    expect(bench.ids('Contact')).toEqual([...ids, lead.id]);
    expect(bench.column('f:City', 'Contact')).toEqual(['City', 'City 0', 'Oslo']);
    expect(bench.rows('Contact').map((row) => row[2])).toEqual(['Our notes', '', '']);
  });

  test('a move while the answer was lost: the row is mended, and nothing of ours stays in their column', async () => {
    const { bench, ids } = await withRows(1);
    const lead = await bench.accept({ Email: 'new@example.com', City: 'Oslo' }, { form: 'Contact' });
    fault(bench, 'lateApply', { end: 'release' });
    await bench.flush();
    bench.user({ type: 'insertColumn', at: 1, header: 'Theirs', tab: 'Contact' });
    bench.control('releaseLate');
    await bench.advance(5_000);
    await bench.drain();
    expect(bench.ids('Contact')).toEqual([...ids, lead.id]);
    expect(bench.column('f:Email', 'Contact')).toEqual(['Email', 'old0@example.com', 'new@example.com']);
    expect(bench.column('f:City', 'Contact')).toEqual(['City', 'City 0', 'Oslo']);
    expect(bench.rows('Contact').map((row) => row[1])).toEqual(['Theirs', '', '']);
    expect(bench.store.sheets.nextUpdates(bench.site.id, 10)).toEqual([]);
  });

  test('a column deleted by hand: the others go on, it does not come back by itself', async () => {
    const { bench, ids } = await withRows(1);
    bench.user({ type: 'deleteColumn', column: 'f:City', tab: 'Contact' });
    const lead = await bench.accept({ Email: 'new@example.com', City: 'Oslo' }, { form: 'Contact' });
    await bench.drain();
    expect(bench.ids('Contact')).toEqual([...ids, lead.id]);
    expect(bench.rows('Contact')[0]).not.toContain('City');
    const tab = bench.store.sheets.tabOfForm(bench.book, lead.formId);
    expect(tab?.columns.find((column) => column.key === 'f:City')?.state).toBe('removed');
  });

  test('the Lead ID column deleted: flushing goes on, and verify says why it cannot compare', async () => {
    const { bench } = await withRows(1);
    bench.user({ type: 'deleteColumn', column: 's:lead_id', tab: 'Contact' });
    await bench.accept({ Email: 'new@example.com' }, { form: 'Contact' });
    await bench.drain();
    expect(bench.column('f:Email', 'Contact')).toEqual(['Email', 'old0@example.com', 'new@example.com']);
    const [report] = await bench.verify();
    expect(report?.problem?.code).toBe('lead_ids_missing');
  });

  test('sorted, filtered, rows deleted and edited: no row is looked up by number, none comes back', async () => {
    const { bench, ids } = await withRows(4);
    bench.user({ type: 'sort', column: 'f:Email', descending: true, tab: 'Contact' });
    bench.user({ type: 'deleteRow', row: 1, tab: 'Contact' });
    bench.user({ type: 'editCell', row: 1, column: 'f:City', value: 'Elsewhere', tab: 'Contact' });
    bench.user({ type: 'filter', column: 'f:City', hide: ['City 1'], tab: 'Contact' });
    const lead = await bench.accept({ Email: 'new@example.com' }, { form: 'Contact' });
    await bench.drain();
    expect(sorted(bench.ids('Contact'))).toEqual(sorted([...ids.slice(0, 3), lead.id]));
    expect(bench.column('f:City', 'Contact')[1]).toBe('Elsewhere');
    const [report] = await bench.verify();
    expect(report).toMatchObject({ missing: [ids[3]], doubled: [], unknown: [] });
    await bench.drain();
    expect(bench.ids('Contact')).not.toContain(ids[3]);
  });

  test('words typed under the last row and a column of checkboxes: rows come below them', async () => {
    const { bench, ids } = await withRows(1);
    bench.user({ type: 'typeUnderLastRow', values: ['call them', null, 'ours'], gap: 2, tab: 'Contact' });
    const width = bench.tab('Contact').columnCount;
    bench.user({ type: 'insertColumn', at: width, header: 'Done', tab: 'Contact' });
    bench.user({ type: 'prefillCheckboxColumn', column: 'Done', rows: 20, tab: 'Contact' });
    const lead = await bench.accept({ Email: 'new@example.com' }, { form: 'Contact' });
    await bench.drain();
    expect(bench.ids('Contact')).toEqual([...ids, lead.id]);
    expect(bench.rows('Contact')[4]?.[0]).toBe('call them');
    expect(
      bench
        .rows('Contact')
        .slice(1, 21)
        .map((row) => row[width]),
    ).toEqual(Array(20).fill('FALSE'));
  });

  test('a duplicated tab: only our own gets rows', async () => {
    const { bench, ids } = await withRows(1);
    bench.user({ type: 'duplicateTab', tab: 'Contact', title: 'Copy' });
    const before = bench.rows('Copy');
    const lead = await bench.accept({ Email: 'new@example.com' }, { form: 'Contact' });
    await bench.drain();
    expect(bench.ids('Contact')).toEqual([...ids, lead.id]);
    expect(bench.rows('Copy')).toEqual(before);
  });

  test('a new field comes right of their own columns and overwrites none', async () => {
    const { bench } = await withRows(1);
    const width = bench.tab('Contact').columnCount;
    bench.user({ type: 'insertColumn', at: width, header: 'Theirs', tab: 'Contact' });
    bench.user({ type: 'editCell', row: 1, column: 'Theirs', value: 'keep me', tab: 'Contact' });
    await bench.accept({ Email: 'new@example.com', Budget: '10k' }, { form: 'Contact' });
    await bench.drain();
    expect(bench.rows('Contact')[0]?.slice(width)).toEqual(['Theirs', 'Budget']);
    expect(bench.rows('Contact')[1]?.[width]).toBe('keep me');
    expect(bench.column('f:Budget', 'Contact')).toEqual(['Budget', '', '10k']);
  });

  test('a tab converted to a table, merged cells and hidden rows', async () => {
    const { bench, ids } = await withRows(3);
    bench.user({ type: 'convertToTable', tab: 'Contact', name: 'Leads' });
    bench.user({ type: 'hideRows', from: 2, to: 4, tab: 'Contact' });
    const lead = await bench.accept({ Email: 'new@example.com' }, { form: 'Contact' });
    await bench.drain();
    expect(bench.ids('Contact')).toEqual([...ids, lead.id]);
  });
});

describe('tabs and files that are taken away', () => {
  test('a deleted tab: it alone is paused, the others go on, its leads wait', async () => {
    const { bench } = await withRows(1);
    bench.user({ type: 'deleteTab', tab: 'Contact' });
    const lost = await bench.accept({ Email: 'lost@example.com' }, { form: 'Contact' });
    const other = await bench.accept({ Email: 'other@example.com' }, { form: 'Other' });
    const outcomes = await bench.drain();
    expect(bench.ids('Other')).toEqual([other.id]);
    expect(bench.status(lost)).toBe('pending');
    const tab = bench.store.sheets.tabOfForm(bench.book, lost.formId);
    expect(tab).toMatchObject({ state: 'paused', problem: { code: 'tab_gone' } });
    expect(outcomes.flatMap((each) => (each.kind === 'wrote' ? (each.pausedTabs ?? []) : []))).toEqual([tab?.id ?? '']);
  });

  test('a tab deleted while its batch was ambiguous: the batch is voided, a late send of it is refused', async () => {
    const { bench } = await withRows(1);
    const mine = await bench.accept({ Email: 'mine@example.com' }, { form: 'Contact' });
    const other = await bench.accept({ Email: 'other@example.com' }, { form: 'Other' });
    await bench.flush();
    await bench.advance(5_000);
    fault(bench, 'lateApply', { end: 'release' });
    await bench.flush();
    bench.user({ type: 'deleteTab', tab: 'Contact' });
    await bench.advance(5_000);
    await bench.drain();
    expect(bench.ids('Other')).toEqual([other.id]);
    expect(bench.control<{ applied: boolean }[]>('releaseLate')).toMatchObject([{ applied: false }]);
    expect(bench.status(mine)).toBe('pending');
  });

  test('a protected tab is paused and tried again by itself; the others go on', async () => {
    const { bench, ids } = await withRows(1);
    bench.user({ type: 'protect', tab: 'Contact' });
    const held = await bench.accept({ Email: 'held@example.com' }, { form: 'Contact' });
    const other = await bench.accept({ Email: 'other@example.com' }, { form: 'Other' });
    await bench.drain();
    expect(bench.ids('Other')).toEqual([other.id]);
    const tab = bench.store.sheets.tabOfForm(bench.book, held.formId);
    expect(tab).toMatchObject({ state: 'paused', problem: { code: 'protected' } });
    expect(tab?.problem?.message).toContain(bench.email);
    await bench.advance(3_600_000);
    await bench.drain();
    expect(bench.status(held)).toBe('pending');
    bench.user({ type: 'unprotect', tab: 'Contact' });
    await bench.advance(3_600_000);
    await bench.drain();
    expect(bench.ids('Contact')).toEqual([...ids, held.id]);
  });

  test('in the trash: paused before a row is thrown away with it', async () => {
    const { bench } = await withRows(1);
    bench.user({ type: 'trash' });
    const lead = await bench.accept({ Email: 'new@example.com' }, { form: 'Contact' });
    await bench.advance(3_600_000);
    const outcomes = await bench.drain();
    expect(outcomes.at(-1)).toMatchObject({ kind: 'paused', problem: { code: 'trashed' } });
    bench.user({ type: 'untrash' });
    await bench.drain();
    expect(bench.status(lead)).toBe('synced');
  });

  test('unshared, deleted for good: paused with what to do, and the queue keeps', async () => {
    const { bench } = await withRows(1);
    bench.user({ type: 'unshare', email: bench.email });
    const lead = await bench.accept({ Email: 'new@example.com' }, { form: 'Contact' });
    const [first] = await bench.drain();
    expect(first).toMatchObject({ kind: 'paused', problem: { code: 'not_shared' } });
    bench.user({ type: 'share', email: bench.email, role: 'writer' });
    await bench.drain();
    expect(bench.status(lead)).toBe('synced');
    bench.user({ type: 'deleteForever' });
    await bench.accept({ Email: 'late@example.com' }, { form: 'Contact' });
    expect((await bench.drain()).at(-1)).toMatchObject({ kind: 'paused', problem: { code: 'not_found' } });
  });

  test('more tabs than Google takes: the form waits with a plain word, the others go on', async () => {
    const bench = await Bench.start({ limits: { tabs: 3 } });
    const leads = [];
    for (const form of ['A', 'B', 'C']) leads.push(await bench.accept({ n: form }, { form }));
    await bench.drain();
    expect(leads.map((lead) => bench.status(lead))).toEqual(['synced', 'synced', 'pending']);
    const tab = bench.store.sheets.tabOfForm(bench.book, leads[2]?.formId ?? '');
    expect(tab).toMatchObject({ state: 'paused', problem: { code: 'tabs_full' } });
    bench.user({ type: 'deleteTab', tab: 'Sheet1' });
    await bench.advance(3_600_000);
    await bench.drain();
    expect(bench.ids('C')).toEqual([leads[2]?.id ?? '']);
  });
});

describe('two memories of one sheet', () => {
  test('the database was restored from a backup: rows that are there are found, none is sent twice', async () => {
    const { bench, ids } = await withRows(2);
    const pending = await bench.accept({ Email: 'queued@example.com' }, { form: 'Contact' });
    bench.backup(`${bench.path}.copy`);
    await bench.accept({ Email: 'forgotten@example.com', Fresh: 'field' }, { form: 'Contact' });
    await bench.accept({ Email: 'other@example.com' }, { form: 'Other' });
    await bench.drain();
    const before = bench.ids('Contact');
    await bench.reopen(`${bench.path}.copy`, 'renewd123');
    expect(bench.status(pending)).toBe('pending');
    const fresh = await bench.accept({ Email: 'fresh@example.com', Fresh: 'again' }, { form: 'Contact' });
    await bench.drain();
    expect(bench.status(pending)).toBe('synced');
    expect(bench.ids('Contact')).toEqual([...before, fresh.id]);
    expect(before.slice(0, 3)).toEqual([...ids, pending.id]);
    expect(bench.column('f:Fresh', 'Contact').filter((text) => text !== '')).toEqual(['Fresh', 'field', 'again']);
    expect(bench.rows('Contact')[0]?.filter((header) => header === 'Fresh')).toHaveLength(1);
  });

  test('a second server with the same data: nothing doubled, and it is said', async () => {
    const { bench, ids } = await withRows(1);
    bench.backup(`${bench.path}.twin`);
    const twin = await bench.twin(`${bench.path}.twin`, 'twin00xyz');
    const mine = await bench.accept({ Email: 'mine@example.com' }, { form: 'Contact' });
    await bench.drain();
    const theirs = await twin.accept({ Email: 'theirs@example.com' }, { form: 'Contact' });
    await twin.drain();
    const second = await bench.accept({ Email: 'second@example.com' }, { form: 'Contact' });
    await bench.drain();
    const third = await twin.accept({ Email: 'third@example.com' }, { form: 'Contact' });
    const outcomes = await twin.drain();
    expect(outcomes.at(-1)).toMatchObject({ kind: 'paused', problem: { code: 'other_server' } });
    expect(bench.ids('Contact')).toEqual([...ids, mine.id, theirs.id, second.id]);
    expect(twin.status(third)).toBe('pending');
    // The other one falls silent: an hour later this one goes on by itself.
    await twin.drain();
    expect(bench.ids('Contact')).toEqual([...ids, mine.id, theirs.id, second.id, third.id]);
  });

  test('a fresh installation on a sheet used before asks first', async () => {
    const { bench } = await withRows(1);
    const fresh = await bench.twin(null, 'fresh0abc');
    await fresh.accept({ Email: 'new@example.com' }, { form: 'Contact' });
    const [first] = await fresh.drain();
    expect(first).toMatchObject({ kind: 'paused', problem: { code: 'used_before' } });
  });

  test('an earlier version was restored by hand: reported, rows come back only on request, new ones go on', async () => {
    const { bench, leads, ids } = await withRows(1);
    const version = bench.user({ type: 'snapshot' }) as { versionId: string };
    const gone = await bench.accept({ Email: 'gone@example.com' }, { form: 'Contact' });
    await bench.drain();
    bench.user({ type: 'restore', versionId: version.versionId });
    const fresh = await bench.accept({ Email: 'fresh@example.com' }, { form: 'Contact' });
    await bench.drain();
    expect(bench.ids('Contact')).toEqual([...ids, fresh.id]);
    const formId = leads[0]?.formId ?? '';
    expect(bench.store.sheets.tabOfForm(bench.book, formId)?.problem?.code).toBe('rows_missing');
    const [report] = await bench.verify();
    expect(report).toMatchObject({ missing: [gone.id], doubled: [] });
    await bench.store.sheets.requeue(bench.site.id, { which: 'ids', ids: [gone.id] }, 10);
    await bench.drain();
    expect((await bench.verify())[0]).toMatchObject({ missing: [], doubled: [] });
    expect(bench.store.sheets.tabOfForm(bench.book, formId)?.problem).toBe(null);
  });

  test('an earlier version restored while a batch was ambiguous: its rows stand there once', async () => {
    const { bench, ids } = await withRows(1);
    const version = bench.user({ type: 'snapshot' }) as { versionId: string };
    const lead = await bench.accept({ Email: 'new@example.com' }, { form: 'Contact' });
    fault(bench, '503After');
    await bench.flush();
    bench.user({ type: 'restore', versionId: version.versionId });
    await bench.advance(5_000);
    await bench.drain();
    expect(bench.ids('Contact')).toEqual([...ids, lead.id]);
  });

  test('the guards alone wiped while a batch was ambiguous: found by its Lead IDs, not sent again', async () => {
    const { bench, ids } = await withRows(1);
    const lead = await bench.accept({ Email: 'new@example.com' }, { form: 'Contact' });
    fault(bench, '503After');
    await bench.flush();
    bench.user({ type: 'wipeMetadata', key: 'lc.g' });
    await bench.advance(5_000);
    await bench.drain();
    expect(bench.ids('Contact')).toEqual([...ids, lead.id]);
    expect(bench.status(lead)).toBe('synced');
  });

  test('all marks wiped: nothing is written until a person confirms', async () => {
    const { bench, ids } = await withRows(1);
    bench.user({ type: 'wipeMetadata' });
    const lead = await bench.accept({ Email: 'new@example.com', City: 'Oslo' }, { form: 'Contact' });
    const [first] = await bench.drain();
    expect(first).toMatchObject({ kind: 'paused', problem: { code: 'tags_wiped' } });
    expect(bench.rows('Contact')).toHaveLength(2);
    await bench.retag();
    await bench.drain();
    expect(bench.ids('Contact')).toEqual([...ids, lead.id]);
    expect(bench.column('f:City', 'Contact')).toEqual(['City', 'City 0', 'Oslo']);
  });

  test('a guard held by metadata we may not see: the next number is taken', async () => {
    const { bench, ids } = await withRows(1);
    const { nextSeq } = bench.store.sheets.book(bench.book);
    bench.user({ type: 'addMetadata', id: 1_000_000_000 + nextSeq, key: 'x', visibility: 'PROJECT', project: 'other' });
    const lead = await bench.accept({ Email: 'new@example.com' }, { form: 'Contact' });
    await bench.drain();
    expect(bench.ids('Contact')).toEqual([...ids, lead.id]);
  });
});
