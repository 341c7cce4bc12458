import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { HookCheck } from '../../src/contract/hook.ts';
import type { Snippet } from '../../src/http/admin/components/snippets.tsx';
import { endpointSnippets, hookSnippets, restSnippets } from '../../src/http/admin/pages/source-snippets.ts';
import type { Lead } from '../../src/store/store.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { makeHook } from './hook-world.ts';

let api: TestApp;
let url: string;
let key: string;
beforeAll(async () => {
  api = await testApp();
  url = `http://127.0.0.1:${api.app.start().port}`;
  key = (await api.key()).key;
});
afterAll(() => api.close());

/** How a snippet is run where its language is there. */
const RUN: Readonly<Record<string, (text: string) => string[]>> = {
  curl: (text) => ['bash', '-c', text],
  JavaScript: (text) => [process.execPath, '-e', text],
  Python: (text) => ['python3', '-c', text],
  PHP: (text) => ['php', '-r', text.replace(/^<\?php/, '')],
};

/** Ends well where a language has what its snippets need. */
const NEEDS: Readonly<Record<string, string[]>> = {
  Python: ['python3', '-c', 'import requests'],
  PHP: ['php', '-r', "exit(function_exists('curl_init') ? 0 : 1);"],
};

/** Whether this machine has what a language needs: PHP and Python’s `requests` are not everywhere. */
function has(name: string): boolean {
  const [program = '', ...words] = NEEDS[name] ?? [];
  if (program === '') return true;
  return Bun.which(program) !== null && Bun.spawnSync([program, ...words]).exitCode === 0;
}

const newest = (): Lead | undefined =>
  api.store.leads.list(api.site.id, { filter: { spam: 'include' }, newestFirst: true, limit: 1, offset: 0 })[0];

async function runs({ name, text }: Snippet, source: Lead['source']): Promise<void> {
  const before = newest()?.id;
  const run = Bun.spawn(RUN[name]?.(text) ?? [], {
    env: { ...process.env, LTS_KEY: key, LTS_SECRET: SECRET },
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [printed, problem] = await Promise.all([new Response(run.stdout).text(), new Response(run.stderr).text()]);
  expect({ name, problem: (await run.exited) === 0 ? '' : problem }).toEqual({ name, problem: '' });
  const lead = newest();
  expect(lead?.id).not.toBe(before);
  expect(lead).toMatchObject({ source, spam: false });
  expect(lead?.body.fields).toEqual({ Email: 'alice@example.com', 'Full name': 'Alice' });
  expect(printed).toContain(lead?.id ?? 'an id');
}

/** What Standard Webhooks takes, and every other check too. */
const SECRET = 'whsec_c2VjcmV0IG9mIHRoZSBzaG9w';
const CHECKS = [
  { type: 'secret_header', header: 'X-Token' },
  { type: 'basic', username: "the 'shop'" },
  { type: 'hmac' },
  { type: 'hmac', header: 'X-Mac', algorithm: 'sha512', encoding: 'base64', prefix: "it's=" },
  { type: 'hmac', timestamp_header: 'X-Time', signed: 'v0:{timestamp}:{body}"$`' },
  { type: 'hmac', timestamp_part: 't', signature_part: 'v1', signed: '{timestamp}.{body}' },
  { type: 'standard_webhooks' },
] as const satisfies readonly HookCheck[];

const LANGUAGES = Object.keys(RUN);
const one = (snippets: readonly Snippet[], wanted: string): Snippet => {
  const found = snippets.find(({ name }) => name === wanted);
  if (found === undefined) throw new Error(`there is no snippet in ${wanted}`);
  return found;
};

describe.each(LANGUAGES)('%s as it stands on the page of sources', (name) => {
  test.skipIf(!has(name))('sends a lead by the API, to an endpoint, and to webhooks', async () => {
    await runs(one(restSnippets(url), name), 'rest_api');
    const endpoint = api.store.endpoints.get(api.site.endpointId);
    if (endpoint === null) throw new Error('no endpoint');
    // The name of one is whatever somebody typed.
    await runs(one(endpointSnippets(url, { ...endpoint, name: `It's "$HOME" \`${name}\`` }), name), 'form_endpoint');
    expect(newest()?.formName).toBe(`It's "$HOME" \`${name}\``);
    const open = await makeHook(api);
    await runs(one(hookSnippets(`${url}/hooks/${open.token}`, { type: 'none' }), name), 'webhook');
  });

  test.skipIf(!has(name)).each(CHECKS)('calls a webhook that checks %j', async (check) => {
    const { token } = await makeHook(api, { check, secrets: { secret: SECRET } });
    await runs(one(hookSnippets(`${url}/hooks/${token}`, check), name), 'webhook');
  });
});

test('the form sends what its fields say, and its trap is empty', async () => {
  const endpoint = api.store.endpoints.get(api.site.endpointId);
  if (endpoint === null) throw new Error('no endpoint');
  const { text } = one(endpointSnippets(url, { ...endpoint, name: '"><b>Shop & Co' }), 'HTML');
  let action = '';
  const fields = new URLSearchParams();
  new HTMLRewriter()
    .on('form', {
      element(form) {
        action = form.getAttribute('action') ?? '';
      },
    })
    .on('input, textarea', {
      element(field) {
        const [name, type] = [field.getAttribute('name') ?? '', field.getAttribute('type')];
        const typed = type === 'email' ? 'alice@example.com' : name === endpoint.honeypot ? '' : 'Hello';
        fields.append(name, type === 'hidden' ? (field.getAttribute('value') ?? '') : typed);
      },
    })
    .transform(text);
  const response = await fetch(action, { method: 'POST', body: fields, redirect: 'manual' });
  expect(response.status).toBe(302);
  expect(newest()).toMatchObject({ source: 'form_endpoint', spam: false });
  expect(newest()?.body.fields).toEqual({ Email: 'alice@example.com', Message: 'Hello' });
});
