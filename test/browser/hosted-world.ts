import { createAccounts } from '../../src/accounts/create.ts';
import type { HostedForm } from '../../src/contract/hosted-form.ts';
import type { Lead } from '../../src/store/store.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { OWNER } from '../support/browser.ts';
import { TestClock } from '../support/clock.ts';
import { HOSTED_FORM, hostedField } from '../support/hosted-form.ts';

/** What somebody of the site, or whoever got at their account, may have written. */
const HOSTILE = '"><img src=x onerror="window.hit=1"><script>window.hit=1</script>';

export const FULL_FORM: HostedForm = {
  ...HOSTED_FORM,
  fields: [
    ...HOSTED_FORM.fields,
    hostedField({ id: 'f10', kind: 'file', label: 'Your plans', help: 'PDF or pictures.' }),
  ],
};

/** Words that break out, turn around, never break and never end. */
export const HOSTILE_FORM: HostedForm = {
  ...HOSTED_FORM,
  title: HOSTILE,
  intro: `${HOSTILE}\n${'x'.repeat(2_000)}`,
  button: 'b'.repeat(200),
  required_word: '\u202erequired',
  problem_title: HOSTILE,
  fields: HOSTED_FORM.fields.map((field) => ({
    ...field,
    label: `${field.id} ${HOSTILE}${'W'.repeat(100)}`,
    help: HOSTILE + 'h'.repeat(300),
    error: HOSTILE,
    choices: field.choices.map((choice) => `${choice} ${HOSTILE}${'c'.repeat(120)}`),
  })),
};

/** The page of a web site with a form in a frame. */
export const framing = (address: string): string =>
  `<!doctype html><html lang="en"><title>Site</title><body><main><h1>Site</h1>
  <iframe src="${address}" title="Contact us" width="100%" height="1500"></iframe></main>`;

/** The real server with forms that it shows. */
export interface HostedWorld {
  api: TestApp;
  clock: TestClock;
  url: string;
  /** Publishes a form at an endpoint of its own. @returns its address */
  publish(form: HostedForm, allowedDomains?: string[]): Promise<string>;
  /** Somebody signed in: their cookie. */
  owner(): Promise<{ name: string; value: string; url: string }>;
  newest(): Lead | undefined;
  close(): Promise<void>;
}

export async function hostedWorld(): Promise<HostedWorld> {
  const clock = new TestClock();
  const api = await testApp({ clock });
  const { port } = api.app.start();
  const url = `http://localhost:${port}`;
  let siteId = api.site.id;
  return {
    api,
    clock,
    url,
    async publish(form, allowedDomains = []) {
      const made = await api.store.sites.create({ name: 'Shop' });
      siteId = made.id;
      await api.store.sites.update(made.id, { allowedDomains });
      await api.store.hostedForms.change(made.id, made.endpointId, () => ({ published: true, form }));
      return `${url}/h/${made.endpointId}`;
    },
    newest: () =>
      api.store.leads.list(siteId, { filter: { spam: 'include' }, newestFirst: true, limit: 1, offset: 0 })[0],
    async owner() {
      const accounts = createAccounts({ store: api.store, vault: api.vault, clock });
      await accounts.createUser('cli', { ...OWNER, name: 'Alice', role: 'owner', siteIds: [] });
      const signedIn = await accounts.signIn(OWNER, { address: '127.0.0.1', browser: null, os: null });
      if (!signedIn.ok) throw new Error(signedIn.message);
      return { name: 'lts_session', value: signedIn.token, url };
    },
    close: () => api.close(),
  };
}
