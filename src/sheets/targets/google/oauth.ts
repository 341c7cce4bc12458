import { createHash } from 'node:crypto';
import type { Clock } from '../../../lib/clock.ts';
import type { SheetProblem } from '../../../store/sheets.ts';
import { ownFailure, readTokenFailure } from './failures.ts';
import { type Exchange, exchange } from './http.ts';
import type { FailureContext } from './problems.ts';
import { allowedGoogleUrl, type GoogleUrls } from './urls.ts';

/** Files this server makes itself: the one scope that needs no review by Google. google-sheets.md 2.4. */
const DRIVE_FILE = 'https://www.googleapis.com/auth/drive.file';
/** Every spreadsheet of the account: for one that this server did not make. */
const SPREADSHEETS = 'https://www.googleapis.com/auth/spreadsheets';

/** What to ask for: `own` files alone, or `any` spreadsheet of the account too. */
export type Reach = 'own' | 'any';

const RIGHTS: Readonly<Record<Reach, readonly string[]>> = { own: [DRIVE_FILE], any: [DRIVE_FILE, SPREADSHEETS] };

/** `openid email` tells whose account it is. */
const scopesFor = (reach: Reach) => ['openid', 'email', ...RIGHTS[reach]];

/** How far a sign-in reaches that was granted these scopes, space separated. */
export const reachOf = (scopes: string): Reach => (scopes.split(' ').includes(SPREADSHEETS) ? 'any' : 'own');

/** The operator's own OAuth client, for connecting a person's Google account. */
export interface OAuthFlow {
  /** Where to send the browser. `state` and the verifier behind `codeChallenge` are kept by the caller. */
  consentUrl(input: { state: string; codeChallenge: string; reach: Reach; loginHint?: string }): string;
  /** Turns the code that the browser brought back into a connection, if it carries all it must. */
  exchangeCode(input: { code: string; codeVerifier: string; reach: Reach }): Promise<OAuthResult<OAuthGrant>>;
  /** Takes the access away at Google; a token it no longer knows counts as done. */
  revoke(refreshToken: string): Promise<OAuthResult<null>>;
}

export interface OAuthGrant {
  email: string;
  refreshToken: string;
  /** As granted, space separated. */
  scopes: string;
  /** Google ends this sign-in by itself after so many days ("Testing" projects: 7); null: it does not. */
  endsAfterDays: number | null;
  /** What to tell the person who connects; null: nothing. */
  hint: string | null;
}

export type OAuthResult<T> = { ok: true; value: T } | { ok: false; problem: SheetProblem };

export interface OAuthOptions {
  clientId: string;
  clientSecret: string;
  /** Ours, as it is entered in the client's settings at Google. */
  redirectUri: string;
  urls: Pick<GoogleUrls, 'auth' | 'token'>;
  clock: Clock;
  timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;

/** RFC 7636 4.2, S256. The verifier: 43 to 128 characters of A-Z a-z 0-9 - . _ ~ */
export function codeChallengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

/** What the `error` parameter of a callback means. RFC 6749 4.1.2.1. */
export function consentProblem(error: string): SheetProblem {
  const context: FailureContext = { email: 'your account', connectionKind: 'oauth', api: 'token' };
  const technical = /^[\w-]{1,60}$/.test(error) ? error : null;
  if (error === 'admin_policy_enforced' || error === 'org_internal') {
    return ownFailure('policy_blocked', context, technical).problem;
  }
  return ownFailure('consent_denied', context, technical).problem;
}

export function createOAuth(options: OAuthOptions): OAuthFlow {
  const { auth, token } = options.urls;
  if (!allowedGoogleUrl(auth) || !allowedGoogleUrl(token)) {
    throw new Error('an OAuth URL is neither of Google nor on this machine');
  }
  const post = (url: string, form: Record<string, string>): Promise<Exchange> =>
    exchange(
      url,
      { method: 'POST', body: new URLSearchParams(form) },
      { clock: options.clock, timeoutMs: options.timeoutMs ?? TIMEOUT_MS, maxBytes: 1_000_000 },
    );
  return {
    consentUrl({ state, codeChallenge, reach, loginHint }) {
      const url = new URL(auth);
      const query = {
        client_id: options.clientId,
        redirect_uri: options.redirectUri,
        response_type: 'code',
        scope: scopesFor(reach).join(' '),
        // Without these two a second consent brings no refresh token.
        access_type: 'offline',
        prompt: 'consent',
        state,
        code_challenge: codeChallenge,
        code_challenge_method: 'S256',
        ...(loginHint ? { login_hint: loginHint } : {}),
      };
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      return url.href;
    },
    async exchangeCode({ code, codeVerifier, reach }) {
      const answer = await post(token, {
        grant_type: 'authorization_code',
        code,
        code_verifier: codeVerifier,
        client_id: options.clientId,
        client_secret: options.clientSecret,
        redirect_uri: options.redirectUri,
      });
      return readGrant(answer, reach);
    },
    async revoke(refreshToken) {
      const answer = await post(token.replace(/\/token$/, '/revoke'), { token: refreshToken });
      if (answer.status === 200 || readBody(answer).error === 'invalid_token') return { ok: true, value: null };
      return { ok: false, problem: readTokenFailure(answer, unknownAccount).problem };
    },
  };
}

/** Before the grant is read nobody's address is known. */
const unknownAccount: FailureContext = { email: 'your account', connectionKind: 'oauth', api: 'token' };

function readGrant(answer: Exchange, reach: Reach): OAuthResult<OAuthGrant> {
  const body = readBody(answer);
  if (answer.network || answer.status !== 200 || typeof body.access_token !== 'string') {
    const { problem } = readTokenFailure(answer, unknownAccount);
    // An authorisation code is good once, and for some minutes.
    if (problem.code !== 'token_revoked') return { ok: false, problem };
    return { ok: false, problem: ownFailure('consent_expired', unknownAccount, problem.technical).problem };
  }
  const email = emailOf(body.id_token);
  const context: FailureContext = { ...unknownAccount, email: email ?? unknownAccount.email };
  const scopes = typeof body.scope === 'string' ? body.scope : '';
  const granted = new Set(scopes.split(' '));
  // People may untick boxes and still press "Allow": the answer says what was really granted.
  if (email === null || !RIGHTS[reach].every((scope) => granted.has(scope))) {
    return { ok: false, problem: ownFailure('scope_missing', context, `granted: ${scopes}`).problem };
  }
  if (typeof body.refresh_token !== 'string') {
    return { ok: false, problem: ownFailure('no_refresh_token', context).problem };
  }
  const lifetime = body.refresh_token_expires_in;
  const days = typeof lifetime === 'number' ? Math.max(1, Math.round(lifetime / 86_400)) : null;
  const hint = days === null ? null : testingHint(days);
  return { ok: true, value: { email, refreshToken: body.refresh_token, scopes, endsAfterDays: days, hint } };
}

function testingHint(days: number): string {
  return `Google ends this sign-in after ${days} days, because the Google Cloud project is in "Testing". To make it last, open the OAuth consent screen in the Google Cloud console, press "Publish app", and connect once more.`;
}

function readBody(answer: Exchange): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(answer.bodyText);
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/**
 * The address in an id token. It came from Google's token endpoint over TLS in answer to our own request, so its
 * signature need not be checked (OpenID Connect Core 3.1.3.7, 6).
 */
function emailOf(idToken: unknown): string | null {
  if (typeof idToken !== 'string') return null;
  try {
    const claims: unknown = JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const email = typeof claims === 'object' && claims !== null && 'email' in claims ? claims.email : null;
    return typeof email === 'string' && email !== '' ? email : null;
  } catch {
    return null;
  }
}
