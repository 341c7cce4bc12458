import type { Config } from './config/load.ts';
import { createGoogleAccess, type GoogleAccess } from './google-access.ts';
import type { Random } from './lib/backoff.ts';
import type { Clock } from './lib/clock.ts';
import type { Vault } from './lib/crypto.ts';
import type { DataDir } from './lib/data-dir.ts';
import type { Ids } from './lib/ids.ts';
import type { Log } from './lib/log.ts';
import type { TargetDriver } from './sheets/target.ts';
import type { GoogleCall } from './sheets/targets/google/client.ts';
import { createGoogleDriver, type GoogleDriver } from './sheets/targets/google/driver.ts';
import { createLocalDriver } from './sheets/targets/local/driver.ts';
import type { TargetKind } from './store/sheets.ts';
import type { Store } from './store/store.ts';

export interface DriverParts {
  config: Pick<Config, 'google'>;
  dir: Pick<DataDir, 'sheetsPath' | 'instanceId'>;
  store: Store;
  vault: Vault;
  clock: Clock;
  ids: Ids;
  random: Random;
  log: Log;
  /** Told of each call of Google. */
  onCall?: (call: GoogleCall) => void;
  /** Ends running calls to Google when the server stops. */
  signal?: AbortSignal;
}

/** Every kind of sheet target, ready to use; the server and the command line make them the same way. */
export interface Drivers {
  drivers: Readonly<Record<TargetKind, TargetDriver>>;
  google: GoogleAccess;
  /** The same as `drivers.google`, with what only a person may ask of it. */
  googleDriver: GoogleDriver;
  /**
   * Ends what the last stop cut short. The server calls it once, before its first flush, and need not wait: flushes
   * do. Nobody else calls it. Never rejects.
   */
  recover(signal: AbortSignal): Promise<void>;
}

export function createDrivers(parts: DriverParts): Drivers {
  const { config, dir, store, vault, clock, ids, random, log, signal, onCall } = parts;
  const access = { google: config.google, sheets: store.sheets, vault, clock, log };
  const hooks = { ...(onCall ? { onCall } : {}), ...(signal ? { signal } : {}) };
  const google = createGoogleAccess({ ...access, ...hooks });
  const local = createLocalDriver({ store, dir: dir.sheetsPath, clock, log });
  const googleDriver = createGoogleDriver({
    store,
    apiFor: google.apiFor,
    instanceId: dir.instanceId,
    clock,
    ids,
    random,
    log,
  });
  return {
    google,
    googleDriver,
    recover: local.recover,
    drivers: {
      local,
      google: googleDriver,
    },
  };
}
