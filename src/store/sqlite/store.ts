import { SQLiteError } from 'bun:sqlite';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { drizzle } from 'drizzle-orm/bun-sqlite';
import type { Clock } from '../../lib/clock.ts';
import { type Ids, idTime } from '../../lib/ids.ts';
import type { Store } from '../store.ts';
import { IDEMPOTENCY_MS } from './accept.ts';
import { createAccounts } from './accounts.ts';
import { createArrivals } from './arrivals.ts';
import { createAudit } from './audit.ts';
import { createCaptchas } from './captchas.ts';
import type { Context } from './context.ts';
import { createDrive } from './drive.ts';
import { createEndpoints } from './endpoints.ts';
import { createFiles } from './files.ts';
import { FormCache } from './form-cache.ts';
import { createForms } from './forms.ts';
import { createHooks } from './hooks.ts';
import { createHostedForms } from './hosted-forms.ts';
import { createImports } from './imports.ts';
import { createKeys } from './keys.ts';
import { createLeadRemoval } from './lead-removal.ts';
import { LeadRows } from './lead-rows.ts';
import { createLeadViews } from './lead-views.ts';
import { createLeads } from './leads.ts';
import { MIGRATIONS } from './migrations.ts';
import { DatabaseProblem, type OpenOptions, openDatabase, schemaVersion } from './open.ts';
import { LIST_LIMITS, type ListLimits } from './search/limits.ts';
import { createSearch } from './search/search.ts';
import { createSheetBatches, PRUNE_BATCHES } from './sheet-batches.ts';
import { createSheetQueue } from './sheet-queue.ts';
import { createSheetTabs } from './sheet-tabs.ts';
import { createSheetTargets } from './sheet-targets.ts';
import { createSiteCache, createSites } from './sites.ts';
import { createSpamMarks } from './spam-marks.ts';
import { tallyStatements } from './tally.ts';
import { Writer } from './writer.ts';

export { DatabaseProblem, UpgradeNeeded } from './open.ts';

export interface StoreOptions extends OpenOptions {
  clock: Clock;
  ids: Ids;
  /** The vault's check value: a database made under another `LTS_SECRET` is refused. */
  secretCheck: string;
  limits?: Partial<ListLimits>;
  /** Where the server is reached, without a slash at the end, for the links to files; '' when left out. */
  publicUrl?: () => string;
}

const BATCH_MEMORY_MS = 86_400_000;
/** Beside the database. It can be made again from that one at any time, so no backup needs it. */
const SEARCH_FILE = 'search.db';
/** So many changes that the search index has taken in are forgotten in one transaction. */
const SETTLED_AT_ONCE = 500;

/**
 * Opens the SQLite store; makes the file as needed, and brings it up to date where `mayUpgrade` says so.
 * @throws UpgradeNeeded when it says no
 * @throws DatabaseProblem with a sentence for the operator
 */
export function openStore(options: StoreOptions): Store {
  const db = openDatabase(options);
  try {
    checkSecret(db, options.secretCheck);
  } catch (error) {
    db.close();
    throw error;
  }
  const caches: Context['caches'] = [];
  const dropCaches = () => {
    for (const cache of caches) cache.drop();
  };
  const dataVersion = db.query<{ data_version: number }, []>('PRAGMA data_version');
  let seenVersion = dataVersion.get()?.data_version;
  const newestLead = db.query<{ id: string | null }, [string]>('SELECT max(id) AS id FROM lead WHERE site_id = ?');

  let untold = false;

  /** Notices what another process wrote: a key revoked by CLI holds from here on. */
  function look(): void {
    const version = dataVersion.get()?.data_version;
    if (version === seenVersion) return;
    seenVersion = version;
    untold = true;
    dropCaches();
    noteNewest();
  }

  /** A change is told once to who asks, also when a commit of ours was the first to notice it. */
  function refresh(): boolean {
    look();
    const told = untold;
    untold = false;
    return told;
  }

  const writer = new Writer(db, options.clock, { afterBegin: look, afterRollback: dropCaches });
  const context: Context = { db, orm: drizzle({ client: db }), writer, clock: options.clock, ids: options.ids, caches };
  const siteCache = createSiteCache(context);
  const formCache = new FormCache(db);
  const rows = new LeadRows(db, formCache, options.publicUrl ?? (() => ''));
  const tallies = tallyStatements(db);
  const keys = createKeys(context);
  const audit = createAudit(context);
  const accounts = createAccounts(context, audit);
  const endpoints = createEndpoints(context);
  const hooks = createHooks(context);
  const hostedForms = createHostedForms(context);
  const captchas = createCaptchas(context);
  const arrivals = createArrivals(context);
  const files = createFiles(context);
  const { drop: dropDrive, ...drive } = createDrive(context, files);
  const { claim, settle, ...imports } = createImports(context);
  caches.push(siteCache, formCache, keys, accounts, endpoints, hooks, hostedForms, captchas, files, {
    drop: dropDrive,
  });

  function noteNewest(): void {
    for (const site of siteCache.list()) {
      const newest = newestLead.get(site.id)?.id;
      if (newest) writer.notBefore(idTime(newest));
    }
  }
  noteNewest();

  const tabs = createSheetTabs(context);
  const queue = createSheetQueue(context, {
    forms: formCache,
    sites: siteCache,
    rows,
    tallies,
    putColumns: tabs.putInTurn,
  });
  const { markInTurn, queueCells, ...queueMethods } = queue;
  const { putInTurn: _putInTurn, ...tabMethods } = tabs;
  const { rows: rowRemovals, ...removal } = createLeadRemoval(context, { tallies });
  const spamMarks = createSpamMarks(context);
  const { remember, prune: pruneMarks, drop: _dropMarks, ...spam } = spamMarks;
  caches.push(spamMarks);
  const knownVersion = (options.migrations ?? MIGRATIONS).at(-1)?.version ?? 0;
  const settleStale = db.query<unknown, [number, number]>(
    'DELETE FROM search_stale WHERE seq IN (SELECT seq FROM search_stale WHERE seq <= ? ORDER BY seq LIMIT ?)',
  );
  const limits = { ...LIST_LIMITS, ...options.limits };
  const search = createSearch({
    main: db,
    path: join(dirname(options.path), SEARCH_FILE),
    clock: options.clock,
    limits,
    siteIds: () => siteCache.list().map((site) => site.id),
    settle: (seq) => writer.run(() => void settleStale.run(seq, SETTLED_AT_ONCE)),
  });
  const pruneKeys = db.query<unknown, [number]>('DELETE FROM idempotency WHERE created_at < ?');

  const notice = db.query<{ value: string }, [string]>('SELECT value FROM meta WHERE name = ?');
  const setNotice = db.query<unknown, [string, string]>('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)');
  const dropNotice = db.query<unknown, [string]>('DELETE FROM meta WHERE name = ?');

  return {
    sites: createSites(context, siteCache, endpoints),
    keys,
    accounts,
    audit,
    forms: createForms(context, formCache),
    endpoints,
    hooks,
    hostedForms,
    captchas,
    arrivals: { note: arrivals.note, of: arrivals.of },
    imports,
    leads: {
      ...createLeads(context, {
        forms: formCache,
        rows,
        tallies,
        files,
        imports: { claim, settle },
        search,
        limits,
        siteSyncs: (siteId) => siteCache.get(siteId)?.syncEnabled ?? null,
        queueCells,
        remember,
      }),
      ...removal,
    },
    files,
    drive,
    sheets: {
      ...createSheetTargets(context, siteCache),
      ...tabMethods,
      ...queueMethods,
      ...createSheetBatches(context, markInTurn),
      ...rowRemovals,
    },
    spam,
    views: createLeadViews(context),
    refresh,
    tendSearch: search.tend,
    notice: (name) => notice.get(`notice_${name}`)?.value ?? null,
    setNotice: (name, text) =>
      writer.run(() => {
        if (text === null) dropNotice.run(`notice_${name}`);
        else setNotice.run(`notice_${name}`, text);
      }),
    metrics: [writer.commitTimes, writer.syncTimes],
    health: () => ({
      schemaVersion: schemaVersion(db),
      migrated: schemaVersion(db) === knownVersion,
      writable: writer.trouble === null,
      bytes: fileBytes(options.path) + fileBytes(`${options.path}-wal`),
      queued: writer.queued,
    }),
    prune: (nowMs) =>
      writer.run((turn) => {
        pruneKeys.run(nowMs - IDEMPOTENCY_MS);
        accounts.prune(turn, nowMs);
        pruneMarks(siteCache.list().map(({ id }) => id));
        hooks.prune(nowMs);
        for (const sql of PRUNE_BATCHES) db.query<unknown, [number]>(sql).run(nowMs - BATCH_MEMORY_MS);
      }),
    async close() {
      search.close();
      await Promise.all([keys.flushTouches(), accounts.flushTouches(), arrivals.flush()]).catch(() => {});
      writer.close();
      moveLogIntoFile(db);
      db.close(false);
    },
  };
}

/**
 * Moves what the write-ahead log holds into the database file, as far as nobody is in the way: a copy of the file
 * alone is whole then. Where it can't be done (a full disk, say) the log still has everything.
 */
function moveLogIntoFile(db: ReturnType<typeof openDatabase>): void {
  try {
    db.run('PRAGMA wal_checkpoint(PASSIVE)');
  } catch (error) {
    if (!(error instanceof SQLiteError)) throw error;
  }
}

function fileBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Ties the database to the secret that its keys and stored secrets were made under. */
function checkSecret(db: ReturnType<typeof openDatabase>, expected: string): void {
  const row = db.query<{ value: string }, []>("SELECT value FROM meta WHERE name = 'secret_check'").get();
  if (!row) {
    db.query("INSERT INTO meta (name, value) VALUES ('secret_check', ?) ON CONFLICT DO NOTHING").run(expected);
  } else if (row.value !== expected) {
    throw new DatabaseProblem(
      'LTS_SECRET is not the one this database was made under, so its API keys and stored secrets could not be read. ' +
        'Set LTS_SECRET, or put back the file `secret` of the data folder.',
    );
  }
}
