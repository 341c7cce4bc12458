import type { Accounts, Where } from '../../accounts/accounts.ts';
import type { SettingReport } from '../../config/render.ts';
import type { CaptchaChecker } from '../../intake/captcha.ts';
import type { FileLinks } from '../../intake/files/links.ts';
import type { HookDesk } from '../../intake/hooks/desk.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Vault } from '../../lib/crypto.ts';
import type { DiskUse } from '../../lib/disk.ts';
import type { Log, LogLevel } from '../../lib/log.ts';
import type { Sync } from '../../sheets/sync.ts';
import type { TargetDriver } from '../../sheets/target.ts';
import type { GoogleApi } from '../../sheets/targets/google/api.ts';
import type { DriveOf } from '../../sheets/targets/google/drive.ts';
import type { ApiFor, GoogleDriver } from '../../sheets/targets/google/driver.ts';
import type { OAuthFlow, OAuthGrant } from '../../sheets/targets/google/oauth.ts';
import type { ServiceAccount } from '../../sheets/targets/google/service-account.ts';
import type { GoogleConnection, TargetKind } from '../../store/sheets.ts';
import type { Store } from '../../store/store.ts';
import type { Operations } from '../operations.ts';

/** Connecting spreadsheets, and letting paused ones go on. */
export interface GoogleDesk {
  /** The calls that a target's account makes; a refusal in words where there is none. */
  apiFor: ApiFor;
  /** The calls that keep files in Drive, as the account of this address. */
  driveOf: DriveOf;
  /** The calls of an account that is not stored yet: for checking before connecting. */
  apiOfAccount(account: ServiceAccount): GoogleApi;
  /** Stores a service account's key file, encrypted; one that is known by its address gets the new key. */
  keepAccount(account: ServiceAccount, keyFile: string): Promise<GoogleConnection>;
  /** The operator's own OAuth client, whose consent page sends people back to `redirectUri`; null: none is set. */
  oauth(redirectUri: string): OAuthFlow | null;
  /** The calls of a sign-in that is not stored yet. */
  apiOfGrant(grant: OAuthGrant): GoogleApi;
  /** Stores a person's sign-in, encrypted, in place of the earlier ones of the account that it covers: all of them. */
  keepGrant(grant: OAuthGrant): Promise<readonly GoogleConnection[]>;
  /**
   * Deletes an account that no site writes as (else `kept`), and asks Google to end a person's sign-in, unless another
   * of the same account is stored (`deleted`).
   */
  forget(connectionId: string): Promise<'deleted' | 'revoked' | 'not_revoked' | 'kept'>;
  driver: GoogleDriver;
}

/** What only a server on a real data folder has; pages say where something is missing. */
export interface ServerDesk {
  google: GoogleDesk | null;
  sheetsPath: string | null;
  importsPath: string | null;
  settings(): readonly SettingReport[];
  disk(): Promise<DiskUse>;
  logLevel: LevelSwitch;
}

/** What is logged; a change holds at once, until the next restart. */
export interface LevelSwitch {
  get(): LogLevel;
  set(level: LogLevel): void;
}

/** A server without a data folder of its own, as tests have it. */
export const NO_DESK: ServerDesk = {
  google: null,
  sheetsPath: null,
  importsPath: null,
  settings: () => [],
  disk: async () => ({ parts: [], free: 0 }),
  logLevel: { get: () => 'silent', set: () => {} },
};

/** What pages are made with. */
export interface AdminServices {
  accounts: Accounts;
  store: Store;
  /** Links to the files of leads. */
  fileLinks: FileLinks;
  operations: Operations;
  captcha: CaptchaChecker;
  vault: Vault;
  drivers: Readonly<Record<TargetKind, TargetDriver>>;
  sync: Pick<Sync, 'sweep' | 'exclusively'>;
  /** Google accounts and what only a person may ask of Google's driver; null: there is no Google here. */
  google: GoogleDesk | null;
  /** `DATA_DIR/sheets`; null: there are no local workbooks here. */
  sheetsPath: string | null;
  /** `DATA_DIR/imports`: files of leads that were sent by a page; null: none can be. */
  importsPath: string | null;
  /** Lifts the server's own time-outs from the connection of a request: what it gives back puts them in force again. */
  liftTimeout(request: Request): () => void;
  /** Answers a request as if it had come over the network: how pages try a way in. */
  ask(request: Request): Promise<Response>;
  /** Takes kept calls of hooks once more. */
  hookDesk: Pick<HookDesk, 'replay'>;
  clock: Clock;
  log: Log;
  /** Where people reach the server, without a slash at the end. */
  publicUrl(): string;
  /** Where a request comes from. */
  where(request: Request): Where;
  system: SystemFacts;
}

/** What the server tells of itself. */
export interface SystemFacts {
  startedAt: number;
  /** Why `/readyz` says no; empty: it is ready. */
  reasons(): readonly string[];
  /** The settings as they were loaded; secrets are hidden. */
  settings(): readonly SettingReport[];
  /** What the data folder takes. */
  disk(): Promise<DiskUse>;
  /** Bytes that all files of leads may take. */
  filesQuota: number;
  logLevel: LevelSwitch;
}
