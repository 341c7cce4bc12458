import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { GoogleApi } from '../../src/sheets/targets/google/api.ts';
import { serviceAccountTokens, type TokenSource } from '../../src/sheets/targets/google/auth.ts';
import {
  createGoogleApi,
  type GoogleApiOptions,
  type GoogleCall,
  type GoogleUrls,
} from '../../src/sheets/targets/google/client.ts';
import { createQuotaBook } from '../../src/sheets/targets/google/quota.ts';
import { parseServiceAccount, type ServiceAccount } from '../../src/sheets/targets/google/service-account.ts';
import type { FakeGoogle } from '../support/google/client.ts';

/** The fake's addresses, as the settings would give them. */
export function urlsOf(google: FakeGoogle): GoogleUrls {
  const env = google.env();
  return {
    sheets: env.LTS_GOOGLE_SHEETS_URL,
    drive: env.LTS_GOOGLE_DRIVE_URL,
    token: env.LTS_GOOGLE_TOKEN_URL,
    auth: env.LTS_GOOGLE_AUTH_URL,
  };
}

/** What the parser makes of a key file, or the test fails with the refusal. */
export function accountOf(key: unknown): ServiceAccount {
  const parsed = parseServiceAccount(JSON.stringify(key));
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.account;
}

export interface Connection {
  api: GoogleApi;
  tokens: TokenSource;
  email: string;
  calls: GoogleCall[];
}

/** A service account of its own on the fake, ready to call. */
export async function connectAccount(
  google: FakeGoogle,
  options: Partial<GoogleApiOptions> & { clock?: Clock; email?: string } = {},
): Promise<Connection> {
  const clock = options.clock ?? systemClock;
  const account = accountOf(await google.createServiceAccount(options.email ? { email: options.email } : {}));
  const urls = urlsOf(google);
  const tokens = options.tokens ?? serviceAccountTokens(account, { tokenUrl: urls.token, clock });
  const calls: GoogleCall[] = [];
  const api = createGoogleApi({
    connectionKind: 'service_account',
    urls,
    log: silentLog,
    quota: createQuotaBook(clock).account(account.clientEmail, null),
    onCall: (call) => calls.push(call),
    ...options,
    clock,
    tokens,
    email: account.clientEmail,
  });
  return { api, tokens, email: account.clientEmail, calls };
}
