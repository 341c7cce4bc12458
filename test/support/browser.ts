import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { type RunningServer, runJson } from './binary.ts';

const CHROMIUM = '/usr/bin/chromium';

/** Why no browser can be started here, or null. With CI=true a missing one is an error. */
export const missingBrowser: string | null = existsSync(CHROMIUM)
  ? null
  : `no ${CHROMIUM}: install Debian's package chromium to run the browser tests`;

if (missingBrowser !== null) {
  if (process.env.CI === 'true') throw new Error(missingBrowser);
  console.error(missingBrowser);
}

/** A real Chromium, which calls nobody but the pages that are opened in it. */
export function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...args,
    ],
  });
}

/** The sizes and themes that every page is looked at in. */
export const VIEWS = [1440, 390].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
);

export const OWNER = { email: 'alice@example.com', password: 'correct horse battery staple' };

/** A page in which whatever the browser complains of is kept. */
export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ context: BrowserContext; page: Page; said: string[] }> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const said: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') said.push(message.text());
  });
  page.on('pageerror', (error) => said.push(error.message));
  return { context, page, said };
}

/** Makes the first user by the link of the command line, and is signed in. */
export async function setUpOwner(page: Page, { url, dir }: Pick<RunningServer, 'url' | 'dir'>): Promise<void> {
  const link = (await runJson(['setup-link'], { dir })) as { url: string };
  await page.goto(`${url}${new URL(link.url).pathname}`);
  await page.getByLabel('E-mail').fill(OWNER.email);
  await page.getByLabel('Name').fill('Alice');
  await page.getByLabel('Password').fill(OWNER.password);
  await page.getByRole('button', { name: 'Create owner' }).click();
  await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
}

/** What axe finds on the page as it is. */
export async function violationsOf(page: Page): Promise<[rule: string, where: string[]][]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html).slice(0, 2)]);
}
