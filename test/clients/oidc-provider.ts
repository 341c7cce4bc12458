/*
 * A real OpenID Connect provider as a process of its own. Settings come by the environment: ISSUER (where people reach
 * it: a proxy of the test), CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, AUTH_METHOD, CLAIMS_IN_TOKEN, and SHIFT_SECONDS for a
 * clock that is wrong. Its first line says on which port it listens; it ends when its input does.
 *
 * Whoever is typed in as the login signs in; what else there is to say of them comes by `POST /people`.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const setting = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};

const shift = Number(process.env.SHIFT_SECONDS ?? '0') * 1000;
if (shift !== 0) {
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...given: unknown[]) {
      // @ts-expect-error: with arguments it is the real one's business.
      super(...(given.length === 0 ? [Real.now() + shift] : given));
    }
    static override now = () => Real.now() + shift;
  } as DateConstructor;
}

const { Provider } = await import('oidc-provider');

interface Claims {
  sub: string;
  [name: string]: string | boolean;
}

const people = new Map<string, Claims>();

const provider = new Provider(setting('ISSUER'), {
  clients: [
    {
      client_id: setting('CLIENT_ID'),
      client_secret: setting('CLIENT_SECRET'),
      redirect_uris: [setting('REDIRECT_URI')],
      token_endpoint_auth_method: process.env.AUTH_METHOD ?? 'client_secret_basic',
    },
  ],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  // With it e-mail and name are on the user's page alone, as Core 5.4 has it; without it they are in the token too.
  conformIdTokenClaims: process.env.CLAIMS_IN_TOKEN !== 'true',
  findAccount: (_context: unknown, login: string) => ({
    accountId: login,
    claims: () => people.get(login) ?? { sub: login },
  }),
  cookies: { keys: ['for tests alone'] },
  pkce: { required: () => true },
});
provider.proxy = true;

const answer = provider.callback();
const server = createServer(async (request, response) => {
  if (request.url !== '/people') return answer(request, response);
  let text = '';
  for await (const chunk of request) text += chunk;
  const claims: Claims = JSON.parse(text);
  people.set(claims.sub, claims);
  response.end();
});
// It goes with whoever started it, however that one goes.
process.stdin.on('end', () => process.exit(0)).resume();
server.listen(0, '127.0.0.1', () => {
  console.log(String((server.address() as AddressInfo).port));
});
