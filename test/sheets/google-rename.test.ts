import { expect, test } from 'bun:test';
import type { FaultKind } from '../support/google/control-types.ts';
import { Bench } from './google-harness.ts';

/** A form whose rows are to stand on a tab of another title. */
async function withTab() {
  const bench = await Bench.start();
  const lead = await bench.accept({ Email: 'alice@example.com' }, { form: 'Contact' });
  await bench.drain();
  const rename = (sheet_tab: string) => bench.store.forms.update(bench.site.id, lead.formId, { sheet_tab });
  const titles = () => bench.view().tabs.map((tab) => tab.title);
  return { bench, lead, rename, titles };
}

test('its tab gets the title, once, and costs nothing afterwards', async () => {
  const { bench, rename, titles } = await withTab();
  await rename('Requests / new');
  await bench.drain();
  expect(titles()).toContain('Requests new');
  const calls = bench.google.world.calls.log.length;
  expect(await bench.flush()).toEqual({ kind: 'idle' });
  expect(bench.google.world.calls.log).toHaveLength(calls);
  expect(bench.violations()).toEqual([]);
});

test('whoever renamed the tab himself keeps his title, also at the next change', async () => {
  const { bench, rename, titles } = await withTab();
  bench.user({ type: 'renameTab', tab: 'Contact', to: 'Mine' });
  for (const title of ['Requests', 'Contact']) {
    await rename(title);
    await bench.drain();
    expect(titles()).toContain('Mine');
    expect(bench.store.sheets.hasChores(bench.book)).toBe(false);
  }
});

test('a title that another tab has gets a number, also when that tab is made in the very moment', async () => {
  const { bench, rename, titles } = await withTab();
  bench.user({ type: 'addTab', title: 'requests' });
  await rename('Requests');
  await bench.drain();
  expect(titles()).toContain('Requests (2)');
  const { hands } = bench.google.world;
  const original = hands.beforeCall.bind(hands);
  hands.beforeCall = (call) => {
    if (call.requests.includes('updateSheetProperties')) {
      hands.beforeCall = original;
      bench.user({ type: 'addTab', title: 'Enquiries' });
    }
    original(call);
  };
  await rename('Enquiries');
  await bench.drain();
  expect(titles()).toContain('Enquiries (2)');
  const other = await bench.accept({ Email: 'bob@example.com' }, { form: 'Contact' });
  await bench.drain();
  expect(bench.ids('Enquiries (2)')).toContain(other.id);
});

test.each(['resetAfter', '503After', 'lateApply', '500'] as FaultKind[])(
  'an answer lost (%s): the title is right in the end, and never put over one that somebody chose since',
  async (kind) => {
    const { bench, rename, titles } = await withTab();
    bench.google.world.faults.add([{ match: { request: 'updateSheetProperties' }, fault: { kind } }]);
    await rename('Requests');
    await bench.drain();
    expect(titles()).toContain('Requests');
    bench.user({ type: 'renameTab', tab: 'Requests', to: 'Mine' });
    bench.google.world.faults.releaseById(undefined);
    await bench.drain();
    expect(titles()).toContain('Mine');
  },
);

test('tabs of a database from before titles were noted keep theirs', async () => {
  const { bench, titles } = await withTab();
  const [tab] = bench.store.sheets.tabs(bench.book);
  await bench.store.sheets.updateTab(tab?.id ?? '', { namedFor: null });
  await bench.drain();
  expect(titles()).toContain('Contact');
  expect(bench.store.sheets.hasChores(bench.book)).toBe(false);
});
