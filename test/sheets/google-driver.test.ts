import { faultyStore } from '../support/faulty-store.ts';
import { Bench } from './google-harness.ts';
import { describeTarget, type TargetHarness } from './target.suite.ts';

async function googleHarness(): Promise<TargetHarness> {
  let faults: ReturnType<typeof faultyStore> | undefined;
  const bench = await Bench.start({
    wrap: ({ store, api }) => {
      faults = faultyStore(store);
      return { store: faults.store, api };
    },
  });
  return {
    store: bench.store,
    get driver() {
      return bench.driver;
    },
    site: bench.site,
    async readTab(formName) {
      const form = bench.store.forms.outlines(bench.site.id).find((each) => each.name === formName);
      const tab = form && bench.store.sheets.tabOfForm(bench.book, form.id);
      if (!tab || tab.state === 'planned') return [];
      const rows = bench.rows(tab.sheetId);
      const width = Math.max(...rows.map((row) => row.length));
      return rows.map((row) => [...row, ...Array.from({ length: width - row.length }, () => '')]);
    },
    shown: (text) => text,
    async restart() {
      bench.restart();
    },
    killBeforeSettle: () => faults?.failNext('settleBatch'),
    // A second more than asked for keeps reads of the many small steps under a minute's quota.
    advance: (ms) => bench.advance(ms + 2_000),
    close: () => bench.store.close(),
  };
}

describeTarget('google', googleHarness);
