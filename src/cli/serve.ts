import { join } from 'node:path';
import { issueKey } from '../accounts/keys.ts';
import { type Config, type Origins, publicUrlOf } from '../config/load.ts';
import { describeSettings } from '../config/render.ts';
import { curlLine } from '../contract/curl.ts';
import { SCOPES } from '../contract/key.ts';
import { atMostEvery } from '../lib/at-most-every.ts';
import { createVault, type Vault } from '../lib/crypto.ts';
import { type DataDir, dataPaths } from '../lib/data-dir.ts';
import { diskUse } from '../lib/disk.ts';
import { AppError } from '../lib/errors.ts';
import { createLog, gatherLines, type Log } from '../lib/log.ts';
import { createMetrics } from '../lib/metrics.ts';
import { isLoopbackHost } from '../lib/networks.ts';
import { VERSION } from '../lib/version.ts';
import { keyValues, siteValues } from '../store/audit-values.ts';
import type { Store } from '../store/store.ts';
import { type Command, type Context, done } from './command.ts';
import { shellWord } from './curl.ts';
import { listenFix } from './doctor-checks.ts';
import { dataDirOf, openStoreAt, type Settings, settingsOf } from './session.ts';
import { ONCE } from './setup-link.ts';
import { accountsOf } from './user.ts';

const SERVER = { actor: { kind: 'server' }, addressHash: null } as const;

/** How long a new server waits for the old one to let go of the data folder. Spec 7. */
const LOCK_WAIT_MS = 20_000;

/** How old what is shown of the data folder may be: to walk it takes long where there are many files. */
const DISK_LOOK_MS = 30_000;

/** Documents for MCP clients, and which web pages may call, depend on it. */
const NO_PUBLIC_URL = 'Set LTS_PUBLIC_URL to the address that clients use.';

export const serveCommand: Command = {
  name: 'serve',
  summary: 'Starts the server; also what happens without a command.',
  flags: {},
  async run(context) {
    const settings = settingsOf(context);
    const { config } = settings;
    const dir = dataDirOf(context, config);
    const lock = await lockFolder(context, config);
    try {
      const signal = await serve(context, settings, dir);
      return done({ status: 'stopped', signal }, '');
    } finally {
      lock.release();
    }
  },
};

async function lockFolder(context: Context, config: Config) {
  const { acquireServerLock } = await import('../store/sqlite/lock.ts');
  const result = await acquireServerLock({
    path: dataPaths(config.dataDir).lock,
    pid: process.pid,
    waitMs: LOCK_WAIT_MS,
    clock: context.clock,
    onWait: (pid) => context.say(`Waiting for ${serverNamed(pid)} to let go of ${config.dataDir} …`),
  });
  if (result.ok) return result.lock;
  throw new AppError(
    'conflict',
    `${serverNamed(result.pid, 'Another server')} still works on the data folder ${config.dataDir}. Stop it, or set LTS_DATA_DIR.`,
  );
}

function serverNamed(pid: number | null, who = 'another server'): string {
  return pid === null ? who : `${who} (process ${pid})`;
}

async function serve(context: Context, { config, origins, texts }: Settings, dir: DataDir): Promise<string> {
  const { clock, ids } = context;
  const lines = gatherLines(context.say, clock);
  const logging = { level: config.logLevel, format: config.logFormat, now: clock.now, write: lines.write };
  const log = createLog(logging);
  const vault = createVault(dir.secret);
  const reached = { ...config };
  const store = await openStoreAt(context, reached, dir, vault, true);
  const [{ buildApp }, { createDrivers }] = await Promise.all([import('../app.ts'), import('../drivers.ts')]);
  const calls = new AbortController();
  const parts = { store, vault, clock, ids, random: Math.random, log };
  const metrics = createMetrics();
  const { drivers, recover, google, googleDriver } = createDrivers({
    ...{ ...parts, config, dir, signal: calls.signal },
    onCall: ({ call, code }) => metrics.googleCalls.add([call, code ?? 'ok']),
  });
  const { host, port } = config;
  const { rateLimitApi, rateLimitForms, rateLimitEndpoint, metricsToken, trustedProxies, publicUrl, oidc } = config;
  const app = buildApp({
    ...parts,
    drivers,
    listen: { host, port },
    rateLimitApi,
    rateLimitForms,
    rateLimitEndpoint,
    files: { ...config.files, path: dir.filesPath },
    metrics,
    metricsToken,
    trustedProxies,
    publicUrl,
    oidc,
    captchaUrls: config.captchaUrls,
    hookUrls: config.hookUrls,
    desk: {
      google: { ...google, driver: googleDriver },
      sheetsPath: dir.sheetsPath,
      importsPath: dataPaths(config.dataDir).imports,
      settings: () => describeSettings(texts, origins),
      disk: atMostEvery(DISK_LOOK_MS, clock, () => diskUse(config.dataDir)),
      logLevel: {
        get: () => logging.level,
        set: (level) => {
          logging.level = level;
        },
      },
    },
  });

  const recovery = new AbortController();
  // Flushes wait for it, the server does not. It may be cut off at any point, as by a crash: the next start goes on.
  recover(recovery.signal);
  let signal: string;
  try {
    const stopAsked = context.stopSignal();
    const taken = await listen(app.start, store, config);
    reached.port = taken;
    const url = publicUrlOf(config, taken);
    log.info('server.started', { version: VERSION, url, host, port: taken, data: config.dataDir, pid: process.pid });
    if (publicUrl === null && !isLoopbackHost(host))
      log.warn('server.public_url_unset', { taken_for: url, fix: NO_PUBLIC_URL });
    await showSetUpLink(context, { store, vault, log, url });
    await greet(context, { store, vault, dir, url, dataDirPrefix: dataDirPrefix(config, origins) });

    signal = await stopAsked;
  } finally {
    recovery.abort();
  }
  log.info('server.stopping', { signal });
  await app.stop();
  calls.abort();
  log.info('server.stopped');
  lines.flush();
  return signal;
}

/** @throws AppError in one sentence when the address can't be had; the store is closed then */
async function listen(start: () => { port: number }, store: Store, { host, port }: Config): Promise<number> {
  try {
    return start().port;
  } catch (error) {
    await store.close();
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'EADDRINUSE') {
      throw new AppError('unavailable', `Port ${port} is taken by another program: set LTS_PORT, or stop it.`);
    }
    if (code.startsWith('E')) {
      throw new AppError('unavailable', `Can't listen on ${host}, port ${port} (${code}). ${listenFix(code)}`);
    }
    throw error;
  }
}

/**
 * Without a user only this link leads into the admin UI. It goes to stdout, once a start: the log keeps no secrets.
 * A server that can't write for the moment takes no harm: the next start, or the command, makes another.
 */
async function showSetUpLink(
  context: Context,
  { store, vault, log, url }: Pick<Greeting, 'store' | 'vault' | 'url'> & { log: Log },
): Promise<void> {
  const accounts = accountsOf({ store, vault }, context);
  if (!accounts.needsSetUp()) return;
  try {
    const issued = await accounts.issueSetUp('server');
    if (issued === null) return;
    const text = `Set up the admin UI, and its first user:\n\n  ${url}${issued.path}\n\n${ONCE}`;
    if (context.json) context.say(text);
    else await context.show(text);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    log.warn('setup.link_not_made', { reason: error.message });
  }
}

interface Greeting {
  store: Store;
  vault: Vault;
  dir: DataDir;
  url: string;
  /** What a command in another terminal needs to find the same folder. */
  dataDirPrefix: string;
}

/** First start: a site, and how to send it a lead. The key is shown on a terminal alone: logs are kept. */
async function greet(context: Context, { store, vault, dir, url, dataDirPrefix }: Greeting): Promise<void> {
  if (store.sites.list().length > 0) return;
  const site = await store.sites.create({ name: 'My site' });
  const noted = { siteId: site.id, before: null };
  const after = siteValues(site);
  await store.audit.record(SERVER, { ...noted, action: 'site.created', objectId: site.id, after });
  const csv = join(dir.sheetsPath, site.id, 'API.csv');
  const command = `${dataDirPrefix}${context.invocation} key create --site ${site.id} --name "First key" --scopes ${SCOPES.join(',')}`;
  if (!context.terminal.err) {
    context.say(`Made the site "My site" (${site.id}). Make a key for it with:\n  ${command}\nIts leads go to ${csv}`);
    return;
  }
  const { key, stored } = await issueKey(
    { keys: store.keys, vault },
    { siteId: site.id, name: 'First key', scopes: SCOPES, expiresAt: null },
  );
  const made = keyValues(stored);
  await store.audit.record(SERVER, { ...noted, action: 'key.created', objectId: stored.id, after: made });
  context.say(
    [
      '',
      `LeadToSheet runs at ${url}. Send it a first lead, from another terminal:`,
      '',
      curlLine(url, key),
      '',
      `Seconds later it stands in ${csv}`,
      'Keep the key: it is not shown again.',
      '',
    ].join('\n'),
  );
}

function dataDirPrefix(config: Config, origins: Origins): string {
  return origins.dataDir.from === 'default' ? '' : `LTS_DATA_DIR=${shellWord(config.dataDir)} `;
}
