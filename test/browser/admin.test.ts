import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core';
import { type RunningServer, startServer } from '../support/binary.ts';
import { launchBrowser, missingBrowser, OWNER, openPage, setUpOwner, VIEWS, violationsOf } from '../support/browser.ts';
import { api, drained, until } from '../support/server.ts';
import { tempDir } from '../support/temp.ts';

setDefaultTimeout(120_000);

const HOSTILE = {
  Name: '"><img src=x onerror="window.hit=1"><script>window.hit=1</script>',
  Email: 'alice@example.com',
  Link: 'javascript:window.hit=1',
  Formula: '=HYPERLINK("http://example.com")',
  'Turned \u202e name': '\u202eright to left',
  Long: 'x'.repeat(10_000),
};

async function stop(server: RunningServer): Promise<void> {
  server.kill('SIGTERM');
  await server.exited;
}

describe.skipIf(missingBrowser !== null)('the admin UI of the compiled program', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  const open = (options: BrowserContextOptions) => openPage(browser, options);

  test.each([true, false])('from the set-up link to the first row; JavaScript: %p', async (javaScriptEnabled) => {
    const dir = tempDir();
    const server = await startServer({ dir });
    const { context, page, said } = await open({ javaScriptEnabled });
    await setUpOwner(page, server);
    const home = page.url();

    await page.getByRole('navigation', { name: 'Site' }).getByRole('link', { name: 'Sources' }).click();
    await page.getByRole('link', { name: 'Create key' }).first().click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Back end');
    for (const box of await page.getByRole('checkbox').all()) await box.check();
    await page.getByRole('button', { name: 'Create key' }).click();
    await page.getByRole('heading', { name: 'Key created' }).waitFor();
    const shown = /lts_[0-9A-Za-z]{38}/.exec((await page.locator('main').textContent()) ?? '')?.[0] ?? '';
    const sent = await api({ url: server.url, key: shown }, '/submissions', {
      method: 'POST',
      body: JSON.stringify({ fields: { Ref: 'r-1', Name: 'Alice' }, form_name: 'Contact' }),
    });
    expect(sent.status).toBe(201);

    await drained({ url: server.url, key: shown });
    await page.goto(`${home}/sheet`);
    await page.getByText('Alice').first().waitFor();
    await page.goto(`${home}/leads`);
    await page.getByRole('cell', { name: 'Alice' }).first().waitFor();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are signed out.').waitFor();
    await page.goto(home);
    await page.getByLabel('E-mail').fill('ALICE@example.com');
    await page.getByLabel('Password').fill(OWNER.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
    expect(page.url()).toBe(home);
    await context.close();
    await stop(server);
    expect(said).toEqual([]);
  });

  describe('with leads of strangers', () => {
    const dir = tempDir();
    let server: RunningServer;
    let state: Awaited<ReturnType<BrowserContext['storageState']>>;
    let home: string;
    let paths: string[];
    beforeAll(async () => {
      server = await startServer({ dir });
      const { context, page } = await open({});
      await setUpOwner(page, server);
      home = new URL(page.url()).pathname;
      state = await context.storageState();
      await context.close();
      const ids: string[] = [];
      for (const form_name of ['Contact', '<b onclick="window.hit=1">Form</b>']) {
        const response = await api(server, '/submissions', {
          method: 'POST',
          body: JSON.stringify({ fields: HOSTILE, form_name, page_url: 'https://example.com/?utm_source=<i>x</i>' }),
        });
        const { data } = (await response.json()) as { data: { id: string; form_id: string } };
        ids.push(data.id, data.form_id);
      }
      await drained(server);
      const [lead, form] = ids;
      paths = [
        ...[
          '',
          '/leads',
          '/leads?q=alice',
          `/leads/${lead}`,
          '/sheet',
          '/forms',
          `/forms/${form}`,
          '/sources',
          '/settings',
        ].map((path) => `${home}${path}`),
        ...['/sites', '/team', '/team/invite', '/system', '/audit', '/account'].map((path) => `/admin${path}`),
      ];
    });
    afterAll(() => stop(server));

    test.each(VIEWS)(
      'every page at %o: fits, runs nothing of theirs, and axe finds nothing',
      async ({ width, colorScheme }) => {
        const { context, page, said } = await open({
          viewport: { width, height: 900 },
          colorScheme,
          storageState: state,
        });
        const wrong: unknown[] = [];
        for (const path of paths) {
          const response = await page.goto(`${server.url}${path}`);
          if (response?.status() !== 200) wrong.push([path, response?.status()]);
          for (const violation of await violationsOf(page)) wrong.push([path, ...violation]);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          if (wide > width) wrong.push([path, `${wide} wide`]);
          if (await page.evaluate(() => 'hit' in window)) wrong.push([path, 'ran a script of a lead']);
          if ((await page.locator('a[href^="javascript:" i]').count()) > 0) wrong.push([path, 'links to a script']);
        }
        await context.close();
        expect(wrong).toEqual([]);
        expect(said).toEqual([]);
      },
    );

    test('the keyboard alone opens a lead, and searching shows what is found as one types', async () => {
      const { context, page, said } = await open({ storageState: state });
      await page.goto(`${server.url}${home}/leads`);
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('Skip');
      await page.keyboard.press('Enter');
      const link = page.locator('tbody a').first();
      for (let i = 0; i < 60 && !(await link.evaluate((each) => each === document.activeElement)); i++) {
        await page.keyboard.press('Tab');
      }
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/leads\/sub_/);
      await page.goBack();
      await page.getByRole('searchbox').fill('nobodyhasthis');
      await until('the list is empty', async () => (await page.locator('tbody tr').count()) === 0);
      await context.close();
      expect(said).toEqual([]);
    });
  });
});
