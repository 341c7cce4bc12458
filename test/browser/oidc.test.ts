import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Browser, Page } from 'playwright-core';
import { type RunningServer, runJson, startServer } from '../support/binary.ts';
import { launchBrowser, missingBrowser } from '../support/browser.ts';
import { missingClients } from '../support/clients.ts';
import { CLIENT_ID, CLIENT_SECRET, type TestProvider, testProvider } from '../support/oidc.ts';
import { tempDir } from '../support/temp.ts';

setDefaultTimeout(120_000);

const missing = await missingClients();
const PASSWORD = 'correct horse battery staple';

describe.skipIf(missing !== null || missingBrowser !== null)('single sign-on of the compiled program', () => {
  let browser: Browser;
  let provider: TestProvider;
  let server: RunningServer;
  const dir = tempDir();
  /** Another host than the provider's, as browsers tell them apart. */
  const at = (path: string) => `http://localhost:${server.port}${path}`;

  beforeAll(async () => {
    browser = await launchBrowser();
    provider = testProvider();
    const env = {
      LTS_OIDC_ISSUER: provider.issuer,
      LTS_OIDC_CLIENT_ID: CLIENT_ID,
      LTS_OIDC_CLIENT_SECRET: CLIENT_SECRET,
      LTS_OIDC_NAME: 'Example',
    };
    server = await startServer({ dir, env });
    await provider.launch({ redirectUri: at('/admin/oidc/callback') });
    const { url } = (await runJson(['setup-link'], { dir })) as { url: string };
    const page = await browser.newPage();
    await page.goto(at(new URL(url).pathname));
    await page.getByLabel('E-mail').fill('alice@example.com');
    await page.getByLabel('Name').fill('Alice');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Create owner' }).click();
    await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
    await page.close();
  });
  afterAll(async () => {
    server.kill('SIGTERM');
    await Promise.all([server.exited, provider.stop(), browser.close()]);
  });

  /** The provider's own pages: who, and the consent. */
  async function signInThere(page: Page, sub: string): Promise<void> {
    await page.locator('input[name=login]').fill(sub);
    await page.locator('input[name=password]').fill('x');
    await page.locator('button[type=submit]').click();
    await page.getByText('Authorize').first().waitFor();
    await page.locator('button[type=submit]').click();
  }

  test.each([true, false])(
    'linked from “Your account”, then signed in with; JavaScript: %p',
    async (javaScriptEnabled) => {
      const context = await browser.newContext({ javaScriptEnabled });
      const page = await context.newPage();
      const said: string[] = [];
      page.on('console', (message) => {
        if (message.text().includes('Content Security Policy')) said.push(message.text());
      });
      await page.goto(at('/admin/sign-in'));
      await page.getByLabel('E-mail').fill('alice@example.com');
      await page.getByLabel('Password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.goto(at('/admin/account'));
      await page.getByRole('button', { name: 'Link Example' }).click();
      await signInThere(page, 'alice-there');
      await page.getByText('Linked. You can sign in with it from now on.').waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByText('You are signed out.').waitFor();

      await context.clearCookies({ domain: '127.0.0.1' });
      await page.goto(at('/admin/account'));
      await page.getByRole('link', { name: 'Sign in with Example' }).click();
      await signInThere(page, 'alice-there');
      await page.getByRole('heading', { name: 'Your account' }).waitFor();
      await page.getByRole('button', { name: 'Unlink' }).click();
      await page.getByText('Unlinked. It opens nothing here any more.').waitFor();
      await context.close();
      expect(said).toEqual([]);
    },
  );
});
