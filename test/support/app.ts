import { dirname, join } from 'node:path';
import { type App, type AppParts, buildApp } from '../../src/app.ts';
import type { OidcConfig } from '../../src/config/load.ts';
import type { CaptchaKind } from '../../src/contract/captcha.ts';
import type { Scope } from '../../src/contract/key.ts';
import type { FileSettings } from '../../src/intake/files/desk.ts';
import { KEY_PREFIX_LENGTH, newApiKey } from '../../src/lib/api-key.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { createVault, type Vault } from '../../src/lib/crypto.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { type Log, silentLog } from '../../src/lib/log.ts';
import type { TargetDriver } from '../../src/sheets/target.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import type { Site, Store } from '../../src/store/store.ts';
import { checkResponse } from './openapi.ts';
import { tempDir } from './temp.ts';

export interface TestApp {
  app: App;
  store: Store;
  /** The database file. */
  path: string;
  vault: Vault;
  site: Site;
  /** A key of the site; all scopes unless told otherwise. */
  key(options?: { scopes?: Scope[]; siteId?: string; expiresAt?: number | null }): Promise<{ id: string; key: string }>;
  /** Sends a request with this key; `json` is the body. */
  call(method: string, path: string, options?: CallOptions): Promise<Response>;
  close(): Promise<void>;
}

export interface CallOptions {
  key?: string | null;
  json?: unknown;
  body?: string;
  headers?: Record<string, string>;
}

/** Reachable by nobody. */
export const NO_CAPTCHA = { turnstile: 'http://127.0.0.1:9/', hcaptcha: 'http://127.0.0.1:9/' };

/** A driver that never has anything to do: for tests that are not about sheets. */
export const idleDriver: TargetDriver = {
  kind: 'local',
  flush: async () => ({ kind: 'idle' }),
  verify: async () => [],
  check: async () => ({ ok: true, shareWith: null, steps: [] }),
  rows: async () => [],
};

/** As a server has them that nobody set anything for. */
export const FILE_SETTINGS = { maxFile: 25 << 20, maxUpload: 50 << 20, quota: 10e9, linkLifetimeMs: null };

export const ALL_SCOPES: Scope[] = ['submissions:read', 'submissions:write', 'forms:read', 'forms:write'];

/**
 * The whole program on a store of its own, without a socket; `app.start()` opens one. What `fetch` and `call` answer is
 * held against the OpenAPI document: who gets an answer that it doesn't have fails.
 */
export async function testApp(
  options: {
    clock?: Clock;
    rateLimitApi?: number;
    rateLimitForms?: number;
    rateLimitEndpoint?: number;
    files?: Partial<FileSettings>;
    metricsToken?: string;
    publicUrl?: string;
    captchaUrls?: Record<CaptchaKind, string>;
    hookUrls?: AppParts['hookUrls'];
    oidc?: OidcConfig;
    log?: Log;
  } = {},
): Promise<TestApp> {
  const clock = options.clock ?? systemClock;
  const vault = createVault('a secret for tests, 32 characters');
  const ids = randomIds();
  const path = `${tempDir()}/leadtosheet.db`;
  const store = openStore({ path, durability: 'full', clock, ids, secretCheck: vault.checkValue() });
  const site = await store.sites.create({ name: 'Shop' });
  const built = buildApp({
    listen: { host: '127.0.0.1', port: 0 },
    rateLimitApi: options.rateLimitApi ?? 0,
    rateLimitForms: options.rateLimitForms ?? 0,
    rateLimitEndpoint: options.rateLimitEndpoint ?? 0,
    files: { ...FILE_SETTINGS, path: join(dirname(path), 'files'), ...options.files },
    store,
    vault,
    drivers: { local: idleDriver, google: idleDriver },
    clock,
    ids,
    random: () => 0.5,
    log: options.log ?? silentLog,
    captchaUrls: options.captchaUrls ?? NO_CAPTCHA,
    // Reachable by nobody.
    hookUrls: options.hookUrls ?? { meta: 'http://127.0.0.1:9', linkedin: 'http://127.0.0.1:9' },
    metricsToken: options.metricsToken ?? null,
    publicUrl: options.publicUrl ?? null,
    oidc: options.oidc ?? null,
  });
  const app: App = {
    ...built,
    async fetch(request) {
      const { method, url } = request;
      const response = await built.fetch(request);
      await checkResponse(method, url, response);
      return response;
    },
  };
  const made = await makeKey();
  async function makeKey({ scopes = ALL_SCOPES, siteId = site.id, expiresAt = null as number | null } = {}) {
    const key = newApiKey();
    const prefix = key.slice(0, KEY_PREFIX_LENGTH);
    const stored = await store.keys.create({
      siteId,
      name: 'test',
      prefix,
      hash: vault.hashKey(key),
      scopes,
      expiresAt,
    });
    return { id: stored.id, key };
  }
  return {
    app,
    store,
    path,
    vault,
    site,
    key: makeKey,
    call(method, callPath, { key = made.key, json, body, headers = {} } = {}) {
      return app.fetch(
        new Request(`http://localhost${callPath}`, {
          method,
          headers: {
            ...(key === null ? {} : { authorization: `Bearer ${key}` }),
            ...(json === undefined ? {} : { 'content-type': 'application/json' }),
            ...headers,
          },
          ...(json === undefined && body === undefined ? {} : { body: body ?? JSON.stringify(json) }),
        }),
      );
    },
    close: () => app.stop(),
  };
}
