import type {
  ClientAuth,
  Configuration,
  CustomFetch,
  ServerMetadata,
  TokenEndpointResponse,
  TokenEndpointResponseHelpers,
} from 'openid-client';
import { readBounded } from '../lib/bounded-body.ts';
import type { Clock } from '../lib/clock.ts';
import { once } from '../lib/once.ts';
import type { Identity } from '../store/accounts.ts';
import { failureOf, NoAnswer, type ProviderAnswer, type ProviderStep } from './oidc-faults.ts';
import { checkEmail } from './profile.ts';

/** Somebody as the provider vouches for them. */
export interface ProvenIdentity extends Identity {
  /** Only what the provider says outright: a missing word is no. */
  emailVerified: boolean;
  name: string | null;
}

/** What is kept between sending somebody there and their coming back. */
export interface Errand {
  /** Ours, as it is entered in the client's settings at the provider. */
  redirectUri: string;
  state: string;
  nonce: string;
  /** RFC 7636: 43 random characters. */
  verifier: string;
  /** Milliseconds. */
  askedAt: number;
  /**
   * `another`: they choose or name an account, though one is signed in there. `again`: they prove once more who they
   * are, and what a session there says is not enough.
   */
  ask: 'usual' | 'another' | 'again';
}

/** The protocol: OpenID Connect Core 1.0, authorization code flow with PKCE. Outcomes are data. */
export interface OidcProvider {
  /** To follow "Sign in with". */
  readonly name: string;
  readonly issuer: string;
  /** Where to send the browser. @param hint the address that is probably meant */
  authorizationUrl(errand: Errand, hint: string | null): Promise<ProviderAnswer<{ url: string }>>;
  /** Who came back. @param query what the browser brought along */
  identify(errand: Errand, query: URLSearchParams): Promise<ProviderAnswer<{ identity: ProvenIdentity }>>;
}

export interface OidcProviderOptions {
  issuer: string;
  clientId: string;
  clientSecret: string;
  name: string;
  clock: Clock;
}

/** Of one call, from the first byte sent to the last received. */
const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 1_000_000;
/** How long the provider's description of itself is good for. Its keys are renewed by the library, after 5 minutes. */
const DESCRIPTION_MS = 3_600_000;
/** How far clocks may be apart. */
const TOLERANCE_SECONDS = 60;
const GOOGLE = 'https://accounts.google.com';

const library = once(() => import('openid-client'));
type Library = Awaited<ReturnType<typeof library>>;
type Tokens = TokenEndpointResponse & TokenEndpointResponseHelpers;

/** How the client says who it is. RFC 6749, 2.3.1. */
const WAYS = ['client_secret_basic', 'client_secret_post'] as const;
type Way = (typeof WAYS)[number];

/** The provider as it describes itself, and its client saying who it is in either way. Each keeps the keys it has read. */
type Described = Readonly<Record<Way, Configuration>> & { server: ServerMetadata };

export function createOidcProvider(options: OidcProviderOptions): OidcProvider {
  const { issuer, clientId, clientSecret, clock } = options;
  const metadata = { client_secret: clientSecret };
  let known: { described: Promise<Described>; until: number } | null = null;
  /** The one that worked last. */
  let way: Way | null = null;

  async function discover(): Promise<Described> {
    const client = await library();
    const url = new URL(issuer);
    const found = await client.discovery(url, clientId, metadata, undefined, {
      [client.customFetch]: bounded(clock),
      execute: url.protocol === 'http:' ? [client.allowInsecureRequests] : [],
    });
    const server = found.serverMetadata();
    return {
      server,
      client_secret_basic: speaking(client, server, client.ClientSecretBasic(clientSecret)),
      client_secret_post: speaking(client, server, client.ClientSecretPost(clientSecret)),
    };
  }

  /** Asked once for all who wait; what failed is asked for again at the next call. */
  function description(): Promise<Described> {
    if (known !== null && clock.monotonic() < known.until) return known.described;
    const fresh = { described: discover(), until: clock.monotonic() + DESCRIPTION_MS };
    known = fresh;
    fresh.described.catch(() => {
      if (known === fresh) known = null;
    });
    return fresh.described;
  }

  function speaking(client: Library, server: ServerMetadata, auth: ClientAuth): Configuration {
    const tolerant = { ...metadata, [client.clockTolerance]: TOLERANCE_SECONDS };
    const config = new client.Configuration(server, clientId, tolerant, auth);
    config[client.customFetch] = bounded(clock);
    if (new URL(issuer).protocol === 'http:') client.allowInsecureRequests(config);
    // The token comes over TLS from the provider itself; its signature is checked all the same.
    client.enableNonRepudiationChecks(config);
    return config;
  }

  /** Some take the secret in one way alone without saying so: what is refused is tried in the other. */
  async function redeem(client: Library, described: Described, errand: Errand, query: URLSearchParams) {
    const url = new URL(errand.redirectUri);
    url.search = query.toString();
    const checks = {
      expectedState: errand.state,
      expectedNonce: errand.nonce,
      pkceCodeVerifier: errand.verifier,
      idTokenExpected: true,
    };
    const [first, ...others] = waysOf(described.server, way);
    const attempt = async (as: Way) => {
      const config = described[as];
      const tokens = await client.authorizationCodeGrant(config, url, checks);
      way = as;
      return { config, tokens };
    };
    try {
      return await attempt(first);
    } catch (error) {
      const [second] = others;
      if (second === undefined || failureOf('token', error).fault !== 'client') throw error;
      return attempt(second);
    }
  }

  return {
    name: options.name,
    issuer,
    async authorizationUrl(errand, hint) {
      try {
        const [client, { server, client_secret_basic: config }] = await Promise.all([library(), description()]);
        const url = client.buildAuthorizationUrl(config, {
          redirect_uri: errand.redirectUri,
          scope: 'openid email profile',
          state: errand.state,
          nonce: errand.nonce,
          code_challenge: await client.calculatePKCECodeChallenge(errand.verifier),
          code_challenge_method: 'S256',
          ...promptOf(server, errand.ask),
          ...(hint === null ? {} : { login_hint: hint }),
        });
        return { ok: true, url: url.href };
      } catch (error) {
        return failureOf('discovery', error);
      }
    },
    async identify(errand, query) {
      let step: ProviderStep = 'discovery';
      try {
        const [client, described] = await Promise.all([library(), description()]);
        step = 'token';
        const { config, tokens } = await redeem(client, described, errand, query);
        if (errand.ask === 'again' && isOlder(tokens, errand.askedAt)) {
          return { ok: false, fault: 'not_asked_again', technical: 'token: auth_time' };
        }
        step = 'userinfo';
        return { ok: true, identity: await identityOf(client, config, tokens) };
      } catch (error) {
        return failureOf(step, error);
      }
    },
  };
}

/** The ways to try, one at least. Without a word of the provider's it is the first. Discovery 1.0, 3. */
function waysOf(server: ServerMetadata, last: Way | null): [Way, ...Way[]] {
  const supported = server.token_endpoint_auth_methods_supported;
  const ways = WAYS.filter((each) => supported === undefined || supported.includes(each));
  const [first = WAYS[0], ...rest] = ways;
  return last !== null && last !== first && rest.includes(last) ? [last, first] : [first, ...rest];
}

/**
 * Who may have several accounts there chooses one. To prove it once more takes `login`, and `max_age` for those who
 * heed that (Core 1.0, 3.1.2.1); Google knows no `login`, and lists no prompts: there it is the choice of an account.
 */
export function promptOf(server: ServerMetadata, ask: Errand['ask']): Record<string, string> {
  const listed = server.prompt_values_supported;
  const prompts = Array.isArray(listed) ? listed : server.issuer === GOOGLE ? ['select_account'] : null;
  const chooses: Record<string, string> = prompts?.includes('select_account') ? { prompt: 'select_account' } : {};
  if (ask === 'usual') return chooses;
  const names = prompts === null || prompts.includes('login') ? { prompt: 'login' } : chooses;
  return ask === 'again' ? { ...names, max_age: '0' } : { ...names, ...chooses };
}

/** Whether they signed in there before we asked for it. Not every provider says when. */
function isOlder(tokens: Tokens, askedAtMs: number): boolean {
  const time = tokens.claims()?.auth_time;
  return typeof time === 'number' && time < Math.floor(askedAtMs / 1000) - TOLERANCE_SECONDS;
}

/** From the token, and from the provider's own page on the user where the token doesn't say enough. */
async function identityOf(client: Library, config: Configuration, tokens: Tokens): Promise<ProvenIdentity> {
  const claims = tokens.claims();
  if (claims === undefined) throw new Error('a checked token has claims');
  const complete = typeof claims.email === 'string' && claims.email_verified !== undefined;
  const asks = !complete && config.serverMetadata().userinfo_endpoint !== undefined;
  const more = asks ? await client.fetchUserInfo(config, tokens.access_token, claims.sub) : {};
  const said: Record<string, unknown> = { ...claims, ...more };
  const email = checkEmail(typeof said.email === 'string' ? said.email : '');
  return {
    issuer: claims.iss,
    subject: claims.sub,
    email: email.ok ? email.value : null,
    emailVerified: said.email_verified === true,
    name: typeof said.name === 'string' ? said.name : null,
  };
}

/** Calls of the provider: bounded in time and size. The operator names it, so it may well be on a private network. */
function bounded(clock: Clock): CustomFetch {
  return async (url, init) => {
    const timer = new AbortController();
    const cancel = clock.after(TIMEOUT_MS, () => timer.abort());
    try {
      const response = await fetch(url, { ...init, signal: timer.signal } as RequestInit);
      const text = await readBounded(response, MAX_ANSWER_BYTES);
      if (text === null) throw new NoAnswer('odd');
      const { status, headers } = response;
      return new Response(text === '' ? null : text, { status, headers });
    } catch (error) {
      if (error instanceof NoAnswer) throw error;
      throw new NoAnswer(timer.signal.aborted ? 'slow' : 'unreachable', error);
    } finally {
      cancel();
    }
  };
}
