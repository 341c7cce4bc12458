import { createAccounts } from './accounts/create.ts';
import { createOidcProvider } from './accounts/oidc-provider.ts';
import { type Config, type OidcConfig, publicUrlOf } from './config/load.ts';
import { NO_DESK, type ServerDesk } from './http/admin/services.ts';
import { createAuth } from './http/auth.ts';
import { clientAddress } from './http/client-address.ts';
import { stateMetrics } from './http/gauges.ts';
import { createReadiness } from './http/health.ts';
import { createHookBodyParser } from './http/hooks/body.ts';
import { createOperations } from './http/operations.ts';
import { watchProxies } from './http/proxies.ts';
import { createRateLimiter } from './http/rate-limit.ts';
import { createHttp } from './http/server.ts';
import { createIntake } from './intake/accept.ts';
import { createCaptchaChecker } from './intake/captcha.ts';
import { countedIntake } from './intake/counted.ts';
import { createFileDesk, type FileSettings } from './intake/files/desk.ts';
import { createHookDesk } from './intake/hooks/desk.ts';
import { createHookFetcher } from './intake/hooks/fetcher.ts';
import { createSpamCheck } from './intake/spam/check.ts';
import { readUserAgent } from './intake/user-agent.ts';
import { createScheduler } from './jobs/scheduler.ts';
import { serverTasks } from './jobs/tasks.ts';
import type { Random } from './lib/backoff.ts';
import { type Clock, sleep } from './lib/clock.ts';
import type { Vault } from './lib/crypto.ts';
import type { Ids } from './lib/ids.ts';
import type { Log } from './lib/log.ts';
import { createMetrics, type Metrics } from './lib/metrics.ts';
import { type Networks, NO_NETWORKS } from './lib/networks.ts';
import { createSync, type Sync } from './sheets/sync.ts';
import type { TargetDriver } from './sheets/target.ts';
import { exchange } from './sheets/targets/google/http.ts';
import type { TargetKind } from './store/sheets.ts';
import type { Store } from './store/store.ts';

/** How long a shutdown waits for what was taken. Spec 7. */
const DRAIN_MS = 20_000;
/**
 * Far above every limit of ours, so that a body that is too large is refused by us, with an answer that says so. It
 * costs no memory: nothing of a body is read before its size is known to be allowed.
 */
const PARSER_LIMIT_BYTES = 1_073_741_824;
/** How long a connection may be quiet, and how long a large or unmeasured body may take altogether. Seconds. */
const IDLE_SECONDS = 30;
const SLOW_BODY_SECONDS = 120;
const SMALL_BODY_BYTES = 65_536;

/** What requests are counted by; whatever else a caller makes up is one of the others. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export interface AppParts {
  listen: { host: string; port: number };
  rateLimitApi: number;
  /** Forms a minute by each caller, and to each endpoint; 0 = no limit. */
  rateLimitForms: number;
  rateLimitEndpoint: number;
  files: FileSettings;
  /** Where captcha services are asked. */
  captchaUrls: Config['captchaUrls'];
  /** Where services are asked for leads. */
  hookUrls: Config['hookUrls'];
  /** `LTS_PUBLIC_URL`; made from where it listens when left out. */
  publicUrl?: string | null;
  store: Store;
  vault: Vault;
  drivers: Readonly<Record<TargetKind, TargetDriver>>;
  clock: Clock;
  ids: Ids;
  random: Random;
  log: Log;
  /** Counted by others too; made here when nobody else does. */
  metrics?: Metrics;
  /** `LTS_METRICS_TOKEN`. */
  metricsToken?: string | null;
  /** Sign-in by a provider; by password alone when left out. */
  oidc?: OidcConfig | null;
  /** `LTS_TRUSTED_PROXIES`; none when left out. */
  trustedProxies?: Networks;
  /** What pages need of the machine; without it they say what is missing. */
  desk?: ServerDesk;
}

export interface App {
  /** From request to response, without a socket. */
  fetch(request: Request): Promise<Response>;
  /** Every route there is, by method and pattern. */
  routes: readonly { method: string; path: string }[];
  sync: Sync;
  /** Listens. Returns the port, which the system chose if 0 was asked for. */
  start(): { port: number };
  /** Takes nothing new, finishes what was taken (for at most 20 s), and closes the store. */
  stop(): Promise<void>;
}

/** Puts the rooms together. The only place that knows them all; tests use it too. */
export function buildApp(parts: AppParts): App {
  const { store, clock, log, ids } = parts;
  const metrics = parts.metrics ?? createMetrics();
  const state = stateMetrics(store, clock, clock.now());
  let draining = false;
  let server: ReturnType<typeof Bun.serve> | null = null;
  const sync = createSync({ store, drivers: parts.drivers, clock, random: parts.random, log });
  const stopping = new AbortController();
  const fileDesk = createFileDesk({ settings: parts.files, store, vault: parts.vault, clock, ids, log });
  const tasks = serverTasks({
    store,
    files: fileDesk,
    fetchHooks: () => hookFetcher.tend(stopping.signal),
    driveOf: parts.desk?.google?.driveOf ?? null,
    random: parts.random,
    async resumeImports() {
      if (importsPath === null) return;
      const { resumeImports } = await import('./jobs/imports.ts');
      await resumeImports({ store, intake, clock, log, importsPath, signal: stopping.signal });
    },
    sync,
    drivers: parts.drivers,
    clock,
    log,
    signal: stopping.signal,
  });
  const scheduler = createScheduler(tasks, { clock, log });
  const auth = createAuth({
    keys: store.keys,
    vault: parts.vault,
    limiter: createRateLimiter(parts.rateLimitApi, clock),
    clock,
  });
  const spam = createSpamCheck({ store, vault: parts.vault, clock });
  const intake = countedIntake(createIntake({ store, clock, log, spam, onStored: sync.wake }), {
    leads: metrics.leads,
    arrivals: store.arrivals,
    clock,
  });
  const urlAt = (port: number) => publicUrlOf({ publicUrl: parts.publicUrl ?? null, host: parts.listen.host }, port);
  let reachedAt = urlAt(parts.listen.port);
  const publicUrl = () => reachedAt;
  const captcha = createCaptchaChecker({ vault: parts.vault, clock, urls: parts.captchaUrls });
  const provider = parts.oidc ? createOidcProvider({ ...parts.oidc, clock }) : null;
  const operations = createOperations({ store, intake, clock, log });
  const hooked = { store, vault: parts.vault, intake, clock, ids, log };
  const hookDesk = createHookDesk({ ...hooked, parseBody: createHookBodyParser(clock) });
  const hookFetcher = createHookFetcher({ ...hooked, random: parts.random, exchange, urls: parts.hookUrls });
  const readiness = createReadiness({ store, clock, draining: () => draining });
  const peer = (request: Request) => server?.requestIP(request)?.address ?? null;
  const trusted = parts.trustedProxies ?? NO_NETWORKS;
  const { settings, disk, logLevel, google, sheetsPath, importsPath } = parts.desk ?? NO_DESK;
  const startedAt = clock.now();
  const http = createHttp({
    operations,
    auth,
    forms: {
      store,
      intake,
      log,
      addressOf: (request, arrived) => clientAddress(request, peer(arrived), trusted),
      clock,
      ids,
      vault: parts.vault,
      captcha,
      publicUrl,
      uploads: fileDesk.uploads,
      // Uploads have bounds of their own, and longer ones.
      liftTimeout(request) {
        server?.timeout(request, 0);
        return () => server?.timeout(request, IDLE_SECONDS);
      },
      limits: {
        caller: createRateLimiter(parts.rateLimitForms, clock),
        endpoint: createRateLimiter(parts.rateLimitEndpoint, clock),
      },
    },
    files: { files: store.files, drive: store.drive, folder: fileDesk.folder, links: fileDesk.links, clock },
    hooks: { desk: hookDesk, limit: createRateLimiter(parts.rateLimitEndpoint, clock), log },
    admin: {
      ...{
        store,
        vault: parts.vault,
        drivers: parts.drivers,
        sync,
        hookDesk,
        clock,
        log,
        operations,
        captcha,
        fileLinks: fileDesk.links,
        publicUrl,
        google,
        sheetsPath,
        importsPath,
      },
      accounts: createAccounts({ store, vault: parts.vault, clock }, provider),
      where: (request, arrived) => {
        const { browser, os } = readUserAgent(request.headers.get('user-agent') ?? '');
        return { address: clientAddress(request, peer(arrived), trusted), browser, os };
      },
      system: { startedAt, reasons: () => readiness(), settings, disk, filesQuota: parts.files.quota, logLevel },
    },
    clock,
    ids,
    log,
    draining: () => draining,
    rateLimitApi: parts.rateLimitApi,
    formRates: { perCaller: parts.rateLimitForms, perEndpoint: parts.rateLimitEndpoint },
    reach: { publicUrl, listenHost: parts.listen.host },
    serverUrl: parts.publicUrl ?? null,
    readiness,
    metrics: {
      token: parts.metricsToken ?? null,
      peer,
      metrics: () => [...Object.values(metrics), ...store.metrics, ...state],
    },
    answered: ({ method, route, status, ms, requestId }) => {
      metrics.requests.add([METHODS.has(method) ? method : 'other', route, String(status)]);
      log.info('http.request', { method, route, status, ms: Math.round(ms * 10) / 10, request_id: requestId });
    },
  });

  const watchProxy = watchProxies({
    trusted,
    found(address, header) {
      log.warn('http.untrusted_proxy', { address, header });
      // The log has it; the next request that comes the same way tells `doctor` again after a start.
      store.setNotice('untrusted_proxy', address).catch(() => {});
    },
  });

  return {
    fetch: async (request) => http.fetch(request),
    routes: http.routes,
    sync,
    start() {
      server = Bun.serve({
        hostname: parts.listen.host,
        port: parts.listen.port,
        // Bun's own error page shows source code: never here.
        development: false,
        maxRequestBodySize: PARSER_LIMIT_BYTES,
        idleTimeout: IDLE_SECONDS,
        fetch(request, self) {
          // Bun takes a body of less than about 16 KiB a second for a quiet connection: an honest slow one gets time.
          if (isLargeBody(request)) self.timeout(request, SLOW_BODY_SECONDS);
          watchProxy(request, () => self.requestIP(request)?.address ?? null);
          return http.fetch(request);
        },
      });
      const port = server.port ?? parts.listen.port;
      reachedAt = urlAt(port);
      // What a start before saw may be mended since.
      if (store.notice('untrusted_proxy') !== null) store.setNotice('untrusted_proxy', null).catch(() => {});
      scheduler.start();
      sync.sweep();
      return { port };
    },
    async stop() {
      draining = true;
      stopping.abort();
      const drained = (async () => {
        await scheduler.stop();
        // Lets every request that was taken finish; refuses new connections at once.
        await server?.stop();
        await sync.stop();
      })();
      await Promise.race([drained, sleep(clock, DRAIN_MS)]);
      await server?.stop(true);
      await store.close();
    },
  };
}

function isLargeBody({ method, headers }: Request): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  const length = headers.get('content-length');
  return length === null || Number(length) > SMALL_BODY_BYTES;
}
