import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, missingBrowser, openPage } from '../support/browser.ts';
import { until } from '../support/server.ts';
import { kept, ready, type SdkWorld, sdkWorld, type Weather } from './sdk-world.ts';

setDefaultTimeout(120_000);

const FORM = `<form id="contact"><label>E-mail <input name="Email" type="email"></label><button>Send</button></form>`;
const OWN = `document.addEventListener('submit', (event) => {
  event.preventDefault();
  document.body.dataset.own = String(Number(document.body.dataset.own ?? 0) + 1);
});`;
/** The browser itself tells of each request that fails: nobody can keep it from that. */
const isNetwork = (text: string) => /Failed to load resource|blocked by CORS|net::ERR/.test(text);

describe.skipIf(missingBrowser !== null)('the script when something is wrong', () => {
  let browser: Browser;
  let world: SdkWorld;
  beforeAll(async () => {
    browser = await launchBrowser();
    world = await sdkWorld();
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });

  async function open() {
    const opened = await openPage(browser);
    opened.page.setDefaultTimeout(10_000);
    const wrong = () => opened.said.filter((text) => !isNetwork(text));
    return { ...opened, wrong };
  }
  async function visit(url: string) {
    const opened = await open();
    await opened.page.goto(url);
    await ready(opened.page);
    return opened;
  }
  const own = (page: Page) => page.evaluate(() => document.body.dataset.own ?? '0');
  const waiting = async (page: Page) => (await kept(page, 'lts-outbox')).length;
  const emails = () => world.leads().map(({ body }) => body.fields.Email);
  async function send(page: Page, email: string) {
    await page.getByLabel('E-mail').fill(email);
    await page.getByRole('button', { name: 'Send' }).click();
  }

  test('offline: what was sent waits, and comes once the browser is back', async () => {
    const { page, context, wrong } = await open();
    await page.clock.install();
    await page.goto(world.page('/offline', `${FORM}${world.tag()}`, OWN));
    await ready(page);
    // No timer runs: what is sent again is sent for the browser being back.
    await page.clock.pauseAt(Date.now() + 60_000);
    await context.setOffline(true);
    await send(page, 'off1@example.com');
    await page.getByLabel('E-mail').fill('off2@example.com');
    await page.getByRole('button').click();
    expect(await own(page)).toBe('2');
    expect(await waiting(page)).toBe(2);
    await context.setOffline(false);
    // The clock stands still: which of the two was first is not known.
    const came = (await world.arrived(2)).map(({ body }) => body.fields.Email);
    expect(came.sort()).toEqual(['off1@example.com', 'off2@example.com']);
    await until('nothing waits', async () => (await waiting(page)) === 0);
    expect(wrong()).toEqual([]);
    await context.close();
  });

  test.each<[Weather]>([['broken'], ['garbage'], ['gone'], ['hanging']])(
    'a server that is %s: the page goes on, and the next page brings the lead, once',
    async (weather) => {
      const url = world.page(`/${weather}`, `${FORM}${world.tag()}`, OWN);
      const { page, context, wrong } = await visit(url);
      world.weather(weather);
      const before = world.sent.length;
      await send(page, `${weather}@example.com`);
      expect(await own(page)).toBe('1');
      await until('it was tried', () => world.sent.length > before);
      expect(await waiting(page)).toBe(1);
      world.weather('fair');
      await page.reload();
      await ready(page);
      await until('nothing waits', async () => (await waiting(page)) === 0);
      await world.arrived();
      expect(emails().filter((each) => each === `${weather}@example.com`)).toHaveLength(1);
      expect(wrong()).toEqual([]);
      await context.close();
    },
  );

  test('it is tried again by itself, less and less often', async () => {
    const { page, context } = await open();
    await page.clock.install();
    await page.goto(world.page('/again', `${FORM}${world.tag()}`, OWN));
    await ready(page);
    world.weather('broken');
    const before = world.sent.length;
    const tried = (times: number) => until(`${times} attempts`, () => world.sent.length === before + times);
    await page.evaluate(() => {
      window.LeadToSheet?.on('queued', () => {
        document.body.dataset.queued = String(Number(document.body.dataset.queued ?? 0) + 1);
      });
    });
    const settled = (times: number) =>
      until('it was told', async () => (await page.evaluate(() => document.body.dataset.queued)) === String(times));
    await send(page, 'again@example.com');
    for (const [at, seconds] of [5, 10].entries()) {
      await settled(at + 1);
      await page.clock.runFor(seconds * 1000 - 100);
      expect(world.sent.length).toBe(before + at + 1);
      await page.clock.runFor(200);
      await tried(at + 2);
    }
    await settled(3);
    world.weather('fair');
    await page.clock.runFor(20_000);
    expect((await world.arrived())[0]?.body.fields.Email).toBe('again@example.com');
    await context.close();
  });

  test('no more than twenty wait, the newest ones, and none longer than a day', async () => {
    const url = world.page('/many', `${FORM}${world.tag()}`, OWN);
    const { page, context } = await visit(url);
    await context.setOffline(true);
    const bodies = await page.evaluate(async () => {
      for (let i = 1; i <= 25; i++) await window.LeadToSheet?.submit({ Nr: `n${i}` }).catch(() => {});
      const names = Object.keys(localStorage).filter((name) => name.startsWith('lts-outbox'));
      const waiting = names.map((name) => JSON.parse(localStorage[name]) as { at: number; body: string });
      return waiting.map(({ body }) => new URLSearchParams(body).get('Nr'));
    });
    expect(bodies.sort()).toEqual(Array.from({ length: 20 }, (_, i) => `n${i + 6}`).sort());
    await page.evaluate(() => {
      for (const name of Object.keys(localStorage)) {
        if (!name.startsWith('lts-outbox')) continue;
        const one = JSON.parse(localStorage[name]);
        const isLast = new URLSearchParams(one.body).get('Nr') === 'n25';
        localStorage[name] = isLast ? JSON.stringify(one) : JSON.stringify({ ...one, at: Date.now() - 86_400_000 });
      }
      localStorage['lts-outbox spoilt'] = '{';
    });
    await context.setOffline(false);
    expect((await world.arrived()).map(({ body }) => body.fields)).toEqual([{ Nr: 'n25' }]);
    await until('nothing waits', async () => (await waiting(page)) <= 1);
    await context.close();
  });

  test.each([
    ['not there', `Object.defineProperty(window, 'localStorage', { value: null });`],
    [
      'forbidden',
      `Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });`,
    ],
    ['full', `Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };`],
    ['spoilt', `localStorage['lts-touches'] = '{"first":7}';`],
  ])('storage that is %s', async (_, script) => {
    const { page, context, said } = await open();
    await page.addInitScript(script);
    await page.goto(world.page('/storage', `${FORM}${world.tag()}`, OWN));
    await ready(page);
    await send(page, 'storage@example.com');
    expect((await world.arrived())[0]?.body.fields.Email).toBe('storage@example.com');
    expect(await own(page)).toBe('1');
    expect(said).toEqual([]);
    await context.close();
  });

  test.each([
    ['fetch', `window.fetch = () => { throw new Error('mine'); };`],
    ['crypto', `crypto.getRandomValues = () => { throw new Error('mine'); };`],
    ['JSON', `JSON.stringify = () => { throw new Error('mine'); };`],
    ['FormData', `window.FormData = class { constructor() { throw new Error('mine'); } };`],
    ['the DOM', `Element.prototype.closest = Element.prototype.matches = () => { throw new Error('mine'); };`],
    ['what it watches by', `window.MutationObserver = undefined;`],
  ])('a page that broke %s still sends its form as without it, in place too', async (_, script) => {
    const forms = FORM.replace('>', ' action="/thanks" method="post">');
    const ajax = forms.replace('<form', '<form data-lts-ajax');
    for (const [path, form] of [
      ['/spoilt', forms],
      ['/spoilt-ajax', ajax],
    ] as const) {
      const { page, context, said } = await open();
      await page.addInitScript(script);
      await page.goto(world.page(path, `${form}${world.tag()}`));
      await page.waitForLoadState('load');
      await page.getByLabel('E-mail').fill('x@example.com');
      await page.getByRole('button').click();
      if (path === '/spoilt' || !/fetch|Mutation/.test(script)) await page.waitForURL('**/thanks');
      expect(said).toEqual([]);
      await context.close();
    }
  });
});
