import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, missingBrowser, openPage } from '../support/browser.ts';
import { until } from '../support/server.ts';
import { kept, ready, type SdkWorld, sdkWorld } from './sdk-world.ts';

setDefaultTimeout(120_000);

const FORM = `<form id="contact" action="/thanks" method="post">
  <label>E-mail <input name="Email" type="email"></label>
  <button>Send</button></form>`;
/** What most pages do: they take the form themselves, and tell so. */
const OWN = `document.addEventListener('submit', (event) => {
  event.preventDefault();
  document.body.dataset.own = String(Number(document.body.dataset.own ?? 0) + 1);
});`;

describe.skipIf(missingBrowser !== null)('the script in a browser', () => {
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

  /** A browser of one's own on a page, with whatever it complains of. */
  async function visit(url: string, options: Parameters<typeof openPage>[1] = {}) {
    const opened = await openPage(browser, options);
    opened.page.setDefaultTimeout(10_000);
    await opened.page.goto(url);
    await ready(opened.page);
    return opened;
  }
  const own = (page: Page) => page.evaluate(() => document.body.dataset.own ?? '0');
  async function send(page: Page, email: string) {
    await page.getByLabel('E-mail').fill(email);
    await page.getByRole('button', { name: 'Send' }).click();
  }

  test('a form that the page takes itself: the lead comes, and the page goes on as it would', async () => {
    const url = world.page('/own', `<h1>Write to us</h1>${FORM}${world.tag()}`, OWN);
    const { page, context, said } = await visit(`${url}?utm_source=news&gclid=Cj0`, {
      locale: 'de-DE',
      timezoneId: 'Europe/Berlin',
    });
    await send(page, 'alice@example.com');
    const [lead] = await world.arrived();
    expect(lead).toMatchObject({
      source: 'sdk',
      formName: 'contact',
      body: {
        fields: { Email: 'alice@example.com' },
        page_url: `${url}?utm_source=news&gclid=Cj0`,
        page_title: 'Our shop',
        utm_source: 'news',
        click_id: 'Cj0',
        paid_source: 'google',
        language: 'de-DE',
        timezone: 'Europe/Berlin',
        metadata: { first_touch: { page_url: url, utm_source: 'news' }, last_touch: { gclid: 'Cj0' } },
      },
    });
    expect(lead?.body.screen_size).toMatch(/^\d+x\d+$/);
    expect(await own(page)).toBe('1');
    await until('nothing waits', async () => (await kept(page, 'lts-outbox')).length === 0);
    expect(said).toEqual([]);
    await context.close();
  });

  test('a form that leads away at once: the lead comes, and the site gets its form', async () => {
    const url = world.page('/away', `${FORM}${world.tag()}`);
    const { page, context, said } = await visit(url);
    await send(page, 'away@example.com');
    await page.waitForURL('**/thanks');
    const [lead] = await world.arrived();
    expect(lead?.body.fields).toEqual({ Email: 'away@example.com' });
    expect(world.posted).toContain('Email=away%40example.com');
    // The next page with the script makes sure of it, and it stays one lead.
    await page.goto(url);
    await ready(page);
    await until('nothing waits', async () => (await kept(page, 'lts-outbox')).length === 0);
    expect(world.leads().filter(({ body }) => body.fields.Email === 'away@example.com')).toHaveLength(1);
    expect(said).toEqual([]);
    await context.close();
  });

  test('a page that changes without loading: forms of later, the address and campaign of the moment', async () => {
    const url = world.page('/spa', `<main></main>${world.tag()}`, OWN);
    const { page, context, said } = await visit(url);
    await page.evaluate((form) => {
      history.pushState(null, '', '/spa/prices?utm_source=later');
      document.title = 'Prices';
      const made = document.createElement('form');
      made.setAttribute('aria-label', form);
      const field = document.createElement('input');
      field.setAttribute('aria-label', 'E-mail');
      field.name = 'Email';
      const button = document.createElement('button');
      button.textContent = 'Send';
      made.append(field, button);
      document.querySelector('main')?.append(made);
    }, 'Ask for a price');
    await send(page, 'spa@example.com');
    const [lead] = await world.arrived();
    expect(lead).toMatchObject({
      formName: 'Ask for a price',
      body: { page_url: `${world.site}/spa/prices?utm_source=later`, page_title: 'Prices', utm_source: 'later' },
    });
    expect(await own(page)).toBe('1');
    expect(said).toEqual([]);
    await context.close();
  });

  test('open shadow trees, one in the other, those of later too, also when nobody touches the form', async () => {
    const script = `
      customElements.define('x-inner', class extends HTMLElement {
        connectedCallback() {
          const form = document.createElement('form');
          form.name = this.getAttribute('name');
          const field = document.createElement('input');
          field.name = 'Email'; field.setAttribute('aria-label', 'E-mail');
          const button = document.createElement('button');
          button.textContent = 'Send';
          form.append(field, button);
          form.addEventListener('submit', (event) => { event.preventDefault(); document.body.dataset.own = '1'; });
          this.attachShadow({ mode: this.getAttribute('mode') ?? 'open' }).append(form);
        }
      });
      customElements.define('x-outer', class extends HTMLElement {
        connectedCallback() {
          const inner = document.createElement('x-inner');
          inner.setAttribute('name', this.getAttribute('name'));
          this.attachShadow({ mode: 'open' }).append(inner);
        }
      });`;
    const url = world.page('/shadow', `<x-outer name="first"></x-outer>${world.tag()}`, script);
    const { page, context, said } = await visit(url);
    await send(page, 'first@example.com');
    expect((await world.arrived())[0]).toMatchObject({
      formName: 'first',
      body: { fields: { Email: 'first@example.com' } },
    });
    expect(await own(page)).toBe('1');
    await page.evaluate(() => {
      document.querySelector('x-outer')?.remove();
      const late = document.createElement('x-outer');
      late.setAttribute('name', 'second');
      document.body.append(late);
    });
    await send(page, 'second@example.com');
    expect((await world.arrived())[0]).toMatchObject({ formName: 'second' });
    await page.reload();
    await ready(page);
    await page.evaluate(() => {
      const form = document
        .querySelector('x-outer')
        ?.shadowRoot?.querySelector('x-inner')
        ?.shadowRoot?.querySelector('form');
      const field = form?.querySelector('input');
      if (field) field.value = 'untouched@example.com';
      form?.requestSubmit();
    });
    expect((await world.arrived())[0]?.body.fields).toEqual({ Email: 'untouched@example.com' });
    expect(said).toEqual([]);
    await context.close();
  });

  test('what is private never leaves the page, and forms that are none of ours are left out', async () => {
    const url = world.page(
      '/private',
      `<form class="sign-up" name="sign-up">
        <input name="Email" value="alice@example.com"><input name="Company" value="Example">
        <input type="password" name="whatever" value="hunter2hunter2"><input type="hidden" name="copy" value="hunter2hunter2">
        <input name="shown" type="password" value="seenseen"><input name="Kartennummer" value="1">
        <input name="card-number" value="1"><input name="x1" autocomplete="cc-csc" value="123"><input name="cvc" value="123">
        <label>Card number <input name="x2" value="5555"></label><input name="note" value="4111 1111 1111 1111">
        <input name="mine" value="left" data-lts-ignore><div data-lts-ignore><input name="block" value="left"></div>
        <input name="later" class="internal" value="left"><input name="Phone" type="tel" value="+49 151 12345678">
        <input type="file" name="cv"><button>Sign up</button></form>
      <form id="login"><input name="user" value="u"><input type="password" name="p" value="hunter2hunter2"><button>Log in</button></form>
      <form role="search"><input name="term" value="left"><button>Look</button></form>
      <form><input name="q" value="left"><button>Find</button></form>
      <form><input name="q" value="left"><select name="s"><option>left</option></select><button>Narrow</button></form>
      <form name="question"><input name="Mail" type="email" value="bob@example.com"><textarea name="query">How much?</textarea><button>Ask</button></form>
      <form data-lts-ignore><input name="a" value="left"><button>No</button></form>
      <form class="internal"><input name="a" value="left"><button>Inside</button></form>
      <form data-lts-form="Search agents" role="search"><input name="q" value="wanted"><button>Named</button></form>
      ${world.tag()}`,
      `${OWN} addEventListener('load', () => { LeadToSheet.ignore('.internal'); LeadToSheet.ignore('['); });`,
    );
    const { page, context, said } = await visit(url);
    const before = world.sent.length;
    await page.locator('[name=shown]').evaluate((input: HTMLInputElement) => {
      input.type = 'text';
    });
    for (const name of ['Log in', 'Look', 'Find', 'Narrow', 'No', 'Inside', 'Sign up', 'Ask', 'Named']) {
      await page.getByRole('button', { name, exact: true }).click();
    }
    const leads = await world.arrived(3);
    expect(leads.map(({ formName, body }) => [formName, body.fields])).toEqual([
      ['sign-up', { Email: 'alice@example.com', Company: 'Example', Phone: '+49 151 12345678' }],
      ['question', { Mail: 'bob@example.com', query: 'How much?' }],
      ['Search agents', { q: 'wanted' }],
    ]);
    const wire = world.sent.slice(before).join('\n');
    expect(wire).not.toMatch(/hunter2|seenseen|4111|5555|csc|cvc|left/);
    expect(await own(page)).toBe('9');
    expect(said).toEqual([]);
    await context.close();
  });

  test('fields without a name go by their label, and a form without one by what it asks for', async () => {
    const fields = `<label>Your company: * <input></label><input placeholder="City" value=""><input type="checkbox" aria-label="News">`;
    const form = (before: string) =>
      `${before}<section><h2>Talk to us</h2><form>${fields}<button>Send</button></form></section>${world.tag()}`;
    const first = await visit(world.page('/plain', form('<h1>Shop</h1>'), OWN));
    await first.page.getByLabel('Your company').fill('Example');
    await first.page.getByLabel('News').check();
    await first.page.getByRole('button').click();
    const [lead] = await world.arrived();
    expect(lead).toMatchObject({ formName: 'Talk to us', body: { fields: { 'Your company': 'Example', News: 'on' } } });
    await first.page.goto(
      world.page('/plain2', form('<h2>Other</h2>').replace('Talk to us', 'Sprechen Sie uns an'), OWN),
    );
    await ready(first.page);
    await first.page.getByLabel('Your company').fill('Example 2');
    await first.page.getByRole('button').click();
    expect((await world.arrived())[0]?.formId).toBe(lead?.formId ?? '');
    expect(first.said).toEqual([]);
    await first.context.close();
  });

  test('sent twice by a double click or a script of the page, a form is one lead; changed, it is another', async () => {
    const script = `${OWN} document.addEventListener('submit', (event) => {
      if (event.target.dataset.again) return;
      event.target.dataset.again = '1';
      event.target.elements['g-recaptcha-response'].value = 'token';
      setTimeout(() => event.target.requestSubmit(), 50);
    });`;
    const url = world.page(
      '/twice',
      `${FORM.replace('<button', '<textarea hidden name="g-recaptcha-response"></textarea><button')}${world.tag()}`,
      script,
    );
    const { page, context } = await visit(url);
    await send(page, 'one@example.com');
    await page.waitForFunction(() => document.body.dataset.own === '2');
    await page.getByRole('button').dblclick();
    await send(page, 'two@example.com');
    expect((await world.arrived(2)).map(({ body }) => body.fields.Email)).toEqual([
      'one@example.com',
      'two@example.com',
    ]);
    await context.close();
  });

  test('a form of 100 KB', async () => {
    const url = world.page(
      '/large',
      `<form name="large"><textarea name="Text" aria-label="E-mail"></textarea><textarea name="More"></textarea><button>Send</button></form>${world.tag()}`,
      OWN,
    );
    const { page, context, said } = await visit(url);
    await page.locator('[name=More]').evaluate((area: HTMLTextAreaElement) => {
      area.value = 'ä '.repeat(20_000);
    });
    await send(page, 'large');
    expect((await world.arrived())[0]).toMatchObject({ formName: 'large' });
    expect(world.sent.at(-1)?.length).toBeGreaterThan(100_000);
    expect(said).toEqual([]);
    await context.close();
  });

  test('a form that goes to our server by itself is one lead, with what the script knows', async () => {
    const url = world.page(
      '/native',
      `<form name="native" method="post" action="${world.url}/f/${world.endpoint}"><input name="Email" aria-label="E-mail"><button>Send</button></form>${world.tag()}`,
    );
    const { page, context, said } = await visit(`${url}?utm_source=native`);
    const before = world.sent.length;
    await Promise.all([page.waitForEvent('framenavigated'), send(page, 'native@example.com')]);
    const [lead] = await world.arrived();
    expect(lead).toMatchObject({
      source: 'sdk',
      formName: 'native',
      body: { utm_source: 'native', page_title: 'Our shop' },
    });
    expect(lead?.body.fields).toEqual({ Email: 'native@example.com' });
    expect(world.sent.length).toBe(before + 1);
    expect(said).toEqual([]);
    await context.close();
  });

  test('how a visitor came is kept across pages: first and last; or not at all', async () => {
    const url = world.page('/came', `${FORM}${world.tag()}`, OWN);
    const { page, context } = await visit(`${url}?utm_source=first&utm_campaign=spring`, {});
    for (const query of ['?utm_source=second&msclkid=m1', '', '?page=2']) {
      await page.goto(url + query);
      await ready(page);
    }
    await send(page, 'came@example.com');
    expect((await world.arrived())[0]?.body).toMatchObject({
      utm_source: 'second',
      utm_campaign: null,
      click_id: 'm1',
      metadata: { first_touch: { utm_source: 'first', utm_campaign: 'spring' }, last_touch: { utm_source: 'second' } },
    });
    await page.goto(world.page('/came-off', `${FORM}${world.tag('data-attribution="off"')}`, OWN));
    await ready(page);
    expect(await kept(page, 'lts-touches')).toEqual([]);
    await send(page, 'off@example.com');
    expect((await world.arrived())[0]?.body).toMatchObject({ utm_source: null, metadata: {} });
    await context.close();
  });

  test('two tags of one site are one, and two sites get a lead each', async () => {
    const other = await world.api.store.sites.create({ name: 'Other' });
    const tags = world.tag() + world.tag() + world.tag().replace(world.endpoint, other.endpointId);
    const { page, context, said } = await visit(world.page('/both', `${FORM}${tags}`, OWN));
    await send(page, 'both@example.com');
    const fields = { Email: 'both@example.com' };
    expect((await world.arrived()).map(({ body }) => body.fields)).toEqual([fields]);
    expect((await world.arrived(1, other.id)).map(({ body }) => body.fields)).toEqual([fields]);
    expect(await own(page)).toBe('1');
    expect(said).toEqual([]);
    await context.close();
  });

  test('put in by another script, and by the address of its content', async () => {
    const hash = (await fetch(`${world.url}/sdk.js`)).headers.get('etag')?.slice(1, -1);
    const script = `${OWN} const tag = document.createElement('script');
      tag.src = '${world.url}/sdk-${hash}.js'; tag.setAttribute('data-site', '${world.endpoint}'); tag.type = 'text/javascript';
      document.head.append(tag);`.replace("require-trusted-types-for 'script'", '');
    const url = world.page(
      '/tag-manager',
      FORM,
      `trustedTypes.createPolicy('default', { createScriptURL: (each) => each }); ${script}`,
    );
    const { page, context, said } = await visit(url);
    await send(page, 'tag@example.com');
    expect((await world.arrived())[0]?.body.fields).toEqual({ Email: 'tag@example.com' });
    expect(said).toEqual([]);
    await context.close();
  });
});
