import { afterAll, expect, test } from 'bun:test';
import { checkSingleSignOn } from '../../src/cli/doctor-oidc.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { testProvider } from '../support/oidc.ts';
import { program, removeFolders } from './program.ts';

afterAll(removeFolders);

test('doctor asks the provider how it works, and says what is wrong', async () => {
  const provider = testProvider();
  const oidc = { issuer: provider.issuer, clientId: 'client-7', clientSecret: 'never-shown', name: 'Example' };
  const look = () => checkSingleSignOn({ oidc }, systemClock);
  expect(await checkSingleSignOn({ oidc: null }, systemClock)).toEqual([]);
  const { issuer } = provider;
  provider.fault = () => Response.json({ issuer, authorization_endpoint: `${issuer}/auth` });
  expect(await look()).toMatchObject([{ name: 'single sign-on', status: 'ok', message: `${issuer} answers` }]);
  provider.fault = () => new Response('no', { status: 404 });
  expect(await look()).toMatchObject([
    { status: 'failed', message: expect.stringContaining('(discovery: OAUTH_RESPONSE_IS_NOT_CONFORM)') },
  ]);
  await provider.stop();

  const env = { LTS_OIDC_ISSUER: issuer, LTS_OIDC_CLIENT_ID: 'client-7', LTS_OIDC_CLIENT_SECRET: 'never-shown' };
  const ran = await program().run(['doctor'], { env });
  expect(ran.exit).toBe(5);
  expect(ran.stdout).toContain('Single sign-on can’t be reached from this server.');
  expect(ran.stdout).toContain(`${issuer}/.well-known/openid-configuration`);
  expect(ran.stdout + ran.stderr).not.toContain('never-shown');
});
