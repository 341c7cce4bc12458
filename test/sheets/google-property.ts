import { cellOf } from '../../src/sheets/cells.ts';
import type { FlushOutcome } from '../../src/sheets/target.ts';
import type { GoogleApi } from '../../src/sheets/targets/google/api.ts';
import { tagValue } from '../../src/sheets/targets/google/mapping.ts';
import { cellValue } from '../../src/sheets/targets/google/requests.ts';
import type { SheetStore } from '../../src/store/sheets.ts';
import type { Lead, Store } from '../../src/store/store.ts';
import type { FaultKind, RandomActionType } from '../support/google/control-types.ts';
import type { DriveFile } from '../support/google/files.ts';
import { Random } from '../support/google/random.ts';
import { cellAt, plainValue, type SpreadsheetState } from '../support/google/spreadsheet.ts';
import { formatted } from '../support/google/view.ts';
import { Bench, type Wrap } from './google-harness.ts';

/**
 * One life of a spreadsheet, by chance but repeatable from its seed: leads, later values, Google's faults (answers
 * lost, calls applied late), a user's hands before any call, kills between any two steps, and databases set back to
 * an earlier copy. At the end, with the faults off: google-sheets.md 7.5.
 */
export interface Profile {
  rounds: number;
  faultRate: number;
  handRate: number;
  killRate: number;
  restoreRate: number;
  /** Later values: quality, score. */
  amendRate: number;
  /** Two forms made one, or parted again. */
  mergeRate: number;
  hands?: RandomActionType[];
  faults?: FaultKind[];
  /** A broken strategy, to see that it is found out. */
  mutation?: Wrap;
}

export const PROFILE: Profile = {
  rounds: 40,
  faultRate: 0.15,
  handRate: 0.2,
  killRate: 0.1,
  restoreRate: 0.02,
  amendRate: 0.15,
  mergeRate: 0.05,
};

const FAULTS: FaultKind[] = [
  '429',
  '500',
  '503',
  '503html',
  '401',
  'refuse',
  'reset',
  'resetAfter',
  '500After',
  '503After',
  'cutBodyAfter',
  'nonJsonAfter',
  'lateApply',
  'lateApply',
  'lateApply',
];

const HANDS: RandomActionType[] = [
  'renameHeader',
  'renameTab',
  'insertColumn',
  'moveColumn',
  'moveColumn',
  'hideColumn',
  'deleteColumn',
  'sort',
  'sort',
  'filter',
  'hideRows',
  'insertRows',
  'deleteRow',
  'deleteRow',
  'editCell',
  'typeUnderLastRow',
  'duplicateTab',
];

/** Cell updates all the time, and hands that are where they are written. */
export const AT_THE_CELLS: Profile = {
  ...PROFILE,
  faultRate: 0.1,
  handRate: 0.35,
  killRate: 0.3,
  amendRate: 0.9,
  hands: [
    ...(['editCell', 'editCell', 'editCell', 'editCell', 'sort', 'sort'] as const),
    ...(['deleteRow', 'insertRows', 'typeUnderLastRow', 'moveColumn', 'insertColumn'] as const),
  ],
};

/** The column rows are known by, and those whose words in the sheet give way to a change made in the UI. */
const KEPT = ['s:lead_id', 's:quality'];
/** Columns whose cells the run itself changes later. */
const AMENDED = ['s:quality', 's:score', 's:score_reason', 's:summary', 's:match_confidence', 's:company', 's:country'];
const NOBODY = {
  match_confidence: 0.5,
  company: null,
  job_title: null,
  linkedin_url: null,
  industry: null,
  company_size: null,
  country: 'Example Land',
};
const FORMS = ['Alpha', 'Beta', 'Gamma'];
const BY_HAND = /^(typed|edited) by hand \d+$/;

/** What went wrong; empty: nothing did. */
export async function live(seed: number, profile: Profile): Promise<string[]> {
  const life = await Life.begin(seed, profile);
  for (let round = 0; round < profile.rounds; round++) await life.round();
  await life.end();
  const wrong = life.judge();
  await life.leave();
  return wrong;
}

class Life {
  private readonly random: Random;
  /** Of its own: what else happens is the same with merging and without. */
  private readonly merging: Random;
  private readonly killer = new Killer();
  private bench!: Bench;
  private readonly accepted = new Map<string, Lead>();
  private readonly forgotten = new Set<string>();
  private readonly amended = new Set<string>();
  private readonly amendedLost = new Set<string>();
  private backup: { path: string; accepted: Set<string>; amended: Set<string> } | null = null;
  private restores = 0;
  private unwatch: () => void = () => {};
  private serial = 0;
  private readonly lostTexts: string[] = [];
  private readonly looks = new Map<number, ReadonlyMap<number, number>>();

  private constructor(
    seed: number,
    private readonly profile: Profile,
  ) {
    this.random = new Random(seed);
    this.merging = new Random(seed + 2);
  }

  static async begin(seed: number, profile: Profile): Promise<Life> {
    const life = new Life(seed, profile);
    const chance = new Random(seed + 1);
    life.bench = await Bench.start({
      limits: { rows: 6, updates: 8, blockRows: 40, setUpTabs: 2 },
      random: () => chance.next(),
      wrap: (layers) => {
        const real = profile.mutation ? profile.mutation(layers) : layers;
        return { store: life.killer.store(real.store), api: life.killer.api(life.noteLooks(real.api)) };
      },
    });
    const { world } = life.bench.google;
    world.faults.setRandom({
      seed,
      rate: profile.faultRate,
      kinds: profile.faults ?? FAULTS,
      only: { spreadsheetId: life.bench.book },
    });
    life.hands(profile.hands ?? HANDS);
    life.watch();
    return life;
  }

  async round(): Promise<void> {
    const { random, profile } = this;
    if (random.chance(0.5)) await this.accept();
    if (random.chance(profile.amendRate)) await this.amend();
    if (this.merging.chance(profile.mergeRate)) await this.mergeOrPart();
    if (random.chance(profile.killRate)) this.killer.arm(random.int(1, 9), random.pick(['before', 'after']) ?? 'after');
    const steps = random.int(1, 4);
    for (let step = 0; step < steps; step++) {
      if (!(await this.step())) await this.bench.reopen();
      await this.bench.advance(5_000);
    }
    if (random.chance(profile.restoreRate * 2)) await this.copy();
    if (this.backup && random.chance(profile.restoreRate) && !this.delicate) await this.restore();
    if (random.chance(0.1)) this.bench.google.world.faults.releaseById(undefined);
  }

  /** A database set back has forgotten what a write by place fell upon, and the sheet itself keeps no record of it. */
  private get delicate(): boolean {
    const { store, book } = this.bench;
    return this.profile.handRate > 0 && store.sheets.journal(book) !== null;
  }

  /** False: killed on the way. */
  private async step(): Promise<boolean> {
    const flush = this.flush().then(() => true);
    // What an abandoned process would have thrown is nobody's business.
    flush.catch(() => {});
    const alive = await Promise.race([flush, this.killer.killed.then(() => false)]);
    if (!alive) this.killer.reset();
    return alive;
  }

  /** A database from before the first row asks whether it may take over: yes. */
  private async flush(): Promise<FlushOutcome> {
    const outcome = await this.bench.flush();
    if (outcome.kind === 'paused' && outcome.problem.code === 'used_before') {
      await this.bench.driver.takeOver(this.bench.at());
    }
    return outcome;
  }

  private async accept(): Promise<void> {
    const { random } = this;
    const form = random.pick(FORMS) ?? 'Alpha';
    const all = Array.from({ length: random.int(1, 8) }, () => {
      const n = ++this.serial;
      const fields: Record<string, string> = { Email: `lead${n}@example.com`, Name: `Name ${n}`, Code: `00${n}` };
      if (random.chance(0.3)) fields[`Extra ${random.int(1, 6)}`] = `=extra+${n}`;
      return fields;
    });
    for (const lead of await this.bench.acceptAll(all, { form })) this.accepted.set(lead.id, lead);
  }

  private async amend(): Promise<void> {
    const id = this.random.pick([...this.accepted.keys()].filter((each) => !this.forgotten.has(each)));
    if (id === undefined) return;
    const n = ++this.serial;
    this.amended.add(id);
    if (this.random.chance(0.5))
      await this.bench.store.leads.amend(this.bench.site.id, id, { quality: `Quality ${n}` });
    else {
      const score = this.random.pick(['hot', 'cold', null] as const) ?? null;
      const enrichment = this.random.chance(0.5) ? { ...NOBODY, company: `Company ${n}` } : null;
      await this.bench.store.leads.amend(this.bench.site.id, id, {
        judgement: { score, score_reason: `Reason ${n}`, summary: score && `Summary ${n}`, enrichment },
      });
    }
  }

  /** Whatever waits, is being sent, or stands in the sheet: it keeps its tab. */
  private async mergeOrPart(): Promise<void> {
    const { store, site } = this.bench;
    const forms = store.forms.outlines(site.id);
    const one = this.merging.pick(forms);
    const other = this.merging.pick(forms);
    if (!one || !other) return;
    if (one.mergedInto !== null) await store.forms.part(site.id, one.id);
    else await store.forms.merge(site.id, one.id, other.id);
  }

  private async copy(): Promise<void> {
    const path = `${this.bench.path}.${++this.serial}`;
    this.bench.backup(path);
    this.backup = { path, accepted: new Set(this.accepted.keys()), amended: new Set(this.amended) };
  }

  private async restore(): Promise<void> {
    if (!this.backup) return;
    this.restores += 1;
    await this.bench.reopen(this.backup.path, `inst${this.serial}xyz`);
    for (const id of this.accepted.keys()) if (!this.backup.accepted.has(id)) this.forgotten.add(id);
    for (const id of this.amended) this.amendedLost.add(id);
  }

  /** Faults and hands off; everything that waits is written; what is still under way arrives at last. */
  async end(): Promise<void> {
    const { world } = this.bench.google;
    world.faults.clear();
    world.hands.set(null);
    this.killer.reset();
    for (const start of ['as it is', 'anew', 'late calls']) {
      if (start === 'late calls') world.faults.releaseById(undefined);
      if (start !== 'as it is') await this.bench.reopen();
      for (let i = 0; i < 400; i++) {
        const outcome = await this.flush();
        await this.bench.advance(outcome.kind === 'paused' ? 3_600_000 : 5_000);
        if (outcome.kind === 'idle') break;
      }
    }
  }

  /** The fake is shared by all lives. */
  async leave(): Promise<void> {
    this.unwatch();
    await this.bench.store.close();
  }

  /** A user's words in the sheet before and after each change of ours: ours must take none away for good. */
  private watch(): void {
    const { world } = this.bench.google;
    const commit = world.commit.bind(world);
    const before = world.hands.beforeCall.bind(world.hands);
    this.unwatch = () => Object.assign(world, { commit }) && Object.assign(world.hands, { beforeCall: before });
    let hands = false;
    world.hands.beforeCall = (call) => {
      hands = true;
      before(call);
      hands = false;
    };
    world.commit = (file: DriveFile, state: SpreadsheetState) => {
      if (!hands && file.sheet && file.id === this.bench.book) {
        const was = words(file.sheet);
        const is = words(state);
        for (const [text, n] of was) {
          if (this.isTooLate(text, file.sheet, state)) continue;
          for (let i = is.get(text) ?? 0; i < n; i++) this.lostTexts.push(text);
        }
        for (const [text, n] of is) {
          for (let i = was.get(text) ?? 0; i < n; i++) {
            const at = this.lostTexts.indexOf(text);
            if (at >= 0) this.lostTexts.splice(at, 1);
          }
        }
      }
      commit(file, state);
    };
  }

  /** For each guard, how many things had been done by hand when each tab was read for its write. */
  private noteLooks(real: GoogleApi): GoogleApi {
    let looks = new Map<number, number>();
    return {
      ...real,
      rows: async (...args) => {
        const [, sheetId, start] = args;
        const reply = await real.rows(...args);
        if (start === 0) looks.set(sheetId, this.bench.google.world.hands.log.length);
        return reply;
      },
      batchUpdate: (id, requests) => {
        const created = requests[0]?.createDeveloperMetadata as
          | { developerMetadata: { metadataId: number } }
          | undefined;
        if (created) this.looks.set(created.developerMetadata.metadataId, looks);
        looks = new Map();
        return real.batchUpdate(id, requests);
      },
    };
  }

  /**
   * Whether a word was typed after the tab was read for the very write that has replaced it. Google tells nobody what
   * an update of a cell has replaced, and does none on a condition: such a word is known to nobody but the sheet.
   */
  private isTooLate(text: string, was: SpreadsheetState, is: SpreadsheetState): boolean {
    const known = new Set(was.metadata.map((tag) => tag.id));
    const guard = is.metadata.find((tag) => tag.key === 'lc.g' && !known.has(tag.id));
    const [sheetId = '', word] = text.split(': ');
    const look = guard && this.looks.get(guard.id)?.get(Number(sheetId));
    const typed = this.bench.google.world.hands.log.findLastIndex(
      ({ action }) => action.type === 'editCell' && action.value === word,
    );
    return look !== undefined && typed >= look;
  }

  private hands(actions: RandomActionType[]): void {
    const seed = this.random.int(0, 1_000_000);
    const { handRate: rate } = this.profile;
    const { bench } = this;
    bench.google.world.hands.set(
      rate === 0 ? null : { seed, rate, actions, spreadsheetId: bench.book, keepColumns: KEPT },
    );
  }

  judge(): string[] {
    const wrong: string[] = [];
    const { bench } = this;
    const view = bench.view();
    const deleted = new Map<string, number>();
    const known = new Set(bench.store.sheets.tabs(bench.book).map((tab) => tab.sheetId));
    for (const { action, result, spreadsheetId } of bench.google.world.hands.log) {
      if (spreadsheetId !== bench.book || !('tab' in action) || !known.has(Number(action.tab))) continue;
      for (const row of result.deletedRows) {
        // One that is all alone fell into an empty row, its own having been deleted before.
        if (row.filter((cell) => cell !== '').length === 1) continue;
        for (const id of new Set(row.filter((cell) => cell.startsWith('sub_'))))
          deleted.set(id, (deleted.get(id) ?? 0) + 1);
      }
    }
    const found = new Map<string, number>();
    for (const sheetId of known) {
      const ids = bench.column('s:lead_id', sheetId);
      bench.rows(sheetId).forEach((row, n) => {
        const id = row.find((cell) => this.forgotten.has(cell)) ?? ids[n] ?? '';
        if (n > 0 && id !== '') found.set(id, (found.get(id) ?? 0) + 1);
      });
    }
    for (const id of this.accepted.keys()) {
      const rows = (found.get(id) ?? 0) + (deleted.get(id) ?? 0);
      found.delete(id);
      // Rows of leads that a restored database forgot may be there; leads whose deletion it forgot may come back.
      const least = this.forgotten.has(id) ? 0 : 1;
      const most = this.restores > 0 && (deleted.get(id) ?? 0) > 0 ? 1 + (deleted.get(id) ?? 0) : 1;
      if (rows < least || rows > most)
        wrong.push(`${id}: ${rows} rows, should be ${least === most ? least : `${least} to ${most}`}`);
      if (!this.forgotten.has(id)) {
        const status = bench.store.leads.get(bench.site.id, id)?.syncStatus;
        if (status !== 'synced') wrong.push(`${id}: ${status}`);
      }
    }
    for (const id of found.keys()) wrong.push(`${id}: nobody accepted it`);
    wrong.push(...this.judgeCells());
    for (const text of this.lostTexts) wrong.push(`a user's cell was changed: ${text}`);
    wrong.push(...bench.violations());
    if (view.tabs.length === 0) wrong.push('no tabs');
    return wrong;
  }

  /** Every value under the column carrying its tag, and no value of ours anywhere else. */
  private judgeCells(): string[] {
    const wrong: string[] = [];
    const { bench } = this;
    const { metadata } = bench.view();
    const site = bench.at().site;
    for (const tab of bench.store.sheets.tabs(bench.book)) {
      const places = new Map<number, string>();
      for (const tag of metadata) {
        if (tag.key !== 'lc.f' || tag.sheetId !== tab.sheetId || tag.index === null) continue;
        const known = tab.columns.find((column) => tagValue(column.key) === tag.value);
        places.set(tag.index, known?.key ?? tag.value ?? '');
      }
      const rows = bench.rows(tab.sheetId).slice(1);
      const idAt = [...places].find(([, key]) => key === 's:lead_id')?.[0] ?? -1;
      for (const row of rows) {
        // Nobody knows any more what belongs into it, nor, if it landed beside its columns, where.
        if (row.some((cell) => this.forgotten.has(cell))) continue;
        const lead = bench.store.leads.get(site.id, row[idAt] ?? '');
        for (let index = 0; index < Math.max(row.length, ...[...places.keys()].map((each) => each + 1)); index++) {
          const text = row[index] ?? '';
          if (BY_HAND.test(text)) continue;
          const key = places.get(index);
          if (!lead) {
            if (text !== '') wrong.push(`${tab.title}: stray "${text}" in a row of nobody's`);
            continue;
          }
          if (key !== undefined && AMENDED.includes(key) && this.amendedLost.has(lead.id)) continue;
          const value = key === undefined ? null : cellValue(cellOf(lead, key, tab.columns, site));
          const should = value === null ? '' : formatted(value);
          if (text !== should)
            wrong.push(
              `${tab.title}: ${lead.id} has "${text}" under ${key ?? `column ${index}`}, should be "${should}"`,
            );
        }
      }
    }
    return wrong;
  }
}

function words(state: SpreadsheetState): Map<string, number> {
  const found = new Map<string, number>();
  for (const tab of state.tabs) {
    tab.rows.forEach((row, index) => {
      row.cells.forEach((_, column) => {
        const value = plainValue(cellAt(tab, index, column));
        if (typeof value === 'string' && (BY_HAND.test(value) || /^Note \d+$/.test(value))) {
          const name = `${tab.sheetId}: ${value}`;
          found.set(name, (found.get(name) ?? 0) + 1);
        }
      });
    });
  }
  return found;
}

const STORE_WRITES: readonly (keyof SheetStore)[] = [
  'planBatch',
  'resendBatch',
  'settleBatch',
  'settleUpdates',
  'queueUpdates',
  'setJournal',
  'addTab',
  'updateTab',
  'putColumns',
  'markSynced',
  'updateBook',
  'raiseSeq',
  'fail',
];

/**
 * Ends a process between any two of its steps: the chosen call to the store or to Google never returns, either
 * before it did anything or after it did everything.
 */
export class Killer {
  private countdown: number | null = null;
  private mode: 'before' | 'after' = 'before';
  private signal!: () => void;
  killed!: Promise<void>;

  constructor() {
    this.reset();
  }

  reset(): void {
    this.countdown = null;
    this.killed = new Promise((resolve) => {
      this.signal = resolve;
    });
  }

  arm(countdown: number, mode: 'before' | 'after'): void {
    this.countdown = countdown;
    this.mode = mode;
  }

  private call(work: () => unknown): unknown {
    if (this.countdown === null || --this.countdown > 0) return work();
    this.countdown = null;
    const { signal } = this;
    if (this.mode === 'before') signal();
    else void Promise.resolve(work()).then(signal, signal);
    return new Promise(() => {});
  }

  store(real: Store): Store {
    return { ...real, sheets: this.wrap(real.sheets, (name) => (STORE_WRITES as readonly string[]).includes(name)) };
  }

  api(real: GoogleApi): GoogleApi {
    return this.wrap(real, () => true);
  }

  private wrap<T extends object>(real: T, counts: (name: string) => boolean): T {
    return new Proxy(real, {
      get: (target, name, receiver) => {
        const value: unknown = Reflect.get(target, name, receiver);
        if (typeof value !== 'function' || typeof name !== 'string' || !counts(name)) return value;
        return (...args: unknown[]) => this.call(() => value.apply(target, args));
      },
    });
  }
}
