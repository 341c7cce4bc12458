import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { SCOPES, type Scope } from '../../src/contract/key.ts';
import { createAuth } from '../../src/http/auth.ts';
import { createRateLimiter } from '../../src/http/rate-limit.ts';
import { newApiKey } from '../../src/lib/api-key.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { type TestApp, testApp } from '../support/app.ts';
import { settle } from '../support/clock.ts';
import { commitsOf, errorOf, storedIn } from './answers.ts';

let api: TestApp;
/** A lead and a form of the site, and of another one. */
let own: Record<'submissions' | 'forms', string>;
let others: Record<'submissions' | 'forms', string>;
beforeAll(async () => {
  api = await testApp();
  own = await objectsOf(api.site.id);
  others = await objectsOf((await api.store.sites.create({ name: 'Other' })).id);
});
afterAll(() => api.close());

async function objectsOf(siteId: string) {
  const { key } = await api.key({ siteId });
  const answer = await api.call('POST', '/api/v1/submissions', { key, json: { fields: { a: '1' } } });
  const { data } = (await answer.json()) as { data: { id: string; form_id: string } };
  return { submissions: data.id, forms: data.form_id };
}

/** Every route that takes an API key, and the scope it asks for; null: any key will do. */
const KEYED: Readonly<Record<string, Scope | null>> = {
  'POST /api/v1/submissions': 'submissions:write',
  'POST /api/v1/submissions/batch': 'submissions:write',
  'GET /api/v1/submissions': 'submissions:read',
  'GET /api/v1/submissions/:id': 'submissions:read',
  'GET /api/v1/forms': 'forms:read',
  'GET /api/v1/forms/:id': 'forms:read',
  'PATCH /api/v1/forms/:id': 'forms:write',
  'GET /api/v1/site': null,
};
/** Every route that takes none, and why. A route under /api that is in neither list fails the first test. */
const OPEN: Readonly<Record<string, string>> = {
  'GET /': 'leads to the admin UI',
  'ALL /admin': 'the admin UI: people sign in there',
  'ALL /admin/*': 'the admin UI: people sign in there',
  'GET /docs': 'documentation',
  'GET /docs/api': 'documentation',
  'GET /docs/mcp': 'documentation',
  'GET /docs/forms': 'documentation',
  'GET /docs/webhooks': 'documentation',
  'GET /assets/:name': 'what pages are made of',
  'POST /f/:id': 'web forms, for anybody: test/http/web-forms.test.ts',
  'OPTIONS /f/:id': 'web forms, for anybody',
  'GET /f/:id': 'says what the address is for',
  'GET /f/:id/thanks': 'what visitors see after a form',
  'GET /h/:id': 'the page of a form, for visitors: test/http/hosted.test.ts',
  'GET /sdk.js': 'the script that pages load',
  'GET /sdk-:name': 'the same by its content',
  'POST /hooks/:token': 'other services, by an address not to be guessed: test/http/hooks.test.ts',
  'PUT /hooks/:token': 'the same',
  'GET /hooks/:token': 'services make sure of the address',
  'GET /files/:id': 'has a signature of its own: test/http/files.test.ts',
  'GET /healthz': 'asked by supervisors, says nothing',
  'GET /readyz': 'asked by supervisors',
  'GET /metrics': 'has a token of its own: test/http/metrics.test.ts',
  'GET /api/v1/openapi.json': 'says what the program is, nothing of its leads',
  'POST /api/mcp': 'asks for a key in words of its own: test/mcp/auth.test.ts',
  'GET /.well-known/oauth-protected-resource': 'tells clients how to get in',
  'GET /.well-known/oauth-protected-resource/api/mcp': 'tells clients how to get in',
  'POST /register': 'tells clients how to get in',
};

test('each route stands in this table, and each row is a route', () => {
  const routes = [...new Set(api.app.routes.map(({ method, path }) => `${method} ${path}`))];
  expect(routes.sort()).toEqual([...Object.keys(KEYED), ...Object.keys(OPEN)].sort());
});

/** A body that tells whether anyone began to read it. */
function watchedBody() {
  const watch = { read: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        watch.read = true;
        controller.enqueue(new TextEncoder().encode('{broken'));
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  return { watch, stream };
}

/** Sends what no handler would take, so that only an answer from before the handler is right. */
async function knock(method: string, path: string, headers: Record<string, string>, id = 'nonsense') {
  const { watch, stream } = watchedBody();
  const request = new Request(`http://localhost${path.replace(':id', id)}${method === 'GET' ? '?no_such=%' : ''}`, {
    method,
    headers: { 'content-type': 'text/nonsense', ...headers },
    ...(method === 'GET' ? {} : { body: stream }),
  });
  // The note of an earlier use may still be on its way to the disk.
  await settle();
  const before = { leads: storedIn(api), commits: commitsOf(api) };
  const answer = await api.app.fetch(request);
  await settle();
  expect({ read: watch.read, leads: storedIn(api) }).toEqual({ read: false, leads: before.leads });
  return { answer, commits: commitsOf(api) - before.commits };
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

async function revoked() {
  const made = await api.key();
  // In memory as good.
  await api.call('GET', '/api/v1/site', { key: made.key });
  await api.store.keys.revoke(made.id);
  return made.key;
}

/** One letter of the random part is another: only the checksum can tell. */
function withTypo(key: string): string {
  return `${key.slice(0, 10)}${key[10] === 'a' ? 'b' : 'a'}${key.slice(11)}`;
}

const BAD_KEYS: [string, () => Promise<Record<string, string>>][] = [
  ['no key', async () => ({})],
  ['an empty header', async () => ({ authorization: '' })],
  ['no key after Bearer', async () => ({ authorization: 'Bearer ' })],
  ['another scheme', async () => ({ authorization: `Basic ${btoa(`x:${(await api.key()).key}`)}` })],
  ['a key without a scheme', async () => ({ authorization: (await api.key()).key })],
  ['two keys', async () => bearer(`${(await api.key()).key}, Bearer ${(await api.key()).key}`)],
  ['a key in another header', async () => ({ 'x-api-key': (await api.key()).key })],
  ['a malformed key', async () => bearer('lts_short')],
  ['a very long one', async () => bearer(`lts_${'a'.repeat(10_000)}`)],
  ['a key in capitals', async () => bearer((await api.key()).key.toUpperCase())],
  ['a typo', async () => bearer(withTypo((await api.key()).key))],
  ['a key with a cut-off end', async () => bearer((await api.key()).key.slice(0, -1))],
  ['an unknown key', async () => bearer(newApiKey())],
  ['an expired key', async () => bearer((await api.key({ expiresAt: Date.now() - 1 })).key)],
  ['a revoked key', async () => bearer(await revoked())],
];

describe.each(Object.entries(KEYED))('%s', (route, scope) => {
  const [method = '', path = ''] = route.split(' ');

  for (const [name, headers] of BAD_KEYS) {
    test(`401 for ${name}; nothing is read, looked at or stored before`, async () => {
      const sent = await headers();
      const { answer, commits } = await knock(method, path, sent);
      await errorOf(answer, 401, 'invalid_token');
      const named = /^Bearer\b/.test(sent.authorization ?? '') ? ', error="invalid_token"' : '';
      expect(answer.headers.get('www-authenticate')).toBe(`Bearer realm="LeadToSheet"${named}`);
      expect(answer.headers.get('ratelimit-limit')).toBeNull();
      expect(commits).toBe(0);
    });
  }

  for (const wrong of scope === null ? [] : SCOPES.filter((each) => each !== scope)) {
    test(`403 for a key with only ${wrong}, naming ${scope}; nothing is read or stored before`, async () => {
      const { key } = await api.key({ scopes: [wrong] });
      const { answer } = await knock(method, path, bearer(key));
      const { message } = await errorOf(answer, 403, 'insufficient_scope');
      expect(message).toContain(`scope ${scope}.`);
      const challenge = `Bearer realm="LeadToSheet", error="insufficient_scope", scope="${scope}"`;
      expect(answer.headers.get('www-authenticate')).toBe(challenge);
    });
  }

  test('a key with its scope alone gets past: what it sent is looked at', async () => {
    const { key } = await api.key({ scopes: scope === null ? [] : [scope] });
    const answer = await api.call(method, path.replace(':id', 'nonsense'), {
      key,
      ...(method === 'GET' ? {} : { body: '{' }),
    });
    expect(answer.status).not.toBe(401);
    expect(answer.status).not.toBe(403);
  });

  if (path.includes(':id')) {
    test("404 for another site's, in the same words as for none at all; nothing of it is changed", async () => {
      const noun = path.includes('/forms/') ? 'forms' : 'submissions';
      const body = method === 'GET' ? {} : { json: { name: 'Taken over', ignored: true } };
      const ask = (id: string) => api.call(method, path.replace(':id', id), body);
      expect((await ask(own[noun])).status).toBe(200);
      const theirs = await errorOf(await ask(others[noun]), 404, 'not_found');
      const none = await errorOf(await ask(`${own[noun].slice(0, -1)}!`), 404, 'not_found');
      expect(theirs.message).toBe(none.message);
      const { key } = await api.key({ siteId: otherSite() });
      const seen = await api.call('GET', `/api/v1/${noun}/${others[noun]}`, { key });
      expect(await seen.text()).not.toContain('Taken over');
    });
  }
});

const otherSite = () => api.store.sites.list().find(({ id }) => id !== api.site.id)?.id ?? '';

describe("another site's objects", () => {
  test('its form takes no lead, and its leads are not listed by it', async () => {
    const before = api.store.leads.count(otherSite(), { spam: 'include' }, 100);
    const json = { fields: { a: '1' }, form_id: others.forms };
    const refused = await errorOf(await api.call('POST', '/api/v1/submissions', { json }), 422, 'validation_error');
    expect(refused.details[0]?.path).toBe('/form_id');
    const batch = await api.call('POST', '/api/v1/submissions/batch', { json: { submissions: [json] } });
    expect(await batch.json()).toMatchObject({ data: [{ index: 0, status: 'invalid' }] });
    expect(api.store.leads.count(otherSite(), { spam: 'include' }, 100)).toBe(before);
    const list = await api.call('GET', `/api/v1/submissions?form_id=${others.forms}`);
    await errorOf(list, 422, 'validation_error');
  });

  test('its cursor shows only leads of the own site', async () => {
    const { cursorFor } = await import('../../src/store/paging.ts');
    const theirs = cursorFor(others.submissions, false);
    const list = await api.call('GET', `/api/v1/submissions?sort=created_at&cursor=${theirs}`);
    const { data } = (await list.json()) as { data: { form_id: string }[] };
    expect(data.filter(({ form_id }) => form_id === others.forms)).toEqual([]);
  });
});

test('a key in the address or in the body is not accepted', async () => {
  const { key } = await api.key();
  for (const name of ['key', 'api_key', 'access_token', 'token', 'authorization']) {
    const { answer } = await knock('GET', '/api/v1/submissions', {}, 'x');
    expect(answer.status).toBe(401);
    const inAddress = await api.call('GET', `/api/v1/submissions?${name}=${key}`, { key: null });
    expect(inAddress.status).toBe(401);
    const inBody = await api.call('POST', '/api/v1/submissions', {
      key: null,
      json: { [name]: key, fields: { a: 1 } },
    });
    expect(inBody.status).toBe(401);
  }
});

test('the scheme is found whatever its case, RFC 9110', async () => {
  const { key } = await api.key();
  const status = async (authorization: string) =>
    (await api.call('GET', '/api/v1/site', { key: null, headers: { authorization } })).status;
  expect([await status(`bearer ${key}`), await status(`BEARER   ${key}  `)]).toEqual([200, 200]);
});

describe('how a key is looked up', () => {
  /** Authentication by itself, counting its look-ups. */
  function counting() {
    const asked: string[] = [];
    const keys = {
      ...api.store.keys,
      findByHash(hash: string) {
        asked.push(hash);
        return api.store.keys.findByHash(hash);
      },
    };
    const limiter = createRateLimiter(0, systemClock);
    const auth = createAuth({ keys, vault: api.vault, limiter, clock: systemClock });
    const ask = (key: string) => {
      const request = new Request('http://localhost/', { headers: bearer(key) });
      try {
        return auth.authenticate({ request, set: { headers: {} } }).keyId;
      } catch (error) {
        return (error as Error).message;
      }
    };
    return { asked, ask };
  }

  test('a typo is told by its checksum, without a look-up; an unknown key takes one, and other words', async () => {
    const { asked, ask } = counting();
    const { key } = await api.key();
    const typo = ask(withTypo(key));
    expect([asked.length, typo]).toEqual([0, expect.stringContaining('typo')]);
    const unknown = newApiKey();
    expect(ask(unknown)).toContain('not known here');
    expect(asked).toEqual([api.vault.hashKey(unknown)]);
  });

  test('by nothing but its keyed hash: two keys alike but for one letter are worlds apart, and the key is nowhere', async () => {
    const { asked, ask } = counting();
    const { id, key } = await api.key();
    expect(ask(key)).toBe(id);
    expect(asked).toEqual([api.vault.hashKey(key)]);
    const near = api.vault.hashKey(withTypo(key));
    const same = [...api.vault.hashKey(key)].filter((char, i) => char === near[i]).length;
    // Of 64 hex digits four agree by chance.
    expect(same).toBeLessThan(20);
    expect(JSON.stringify([api.store.keys.list(api.site.id), api.store.keys.findByHash(asked[0] ?? '')])).not.toContain(
      key.slice(8),
    );
  });
});

test('API answers carry no CORS headers, a preflight gets none either', async () => {
  const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
  for (const method of ['GET', 'OPTIONS', 'POST']) {
    const response = await api.call(method, '/api/v1/submissions', { headers });
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  }
});
