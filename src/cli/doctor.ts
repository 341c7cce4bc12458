import { existsSync, statSync } from 'node:fs';
import type { Config } from '../config/load.ts';
import { createVault } from '../lib/crypto.ts';
import { type DataDir, dataPaths, lostDatabase, openDataDir } from '../lib/data-dir.ts';
import { AppError } from '../lib/errors.ts';
import type { Store } from '../store/store.ts';
import { type Command, type Context, done, EXIT } from './command.ts';
import {
  type Check,
  checkAccess,
  checkClock,
  checkDrive,
  checkEmptyFolder,
  checkFiles,
  checkPort,
  checkProxy,
  checkPublicUrl,
  checkServiceAccountFile,
  checkSpace,
  failed,
  ok,
  warning,
} from './doctor-checks.ts';
import { checkSingleSignOn } from './doctor-oidc.ts';
import { openStoreAt } from './session.ts';
import { checkSheets } from './sheet-drivers.ts';

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Checks everything that can be checked, and says how to mend it. Exit code 5 when something must be mended.',
  flags: {},
  async run(context) {
    const checks = await examine(context);
    const sick = checks.some(({ status }) => status === 'failed');
    const text = checks.map(({ name, status, message, fix }) => {
      const mark = { ok: 'ok     ', warning: 'warning', failed: 'FAILED ' }[status];
      return `${mark}  ${name}: ${message}${fix === null ? '' : `\n         → ${fix}`}`;
    });
    return done({ ok: !sick, checks }, text.join('\n'), sick ? EXIT.attention : EXIT.done);
  },
};

async function examine(context: Context): Promise<Check[]> {
  const loaded = context.loadConfig();
  const doubts = loaded.warnings.map((text) => warning('settings', text, 'Correct or remove it.'));
  if (!loaded.ok) {
    return [
      ...doubts,
      ...loaded.problems.map((text) => failed('settings', text, 'Correct it; nothing starts before.')),
    ];
  }
  const { config } = loaded;
  return [
    ...(doubts.length > 0 ? doubts : [ok('settings', 'all understood')]),
    checkPublicUrl(config),
    ...checkServiceAccountFile(config.google.serviceAccountFile),
    ...(await checkSingleSignOn(config, context.clock)),
    ...(await examineData(context, config)),
  ];
}

/** Looks without making anything: a first start has not happened yet where the folder is missing. */
async function examineData(context: Context, config: Config): Promise<Check[]> {
  const name = 'data folder';
  const paths = dataPaths(config.dataDir);
  if (!existsSync(config.dataDir)) {
    return [ok(name, `${config.dataDir} is made at first start`), checkPort(config.host, config.port)];
  }
  if (!existsSync(paths.database)) {
    const lost = statSync(config.dataDir).isDirectory() ? lostDatabase(config.dataDir) : null;
    if (lost !== null) return [failed(name, lost, 'Until then nothing starts.')];
    return [checkEmptyFolder(config.dataDir), checkPort(config.host, config.port)];
  }
  const opened = openDataDir(config.dataDir, config.secret);
  if (!opened.ok) return [failed(name, opened.problem, 'Until then nothing starts.')];
  return [
    ok(name, config.dataDir),
    ...checkAccess(config.dataDir),
    checkSpace(config.dataDir),
    checkClock(paths.database, context.clock.now()),
    await checkServer(config),
    ...(await checkDatabase(context, config, opened.dir)),
  ];
}

/** A running server holds the lock; else its port should be free. */
async function checkServer(config: Config): Promise<Check> {
  const { lookAtServerLock } = await import('../store/sqlite/lock.ts');
  const { held, pid } = lookAtServerLock(dataPaths(config.dataDir).lock);
  return held
    ? ok('server', `running${pid === null ? '' : ` as process ${pid}`}`)
    : checkPort(config.host, config.port);
}

async function checkDatabase(context: Context, config: Config, dir: DataDir): Promise<Check[]> {
  const name = 'database';
  const { findDamage } = await import('../store/sqlite/inspect.ts');
  const { databasePath } = dir;
  const damage = findDamage(databasePath);
  if (damage.length > 0) {
    const fix = `Stop the server and restore ${databasePath} from a backup; keep the damaged file.`;
    return [failed(name, `damaged: ${damage.join('; ')}`, fix)];
  }
  const vault = createVault(dir.secret);
  let store: Store;
  try {
    store = await openStoreAt(context, config, dir, vault);
  } catch (error) {
    if (error instanceof AppError) return [failed(name, error.message, 'Until then nothing starts.')];
    throw error;
  }
  try {
    const { schemaVersion, bytes } = store.health();
    const sound = ok(name, `sound, schema ${schemaVersion}, ${Math.ceil(bytes / 1_000_000)} MB; the secret matches`);
    const proxy = checkProxy(store.notice('untrusted_proxy'), config.trustedProxies);
    const files = checkFiles(store.files.usage(), config.files.quota);
    const drive = checkDrive(store.drive);
    return [sound, files, ...drive, ...proxy, ...(await checkSheets(context, { config, dir, vault, store }))];
  } finally {
    await store.close();
  }
}
