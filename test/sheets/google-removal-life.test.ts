import { expect, test } from 'bun:test';
import type { Lead } from '../../src/store/store.ts';
import type { FaultKind, RandomActionType } from '../support/google/control-types.ts';
import { Random } from '../support/google/random.ts';
import { Bench } from './google-harness.ts';
import { Killer } from './google-property.ts';

/**
 * Lives of a spreadsheet in which leads are deleted all the time, by chance but repeatable from the seed: with faults of
 * Google's, a user's hands before any call, and kills between any two steps.
 */
const RUNS = Number(process.env.LTS_TEST_RUNS ?? 8);
const FIRST_SEED = Number(process.env.LTS_TEST_SEED ?? 1);
const ROUNDS = 30;

const HANDS: RandomActionType[] = [
  'sort',
  'sort',
  'insertRows',
  'insertRows',
  'deleteRow',
  'deleteRow',
  'typeUnderLastRow',
  'insertColumn',
  'moveColumn',
  'duplicateTab',
];
const FAULTS: FaultKind[] = ['429', '500', '503', 'reset', 'resetAfter', '503After', 'cutBodyAfter', 'lateApply'];
const TAB = 'Contact';

class Life {
  readonly killer = new Killer();
  readonly accepted = new Map<string, Lead>();
  readonly removed = new Set<string>();
  bench!: Bench;
  serial = 0;

  constructor(readonly random: Random) {}

  async begin(seed: number): Promise<void> {
    const chance = new Random(seed + 1);
    this.bench = await Bench.start({
      limits: { rows: 6, blockRows: 40 },
      random: () => chance.next(),
      wrap: ({ store, api }) => ({ store: this.killer.store(store), api: this.killer.api(api) }),
    });
    const { world } = this.bench.google;
    world.behaviour.rowTags = seed % 2 === 0 ? 'stay' : 'follow';
    world.faults.setRandom({ seed, rate: 0.1, kinds: FAULTS, only: { spreadsheetId: this.bench.book } });
    const keepColumns = ['s:lead_id'];
    world.hands.set({ seed, rate: 0.2, actions: HANDS, spreadsheetId: this.bench.book, keepColumns });
  }

  async round(): Promise<void> {
    const { random, bench } = this;
    if (random.chance(0.5)) {
      const fields = Array.from({ length: random.int(1, 6) }, () => ({ Email: `lead${++this.serial}@example.com` }));
      for (const lead of await bench.acceptAll(fields, { form: TAB })) this.accepted.set(lead.id, lead);
    }
    if (random.chance(0.4)) await this.remove();
    if (random.chance(0.2)) this.killer.arm(random.int(1, 9), random.pick(['before', 'after']) ?? 'after');
    for (let step = random.int(1, 5); step > 0; step--) {
      const flush = bench.flush().then(() => true);
      // What an abandoned process would have thrown is nobody's business.
      flush.catch(() => {});
      const alive = await Promise.race([flush, this.killer.killed.then(() => false)]);
      if (!alive) {
        this.killer.reset();
        await bench.reopen();
      }
      await bench.advance(5_000);
    }
    if (random.chance(0.1)) bench.google.world.faults.releaseById(undefined);
  }

  async remove(): Promise<void> {
    const known = [...this.accepted.keys()].filter((id) => !this.removed.has(id));
    const ids = [this.random.pick(known), this.random.pick(known)].filter((id) => id !== undefined);
    for (const id of ids) this.removed.add(id);
    await this.bench.store.leads.remove(this.bench.site.id, ids, { rows: true });
  }

  async end(): Promise<void> {
    const { world } = this.bench.google;
    world.faults.clear();
    world.hands.set(null);
    this.killer.reset();
    await this.bench.reopen();
    for (const late of [false, true]) {
      if (late) world.faults.releaseById(undefined);
      await this.bench.drain({ steps: 400 });
    }
    world.behaviour.rowTags = 'stay';
  }

  /** What is wrong; empty: nothing. */
  judge(): string[] {
    const { bench } = this;
    const sheetId = bench.store.sheets.tabs(bench.book)[0]?.sheetId ?? -1;
    const wrong = bench.violations();
    const rows = bench.rows(sheetId).map((row) => row.join(' '));
    const log = bench.google.world.hands.log.filter((each) => each.spreadsheetId === bench.book);
    const own = log.filter(({ action }) => 'tab' in action && action.tab === sheetId);
    const byHand = own.flatMap(({ result }) => result.deletedRows.map((row) => row.join(' ')));
    for (const id of this.accepted.keys()) {
      const there = rows.filter((row) => row.includes(id)).length;
      const deleted = byHand.filter((row) => row.includes(id)).length;
      if (this.removed.has(id) ? there > 0 : there + deleted !== 1) wrong.push(`${id}: ${there} rows`);
    }
    for (const { action } of own) {
      if (action.type !== 'typeUnderLastRow') continue;
      const words = String(action.values.at(-1));
      const all = [...rows, ...byHand].filter((row) => new RegExp(`${words}\\b`).test(row));
      if (all.length === 0) wrong.push(`lost: ${words}`);
    }
    const tab = bench.view().tabs.find((each) => each.sheetId === sheetId);
    if (tab && tab.hiddenRows.length > 0) wrong.push(`hidden: ${tab.hiddenRows}`);
    const marks = bench.view().metadata.filter((each) => each.key === 'lc.r' && each.sheetId === sheetId);
    if (marks.length > 0) wrong.push(`marks left: ${marks.length}`);
    const waiting = bench.store.sheets.removalCounts(bench.site.id).here;
    if (waiting > 0) wrong.push(`still waiting: ${waiting}`);
    return wrong;
  }
}

test('whatever happens, deleted leads’ rows go in the end, and nobody else’s ever does', async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
    const life = new Life(new Random(seed));
    await life.begin(seed);
    for (let round = 0; round < ROUNDS; round++) await life.round();
    await life.end();
    const wrong = life.judge();
    await life.bench.store.close();
    expect({ seed, wrong }).toEqual({ seed, wrong: [] });
    expect(life.removed.size).toBeGreaterThan(0);
  }
}, 120_000);
