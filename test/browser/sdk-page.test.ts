import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, missingBrowser, openPage, violationsOf } from '../support/browser.ts';
import { until } from '../support/server.ts';
import { kept, ready, type SdkWorld, sdkWorld } from './sdk-world.ts';

setDefaultTimeout(120_000);

const form = (attributes: string, more = '') =>
  `<main><h1>Contact</h1><form name="contact" method="post" action="/thanks" data-lts-ajax ${attributes}>
  <label>E-mail <input name="Email" type="email" required></label>${more}<button>Send</button></form></main>`;

describe.skipIf(missingBrowser !== null)('the script and the page', () => {
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

  async function visit(url: string) {
    const opened = await openPage(browser);
    opened.page.setDefaultTimeout(10_000);
    await opened.page.goto(url);
    await ready(opened.page);
    return opened;
  }
  async function send(page: Page, email: string) {
    await page.getByLabel('E-mail').fill(email);
    await page.getByRole('button', { name: 'Send' }).click();
  }

  describe('a form that is sent in place', () => {
    test('holds its button, thanks in the words of the endpoint, and the page hears of it', async () => {
      await world.api.store.endpoints.update(world.api.site.id, world.endpoint, {
        thanksTitle: 'Merci',
        thanksText: 'We call <b>you</b>.',
      });
      const script = `document.addEventListener('submit', (event) => { document.body.dataset.own = String(event.defaultPrevented); });`;
      const { page, context, said } = await visit(world.page('/ajax', `${form('')}${world.tag()}`, script));
      world.weather('hanging');
      await send(page, 'ajax@example.com');
      const button = page.getByRole('button');
      await until('the button is held', () => button.isDisabled());
      expect(await page.locator('form').getAttribute('aria-busy')).toBe('true');
      expect(await violationsOf(page)).toEqual([]);
      world.weather('fair');
      await page.getByRole('status').waitFor();
      expect(await page.getByRole('status').locator('p').allTextContents()).toEqual(['Merci', 'We call <b>you</b>.']);
      expect(await page.locator('form').isVisible()).toBe(false);
      expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('status');
      expect(await page.evaluate(() => document.body.dataset.own)).toBe('true');
      expect(await violationsOf(page)).toEqual([]);
      expect((await world.arrived())[0]).toMatchObject({
        source: 'sdk',
        body: { fields: { Email: 'ajax@example.com' } },
      });
      expect([page.url(), world.posted, said]).toEqual([`${world.site}/ajax`, [], []]);
      await context.close();
    });

    test('thanks in its own words', async () => {
      const { page, context } = await visit(
        world.page('/own-words', `${form('data-lts-thanks="Gracias"')}${world.tag()}`),
      );
      await send(page, 'own@example.com');
      expect(await page.getByRole('status').textContent()).toBe('Gracias');
      await world.arrived();
      await context.close();
    });

    test('marks what the browser finds wrong, and lets it be mended', async () => {
      const described = '<p id="hint">Yours</p>';
      const html = form('novalidate', described).replace('required', 'required aria-describedby="hint"');
      const { page, context, said } = await visit(world.page('/bad', `${html}${world.tag()}`));
      const before = world.sent.length;
      await send(page, 'nobody');
      const field = page.getByLabel('E-mail');
      expect(await field.getAttribute('aria-invalid')).toBe('true');
      const ids = (await field.getAttribute('aria-describedby'))?.split(' ') ?? [];
      expect(ids[0]).toBe('hint');
      expect(await page.locator(`#${ids[1]}`).textContent()).toContain('@');
      expect(await field.evaluate((each) => each === document.activeElement)).toBe(true);
      await page.getByRole('button').click();
      expect(await page.locator('.lts-error').count()).toBe(1);
      expect(world.sent.length).toBe(before);
      await send(page, 'mended@example.com');
      await page.getByRole('status').waitFor();
      expect(await field.getAttribute('aria-invalid')).toBeNull();
      expect(await field.getAttribute('aria-describedby')).toBe('hint');
      expect(await page.locator('span.lts-error').count()).toBe(0);
      await world.arrived();
      expect(said).toEqual([]);
      await context.close();
    });

    test('says which field the server does not take, and everything else in words', async () => {
      const name = `a/~b${'n'.repeat(201)}`;
      const html = form('', `<label>Long <input name="${name}" value="1"></label>`);
      const { page, context } = await visit(world.page('/refused', `${html}${world.tag()}`));
      await send(page, 'refused@example.com');
      const field = page.getByLabel('Long');
      await until('it is marked', async () => (await field.getAttribute('aria-invalid')) === 'true');
      expect(await page.locator('.lts-error').allTextContents()).toEqual([
        expect.stringContaining('200 characters'),
        expect.stringContaining('not taken'),
      ]);
      expect(await page.getByRole('alert').count()).toBe(1);
      expect(await page.getByRole('button').isEnabled()).toBe(true);
      expect(await kept(page, 'lts-outbox')).toEqual([]);
      expect(await violationsOf(page)).toEqual([]);
      await context.close();

      const strict = await world.api.store.sites.create({ name: 'Strict' });
      await world.api.store.sites.update(strict.id, { allowedDomains: ['example.com'] });
      const other = await visit(
        world.page('/strict', `${form('')}${world.tag().replace(world.endpoint, strict.endpointId)}`),
      );
      await send(other.page, 'strict@example.com');
      expect(await other.page.getByRole('alert').textContent()).toContain('localhost');
      await other.context.close();
    });

    test('a server that fails: it says so and keeps the form; sent again unchanged, it is one lead', async () => {
      const { page, context } = await visit(world.page('/fails', `${form('')}${world.tag()}`));
      world.weather('broken');
      await send(page, 'fails@example.com');
      expect(await page.getByRole('alert').textContent()).toBe('This is sent as soon as you are online again.');
      expect(await kept(page, 'lts-outbox')).toHaveLength(1);
      await send(page, 'changed@example.com');
      await until('the button is free', () => page.getByRole('button').isEnabled());
      expect(await kept(page, 'lts-outbox')).toHaveLength(1);
      world.weather('fair');
      await page.getByRole('button').click();
      await page.getByRole('status').waitFor();
      expect((await world.arrived()).map(({ body }) => body.fields.Email)).toEqual(['changed@example.com']);
      expect(await kept(page, 'lts-outbox')).toEqual([]);
      await context.close();
    });

    test('sends files, which no other form does', async () => {
      const more = '<label>CV <input type="file" name="CV"></label>';
      const { page, context, said } = await visit(world.page('/files', `${form('', more)}${world.tag()}`));
      const file = { name: 'cv.txt', mimeType: 'text/plain', buffer: Buffer.from('What I have done.') };
      await page.getByLabel('CV').setInputFiles(file);
      await send(page, 'files@example.com');
      await page.getByRole('status').waitFor();
      const [lead] = await world.arrived();
      expect(lead?.body.fields.Email).toBe('files@example.com');
      expect(lead?.body.files).toMatchObject([{ field: 'CV', name: 'cv.txt', size: 17 }]);
      expect(lead?.source).toBe('sdk');
      const plain = form('', more).replace('data-lts-ajax', '');
      await page.goto(world.page('/files-plain', `${plain}${world.tag()}`));
      await ready(page);
      await page.getByLabel('CV').setInputFiles(file);
      await send(page, 'plain@example.com');
      const [other] = await world.arrived();
      expect(other?.body).toMatchObject({ fields: { Email: 'plain@example.com' }, files: [] });
      expect(other?.body.fields).toEqual({ Email: 'plain@example.com' });
      expect(said).toEqual([]);
      await context.close();
    });
  });

  describe('window.LeadToSheet', () => {
    test('submit sends what it is given and gives the ID; identify goes with every form', async () => {
      const script = `document.addEventListener('submit', (event) => event.preventDefault());`;
      const { page, context, said } = await visit(
        world.page('/api', `${form('').replace('data-lts-ajax', '')}${world.tag()}`, script),
      );
      const answer = await page.evaluate(() => {
        const fields = {
          Email: 'alice@example.com',
          Seats: 20,
          Topics: ['a', 'b'],
          Nothing: null,
          Address: { city: 'Paris' },
          News: true,
        };
        window.LeadToSheet?.identify({ Plan: 'Pro', Email: 'other@example.com', password: 'hunter2' });
        window.LeadToSheet?.identify({ Account: 'A-1' });
        return window.LeadToSheet?.submit(
          { ...fields, 'Card number': '1', Note: '4111111111111111' },
          { form: 'Offer' },
        );
      });
      const [lead] = await world.arrived();
      expect(answer).toEqual({ id: lead?.id ?? '' });
      expect(lead).toMatchObject({ formName: 'Offer', source: 'sdk', body: { page_title: 'Our shop' } });
      expect(lead?.body.fields).toEqual({
        Email: 'alice@example.com',
        Seats: '20',
        Topics: ['a', 'b'],
        Address: '{"city":"Paris"}',
        News: 'true',
        Plan: 'Pro',
        Account: 'A-1',
      });
      await send(page, 'form@example.com');
      expect((await world.arrived())[0]?.body.fields).toEqual({
        Email: 'form@example.com',
        Plan: 'Pro',
        Account: 'A-1',
      });
      expect(world.sent.join('')).not.toMatch(/hunter2|4111/);
      expect(said).toEqual([]);
      await context.close();
    });

    test('submit rejects with what the server says; who does not listen gets no error', async () => {
      const { page, context, said } = await visit(world.page('/api-refused', world.tag()));
      const outcome = (weather: 'fair' | 'broken') => {
        world.weather(weather);
        return page.evaluate(async () => {
          try {
            await window.LeadToSheet?.submit({ ['n'.repeat(201)]: 1 });
            return null;
          } catch (error) {
            const { code, details = [] } = error as Error & { code: string; details?: unknown[] };
            return { code, details: details.length, isError: error instanceof Error };
          }
        });
      };
      expect(await outcome('fair')).toEqual({ code: 'validation_error', details: 1, isError: true });
      expect(await outcome('broken')).toEqual({ code: 'queued', details: 0, isError: true });
      world.weather('fair');
      await page.evaluate(() => void window.LeadToSheet?.submit({ ['n'.repeat(201)]: 1 }));
      await page.evaluate(() => window.LeadToSheet?.submit({ a: 1 }));
      await world.arrived();
      expect(said.filter((text) => !text.startsWith('Failed to load resource'))).toEqual([]);
      await context.close();
    });

    test("on tells what becomes of forms; a handler that throws is the page's own fault, and stops nothing", async () => {
      const script = `const seen = []; addEventListener('load', () => {
        LeadToSheet.on('submit', () => { throw new Error('of the page'); });
        LeadToSheet.on('submit', ({ form, fields }) => seen.push(['submit', form?.getAttribute('name'), fields.get('Email')]));
        LeadToSheet.on('sent', ({ id }) => seen.push(['sent', id]));
        LeadToSheet.on('refused', ({ code }) => seen.push(['refused', code]));
        LeadToSheet.on('queued', () => seen.push(['queued']));
        window.seen = seen;
      });`;
      const { page, context, said } = await visit(world.page('/events', `${form('')}${world.tag()}`, script));
      await send(page, 'events@example.com');
      await page.getByRole('status').waitFor();
      await page.evaluate((name) => window.LeadToSheet?.submit({ [name]: 1 }).catch(() => {}), 'n'.repeat(201));
      world.weather('broken');
      await page.evaluate(() => window.LeadToSheet?.submit({ a: 1 }).catch(() => {}));
      world.weather('fair');
      const [lead] = await world.arrived();
      expect(await page.evaluate(() => (window as unknown as { seen: unknown[] }).seen)).toEqual([
        ['submit', 'contact', 'events@example.com'],
        ['sent', lead?.id],
        ['submit', undefined, null],
        ['refused', 'validation_error'],
        ['submit', undefined, null],
        ['queued'],
      ]);
      expect(new Set(said.filter((text) => !text.startsWith('Failed to load resource')))).toEqual(
        new Set(['of the page']),
      );
      await context.close();
    });
  });
});
