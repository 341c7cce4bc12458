import { join } from 'node:path';
import type {
  ActionLog,
  ActionResult,
  Behaviour,
  Call,
  Counts,
  FaultRule,
  FileView,
  Hands,
  LateCall,
  LateOutcome,
  OAuthClientOptions,
  OAuthGrant,
  QuotaOptions,
  RandomFaults,
  ServiceAccountKey,
  SpreadsheetOptions,
  SpreadsheetView,
  UserAction,
  Violation,
} from './control-types.ts';
import type { Consent } from './token-types.ts';

export type * from './control-types.ts';
export type { Consent } from './token-types.ts';

/** The settings that point the program at the fake. */
export interface GoogleEnv {
  LTS_GOOGLE_SHEETS_URL: string;
  LTS_GOOGLE_DRIVE_URL: string;
  LTS_GOOGLE_TOKEN_URL: string;
  LTS_GOOGLE_AUTH_URL: string;
}

/** A running fake, as tests hold it: every method is one call of its control API, untouched by faults and quota. */
export class FakeGoogle {
  constructor(
    readonly url: string,
    private readonly process?: Bun.Subprocess<'pipe', 'pipe', 'inherit'>,
  ) {}

  /** What to hand to the program under test. The first two are origins, the others whole URLs. */
  env(): Record<keyof GoogleEnv, string> {
    return {
      LTS_GOOGLE_SHEETS_URL: this.url,
      LTS_GOOGLE_DRIVE_URL: this.url,
      LTS_GOOGLE_TOKEN_URL: `${this.url}/token`,
      LTS_GOOGLE_AUTH_URL: `${this.url}/auth`,
    };
  }

  /** Ends the process, if this object started it. */
  async stop(): Promise<void> {
    this.process?.kill();
    await this.process?.exited;
  }

  private async ask<T>(name: string, ...args: unknown[]): Promise<T> {
    const response = await fetch(`${this.url}/__fake/${name}`, { method: 'POST', body: JSON.stringify(args) });
    const text = await response.text();
    if (response.status === 200) return (JSON.parse(text) as { result: T }).result;
    throw new Error(`fake google: ${name}: ${text}`);
  }

  // Accounts

  createServiceAccount = (options: { email?: string; projectId?: string } = {}): Promise<ServiceAccountKey> =>
    this.ask('createServiceAccount', options);
  /** The key is deleted: no new tokens, those already issued live on. */
  revokeKey = (email: string): Promise<null> => this.ask('revokeKey', email);
  deleteAccount = (email: string): Promise<null> => this.ask('deleteAccount', email);
  disableApi = (api: 'sheets' | 'drive'): Promise<null> => this.ask('disableApi', api);
  enableApi = (api: 'sheets' | 'drive'): Promise<null> => this.ask('enableApi', api);
  registerOAuthClient = (options: OAuthClientOptions = {}): Promise<Required<OAuthClientOptions>> =>
    this.ask('registerOAuthClient', options);
  deleteOAuthClient = (clientId: string): Promise<null> => this.ask('deleteOAuthClient', clientId);
  /** In testing mode refresh tokens die seven days after they were issued. */
  setTesting = (clientId: string, testing: boolean): Promise<null> => this.ask('setTesting', clientId, testing);
  /** Consent without a browser; registers the client when it is not known. */
  grantOAuth = (grant: OAuthGrant): Promise<{ refresh_token: string }> => this.ask('grantOAuth', grant);
  /** Who sits at the consent screen from now on, and what he does. */
  consent = (consent: Consent): Promise<null> => this.ask('consent', consent);
  revokeRefreshToken = (token: string): Promise<boolean> => this.ask('revokeRefreshToken', token);
  revokeAccessToken = (token: string): Promise<null> => this.ask('revokeAccessToken', token);

  // Files

  createSpreadsheet = (options: SpreadsheetOptions = {}): Promise<{ spreadsheetId: string; spreadsheetUrl: string }> =>
    this.ask('createSpreadsheet', options);
  /** With a `driveId` it is the root of a shared drive, where service accounts may create files. */
  createFolder = (
    options: {
      name?: string;
      owner?: string;
      driveId?: string;
      sharedWith?: { email: string; role: 'writer' | 'reader' }[];
    } = {},
  ): Promise<{ id: string }> => this.ask('createFolder', options);
  files = (): Promise<FileView[]> => this.ask('files');
  /** The storage of an account is full, or not any more. */
  fillStorage = (email: string, isFull: boolean): Promise<null> => this.ask('fillStorage', email, isFull);
  /** The last two are roles of shared drives: Content manager and Manager. */
  share = (
    spreadsheetId: string,
    email: string,
    role: 'writer' | 'reader' | 'fileOrganizer' | 'organizer' = 'writer',
  ): Promise<null> => this.ask('share', spreadsheetId, email, role);
  unshare = (spreadsheetId: string, email: string): Promise<null> => this.ask('unshare', spreadsheetId, email);
  /** The user picks the file for an OAuth client that has only `drive.file`. */
  hand = (spreadsheetId: string, clientId: string): Promise<null> => this.ask('hand', spreadsheetId, clientId);
  trash = (spreadsheetId: string): Promise<null> => this.ask('trash', spreadsheetId);
  untrash = (spreadsheetId: string): Promise<null> => this.ask('untrash', spreadsheetId);
  deleteForever = (spreadsheetId: string): Promise<null> => this.ask('deleteForever', spreadsheetId);
  snapshotVersion = (spreadsheetId: string): Promise<string> => this.ask('snapshotVersion', spreadsheetId);
  restoreVersion = (spreadsheetId: string, versionId: string): Promise<null> =>
    this.ask('restoreVersion', spreadsheetId, versionId);
  inspect = (spreadsheetId: string): Promise<SpreadsheetView> => this.ask('inspect', spreadsheetId);
  /** All rows with data as texts, header first; the tab by title or sheet id, default the first. */
  rows = (spreadsheetId: string, tab?: string | number): Promise<string[][]> =>
    this.ask('rows', spreadsheetId, tab ?? null);
  /** The texts of the column that carries a tag of this value, without the header; null when there is none. */
  columnByField = (spreadsheetId: string, value: string, tab?: string | number): Promise<string[] | null> =>
    this.ask('columnByField', spreadsheetId, value, tab ?? null);

  // What happened

  calls = (): Promise<Call[]> => this.ask('calls');
  /** Forgets calls and violations. */
  resetCalls = (): Promise<null> => this.ask('resetCalls');
  counts = (): Promise<Counts> => this.ask('counts');
  violations = (): Promise<Violation[]> => this.ask('violations');

  // What goes wrong

  /** Adds rules; the first that matches and has hits left decides. */
  faults = (rules: FaultRule[]): Promise<null> => this.ask('faults', rules);
  /** Ends all faults, random ones and latency too; late calls stay parked. */
  clearFaults = (): Promise<null> => this.ask('clearFaults');
  randomFaults = (options: RandomFaults): Promise<null> => this.ask('randomFaults', options);
  late = (): Promise<LateCall[]> => this.ask('late');
  /** Applies a parked call now, or all of them, and says what became of each. */
  releaseLate = (id?: number): Promise<LateOutcome[]> => this.ask('releaseLate', id ?? null);
  latency = (ms: number): Promise<null> => this.ask('latency', ms);
  /** Google's clock ahead of the fake's by this much. */
  clockSkew = (ms: number): Promise<null> => this.ask('clockSkew', ms);
  behaviour = (change: Partial<Behaviour>): Promise<Behaviour> => this.ask('behaviour', change);

  // The user's hands

  userAction = (spreadsheetId: string, action: UserAction): Promise<ActionResult> =>
    this.ask('userAction', spreadsheetId, action);
  /** Random actions before calls, until `null`. */
  hands = (options: Hands | null): Promise<null> => this.ask('hands', options);
  actions = (): Promise<ActionLog[]> => this.ask('actions');

  // Time and quota

  now = (): Promise<number> => this.ask('now');
  advance = (ms: number): Promise<null> => this.ask('advance', ms);
  setClock = (to: 'real' | { now: number }): Promise<null> => this.ask('setClock', to);
  quota = (limits: QuotaOptions | 'off' | 'default'): Promise<null> => this.ask('quota', limits);
}

/** Starts a fake of its own for a test; `stop()` ends it, and so does the end of the test process. */
export async function startFakeGoogle(options: { port?: number } = {}): Promise<FakeGoogle> {
  const command = [process.execPath, join(import.meta.dir, 'main.ts'), '--tied', '--port', String(options.port ?? 0)];
  const child = Bun.spawn(command, { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' });
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes('\n')) break;
  }
  const [line] = text.split('\n');
  if (!line) throw new Error('the fake google ended before it was ready');
  const { url } = JSON.parse(line) as { url: string };
  return new FakeGoogle(url, child);
}

/** Uses a fake that runs already. */
export function connectFakeGoogle(url: string): FakeGoogle {
  return new FakeGoogle(url.replace(/\/$/, ''));
}
