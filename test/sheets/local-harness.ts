import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log, LogData } from '../../src/lib/log.ts';
import { neutralise, parseCsv } from '../../src/sheets/csv.ts';
import { createLocalDriver, type LocalDriver } from '../../src/sheets/targets/local/driver.ts';
import { localBook, tabPath } from '../../src/sheets/targets/local/workbook.ts';
import type { SheetTab } from '../../src/store/sheets.ts';
import { TestClock } from '../support/clock.ts';
import { type FaultyStore, faultyStore } from '../support/faulty-store.ts';
import { testStore } from '../support/store.ts';
import { tempDir } from '../support/temp.ts';
import type { TargetHarness } from './target.suite.ts';

export interface LocalHarness extends TargetHarness {
  driver: LocalDriver;
  clock: TestClock;
  /** The data folder. */
  root: string;
  faults: FaultyStore;
  /** The folder of the site's files. */
  folder: string;
  /** Names in it, sorted. */
  files(): string[];
  tab(formName: string): SheetTab;
  path(formName: string): string;
  /** Events the driver logged, oldest first. */
  events: { event: string; data: LogData }[];
}

/** A real store and real files, both on disk; time stands still. */
export async function localHarness(): Promise<LocalHarness> {
  const clock = new TestClock();
  const { store: real, dir: root } = testStore({ dir: tempDir(), clock });
  const dir = join(root, 'sheets');
  const faults = faultyStore(real);
  const { store } = faults;
  const site = await store.sites.create({ name: 'Example', timezone: 'UTC' });
  const events: LocalHarness['events'] = [];
  const log = recordingLog(events);
  const makeDriver = () => createLocalDriver({ store, dir, clock, log });
  const tab = (formName: string) => {
    const form = store.forms.outlines(site.id).find((one) => one.name === formName);
    const found = form && store.sheets.tabOfForm(localBook(site.id), form.id);
    if (!found) throw new Error(`no tab of ${formName}`);
    return found;
  };
  const folder = join(dir, site.id);
  const harness: LocalHarness = {
    store,
    driver: makeDriver(),
    site,
    clock,
    root,
    faults,
    events,
    folder,
    files: () => (existsSync(folder) ? readdirSync(folder).sort() : []),
    tab,
    path: (formName) => tabPath(dir, tab(formName)),
    async readTab(formName) {
      const form = store.forms.outlines(site.id).find((one) => one.name === formName);
      if (!form || !store.sheets.tabOfForm(localBook(site.id), form.id)) return [];
      return parseCsv(readFileSync(tabPath(dir, tab(formName)), 'utf8'));
    },
    shown: neutralise,
    async restart() {
      harness.driver = makeDriver();
      await harness.driver.recover();
    },
    killBeforeSettle: () => faults.failNext('settleLocal'),
    async advance(ms) {
      clock.advance(ms);
    },
    close: () => real.close(),
  };
  mkdirSync(dir, { recursive: true });
  return harness;
}

export function recordingLog(events: LocalHarness['events']): Log {
  const note = (event: string, data: LogData = {}) => {
    events.push({ event, data });
  };
  const log: Log = { debug: note, info: note, warn: note, error: note, with: () => log };
  return log;
}
