import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Fields } from '../../src/contract/submission.ts';
import { CUT_MARK, MAX_CELL_TEXT } from '../../src/sheets/cells.ts';
import type { Progress, SiteTarget, TabReport, TargetDriver } from '../../src/sheets/target.ts';
import type { Lead, NewLead, Site, Store } from '../../src/store/store.ts';
import { Killed } from '../support/faulty-store.ts';
import { newLead } from '../support/leads.ts';

/** A kind of workbook on a real store, with a site whose target it is. */
export interface TargetHarness {
  store: Store;
  /** The driver as it is now: `restart` may put another in its place. */
  driver: TargetDriver;
  site: Site;
  /** The rows on the tab of the form with this name, header first, each cell as text; [] when there is no tab. */
  readTab(formName: string): Promise<string[][]>;
  /** How `readTab` shows a text that was written to a cell. */
  shown(text: string): string;
  /** As after `kill -9`: nothing is left but what is on disk and in the sheet. */
  restart(): Promise<void>;
  /** The next store action that would settle rows as written rejects with `Killed`, and nothing of it is kept. */
  killBeforeSettle(): void;
  /** Lets time pass for the driver. */
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** One who waits for a work that never ends, gives up after so many steps. */
const MAX_STEPS = 300;

export const idleProgress = (): Progress => ({ signal: new AbortController().signal, report: () => {} });

export function siteTarget(harness: TargetHarness): SiteTarget {
  const { store, site } = harness;
  const fresh = store.sites.get(site.id);
  if (!fresh) throw new Error('the site is gone');
  return { site: fresh, target: store.sheets.target(site.id) };
}

/** Flushes until nothing waits, restarting the driver wherever it was killed. */
export async function flushAll(harness: TargetHarness): Promise<void> {
  for (let step = 0; step < MAX_STEPS; step++) {
    try {
      const outcome = await harness.driver.flush(siteTarget(harness));
      if (outcome.kind === 'idle' && outcome.wakeMs === undefined) return;
      if (outcome.kind === 'idle') await harness.advance(outcome.wakeMs ?? 0);
      else if (outcome.kind === 'wrote') await harness.advance(outcome.notBeforeMs);
      else if (outcome.kind === 'retry') await harness.advance(outcome.afterMs ?? 64_000);
      else throw new Error(`paused: ${outcome.problem.code}: ${outcome.problem.message}`);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      await harness.restart();
    }
  }
  throw new Error(`still not idle after ${MAX_STEPS} flushes`);
}

/** One flush, which a kill may end; whoever was killed starts anew. Whether it did. */
async function liveOn(harness: TargetHarness, kill: boolean): Promise<boolean> {
  if (kill) harness.killBeforeSettle();
  try {
    await harness.driver.flush(siteTarget(harness));
    return false;
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    await harness.restart();
    return true;
  }
}

/** Takes leads as intake does. Returns them in order. */
export async function addLeads(harness: TargetHarness, leads: readonly NewLead[]): Promise<Lead[]> {
  const items = leads.map((lead) => ({ lead }));
  const outcome = await harness.store.leads.accept({ siteId: harness.site.id, items, idempotency: null });
  if (outcome.kind !== 'accepted') throw new Error(outcome.kind);
  return outcome.results.map((result) => {
    if (result.status !== 'created') throw new Error(result.status);
    return result.lead;
  });
}

export const add = (harness: TargetHarness, form: string, ...fields: Fields[]) =>
  addLeads(
    harness,
    fields.map((one) => newLead(one, { form })),
  );

/** The cells under a header, without the header itself. */
export function column(rows: readonly string[][], header: string): string[] {
  const place = rows[0]?.indexOf(header) ?? -1;
  if (place < 0) throw new Error(`no column ${header}`);
  return rows.slice(1).map((row) => row[place] ?? '');
}

/** The cell of a lead's row under a header. */
export function cellIn(rows: readonly string[][], leadId: string, header: string): string | undefined {
  return column(rows, header)[column(rows, 'Lead ID').indexOf(leadId)];
}

/** Sorted, with repetitions: equal lists mean each lead exactly once. */
export const idsOf = (rows: readonly string[][]) => (rows.length === 0 ? [] : column(rows, 'Lead ID').sort());
export const sortedIds = (leads: readonly Lead[]) => leads.map((lead) => lead.id).sort();

/** What people type that spreadsheet programs like to change. */
export const CORPUS: readonly string[] = [
  '007',
  '+44 20 7946 0000',
  '+1+1',
  '=1+1',
  '=IMPORTXML("https://example.com/","//a")',
  '-2+3',
  '@SUM(A1)',
  '1/2',
  '2026-01-02',
  '1e5',
  'TRUE',
  '👩‍👩‍👧 👍🏽',
  'first\nsecond\r\nthird',
  "'x",
  `He said "no", twice; 'really'`,
  ',,"',
  'שלום, עולם',
  '  spaces  ',
  '\ttab',
  '\\n',
  '#REF!',
  '12345678901234567890',
  'x'.repeat(10_000),
];

/** The law for every kind of workbook. `make` gives a new one for each test. */
export function describeTarget(name: string, make: () => Promise<TargetHarness>): void {
  describe(`${name}: conformance`, () => {
    let h: TargetHarness;
    beforeEach(async () => {
      h = await make();
    });
    afterEach(() => h.close());

    const verify = (formId: string | null = null): Promise<TabReport[]> =>
      h.driver.verify(siteTarget(h), formId, idleProgress());

    test('a new tab has the columns of spec 4 in order, and a row for each lead', async () => {
      const leads = await add(h, 'Contact', { Email: 'a@example.com', Name: 'A' }, { Name: 'B', Phone: '007' });
      await flushAll(h);
      const rows = await h.readTab('Contact');
      expect(rows[0]?.slice(0, 6)).toEqual(['Lead Quality', 'Submitted at', 'Email', 'Name', 'Phone', 'Page URL']);
      expect(rows[0]?.at(-1)).toBe('Lead ID');
      expect(column(rows, 'Name')).toEqual(['A', 'B']);
      expect(column(rows, 'Email')).toEqual(['a@example.com', '']);
      expect(column(rows, 'Phone')).toEqual(['', '007']);
      expect(column(rows, 'Lead ID')).toEqual(leads.map((lead) => lead.id));
      expect(h.store.sheets.counts(h.site.id)).toMatchObject({ pending: 0, synced: 2 });
    });

    test('every accepted lead stands there exactly once, in the order it came, over many flushes', async () => {
      const leads: Lead[] = [];
      for (let round = 0; round < 5; round++) {
        const fields = Array.from({ length: 460 }, (_, i) => ({ n: `${round}-${i}` }));
        leads.push(...(await add(h, 'Big', ...fields)));
        if (round % 2 === 0) await flushAll(h);
      }
      await flushAll(h);
      expect(column(await h.readTab('Big'), 'Lead ID')).toEqual(leads.map((lead) => lead.id));
    });

    test('nothing waiting: idle, and nothing is made', async () => {
      expect(await h.driver.flush(siteTarget(h))).toEqual({ kind: 'idle' });
      expect(h.store.sheets.tabs(siteTarget(h).target.book)).toEqual([]);
    });

    test('a field seen later gets a column at the right end, and rows before it stay as they were', async () => {
      await add(h, 'Contact', { Email: 'a@example.com' });
      await flushAll(h);
      const before = await h.readTab('Contact');
      await add(h, 'Contact', { Email: 'b@example.com', Budget: '100', City: 'Oslo' }, { City: 'Rome' });
      await flushAll(h);
      const after = await h.readTab('Contact');
      expect(after[0]).toEqual([...(before[0] ?? []), 'Budget', 'City']);
      expect(after[1]?.slice(0, before[0]?.length)).toEqual(before[1] ?? []);
      expect(column(after, 'Budget')).toEqual(['', '100', '']);
      expect(column(after, 'City')).toEqual(['', 'Oslo', 'Rome']);
    });

    test('text stays text: what people type arrives as it was', async () => {
      const leads = await add(h, 'Corpus', ...CORPUS.map((text) => ({ Text: text })));
      await flushAll(h);
      const rows = await h.readTab('Corpus');
      expect(column(rows, 'Lead ID')).toEqual(leads.map((lead) => lead.id));
      expect(column(rows, 'Text')).toEqual(CORPUS.map(h.shown));
    });

    test('headers stay text too', async () => {
      await add(h, 'Corpus', { '=1+1': 'a', '"quoted", twice': 'b', 'Ünï ☕': 'c' });
      await flushAll(h);
      const [header] = await h.readTab('Corpus');
      expect(header).toEqual(expect.arrayContaining([h.shown('=1+1'), '"quoted", twice', 'Ünï ☕']));
    });

    test('a text too long for a cell is cut with a mark; the database keeps it whole', async () => {
      const [lead] = await add(h, 'Long', { Text: '😀'.repeat(30_000) });
      await flushAll(h);
      const [text = ''] = column(await h.readTab('Long'), 'Text');
      expect(text.endsWith(CUT_MARK)).toBe(true);
      expect(text.isWellFormed()).toBe(true);
      expect(text.length).toBeGreaterThanOrEqual(MAX_CELL_TEXT - 1);
      expect(h.store.leads.get(h.site.id, lead?.id ?? '')?.body.fields.Text).toHaveLength(60_000);
    });

    test('numbers and truth values arrive as such', async () => {
      await add(h, 'Kinds', { Number: 12.5, Minus: -3, Yes: true, List: ['a', 'b'], Nothing: null });
      await flushAll(h);
      const rows = await h.readTab('Kinds');
      expect(['Number', 'Minus', 'Yes', 'List', 'Nothing'].map((name) => column(rows, name)[0])).toEqual([
        '12.5',
        '-3',
        'TRUE',
        'a, b',
        '',
      ]);
    });

    test('a hundred forms: a tab for each, every lead on its own', async () => {
      const leads: Lead[] = [];
      for (let round = 0; round < 2; round++) {
        const batch = Array.from({ length: 100 }, (_, i) => newLead({ n: `${round}-${i}` }, { form: `Form ${i}` }));
        leads.push(...(await addLeads(h, batch)));
        await flushAll(h);
      }
      for (let i = 0; i < 100; i += 33) {
        const own = leads.filter((lead) => lead.formName === `Form ${i}`);
        expect(idsOf(await h.readTab(`Form ${i}`))).toEqual(sortedIds(own));
      }
      const reports = await verify();
      expect(reports).toHaveLength(100);
      expect(reports.filter((report) => report.inSheet !== 2 || report.inDatabase !== 2)).toEqual([]);
    });

    test('an ignored form and spam go nowhere', async () => {
      const [first] = await add(h, 'Noise', { a: '1' });
      await h.store.forms.update(h.site.id, first?.formId ?? '', { ignored: true });
      await add(h, 'Noise', { a: '2' });
      await addLeads(h, [newLead({ a: 'buy' }, { form: 'Contact', spamReason: 'test' })]);
      await flushAll(h);
      expect(await h.readTab('Contact')).toEqual([]);
      expect(h.store.sheets.counts(h.site.id)).toMatchObject({ pending: 0, skipped: 2 });
      expect(idsOf(await h.readTab('Noise'))).toEqual(sortedIds(first ? [first] : []));
    });

    test('“not spam” brings a lead to the sheet once: pressed twice, at once, and with a kill in between', async () => {
      const [lead] = await addLeads(h, [newLead({ a: 'good' }, { form: 'Contact', spamReason: 'test' })]);
      const say = (spam: boolean) => h.store.leads.setSpam(h.site.id, lead?.id ?? '', spam, ['value']);
      await Promise.all([say(false), say(false)]);
      let killed = false;
      for (let i = 0; i < 5 && !killed; i++) {
        killed = await liveOn(h, true);
        await h.advance(64_000);
      }
      expect(killed).toBe(true);
      // Its row may stand there by now, though nobody noted it.
      await say(true);
      await Promise.all([say(false), say(false)]);
      await flushAll(h);
      await say(false);
      await flushAll(h);
      expect(idsOf(await h.readTab('Contact'))).toEqual([lead?.id ?? '']);
      expect(h.store.sheets.counts(h.site.id)).toEqual({ pending: 0, synced: 1, failed: 0, skipped: 0 });
    });

    test('however leads are marked, written and killed in between, the good ones stand there once', async () => {
      const step = fc.record({ at: fc.nat(2), act: fc.constantFrom('spam', 'ham', 'flush', 'kill') });
      const ids: string[] = [];
      const life = fc.asyncProperty(fc.array(step, { maxLength: 10 }), async (steps) => {
        const leads = await add(h, 'Contact', { n: 1 }, { n: 2 }, { n: 3 });
        for (const { at, act } of steps) {
          if (act === 'spam' || act === 'ham') {
            await h.store.leads.setSpam(h.site.id, leads[at]?.id ?? '', act === 'spam');
          } else await liveOn(h, act === 'kill');
        }
        await Promise.all(leads.map(({ id }) => h.store.leads.setSpam(h.site.id, id, false)));
        await flushAll(h);
        ids.push(...leads.map(({ id }) => id));
        expect(idsOf(await h.readTab('Contact'))).toEqual([...ids].sort());
      });
      await fc.assert(life, { numRuns: 12, endOnFailure: true });
      expect(h.store.sheets.counts(h.site.id)).toEqual({ pending: 0, synced: ids.length, failed: 0, skipped: 0 });
    });

    test('sending again sends what was asked and nothing else', async () => {
      const leads = await add(h, 'Contact', { n: '1' }, { n: '2' }, { n: '3' });
      await flushAll(h);
      const again = leads[1]?.id ?? '';
      await h.store.sheets.requeue(h.site.id, { which: 'ids', ids: [again] }, 100);
      await flushAll(h);
      expect(idsOf(await h.readTab('Contact'))).toEqual([...sortedIds(leads), again].sort());
      const [report] = await verify();
      expect(report).toMatchObject({ inDatabase: 3, inSheet: 4, missing: [], doubled: [again], unknown: [] });
    });

    test('killed between writing and settling: each row once, on every tab', async () => {
      const before = await add(h, 'Contact', { n: '1' });
      await flushAll(h);
      const more = await add(h, 'Contact', { n: '2' }, { n: '3' });
      const other = await add(h, 'Other', { n: '4' });
      h.killBeforeSettle();
      await flushAll(h);
      expect(idsOf(await h.readTab('Contact'))).toEqual(sortedIds([...before, ...more]));
      expect(idsOf(await h.readTab('Other'))).toEqual(sortedIds(other));
      expect(h.store.sheets.counts(h.site.id)).toMatchObject({ pending: 0, synced: 4 });
    });

    test('killed while a new column was on its way: each row once, the column once', async () => {
      const leads = await add(h, 'Contact', { n: '1' });
      await flushAll(h);
      leads.push(...(await add(h, 'Contact', { n: '2', m: 'x' })));
      h.killBeforeSettle();
      await flushAll(h);
      const rows = await h.readTab('Contact');
      expect(idsOf(rows)).toEqual(sortedIds(leads));
      expect(rows[0]?.filter((header) => header === 'm')).toEqual(['m']);
      expect(column(rows, 'm')).toEqual(['', 'x']);
    });

    test('verify: database n, sheet m, and which are missing; sending those mends it', async () => {
      const leads = await add(h, 'Contact', { n: '1' }, { n: '2' });
      await flushAll(h);
      const clean = { inDatabase: 2, inSheet: 2, missing: [], doubled: [], unknown: [], problem: null };
      expect(await verify()).toMatchObject([{ ...clean, formName: 'Contact' }]);
      const [lost] = await add(h, 'Contact', { n: '3' });
      await h.store.sheets.markSynced(h.site.id, [lost?.id ?? '']);
      const [report] = await verify(lost?.formId);
      expect(report).toMatchObject({ inDatabase: 3, inSheet: 2, missing: [lost?.id], doubled: [], unknown: [] });
      await h.store.sheets.requeue(h.site.id, { which: 'ids', ids: report?.missing ?? [] }, 100);
      await flushAll(h);
      expect(await verify()).toMatchObject([{ ...clean, inDatabase: 3, inSheet: 3 }]);
      expect(idsOf(await h.readTab('Contact'))).toEqual([...sortedIds(leads), lost?.id ?? ''].sort());
      expect(await verify('frm_none')).toEqual([]);
    });

    test('later values land in their own row and column, and touch nothing else', async () => {
      const leads = await add(h, 'Contact', { n: '1' }, { n: '2' }, { n: '3' });
      await flushAll(h);
      const before = await h.readTab('Contact');
      const target = leads[1]?.id ?? '';
      await h.store.leads.amend(h.site.id, target, {
        quality: 'Good',
        judgement: { score: 'hot', score_reason: '=because', summary: 'a\nb', enrichment: null },
      });
      await flushAll(h);
      const after = await h.readTab('Contact');
      const changed = { 'Lead Quality': 'Good', 'Lead Score': 'hot', 'Lead Score Reason': h.shown('=because') };
      for (const [header, text] of Object.entries(changed)) expect(cellIn(after, target, header)).toBe(text);
      expect(cellIn(after, target, 'Lead Summary')).toBe('a\nb');
      expect([after[0], after[1], after[3]]).toEqual([before[0], before[1], before[3]]);
      expect(h.store.sheets.nextUpdates(h.site.id, 10)).toEqual([]);
    });

    test('a value taken back leaves an empty cell, and the newest of several is what stands', async () => {
      const [lead] = await add(h, 'Contact', { n: '1' });
      const id = lead?.id ?? '';
      await flushAll(h);
      await h.store.leads.amend(h.site.id, id, { quality: 'Good' });
      await h.store.leads.amend(h.site.id, id, { quality: 'Bad' });
      await flushAll(h);
      expect(cellIn(await h.readTab('Contact'), id, 'Lead Quality')).toBe('Bad');
      await h.store.leads.amend(h.site.id, id, { quality: null });
      await flushAll(h);
      expect(cellIn(await h.readTab('Contact'), id, 'Lead Quality')).toBe('');
    });

    test('killed between changing cells and settling: the values stand, no row twice', async () => {
      const leads = await add(h, 'Contact', { n: '1' }, { n: '2' });
      await flushAll(h);
      await h.store.leads.amend(h.site.id, leads[0]?.id ?? '', { quality: 'Good' });
      h.killBeforeSettle();
      await flushAll(h);
      const rows = await h.readTab('Contact');
      expect(column(rows, 'Lead Quality')).toEqual(['Good', '']);
      expect(idsOf(rows)).toEqual(sortedIds(leads));
    });

    test('rows of deleted leads go; the others keep their order and every cell', async () => {
      const leads = await add(h, 'Contact', { n: '1' }, { n: '2' }, { n: '3' }, { n: '4' });
      const other = await add(h, 'Other', { n: '5' });
      await flushAll(h);
      await h.store.leads.amend(h.site.id, leads[3]?.id ?? '', { quality: 'Good' });
      await flushAll(h);
      const before = await h.readTab('Contact');
      const gone = [leads[0]?.id ?? '', leads[2]?.id ?? ''];
      await h.store.leads.remove(h.site.id, gone, { rows: true });
      await flushAll(h);
      expect(await h.readTab('Contact')).toEqual([before[0] ?? [], before[2] ?? [], before[4] ?? []]);
      expect(idsOf(await h.readTab('Other'))).toEqual(sortedIds(other));
      expect(h.store.sheets.removalCounts(h.site.id)).toEqual({ here: 0, elsewhere: 0 });
      expect(await verify(leads[0]?.formId)).toMatchObject([{ inDatabase: 2, inSheet: 2, missing: [], unknown: [] }]);
      await add(h, 'Contact', { n: '6' });
      await flushAll(h);
      expect(column(await h.readTab('Contact'), 'n')).toEqual(['2', '4', '6']);
    });

    test('a lead deleted before its row was written leaves none; one whose row is to stay keeps it', async () => {
      const [never, written] = await add(h, 'Contact', { n: '1' }, { n: '2' });
      await h.store.leads.remove(h.site.id, [never?.id ?? ''], { rows: true });
      await flushAll(h);
      await h.store.leads.remove(h.site.id, [written?.id ?? ''], { rows: false });
      await flushAll(h);
      expect(idsOf(await h.readTab('Contact'))).toEqual([written?.id ?? '']);
      expect(h.store.sheets.removalCounts(h.site.id)).toEqual({ here: 0, elsewhere: 0 });
    });

    test('killed between writing and settling, with leads deleted meanwhile: no row of theirs is left', async () => {
      const leads = await add(h, 'Contact', { n: '1' }, { n: '2' }, { n: '3' });
      h.killBeforeSettle();
      await h.driver.flush(siteTarget(h)).catch((error) => expect(error).toBeInstanceOf(Killed));
      await h.store.leads.remove(h.site.id, [leads[1]?.id ?? ''], { rows: true });
      await h.restart();
      h.killBeforeSettle();
      await flushAll(h);
      expect(idsOf(await h.readTab('Contact'))).toEqual(sortedIds(leads.filter((_, i) => i !== 1)));
    });

    test('a form’s new tab title is its tab’s, though no lead comes; rows and values go on', async () => {
      const [lead] = await add(h, 'Contact', { n: '1' });
      await flushAll(h);
      const title = () => h.store.sheets.tabs(siteTarget(h).target.book).map((tab) => tab.title);
      await h.store.forms.update(h.site.id, lead?.formId ?? '', { sheet_tab: 'Requests' });
      await flushAll(h);
      expect(title()).toEqual(['Requests']);
      expect(h.store.sheets.hasChores(siteTarget(h).target.book)).toBe(false);
      await add(h, 'Contact', { n: '2' });
      await flushAll(h);
      expect(column(await h.readTab('Contact'), 'n')).toEqual(['1', '2']);
    });

    test('a merged form: its rows stay on their tab, new leads go to the other’s, none is missing or twice', async () => {
      const old = await add(h, 'Old', { n: '1' }, { n: '2' });
      const kept = await add(h, 'New', { n: '3' });
      const [spam] = await addLeads(h, [newLead({ n: '4' }, { form: 'Old', spamReason: 'test' })]);
      await flushAll(h);
      const waiting = await add(h, 'Old', { n: '5' });
      await h.store.forms.merge(h.site.id, old[0]?.formId ?? '', kept[0]?.formId ?? '');
      const came = await add(h, 'Old', { n: '6', m: 'x' });
      await h.store.leads.setSpam(h.site.id, spam?.id ?? '', false);
      await h.store.leads.amend(h.site.id, old[0]?.id ?? '', { quality: 'Good' });
      h.killBeforeSettle();
      await flushAll(h);
      const onOld = await h.readTab('Old');
      expect(idsOf(onOld)).toEqual(sortedIds([...old, ...waiting, ...(spam ? [spam] : [])]));
      expect(cellIn(onOld, old[0]?.id ?? '', 'Lead Quality')).toBe('Good');
      expect(idsOf(await h.readTab('New'))).toEqual(sortedIds([...kept, ...came]));
      const clean = { missing: [], doubled: [], unknown: [], problem: null };
      expect(await verify()).toMatchObject([
        { ...clean, inDatabase: 4, inSheet: 4 },
        { ...clean, inDatabase: 2, inSheet: 2 },
      ]);
      await h.store.leads.remove(h.site.id, [old[1]?.id ?? ''], { rows: true });
      await flushAll(h);
      expect(idsOf(await h.readTab('Old'))).toEqual(
        sortedIds([...old.slice(0, 1), ...waiting, ...(spam ? [spam] : [])]),
      );
    });

    test('250 fields: 200 columns and one for the others, whose values are not lost', async () => {
      const fields = (from: number) =>
        Object.fromEntries(Array.from({ length: 125 }, (_, i) => [`Field ${from + i}`, `v${from + i}`]));
      await add(h, 'Wide', fields(0));
      await flushAll(h);
      await add(h, 'Wide', fields(125));
      await flushAll(h);
      const rows = await h.readTab('Wide');
      expect(rows[0]?.filter((header) => header.startsWith('Field '))).toHaveLength(200);
      const others = Array.from({ length: 50 }, (_, i) => `Field ${200 + i}: v${200 + i}`);
      expect(column(rows, 'Other fields')).toEqual(['', others.join('\n')]);
      expect(column(rows, 'Field 199')).toEqual(['', 'v199']);
    });

    test('a column that the site switches on later comes at the right end', async () => {
      await h.store.sites.update(h.site.id, { columns: ['quality'] });
      await add(h, 'Contact', { n: '1' });
      await flushAll(h);
      expect((await h.readTab('Contact'))[0]).toEqual(['Lead Quality', 'n', 'Lead ID']);
      await h.store.sites.update(h.site.id, { columns: ['quality', 'os'] });
      await addLeads(h, [newLead({ n: '2' }, { form: 'Contact', body: { os: 'Windows' } })]);
      await flushAll(h);
      const rows = await h.readTab('Contact');
      expect(rows[0]).toEqual(['Lead Quality', 'n', 'Lead ID', 'OS']);
      expect(column(rows, 'OS')).toEqual(['', 'Windows']);
    });

    test('rows: the header and the last ones', async () => {
      const leads = await add(h, 'Contact', ...Array.from({ length: 30 }, (_, i) => ({ n: `${i}` })));
      await flushAll(h);
      const form = { id: leads[0]?.formId ?? '' };
      const rows = await h.driver.rows(siteTarget(h), form, 3);
      expect(column(rows, 'n')).toEqual(['27', '28', '29']);
      expect(column(await h.driver.rows(siteTarget(h), form, 100), 'n')).toHaveLength(30);
      expect(await h.driver.rows(siteTarget(h), { id: 'frm_none' }, 3)).toEqual([]);
    });

    test('check finds nothing wrong', async () => {
      await add(h, 'Contact', { n: '1' });
      await flushAll(h);
      const report = await h.driver.check(siteTarget(h));
      expect(report.steps.filter((step) => !step.ok)).toEqual([]);
      expect(report.ok).toBe(true);
    });
  });
}
