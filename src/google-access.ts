import type { GoogleConfig } from './config/load.ts';
import { readFile } from './config/process.ts';
import type { Clock } from './lib/clock.ts';
import { sha256, type Vault } from './lib/crypto.ts';
import type { Log } from './lib/log.ts';
import type { GoogleApi } from './sheets/targets/google/api.ts';
import {
  type OAuthCredentials,
  oauthTokens,
  SERVICE_ACCOUNT_FILE_SCOPES,
  SERVICE_ACCOUNT_SCOPES,
  serviceAccountTokens,
  type TokenSource,
} from './sheets/targets/google/auth.ts';
import { createGoogleApi, type GoogleCall } from './sheets/targets/google/client.ts';
import type { DriveApi, DriveOf } from './sheets/targets/google/drive.ts';
import { createOAuth, type OAuthFlow, type OAuthGrant } from './sheets/targets/google/oauth.ts';
import { createQuotaBook } from './sheets/targets/google/quota.ts';
import type { SendOptions } from './sheets/targets/google/send.ts';
import { parseServiceAccount, type ServiceAccount } from './sheets/targets/google/service-account.ts';
import type { ApiFor } from './sheets/targets/google/step.ts';
import type { ConnectionKind, GoogleConnection, SheetProblem, SheetStore } from './store/sheets.ts';

export interface GoogleAccessDeps {
  google: GoogleConfig;
  sheets: Pick<
    SheetStore,
    'connection' | 'connections' | 'addConnection' | 'updateConnectionSecret' | 'removeConnection'
  >;
  vault: Vault;
  clock: Clock;
  log: Log;
  /** Told of each call's result. */
  onCall?: (call: GoogleCall) => void;
  /** Ends waiting and running calls when the server stops. */
  signal?: AbortSignal;
}

/** From a site's target to calls of Google, with the right account, its tokens and its share of the quota. */
export interface GoogleAccess {
  apiFor: ApiFor;
  /** The calls that keep files in Drive, as the account of this address; a refusal in words where there is none. */
  driveOf: DriveOf;
  /** The calls of an account that is not stored yet: for checking before connecting. */
  apiOfAccount(account: ServiceAccount): GoogleApi;
  /** Stores a service account's key file, encrypted; one that is known by its address gets the new key. */
  keepAccount(account: ServiceAccount, keyFile: string): Promise<GoogleConnection>;
  /** The operator's own OAuth client, whose consent page sends people back to `redirectUri`; null: none is set. */
  oauth(redirectUri: string): OAuthFlow | null;
  /** The calls of a sign-in that is not stored yet. */
  apiOfGrant(grant: OAuthGrant): GoogleApi;
  /**
   * Stores a person's sign-in, encrypted: in place of every earlier one of the same account that allowed no more than
   * it does. So whatever was written as this person goes on. Returns them all, at least one.
   */
  keepGrant(grant: OAuthGrant): Promise<readonly GoogleConnection[]>;
  /**
   * Deletes an account that no site writes as, and asks Google to end a person's sign-in, which ends all of that
   * person's sign-ins by this OAuth client: so not while another of them is stored.
   */
  forget(connectionId: string): Promise<Forgotten>;
}

/** `revoked`: Google ended the sign-in. `not_revoked`: it could not be asked to. `kept`: a site uses the account. */
export type Forgotten = 'deleted' | 'revoked' | 'not_revoked' | 'kept';

type Made = { ok: true; api: GoogleApi } | { ok: false; problem: SheetProblem };

/** What a connection's secret is bound to: moved to another one it does not open. */
export function connectionContext(kind: ConnectionKind, email: string): string {
  return `google-connection:${kind}:${email}`;
}

export function createGoogleAccess(deps: GoogleAccessDeps): GoogleAccess {
  const { google, sheets, vault, clock } = deps;
  const quotas = createQuotaBook(clock);
  const tokenOptions = { tokenUrl: google.urls.token, clock, ...(deps.signal ? { signal: deps.signal } : {}) };
  // One per account and key: tokens and quota are shared by all sites that use it.
  const made = new Map<string, Made>();
  const drives = new Map<string, DriveApi>();

  function callsOf(
    email: string,
    connectionKind: ConnectionKind,
    project: string | null,
    tokens: TokenSource,
  ): SendOptions {
    const { log, signal, onCall } = deps;
    const quota = quotas.account(email, project);
    const hooks = { ...(onCall ? { onCall } : {}), ...(signal ? { signal } : {}) };
    return { email, connectionKind, tokens, urls: google.urls, clock, quota, log, ...hooks };
  }

  const api = (...of: Parameters<typeof callsOf>): GoogleApi => createGoogleApi(callsOf(...of));

  function apiOfAccount(account: ServiceAccount): GoogleApi {
    const tokens = serviceAccountTokens(account, tokenOptions);
    return api(account.clientEmail, 'service_account', account.projectId || null, tokens);
  }

  function remember(name: string, make: () => Made): Made {
    const known = made.get(name);
    if (known) return known;
    const fresh = make();
    // A refusal is not remembered: the file may be mended while the server runs.
    if (fresh.ok) made.set(name, fresh);
    return fresh;
  }

  function ofKeyFile(text: string): Made {
    const parsed = parseServiceAccount(text);
    return parsed.ok ? { ok: true, api: apiOfAccount(parsed.account) } : unusable(parsed.message);
  }

  function ofSettings(): Made {
    const path = google.serviceAccountFile;
    if (path === null) {
      return problem(
        'no_connection',
        'No Google account is connected to this sheet. Connect one, or set LTS_GOOGLE_SERVICE_ACCOUNT_FILE.',
      );
    }
    const read = readFile(path);
    if (!read.ok) return unusable(`The service account file ${path} can't be read: ${read.reason}.`);
    return remember(`settings:${sha256(read.text)}`, () => ofKeyFile(read.text));
  }

  function ofConnection(connection: GoogleConnection): Made {
    const { kind, email, secret } = connection;
    return remember(`${connection.id}:${sha256(secret)}`, () => {
      const plain = vault.open(secret, connectionContext(kind, email));
      if (kind === 'service_account') return ofKeyFile(plain);
      const signIn = readSignIn(plain);
      if (signIn === null) return unusable(`The sign-in of ${email} is not usable. Connect the account again.`);
      return { ok: true, api: apiOfSignIn(email, signIn) };
    });
  }

  function apiOfSignIn(email: string, signIn: SignIn): GoogleApi {
    return api(email, 'oauth', signIn.clientId, oauthTokens({ email, ...signIn }, tokenOptions));
  }

  /** What calls of Drive go out with as this account; null: nobody of this address is connected. */
  function driveCallsOf(account: string): { name: string; calls: () => SendOptions } | null {
    const connection = sheets.connections().findLast(({ email }) => email === account);
    if (connection !== undefined) {
      const { id, kind, email, secret } = connection;
      const plain = () => vault.open(secret, connectionContext(kind, email));
      const signIn = kind === 'oauth' ? readSignIn(plain()) : null;
      if (kind === 'oauth' && signIn === null) return null;
      const name = `${id}:${sha256(secret)}`;
      return signIn === null
        ? { name, calls: () => fileCallsOf(plain()) }
        : { name, calls: () => callsOf(email, kind, signIn.clientId, oauthTokens({ email, ...signIn }, tokenOptions)) };
    }
    const read = google.serviceAccountFile === null ? null : readFile(google.serviceAccountFile);
    const parsed = read?.ok ? parseServiceAccount(read.text) : null;
    if (!read?.ok || !parsed?.ok || parsed.account.clientEmail !== account) return null;
    return { name: `settings:${sha256(read.text)}`, calls: () => fileCallsOf(read.text) };
  }

  /** @throws Error for a key file that was usable when it was stored and is not any more */
  function fileCallsOf(keyFile: string): SendOptions {
    const parsed = parseServiceAccount(keyFile);
    if (!parsed.ok) throw new Error(parsed.message);
    const { account } = parsed;
    const tokens = serviceAccountTokens(account, tokenOptions, SERVICE_ACCOUNT_FILE_SCOPES);
    return callsOf(account.clientEmail, 'service_account', account.projectId || null, tokens);
  }

  /** Who holds a fresh sign-in got it by this client. */
  function ownClient(): Omit<SignIn, 'refreshToken'> {
    if (google.client === null) throw new Error('a sign-in without an OAuth client');
    return { clientId: google.client.id, clientSecret: google.client.secret };
  }

  return {
    async apiFor(target) {
      if (target.connectionId === null) return ofSettings();
      const connection = sheets.connection(target.connectionId);
      return connection
        ? ofConnection(connection)
        : problem('no_connection', 'The Google account of this sheet is not connected any more. Connect it again.');
    },
    async driveOf(account) {
      const of = driveCallsOf(account);
      if (of === null) return noDrive(account);
      const known = drives.get(of.name);
      if (known) return { ok: true, api: known };
      const { createDriveApi } = await import('./sheets/targets/google/drive.ts');
      const fresh = createDriveApi(of.calls());
      drives.set(of.name, fresh);
      return { ok: true, api: fresh };
    },
    apiOfAccount,
    async keepAccount({ clientEmail: email }, keyFile) {
      const kind = 'service_account';
      const secret = vault.seal(keyFile, connectionContext(kind, email));
      const known = sheets.connections().find((each) => each.kind === kind && each.email === email);
      if (known === undefined) {
        return sheets.addConnection({ kind, email, secret, scopes: SERVICE_ACCOUNT_SCOPES.join(' ') });
      }
      await sheets.updateConnectionSecret(known.id, secret);
      return { ...known, secret };
    },
    oauth(redirectUri) {
      if (google.client === null) return null;
      const { id: clientId, secret: clientSecret } = google.client;
      return createOAuth({ clientId, clientSecret, redirectUri, urls: google.urls, clock });
    },
    apiOfGrant: ({ email, refreshToken }) => apiOfSignIn(email, { ...ownClient(), refreshToken }),
    async keepGrant({ email, refreshToken, scopes }) {
      const kind = 'oauth';
      const { clientId, clientSecret } = ownClient();
      const plain = JSON.stringify({ refresh_token: refreshToken, client_id: clientId, client_secret: clientSecret });
      const secret = vault.seal(plain, connectionContext(kind, email));
      const allowed = new Set(scopes.split(' '));
      const covered = sheets
        .connections()
        .filter((each) => each.kind === kind && each.email === email)
        .filter((each) => each.scopes.split(' ').every((scope) => allowed.has(scope)));
      if (covered.length === 0) return [await sheets.addConnection({ kind, email, secret, scopes })];
      for (const each of covered) await sheets.updateConnectionSecret(each.id, secret, scopes);
      return covered.map((each) => ({ ...each, secret, scopes }));
    },
    async forget(connectionId) {
      const known = sheets.connection(connectionId);
      if (known === null || !(await sheets.removeConnection(connectionId))) return 'kept';
      const { kind, email, secret } = known;
      const others = sheets.connections().some((each) => each.kind === kind && each.email === email);
      if (kind === 'service_account' || others) return 'deleted';
      const signIn = readSignIn(vault.open(secret, connectionContext(kind, email)));
      if (signIn === null) return 'deleted';
      const flow = createOAuth({ ...signIn, redirectUri: '', urls: google.urls, clock });
      return (await flow.revoke(signIn.refreshToken)).ok ? 'revoked' : 'not_revoked';
    },
  };
}

function problem(code: string, message: string): { ok: false; problem: SheetProblem } {
  return { ok: false, problem: { code, message, technical: null } };
}

const noDrive = (account: string) =>
  problem(
    'no_connection',
    `The Google account ${account}, whose Drive files are kept in, is not connected to this server any more. Connect it again under Sheet, or choose another place for files.`,
  );

const unusable = (message: string): Made => problem('key_unusable', message);

type SignIn = Omit<OAuthCredentials, 'email'>;

/** What a stored sign-in says, whose client may be another than that of the settings by now. */
function readSignIn(text: string): SignIn | null {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) return null;
  const {
    client_id: clientId,
    client_secret: clientSecret,
    refresh_token: refreshToken,
  } = value as Record<string, unknown>;
  if (typeof clientId !== 'string' || typeof clientSecret !== 'string' || typeof refreshToken !== 'string') return null;
  return { clientId, clientSecret, refreshToken };
}
