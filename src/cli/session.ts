import { type Config, type Origins, publicUrlOf, type Texts } from '../config/load.ts';
import type { Clock } from '../lib/clock.ts';
import { createVault, type Vault } from '../lib/crypto.ts';
import { type DataDir, dataPaths, openDataDir } from '../lib/data-dir.ts';
import { AppError, invalid, notFound } from '../lib/errors.ts';
import type { Site, Store } from '../store/store.ts';
import type { Context } from './command.ts';

/** What a command that works on the data has at hand. */
export interface Session {
  config: Config;
  dir: DataDir;
  vault: Vault;
  store: Store;
}

export interface Settings {
  config: Config;
  origins: Origins;
  texts: Texts;
}

/** The settings; each doubt about them is said. @throws AppError with every problem in it */
export function settingsOf(context: Pick<Context, 'loadConfig' | 'say'>): Settings {
  const result = context.loadConfig();
  for (const warning of result.warnings) context.say(`Warning: ${warning}`);
  if (result.ok) return result;
  const [only, ...more] = result.problems;
  if (more.length === 0) throw new AppError('unavailable', only ?? '');
  const details = result.problems.map((message) => ({ path: '', message }));
  throw new AppError('unavailable', 'These settings are wrong:', { details });
}

/** The data folder, made where it is missing. @throws AppError that says why it can't be used */
export function dataDirOf(context: Pick<Context, 'say'>, config: Config): DataDir {
  const result = openDataDir(config.dataDir, config.secret);
  if (!result.ok) throw new AppError('unavailable', result.problem);
  for (const warning of result.dir.warnings) context.say(`Warning: ${warning}`);
  return result.dir;
}

/**
 * Runs `work` on the store, and closes it. The server may be running meanwhile: both write in turns, and it
 * notices within a second. Spec 7, "Health, logs, shutdown".
 */
export async function withStore<T>(context: Context, work: (session: Session) => Promise<T>): Promise<T> {
  const { config } = settingsOf(context);
  const dir = dataDirOf(context, config);
  const vault = createVault(config.secret ?? dir.secret);
  const store = await openStoreAt(context, config, dir, vault);
  try {
    return await work({ config, dir, vault, store });
  } finally {
    await store.close();
  }
}

/**
 * Opens the store. Only who holds the server lock may change the schema of a database that is in use: a command
 * that meets an older one takes the lock for that moment.
 * @param holdsLock whether this process is the server of the folder
 * @throws AppError conflict: a server of the older version is running; unavailable in place of DatabaseProblem
 */
export async function openStoreAt(
  { clock, ids }: Pick<Context, 'clock' | 'ids'>,
  config: Pick<Config, 'durability' | 'dataDir' | 'publicUrl' | 'host' | 'port'>,
  dir: Pick<DataDir, 'databasePath'>,
  vault: Vault,
  holdsLock = false,
): Promise<Store> {
  // Loaded when first used: `version` and `healthcheck` need no database.
  const { DatabaseProblem, openStore, UpgradeNeeded } = await import('../store/sqlite/store.ts');
  const options = {
    path: dir.databasePath,
    durability: config.durability,
    clock,
    ids,
    secretCheck: vault.checkValue(),
    // Read when it is asked for: a server learns its port when it listens.
    publicUrl: () => publicUrlOf(config, config.port),
  };
  const open = (mayUpgrade: boolean): Store | null => {
    try {
      return openStore({ ...options, mayUpgrade });
    } catch (error) {
      if (error instanceof UpgradeNeeded) return null;
      if (error instanceof DatabaseProblem) throw new AppError('unavailable', error.message, { cause: error });
      throw error;
    }
  };
  const store = open(holdsLock) ?? (await withServerLock(config, clock, () => open(true)));
  if (store === null) throw new Error('an upgrade was refused to the holder of the lock');
  return store;
}

async function withServerLock<T>(config: Pick<Config, 'dataDir'>, clock: Clock, work: () => T): Promise<T> {
  const { acquireServerLock } = await import('../store/sqlite/lock.ts');
  const path = dataPaths(config.dataDir).lock;
  const result = await acquireServerLock({ path, pid: process.pid, waitMs: 0, clock });
  if (!result.ok) {
    throw new AppError('conflict', 'This is a newer version than the running server: restart the server first.');
  }
  try {
    return work();
  } finally {
    result.lock.release();
  }
}

/** The flag that most commands share. */
export const SITE_FLAG = { value: 'ID', doc: 'The site; may be left out when there is only one.' } as const;

/** The site that `--site` names, or the only one there is. */
export function siteOf(store: Store, id: string | undefined): Site {
  if (id !== undefined) {
    const site = store.sites.get(id);
    if (site === null) throw notFound('site');
    return site;
  }
  const sites = store.sites.list();
  const [only] = sites;
  if (only === undefined) throw new AppError('not_found', 'There is no site yet. Make one: site create --name NAME');
  if (sites.length === 1) return only;
  const details = sites.map((site) => ({ path: '', message: `${site.id}  ${site.name}` }));
  throw invalid('There is more than one site: say which with --site ID.', details);
}
