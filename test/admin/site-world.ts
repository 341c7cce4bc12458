import { afterAll } from 'bun:test';
import { mkdirSync } from 'node:fs';
import { createAccounts } from '../../src/accounts/create.ts';
import type { Hasher } from '../../src/accounts/passwords.ts';
import { loadConfig } from '../../src/config/load.ts';
import { describeSettings } from '../../src/config/render.ts';
import type { CaptchaKind } from '../../src/contract/captcha.ts';
import type { Role } from '../../src/contract/user.ts';
import { createDrivers } from '../../src/drivers.ts';
import type { AdminRoute } from '../../src/http/admin/route.ts';
import { adminRoutes } from '../../src/http/admin/routes.ts';
import type { AdminServices, LevelSwitch } from '../../src/http/admin/services.ts';
import { formRoutes } from '../../src/http/forms/routes.ts';
import { createReadiness } from '../../src/http/health.ts';
import { createHookBodyParser } from '../../src/http/hooks/body.ts';
import { hookRoutes } from '../../src/http/hooks/routes.ts';
import { createOperations } from '../../src/http/operations.ts';
import { createRateLimiter } from '../../src/http/rate-limit.ts';
import { createIntake } from '../../src/intake/accept.ts';
import { createCaptchaChecker } from '../../src/intake/captcha.ts';
import { createFileDesk } from '../../src/intake/files/desk.ts';
import { createHookDesk } from '../../src/intake/hooks/desk.ts';
import { createSpamCheck } from '../../src/intake/spam/check.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { createVault } from '../../src/lib/crypto.ts';
import { diskUse } from '../../src/lib/disk.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { type LogLevel, silentLog } from '../../src/lib/log.ts';
import { createSync } from '../../src/sheets/sync.ts';
import type { GoogleUrls } from '../../src/sheets/targets/google/client.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import type { Site } from '../../src/store/store.ts';
import { FILE_SETTINGS, NO_CAPTCHA } from '../support/app.ts';
import { tempDir } from '../support/temp.ts';

export const PASSWORD = 'correct horse battery staple';
export const HERE = { address: '127.0.0.1', browser: null, os: null };
/** Reachable by nobody. */
const NO_GOOGLE = 'http://127.0.0.1:9';

const loaded = loadConfig({
  env: { LTS_METRICS_TOKEN: 'a token that nobody may see', LTS_PORT: '3100' },
  readFile: () => ({ ok: false, missing: true, reason: 'there is no such file' }),
  terminal: false,
});
const SETTINGS = loaded.ok ? describeSettings(loaded.texts, loaded.origins) : [];

function levelSwitch(): LevelSwitch {
  let level: LogLevel = 'info';
  return {
    get: () => level,
    set(next) {
      level = next;
    },
  };
}

/** Somebody signed in, as their browser calls the pages. */
export interface Person {
  cookie: string;
  get(path: string): Promise<Page>;
  /** Sends a form with the token of the session. Lists send the name several times. */
  post(path: string, form?: Readonly<Record<string, string | readonly string[]>>): Promise<Page>;
}

export interface Page {
  status: number;
  html: string;
  location: string | null;
  headers: Headers;
}

type Fetch = (request: Request) => Response | Promise<Response>;

export interface SiteWorld {
  services: AdminServices;
  /** The database file. */
  path: string;
  site: Site;
  fetch(request: Request): Promise<Response>;
  /** Somebody who goes to these pages, or to others by `to`. */
  person(role: Role, siteIds?: readonly string[], to?: Fetch): Promise<Person>;
  /** A lead by the real intake. Returns its id. */
  lead(fields: Record<string, unknown>, form?: string, siteId?: string): Promise<string>;
}

/** Pages on everything that they need for real: accounts, intake, sheet sync and both kinds of workbook. */
export async function siteWorld(
  routes: readonly AdminRoute[],
  options: {
    urls?: GoogleUrls;
    client?: { id: string; secret: string };
    clock?: Clock;
    hasher?: Hasher;
    captchaUrls?: Record<CaptchaKind, string>;
  } = {},
): Promise<SiteWorld> {
  const dir = tempDir();
  const clock = options.clock ?? systemClock;
  const ids = randomIds();
  const vault = createVault('a secret for tests, 32 characters');
  const path = `${dir}/l.db`;
  const store = openStore({ path, durability: 'full', clock, ids, secretCheck: vault.checkValue() });
  const sheetsPath = `${dir}/sheets`;
  mkdirSync(sheetsPath);
  const shared = { store, clock, random: () => 0.5, log: silentLog };
  const urls = options.urls ?? { sheets: NO_GOOGLE, drive: NO_GOOGLE, token: NO_GOOGLE, auth: NO_GOOGLE };
  const made = createDrivers({
    ...shared,
    config: { google: { client: options.client ?? null, serviceAccountFile: null, urls } },
    dir: { sheetsPath, instanceId: 'test' },
    vault,
    ids,
    random: Math.random,
  });
  const { drivers } = made;
  const sync = createSync({ ...shared, drivers });
  const intake = createIntake({ ...shared, spam: createSpamCheck({ ...shared, vault }), onStored: sync.wake });
  const operations = createOperations({ ...shared, intake });
  const accounts = createAccounts({ store, vault, clock, ...(options.hasher ? { hasher: options.hasher } : {}) });
  const captcha = createCaptchaChecker({ vault, clock, urls: options.captchaUrls ?? NO_CAPTCHA });
  const hookDesk = createHookDesk({ ...shared, vault, intake, ids, parseBody: createHookBodyParser(clock) });
  const fileDesk = createFileDesk({ ...shared, settings: { ...FILE_SETTINGS, path: `${dir}/files` }, vault, ids });
  const unlimited = createRateLimiter(0, clock);
  const ways = formRoutes({
    ...{ ...shared, intake, vault, ids, captcha, uploads: fileDesk.uploads },
    ...{ addressOf: () => null, liftTimeout: () => () => {}, publicUrl: () => 'http://localhost' },
    limits: { caller: unlimited, endpoint: unlimited },
  }).use(hookRoutes({ desk: hookDesk, limit: unlimited, log: silentLog }));
  const services: AdminServices = {
    accounts,
    store,
    fileLinks: fileDesk.links,
    operations,
    captcha,
    vault,
    drivers,
    sync,
    google: { ...made.google, driver: made.googleDriver },
    sheetsPath,
    importsPath: `${dir}/imports`,
    liftTimeout: () => () => {},
    hookDesk,
    ask: async (request) => ways.fetch(request),
    clock,
    log: silentLog,
    publicUrl: () => 'http://localhost',
    where: () => HERE,
    system: {
      startedAt: clock.now(),
      reasons: createReadiness({ store, clock, draining: () => false }),
      settings: () => SETTINGS,
      disk: () => diskUse(dir),
      filesQuota: 10e9,
      logLevel: levelSwitch(),
    },
  };
  const app = adminRoutes(routes, services);
  const fetchPage = async (request: Request) => app.fetch(request);
  const site = await store.sites.create({ name: 'Shop', timezone: 'Europe/Berlin' });
  afterAll(async () => {
    await sync.stop();
    await store.close();
  });

  async function person(role: Role, siteIds: readonly string[] = [site.id], to: Fetch = fetchPage): Promise<Person> {
    const email = `${role}-${crypto.randomUUID().slice(0, 8)}@example.com`;
    await accounts.createUser('cli', { email, name: role, password: PASSWORD, role, siteIds });
    const signedIn = await accounts.signIn({ email, password: PASSWORD }, HERE);
    if (!signedIn.ok) throw new Error(signedIn.message);
    const cookie = `lts_session=${signedIn.token}`;
    const csrf = accounts.csrfToken(signedIn.token);
    const ask = async (path: string, init: RequestInit): Promise<Page> => {
      const response = await to(new Request(`http://localhost${path}`, init));
      const { status, headers } = response;
      return { status, headers, html: await response.text(), location: headers.get('location') };
    };
    return {
      cookie,
      get: (path) => ask(path, { headers: { cookie } }),
      post(path, form = {}) {
        const pairs = Object.entries(form).flatMap(([name, value]) =>
          (typeof value === 'string' ? [value] : value).map((each): [string, string] => [name, each]),
        );
        const body = new URLSearchParams([['csrf', csrf], ...pairs]).toString();
        const headers = {
          cookie,
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': String(Buffer.byteLength(body)),
        };
        return ask(path, { method: 'POST', headers, body });
      },
    };
  }

  return {
    services,
    path,
    site,
    fetch: fetchPage,
    person,
    async lead(fields, form = 'Contact', siteId = site.id) {
      const context = { siteId, source: 'rest_api', idempotencyKey: null } as const;
      return (await operations.createSubmission({ fields, form_name: form }, context)).submission.id;
    },
  };
}
