import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { type RunningServer, runJson, startServer } from '../support/binary.ts';
import { launchBrowser, missingBrowser } from '../support/browser.ts';
import { api, drained, until } from '../support/server.ts';
import { tempDir } from '../support/temp.ts';

setDefaultTimeout(120_000);

const EMAIL = 'alice@example.com';
const PASSWORD = 'correct horse battery staple';
/** More stops than any page has. */
const MAX_STOPS = 150;

/** What has the focus, and whether one sees that it has. */
async function focused(page: Page): Promise<{ what: string; seen: boolean }> {
  return page.evaluate(() => {
    const at = document.activeElement;
    if (at === null || at === document.body) return { what: 'nothing', seen: false };
    const { outlineStyle, outlineWidth } = getComputedStyle(at);
    const { width, height } = at.getBoundingClientRect();
    const outlined = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2;
    return { what: at.outerHTML.slice(0, 120), seen: outlined && width > 0 && height > 0 };
  });
}

const hasFocus = (at: Locator) => at.evaluate((each) => each === document.activeElement);

/** Goes there by the Tab key alone; wherever it stops on the way, one sees where that is. */
async function tabTo(page: Page, at: Locator): Promise<void> {
  await at.waitFor({ state: 'attached' });
  for (let stops = 0; stops < MAX_STOPS; stops++) {
    if (await hasFocus(at)) return;
    await page.keyboard.press('Tab');
    const { what, seen } = await focused(page);
    // Past its last stop a page hands the focus to the browser itself.
    if (what !== 'nothing') expect({ what, seen }).toEqual({ what, seen: true });
  }
  throw new Error(`the Tab key does not lead to ${at}`);
}

async function press(page: Page, at: Locator, key = 'Enter'): Promise<void> {
  await tabTo(page, at);
  await page.keyboard.press(key);
}

describe.skipIf(missingBrowser !== null)('by the keyboard alone', () => {
  let browser: Browser;
  const dir = tempDir();
  let server: RunningServer;
  let home: string;
  let state: Awaited<ReturnType<BrowserContext['storageState']>>;

  beforeAll(async () => {
    browser = await launchBrowser();
    server = await startServer({ dir });
    const words = ['user', 'create', '--email', EMAIL, '--role', 'owner', '--password-stdin'];
    await runJson(words, { dir, stdin: PASSWORD });
    home = `/admin/s/${server.siteId}`;
    for (const Name of ['Alice', 'Another']) await send(Name);
    await drained(server);
    await until('what came in can be searched for', async () => {
      const found = (await (await api(server, '/submissions?q=Another')).json()) as { data: unknown[] };
      return found.data.length === 1;
    });
  });
  afterAll(async () => {
    await browser.close();
    server.kill('SIGTERM');
    await server.exited;
  });

  async function send(Name: string): Promise<void> {
    const body = JSON.stringify({ fields: { Name, Email: EMAIL }, form_name: 'Contact' });
    expect((await api(server, '/submissions', { method: 'POST', body })).status).toBe(201);
  }

  async function open(path: string, width = 1440): Promise<Page> {
    const context = await browser.newContext({
      ...(state === undefined ? {} : { storageState: state }),
      viewport: { width, height: 900 },
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    await page.goto(`${server.url}${path}`);
    return page;
  }

  test('one signs in, skips to the page, filters, opens a lead, marks it as spam and deletes it', async () => {
    const page = await open(`${home}/leads`);
    await tabTo(page, page.getByLabel('E-mail'));
    await page.keyboard.type(EMAIL);
    await tabTo(page, page.getByLabel('Password'));
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Leads', exact: true }).waitFor();
    state = await page.context().storageState();

    await page.keyboard.press('Tab');
    expect((await focused(page)).what).toContain('Skip to the page');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.closest('main') !== null)).toBe(true);

    await tabTo(page, page.getByRole('searchbox'));
    await page.keyboard.type('Another');
    await until('the list was asked for', () => page.url().includes('q=Another'));
    await until('the lead is found', async () => (await page.locator('tbody tr').count()) === 1);
    expect(await page.locator('tbody tr').textContent()).toContain('Another');
    // The list was changed under way; the focus and what was typed were not.
    expect(await hasFocus(page.getByRole('searchbox'))).toBe(true);
    expect(await page.getByRole('searchbox').inputValue()).toBe('Another');

    await page.goto(`${server.url}${home}/leads`);
    await press(page, page.locator('tbody a.row').first());
    await page.waitForURL(/\/leads\/sub_/);
    await press(page, page.getByRole('button', { name: /spam/i }).first());
    await page.getByText('Marked as spam.').waitFor();
    await press(page, page.getByRole('button', { name: /^Delete/ }).first());
    await page.getByRole('heading', { name: /Delete this lead/ }).waitFor();
    await press(page, page.getByRole('button', { name: 'Delete the lead' }), 'Space');
    await page.getByText('Deleted.').waitFor();
    await page.context().close();
  });

  test('one makes a key: boxes by the space bar, lists by the arrows', async () => {
    const page = await open(`${home}/sources`);
    await press(page, page.getByRole('link', { name: 'Create key' }).first());
    await page.getByRole('heading', { name: 'Create key' }).waitFor();
    await tabTo(page, page.getByRole('textbox', { name: 'Name' }));
    await page.keyboard.type('Web shop');
    const box = page.getByRole('checkbox', { name: /submissions:read/ });
    await press(page, box, 'Space');
    expect(await box.isChecked()).toBe(true);
    await tabTo(page, page.getByRole('combobox'));
    await page.keyboard.press('ArrowDown');
    expect(await page.getByRole('combobox').inputValue()).toBe('30d');
    await press(page, page.getByRole('button', { name: 'Create key' }));
    await page.getByRole('heading', { name: 'Key created' }).waitFor();
    // What scrolls is a stop, and one alone.
    await tabTo(page, page.locator('pre.code'));
    await page.keyboard.press('Tab');
    expect(await hasFocus(page.locator('[data-copy="#curl"]'))).toBe(true);
    await page.context().close();
  });

  test('menus and the drawer open and close, and the focus is where it was', async () => {
    const wide = await open(home);
    const switcher = wide.locator('.switcher > summary');
    await press(wide, switcher);
    await press(wide, wide.getByRole('link', { name: 'All sites' }), 'Escape');
    expect(await wide.locator('.switcher').getAttribute('open')).toBeNull();
    expect(await hasFocus(switcher)).toBe(true);
    expect((await focused(wide)).seen).toBe(true);
    await wide.context().close();

    const narrow = await open(home, 390);
    const menu = narrow.locator('.drawer > summary');
    expect(await narrow.getByRole('link', { name: 'Forms', exact: true }).isVisible()).toBe(false);
    await press(narrow, menu, 'Space');
    await tabTo(narrow, narrow.getByRole('link', { name: 'Forms', exact: true }));
    await narrow.keyboard.press('Escape');
    expect(await narrow.locator('.drawer').getAttribute('open')).toBeNull();
    expect(await hasFocus(menu)).toBe(true);
    await press(narrow, menu);
    await press(narrow, narrow.getByRole('link', { name: 'Forms', exact: true }));
    await narrow.getByRole('heading', { name: 'Forms' }).waitFor();
    await narrow.context().close();
  });

  test('a new lead is counted without loading anew; focus, what is open, and the title stay', async () => {
    const page = await open(home);
    const figure = page.locator('#health .figure');
    const before = Number.parseInt((await figure.textContent()) ?? '', 10);
    const title = await page.title();
    const link = page.locator('#health a').first();
    await tabTo(page, link);
    await page.evaluate(() => {
      Object.assign(window, { mark: 1 });
      document.querySelector('#health')?.setAttribute('data-before', 'yes');
    });
    await send('Newcomer');
    await until('it is counted', async () => Number.parseInt((await figure.textContent()) ?? '', 10) === before + 1);
    expect(await page.evaluate(() => 'mark' in window)).toBe(true);
    expect(await hasFocus(page.locator('#health a').first())).toBe(true);
    expect((await focused(page)).seen).toBe(true);
    expect(await page.title()).toBe(title);
    await page.context().close();
  });

  test('what is opened and typed in a part that looks again stays as it was', async () => {
    const page = await open('/admin/account');
    // A part of the page with something to open and to type into, in each answer of the server.
    const more = '<details class="probe"><summary>More</summary><input aria-label="Typed" value="a"></details>';
    await page.route('**/admin/system', async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace(/<div id="live"[^>]*>/, (tag) => tag + more);
      await route.fulfill({ response, body });
    });
    await page.goto(`${server.url}/admin/system`);
    await press(page, page.locator('.probe > summary'));
    await tabTo(page, page.getByLabel('Typed'));
    await page.keyboard.type('bc');
    for (let times = 0; times < 2; times++) {
      await page.waitForResponse((response) => response.url().endsWith('/admin/system'));
      await page.waitForFunction(() => document.querySelector('.htmx-request, .htmx-swapping') === null);
      expect(await page.getByLabel('Typed').inputValue()).toEndWith('bc');
      expect(await hasFocus(page.getByLabel('Typed'))).toBe(true);
      expect(await page.locator('.probe').getAttribute('open')).not.toBeNull();
    }
    await page.context().close();
  });

  test('a server that is away, or a session that is over, leaves the page as it is', async () => {
    const page = await open(home);
    await page.locator('#health .figure').waitFor();
    let asked = 0;
    await page.route(`**${home}/health*`, async (route) => {
      asked++;
      if (asked === 1) return route.abort();
      if (asked === 2) return route.fulfill({ status: 503, contentType: 'text/html', body: '<h1>Not now</h1>' });
      return route.continue();
    });
    await until('it was asked twice', () => asked >= 2);
    await page.context().clearCookies();
    await until('it was asked without a session', () => asked >= 4);
    expect(await page.locator('#health .figure').count()).toBe(1);
    expect(await page.getByText('Not now').count()).toBe(0);
    expect(await page.getByLabel('Password').count()).toBe(0);
    await page.context().close();
  });
});
