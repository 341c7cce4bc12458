import { faultSentence } from '../accounts/oidc-faults.ts';
import { createOidcProvider } from '../accounts/oidc-provider.ts';
import type { Config } from '../config/load.ts';
import type { Clock } from '../lib/clock.ts';
import { type Check, failed, ok } from './doctor-checks.ts';

/** Whether the provider that people sign in by says how it works. Whether the client's secret is right shows at a sign-in alone. */
export async function checkSingleSignOn({ oidc }: Pick<Config, 'oidc'>, clock: Clock): Promise<Check[]> {
  if (oidc === null) return [];
  const name = 'single sign-on';
  const nobody = { redirectUri: 'http://localhost', state: 'x', nonce: 'x', verifier: 'x', askedAt: 0 };
  const answer = await createOidcProvider({ ...oidc, clock }).authorizationUrl({ ...nobody, ask: 'usual' }, null);
  if (answer.ok) return [ok(name, `${oidc.issuer} answers`)];
  const fix = `Open ${oidc.issuer.replace(/\/$/, '')}/.well-known/openid-configuration from this machine, and correct LTS_OIDC_ISSUER.`;
  return [failed(name, `${faultSentence(answer.fault, oidc.name)} (${answer.technical})`, fix)];
}
