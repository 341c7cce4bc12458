import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Browser, BrowserContextOptions, Frame, Page } from 'playwright-core';
import { createCaptchaChecker } from '../../src/intake/captcha.ts';
import { launchBrowser, missingBrowser, openPage, VIEWS, violationsOf } from '../support/browser.ts';
import { SITE_KEY } from '../support/captcha.ts';
import { until } from '../support/server.ts';
import { FULL_FORM, framing, HOSTILE_FORM, type HostedWorld, hostedWorld } from './hosted-world.ts';

setDefaultTimeout(120_000);

/** Else no page of a web site may have one of this machine in a frame: it has no real address here. */
const AS_PUBLIC = '--disable-features=HttpsUpgrades,LocalNetworkAccessChecks';

/** A browser says so of any answer that is no 200. */
const REFUSED = 'Failed to load resource: the server responded with a status of 422 (Unprocessable Entity)';

describe.skipIf(missingBrowser !== null)('a hosted form in a browser', () => {
  let browser: Browser;
  let world: HostedWorld;
  beforeAll(async () => {
    [browser, world] = await Promise.all([launchBrowser([AS_PUBLIC]), hostedWorld()]);
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  const open = (options: BrowserContextOptions = {}) => openPage(browser, options);

  /** What is wrong with a page as it stands. */
  async function faultsOf(page: Page, width: number): Promise<unknown[]> {
    const wrong: unknown[] = [...(await violationsOf(page))];
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) wrong.push(`${wide} wide`);
    if (await page.evaluate(() => 'hit' in window)) wrong.push('ran a script that somebody wrote');
    return wrong;
  }

  async function fill(page: Page | Frame): Promise<void> {
    await page.getByLabel('Name').fill('Alice');
    await page.getByLabel('E-mail').fill('alice@example.com');
    await page.getByLabel('Seats').fill('12');
    await page.getByLabel('Medium').check();
    await page.getByLabel('Help & advice').check();
    await page.getByLabel('Call me on').fill('2026-12-24');
    await page.getByLabel('Message').fill('Two\nlines');
    await page.getByLabel('I agree to the terms').check();
  }

  const FILLED = {
    Name: 'Alice',
    'E-mail': 'alice@example.com',
    Phone: '',
    Seats: 12,
    Plan: 'Medium',
    Topics: ['Help & advice'],
    'Call me on': '2026-12-24',
    Message: 'Two\nlines',
    'I agree to the terms': 'Yes',
  };

  test.each(VIEWS)('fits at %o, whatever somebody wrote, and axe finds nothing', async ({ width, colorScheme }) => {
    const { context, page, said } = await open({ viewport: { width, height: 900 }, colorScheme });
    await page.goto(await world.publish(FULL_FORM));
    expect(await faultsOf(page, width)).toEqual([]);
    await page.locator('form').evaluate((form) => form.setAttribute('novalidate', ''));
    await page.getByLabel('Seats').fill('500');
    world.clock.advance(10_000);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('heading', { name: 'Please check what you typed' }).waitFor();
    expect(await faultsOf(page, width)).toEqual([]);
    await page.goto(await world.publish(HOSTILE_FORM));
    expect(await faultsOf(page, width)).toEqual([]);
    await context.close();
    expect(said).toEqual([REFUSED]);
  });

  test('without JavaScript: what is wrong is said, what was typed is kept, the first wrong field has the focus', async () => {
    const address = await world.publish(FULL_FORM);
    const { context, page, said } = await open({ javaScriptEnabled: false });
    await page.goto(address);
    await fill(page);
    await page.getByLabel('Your plans').setInputFiles({
      name: 'plans.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('a plan'),
    });
    // What browsers let through and we don't.
    await page.getByLabel('E-mail').fill('alice@localhost');
    world.clock.advance(10_000);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('heading', { name: 'Please check what you typed' }).waitFor();
    const mail = page.getByLabel('E-mail');
    expect(await mail.inputValue()).toBe('alice@localhost');
    expect(await page.getByLabel('Message').inputValue()).toBe('Two\nlines');
    expect(await page.getByLabel('Medium').isChecked()).toBe(true);
    expect(await page.getByText('Choose your files again').count()).toBe(1);
    await page.keyboard.press('Control+a');
    await page.keyboard.type('alice@example.com');
    expect(await mail.inputValue()).toBe('alice@example.com');
    await page.getByRole('alert').getByRole('link', { name: 'E-mail' }).click();
    expect(page.url()).toEndWith('#field-f2');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();
    expect(world.newest()).toMatchObject({ source: 'hosted_form', spam: false, body: { fields: FILLED } });
    await context.close();
    expect(said).toEqual([REFUSED]);
  });

  test('the keyboard comes to every field and never to the trap', async () => {
    const { context, page } = await open();
    await page.goto(await world.publish(FULL_FORM));
    const names: string[] = [];
    for (let presses = 0; presses < 30; presses++) {
      await page.keyboard.press('Tab');
      names.push(
        await page.evaluate(
          () => document.activeElement?.getAttribute('name') ?? document.activeElement?.tagName ?? '',
        ),
      );
      if (names.at(-1) === 'BUTTON') break;
    }
    expect([...new Set(names)]).toEqual([...FULL_FORM.fields.map(({ name }) => name), 'BUTTON']);
    expect(await page.locator('input[name="_gotcha"]').isVisible()).toBe(true);
    expect((await page.locator('input[name="_gotcha"]').boundingBox())?.x).toBeLessThan(-1_000);
    await context.close();
  });

  describe('in a frame of a web site', () => {
    async function visit(site: string) {
      const address = await world.publish(FULL_FORM, ['shop.example.com']);
      const { context, page, said } = await open();
      await page.route(`${site}/**`, (route) => route.fulfill({ contentType: 'text/html', body: framing(address) }));
      await page.goto(`${site}/contact`);
      return { context, page, said, frame: page.frames().find((each) => each !== page.mainFrame()), address };
    }

    test.each(['http://shop.example.com', 'http://shop.example.com:8080'])(
      'that is allowed: it is filled in and sent at %s, and says thanks there',
      async (site) => {
        const { context, page, frame, said } = await visit(site);
        if (!frame) throw new Error('no frame');
        await fill(frame);
        world.clock.advance(10_000);
        await frame.getByRole('button', { name: 'Send' }).click();
        await frame.getByRole('heading', { name: 'Thank you' }).waitFor();
        expect(page.url()).toBe(`${site}/contact`);
        expect(world.newest()).toMatchObject({ source: 'hosted_form', body: { fields: FILLED } });
        expect(world.newest()?.body.referrer).toStartWith(`${site}/`);
        await context.close();
        expect(said).toEqual([]);
      },
    );

    test('that is not: there is nothing to see', async () => {
      const { context, frame, said } = await visit('http://evil.example');
      await until('the browser refuses it', async () => said.join().includes('frame-ancestors'));
      await until('its page is empty', async () => frame?.url().startsWith('chrome-error:') === true);
      await context.close();
    });
  });

  test('the widget of a captcha may load, and nothing else from elsewhere', async () => {
    const address = await world.publish(FULL_FORM);
    const siteId = world.api.store.endpoints.get(address.split('/').at(-1) ?? '')?.siteId ?? '';
    const { seal } = createCaptchaChecker({ ...world, vault: world.api.vault, urls: { turnstile: '', hcaptcha: '' } });
    await world.api.store.captchas.set(siteId, { kind: 'turnstile', siteKey: SITE_KEY, secretSealed: seal('x') });
    const { context, page, said } = await open();
    // What Cloudflare's script does as far as the page can tell: a frame of its own, and a hidden field.
    const script = `const at = document.querySelector('.cf-turnstile');
      at.innerHTML = '<input type="hidden" name="cf-turnstile-response" value="token-of-' + at.dataset.sitekey + '">';
      const frame = document.createElement('iframe');
      frame.title = 'Check';
      frame.src = 'https://challenges.cloudflare.com/frame';
      at.append(frame);
      const other = document.createElement('script');
      other.src = 'https://evil.example/x.js';
      document.body.append(other);`;
    await page.route('https://challenges.cloudflare.com/**', (route) =>
      route.request().url().endsWith('api.js')
        ? route.fulfill({ contentType: 'text/javascript', body: script })
        : route.fulfill({ contentType: 'text/html', body: 'Checking' }),
    );
    await page.goto(address);
    await page.frameLocator('iframe').getByText('Checking').waitFor();
    expect(await page.locator('[name="cf-turnstile-response"]').getAttribute('value')).toBe(`token-of-${SITE_KEY}`);
    expect(said.filter((line) => !line.includes('evil.example'))).toEqual([]);
    expect(said.join()).toContain('violates the following Content Security Policy directive');
    await context.close();
  });

  describe('its editor', () => {
    let cookie: Awaited<ReturnType<HostedWorld['owner']>>;
    beforeAll(async () => {
      cookie = await world.owner();
    });

    async function editorOf(address: string): Promise<string> {
      const endpoint = world.api.store.endpoints.get(address.split('/').at(-1) ?? '');
      return `${world.url}/admin/s/${endpoint?.siteId}/sources/endpoints/${endpoint?.id}/form`;
    }

    test.each(VIEWS)(
      'fits at %o with the preview beside or below it, and axe finds nothing',
      async ({ width, colorScheme }) => {
        const { context, page, said } = await open({ viewport: { width, height: 900 }, colorScheme });
        await context.addCookies([cookie]);
        for (const form of [FULL_FORM, HOSTILE_FORM]) {
          const editor = await editorOf(await world.publish(form));
          for (const path of ['', '/fields/f5']) {
            await page.goto(`${editor}${path}`);
            await page.frameLocator('iframe').locator('form').waitFor();
            expect(await faultsOf(page, width)).toEqual([]);
          }
        }
        await page.goto(`${(await editorOf(await world.publish(FULL_FORM))).split('/sources')[0]}/captcha`);
        expect(await faultsOf(page, width)).toEqual([]);
        await context.close();
        expect(said).toEqual([]);
      },
    );

    test('a field that moves takes nothing along: what is typed meanwhile stays, and is saved after it', async () => {
      const address = await world.publish(FULL_FORM);
      const { context, page, said } = await open();
      await context.addCookies([cookie]);
      await page.goto(await editorOf(address));
      const stored = () => world.api.store.hostedForms.get(address.split('/').at(-1) ?? '')?.form;
      const released = Promise.withResolvers<void>();
      await page.route('**/fields/f9/move', async (route) => {
        await released.promise;
        await route.continue();
      });
      await page.getByLabel('Introduction').fill('Typed before.');
      await page.getByRole('button', { name: 'Move I agree to the terms up' }).click({ noWaitAfter: true });
      await page.getByLabel('Title', { exact: true }).fill('Typed meanwhile');
      await page.getByRole('button', { name: 'Save words' }).click({ noWaitAfter: true });
      // Held back: the first is not to be broken off.
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
      expect(stored()?.title).toBe(FULL_FORM.title);
      released.resolve();
      await page.getByText('Saved.').waitFor();
      expect(stored()).toMatchObject({ title: 'Typed meanwhile', intro: 'Typed before.' });
      expect(
        stored()
          ?.fields.map(({ id }) => id)
          .slice(-3),
      ).toEqual(['f9', 'f8', 'f10']);
      await context.close();
      expect(said).toEqual([]);
    });

    test('the button of a field goes with it, and the preview shows its new place', async () => {
      const { context, page, said } = await open();
      await context.addCookies([cookie]);
      await page.goto(await editorOf(await world.publish(FULL_FORM)));
      const up = page.getByRole('button', { name: 'Move Message up' });
      await page.getByLabel('Introduction').fill('Typed.');
      await up.focus();
      const rows = () => page.locator('.hosted-fields li').evaluateAll((all) => all.map(({ id }) => id));
      for (const place of [6, 5]) {
        await page.keyboard.press('Enter');
        await until('it has moved', async () => (await rows())[place] === 'row-f8');
        expect(await up.evaluate((button) => button === document.activeElement)).toBe(true);
      }
      const shown = page.frameLocator('iframe').locator('[name="Message"] , [name="Topics"]');
      await until('the preview too', async () => (await shown.first().getAttribute('name')) === 'Message');
      expect(await page.getByLabel('Introduction').inputValue()).toBe('Typed.');
      // A field that is gone meanwhile: the page says how things are.
      const id = page.url().split('/').at(-2) ?? '';
      const siteId = world.api.store.endpoints.get(id)?.siteId ?? '';
      await world.api.store.hostedForms.change(siteId, id, (state) => {
        if (state === null) throw new Error('no form');
        return { ...state, form: { ...state.form, fields: state.form.fields.filter(({ id: each }) => each !== 'f8') } };
      });
      await page.keyboard.press('Enter');
      await page.locator('#row-f8').waitFor({ state: 'detached' });
      await page.locator('#row-f9').waitFor();
      await context.close();
      expect(said.every((line) => line.includes('404'))).toBe(true);
    });

    test.each([true, false])('makes a form from nothing to published; JavaScript: %p', async (javaScriptEnabled) => {
      const site = await world.api.store.sites.create({ name: 'New shop' });
      const { context, page, said } = await open({ javaScriptEnabled });
      await context.addCookies([cookie]);
      await page.goto(`${world.url}/admin/s/${site.id}/forms`);
      await page.getByRole('link', { name: 'Hosted form' }).click();
      await page.getByLabel('New field').selectOption('Choice');
      await page.getByLabel('Label').fill('Budget');
      await page.getByRole('button', { name: 'Add the field' }).click();
      await page.waitForURL(/\/fields\/4/);
      await page.getByLabel('Choices').fill('Low\nHigh');
      await page.getByRole('button', { name: 'Save field' }).click();
      await page.getByText('Saved.').waitFor();
      await page.getByRole('button', { name: 'Move Budget up' }).click();
      // Without scripts the page is another one then: what is typed before it is there goes with the old one.
      await page.locator('.hosted-fields li').nth(2).getByRole('link', { name: 'Budget' }).waitFor();
      await page.getByLabel('Title', { exact: true }).fill('Ask for an offer');
      await page.getByRole('button', { name: 'Save words' }).click();
      const preview = page.frameLocator('iframe');
      await preview.getByRole('heading', { name: 'Ask for an offer' }).waitFor();
      // The last of it: all above has come.
      await preview.getByRole('button', { name: 'Send' }).waitFor();
      expect(await preview.locator('legend, label').allTextContents()).toEqual(
        expect.arrayContaining(['Name', 'E-mail (required)', 'Budget', 'Low', 'High', 'Message']),
      );
      await page.getByRole('button', { name: 'Publish' }).click();
      await page.getByText('The form is published.').waitFor();
      await page.goto(`${world.url}/h/${site.endpointId}`);
      const asked = await page.locator('legend, .field > label:not(.tick)').allTextContents();
      expect(asked).toEqual(['Name', 'E-mail (required)', 'Budget', 'Message']);
      await context.close();
      expect(said).toEqual([]);
    });
  });
});
