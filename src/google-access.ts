import type { GoogleConfig } from './config/load.ts';
import { readFile } from './config/process.ts';
import type { Clock } from './lib/clock.ts';
import { sha256, type Vault } from './lib/crypto.ts';
import type { Log } from './lib/log.ts';
import type { GoogleApi } from './sheets/targets/google/api.ts';
import {
  oauthTokens,
  SERVICE_ACCOUNT_SCOPES,
  serviceAccountTokens,
  type TokenSource,
} from './sheets/targets/google/auth.ts';
import { createGoogleApi, type GoogleCall } from './sheets/targets/google/client.ts';
import { createQuotaBook } from './sheets/targets/google/quota.ts';
import { parseServiceAccount, type ServiceAccount } from './sheets/targets/google/service-account.ts';
import type { ApiFor } from './sheets/targets/google/step.ts';
import type { ConnectionKind, GoogleConnection, SheetProblem, SheetStore } from './store/sheets.ts';

export interface GoogleAccessDeps {
  google: GoogleConfig;
  sheets: Pick<SheetStore, 'connection' | 'connections' | 'addConnection' | 'updateConnectionSecret'>;
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
  /** The calls of an account that is not stored yet: for checking before connecting. */
  apiOfAccount(account: ServiceAccount): GoogleApi;
  /** Stores a service account's key file, encrypted; one that is known by its address gets the new key. */
  keepAccount(account: ServiceAccount, keyFile: string): Promise<GoogleConnection>;
}

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

  function api(email: string, kind: ConnectionKind, project: string | null, tokens: TokenSource): GoogleApi {
    const quota = quotas.account(email, project);
    const { urls } = google;
    const { log, signal, onCall } = deps;
    return createGoogleApi({
      email,
      connectionKind: kind,
      tokens,
      urls,
      clock,
      quota,
      log,
      ...(onCall ? { onCall } : {}),
      ...(signal ? { signal } : {}),
    });
  }

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
      const grant = readGrant(plain);
      if (grant === null) return unusable(`The sign-in of ${email} is not usable. Connect the account again.`);
      const { clientId, clientSecret, refreshToken } = grant;
      const tokens = oauthTokens({ email, clientId, clientSecret, refreshToken }, tokenOptions);
      return { ok: true, api: api(email, 'oauth', clientId, tokens) };
    });
  }

  return {
    async apiFor(target) {
      if (target.connectionId === null) return ofSettings();
      const connection = sheets.connection(target.connectionId);
      return connection
        ? ofConnection(connection)
        : problem('no_connection', 'The Google account of this sheet is not connected any more. Connect it again.');
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
  };
}

function problem(code: string, message: string): Made {
  return { ok: false, problem: { code, message, technical: null } };
}

const unusable = (message: string): Made => problem('key_unusable', message);

function readGrant(text: string): { clientId: string; clientSecret: string; refreshToken: string } | null {
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
