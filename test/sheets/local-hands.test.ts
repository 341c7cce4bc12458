import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { RecordSplitter } from '../../src/sheets/csv.ts';
import type { Lead } from '../../src/store/store.ts';
import { newLead } from '../support/leads.ts';
import { type LocalHarness, localHarness } from './local-harness.ts';
import { add, addLeads, column, flushAll, idleProgress, idsOf, siteTarget, sortedIds } from './target.suite.ts';

let h: LocalHarness;
beforeEach(async () => {
  h = await localHarness();
});
afterEach(() => h.close());

const read = (formName: string) => readFileSync(h.path(formName), 'utf8');
const aside = (formName: string) => h.files().filter((file) => file.startsWith(`${formName} (edited `));
const rebuilt = () => h.events.filter(({ event }) => event === 'sheet.local.rebuilt');

/** Three leads on a tab. */
async function written(): Promise<Lead[]> {
  const leads = await add(h, 'Contact', { n: '1' }, { n: '2' }, { n: '3' });
  await flushAll(h);
  return leads;
}

const HANDS: readonly { does: string; hand: (path: string) => void; keepsTheirs: boolean }[] = [
  { does: 'deletes the file', hand: (path) => rmSync(path), keepsTheirs: false },
  {
    does: 'deletes a row',
    hand: (path) => edit(path, (text) => text.replace(/\r\n[^\r]*\r\n/, '\r\n')),
    keepsTheirs: true,
  },
  {
    does: 'makes a cell longer',
    hand: (path) => edit(path, (text) => text.replace(',1,', ',changed,')),
    keepsTheirs: true,
  },
  { does: 'types a row at the end', hand: (path) => appendFileSync(path, 'my,own,row\r\n'), keepsTheirs: true },
  { does: 'types half a row at the end', hand: (path) => appendFileSync(path, 'my own'), keepsTheirs: true },
  {
    does: 'saves it with other line ends',
    hand: (path) => edit(path, (text) => text.replaceAll('\r\n', '\n')),
    keepsTheirs: true,
  },
  { does: 'saves it with a byte order mark', hand: (path) => edit(path, (text) => `\ufeff${text}`), keepsTheirs: true },
  {
    does: 'copies the last row below itself',
    hand: (path) => edit(path, (text) => `${text}${text.split('\r\n').at(-2)}\r\n`),
    keepsTheirs: true,
  },
  { does: 'empties it', hand: (path) => writeFileSync(path, ''), keepsTheirs: true },
  { does: 'puts another table there', hand: (path) => writeFileSync(path, 'a,b\r\n'.repeat(500)), keepsTheirs: true },
];

function edit(path: string, change: (text: string) => string): void {
  const text = readFileSync(path, 'utf8');
  const changed = change(text);
  expect(changed).not.toBe(text);
  writeFileSync(path, changed);
}

describe('a person', () => {
  for (const { does, hand, keepsTheirs } of HANDS) {
    for (const running of [true, false]) {
      test(`${does} while the server ${running ? 'runs' : 'is off'}: every lead stands there once, theirs is kept`, async () => {
        const leads = await written();
        hand(h.path('Contact'));
        const theirs = keepsTheirs ? read('Contact') : null;
        if (!running) await h.restart();
        leads.push(...(await add(h, 'Contact', { n: '4' })));
        await flushAll(h);
        expect(idsOf(await h.readTab('Contact'))).toEqual(sortedIds(leads));
        expect(column(await h.readTab('Contact'), 'n')).toEqual(['1', '2', '3', '4']);
        expect(rebuilt()).toHaveLength(1);
        expect(aside('Contact').map((file) => readFileSync(join(h.folder, file), 'utf8'))).toEqual(
          theirs === null ? [] : [theirs],
        );
      });
    }
  }

  test('changes a cell without changing the length: their word stays, and rows go on below', async () => {
    const leads = await written();
    edit(h.path('Contact'), (text) => text.replace(',1,', ',9,'));
    leads.push(...(await add(h, 'Contact', { n: '4' }, { m: 'x' })));
    await flushAll(h);
    expect(column(await h.readTab('Contact'), 'n')).toEqual(['9', '2', '3', '4', '']);
    expect(idsOf(await h.readTab('Contact'))).toEqual(sortedIds(leads));
    expect(rebuilt()).toEqual([]);
  });

  test('only touches or moves the file back and forth: nothing is rebuilt', async () => {
    await written();
    const path = h.path('Contact');
    utimesSync(path, new Date(0), new Date(0));
    renameSync(path, `${path}.x`);
    renameSync(`${path}.x`, path);
    await add(h, 'Contact', { n: '4' });
    await flushAll(h);
    expect(rebuilt()).toEqual([]);
    expect(column(await h.readTab('Contact'), 'n')).toEqual(['1', '2', '3', '4']);
  });

  test('has a file where a new tab’s should be: theirs makes room', async () => {
    mkdirSync(h.folder, { recursive: true });
    writeFileSync(join(h.folder, 'Contact.csv'), 'mine');
    await written();
    expect(column(await h.readTab('Contact'), 'n')).toEqual(['1', '2', '3']);
    expect(aside('Contact').map((file) => readFileSync(join(h.folder, file), 'utf8'))).toEqual(['mine']);
  });

  test('changes the file twice within a minute: both are kept, and rows wait for the minute to end', async () => {
    const leads = await written();
    edit(h.path('Contact'), (text) => `${text}one\r\n`);
    leads.push(...(await add(h, 'Contact', { n: '4' })));
    await flushAll(h);
    edit(h.path('Contact'), (text) => `${text}two\r\n`);
    leads.push(...(await add(h, 'Contact', { n: '5' })));
    const start = h.clock.monotonic();
    await flushAll(h);
    expect(h.clock.monotonic() - start).toBe(60_000);
    expect(idsOf(await h.readTab('Contact'))).toEqual(sortedIds(leads));
    expect(aside('Contact')).toHaveLength(2);
  });

  test('verify and check say so before it is mended', async () => {
    await written();
    truncateSync(h.path('Contact'), 10);
    const [report] = await h.driver.verify(siteTarget(h), null, idleProgress());
    expect(report).toMatchObject({ inDatabase: 3, inSheet: 0, problem: { code: 'file_changed' } });
    rmSync(h.path('Contact'));
    const check = await h.driver.check(siteTarget(h));
    expect(check.steps.map((step) => step.problem?.code ?? null)).toEqual([null, null, 'file_missing']);
  });
});

describe('looking', () => {
  test('verify names rows that the database does not hold for written', async () => {
    const leads = await written();
    const id = leads[1]?.id ?? '';
    await h.store.sheets.requeue(h.site.id, { which: 'ids', ids: [id] }, 10);
    const [report] = await h.driver.verify(siteTarget(h), null, idleProgress());
    expect(report).toMatchObject({ inDatabase: 2, inSheet: 3, missing: [], doubled: [], unknown: [id] });
  });

  test('verify finds what is missing and doubled among thousands, in whatever order they stand', async () => {
    const leads = await add(h, 'Big', ...Array.from({ length: 7_000 }, (_, i) => ({ n: `${i}` })));
    await flushAll(h);
    const [first = '', middle = '', last = ''] = [leads[0]?.id, leads[3_500]?.id, leads.at(-1)?.id];
    await h.store.sheets.requeue(h.site.id, { which: 'ids', ids: [first, middle] }, 10);
    await flushAll(h);
    const lost = await add(h, 'Big', { n: 'lost' });
    await h.store.sheets.markSynced(h.site.id, sortedIds(lost));
    await h.store.sheets.requeue(h.site.id, { which: 'ids', ids: [last] }, 10);
    const [report] = await h.driver.verify(siteTarget(h), null, idleProgress());
    expect(report).toMatchObject({ inDatabase: 7_000, inSheet: 7_002, missing: sortedIds(lost), unknown: [last] });
    expect(report?.doubled.sort()).toEqual([first, middle].sort());
  });

  test('the last rows of a long file are found from its end, line ends inside cells or not', async () => {
    const text = (i: number) => `${i}\r\n"x",${'long\r\n'.repeat(i % 2 ? 3_000 : 0)}`;
    const leads = await add(h, 'Long', ...Array.from({ length: 200 }, (_, i) => ({ n: text(i) })));
    await flushAll(h);
    const form = { id: leads[0]?.formId ?? '' };
    for (const limit of [1, 3, 150, 500]) {
      const rows = await h.driver.rows(siteTarget(h), form, limit);
      expect(column(rows, 'n')).toEqual(leads.slice(-limit).map((lead) => String(lead.body.fields.n)));
    }
  });

  test('a last row longer than anything read at once, full of line ends, is known for ours after a start', async () => {
    const leads = await add(
      h,
      'Long',
      { a: '1' },
      { a: '"\r\n'.repeat(10_000), b: ',\n'.repeat(16_000), c: '"'.repeat(49_000) },
    );
    const more = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`f${i}`, '"\n'.repeat(24_000)]));
    leads.push(...(await add(h, 'Long', more)));
    await flushAll(h);
    expect(h.tab('Long').length).toBeGreaterThan(600_000);
    await h.restart();
    leads.push(...(await add(h, 'Long', { a: '2' })));
    await flushAll(h);
    expect(idsOf(await h.readTab('Long'))).toEqual(sortedIds(leads));
    expect(h.events).toEqual([]);
  });
});

describe('new generations', () => {
  test('a lone lead with a new field shows at once; the next one within a minute, while others go on', async () => {
    await written();
    await add(h, 'Contact', { n: '4', m: 'x' });
    const start = h.clock.monotonic();
    await flushAll(h);
    expect(h.clock.monotonic() - start).toBe(0);
    await add(h, 'Contact', { n: '5', o: 'y' }, { n: '6' });
    expect(await h.driver.flush(siteTarget(h))).toEqual({
      kind: 'wrote',
      rows: 1,
      cells: 0,
      notBeforeMs: 0,
      restMs: 200,
    });
    expect(await h.driver.flush(siteTarget(h))).toEqual({ kind: 'idle', wakeMs: 60_000 });
    expect(column(await h.readTab('Contact'), 'n')).toEqual(['1', '2', '3', '4', '6']);
    await flushAll(h);
    expect(h.clock.monotonic() - start).toBe(60_000);
    expect(column(await h.readTab('Contact'), 'n')).toEqual(['1', '2', '3', '4', '6', '5']);
    expect(h.tab('Contact').generation).toBe(2);
  });

  test('columns and values that come within a minute share one', async () => {
    const leads = await written();
    for (const lead of leads) await h.store.leads.amend(h.site.id, lead.id, { quality: 'Good' });
    await add(h, 'Contact', { n: '4', m: 'x' }, { n: '5', o: 'y' });
    await flushAll(h);
    const rows = await h.readTab('Contact');
    expect(h.tab('Contact').generation).toBe(1);
    expect(column(rows, 'Lead Quality')).toEqual(['Good', 'Good', 'Good', '', '']);
    expect(column(rows, 'o')).toEqual(['', '', '', '', 'y']);
  });

  test('keep rows byte for byte, whatever is in them', async () => {
    const odd = ['a"b', '"', 'x\r\ny', '\r', "'=1", '=1', '😀,;', ' '];
    await add(h, 'Odd', ...odd.map((text) => ({ n: text })));
    await flushAll(h);
    const [, ...before] = new RecordSplitter().push(read('Odd'));
    await add(h, 'Odd', { m: 'x' });
    await flushAll(h);
    const [, ...after] = new RecordSplitter().push(read('Odd'));
    expect(before).toHaveLength(odd.length);
    expect(after.slice(0, -1)).toEqual(before.map((record) => `${record.slice(0, -2)},\r\n`));
    expect(column(await h.readTab('Odd'), 'n')).toEqual([...odd.map(h.shown), '']);
  });

  test('somebody writes to the file while it is rewritten: theirs is kept, the leads are not lost', async () => {
    const leads = await written();
    const forms = h.store.sheets.leadsByIds.bind(h.store.sheets);
    let once = true;
    await h.store.leads.amend(h.site.id, leads[0]?.id ?? '', { quality: 'Good' });
    h.store.sheets.leadsByIds = (siteId, ids) => {
      if (once) appendFileSync(h.path('Contact'), 'theirs\r\n');
      once = false;
      return forms(siteId, ids);
    };
    expect(await h.driver.flush(siteTarget(h))).toMatchObject({ kind: 'retry', trouble: { code: 'file_busy' } });
    await flushAll(h);
    expect(column(await h.readTab('Contact'), 'Lead Quality')).toEqual(['Good', '', '']);
    expect(aside('Contact').map((file) => readFileSync(join(h.folder, file), 'utf8').endsWith('theirs\r\n'))).toEqual([
      true,
    ]);
    expect(h.files().filter((file) => file.endsWith('.tmp'))).toEqual([]);
  });
});

describe('names', () => {
  test('forms whose names differ in case or in what a file can’t hold get files of their own', async () => {
    await addLeads(
      h,
      ['a/b', 'a b', 'A:B'].map((form) => newLead({ n: form }, { form })),
    );
    await flushAll(h);
    expect(h.files()).toEqual(['A B (3).csv', 'a b (2).csv', 'a b.csv']);
    for (const form of ['a/b', 'a b', 'A:B']) expect(column(await h.readTab(form), 'n')).toEqual([form]);
  });

  test('a renamed tab: its file follows, rows and all', async () => {
    const leads = await written();
    await h.store.forms.update(h.site.id, leads[0]?.formId ?? '', { sheet_tab: 'Requests' });
    leads.push(...(await add(h, 'Contact', { n: '4' })));
    await flushAll(h);
    expect(h.files()).toEqual(['Requests.csv']);
    expect(idsOf(await h.readTab('Contact'))).toEqual(sortedIds(leads));
    await h.store.forms.update(h.site.id, leads[0]?.formId ?? '', { sheet_tab: 'REQUESTS' });
    await h.restart();
    expect(h.files()).toEqual(['REQUESTS.csv']);
    expect(idsOf(await h.readTab('Contact'))).toEqual(sortedIds(leads));
    expect(rebuilt()).toEqual([]);
  });

  test('killed between renaming the file and noting it: the file is known again, nothing is rebuilt', async () => {
    const leads = await written();
    await h.store.forms.update(h.site.id, leads[0]?.formId ?? '', { sheet_tab: 'Requests' });
    h.faults.failNext('updateTab');
    leads.push(...(await add(h, 'Contact', { n: '4' })));
    await flushAll(h);
    expect(h.files()).toEqual(['Requests.csv']);
    expect(idsOf(await h.readTab('Contact'))).toEqual(sortedIds(leads));
    expect(rebuilt()).toEqual([]);
  });

  test('two tabs change names with each other', async () => {
    const [a] = await add(h, 'A', { n: 'a' });
    const [b] = await add(h, 'B', { n: 'b' });
    await flushAll(h);
    await h.store.forms.update(h.site.id, a?.formId ?? '', { sheet_tab: 'C' });
    await h.store.forms.update(h.site.id, b?.formId ?? '', { sheet_tab: 'A' });
    await h.store.forms.update(h.site.id, a?.formId ?? '', { sheet_tab: 'B' });
    await add(h, 'A', { n: 'a2' });
    await flushAll(h);
    expect(column(await h.readTab('A'), 'n')).toEqual(['a', 'a2']);
    expect(column(await h.readTab('B'), 'n')).toEqual(['b']);
    expect(h.files()).toHaveLength(2);
  });
});

describe('trouble with the disk', () => {
  test('a folder that can’t be written to: in plain words, and it goes on when mended', async () => {
    writeFileSync(h.folder, 'in the way');
    const leads = await add(h, 'Contact', { n: '1' });
    expect(await h.driver.flush(siteTarget(h))).toMatchObject({ kind: 'retry', trouble: { code: 'not_writable' } });
    expect((await h.driver.check(siteTarget(h))).steps[0]).toMatchObject({
      ok: false,
      problem: { code: 'not_writable' },
    });
    rmSync(h.folder);
    await flushAll(h);
    expect(idsOf(await h.readTab('Contact'))).toEqual(sortedIds(leads));
  });

  test('one tab that can’t be written to holds up no other', async () => {
    await written();
    rmSync(h.path('Contact'));
    mkdirSync(h.path('Contact'));
    await add(h, 'Contact', { n: '4' });
    const other = await add(h, 'Other', { n: '5' });
    expect(await h.driver.flush(siteTarget(h))).toMatchObject({ kind: 'retry' });
    expect(idsOf(await h.readTab('Other'))).toEqual(sortedIds(other));
  });

  test('files are for the server’s account alone: leads are personal data', async () => {
    await written();
    expect(statSync(h.path('Contact')).mode & 0o077).toBe(0);
    expect(statSync(h.folder).mode & 0o077).toBe(0);
  });
});
