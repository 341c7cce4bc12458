/** What the token endpoint keeps, and how scopes and refusals are spelled. */

const SCOPE_PREFIX = 'https://www.googleapis.com/auth/';

/** Who is calling, as an access token says. */
export interface Principal {
  readonly email: string;
  /** Short names, without the URL before them. */
  readonly scopes: ReadonlySet<string>;
  /** OAuth client id, or the account itself for a service account. */
  readonly client: string;
  readonly project: string;
  readonly serviceAccount: boolean;
}

export interface AccessToken extends Principal {
  readonly expiresAt: number;
  readonly refreshToken: string | undefined;
}

export interface ServiceAccount {
  readonly email: string;
  readonly project: string;
  keyId: string | undefined;
  deleted: boolean;
}

export interface OAuthClient {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly project: string;
  readonly redirectUris: readonly string[];
  /** In testing, refresh tokens die after seven days. */
  testing: boolean;
  deleted: boolean;
}

export interface RefreshToken {
  readonly token: string;
  readonly email: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly issuedAt: number;
  revoked: boolean;
}

export interface Code {
  readonly email: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly redirectUri: string;
  readonly challenge: { text: string; plain: boolean } | undefined;
  readonly offline: boolean;
  readonly consented: boolean;
  readonly expiresAt: number;
  used: boolean;
}

/** How the simulated person at the consent screen behaves. */
export interface Consent {
  email: string;
  deny?: boolean;
  /** Scopes that are unticked, short names or whole URLs. */
  untick?: string[];
  /** Shows the page and waits for somebody to press "Allow" or "Cancel", instead of answering for them at once. */
  ask?: boolean;
  /** A rule of the person's organisation forbids it: told on a page of Google's own, or to the one who asked. */
  policy?: 'page' | 'redirect';
  /** A second consent that brings no refresh token although it was asked for: some were seen. */
  withhold?: boolean;
}

export interface TokenAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export interface CodeRequest {
  clientId: string;
  redirectUri: string;
  scopes: string[];
  challenge: string | undefined;
  challengeMethod: string | undefined;
  state: string | null;
  offline: boolean;
  forceConsent: boolean;
}

export const short = (scope: string): string =>
  scope.startsWith(SCOPE_PREFIX) ? scope.slice(SCOPE_PREFIX.length) : scope.trim();
export const KNOWN_SCOPES = new Set(
  'spreadsheets spreadsheets.readonly drive drive.readonly drive.file drive.metadata drive.metadata.readonly userinfo.email userinfo.profile openid email profile'.split(
    ' ',
  ),
);
export const refuse = (error: string, description: string, status = 400): TokenAnswer => ({
  status,
  body: { error, error_description: description },
});
export const random = (bytes: number): string =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('base64url');

/** OpenID scopes are bare words, all others URLs. */
export const long = (scope: string): string =>
  ['openid', 'email', 'profile'].includes(scope) ? scope : `${SCOPE_PREFIX}${scope}`;
