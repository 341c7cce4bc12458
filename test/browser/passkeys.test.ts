import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { type RunningServer, startServer } from '../support/binary.ts';
import { launchBrowser, missingBrowser, OWNER, openPage, setUpOwner, violationsOf } from '../support/browser.ts';
import { tempDir } from '../support/temp.ts';

setDefaultTimeout(120_000);

/** The authenticator of a laptop: it keeps its passkeys, and its user gives a fingerprint whenever asked. */
async function laptop(page: Page): Promise<{ cdp: CDPSession; authenticatorId: string }> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { cdp, authenticatorId };
}

describe.skipIf(missingBrowser !== null)('passkeys of the compiled program', () => {
  const dir = tempDir();
  let browser: Browser;
  let server: RunningServer;
  let url: string;
  beforeAll(async () => {
    browser = await launchBrowser();
    server = await startServer({ dir });
    url = `http://localhost:${server.port}`;
  });
  afterAll(async () => {
    await browser.close();
    server.kill('SIGTERM');
    await server.exited;
  });

  const signOut = async (page: Page) => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are signed out.').waitFor();
  };
  const byPassword = async (page: Page) => {
    await page.getByLabel('E-mail').fill(OWNER.email);
    await page.getByLabel('Password').fill(OWNER.password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  };
  const accountOf = async (page: Page) => {
    await page.goto(`${url}/admin/account`);
    await page.getByRole('heading', { name: 'Your account' }).waitFor();
  };
  /** As if nobody had done anything for 20 minutes. */
  function age(): void {
    const db = new Database(`${dir}/leadtosheet.db`);
    db.run('UPDATE session SET authenticated_at = authenticated_at - 1200000');
    db.close();
  }

  test('one is added, signs in by itself, is the second factor, confirms, and is removed', async () => {
    const { context, page, said } = await openPage(browser);
    const wrong: unknown[] = [];
    const look = async () => wrong.push(...(await violationsOf(page)).map((each) => [page.url(), ...each]));
    await setUpOwner(page, { url, dir });
    const { cdp, authenticatorId } = await laptop(page);
    const keys = async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials;

    await accountOf(page);
    await look();
    await page.getByRole('link', { name: 'Add a passkey' }).click();
    await page.getByLabel('Name').fill('Laptop');
    await look();
    await page.getByRole('button', { name: 'Add the passkey' }).click();
    await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor();
    expect(await keys()).toMatchObject([{ isResidentCredential: true, rpId: 'localhost', userName: OWNER.email }]);
    await page.getByRole('link', { name: 'I have kept them' }).click();
    await page.getByRole('cell', { name: 'Laptop' }).waitFor();
    await look();

    await signOut(page);
    await look();
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
    expect(await keys()).toMatchObject([{ signCount: 2 }]);

    await signOut(page);
    await byPassword(page);
    await page.getByRole('heading', { name: 'One more step' }).waitFor();
    await look();
    // Somebody else's finger: the browser says no, and so does the page.
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await page.getByText('No passkey was given, or it took too long. Try again.').waitFor();
    await look();
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true });
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await page.getByRole('heading', { name: 'Dashboard' }).waitFor();

    await accountOf(page);
    await page.getByRole('link', { name: 'Add a passkey' }).click();
    await page.getByRole('button', { name: 'Add the passkey' }).click();
    await page.getByText('This device has a passkey for your account already.').waitFor();
    await look();

    await accountOf(page);
    age();
    await page.getByText('Remove Laptop').click();
    await page.getByRole('button', { name: 'Remove the passkey' }).click();
    await page.getByRole('heading', { name: 'Confirm it is you' }).waitFor();
    await look();
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await page.getByText('The passkey is removed.').waitFor();

    await signOut(page);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByText('This passkey is not known here').waitFor();
    await byPassword(page);
    await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
    await context.close();
    expect(wrong).toEqual([]);
    // The browser tells its console of the 422 that the removed passkey was answered with.
    expect(said.filter((text) => !text.includes('422'))).toEqual([]);
  });

  test('at another address, and without scripts, there are no buttons; the page says where they are', async () => {
    const other = await openPage(browser);
    await other.page.goto(`http://127.0.0.1:${server.port}/admin/sign-in`);
    await byPassword(other.page);
    await other.page.getByRole('heading', { name: 'Dashboard' }).waitFor();
    await other.page.goto(`http://127.0.0.1:${server.port}/admin/account`);
    await other.page.getByText(`Passkeys work at ${url} only. Open this page there.`).waitFor();
    expect(await other.page.getByRole('link', { name: 'Add a passkey' }).count()).toBe(0);
    await other.context.close();
    const still = await openPage(browser, { javaScriptEnabled: false });
    await still.page.goto(`${url}/admin/sign-in`);
    await still.page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    expect(await still.page.getByRole('button', { name: 'Sign in with a passkey' }).count()).toBe(0);
    await byPassword(still.page);
    await still.page.getByRole('heading', { name: 'Dashboard' }).waitFor();
    await accountOf(still.page);
    await still.page.getByText('Passkeys need JavaScript').waitFor();
    expect(await still.page.getByRole('link', { name: 'Add a passkey' }).count()).toBe(0);
    await still.context.close();
    expect([...other.said, ...still.said]).toEqual([]);
  });

  test('the set-up of an app shows a QR code that is readable in both themes', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { context, page } = await openPage(browser, { colorScheme });
      await page.goto(`${url}/admin/sign-in`);
      await byPassword(page);
      await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
      await accountOf(page);
      await page.getByRole('button', { name: 'Set up an app' }).click();
      const code = page.getByRole('img', { name: 'QR code of the key below' });
      const fills = await code.evaluate((svg) => [...svg.children].map((each) => getComputedStyle(each).fill));
      expect(fills).toEqual(['rgb(255, 255, 255)', 'rgb(0, 0, 0)']);
      expect((await code.boundingBox())?.width).toBeGreaterThanOrEqual(200);
      expect(await violationsOf(page)).toEqual([]);
      await context.close();
    }
  });
});
