import { createHash } from 'node:crypto';
import type { FakeClock } from './clock.ts';
import { decode, inTime, isSigned, keys, signed } from './jwt.ts';
import {
  type AccessToken,
  type Code,
  type CodeRequest,
  type Consent,
  KNOWN_SCOPES,
  long,
  type OAuthClient,
  type Principal,
  type RefreshToken,
  random,
  refuse,
  type ServiceAccount,
  short,
  type TokenAnswer,
} from './token-types.ts';

export type { Consent, Principal } from './token-types.ts';

/** The token endpoint: service-account JWTs, OAuth codes and refresh tokens, and the access tokens they yield. */

const TOKEN_AUDIENCE = 'https://oauth2.googleapis.com/token';
const HOUR = 3_600_000;
const WEEK = 7 * 24 * HOUR;
/** Live refresh tokens one user may have for one client; the oldest dies first. */
const MAX_REFRESH_TOKENS = 100;

export class Tokens {
  private readonly accounts = new Map<string, ServiceAccount>();
  private readonly clients = new Map<string, OAuthClient>();
  private readonly codes = new Map<string, Code>();
  private readonly refreshTokens = new Map<string, RefreshToken>();
  private readonly accessTokens = new Map<string, AccessToken>();
  private readonly projects = new Map<string, string>();
  consent: Consent = { email: 'owner@example.test' };

  constructor(private readonly clock: FakeClock) {}

  /** A number such as Google's error texts name a project by. */
  projectNumber(project: string): string {
    const known = this.projects.get(project);
    if (known !== undefined) return known;
    const number = String(100_000_000_000 + this.projects.size);
    this.projects.set(project, number);
    return number;
  }

  createServiceAccount(email: string | undefined, projectId: string | undefined): Record<string, string> {
    const project = projectId ?? 'leads-project';
    const name = email ?? `writer-${this.accounts.size + 1}@${project}.iam.gserviceaccount.com`;
    const keyId = random(30)
      .replace(/[^a-z0-9]/gi, 'a')
      .toLowerCase();
    this.accounts.set(name, { email: name, project, keyId, deleted: false });
    return {
      type: 'service_account',
      project_id: project,
      private_key_id: keyId,
      private_key: keys().privateKey,
      client_email: name,
      client_id: `1${this.projectNumber(project)}`,
      auth_uri: 'https://accounts.google.com/o/oauth2/auth',
      token_uri: TOKEN_AUDIENCE,
      auth_provider_x509_cert_url: 'https://www.googleapis.com/oauth2/v1/certs',
      client_x509_cert_url: `https://www.googleapis.com/robot/v1/metadata/x509/${encodeURIComponent(name)}`,
      universe_domain: 'googleapis.com',
    };
  }

  /** The account's key was deleted in the console; tokens already issued live on until they expire. */
  revokeKey(email: string): void {
    const account = this.accounts.get(email);
    if (account) account.keyId = undefined;
  }

  deleteAccount(email: string): void {
    const account = this.accounts.get(email);
    if (account) account.deleted = true;
    for (const [token, { email: of }] of this.accessTokens) if (of === email) this.accessTokens.delete(token);
  }

  registerClient(client: Partial<OAuthClient>): OAuthClient {
    const full: OAuthClient = {
      clientId: client.clientId ?? `${this.clients.size + 1}-fake.apps.googleusercontent.com`,
      clientSecret: client.clientSecret ?? `GOCSPX-${random(18)}`,
      project: client.project ?? 'leads-project',
      redirectUris: client.redirectUris ?? [],
      testing: client.testing ?? false,
      deleted: false,
    };
    this.clients.set(full.clientId, full);
    return full;
  }

  client(clientId: string): OAuthClient | undefined {
    return this.clients.get(clientId);
  }

  /** The caller of an API request, or undefined when the token is unknown, revoked or expired. */
  principal(accessToken: string): Principal | undefined {
    const found = this.accessTokens.get(accessToken);
    return found && found.expiresAt > this.clock.google() ? found : undefined;
  }

  /** Kills an access token now, and the refresh token behind it if asked to. */
  kill(accessToken: string, refreshToo: boolean): void {
    const found = this.accessTokens.get(accessToken);
    this.accessTokens.delete(accessToken);
    if (refreshToo && found?.refreshToken !== undefined) this.revoke(found.refreshToken);
  }

  /** Takes back all that a person allowed a client, named by one of its tokens; or ends a single access token. */
  revoke(token: string): boolean {
    const refresh =
      this.refreshTokens.get(token) ?? this.refreshTokens.get(this.accessTokens.get(token)?.refreshToken ?? '');
    if (!refresh) return this.accessTokens.delete(token);
    const known = !refresh.revoked;
    const { email, clientId } = refresh;
    for (const each of this.refreshTokens.values()) {
      if (each.email === email && each.clientId === clientId) each.revoked = true;
    }
    for (const [access, each] of this.accessTokens) {
      if (each.email === email && each.client === clientId) this.accessTokens.delete(access);
    }
    return known;
  }

  /** A user's consent, given without a browser. */
  grant(email: string, clientId: string, scopes: readonly string[]): string {
    const mine = [...this.refreshTokens.values()].filter(
      (each) => each.email === email && each.clientId === clientId && !each.revoked,
    );
    if (mine.length >= MAX_REFRESH_TOKENS && mine[0]) mine[0].revoked = true;
    const token = `1//${random(48)}`;
    const issuedAt = this.clock.now();
    this.refreshTokens.set(token, { token, email, clientId, scopes: scopes.map(short), issuedAt, revoked: false });
    return token;
  }

  /** Whether this person lets this client in already, so that nothing has to be asked. */
  private isKnown(email: string, clientId: string): boolean {
    return [...this.refreshTokens.values()].some(
      (each) => each.email === email && each.clientId === clientId && !each.revoked,
    );
  }

  /** Whether the consent page waits for somebody: not for those who said yes before, unless that is asked for. */
  asks({ clientId, forceConsent }: CodeRequest): boolean {
    const { ask, email } = this.consent;
    return ask === true && (forceConsent || !this.isKnown(email, clientId));
  }

  /** What the consent screen answers: a code, or the user's refusal. */
  authorize(request: CodeRequest, consent = this.consent): { code: string; scopes: string[] } | 'denied' {
    const { email, deny, untick = [], withhold } = consent;
    const off = new Set(untick.map(short));
    const scopes = request.scopes.map(short).filter((scope) => !off.has(scope));
    if (deny || scopes.length === 0) return 'denied';
    const code = `4/0${random(40)}`;
    const consented = !withhold && (request.forceConsent || !this.isKnown(email, request.clientId));
    const { clientId, redirectUri, challenge, challengeMethod, offline } = request;
    this.codes.set(code, {
      email,
      clientId,
      scopes,
      redirectUri,
      challenge: challenge === undefined ? undefined : { text: challenge, plain: challengeMethod !== 'S256' },
      offline,
      consented,
      expiresAt: this.clock.now() + 10 * 60_000,
      used: false,
    });
    return { code, scopes: scopes.map(long) };
  }

  /** Answers `POST /token`. */
  exchange(form: URLSearchParams): TokenAnswer {
    switch (form.get('grant_type')) {
      case 'urn:ietf:params:oauth:grant-type:jwt-bearer':
        return this.exchangeJwt(form.get('assertion') ?? '');
      case 'refresh_token':
        return this.withClient(form, (client) => this.exchangeRefresh(client, form.get('refresh_token') ?? ''));
      case 'authorization_code':
        return this.withClient(form, (client) => this.exchangeCode(client, form));
      default:
        return refuse('unsupported_grant_type', `Invalid grant_type: ${form.get('grant_type') ?? ''}`);
    }
  }

  private withClient(form: URLSearchParams, then: (client: OAuthClient) => TokenAnswer): TokenAnswer {
    const client = this.clients.get(form.get('client_id') ?? '');
    if (!client) return refuse('invalid_client', 'The OAuth client was not found.', 401);
    if (client.deleted) return refuse('deleted_client', 'The OAuth client was deleted.', 401);
    if (form.get('client_secret') !== client.clientSecret) return refuse('invalid_client', 'Unauthorized', 401);
    return then(client);
  }

  private exchangeJwt(assertion: string): TokenAnswer {
    const [head = '', payload = '', signature = ''] = assertion.split('.');
    const header = decode(head);
    const claims = decode(payload);
    if (!header || !claims || header.alg !== 'RS256') return refuse('invalid_grant', 'Invalid JWT Signature.');
    const { iss, aud, iat, exp, scope } = claims;
    const account = this.accounts.get(String(iss));
    if (!account || account.deleted) return refuse('invalid_grant', 'Invalid grant: account not found');
    const keyFits = account.keyId !== undefined && (header.kid === undefined || header.kid === account.keyId);
    if (!keyFits || !isSigned(`${head}.${payload}`, signature))
      return refuse('invalid_grant', 'Invalid JWT Signature.');
    if (aud !== TOKEN_AUDIENCE) return refuse('invalid_grant', 'Invalid JWT: Failed audience check.');
    if (!inTime(iat, exp, this.clock.google())) {
      return refuse(
        'invalid_grant',
        'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
      );
    }
    if (claims.sub !== undefined && claims.sub !== iss) {
      return refuse(
        'unauthorized_client',
        'Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.',
        401,
      );
    }
    const scopes = String(scope ?? '')
      .split(' ')
      .filter(Boolean);
    const wrong = scopes.filter((each) => !KNOWN_SCOPES.has(short(each)));
    if (scopes.length === 0 || wrong.length > 0) {
      return refuse('invalid_scope', `Invalid OAuth scope or ID token audience provided. ${wrong.join(' ')}`.trim());
    }
    const { email, project } = account;
    return this.issue({ email, project, client: email, serviceAccount: true }, scopes.map(short), undefined);
  }

  private exchangeRefresh(client: OAuthClient, token: string): TokenAnswer {
    const found = this.refreshTokens.get(token);
    if (!found) return refuse('invalid_grant', 'Bad Request');
    const old = client.testing && this.clock.now() - found.issuedAt > WEEK;
    if (found.revoked || old) return refuse('invalid_grant', 'Token has been expired or revoked.');
    if (found.clientId !== client.clientId) return refuse('unauthorized_client', 'Unauthorized', 401);
    const { email } = found;
    return this.issue(
      { email, project: client.project, client: client.clientId, serviceAccount: false },
      found.scopes,
      token,
    );
  }

  private exchangeCode(client: OAuthClient, form: URLSearchParams): TokenAnswer {
    const code = this.codes.get(form.get('code') ?? '');
    if (!code) return refuse('invalid_grant', 'Malformed auth code.');
    if (code.used || code.clientId !== client.clientId || code.expiresAt < this.clock.now()) {
      return refuse('invalid_grant', 'Bad Request');
    }
    if (form.get('redirect_uri') !== code.redirectUri) return refuse('redirect_uri_mismatch', 'Bad Request');
    const verifier = form.get('code_verifier');
    if (code.challenge) {
      if (verifier === null) return refuse('invalid_grant', 'Missing code verifier.');
      const given = code.challenge.plain ? verifier : createHash('sha256').update(verifier).digest('base64url');
      if (given !== code.challenge.text) return refuse('invalid_grant', 'Invalid code verifier.');
    }
    code.used = true;
    const refresh = code.offline ? this.grantForCode(code) : undefined;
    const owner = { email: code.email, project: client.project, client: client.clientId, serviceAccount: false };
    const answer = this.issue(owner, code.scopes, refresh);
    if (refresh !== undefined && code.consented) {
      answer.body.refresh_token = refresh;
      if (client.testing) answer.body.refresh_token_expires_in = WEEK / 1000 - 1;
    }
    if (code.scopes.some((scope) => scope === 'openid' || scope === 'email' || scope === 'userinfo.email')) {
      answer.body.id_token = this.idToken(code.email, client.clientId);
    }
    return answer;
  }

  /** A second authorisation without consent goes on with the first one's refresh token, and does not show it. */
  private grantForCode(code: Code): string {
    if (code.consented) return this.grant(code.email, code.clientId, code.scopes);
    const known = [...this.refreshTokens.values()].findLast(
      (each) => each.email === code.email && each.clientId === code.clientId && !each.revoked,
    );
    return known?.token ?? this.grant(code.email, code.clientId, code.scopes);
  }

  private issue(
    owner: Omit<Principal, 'scopes'>,
    scopes: readonly string[],
    refreshToken: string | undefined,
  ): { status: number; body: Record<string, unknown> } {
    const token = `ya29.${random(60)}`;
    const expiresAt = this.clock.google() + HOUR;
    this.accessTokens.set(token, { ...owner, scopes: new Set(scopes), expiresAt, refreshToken });
    const body: Record<string, unknown> = { access_token: token, expires_in: 3599, token_type: 'Bearer' };
    if (!owner.serviceAccount) body.scope = scopes.map(long).join(' ');
    return { status: 200, body };
  }

  private idToken(email: string, clientId: string): string {
    const seconds = Math.floor(this.clock.google() / 1000);
    const subject = createHash('sha256').update(email).digest('hex').slice(0, 21);
    const claims = {
      iss: 'https://accounts.google.com',
      azp: clientId,
      aud: clientId,
      sub: subject,
      email,
      email_verified: true,
      iat: seconds,
      exp: seconds + 3600,
    };
    return signed(claims);
  }
}
