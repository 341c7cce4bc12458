import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { type RunningServer, startServer } from '../support/binary.ts';
import { launchBrowser, missingBrowser, OWNER, openPage, setUpOwner, VIEWS, violationsOf } from '../support/browser.ts';
import { api, drained, until } from '../support/server.ts';
import { tempDir } from '../support/temp.ts';

// Many pages, in a browser, on a machine that may have other work.
setDefaultTimeout(300_000);

const HOSTILE = {
  Name: '"><img src=x onerror="window.hit=1"><script>window.hit=1</script>',
  Email: 'alice@example.com',
  Link: 'javascript:window.hit=1',
  Formula: '=HYPERLINK("http://example.com")',
  'Turned \u202e name': '\u202eright to left',
  Long: 'x'.repeat(10_000),
};

/** A page of leads and a few more. */
const MORE_LEADS = 55;
/** Pages that links lead to, among others; ids as `*`. */
const REACHED = [
  '/leads',
  '/leads/*',
  '/sheet',
  '/sheet/choices',
  '/sheet/connect',
  '/forms',
  '/forms/*',
  '/sources',
  '/sources/endpoints/*',
  '/sources/endpoints/*/form',
  '/sources/keys/*',
  '/sources/hooks/new',
  '/sources/imports',
  '/settings/spam',
  '/settings',
  '/privacy',
];
const REACHED_OF_SERVER = ['/sites', '/google', '/team', '/team/*', '/team/invite', '/system', '/audit', '/account'];
/** Links to these are answered with files. */
const FILE = /\/(csv|export|backup|report)(\/|$)/;

/** An address with every id as `*`: pages that differ by it alone are looked at once. */
const kindOf = (path: string) => path.replace(/[a-z]+_[0-9a-z]{16,}|(?<=endpoints\/)[0-9a-z]{10}\b|(?<=\/)\d+/g, '*');

/** Every page of the admin UI that links lead to from these, one of each kind. */
async function pagesFrom(page: Page, origin: string, starts: readonly string[]): Promise<string[]> {
  const found = new Map(starts.map((path) => [kindOf(path), path]));
  for (const path of found.values()) {
    await page.goto(`${origin}${path}`);
    const links = await page
      .locator('a[href]')
      .evaluateAll((all) =>
        all
          .map((a) => new URL((a as HTMLAnchorElement).href))
          .map(({ origin, pathname }) => [origin, pathname] as const),
      );
    for (const [at, to] of links) {
      if (at === origin && to.startsWith('/admin/') && !FILE.test(to) && !found.has(kindOf(to)))
        found.set(kindOf(to), to);
    }
  }
  return [...found.values()];
}

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
    let url: string;
    let state: Awaited<ReturnType<BrowserContext['storageState']>>;
    let home: string;
    let paths: string[];
    beforeAll(async () => {
      server = await startServer({ dir });
      // Passkeys are offered at the address that the server knows itself by.
      url = `http://localhost:${server.port}`;
      const { context, page } = await open({});
      await setUpOwner(page, { url, dir });
      home = new URL(page.url()).pathname;
      state = await context.storageState();
      const ids: string[] = [];
      for (const form_name of ['Contact', '<b onclick="window.hit=1">Form</b>']) {
        const response = await api(server, '/submissions', {
          method: 'POST',
          body: JSON.stringify({ fields: HOSTILE, form_name, page_url: 'https://example.com/?utm_source=<i>x</i>' }),
        });
        const { data } = (await response.json()) as { data: { id: string; form_id: string } };
        ids.push(data.id, data.form_id);
      }
      for (let n = 0; n < MORE_LEADS; n++) {
        await api(server, '/submissions', { method: 'POST', body: JSON.stringify({ fields: { Name: HOSTILE.Name } }) });
      }
      await drained(server);
      const [lead, form] = ids;
      // The hostile ones first, so that theirs are the pages looked at.
      const starts = ['', '/leads?q=alice', `/leads/${lead}`, `/forms/${form}`].map((path) => `${home}${path}`);
      paths = await pagesFrom(page, url, starts);
      await context.close();
      const kinds = paths.map(kindOf);
      for (const path of REACHED) expect(kinds).toContain(kindOf(home) + path);
      for (const path of REACHED_OF_SERVER) expect(kinds).toContain(`/admin${path}`);
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
        const look = async (at: string) => {
          for (const violation of await violationsOf(page)) wrong.push([at, ...violation]);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth);
          if (wide > width) wrong.push([at, `${wide} wide`]);
          if (await page.evaluate(() => 'hit' in window)) wrong.push([at, 'ran a script of a lead']);
          if ((await page.locator('a[href^="javascript:" i]').count()) > 0) wrong.push([at, 'links to a script']);
        };
        for (const path of paths) {
          const response = await page.goto(`${url}${path}`);
          if (response?.status() !== 200) wrong.push([path, response?.status()]);
          // With all there is to open: that is the most one sees of a page.
          await page.evaluate(() => {
            for (const each of document.querySelectorAll<HTMLDetailsElement>('main details')) each.open = true;
          });
          await look(path);
        }
        await page.goto(`${url}${home}/leads`);
        await page.locator('#all').getByRole('button', { name: 'Delete' }).click();
        await page.getByRole('heading', { level: 1, name: /Delete/ }).waitFor();
        await look('all that match');
        await context.close();
        expect(wrong).toEqual([]);
        expect(said).toEqual([]);
      },
    );

    test('the keyboard alone opens a lead, and searching shows what is found as one types', async () => {
      const { context, page, said } = await open({ storageState: state });
      await page.goto(`${url}${home}/leads`);
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
