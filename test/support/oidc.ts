import { join } from 'node:path';
import { CLIENTS } from './clients.ts';
import type { Landed, Visitor } from './visitor.ts';

export const CLIENT_ID = 'leadtosheet';
export const CLIENT_SECRET = 'a client secret that nobody may see';

/** What happens to a call of the provider on its way; `pass` brings it there, as it is or changed. */
export type Fault = (request: Request, pass: (request?: Request) => Promise<Response>) => Response | Promise<Response>;

/**
 * A real OpenID Connect provider in a process of its own (test/clients/oidc-provider.ts), and the way to it, where tests
 * put faults. The way is there before the provider: its address is the issuer.
 */
export interface TestProvider {
  issuer: string;
  /** Every call that came, newest last: `GET /token`. */
  calls: string[];
  /** On the way there; null: none. */
  fault: Fault | null;
  /** Starts the provider, in place of one before it. */
  launch(options: LaunchOptions): Promise<void>;
  stop(): Promise<void>;
}

interface LaunchOptions {
  redirectUri: string;
  clientSecret?: string;
  authMethod?: 'client_secret_basic' | 'client_secret_post';
  /** How far its clock is off. */
  shiftSeconds?: number;
  /** Whether the e-mail is in the token, as Google has it. */
  claimsInToken?: boolean;
}

export function testProvider(): TestProvider {
  let child: Bun.Subprocess<'pipe', 'pipe', 'ignore'> | null = null;
  let port = 0;

  async function pass(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const headers = new Headers(request.headers);
    headers.set('x-forwarded-host', url.host);
    headers.set('x-forwarded-proto', 'http');
    headers.set('accept-encoding', 'identity');
    const body = request.method === 'GET' ? {} : { body: await request.text() };
    const target = `http://127.0.0.1:${port}${url.pathname}${url.search}`;
    return fetch(target, { method: request.method, headers, redirect: 'manual', ...body });
  }

  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 60,
    fetch(request) {
      const { pathname } = new URL(request.url);
      provider.calls.push(`${request.method} ${pathname}`);
      const onward = (changed: Request = request) => pass(changed);
      return provider.fault === null ? onward() : provider.fault(request, onward);
    },
  });

  async function end(): Promise<void> {
    child?.kill('SIGKILL');
    await child?.exited;
    child = null;
  }

  const provider: TestProvider = {
    issuer: `http://127.0.0.1:${server.port}`,
    calls: [],
    fault: null,
    async launch(options) {
      await end();
      child = Bun.spawn([process.execPath, 'oidc-provider.ts'], {
        cwd: CLIENTS,
        env: {
          PATH: process.env.PATH ?? '',
          ISSUER: provider.issuer,
          CLIENT_ID,
          CLIENT_SECRET: options.clientSecret ?? CLIENT_SECRET,
          REDIRECT_URI: options.redirectUri,
          AUTH_METHOD: options.authMethod ?? 'client_secret_basic',
          SHIFT_SECONDS: String(options.shiftSeconds ?? 0),
          CLAIMS_IN_TOKEN: String(options.claimsInToken ?? false),
        },
        stdin: 'pipe',
        stdout: 'pipe',
        stderr: 'ignore',
      });
      const first = await child.stdout.getReader().read();
      port = Number(new TextDecoder().decode(first.value).trim());
      if (!(port > 0)) throw new Error(`${join(CLIENTS, 'oidc-provider.ts')} did not start`);
    },
    async stop() {
      await end();
      await server.stop(true);
    },
  };
  return provider;
}

/** Somebody at the provider. */
export interface Somebody {
  sub: string;
  email?: string;
  email_verified?: boolean;
  name?: string;
}

/** Signs in at the provider whose page the visitor is on, and agrees to what it asks. */
export async function signInThere(visitor: Visitor, who: Somebody): Promise<Landed> {
  const { origin } = visitor.at().url;
  await fetch(`${origin}/people`, { method: 'POST', body: JSON.stringify(who) });
  for (let at = visitor.at(); at.url.origin === origin && at.status === 200; at = visitor.at()) {
    const { pathname } = at.url;
    if (at.html.includes('name="login"')) await visitor.submit(pathname, { login: who.sub, password: 'x' });
    // Whoever was signed in before is signed out: a page that a script sends on.
    else if (at.html.includes('document.forms[0].submit()')) await visitor.submit('/session/end/confirm');
    else await visitor.submit(pathname);
  }
  return visitor.at();
}

/** Says no there. */
export const cancelThere = (visitor: Visitor): Promise<Landed> => visitor.click('[ Cancel ]');
