import type { OAuth2Client } from 'google-auth-library/build/src/auth/oauth2client.js';
import type { Clock } from '../../../lib/clock.ts';
import type { Reply } from './api.ts';
import { type FailureContext, ownFailure, type RawFailure, readTokenFailure } from './failures.ts';
import { type Exchange, exchange } from './http.ts';
import type { ServiceAccount } from './service-account.ts';
import { allowedGoogleUrl } from './urls.ts';

/** Where access tokens come from. Google's library sits behind this, and nowhere else. */
export interface TokenSource {
  /** A token with some minutes of life left: from memory, or asked for; callers at one moment share one request. */
  getAccessToken(): Promise<Reply<string>>;
  /** Google refused this token: the next one is asked for afresh. Anything but the newest token is ignored. */
  drop(token: string): void;
}

/** A service account may write sheets, and look whether a file lies in the trash. google-sheets.md 2.4. */
export const SERVICE_ACCOUNT_SCOPES = [
  'https://www.googleapis.com/auth/spreadsheets',
  'https://www.googleapis.com/auth/drive.metadata.readonly',
] as const;

/**
 * What it needs to keep files in a shared drive: the folder was made by somebody else, which `drive.file` does not see.
 * It reaches what is shared with the account and no more. google-sheets.md 2.4.
 */
export const SERVICE_ACCOUNT_FILE_SCOPES = ['https://www.googleapis.com/auth/drive'] as const;

const GOOGLE_TOKEN_URL = 'https://oauth2.googleapis.com/token';
const TOKEN_TIMEOUT_MS = 10_000;

export interface TokenOptions {
  /** `LTS_GOOGLE_TOKEN_URL`. */
  tokenUrl: string;
  clock: Clock;
  timeoutMs?: number;
  /** Ends a request under way, when the server stops. */
  signal?: AbortSignal;
}

/** Tokens for a service account, by a signed JWT (RFC 7523). */
export function serviceAccountTokens(
  account: ServiceAccount,
  options: TokenOptions,
  scopes: readonly string[] = SERVICE_ACCOUNT_SCOPES,
): TokenSource {
  const context: FailureContext = { email: account.clientEmail, connectionKind: 'service_account', api: 'token' };
  return createSource(context, options, async (fetchImplementation) => {
    const { JWT } = await import('google-auth-library/build/src/auth/jwtclient.js');
    return new JWT({
      email: account.clientEmail,
      key: account.privateKey,
      scopes: [...scopes],
      transporterOptions: transporter(fetchImplementation),
    });
  });
}

export interface OAuthCredentials {
  email: string;
  clientId: string;
  clientSecret: string;
  refreshToken: string;
}

/** Tokens for a person who gave consent, by a refresh token (RFC 6749 6). */
export function oauthTokens(credentials: OAuthCredentials, options: TokenOptions): TokenSource {
  const context: FailureContext = { email: credentials.email, connectionKind: 'oauth', api: 'token' };
  return createSource(context, options, async (fetchImplementation) => {
    const { OAuth2Client } = await import('google-auth-library/build/src/auth/oauth2client.js');
    const client = new OAuth2Client({
      clientId: credentials.clientId,
      clientSecret: credentials.clientSecret,
      transporterOptions: transporter(fetchImplementation),
    });
    client.setCredentials({ refresh_token: credentials.refreshToken });
    return client;
  });
}

type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** The library's own retries are off: one place, the backoff of sheet sync, decides when to try again. */
const transporter = (fetchImplementation: Fetch) => ({
  fetchImplementation: fetchImplementation as typeof fetch,
  retryConfig: { retry: 0, noResponseRetries: 0 },
});

/**
 * Wraps one of the library's clients. It is made at the first use, because importing it takes time and memory
 * that taking leads does not need; and made anew after `drop`, because asking a JWT client to refresh does
 * nothing while it believes its token is good (google-sheets.md 6.2).
 */
function createSource(
  context: FailureContext,
  options: TokenOptions,
  make: (fetchImplementation: Fetch) => Promise<Pick<OAuth2Client, 'getAccessToken'>>,
): TokenSource {
  if (!allowedGoogleUrl(options.tokenUrl)) throw new Error("the token URL is neither Google's nor on this machine");
  let client: Promise<Pick<OAuth2Client, 'getAccessToken'>> | null = null;
  let newest: string | null = null;
  /** The last answer of the token endpoint. The library's errors lose half of it and cannot be serialised. */
  let last: Exchange | null = null;
  const fetchToken: Fetch = async (url, init) => {
    last = await exchange(redirected(String(url), options.tokenUrl), init ?? {}, {
      clock: options.clock,
      timeoutMs: options.timeoutMs ?? TOKEN_TIMEOUT_MS,
      maxBytes: 1_000_000,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    if (last.network) throw new Error('no answer from the token endpoint');
    return new Response(last.bodyText, { status: last.status, headers: { 'content-type': 'application/json' } });
  };
  return {
    async getAccessToken() {
      try {
        client ??= make(fetchToken);
        const { token } = await (await client).getAccessToken();
        if (typeof token === 'string' && token !== '') {
          newest = token;
          return { ok: true, value: token };
        }
      } catch {
        // Read below: from what was received, not from what the library made of it.
      }
      client = null;
      return { ok: false, failure: tokenFailure(last, context) };
    },
    drop(token) {
      if (token !== newest) return;
      newest = null;
      client = null;
    },
  };
}

function tokenFailure(last: RawFailure | null, context: FailureContext) {
  // Nothing was asked: the key could not sign.
  return last ? readTokenFailure(last, context) : ownFailure('key_unusable', context);
}

/** The library's token URL is a constant; tests point it elsewhere here. google-sheets.md 6.4. */
function redirected(url: string, tokenUrl: string): string {
  return url === GOOGLE_TOKEN_URL ? tokenUrl : url;
}
