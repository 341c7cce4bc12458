import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Browser } from 'playwright-core';
import { launchBrowser, missingBrowser, openPage } from '../support/browser.ts';
import { type SdkWorld, sdkWorld } from './sdk-world.ts';

setDefaultTimeout(120_000);

/*
 * Pages as the documentation of Formspree, Basin and Web3Forms has them, with nothing changed but the address. Spec 3,
 * "Form endpoint".
 */

const EMAIL = '<label>E-mail <input type="email" name="email" required></label>';
const REST = '<button>Send</button></form><p id="said"></p>';
/** Basin's "Using AJAX": no header is set. */
const BASIN = `const form = document.getElementById('contact');
form.onsubmit = (event) => {
  event.preventDefault();
  const request = new XMLHttpRequest();
  request.open('POST', form.action, true);
  request.onerror = () => { said.textContent = 'lost'; };
  request.onload = () => { said.textContent = request.status === 200 ? 'sent' : 'refused'; };
  request.send(new FormData(form));
};`;
/** Formspree's "Submit forms with JavaScript (AJAX)". */
const FORMSPREE = `const form = document.getElementById('contact');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const headers = { Accept: 'application/json' };
  const response = await fetch(form.action, { method: form.method, body: new FormData(form), headers });
  said.textContent = response.ok ? 'sent' : 'refused';
});`;
/** Web3Forms, "React": the answer's \`success\` counts, and no header is set. */
const WEB3FORMS = `const form = document.getElementById('contact');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const body = new FormData(form);
  body.append('access_key', 'YOUR_ACCESS_KEY_HERE');
  const data = await (await fetch(form.action, { method: 'POST', body })).json();
  said.textContent = data.success ? 'sent' : data.message;
});`;

describe.skipIf(missingBrowser !== null)('pages written for other form services, in a browser', () => {
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

  const formTag = () => `<form id="contact" action="${world.url}/f/${world.endpoint}" method="POST">`;
  async function fillIn(path: string, fields: string, script?: string) {
    const url = world.page(path, `${formTag()}${fields}${REST}`, script);
    const { page, context } = await openPage(browser);
    page.setDefaultTimeout(10_000);
    await page.goto(url);
    await page.getByLabel('E-mail').fill('alice@example.com');
    await page.getByRole('button', { name: 'Send' }).click();
    return { page, context };
  }

  test.each([
    ['Basin by script', BASIN],
    ['Formspree by script', FORMSPREE],
    ['Web3Forms by script', WEB3FORMS],
  ])('%s: the page says that it was sent, and the lead is there', async (name, script) => {
    const { page, context } = await fillIn(`/${encodeURIComponent(name)}`, EMAIL, script);
    await page.waitForFunction(() => document.getElementById('said')?.textContent !== '');
    expect(await page.textContent('#said')).toBe('sent');
    const [lead] = await world.arrived();
    expect(lead?.body.fields).toEqual({ email: 'alice@example.com' });
    await context.close();
  });

  test('Formspree without a script: the visitor’s address is a field, and he goes where the form says', async () => {
    const fields =
      '<label>E-mail <input type="email" name="_replyto"></label><input type="hidden" name="_next" value="/thanks">' +
      '<input type="text" name="_gotcha" style="display:none"><input type="hidden" name="_subject" value="New">' +
      '<input type="text" name="name" value="Alice">';
    const { page, context } = await fillIn('/plain', fields);
    await page.waitForURL(`${world.site}/thanks`);
    const [lead] = await world.arrived();
    expect(lead).toMatchObject({ spam: false, body: { fields: { name: 'Alice', Email: 'alice@example.com' } } });
    await context.close();
  });
});
