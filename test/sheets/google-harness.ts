import { Database } from 'bun:sqlite';
import { afterAll } from 'bun:test';
import { copyFileSync, rmSync } from 'node:fs';
import type { Fields } from '../../src/contract/submission.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { FlushOutcome, SiteTarget, TabReport } from '../../src/sheets/target.ts';
import type { GoogleApi } from '../../src/sheets/targets/google/api.ts';
import type { TokenSource } from '../../src/sheets/targets/google/auth.ts';
import { createGoogleApi } from '../../src/sheets/targets/google/client.ts';
import { createGoogleDriver, type GoogleDriver, type GoogleLimits } from '../../src/sheets/targets/google/driver.ts';
import { createQuotaBook, type Quota } from '../../src/sheets/targets/google/quota.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import type { Lead, NewLead, Site, Store } from '../../src/store/store.ts';
import { TestClock } from '../support/clock.ts';
import { answerControl } from '../support/google/control.ts';
import type { SheetOptions, SpreadsheetView, TabView, UserAction } from '../support/google/control-types.ts';
import { METADATA_READONLY, postForm, SPREADSHEETS, signJwt } from '../support/google/harness.ts';
import { startServer } from '../support/google/server.ts';
import { newLead } from '../support/leads.ts';
import { tempDir } from '../support/temp.ts';

/**
 * A driver over a real store on disk, real HTTP on loopback and the fake Google, all on one clock that stands still
 * but for `advance`. One bench is one server and one spreadsheet.
 */

type LeadOptions = { form?: string } & Omit<Partial<NewLead>, 'form' | 'body'>;

let shared: ReturnType<typeof startServer> | undefined;
function server() {
  if (!shared) {
    const started = startServer(0);
    shared = started;
    afterAll(() => {
      started.stop();
      shared = undefined;
    });
  }
  return shared;
}

export type Wrap = (layers: { store: Store; api: GoogleApi }) => { store: Store; api: GoogleApi };

export interface BenchOptions {
  limits?: Partial<GoogleLimits>;
  sheets?: SheetOptions[];
  /** Puts something between the driver and what it works with: a killer, or a broken strategy. */
  wrap?: Wrap;
  random?: () => number;
}

export class Bench {
  readonly clock: TestClock;
  readonly google = server();
  readonly dir = tempDir();
  path: string;
  store!: Store;
  driver!: GoogleDriver;
  site!: Site;
  book = '';
  email = '';
  instanceId = 'inst01abc';
  key: Parameters<typeof signJwt>[0] | undefined;
  wrap: Wrap | undefined;
  /** Google goes on counting when a process ends. */
  private readonly quotas: ReturnType<typeof createQuotaBook>;

  private constructor(
    readonly options: BenchOptions,
    clock?: TestClock,
  ) {
    this.clock = clock ?? new TestClock();
    this.path = `${this.dir}/leadtosheet.db`;
    this.wrap = options.wrap;
    this.quotas = createQuotaBook(this.clock);
  }

  static async start(options: BenchOptions = {}): Promise<Bench> {
    const bench = new Bench(options);
    bench.google.world.clock.set({ now: bench.clock.now() });
    bench.google.world.faults.clear();
    bench.google.world.faults.releaseById(undefined);
    bench.google.world.hands.set(null);
    bench.google.world.quota.set('default');
    bench.google.world.calls.reset();
    bench.google.world.disabled.clear();
    bench.open();
    bench.key = bench.control('createServiceAccount');
    bench.email = bench.key?.client_email ?? '';
    const made = bench.control<{ spreadsheetId: string }>('createSpreadsheet', {
      title: 'Leads',
      sharedWith: [{ email: bench.email, role: 'writer' }],
      ...(options.sheets ? { sheets: options.sheets } : {}),
    });
    bench.book = made.spreadsheetId;
    bench.site = await bench.store.sites.create({ name: 'Acme', timezone: 'Europe/Paris' });
    await bench.store.sheets.setTarget(bench.site.id, {
      kind: 'google',
      book: bench.book,
      connectionId: null,
      title: 'Leads',
      url: null,
    });
    bench.restart();
    return bench;
  }

  /** Opens the store file: at the start, and after a crash or a restore. */
  open(): void {
    this.store = openStore({
      path: this.path,
      durability: 'normal',
      clock: this.clock,
      ids: randomIds(),
      secretCheck: 'test',
    });
  }

  /** A fresh driver, as after a start of the program: nothing is remembered but what the store holds. */
  restart(): void {
    let layers = { store: this.store, api: this.api() };
    if (this.wrap) layers = this.wrap(layers);
    this.driver = createGoogleDriver({
      store: layers.store,
      apiFor: async () => ({ ok: true, api: layers.api }),
      instanceId: this.instanceId,
      clock: this.clock,
      ids: randomIds(),
      random: this.options.random ?? Math.random,
      log: silentLog,
      ...(this.options.limits ? { limits: this.options.limits } : {}),
    });
  }

  /** The real client, with tokens on the fake's own clock. */
  api(): GoogleApi {
    return createGoogleApi({
      email: this.email,
      connectionKind: 'service_account',
      tokens: this.tokens(),
      urls: { sheets: this.google.url, drive: this.google.url },
      clock: this.clock,
      quota: this.quota(),
      log: silentLog,
    });
  }

  /** The real quota; a wait for it lets the clock go on, since nobody else would. */
  private quota(): Quota {
    const real = this.quotas.account(this.email, null);
    return {
      ...real,
      take: async (kind, signal) => {
        for (let wait = real.wait(kind); wait > 0; wait = real.wait(kind)) await this.advance(Math.ceil(wait));
        return real.take(kind, signal);
      },
    };
  }

  private tokens(): TokenSource {
    let token: { text: string; until: number } | null = null;
    return {
      getAccessToken: async () => {
        if (token && token.until > this.clock.now()) return { ok: true, value: token.text };
        if (!this.key) throw new Error('no key');
        const iat = Math.floor(this.clock.now() / 1000);
        const scope = `${SPREADSHEETS} ${METADATA_READONLY}`;
        const aud = 'https://oauth2.googleapis.com/token';
        const assertion = signJwt(this.key, { iss: this.email, scope, aud, iat, exp: iat + 3600 });
        const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
        const { body } = await postForm(`${this.google.url}/token`, { grant_type, assertion });
        token = { text: body.access_token, until: this.clock.now() + 3_000_000 };
        return { ok: true, value: token.text };
      },
      drop: () => {
        token = null;
      },
    };
  }

  /** The fake's control API, without the detour over HTTP. */
  control<T>(name: string, ...args: unknown[]): T {
    const url = new URL(`http://fake.invalid/__fake/${name}`);
    const answer = answerControl(this.google.world, url, JSON.stringify(args));
    const body = answer.body as { result?: T; error?: string };
    if (answer.status !== 200) throw new Error(`${name}: ${body.error}`);
    return body.result as T;
  }

  user(action: UserAction) {
    return this.control('userAction', this.book, action);
  }

  view(): SpreadsheetView {
    return this.control('inspect', this.book);
  }

  tab(title: string): TabView {
    const found = this.view().tabs.find((tab) => tab.title === title);
    if (!found) throw new Error(`no tab ${title}`);
    return found;
  }

  /** The rows of a tab as texts. */
  rows(tab: string | number): string[][] {
    return this.control('rows', this.book, tab);
  }

  /** The values under the column with this tag, header first. */
  column(key: string, tab: string | number): string[] {
    const { metadata, tabs } = this.view();
    const sheet = tabs.find((each) => each.sheetId === tab || each.title === tab);
    const tag = metadata.find((each) => each.value === key && each.sheetId === sheet?.sheetId);
    if (!sheet || !tag || tag.index === null) return [];
    const { index } = tag;
    return this.rows(sheet.sheetId).map((row) => row[index] ?? '');
  }

  ids(tab: string | number): string[] {
    return this.column('s:lead_id', tab)
      .slice(1)
      .filter((id) => id !== '');
  }

  at(): SiteTarget {
    const site = this.store.sites.get(this.site.id);
    if (!site) throw new Error('no site');
    return { site, target: this.store.sheets.target(site.id) };
  }

  async accept(fields: Fields, options: LeadOptions = {}): Promise<Lead> {
    const [lead] = await this.acceptAll([fields], options);
    if (!lead) throw new Error('not accepted');
    return lead;
  }

  async acceptAll(all: readonly Fields[], options: LeadOptions = {}): Promise<Lead[]> {
    const items = all.map((fields) => ({ lead: newLead(fields, options) }));
    const outcome = await this.store.leads.accept({ siteId: this.site.id, items, idempotency: null });
    if (outcome.kind !== 'accepted') throw new Error(outcome.kind);
    return outcome.results.map((result) => {
      if (result.status !== 'created') throw new Error(result.status);
      return result.lead;
    });
  }

  async advance(ms: number): Promise<void> {
    this.google.world.clock.advance(ms);
    await this.clock.advanceAndSettle(ms);
  }

  flush(): Promise<FlushOutcome> {
    return this.driver.flush(this.at());
  }

  /** Flushes as the engine would until nothing waits or a person is needed; every outcome, the last one included. */
  async drain(options: { steps?: number; pauseMs?: number } = {}): Promise<FlushOutcome[]> {
    const { steps = 60, pauseMs = 5_000 } = options;
    const outcomes: FlushOutcome[] = [];
    for (let i = 0; i < steps; i++) {
      const outcome = await this.flush();
      outcomes.push(outcome);
      if (outcome.kind === 'idle' || outcome.kind === 'paused') return outcomes;
      await this.advance(Math.max(pauseMs, outcome.kind === 'wrote' ? outcome.notBeforeMs : (outcome.afterMs ?? 0)));
    }
    throw new Error(`not drained after ${steps} steps: ${JSON.stringify(outcomes.slice(-5))}`);
  }

  verify(): Promise<TabReport[]> {
    return this.driver.verify(this.at(), null, { signal: new AbortController().signal, report: () => {} });
  }

  async retag(): Promise<void> {
    const done = await this.driver.retag(this.at());
    if (!done.ok) throw new Error(done.problem.code);
  }

  /** A copy of the database as it is now. */
  backup(to: string): void {
    const db = new Database(this.path, { readonly: true });
    db.run('VACUUM INTO ?', [to]);
    db.close();
  }

  /** The end of the process, and the start of another, perhaps on an earlier copy of the database. */
  async reopen(from: string | null = null, instanceId = this.instanceId): Promise<void> {
    await this.store.close();
    if (from !== null) {
      for (const end of ['', '-wal', '-shm']) rmSync(this.path + end, { force: true });
      copyFileSync(from, this.path);
    }
    this.instanceId = instanceId;
    this.open();
    this.restart();
  }

  /** Another server on the same spreadsheet: on a copy of a database, or on an empty one (null). */
  async twin(path: string | null, instanceId: string): Promise<Bench> {
    const twin = new Bench(this.options, this.clock);
    twin.book = this.book;
    twin.email = this.email;
    twin.key = this.key;
    twin.instanceId = instanceId;
    if (path !== null) twin.path = path;
    twin.open();
    if (path === null) twin.site = await twin.store.sites.create({ name: 'Twin', timezone: 'UTC' });
    else twin.site = this.site;
    const target = { kind: 'google', book: this.book, connectionId: null, title: null, url: null } as const;
    if (path === null) await twin.store.sheets.setTarget(twin.site.id, target);
    twin.restart();
    return twin;
  }

  /** What nobody may do: formulas, calls over quota, two writes at once. */
  violations(): string[] {
    return this.google.world.calls.violations.map(({ kind, detail }) => `${kind}: ${detail}`);
  }

  status(lead: Lead): string {
    return this.store.leads.get(this.site.id, lead.id)?.syncStatus ?? 'gone';
  }
}

export const LEAD_ID = 's:lead_id';
