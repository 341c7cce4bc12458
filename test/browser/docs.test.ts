import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { type TestApp, testApp } from '../support/app.ts';
import { launchBrowser, missingBrowser, VIEWS } from '../support/browser.ts';
import { tempDir } from '../support/temp.ts';

const PAGES = ['/docs/api', '/docs/mcp', '/docs/forms', '/docs/webhooks'] as const;

let api: TestApp;
let url: string;
let key: string;
beforeAll(async () => {
  api = await testApp();
  url = `http://127.0.0.1:${api.app.start().port}`;
  key = (await api.key()).key;
});
afterAll(() => api.close());

const HOSTILE = '"><img src=x onerror="window.hit=1"><script>window.hit=1</script>';

async function createLead(fields: Record<string, string>): Promise<string> {
  const response = await api.call('POST', '/api/v1/submissions', { json: { fields, form_name: 'Contact' } });
  return ((await response.json()) as { data: { id: string } }).data.id;
}

describe('as it is sent', () => {
  test.each(PAGES)('%s loads nothing from elsewhere and allows no inline code', async (path) => {
    const response = await fetch(`${url}${path}`);
    const html = await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(html).not.toMatch(/ style="| on\w+="|<style|<script(?! src="\/assets\/)/);
    for (const [, source] of html.matchAll(/(?:src|<link[^>]* href)="([^"]*)"/g))
      expect(source).toStartWith('/assets/');
  });

  test.each([
    ['/docs/api', 60],
    ['/docs/mcp', 30],
    ['/docs/forms', 30],
    ['/docs/webhooks', 30],
  ])('%s takes at most %i KB, files included', async (path, limit) => {
    const gzip = { headers: { 'accept-encoding': 'gzip' }, decompress: false } as RequestInit;
    const html = await (await fetch(`${url}${path}`)).text();
    const files = [...html.matchAll(/"(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? '');
    expect(files.length).toBeGreaterThan(1);
    let bytes = 0;
    for (const file of [path, ...files]) {
      const response = await fetch(`${url}${file}`, gzip);
      expect(response.headers.get('content-encoding')).toBe('gzip');
      bytes += (await response.bytes()).byteLength;
    }
    expect(bytes).toBeLessThan(limit * 1024);
  });

  test('files may be kept for ever, pages not; who takes no gzip gets none', async () => {
    const response = await fetch(`${url}/docs/api`, { headers: { 'accept-encoding': 'identity, gzip;q=0' } });
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(response.headers.get('cache-control')).toBe('no-store');
    const [, file] = /"(\/assets\/docs-[^"]+css)"/.exec(await response.text()) ?? [];
    const css = await fetch(`${url}${file}`);
    expect(css.headers.get('cache-control')).toContain('immutable');
    expect(css.headers.get('content-type')).toBe('text/css; charset=utf-8');
    expect((await fetch(`${url}/assets/docs-0.css`)).status).toBe(404);
  });

  test('every sample of the page in curl runs as it stands', async () => {
    const id = await createLead({ Email: 'alice@example.com' });
    const { data } = (await (await api.call('GET', `/api/v1/submissions/${id}`)).json()) as {
      data: { form_id: string };
    };
    const html = await (await fetch(`${url}/docs/api`)).text();
    const samples = [...html.matchAll(/class="sample curl">.*?<code>(.*?)<\/code>/gs)].map((match) =>
      textOf(match[1] ?? ''),
    );
    expect(samples.length).toBeGreaterThanOrEqual(9);
    for (const sample of samples) {
      const script = sample
        .replace(/http:\/\/localhost:\d+/, url)
        .replace(/\/submissions\/sub_\w+/, `/submissions/${id}`)
        .replace(/frm_\w+/, data.form_id)
        .replace(/order-\d+/, `order-${crypto.randomUUID()}`)
        .replace(/^curl /, 'curl -s -o /dev/null -w "%{http_code}" ');
      const status = await Bun.$`bash -c ${script}`.env({ ...process.env, LTS_KEY: key }).text();
      expect(`${status} ${sample}`).toMatch(/^20[01] /);
    }
  });

  test('every sample in JavaScript runs too, and those in Python are Python', async () => {
    const html = await (await fetch(`${url}/docs/api`)).text();
    const dir = tempDir();
    const id = await createLead({ Email: 'alice@example.com' });
    const { data } = (await (await api.call('GET', `/api/v1/submissions/${id}`)).json()) as {
      data: { form_id: string };
    };
    for (const [, language, code] of html.matchAll(/class="sample (javascript|python)">.*?<code>(.*?)<\/code>/gs)) {
      const text = textOf(code ?? '')
        .replace(/http:\/\/localhost:\d+/, url)
        .replace(/\/submissions\/sub_\w+/, `/submissions/${id}`)
        .replace(/frm_\w+/, data.form_id)
        .replace(/order-\d+/, `order-${crypto.randomUUID()}`);
      if (language === 'python' && Bun.which('python3') === null) continue;
      const file = `${dir}/sample.${language === 'python' ? 'py' : 'ts'}`;
      await Bun.write(file, text);
      const run =
        language === 'python'
          ? Bun.$`python3 -c ${'import ast,sys; ast.parse(open(sys.argv[1]).read())'} ${file}`
          : Bun.$`${process.execPath} ${file}`.env({ ...process.env, LTS_KEY: key });
      const { exitCode, stderr } = await run.quiet().nothrow();
      expect(`${exitCode} ${stderr.toString()} ${text}`).toStartWith('0 ');
    }
  });
});

/** The text of a piece of our own HTML. */
function textOf(html: string): string {
  return html
    .replace(/<[^>]+>/g, '')
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

describe.skipIf(missingBrowser !== null)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  /** Opens a page and runs `look`; what the browser complains of has to be what is `expected`. */
  async function open(
    path: string,
    options: BrowserContextOptions,
    look: (page: Page) => Promise<void>,
    expected: RegExp[] = [],
  ): Promise<void> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${url}${path}`);
    await look(page);
    await context.close();
    expect(complaints).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  }

  for (const path of PAGES) {
    test.each(VIEWS)(`${path} at %o: fits, and axe finds nothing`, async ({ width, colorScheme }) => {
      await open(path, { viewport: { width, height: 900 }, colorScheme, reducedMotion: 'reduce' }, async (page) => {
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        await page.evaluate(() => {
          for (const fold of document.querySelectorAll('details')) fold.open = true;
        });
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        await page.evaluate(axe.source);
        const { violations } = await page.evaluate(() => window.axe.run());
        expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html).slice(0, 3)])).toEqual([]);
      });
    });
  }

  test('a language chosen once holds for all samples, also next time', async () => {
    await open('/docs/api', {}, async (page) => {
      await page.locator('#listForms .samples').getByText('Python', { exact: true }).click();
      expect(await page.locator('#quick-start .python').isVisible()).toBe(true);
      expect(await page.locator('#quick-start .curl').isVisible()).toBe(false);
      await page.reload();
      expect(await page.locator('#getSite .python').isVisible()).toBe(true);
    });
  });

  test('without JavaScript all is there, and each sample can be switched', async () => {
    await open('/docs/api', { javaScriptEnabled: false }, async (page) => {
      expect(await page.locator('#createSubmission .curl').isVisible()).toBe(true);
      await page.locator('#createSubmission .samples').getByText('PHP', { exact: true }).click();
      expect(await page.locator('#createSubmission .php').isVisible()).toBe(true);
      await page.locator('#createSubmission .try > summary').click();
      expect(await page.locator('#createSubmission .try noscript p').isVisible()).toBe(true);
      expect(await page.locator('#createSubmission .try form').isVisible()).toBe(false);
    });
  });

  test('"Try it" sends the request and shows what comes back as text, whatever it is', async () => {
    await createLead({ Email: HOSTILE });
    await open(
      '/docs/api',
      {},
      async (page) => {
        const list = page.locator('#listSubmissions');
        await list.locator('.try > summary').click();
        await list.getByLabel('Key for').fill(key);
        await list.getByLabel('per_page').fill('1');
        await list.getByRole('button', { name: 'Send GET' }).click();
        await list.locator('.outcome.good').waitFor();
        expect(await list.locator('.outcome').textContent()).toStartWith('200');
        expect(await list.locator('.try .code').textContent()).toContain('onerror');
        expect(await page.evaluate(() => (window as { hit?: number }).hit)).toBeUndefined();

        // The key goes with the reader to the next form; what is wrong is said there.
        const one = page.locator('#getSubmission');
        await one.locator('.try > summary').click();
        await one.getByLabel('id').fill('../forms?x=1');
        const refused = page.waitForResponse((response) => response.status() === 404);
        await one.getByRole('button', { name: 'Send GET' }).click();
        expect((await refused).url()).toContain('/api/v1/submissions/..%2Fforms');
      },
      [/status of 404/],
    );
  });
});

declare global {
  interface Window {
    axe: typeof axe;
  }
}
